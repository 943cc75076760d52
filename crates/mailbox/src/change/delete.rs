//! Deleting: soft, into Recoverable Items, and for good.

use super::Change;
use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::FolderId;
use crate::page::Entry;
use crate::record::EventKind;
use crate::rights::Rights;
use crate::uid_set::UidSet;

impl Change<'_, '_> {
    /// Deletes messages into Recoverable Items, where they stay for the retention time;
    /// `deleted_only` leaves those without `\Deleted`. From Deletions they go into Purges under
    /// single item recovery, else for good. Gives the UIDs that left. Errors: NotFound, Denied.
    pub fn expunge(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        deleted_only: bool,
    ) -> Result<UidSet, Fault> {
        self.require(folder, Rights::DELETE_ANY)?;
        self.txn.permit_growth();
        let kept_in = self.kept_in(folder)?;
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
        match kept_in {
            Some(kept_in) => self.keep_recoverable(kept_in, folder, taken)?,
            None => self.counters.unreferenced += taken.len() as u64,
        }
        Ok(gone)
    }

    /// Puts deleted entries into a folder of Recoverable Items.
    pub(super) fn keep_recoverable(
        &mut self,
        kept_in: FolderId,
        origin: FolderId,
        taken: Vec<Entry>,
    ) -> Result<(), Fault> {
        self.make_recoverable_room(&taken)?;
        for entry in taken {
            let flags = entry.flags.without(Flags::DELETED);
            let origin = if Self::is_recoverable(origin) { entry.origin } else { Some(origin) };
            self.arrive(kept_in, Entry { flags, origin, ..entry })?;
        }
        Ok(())
    }
}
