//! Changing a mailbox: one [`Change`] is one transaction. Every item or folder it touches
//! takes the next change number; a fault drops all of it.
//!
//! A change does not know protocols or sockets, and never sees another mailbox.

mod annotate;
mod associated;
mod copy;
mod create;
mod delete;
mod disconnect;
mod emptying;
mod epoch;
mod flags;
mod folders;
mod import;
mod item;
mod properties;
mod purge;
mod quota;
mod rename_inbox;
mod restore;
mod retention;
mod stage;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Occupied;

use store::{ReadExt, Txn};
use types::Timestamp;

pub use annotate::ANNOTATION_OCTETS_MAX;
pub use flags::Stored;
pub use import::Source;
pub use item::NewItem;
pub use properties::is_settable;
pub use restore::Restored;

use crate::fault::Fault;
use crate::id::{COUNTER_MAX, ChangeNumber, ContentNumber, FolderId, MailboxNumber, Mid, Uid};
use crate::key::{self, List, Table};
use crate::list::OpenList;
use crate::page::Entry;
use crate::record::{Counters, Event, EventKind, JournalRow, MailboxState, Meta, Tombstone};
use crate::rights::{Access, Rights};
use crate::uid_set::UidSet;
use crate::view::View;

/// Folders of a mailbox.
pub const FOLDERS_MAX: u64 = 10_000;
/// Folders below folders.
pub const FOLDER_DEPTH_MAX: usize = 64;
/// Octets of a folder name; Exchange takes 255 characters.
pub const FOLDER_NAME_OCTETS_MAX: usize = 1020;
/// Items named by one row of the journal or of the tombstones: at up to ten octets for a MID
/// and as many for a UID they stay below a value's limit.
const ROW_ITEMS_MAX: usize = 4096;

/// A running transaction over one mailbox.
pub struct Change<'c, 't> {
    pub(crate) txn: &'c mut Txn<'t>,
    pub(crate) mailbox: MailboxNumber,
    pub(crate) access: Access,
    counters: Counters,
    /// The change number before the first of this transaction.
    base: u64,
    lists: BTreeMap<FolderId, OpenList>,
    /// The lists of associated items.
    associated: BTreeMap<FolderId, OpenList>,
    gone: BTreeMap<FolderId, Gone>,
    events: Vec<Event>,
}

/// What left one folder in this transaction.
struct Gone {
    first: ChangeNumber,
    last: ChangeNumber,
    uids: UidSet,
    mids: Vec<u64>,
}

impl<'c, 't> Change<'c, 't> {
    /// Begins. Errors: NotFound without the mailbox, Moved when it is not active here.
    pub fn begin(
        txn: &'c mut Txn<'t>,
        mailbox: MailboxNumber,
        access: Access,
    ) -> Result<Self, Fault> {
        require_active(txn, mailbox)?;
        Self::resume(txn, mailbox, access)
    }

    fn resume(txn: &'c mut Txn<'t>, mailbox: MailboxNumber, access: Access) -> Result<Self, Fault> {
        let counters: Counters =
            txn.record(&key::table(mailbox, Table::Counters))?.unwrap_or_default();
        let base = counters.change;
        Ok(Change {
            txn,
            mailbox,
            access,
            counters,
            base,
            lists: BTreeMap::new(),
            associated: BTreeMap::new(),
            gone: BTreeMap::new(),
            events: Vec::new(),
        })
    }

    /// What this transaction sees so far, its own changes included.
    pub fn view(&mut self) -> Result<View<'_>, Fault> {
        self.flush_lists()?;
        self.put_counters()?;
        Ok(View { read: &*self.txn, mailbox: self.mailbox, access: self.access })
    }

    /// The id of a folder of the default set.
    pub fn special_id(&self, special: crate::record::Special) -> FolderId {
        crate::defaults::default_id(special)
    }

    /// The time of this transaction.
    pub fn now(&self) -> Timestamp {
        self.txn.now()
    }

    /// Whether this transaction is long enough for a slice of bulk work.
    pub fn slice_full(&self) -> bool {
        self.txn.slice_full()
    }

    /// Writes what is left, the journal row among it, and has the watchers woken. Without it
    /// nothing of the change is kept.
    pub fn finish(mut self) -> Result<(), Fault> {
        self.flush_lists()?;
        self.put_tombstones()?;
        if self.counters.change > self.base {
            self.put_journal_rows()?;
            self.txn.wake(u64::from(self.mailbox.get()));
        }
        self.put_counters()
    }

    fn flush_lists(&mut self) -> Result<(), Fault> {
        let mut lists = self.lists.values_mut().chain(self.associated.values_mut());
        lists.try_for_each(|list| list.flush(self.txn))
    }

    fn put_counters(&mut self) -> Result<(), Fault> {
        let key = key::table(self.mailbox, Table::Counters);
        Ok(self.txn.put_record(&key, &self.counters)?)
    }

    /// Writes the events. Those of more items than a row holds stand in several rows, and each
    /// row needs a change number of its own; associated items that go take one for all of them.
    fn put_journal_rows(&mut self) -> Result<(), Fault> {
        let rows = cut_into_rows(std::mem::take(&mut self.events));
        while self.counters.change < self.base + rows.len() as u64 {
            self.next_change();
        }
        let mut first = self.base + 1;
        let earlier = (rows.len() as u64).saturating_sub(1);
        for (last, events) in (self.counters.change.saturating_sub(earlier)..).zip(rows) {
            self.put_journal(first, last, events)?;
            first = last + 1;
        }
        Ok(())
    }

    fn put_journal(&mut self, first: u64, last: u64, events: Vec<Event>) -> Result<(), Fault> {
        let time = self.txn.now().secs().max(0) as u64;
        let row = JournalRow { first: ChangeNumber::new(first), time, events };
        let key = key::journal(self.mailbox, ChangeNumber::new(last));
        Ok(self.txn.put_record(&key, &row)?)
    }

    fn put_tombstones(&mut self) -> Result<(), Fault> {
        for (folder, gone) in std::mem::take(&mut self.gone) {
            self.put_tombstone(folder, gone)?;
        }
        Ok(())
    }

    fn put_tombstone(&mut self, folder: FolderId, gone: Gone) -> Result<(), Fault> {
        let time = self.txn.now().secs().max(0) as u64;
        let Gone { first, last, uids, mut mids } = gone;
        mids.sort_unstable();
        let key = key::tombstone(self.mailbox, folder, last);
        Ok(self.txn.put_record(&key, &Tombstone { first, time, uids, mids })?)
    }

    /// The next change number.
    fn next_change(&mut self) -> ChangeNumber {
        self.counters.change += 1;
        assert!(self.counters.change <= COUNTER_MAX, "change numbers are used up");
        ChangeNumber::new(self.counters.change)
    }

    /// The next id for a folder, an item or a MID.
    fn next_id(&mut self) -> u64 {
        self.counters.id += 1;
        assert!(self.counters.id <= COUNTER_MAX, "ids are used up");
        self.counters.id
    }

    fn next_content(&mut self) -> ContentNumber {
        self.counters.content += 1;
        ContentNumber::new(self.counters.content)
    }

    /// The items of a folder, or of an intent.
    fn list(&mut self, folder: FolderId) -> Result<(&mut OpenList, &mut Txn<'t>), Fault> {
        if !self.lists.contains_key(&folder) {
            let list = OpenList::load(self.txn, self.mailbox, folder, List::Items)?;
            self.lists.insert(folder, list);
        }
        let list = self.lists.get_mut(&folder).ok_or(Fault::NotFound("folder"))?;
        Ok((list, self.txn))
    }

    /// Visits and rewrites entries of a folder.
    fn collect(&mut self, folder: FolderId, uids: &UidSet) -> Result<Vec<Entry>, Fault> {
        let mut found = Vec::new();
        let (list, txn) = self.list(folder)?;
        list.rewrite(txn, uids, |entry| {
            found.push(entry.clone());
            Ok(crate::list::Fate::Keep)
        })?;
        Ok(found)
    }

    /// Notes that an entry left a folder, under a change number of its own.
    fn bury(&mut self, folder: FolderId, entry: &Entry) -> Result<(), Fault> {
        self.note_gone(folder, entry.uid, Some(entry.mid))
    }

    /// Notes that a UID left a folder, and its MID, unless that lives on under another UID.
    fn note_gone(&mut self, folder: FolderId, uid: Uid, mid: Option<Mid>) -> Result<(), Fault> {
        let change = self.next_change();
        let gone = self.gone.entry(folder).or_insert_with(|| Gone {
            first: change,
            last: change,
            uids: UidSet::new(),
            mids: Vec::new(),
        });
        gone.last = change;
        gone.uids.insert(uid);
        gone.mids.extend(mid.map(Mid::get));
        self.list(folder)?.0.touch(change);
        match self.gone.entry(folder) {
            Occupied(full) if full.get().mids.len() >= ROW_ITEMS_MAX => {
                let full = full.remove();
                self.put_tombstone(folder, full)
            }
            _ => Ok(()),
        }
    }

    fn event(
        &mut self,
        kind: EventKind,
        folder: FolderId,
        other: Option<FolderId>,
        mids: impl IntoIterator<Item = u64>,
    ) {
        let mut mids: Vec<u64> = mids.into_iter().collect();
        match self.events.last_mut() {
            // The portions of one operation are one event.
            Some(last) if !mids.is_empty() && last.is_alike(kind, folder, other) => {
                last.mids.append(&mut mids);
                last.mids.sort_unstable();
            }
            _ => {
                mids.sort_unstable();
                self.events.push(Event { kind, folder, other, mids, old_mids: Vec::new() });
            }
        }
    }

    /// What came from another folder: pairs of the MID there and the MID here. New MIDs rise.
    fn arrivals(
        &mut self,
        kind: EventKind,
        folder: FolderId,
        from: FolderId,
        pairs: &[(Mid, Mid)],
    ) {
        if pairs.is_empty() {
            return;
        }
        let (old_mids, mids) = pairs.iter().map(|(old, new)| (old.get(), new.get())).unzip();
        self.events.push(Event { kind, folder, other: Some(from), mids, old_mids });
    }

    fn require(&mut self, folder: FolderId, right: Rights) -> Result<(), Fault> {
        if self.access == Access::System || matches!(self.access, Access::Owner(_)) {
            return Ok(());
        }
        let view = View { read: &*self.txn, mailbox: self.mailbox, access: self.access };
        view.require(folder, right).map(|_| ())
    }

    /// True when items of this folder count as recoverable, not as the mailbox's.
    fn is_recoverable(folder: FolderId) -> bool {
        crate::defaults::RECOVERABLE
            .into_iter()
            .any(|special| crate::defaults::default_id(special) == folder)
    }

    fn count_items(&mut self, folder: FolderId, items: u64, octets: u64) {
        match Self::is_recoverable(folder) {
            true => self.counters.recoverable_octets += octets,
            false => {
                self.counters.octets += octets;
                self.counters.items += items;
            }
        }
    }

    fn uncount_items(&mut self, folder: FolderId, items: u64, octets: u64) {
        match Self::is_recoverable(folder) {
            true => {
                let left = self.counters.recoverable_octets.saturating_sub(octets);
                self.counters.recoverable_octets = left;
            }
            false => {
                self.counters.octets = self.counters.octets.saturating_sub(octets);
                self.counters.items = self.counters.items.saturating_sub(items);
            }
        }
    }
}

/// Events in rows of at most [`ROW_ITEMS_MAX`] items; one about more goes on in the next row.
fn cut_into_rows(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut room = ROW_ITEMS_MAX;
    for event in events.into_iter().flat_map(pieces) {
        // An event about the folder itself counts as one item.
        let weight = event.mids.len().max(1);
        if weight > room {
            rows.push(std::mem::take(&mut row));
            room = ROW_ITEMS_MAX;
        }
        room -= weight;
        row.push(event);
    }
    rows.push(row);
    rows
}

fn pieces(event: Event) -> Vec<Event> {
    if event.mids.len() <= ROW_ITEMS_MAX {
        return vec![event];
    }
    let mut old = event.old_mids.chunks(ROW_ITEMS_MAX);
    let piece = |mids: &[u64]| Event {
        mids: mids.to_vec(),
        old_mids: old.next().unwrap_or_default().to_vec(),
        ..event
    };
    event.mids.chunks(ROW_ITEMS_MAX).map(piece).collect()
}

/// The fence of every write. Errors: NotFound without the mailbox, Moved when it is not active
/// here.
pub(crate) fn require_active(txn: &Txn<'_>, mailbox: MailboxNumber) -> Result<(), Fault> {
    let meta: Option<Meta> = txn.record(&key::table(mailbox, Table::Meta))?;
    match meta.ok_or(Fault::NotFound("mailbox"))?.state {
        MailboxState::Active => Ok(()),
        MailboxState::Moving | MailboxState::Gone => Err(Fault::Moved),
    }
}

/// A pair of a copy or a move: the UID it had, the UID it got.
pub type UidPair = (Uid, Uid);
