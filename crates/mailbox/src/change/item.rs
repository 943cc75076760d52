//! New items, and new content for old ones.

use store::{BlobNumber, Staged};

use super::Change;
use crate::fault::Fault;
use crate::flags::{Flags, Keywords};
use crate::id::{ChangeNumber, ContentNumber, FolderId, ItemNumber, Mid, Uid};
use crate::key;
use crate::list::Fate;
use crate::page::Entry;
use crate::record::{Content, EventKind};
use crate::rights::Rights;
use crate::uid_set::UidSet;

/// What comes with the bytes of a new item. Made before the write: deriving the summary does
/// not belong on the writer's thread.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// [`content::Summary`] of the bytes, encoded.
    pub summary: std::sync::Arc<[u8]>,
    /// Header lines for this mailbox alone, each ended by CRLF.
    pub prefix: Vec<u8>,
    /// Flags it starts with.
    pub flags: Flags,
    /// Keywords it starts with.
    pub keywords: Keywords,
    /// INTERNALDATE, seconds since 1970; `None` is now.
    pub received: Option<i64>,
    /// Zone of the INTERNALDATE, minutes east of UTC.
    pub zone_minutes: i16,
}

/// Message bytes that are a blob.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    blob: BlobNumber,
    octets: u64,
}

impl Change<'_, '_> {
    /// Puts a new item into a folder at a client's wish. Errors: NotFound, Denied, OverQuota.
    pub fn append(
        &mut self,
        folder: FolderId,
        staged: &Staged,
        item: &NewItem,
    ) -> Result<Entry, Fault> {
        self.require(folder, Rights::CREATE)?;
        let bytes = self.adopt(staged)?;
        self.insert(folder, bytes, item, EventKind::Created)
    }

    /// Puts new mail into a folder; its `octets` bytes are a blob already, shared with the
    /// other recipients. Errors: NotFound, OverQuota. After OverQuota nothing was changed.
    pub fn deliver(
        &mut self,
        folder: FolderId,
        blob: BlobNumber,
        octets: u64,
        item: &NewItem,
    ) -> Result<Entry, Fault> {
        self.txn.retain(blob);
        self.insert(folder, Bytes { blob, octets }, item, EventKind::Delivered)
    }

    /// Puts a message of the system itself into a folder. It comes although the mailbox is
    /// full, which is what such messages are about. Errors: NotFound.
    pub fn deliver_notice(
        &mut self,
        folder: FolderId,
        staged: &Staged,
        item: &NewItem,
    ) -> Result<Entry, Fault> {
        let bytes = self.adopt(staged)?;
        self.insert_unchecked(folder, bytes, item, EventKind::Delivered)
    }

    /// Gives an item other bytes: new content and a new UID (an IMAP client may never see new
    /// bytes under an old UID), the same MID and item. What clients wrote over the properties
    /// stays, but for those that the new bytes say. Errors: NotFound, Denied, OverQuota.
    pub fn replace(
        &mut self,
        folder: FolderId,
        uid: Uid,
        staged: &Staged,
        item: &NewItem,
    ) -> Result<Entry, Fault> {
        self.require(folder, Rights::CREATE | Rights::EDIT_ANY | Rights::DELETE_ANY)?;
        let old = self.take_out(folder, uid)?;
        self.note_gone(folder, old.uid, None)?;
        self.counters.unreferenced += 1;
        self.check_quota(staged.len() + item.prefix.len() as u64)?;
        let bytes = self.adopt(staged)?;
        let (overlaid, overlay_octets) = self.uncover(&old)?;
        let new = self.new_entry(bytes, item)?;
        let new = Entry { item: old.item, mid: old.mid, overlaid, overlay_octets, ..new };
        let mut entry = self.numbered(folder, new)?;
        entry.cn_content = entry.cn_created;
        self.place(folder, &entry)?;
        self.event(EventKind::Modified, folder, None, [entry.mid.get()]);
        Ok(entry)
    }

    /// The bit of a keyword, which is given one if it has none yet. Errors: Limit, Invalid.
    pub fn keyword(&mut self, name: &str) -> Result<Keywords, Fault> {
        let mut table = self.view()?.keywords()?;
        if let Some(bit) = table.bit(name) {
            return Ok(Keywords::bit(bit));
        }
        let bit = table.add(name)?;
        let mut row = Vec::new();
        table.encode(&mut row);
        self.txn.put(&key::table(self.mailbox, key::Table::Keywords), 1, &row)?;
        Ok(Keywords::bit(bit))
    }

    fn insert(
        &mut self,
        folder: FolderId,
        bytes: Bytes,
        item: &NewItem,
        kind: EventKind,
    ) -> Result<Entry, Fault> {
        self.check_quota(bytes.octets + item.prefix.len() as u64)?;
        self.insert_unchecked(folder, bytes, item, kind)
    }

    fn insert_unchecked(
        &mut self,
        folder: FolderId,
        bytes: Bytes,
        item: &NewItem,
        kind: EventKind,
    ) -> Result<Entry, Fault> {
        let entry = self.new_entry(bytes, item)?;
        let entry = self.numbered(folder, entry)?;
        self.place(folder, &entry)?;
        self.event(kind, folder, None, [entry.mid.get()]);
        Ok(entry)
    }

    /// An entry for new bytes, its content row written. It has no UID and no change number yet.
    pub(super) fn new_entry(&mut self, bytes: Bytes, item: &NewItem) -> Result<Entry, Fault> {
        let content = Content::new(bytes.blob, bytes.octets, item.prefix.clone(), &item.summary);
        let content = self.put_content(&content)?;
        let number = self.next_id();
        let now = self.txn.now().secs();
        let size = u32::try_from(bytes.octets + item.prefix.len() as u64)
            .map_err(|_| Fault::Limit("octets of a message"))?;
        let unchanged = ChangeNumber::default();
        Ok(Entry {
            uid: Uid::default(),
            item: ItemNumber::new(number),
            content,
            mid: Mid::new(number),
            flags: item.flags,
            keywords: item.keywords,
            received: item.received.unwrap_or(now),
            zone_minutes: item.zone_minutes,
            saved: now,
            size,
            cn_created: unchanged,
            cn_content: unchanged,
            cn_read: unchanged,
            cn_other: unchanged,
            origin: None,
            overlaid: false,
            overlay_octets: 0,
        })
    }

    /// The entry under the folder's next UID and the next change number.
    pub(super) fn numbered(&mut self, folder: FolderId, entry: Entry) -> Result<Entry, Fault> {
        let uid = self.list(folder)?.0.next_uid()?;
        Ok(Entry { uid, cn_created: self.next_change(), ..entry.unchanged() })
    }

    pub(super) fn adopt(&mut self, staged: &Staged) -> Result<Bytes, Fault> {
        Ok(Bytes { blob: self.txn.adopt(staged)?, octets: staged.len() })
    }

    /// Writes the rows of a content that is new to this mailbox.
    pub(super) fn put_content(&mut self, content: &Content) -> Result<ContentNumber, Fault> {
        let number = self.next_content();
        for (at, row) in (0..).zip(content.to_rows()) {
            self.txn.put_record(&key::content_row(self.mailbox, number, at), &row)?;
        }
        Ok(number)
    }

    /// Appends an entry and counts it.
    pub(super) fn place(&mut self, folder: FolderId, entry: &Entry) -> Result<(), Fault> {
        self.count_items(folder, 1, entry.octets());
        let (list, txn) = self.list(folder)?;
        list.append(txn, entry.clone())
    }

    /// Removes one entry from its list, without a tombstone yet.
    fn take_out(&mut self, folder: FolderId, uid: Uid) -> Result<Entry, Fault> {
        let taken = self.take_all(folder, &UidSet::from_iter([uid]), |_| true)?;
        taken.into_iter().next().ok_or(Fault::NotFound("message"))
    }

    /// Removes entries from a list and from the counts, without tombstones yet.
    pub(super) fn take_all(
        &mut self,
        folder: FolderId,
        uids: &UidSet,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<Entry>, Fault> {
        let mut taken = Vec::new();
        let (list, txn) = self.list(folder)?;
        list.rewrite(txn, uids, |entry| {
            if !wanted(entry) {
                return Ok(Fate::Keep);
            }
            taken.push(entry.clone());
            Ok(Fate::Gone)
        })?;
        let octets = taken.iter().map(Entry::octets).sum();
        self.uncount_items(folder, taken.len() as u64, octets);
        Ok(taken)
    }
}
