//! `rialto restore`: a data folder from a backup, or one mailbox.

use std::path::{Path, PathBuf};

use ::backup::{Manifest, Repository};
use clap::Args;

use super::bar::bar;
use super::mailbox::MailboxRestore;
use crate::config::Target;
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

/// Make a data folder from a backup, or bring one mailbox of it into the running server
#[derive(Debug, Args)]
pub struct Restore {
    /// The repository
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The backup, as `rialto backup --list` names it; without it, the latest
    #[arg(long, value_name = "ID")]
    backup: Option<String>,
    /// The data folder to be made: no such folder yet, or an empty one. With --mailbox the folder for
    /// what is needed meanwhile, which the server can write to; without it, the one beside its data
    #[arg(long, value_name = "DIR", required_unless_present = "mailbox")]
    to: Option<PathBuf>,
    /// Only the mailbox that had this address or alias, into a new folder of it; nothing is written over
    #[arg(long, value_name = "ADDRESS")]
    mailbox: Option<String>,
    /// Into this mailbox instead
    #[arg(long, value_name = "ADDRESS", requires = "mailbox")]
    target_mailbox: Option<String>,
    /// Into this folder of it instead; `/` for the folders that the messages were in
    #[arg(long, value_name = "FOLDER", requires = "mailbox")]
    target_root_folder: Option<String>,
    /// The server that one mailbox is for.
    #[command(flatten)]
    pub target: Target,
}

impl Restore {
    /// Whether it is for a running server.
    pub fn needs_server(&self) -> bool {
        self.mailbox.is_some()
    }

    /// Brings one mailbox into the running server with that data folder.
    pub async fn run_on(
        &self,
        server: &impl Executor,
        data: &Path,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let restore = MailboxRestore {
            repository: &self.from,
            backup: self.backup.as_deref(),
            to: self.to.as_deref(),
            mailbox: self.mailbox.as_deref().unwrap_or_default(),
            target_mailbox: self.target_mailbox.as_deref(),
            target_root_folder: self.target_root_folder.as_deref(),
        };
        restore.run(server, data, console).await
    }

    /// Restores the whole.
    pub async fn run(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let place = self.to.clone().unwrap_or_default();
        let (from, id, to) = (self.from.clone(), self.backup.clone(), place.clone());
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
        let to = place.display();
        console.print(&format!("backup {id} is in {to}: {files} files, {octets} octets\n"))?;
        console.notice(&format!(
            "its data was in {:?}; set data_directory to {to}, and look into {to}/elsewhere for what \
             was outside of it",
            manifest.data_directory
        ))?;
        Ok(Outcome::Good)
    }
}
