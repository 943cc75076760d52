//! `rialto restore`: a data folder from a backup.

use std::path::PathBuf;

use ::backup::{Manifest, Repository};
use clap::Args;

use super::bar::bar;
use crate::{AdminError, Console, Outcome};

/// Make a data folder from a backup
#[derive(Debug, Args)]
pub struct Restore {
    /// The repository
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The backup, as `rialto backup --list` names it; without it, the latest
    #[arg(long, value_name = "ID")]
    backup: Option<String>,
    /// The data folder to be made: no such folder yet, or an empty one
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Restore {
    /// Restores.
    pub async fn run(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let (from, id, to) = (self.from.clone(), self.backup.clone(), self.to.clone());
        let restored = tokio::task::spawn_blocking(move || {
            let repository = Repository::open(&from)?;
            let manifest = match id {
                Some(id) => repository.manifest(&id),
                None => repository.latest(),
            }?;
            ::backup::restore(&repository, &manifest, &to, &mut *bar())?;
            Ok::<Manifest, ::backup::BackupError>(manifest)
        });
        let manifest = restored.await??;
        let (id, files, octets) = (&manifest.id, manifest.files.len(), manifest.octets());
        let to = self.to.display();
        console.print(&format!("backup {id} is in {to}: {files} files, {octets} octets\n"))?;
        console.notice(&format!(
            "its data was in {:?}; set data_directory to {to}, and look into {to}/elsewhere for what \
             was outside of it",
            manifest.data_directory
        ))?;
        Ok(Outcome::Good)
    }
}
