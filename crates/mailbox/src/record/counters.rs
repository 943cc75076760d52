//! Counters: of the mailbox, and of each list of a folder.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

use crate::flags::Flags;
use crate::id::ChangeNumber;
use crate::page::{Entry, PageRef};

/// The counters of a mailbox. Handed out inside a write function, so in commit order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The last change number given out.
    pub change: u64,
    /// The last id given out; folders, items and MIDs share the space.
    pub id: u64,
    /// The last content number given out.
    pub content: u64,
    /// Octets of all items outside Recoverable Items.
    pub octets: u64,
    /// Items outside Recoverable Items.
    pub items: u64,
    /// Octets in Recoverable Items.
    pub recoverable_octets: u64,
    /// Contents that may have lost their last reference: work for the sweep.
    pub unreferenced: u64,
    /// Octets of items that are staged under intents and not published yet.
    pub staged_octets: u64,
}

impl Record for Counters {
    /// Version 1 did not count what is staged.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        for number in [
            self.change,
            self.id,
            self.content,
            self.octets,
            self.items,
            self.recoverable_octets,
            self.unreferenced,
            self.staged_octets,
        ] {
            put_uint(out, number);
        }
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut next = || reader.uint().map_err(|_| Corrupt("mailbox counters"));
        Ok(Counters {
            change: next()?,
            id: next()?,
            content: next()?,
            octets: next()?,
            items: next()?,
            recoverable_octets: next()?,
            unreferenced: next()?,
            staged_octets: if version == 1 { 0 } else { next()? },
        })
    }
}

/// The counters of one list of a folder, and its open page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderCounters {
    /// The next UID; UIDNEXT.
    pub uid_next: u32,
    /// Messages; EXISTS.
    pub exists: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// Octets of messages with `\Deleted` (RFC 9208 DELETED-STORAGE).
    pub deleted_octets: u64,
    /// Octets of all messages.
    pub octets: u64,
    /// Octets of what clients wrote besides.
    pub overlay_octets: u64,
    /// The largest change number of anything in the list, expunges included; HIGHESTMODSEQ.
    pub content_cn: ChangeNumber,
    /// Tombstones up to here are gone: who asks from before it gets no complete answer.
    pub tombstone_floor: ChangeNumber,
    /// The page that takes new entries; all earlier ones are in the directory.
    pub tail: Option<PageRef>,
}

impl FolderCounters {
    /// What the list counts in the mailbox's quota.
    pub(crate) fn quota_octets(&self) -> u64 {
        self.octets + self.overlay_octets
    }

    /// Counts an entry that came.
    pub(crate) fn count_in(&mut self, entry: &Entry) {
        self.exists += 1;
        self.octets += u64::from(entry.size);
        self.overlay_octets += u64::from(entry.overlay_octets);
        self.unseen += u32::from(!entry.flags.contains(Flags::SEEN));
        if entry.flags.contains(Flags::DELETED) {
            self.deleted += 1;
            self.deleted_octets += u64::from(entry.size);
        }
    }

    /// Counts an entry that went.
    pub(crate) fn count_out(&mut self, entry: &Entry) {
        let size = u64::from(entry.size);
        self.exists = self.exists.saturating_sub(1);
        self.octets = self.octets.saturating_sub(size);
        let overlay = u64::from(entry.overlay_octets);
        self.overlay_octets = self.overlay_octets.saturating_sub(overlay);
        if !entry.flags.contains(Flags::SEEN) {
            self.unseen = self.unseen.saturating_sub(1);
        }
        if entry.flags.contains(Flags::DELETED) {
            self.deleted = self.deleted.saturating_sub(1);
            self.deleted_octets = self.deleted_octets.saturating_sub(size);
        }
    }

    /// Counts all entries of another list.
    pub(crate) fn count_in_all(&mut self, others: &FolderCounters) {
        self.exists += others.exists;
        self.octets += others.octets;
        self.overlay_octets += others.overlay_octets;
        self.unseen += others.unseen;
        self.deleted += others.deleted;
        self.deleted_octets += others.deleted_octets;
    }
}

impl Record for FolderCounters {
    /// Version 1 did not count overlays.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.uid_next, self.exists, self.unseen, self.deleted] {
            put_uint(out, u64::from(number));
        }
        put_uint(out, self.deleted_octets);
        put_uint(out, self.octets);
        put_uint(out, self.overlay_octets);
        put_uint(out, self.content_cn.get());
        put_uint(out, self.tombstone_floor.get());
        out.push(u8::from(self.tail.is_some()));
        if let Some(tail) = &self.tail {
            tail.encode(out);
        }
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(version, payload).map_err(|_| Corrupt("folder counters"))
    }
}

fn decode(version: u8, payload: &[u8]) -> Result<FolderCounters, Truncated> {
    let mut reader = Reader::new(payload);
    Ok(FolderCounters {
        uid_next: reader.uint32()?,
        exists: reader.uint32()?,
        unseen: reader.uint32()?,
        deleted: reader.uint32()?,
        deleted_octets: reader.uint()?,
        octets: reader.uint()?,
        overlay_octets: if version == 1 { 0 } else { reader.uint()? },
        content_cn: ChangeNumber::new(reader.uint()?),
        tombstone_floor: ChangeNumber::new(reader.uint()?),
        tail: match reader.octet()? {
            0 => None,
            _ => Some(PageRef::decode(&mut reader)?),
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn counters_of_the_first_version_count_nothing_staged() {
        let first = Counters { change: 9, octets: 70_000, unreferenced: 3, ..Counters::default() };
        let mut row = Vec::new();
        first.encode(&mut row);
        assert_eq!(Counters::decode(1, &row[..row.len() - 1]).unwrap(), first);
        let second = Counters { staged_octets: 5_000, ..first };
        row.clear();
        second.encode(&mut row);
        assert_eq!(Counters::decode(2, &row).unwrap(), second);
    }

    #[test]
    fn folder_counters_of_the_first_version_count_no_overlays() {
        let numbers = [5, 4, 3, 2, 1_000, 4_000, 77, 60];
        let mut row = Vec::new();
        numbers.iter().for_each(|number| put_uint(&mut row, *number));
        row.push(0);
        let first = FolderCounters {
            uid_next: 5,
            exists: 4,
            unseen: 3,
            deleted: 2,
            deleted_octets: 1_000,
            octets: 4_000,
            overlay_octets: 0,
            content_cn: ChangeNumber::new(77),
            tombstone_floor: ChangeNumber::new(60),
            tail: None,
        };
        assert_eq!(FolderCounters::decode(1, &row).unwrap(), first);
        let second = FolderCounters { overlay_octets: 9, ..first };
        row.clear();
        second.encode(&mut row);
        assert_eq!(FolderCounters::decode(2, &row).unwrap(), second);
    }
}
