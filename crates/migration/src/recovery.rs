//! A mailbox in a recovery database: a data folder that a backup was restored into, beside that of
//! the living server.
//!
//! What it is not: it restores no backup (crate `backup` does), and knows no directory: whoever
//! makes the request finds the mailbox there by its address.
//!
//! Invariant: nothing is written to the mailbox there. Its database is open while a request reads
//! it, and one at a time: a second request waits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mailbox::{Access, Fault, Guid, Mailbox, MailboxNumber};
use serde::{Deserialize, Serialize};
use store::{Database, Frozen, Options, StoreError};

use crate::disk;
use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::ledger::Ledger;
use crate::mailbox_source::MailboxSource;
use crate::message::Item;
use crate::request::Request;
use crate::transfer::Source;

/// The folder of the mailbox database in a data folder.
const MAILBOXES: &str = "mailboxes";

/// How often a request looks whether another one has done with the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it looks before it gives up: about an hour, since a large mailbox takes its time.
const LOOKS_MAX: u32 = 3600;

/// Where a mailbox is restored from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryMailbox {
    /// SourceDatabase: the restored data folder, absolute.
    pub path: PathBuf,
    /// The number of the mailbox in the database there.
    number: u32,
    /// Whose it was, by the owner's GUID.
    owner: [u8; 16],
    /// SourceStoreMailbox: the address that the owner had.
    pub address: String,
}

impl RecoveryMailbox {
    /// The mailbox `number` of `owner`, in the data folder `path`.
    pub fn new(path: PathBuf, number: MailboxNumber, owner: Guid, address: String) -> Self {
        RecoveryMailbox { path, number: number.get(), owner: owner.0, address }
    }
}

/// The folder of a database in a data folder that a backup was restored into. Errors: NotAbsolute;
/// NoRecoveryDatabase, also where a link leads there.
pub fn recovery_folder(path: &Path, database: &str) -> Result<PathBuf, MigrationError> {
    disk::check_path(path)?;
    let folder = path.join(database);
    let is_folder = fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir());
    let rows = fs::symlink_metadata(folder.join(Frozen::rows_name()));
    match rows {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(MigrationError::file(folder, source))
        }
        Ok(rows) if is_folder && rows.is_file() => Ok(folder),
        _ => Err(MigrationError::NoRecoveryDatabase(path.to_owned())),
    }
}

/// The mailbox as a source.
pub(crate) struct RecoverySource(MailboxSource);

impl RecoverySource {
    /// Opens the database there and finds the mailbox. Errors: NoRecoveryDatabase; NotFound, where
    /// nobody has used the mailbox; Stopped, when the request was while it waited.
    pub(crate) async fn open(
        from: &RecoveryMailbox,
        requests: &Database,
        request: &Request,
    ) -> Result<Self, MigrationError> {
        let folder = recovery_folder(&from.path, MAILBOXES)?;
        let database = open(&folder, requests, &Ledger::of(request)).await?;
        let mailbox = Mailbox::open(database, MailboxNumber::new(from.number), Access::System);
        match mailbox.read(|view| view.meta()).await?.guid == Guid(from.owner) {
            true => Ok(RecoverySource(MailboxSource::new(&mailbox))),
            false => Err(Fault::NotFound("mailbox").into()),
        }
    }
}

/// Opens the database, when nobody else has it open any more.
async fn open(
    folder: &Path,
    requests: &Database,
    ledger: &Ledger,
) -> Result<Database, MigrationError> {
    let mut looks = 0;
    loop {
        let path = folder.to_owned();
        let opened = tokio::task::spawn_blocking(|| Database::open(Options::sqlite(path)));
        match opened.await? {
            Err(StoreError::InUse(_)) if looks < LOOKS_MAX => looks += 1,
            opened => return Ok(opened?),
        }
        // Says whether the request is still to go on.
        ledger.begin(requests, 0).await?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Source for RecoverySource {
    async fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        self.0.folders().await
    }

    /// Messages that may be in the target: an earlier request has brought them, or they never were
    /// away.
    async fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let items = self.0.batch(folder, after).await?;
        Ok(items.into_iter().map(|item| Item { again: true, ..item }).collect())
    }
}
