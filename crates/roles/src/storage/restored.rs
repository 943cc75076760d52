//! Data that has come back from a backup: clients may have seen what came after the backup, and
//! must not take what comes now for it.

use std::fs;
use std::io;
use std::path::Path;

use backup::RESTORED;
use mailbox::{Change, Fault, MailboxNumber, residents};
use store::Database;

use super::StorageError;

/// Mailboxes found in one snapshot.
const MAILBOXES_PER_SNAPSHOT: usize = 1024;

/// Begins a new epoch of every mailbox if the data was restored and nobody has yet. After a crash
/// in between it begins again: two new epochs are as good as one.
pub(super) async fn begin_epochs(data: &Path, mailboxes: &Database) -> Result<(), StorageError> {
    let mark = data.join(RESTORED);
    if !mark.exists() {
        return Ok(());
    }
    let count = begin_all(mailboxes).await?;
    tracing::warn!(mailboxes = count, "restored from a backup: mail programs fetch anew");
    match fs::remove_file(&mark) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StorageError::File { path: mark, source })
        }
        _ => Ok(()),
    }
}

async fn begin_all(mailboxes: &Database) -> Result<usize, Fault> {
    let (mut from, mut count) = (MailboxNumber::new(0), 0);
    loop {
        let some = mailboxes
            .read(move |snapshot| residents(snapshot, from, MAILBOXES_PER_SNAPSHOT))
            .await?;
        for resident in &some {
            let number = resident.number;
            mailboxes.write(move |txn| Change::begin_epoch(txn, number)).await?;
        }
        count += some.len();
        match some.last().and_then(|last| last.number.get().checked_add(1)) {
            Some(next) => from = MailboxNumber::new(next),
            None => return Ok(count),
        }
    }
}
