//! `rialto restore --mailbox`: one mailbox of a backup, into the running server.
//!
//! What it is not: it carries no mail itself. The backup becomes a recovery database, a
//! MailboxRestoreRequest of the server brings the mail from there, and both are removed again.
//!
//! Invariants: nothing in the server is written over or removed; what an interruption leaves is a
//! recovery database and a request, which goes on; docs/backup.md says where.

use std::fs::{self, Metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::backup::{Manifest, Repository};

use super::bar::{Bar, bar};
use crate::asking::{Fields, ask, number, text};
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

/// How often the request is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Recovery databases of one backup at a time.
const FOLDERS_MAX: u32 = 100;

/// What is to be brought, and where to.
pub(super) struct MailboxRestore<'r> {
    pub(super) repository: &'r Path,
    pub(super) backup: Option<&'r str>,
    /// For the recovery database, where not beside the data folder.
    pub(super) to: Option<&'r Path>,
    pub(super) mailbox: &'r str,
    pub(super) target_mailbox: Option<&'r str>,
    pub(super) target_root_folder: Option<&'r str>,
}

impl MailboxRestore<'_> {
    /// Brings it, into the server with that data folder.
    pub(super) async fn run(
        &self,
        server: &impl Executor,
        data: &Path,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let (from, id) = (self.repository.to_owned(), self.backup.map(str::to_owned));
        let (to, data) = (self.to.map(Path::to_owned), data.to_owned());
        let made = tokio::task::spawn_blocking(move || recovery(&from, id.as_deref(), to, &data));
        let (folder, manifest) = made.await??;
        let brought = self.bring(server, &folder).await;
        remove(folder).await?;
        let Brought { items, request } = brought?;
        let (address, root) =
            (text(&request, "SourceStoreMailbox"), text(&request, "TargetRootFolder"));
        let (target, id) = (text(&request, "Mailbox"), manifest.id);
        let root = if root.is_empty() { "the folders that they were in" } else { root };
        console.print(&format!(
            "backup {id}: {items} messages of {address} were brought to {target}, into {root}\n"
        ))?;
        Ok(Outcome::Good)
    }

    /// Has the server bring the mail from a recovery database.
    async fn bring(&self, server: &impl Executor, folder: &Path) -> Result<Brought, AdminError> {
        let folder = folder.display().to_string();
        let said = [
            ("SourceDatabase", Some(&*folder)),
            ("SourceStoreMailbox", Some(self.mailbox)),
            ("TargetMailbox", self.target_mailbox),
            ("TargetRootFolder", self.target_root_folder),
        ];
        let said: Vec<_> = said.into_iter().filter_map(|(name, it)| Some((name, it?))).collect();
        let made = ask(server, "New-MailboxRestoreRequest", &said).await?;
        let request = made.objects.into_iter().next().unwrap_or_default();
        let identity = text(&request, "Identity").to_owned();
        let ended = ended(server, &identity).await;
        // Also what failed: there is no recovery database for it any more.
        let removed = ask(server, "Remove-MailboxRestoreRequest", &[("Identity", &identity)]).await;
        // Who does not answer at all does not remove either; the first fault says more.
        let ended = ended?;
        removed?;
        match text(&ended, "Status") {
            "Failed" => Err(AdminError::NotRestored(text(&ended, "Message").to_owned())),
            _ => {
                let items = number(&ended, "ItemsTransferred").unwrap_or_default();
                Ok(Brought { items, request })
            }
        }
    }
}

/// What came.
struct Brought {
    items: u64,
    request: Fields,
}

/// Watches a request until the server works on it no more.
async fn ended(server: &impl Executor, identity: &str) -> Result<Fields, AdminError> {
    let mut bar = Bar::on_terminal();
    loop {
        let verb = "Get-MailboxRestoreRequestStatistics";
        let state = ask(server, verb, &[("Identity", identity)]).await?.objects;
        let state = state.into_iter().next().unwrap_or_default();
        let percent = number(&state, "PercentComplete").unwrap_or_default();
        let items = number(&state, "ItemsTransferred").unwrap_or_default();
        if let Some(bar) = &mut bar {
            bar.show("bringing mail", percent, &format!("{items} messages"));
        }
        match text(&state, "Status") {
            "Queued" | "InProgress" => tokio::time::sleep(LOOK).await,
            "Suspended" => return Err(AdminError::NotRestored("it was suspended".to_owned())),
            _ => return Ok(state),
        }
    }
}

/// Makes a recovery database that the server's user can open.
fn recovery(
    from: &Path,
    id: Option<&str>,
    to: Option<PathBuf>,
    data: &Path,
) -> Result<(PathBuf, Manifest), AdminError> {
    let repository = Repository::open(from)?;
    let manifest = match id {
        Some(id) => repository.manifest(id),
        None => repository.latest(),
    }?;
    let data = std::path::absolute(data).map_err(at(data))?;
    let owner = fs::metadata(&data).map_err(at(&data))?;
    let folder = own_folder(&to.unwrap_or_else(|| beside(&data)), &manifest.id, &owner)?;
    let made = ::backup::restore(&repository, &manifest, &folder, &mut *bar())
        .map_err(AdminError::from)
        .and_then(|()| give(&folder, owner.uid(), owner.gid()));
    match made {
        Ok(()) => Ok((folder, manifest)),
        Err(error) => {
            // There is an error to tell already.
            let _ = fs::remove_dir_all(&folder);
            Err(error)
        }
    }
}

/// `/var/lib/rialto-recovery` of `/var/lib/rialto`: the one folder that the service can write to besides its
/// own.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push("-recovery");
    data.with_file_name(name)
}

/// A folder that nobody else has, called by the backup. The one around it, where there is none yet,
/// is the server's, or the server would not get in.
fn own_folder(parent: &Path, id: &str, owner: &Metadata) -> Result<PathBuf, AdminError> {
    let parent = std::path::absolute(parent).map_err(at(parent))?;
    if !parent.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&parent).map_err(at(&parent))?;
        give(&parent, owner.uid(), owner.gid())?;
    }
    let mut number = 0;
    loop {
        let name = if number == 0 { id.to_owned() } else { format!("{id}-{number}") };
        let folder = parent.join(name);
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error)
                if error.kind() == std::io::ErrorKind::AlreadyExists && number < FOLDERS_MAX =>
            {
                number += 1;
            }
            made => return made.map(|()| folder.clone()).map_err(at(&folder)),
        }
    }
}

/// Makes everything in a folder the server's, where it is somebody else's: root has restored it.
fn give(path: &Path, user: u32, group: u32) -> Result<(), AdminError> {
    let found = fs::symlink_metadata(path).map_err(at(path))?;
    if (found.uid(), found.gid()) != (user, group) {
        chown(path, Some(user), Some(group)).map_err(at(path))?;
    }
    if found.is_dir() {
        for entry in fs::read_dir(path).map_err(at(path))? {
            give(&entry.map_err(at(path))?.path(), user, group)?;
        }
    }
    Ok(())
}

async fn remove(folder: PathBuf) -> Result<(), AdminError> {
    tokio::task::spawn_blocking(move || fs::remove_dir_all(&folder).map_err(at(&folder))).await?
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> AdminError {
    let path = path.to_owned();
    move |source| AdminError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn recovery_databases_have_a_folder_of_their_own() {
        let parent = tempfile::tempdir().unwrap();
        let owner = fs::metadata(parent.path()).unwrap();
        let recovery = beside(&parent.path().join("rialto"));
        assert_eq!(recovery, parent.path().join("rialto-recovery"));
        let first = own_folder(&recovery, "20261124T120000Z", &owner).unwrap();
        let second = own_folder(&recovery, "20261124T120000Z", &owner).unwrap();
        assert_eq!(first, recovery.join("20261124T120000Z"));
        assert_eq!(second, recovery.join("20261124T120000Z-1"));
        fs::write(recovery.join("file"), "").unwrap();
        assert!(own_folder(&recovery.join("file"), "x", &owner).is_err());
    }
}
