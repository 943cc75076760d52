//! Deleting: soft, into Recoverable Items, and for good.

use super::Change;
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::FolderId;
use crate::page::Entry;
use crate::record::{EventKind, Special};
use crate::rights::Rights;
use crate::uid_set::UidSet;

impl Change<'_, '_> {
    /// Deletes messages into Recoverable Items, where they stay for the retention time;
    /// `deleted_only` leaves those without `\Deleted`. From Recoverable Items itself they go
    /// for good. Gives the UIDs that left. Errors: NotFound, Denied.
    pub fn expunge(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        deleted_only: bool,
    ) -> Result<UidSet, Fault> {
        self.require(folder, Rights::DELETE_ANY)?;
        self.txn.permit_growth();
        let taken = self.take_all(folder, uids, |entry| {
            !deleted_only || entry.flags.contains(Flags::DELETED)
        })?;
        for entry in &taken {
            self.bury(folder, entry)?;
        }
        if !taken.is_empty() {
            self.event(EventKind::Deleted, folder, None, taken.iter().map(|e| e.mid.get()));
        }
        let gone = taken.iter().map(|entry| entry.uid).collect();
        if Self::is_recoverable(folder) {
            self.counters.unreferenced += taken.len() as u64;
        } else {
            self.keep_recoverable(folder, taken)?;
        }
        Ok(gone)
    }

    fn keep_recoverable(&mut self, origin: FolderId, taken: Vec<Entry>) -> Result<(), Fault> {
        let deletions = default_id(Special::Deletions);
        for entry in taken {
            let flags = entry.flags.without(Flags::DELETED);
            self.arrive(deletions, Entry { flags, origin: Some(origin), ..entry })?;
        }
        Ok(())
    }
}
