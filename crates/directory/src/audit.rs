//! The administrator audit log: who changed what by which verb (Search-AdminAuditLog).
//!
//! Entries are rows under the moment they were written, so that a search of a span of time
//! reads only that span. They are no part of the snapshot and take no change number.

use std::ops::{ControlFlow, Range};

use store::{Direction, ReadExt, StoreError};
use types::limits::{AUDIT_ENTRIES_SHOWN_MAX, AUDIT_PURGE_ENTRIES_MAX, AUDIT_TEXT_OCTETS_MAX};

use crate::directory::Directory;
use crate::error::DirectoryError;
use crate::keys;

/// One run of a verb that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it ended, in seconds since 1970.
    pub time: u64,
    /// Who ran it.
    pub caller: String,
    /// The verb: `Set-Mailbox`.
    pub verb: String,
    /// Its parameters; secrets are masked.
    pub parameters: Vec<(String, String)>,
    /// What it changed; empty when it came to nothing.
    pub object: String,
    /// The properties that changed.
    pub modified: Vec<ModifiedProperty>,
    /// Why it failed; None: it did not.
    pub error: Option<String>,
    /// Where it ran.
    pub server: String,
}

/// A property before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifiedProperty {
    /// Its name.
    pub name: String,
    /// Empty: it had none.
    pub old: String,
    /// Empty: it has none.
    pub new: String,
}

impl Directory {
    /// Writes an entry. Texts beyond [`AUDIT_TEXT_OCTETS_MAX`] are cut.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), DirectoryError> {
        self.audit_all(vec![entry]).await
    }

    /// Writes entries in one transaction, which bounds their number.
    pub async fn audit_all(&self, mut entries: Vec<AuditEntry>) -> Result<(), DirectoryError> {
        entries.iter_mut().for_each(AuditEntry::cut);
        let written = move |txn: &mut store::Txn<'_>| {
            entries.iter().try_for_each(|entry| {
                let key = free_key(&*txn, entry.time)?;
                txn.put_record(&key, entry)
            })
        };
        Ok(self.database().write(written).await?)
    }

    /// The newest entries of a span of time that `wanted` keeps, newest first; at most `limit`
    /// and at most [`AUDIT_ENTRIES_SHOWN_MAX`].
    pub async fn audit_entries(
        &self,
        span: Range<u64>,
        limit: usize,
        wanted: impl Fn(&AuditEntry) -> bool + Send + 'static,
    ) -> Result<Vec<AuditEntry>, DirectoryError> {
        let range = keys::audit(span.start)..keys::audit(span.end);
        let limit = limit.min(AUDIT_ENTRIES_SHOWN_MAX);
        let found = move |read: &store::Snapshot| {
            let mut found = Vec::new();
            let mut visit = |_: &[u8], entry: AuditEntry| {
                if found.len() == limit {
                    return ControlFlow::Break(());
                }
                if wanted(&entry) {
                    found.push(entry);
                }
                ControlFlow::Continue(())
            };
            read.records(&range.start, &range.end, Direction::Backward, &mut visit)?;
            Ok::<_, StoreError>(found)
        };
        Ok(self.database().read(found).await?)
    }

    /// Removes entries written before a moment, a bounded number of them; true when some may
    /// be left.
    pub async fn purge_audit(&self, before: u64) -> Result<bool, DirectoryError> {
        let range = keys::audit(0)..keys::audit(before);
        let purge = move |txn: &mut store::Txn<'_>| {
            let mut old = Vec::new();
            let mut visit = |key: &[u8], _: AuditEntry| {
                old.push(key.to_vec());
                match old.len() < AUDIT_PURGE_ENTRIES_MAX {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            };
            txn.records(&range.start, &range.end, Direction::Forward, &mut visit)?;
            old.iter().try_for_each(|key| txn.delete(key))?;
            Ok::<_, StoreError>(old.len() == AUDIT_PURGE_ENTRIES_MAX)
        };
        Ok(self.database().write(purge).await?)
    }
}

impl AuditEntry {
    fn cut(&mut self) {
        let texts = self.parameters.iter_mut().map(|(_, value)| value);
        let values = self.modified.iter_mut().flat_map(|each| [&mut each.old, &mut each.new]);
        for text in texts.chain(values).chain(&mut self.error) {
            text.truncate(text.floor_char_boundary(AUDIT_TEXT_OCTETS_MAX));
        }
    }
}

/// A key of that moment that no entry has.
fn free_key(read: &dyn store::Read, time: u64) -> Result<Vec<u8>, StoreError> {
    let range = keys::audit(time)..keys::audit(time + 1);
    let mut taken = 0u32;
    read.records(&range.start, &range.end, Direction::Backward, &mut |key, _: AuditEntry| {
        taken = keys::audit_sequence(key).map_or(0, |sequence| sequence + 1);
        ControlFlow::Break(())
    })?;
    Ok([keys::audit(time), taken.to_be_bytes().to_vec()].concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(time: u64) -> AuditEntry {
        AuditEntry {
            time,
            caller: String::new(),
            verb: String::new(),
            parameters: Vec::new(),
            object: String::new(),
            modified: Vec::new(),
            error: None,
            server: String::new(),
        }
    }

    /// Entries of one second each, many in a transaction.
    fn write(directory: &Directory, count: u64) {
        for times in (0..count).collect::<Vec<_>>().chunks(20_000) {
            let times = times.to_vec();
            let rows = move |txn: &mut store::Txn<'_>| {
                times.iter().try_for_each(|time| {
                    txn.put_record(&[keys::audit(*time), vec![0; 4]].concat(), &entry(*time))
                })
            };
            directory.database().write_blocking(rows).unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_is_shown_more_than_so_many_entries() {
        let database = store::Database::open(store::Options::memory()).unwrap();
        let directory = Directory::open(database, auth::VerifierOptions::default()).await.unwrap();
        let most = AUDIT_ENTRIES_SHOWN_MAX as u64;
        write(&directory, most + 1);
        let all = directory.audit_entries(0..u64::MAX, usize::MAX, |_| true).await.unwrap();
        assert_eq!((all.len() as u64, all[0].time), (most, most), "the newest");
        let few = directory.audit_entries(0..u64::MAX, 3, |_| true).await.unwrap();
        assert_eq!(few.len(), 3);
    }
}
