//! Copying and moving between folders of a mailbox.

use super::{Change, UidPair};
use crate::fault::Fault;
use crate::id::{FolderId, ItemNumber, Mid};
use crate::key;
use crate::page::Entry;
use crate::record::{Alias, EventKind};
use crate::rights::Rights;
use crate::uid_set::UidSet;

impl Change<'_, '_> {
    /// Copies messages: all or none. A copy shares the content. Errors: NotFound, Denied,
    /// OverQuota.
    pub fn copy(
        &mut self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
    ) -> Result<Vec<UidPair>, Fault> {
        self.require(from, Rights::READ_ANY)?;
        self.require(to, Rights::CREATE)?;
        let sources = self.collect(from, uids)?;
        self.check_quota(sources.iter().map(Entry::octets).sum())?;
        let mut pairs = Vec::with_capacity(sources.len());
        let mut mids = Vec::with_capacity(sources.len());
        for source in sources {
            let (uid, mid) = (source.uid, source.mid);
            let item = ItemNumber::new(self.next_id());
            self.copy_overlay(&source, item)?;
            let copy = self.arrive(to, Entry { item, origin: None, ..source })?;
            pairs.push((uid, copy.uid));
            mids.push((mid, copy.mid));
        }
        self.arrivals(EventKind::Copied, to, from, &mids);
        Ok(pairs)
    }

    /// Moves messages. The item stays the same; its MID is new, the old one leads to it.
    /// Within one folder nothing but the UID changes. Errors: NotFound, Denied.
    pub fn move_items(
        &mut self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
    ) -> Result<Vec<UidPair>, Fault> {
        self.require(from, Rights::READ_ANY | Rights::DELETE_ANY)?;
        self.require(to, Rights::CREATE)?;
        // On a full disk too: clients delete by moving to Deleted Items.
        self.txn.permit_growth();
        self.list(to)?;
        let taken = self.take_all(from, uids, |_| true)?;
        let mut pairs = Vec::with_capacity(taken.len());
        let mut mids = Vec::with_capacity(taken.len());
        for entry in taken {
            self.bury(from, &entry)?;
            let (uid, old_mid) = (entry.uid, entry.mid);
            let placed = self.arrive(to, Entry { origin: None, ..entry })?;
            self.put_alias(old_mid, to, placed.mid)?;
            pairs.push((uid, placed.uid));
            mids.push((old_mid, placed.mid));
        }
        self.arrivals(EventKind::Moved, to, from, &mids);
        Ok(pairs)
    }

    /// Places an entry that was in another folder: new UID, MID and change number, the rest
    /// as it comes.
    pub(super) fn arrive(&mut self, to: FolderId, entry: Entry) -> Result<Entry, Fault> {
        let mid = Mid::new(self.next_id());
        let saved = self.txn.now().secs();
        let entry = self.numbered(to, Entry { mid, saved, ..entry })?;
        self.place(to, &entry)?;
        Ok(entry)
    }

    /// An old MID leads to where the item is now.
    pub(super) fn put_alias(&mut self, old: Mid, folder: FolderId, new: Mid) -> Result<(), Fault> {
        Ok(self.txn.put_record(&key::alias(self.mailbox, old), &Alias { folder, mid: new })?)
    }
}
