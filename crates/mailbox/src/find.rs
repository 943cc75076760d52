//! Finding items by the ids that protocols hand out, also after they were moved, and reading
//! the associated items of a folder.

use std::ops::ControlFlow;

use store::{Direction, ReadExt};

use crate::fault::Fault;
use crate::id::{ChangeNumber, FolderId, Mid, Uid};
use crate::key::{self, List};
use crate::page::Entry;
use crate::record::{Alias, Tombstone};
use crate::rights::Rights;
use crate::view::{View, Visit};

/// Moves that are followed from an old MID: more than a user makes of one item while the
/// aliases last.
const ALIASES_MAX: usize = 64;

impl View<'_> {
    /// The item that had this MID in this folder, and where it is now. A move gives a new MID;
    /// the old one leads to it until the tombstones of that time are gone. What was deleted is
    /// not found, nor what went to where the asker may not read.
    pub fn find(&self, folder: FolderId, mid: Mid) -> Result<Option<(FolderId, Entry)>, Fault> {
        let mut at = Alias { folder, mid };
        for _ in 0..ALIASES_MAX {
            match self.entry_by_mid(at.folder, at.mid) {
                Ok(Some(entry)) => return Ok(Some((at.folder, entry))),
                Ok(None) => {}
                Err(Fault::NotFound(_) | Fault::Denied) if at.mid != mid => {}
                Err(fault) => return Err(fault),
            }
            let Some(next) = self.read.record(&key::alias(self.mailbox, at.mid))? else { break };
            at = next;
        }
        Ok(None)
    }

    /// The MIDs that left a folder after `since`, which are what EWS and ActiveSync tell as
    /// deletions. `None` when tombstones of that time are gone.
    pub fn departed_since(
        &self,
        folder: FolderId,
        since: ChangeNumber,
    ) -> Result<Option<Vec<Mid>>, Fault> {
        self.require(folder, Rights::READ_ANY)?;
        if since < self.list_counters(folder)?.tombstone_floor {
            return Ok(None);
        }
        let from = key::tombstone(self.mailbox, folder, ChangeNumber::new(since.get() + 1));
        let to = key::after(&key::tombstones(self.mailbox, folder));
        let mut mids = Vec::new();
        self.read.records::<Tombstone>(&from, &to, Direction::Forward, &mut |_, row| {
            mids.extend(row.mids.iter().copied().map(Mid::new));
            ControlFlow::Continue(())
        })?;
        Ok(Some(mids))
    }

    /// Visits the associated items of a folder in the order of their UIDs, which are those of
    /// a list of their own.
    pub fn associated(&self, folder: FolderId, visit: Visit<'_>) -> Result<(), Fault> {
        self.require(folder, Rights::READ_ANY)?;
        self.walk_list(folder, List::Associated, |_| true, |_| true, visit)
    }

    /// How many associated items a folder has.
    pub fn associated_count(&self, folder: FolderId) -> Result<u32, Fault> {
        self.require(folder, Rights::VISIBLE)?;
        Ok(self.counters_of(folder, List::Associated)?.exists)
    }

    /// One associated item.
    pub fn associated_entry(&self, folder: FolderId, uid: Uid) -> Result<Option<Entry>, Fault> {
        self.first_associated(folder, |entry| entry.uid == uid)
    }

    /// The associated item with this MID.
    pub fn associated_by_mid(&self, folder: FolderId, mid: Mid) -> Result<Option<Entry>, Fault> {
        self.first_associated(folder, |entry| entry.mid == mid)
    }

    fn first_associated(
        &self,
        folder: FolderId,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, Fault> {
        let mut found = None;
        self.associated(folder, &mut |entry| match wanted(entry) {
            true => {
                found = Some(entry.clone());
                ControlFlow::Break(())
            }
            false => ControlFlow::Continue(()),
        })?;
        Ok(found)
    }
}
