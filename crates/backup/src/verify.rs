//! Reading everything in a repository.

use std::collections::BTreeMap;

use crate::error::BackupError;
use crate::progress::{Progress, Step};
use crate::repository::Repository;

/// What was read.
#[derive(Debug, Default)]
pub struct Report {
    /// Backups whose manifests are whole.
    pub backups: usize,
    /// Chunks that they are made of; shared ones count once.
    pub chunks: u64,
    /// Octets of those that are whole.
    pub octets: u64,
    /// What is wrong.
    pub findings: Vec<BackupError>,
}

/// Reads all manifests, and each chunk that they name once.
pub fn verify(repository: &Repository, progress: &mut dyn Progress) -> Result<Report, BackupError> {
    let mut report = Report::default();
    // With the file that each belongs to, and about how long it is.
    let mut chunks: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for listed in repository.list()? {
        match listed.manifest {
            Ok(manifest) => {
                report.backups += 1;
                for file in manifest.files {
                    let each = file.octets / (file.chunks.len() as u64).max(1);
                    let named =
                        file.chunks.into_iter().map(|chunk| (chunk, (file.path.clone(), each)));
                    chunks.extend(named);
                }
            }
            Err(error) => report.findings.push(error),
        }
    }
    let (mut done, all) = (0, chunks.values().map(|(_, octets)| octets).sum());
    for (chunk, (file, about)) in &chunks {
        match repository.chunk(chunk, file) {
            Ok(octets) => report.octets += octets.len() as u64,
            Err(error) => report.findings.push(error),
        }
        report.chunks += 1;
        done += about;
        progress.tell(Step::Check, done, all);
    }
    Ok(report)
}
