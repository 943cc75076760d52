//! What time takes: deleted items past their retention, old tombstones, old journal rows,
//! contents nobody refers to any more.

use std::collections::HashSet;
use std::ops::ControlFlow;

use store::{Direction, ReadExt};

use super::Change;
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::fulltext;
use crate::id::{ChangeNumber, ContentNumber, FolderId, ItemNumber, Mid};
use crate::key::{self, List, Table};
use crate::page::{Entry, Page};
use crate::record::{JournalRow, Special, Tombstone};
use crate::uid_set::UidSet;
use crate::view::View;

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

    /// Drops tombstones past their time, with what leads from the MIDs in them to where the
    /// items went, and raises the folder's floor. At most `limit` rows, fewer when the slice is
    /// full.
    pub fn purge_tombstones(&mut self, folder: FolderId, limit: usize) -> Result<usize, Fault> {
        let before = self.seconds_ago(TOMBSTONE_SECS_MAX);
        let mut purged = 0;
        while purged < limit && !self.txn.slice_full() {
            let Some((key, row)) = self.oldest_tombstone(folder)? else { break };
            if row.time >= before {
                break;
            }
            self.drop_tombstone(folder, &key, &row)?;
            purged += 1;
        }
        Ok(purged)
    }

    fn oldest_tombstone(&self, folder: FolderId) -> Result<Option<(Vec<u8>, Tombstone)>, Fault> {
        let from = key::tombstones(self.mailbox, folder);
        let mut oldest = None;
        self.txn.records(&from, &key::after(&from), Direction::Forward, &mut |key, row| {
            oldest = Some((key.to_vec(), row));
            ControlFlow::Break(())
        })?;
        Ok(oldest)
    }

    fn drop_tombstone(
        &mut self,
        folder: FolderId,
        key: &[u8],
        row: &Tombstone,
    ) -> Result<(), Fault> {
        let (list, _) = self.list(folder)?;
        list.counters.tombstone_floor = list.counters.tombstone_floor.max(change_of(key));
        let current = list.counters.content_cn;
        list.touch(current);
        for mid in &row.mids {
            self.txn.delete(&key::alias(self.mailbox, Mid::new(*mid)))?;
        }
        Ok(self.txn.delete(key)?)
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

    /// Deletes rows of contents that [`View::dead_contents`] has found, from the `from`th on,
    /// until the slice is full. Gives where to go on; `None` when all are gone. Their blobs
    /// fall to the store's sweep.
    pub fn delete_contents(
        &mut self,
        dead: &DeadContents,
        from: usize,
    ) -> Result<Option<usize>, Fault> {
        self.txn.permit_growth();
        let mut at = from;
        while at < dead.rows.len() && (at == from || !self.txn.slice_full()) {
            self.txn.delete(&dead.rows[at])?;
            at += 1;
        }
        let heads = dead.rows[from..at].iter().filter(|key| key::is_content_head(key));
        let contents = heads.filter_map(|key| key::content_number(key));
        fulltext::note_deleted(self.txn, self.mailbox, contents)?;
        if at < dead.rows.len() {
            return Ok(Some(at));
        }
        self.counters.unreferenced = self.counters.unreferenced.saturating_sub(dead.unreferenced);
        Ok(None)
    }

    fn seconds_ago(&self, seconds: u64) -> u64 {
        (self.txn.now().secs().max(0) as u64).saturating_sub(seconds)
    }

    fn delete_keys(&mut self, keys: &[Vec<u8>]) -> Result<(), Fault> {
        keys.iter().try_for_each(|key| self.txn.delete(key)).map_err(Fault::from)
    }
}

/// Rows of contents and overlays that no entry of any folder refers to. They stay dead: only an
/// entry can be copied, and a new content or item has a new number.
#[derive(Debug, Default)]
pub struct DeadContents {
    rows: Vec<Vec<u8>>,
    /// The mailbox's count of lost references when they were looked for.
    unreferenced: u64,
}

impl DeadContents {
    /// True when there is nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.unreferenced == 0
    }
}

impl View<'_> {
    /// Looks for contents and overlays that lost their last reference; finds nothing when
    /// nothing was deleted for good since the last time.
    pub fn dead_contents(&self) -> Result<DeadContents, Fault> {
        let unreferenced = self.counters()?.unreferenced;
        let mut rows = Vec::new();
        if unreferenced == 0 {
            return Ok(DeadContents::default());
        }
        let live = self.live()?;
        self.collect_rows(Table::Content, &mut rows, |key| {
            key::content_number(key).is_none_or(|number| !live.contents.contains(&number))
        })?;
        self.collect_rows(Table::Overlay, &mut rows, |key| {
            key::overlay_item(key).is_none_or(|item| !live.overlaid.contains(&item))
        })?;
        Ok(DeadContents { rows, unreferenced })
    }

    /// Keys of the rows of a table that are dead.
    fn collect_rows(
        &self,
        table: Table,
        rows: &mut Vec<Vec<u8>>,
        dead: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Fault> {
        let from = key::table(self.mailbox, table);
        Ok(self.read.range(&from, &key::after(&from), Direction::Forward, &mut |key, _| {
            if dead(key) {
                rows.push(key.to_vec());
            }
            ControlFlow::Continue(())
        })?)
    }

    /// What the entries of both lists of every folder name.
    fn live(&self) -> Result<Live, Fault> {
        let mut live = Live::default();
        for folder in self.all_folders()? {
            for list in [List::Items, List::Associated] {
                let from = key::list(self.mailbox, Table::Page, folder.id, list);
                let to = key::after(&from);
                self.read.records::<Page>(&from, &to, Direction::Forward, &mut |_, page| {
                    page.entries.iter().for_each(|entry| live.add(entry));
                    ControlFlow::Continue(())
                })?;
            }
        }
        Ok(live)
    }
}

/// Contents and overlays that entries name.
#[derive(Default)]
struct Live {
    contents: HashSet<ContentNumber>,
    overlaid: HashSet<ItemNumber>,
}

impl Live {
    fn add(&mut self, entry: &Entry) {
        self.contents.insert(entry.content);
        if entry.overlaid {
            self.overlaid.insert(entry.item);
        }
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
