//! What time takes: deleted items past their retention, old tombstones, old journal rows,
//! contents nobody refers to any more.

use std::collections::HashSet;
use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt};

use super::Change;
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::fulltext;
use crate::id::{ChangeNumber, ContentNumber, FolderId};
use crate::key::{self, List, Table};
use crate::page::Page;
use crate::record::{JournalRow, Special, Tombstone};
use crate::uid_set::UidSet;

/// DeletedItemRetention: 14 days.
pub const RETENTION_SECS_DEFAULT: u64 = 14 * 86_400;
/// Tombstones live this long; who comes back later gets the whole list of absent UIDs.
const TOMBSTONE_SECS_MAX: u64 = 60 * 86_400;
/// Journal rows live this long; a subscriber that falls further behind reads the folders.
const JOURNAL_SECS_MAX: u64 = 7 * 86_400;

impl Change<'_, '_> {
    /// Deletes for good what has been in Recoverable Items for longer than `retention_secs`,
    /// at most `limit` items. Gives how many.
    pub fn purge_recoverable(&mut self, retention_secs: u64, limit: usize) -> Result<usize, Fault> {
        let before = self.txn.now().secs() - retention_secs as i64;
        let mut purged = 0;
        for special in [Special::Deletions, Special::Purges, Special::Versions] {
            let folder = default_id(special);
            let due = self.saved_before(folder, before, limit - purged)?;
            purged += self.expunge(folder, &due, false)?.len() as usize;
        }
        Ok(purged)
    }

    fn saved_before(
        &mut self,
        folder: FolderId,
        before: i64,
        limit: usize,
    ) -> Result<UidSet, Fault> {
        let mut due = UidSet::new();
        let mut left = limit;
        self.view()?.entries(folder, &UidSet::all(), &mut |entry| {
            if left > 0 && entry.saved < before {
                due.insert(entry.uid);
                left -= 1;
            }
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(due)
    }

    /// Drops tombstones past their time and raises the folder's floor. At most `limit` rows.
    pub fn purge_tombstones(&mut self, folder: FolderId, limit: usize) -> Result<usize, Fault> {
        let before = self.seconds_ago(TOMBSTONE_SECS_MAX);
        let from = key::tombstones(self.mailbox, folder);
        let mut due: Vec<Vec<u8>> = Vec::new();
        self.txn.records::<Tombstone>(
            &from,
            &key::after(&from),
            Direction::Forward,
            &mut |key, row| {
                if row.time >= before || due.len() >= limit {
                    return ControlFlow::Break(());
                }
                due.push(key.to_vec());
                ControlFlow::Continue(())
            },
        )?;
        if let Some(last) = due.last() {
            let floor = change_of(last);
            let (list, _) = self.list(folder)?;
            list.counters.tombstone_floor = list.counters.tombstone_floor.max(floor);
            let current = list.counters.content_cn;
            list.touch(current);
        }
        self.delete_keys(&due)?;
        Ok(due.len())
    }

    /// Drops journal rows past their time, at most `limit`; the newest always stays.
    pub fn purge_journal(&mut self, limit: usize) -> Result<usize, Fault> {
        let before = self.seconds_ago(JOURNAL_SECS_MAX);
        let from = key::table(self.mailbox, Table::Journal);
        let newest = key::journal(self.mailbox, ChangeNumber::new(self.base));
        let mut due: Vec<Vec<u8>> = Vec::new();
        self.txn.records::<JournalRow>(&from, &newest, Direction::Forward, &mut |key, row| {
            if row.time >= before || due.len() >= limit {
                return ControlFlow::Break(());
            }
            due.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        self.delete_keys(&due)?;
        Ok(due.len())
    }

    /// Deletes content rows that no entry of any folder refers to. Their blobs fall to the
    /// store's sweep. Runs only when something was deleted for good since the last time.
    pub fn sweep_contents(&mut self) -> Result<usize, Fault> {
        if self.counters.unreferenced == 0 {
            return Ok(0);
        }
        let live = self.live_contents()?;
        let from = key::table(self.mailbox, Table::Content);
        let mut dead: Vec<Vec<u8>> = Vec::new();
        self.txn.range(&from, &key::after(&from), Direction::Forward, &mut |key, _| {
            let number = key::content_number(key);
            if !number.is_some_and(|number| live.contains(&number)) {
                dead.push(key.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        self.txn.permit_growth();
        self.delete_keys(&dead)?;
        let heads = dead.iter().filter(|key| key::is_content_head(key));
        let contents = heads.filter_map(|key| key::content_number(key));
        fulltext::note_deleted(self.txn, self.mailbox, contents)?;
        self.counters.unreferenced = 0;
        Ok(dead.len())
    }

    fn live_contents(&mut self) -> Result<HashSet<ContentNumber>, Fault> {
        let folders = self.view()?.all_folders()?;
        let mut live = HashSet::new();
        for folder in folders {
            let from = key::list(self.mailbox, Table::Page, folder.id, List::Items);
            let to = key::after(&from);
            self.txn.records::<Page>(&from, &to, Direction::Forward, &mut |_, page| {
                live.extend(page.entries.iter().map(|entry| entry.content));
                ControlFlow::Continue(())
            })?;
        }
        Ok(live)
    }

    fn seconds_ago(&self, seconds: u64) -> u64 {
        (self.txn.now().secs().max(0) as u64).saturating_sub(seconds)
    }

    fn delete_keys(&mut self, keys: &[Vec<u8>]) -> Result<(), Fault> {
        keys.iter().try_for_each(|key| self.txn.delete(key)).map_err(Fault::from)
    }
}

/// The number at the end of a key.
fn last_number(key: &[u8]) -> u64 {
    let tail = key.len().saturating_sub(8);
    key[tail..].try_into().map_or(0, u64::from_be_bytes)
}

fn change_of(key: &[u8]) -> ChangeNumber {
    ChangeNumber::new(last_number(key))
}
