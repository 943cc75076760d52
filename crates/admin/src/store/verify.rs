//! `rialto store verify`: every row and every blob against its checksum.

use std::path::{Path, PathBuf};

use clap::Args;
use store::{Report, verify_directory};

use crate::{AdminError, Console, Outcome, Program};

#[derive(Debug, Args)]
pub struct Verify {
    /// Data directory of the server, which must not be running
    #[arg(long = "dir", value_name = "DIR")]
    directory: PathBuf,
}

impl Verify {
    pub(super) async fn run(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let mut good = true;
        for folder in (program.database_folders)(&self.directory) {
            let report = verify(&folder).await?;
            console.print(&text(&folder, &report))?;
            good &= report.is_good();
        }
        Ok(Outcome::of(good))
    }
}

async fn verify(folder: &Path) -> Result<Report, AdminError> {
    let path = folder.to_owned();
    let verified = tokio::task::spawn_blocking(move || verify_directory(&path)).await?;
    verified.map_err(|source| AdminError::Store { path: folder.to_owned(), source })
}

/// The findings one a line, then what was read.
fn text(folder: &Path, report: &Report) -> String {
    let folder = folder.display();
    let findings = report.findings.iter().map(|finding| format!("{folder}: {finding}\n"));
    let Report { rows, segment_blobs, octets, faults, .. } = report;
    format!(
        "{}{folder}: {rows} rows, {segment_blobs} blobs in segments, {octets} octets, \
         {faults} damaged\n",
        findings.collect::<String>()
    )
}
