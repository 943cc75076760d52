//! Out of Recoverable Items, for good.

use store::ReadExt;

use super::Change;
use crate::defaults::{RECOVERABLE, default_id};
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key::{self, Table};
use crate::page::Entry;
use crate::record::{EventKind, Retention, Special};
use crate::recoverable::{ExpiredItems, oldest};
use crate::rights::Access;
use crate::uid_set::UidSet;
use crate::view::View;

/// Items that one deletion purges at most to make room; what is still too much goes in the
/// next round of maintenance.
const ROOM_ITEMS_MAX: usize = 1000;

impl Change<'_, '_> {
    /// Deletes up to `limit` items that [`View::expired_items`](crate::View::expired_items) has
    /// found for good, and takes them out of `expired`. Gives how many were still there.
    pub fn purge_expired(
        &mut self,
        expired: &mut ExpiredItems,
        limit: usize,
    ) -> Result<usize, Fault> {
        let mut purged = 0;
        while purged < limit && !self.txn.slice_full() {
            let Some((folder, uids)) = expired.take(limit - purged) else { break };
            purged += self.purge(folder, &uids)?;
        }
        Ok(purged)
    }

    /// Deletes items of Recoverable Items for good. Gives how many there were.
    pub(super) fn purge(&mut self, folder: FolderId, uids: &UidSet) -> Result<usize, Fault> {
        self.txn.permit_growth();
        let taken = self.take_all(folder, uids, |_| true)?;
        for entry in &taken {
            self.bury(folder, entry)?;
        }
        if !taken.is_empty() {
            self.event(EventKind::Deleted, folder, None, taken.iter().map(|e| e.mid.get()));
        }
        self.counters.unreferenced += taken.len() as u64;
        Ok(taken.len())
    }

    /// The folder of Recoverable Items that keeps what is deleted from `folder`; none when it
    /// goes for good. Errors: Denied where single item recovery keeps it from its owner.
    pub(super) fn kept_in(&self, folder: FolderId) -> Result<Option<FolderId>, Fault> {
        if !Self::is_recoverable(folder) {
            return Ok(Some(default_id(Special::Deletions)));
        }
        let key = key::table(self.mailbox, Table::Retention);
        let retention: Retention = self.txn.record(&key)?.unwrap_or_default();
        match retention.single_item_recovery {
            true if folder == default_id(Special::Deletions) => {
                Ok(Some(default_id(Special::Purges)))
            }
            true if self.access != Access::System => Err(Fault::Denied),
            _ => Ok(None),
        }
    }

    /// Purges the oldest of Recoverable Items so that these fit in below RecoverableItemsQuota.
    pub(super) fn make_recoverable_room(&mut self, arriving: &[Entry]) -> Result<(), Fault> {
        let quota = self.quota()?;
        let Some(limit) = quota.limits.recoverable else { return Ok(()) };
        let octets: u64 = arriving.iter().map(Entry::octets).sum();
        let mut surplus = quota.recoverable_octets.saturating_add(octets).saturating_sub(limit);
        let mut room = ROOM_ITEMS_MAX;
        for folder in RECOVERABLE.map(default_id) {
            if surplus == 0 || room == 0 {
                break;
            }
            // The server's own work: who deletes need not have a right in Recoverable Items.
            let view = View { access: Access::System, ..self.view()? };
            let uids = oldest(&view, folder, &mut surplus, room)?;
            room -= self.purge(folder, &uids)?.min(room);
        }
        Ok(())
    }
}
