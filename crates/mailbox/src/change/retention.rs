//! What time takes: old tombstones, old journal rows, notes of deleted folders; and the rows of
//! contents nobody refers to any more.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt, Record};
use types::Timestamp;

use super::Change;
use crate::fault::Fault;
use crate::fulltext;
use crate::id::{ChangeNumber, FolderId, Mid};
use crate::key::{self, Table};
use crate::record::{DeletedFolder, JournalRow, Tombstone};
use crate::sweep::ContentSweep;
use crate::view::View;

/// Tombstones live this long; who comes back later gets the whole list of absent UIDs.
const TOMBSTONE_SECS_MAX: u64 = 60 * 86_400;
/// Journal rows live this long; a subscriber that falls further behind reads the folders.
const JOURNAL_SECS_MAX: u64 = 7 * 86_400;
/// A row that is further ahead was written under a clock that was wrong.
const AHEAD_SECS_MAX: u64 = 86_400;

impl Change<'_, '_> {
    /// Drops tombstones past their time, with what leads from the MIDs in them to where the
    /// items went, and raises the folder's floor. At most `limit` rows, fewer when the slice is
    /// full. `now` is the clock's: the transaction's time stays ahead after a clock was set right.
    pub fn purge_tombstones(
        &mut self,
        folder: FolderId,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, Fault> {
        let rows = key::tombstones(self.mailbox, folder);
        let span = (&rows[..], &key::after(&rows)[..]);
        let due = due::<Tombstone>(self.txn, span, &Age::of(TOMBSTONE_SECS_MAX, now), limit)?;
        let mut purged = 0;
        for key in &due {
            if self.txn.slice_full() {
                break;
            }
            if let Some(row) = self.txn.record(key)? {
                self.drop_tombstone(folder, key, &row)?;
            }
            purged += 1;
        }
        Ok(purged)
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
        self.erase_tombstone(key, row)
    }

    /// Deletes a tombstone row and the aliases of its MIDs.
    fn erase_tombstone(&mut self, key: &[u8], row: &Tombstone) -> Result<(), Fault> {
        for mid in &row.mids {
            self.txn.delete(&key::alias(self.mailbox, Mid::new(*mid)))?;
        }
        Ok(self.txn.delete(key)?)
    }

    /// Deletes the tombstones of a folder that is gone until the slice is full; true when none
    /// is left.
    pub(super) fn erase_tombstones(&mut self, folder: FolderId) -> Result<bool, Fault> {
        let tombstones = key::tombstones(self.mailbox, folder);
        while let Some((key, row)) = first::<Tombstone>(self.txn, &tombstones)? {
            self.erase_tombstone(&key, &row)?;
            if self.txn.slice_full() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Drops journal rows past their time at `now`, at most `limit`; the newest always stays.
    pub fn purge_journal(&mut self, now: Timestamp, limit: usize) -> Result<usize, Fault> {
        let from = key::table(self.mailbox, Table::Journal);
        let newest = key::journal(self.mailbox, ChangeNumber::new(self.base));
        let age = Age::of(JOURNAL_SECS_MAX, now);
        let due = due::<JournalRow>(self.txn, (&from, &newest), &age, limit)?;
        self.delete_keys(&due)?;
        Ok(due.len())
    }

    /// Drops what is noted of folders that were deleted before anything still here at `now` was;
    /// at most `limit`.
    pub fn purge_deleted_folders(&mut self, now: Timestamp, limit: usize) -> Result<usize, Fault> {
        let before = Age::of(self.view()?.retention()?.longest(), now).before;
        let from = key::table(self.mailbox, Table::DeletedFolder);
        let mut due: Vec<Vec<u8>> = Vec::new();
        self.txn.records::<DeletedFolder>(
            &from,
            &key::after(&from),
            Direction::Forward,
            &mut |key, row| {
                if row.time < before {
                    due.push(key.to_vec());
                }
                if due.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        )?;
        self.delete_keys(&due)?;
        Ok(due.len())
    }

    /// Deletes rows that a [`ContentSweep`] has found, from the `from`th on, until the slice is
    /// full. Gives where to go on; `None` when all are gone. Their blobs fall to the store's
    /// sweep.
    pub fn delete_contents(
        &mut self,
        dead: &[Vec<u8>],
        from: usize,
    ) -> Result<Option<usize>, Fault> {
        self.txn.permit_growth();
        let mut at = from;
        while at < dead.len() && (at == from || !self.txn.slice_full()) {
            self.txn.delete(&dead[at])?;
            at += 1;
        }
        let heads = dead[from..at].iter().filter(|key| key::is_content_head(key));
        let contents = heads.filter_map(|key| key::content_number(key));
        fulltext::note_deleted(self.txn, self.mailbox, contents)?;
        Ok((at < dead.len()).then_some(at))
    }

    /// Notes that a sweep has looked at all that lost a reference before it began.
    pub fn end_sweep(&mut self, sweep: &ContentSweep) -> Result<(), Fault> {
        self.txn.permit_growth();
        let left = self.counters.unreferenced.saturating_sub(sweep.unreferenced());
        self.counters.unreferenced = left;
        Ok(())
    }

    pub(super) fn delete_keys(&mut self, keys: &[Vec<u8>]) -> Result<(), Fault> {
        keys.iter().try_for_each(|key| self.txn.delete(key)).map_err(Fault::from)
    }
}

impl View<'_> {
    /// True when tombstones, journal rows or notes of deleted folders are past their time, so
    /// that a write is worth its sync.
    pub fn has_expired_rows(&self, now: Timestamp) -> Result<bool, Fault> {
        let notes_before = Age::of(self.retention()?.longest(), now).before;
        Ok(self.has_expired_journal(&Age::of(JOURNAL_SECS_MAX, now))?
            || self.has_expired_tombstones(&Age::of(TOMBSTONE_SECS_MAX, now))?
            || self.has_expired_notes(notes_before)?)
    }

    fn has_expired_journal(&self, age: &Age) -> Result<bool, Fault> {
        let from = key::table(self.mailbox, Table::Journal);
        let newest = key::journal(self.mailbox, ChangeNumber::new(self.counters()?.change));
        Ok(!due::<JournalRow>(self.read, (&from, &newest), age, 1)?.is_empty())
    }

    fn has_expired_tombstones(&self, age: &Age) -> Result<bool, Fault> {
        for folder in self.all_folders()? {
            let rows = key::tombstones(self.mailbox, folder.id);
            let span = (&rows[..], &key::after(&rows)[..]);
            if !due::<Tombstone>(self.read, span, age, 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_expired_notes(&self, before: u64) -> Result<bool, Fault> {
        let from = key::table(self.mailbox, Table::DeletedFolder);
        let mut found = false;
        let visit = &mut |_: &[u8], row: DeletedFolder| {
            found |= row.time < before;
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
        Ok(found)
    }
}

/// A row that stands among others in the order in which they were written.
trait Written: Record {
    /// When the clock said that was, seconds since 1970.
    fn time(&self) -> u64;
}

impl Written for Tombstone {
    fn time(&self) -> u64 {
        self.time
    }
}

impl Written for JournalRow {
    fn time(&self) -> u64 {
        self.time
    }
}

/// From when on a row is too old.
struct Age {
    before: u64,
    now: u64,
}

impl Age {
    fn of(seconds: u64, now: Timestamp) -> Self {
        let now = now.secs().max(0) as u64;
        Age { before: now.saturating_sub(seconds), now }
    }

    fn is_past(&self, time: u64) -> bool {
        time < self.before
    }

    fn is_ahead(&self, time: u64) -> bool {
        time > self.now.saturating_add(AHEAD_SECS_MAX)
    }
}

/// Keys of the rows of a span that are too old, at most `limit`. What was written while the clock
/// was ahead is as old as what was written next under a clock that was right: it must neither
/// stay for years nor keep the rows behind it.
fn due<T: Written>(
    read: &dyn Read,
    (from, to): (&[u8], &[u8]),
    age: &Age,
    limit: usize,
) -> Result<Vec<Vec<u8>>, Fault> {
    let (mut due, mut ahead) = (Vec::new(), Vec::new());
    read.records::<T>(from, to, Direction::Forward, &mut |key, row| {
        let time = row.time();
        if due.len() >= limit || !(age.is_past(time) || age.is_ahead(time)) {
            return ControlFlow::Break(());
        }
        ahead.push(key.to_vec());
        if age.is_past(time) {
            due.append(&mut ahead);
        }
        ControlFlow::Continue(())
    })?;
    due.truncate(limit);
    Ok(due)
}

/// The first row below a key.
fn first<T: Record>(read: &dyn Read, below: &[u8]) -> Result<Option<(Vec<u8>, T)>, Fault> {
    let mut found = None;
    read.records(below, &key::after(below), Direction::Forward, &mut |key, row| {
        found = Some((key.to_vec(), row));
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// The number at the end of a key.
fn last_number(key: &[u8]) -> u64 {
    let tail = key.len().saturating_sub(8);
    key[tail..].try_into().map_or(0, u64::from_be_bytes)
}

fn change_of(key: &[u8]) -> ChangeNumber {
    ChangeNumber::new(last_number(key))
}
