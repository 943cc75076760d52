//! Gathering items that become visible together, in transactions of their own: a large COPY, a
//! MULTIAPPEND.
//!
//! The items of an intent stand in a list under its number, like those of a folder, but their
//! UIDs and change numbers count from 1. Publishing takes the next UIDs and change numbers for
//! all of them at once and hands the pages over by their references, which say where a page
//! stands and what its numbers count from. So what is delivered meanwhile has the smaller
//! numbers, and is seen first. A page is rewritten as an ordinary one when an entry changes.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt, Staged};
use types::Timestamp;

use super::{Change, NewItem};
use crate::fault::Fault;
use crate::id::{COUNTER_MAX, ChangeNumber, FolderId, IntentNumber, ItemNumber, Mid, Uid};
use crate::key::{self, List, Table};
use crate::page::{Entry, PageRef, StagedAt};
use crate::record::{EventKind, FolderCounters, Intent};
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::View;

/// An intent nobody has worked on for a day is nobody's any more.
const INTENT_IDLE_SECS_MAX: u64 = 86_400;

impl Change<'_, '_> {
    /// Begins to gather items for a folder, copies from `from` or new ones. Errors: NotFound,
    /// Denied.
    pub fn begin_intent(
        &mut self,
        folder: FolderId,
        from: Option<FolderId>,
    ) -> Result<IntentNumber, Fault> {
        self.require(folder, Rights::CREATE)?;
        self.list(folder)?;
        let number = IntentNumber::new(self.next_id());
        let counters = FolderCounters { uid_next: 1, ..FolderCounters::default() };
        let key = key::folder_counters(self.mailbox, number.list(), List::Items);
        self.txn.put_record(&key, &counters)?;
        self.put_intent(number, Intent::new(folder, from))?;
        Ok(number)
    }

    /// Adds copies of messages. Gives the UIDs of those that are still there, in order. Errors:
    /// NotFound, Denied, OverQuota.
    pub fn stage_copies(
        &mut self,
        number: IntentNumber,
        from: FolderId,
        uids: &UidSet,
    ) -> Result<Vec<Uid>, Fault> {
        self.require(from, Rights::READ_ANY)?;
        let sources = self.collect(from, uids)?;
        let staged = sources.iter().map(|source| source.uid).collect();
        let mut copies = Vec::with_capacity(sources.len());
        for source in sources {
            let id = self.next_id();
            self.copy_overlay(&source, ItemNumber::new(id))?;
            copies.push(Entry { item: ItemNumber::new(id), mid: Mid::new(id), ..source });
        }
        self.stage_entries(number, copies)?;
        Ok(staged)
    }

    /// Adds new items. Errors: NotFound, OverQuota.
    pub fn stage_items(
        &mut self,
        number: IntentNumber,
        items: &[(Staged, NewItem)],
    ) -> Result<(), Fault> {
        let mut entries = Vec::with_capacity(items.len());
        for (staged, item) in items {
            let bytes = self.adopt(staged)?;
            entries.push(self.new_entry(bytes, item)?);
        }
        self.stage_entries(number, entries)
    }

    /// Adds entries in the order of their MIDs; UIDs and change numbers are given here.
    pub(super) fn stage_entries(
        &mut self,
        number: IntentNumber,
        entries: Vec<Entry>,
    ) -> Result<(), Fault> {
        let octets = entries.iter().map(Entry::octets).sum();
        self.check_quota(octets)?;
        self.counters.staged_octets += octets;
        let mut intent = self.intent(number)?;
        let saved = self.txn.now().secs();
        let (list, txn) = self.list(number.list())?;
        for entry in entries {
            intent.add(entry.mid);
            let uid = list.next_uid()?;
            let cn_created = ChangeNumber::new(uid.get().into());
            let entry = Entry { uid, saved, cn_created, origin: None, ..entry.unchanged() };
            list.append(txn, entry)?;
        }
        self.put_intent(number, intent)
    }

    /// Makes all that was staged visible. Gives the UIDs, one run in the order of staging.
    /// Errors: NotFound, Denied, OverQuota, Limit; the intent is then still there.
    pub fn publish(&mut self, number: IntentNumber) -> Result<UidSet, Fault> {
        let intent = self.intent(number)?;
        self.require(intent.folder, Rights::CREATE)?;
        self.list(intent.folder)?;
        let (list, txn) = self.list(number.list())?;
        let mut pages = list.hand_over(txn)?;
        let totals = list.counters.clone();
        self.lists.remove(&number.list());
        self.unstage(totals.quota_octets());
        self.check_quota(totals.quota_octets())?;
        let change = self.counters.change;
        self.counters.change += u64::from(totals.exists);
        assert!(self.counters.change <= COUNTER_MAX, "change numbers are used up");
        self.count_items(intent.folder, totals.exists.into(), totals.quota_octets());
        let (list, txn) = self.list(intent.folder)?;
        let uids = list.next_uids(totals.exists)?;
        let base = uids.first().map_or(0, |uid| uid.get() - 1);
        pages.iter_mut().for_each(|page| rebase(page, number, base, change));
        list.take_over(txn, &pages, &totals)?;
        if totals.exists > 0 {
            // The old MIDs of so many copies would not fit into small rows; it has none.
            let kind = intent.from.map_or(EventKind::Created, |_| EventKind::Copied);
            self.event(kind, intent.folder, intent.from, intent.mids());
        }
        self.erase_intent(number)?;
        Ok(uids)
    }

    /// Deletes what was staged, until the slice is full. Gives true when nothing is left, also
    /// when it was published meanwhile. From the first slice on nothing is added or published.
    pub fn abandon(&mut self, number: IntentNumber) -> Result<bool, Fault> {
        let intent = key::intent(self.mailbox, number);
        if self.txn.get(&intent)?.is_none() {
            // What stands under the number is a folder's now.
            return Ok(true);
        }
        self.txn.permit_growth();
        self.discard_counters(number)?;
        for table in [Table::Page, Table::Directory] {
            let rows = key::list(self.mailbox, table, number.list(), List::Items);
            if !self.erase_rows(&rows)? {
                return Ok(false);
            }
        }
        // The contents are the sweep's to look at; those of copies may be nobody's either by now.
        self.counters.unreferenced += 1;
        self.txn.delete(&intent)?;
        Ok(true)
    }

    /// From here on nothing counts in the quota, or can be published.
    fn discard_counters(&mut self, number: IntentNumber) -> Result<(), Fault> {
        self.flush_lists()?;
        self.lists.remove(&number.list());
        let key = key::folder_counters(self.mailbox, number.list(), List::Items);
        if let Some(staged) = self.txn.record::<FolderCounters>(&key)? {
            self.unstage(staged.quota_octets());
        }
        Ok(self.txn.delete(&key)?)
    }

    fn intent(&self, number: IntentNumber) -> Result<Intent, Fault> {
        let row = self.txn.record(&key::intent(self.mailbox, number))?;
        row.ok_or(Fault::NotFound("unfinished copy"))
    }

    fn put_intent(&mut self, number: IntentNumber, mut intent: Intent) -> Result<(), Fault> {
        intent.touched = self.txn.now().secs().max(0) as u64;
        Ok(self.txn.put_record(&key::intent(self.mailbox, number), &intent)?)
    }

    fn erase_intent(&mut self, number: IntentNumber) -> Result<(), Fault> {
        self.txn.delete(&key::folder_counters(self.mailbox, number.list(), List::Items))?;
        Ok(self.txn.delete(&key::intent(self.mailbox, number))?)
    }

    /// Deletes rows that begin with `prefix` until the slice is full; true when none is left.
    pub(super) fn erase_rows(&mut self, prefix: &[u8]) -> Result<bool, Fault> {
        const ROWS_PER_LOOK: usize = 64;
        let mut from = prefix.to_vec();
        loop {
            let mut keys: Vec<Vec<u8>> = Vec::with_capacity(ROWS_PER_LOOK);
            self.txn.range(&from, &key::after(prefix), Direction::Forward, &mut |key, _| {
                keys.push(key.to_vec());
                match keys.len() < ROWS_PER_LOOK {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            })?;
            self.delete_keys(&keys)?;
            if keys.len() < ROWS_PER_LOOK {
                return Ok(true);
            }
            if self.txn.slice_full() {
                return Ok(false);
            }
            from = keys.pop().unwrap_or(from);
        }
    }
}

impl View<'_> {
    /// An intent that nobody has worked on for a day.
    pub fn forgotten_intent(&self, now: Timestamp) -> Result<Option<IntentNumber>, Fault> {
        let before = (now.secs().max(0) as u64).saturating_sub(INTENT_IDLE_SECS_MAX);
        let from = key::table(self.mailbox, Table::Intent);
        let mut forgotten = None;
        let visit = &mut |key: &[u8], intent: Intent| {
            if intent.touched < before {
                forgotten = key::intent_number(key);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        self.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
        Ok(forgotten)
    }
}

/// From a page of the intent's own list to one of the folder's.
fn rebase(page: &mut PageRef, number: IntentNumber, uid: u32, change: u64) {
    let staged =
        StagedAt { list: number.list(), first: page.first, change: ChangeNumber::new(change) };
    page.first = Uid::new(page.first.get() + uid);
    page.last = Uid::new(page.last.get() + uid);
    page.max_cn = ChangeNumber::new(page.max_cn.get() + change);
    page.staged = Some(staged);
}
