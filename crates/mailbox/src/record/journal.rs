//! The event journal: what happened, one row per transaction and mailbox. It feeds push and
//! everything derived; it is bounded, and whoever falls behind reads the folders instead.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

use crate::id::{ChangeNumber, FolderId};
use crate::record::tombstone::{ascending, put_ascending};

/// What happened to the items or the folder of an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// New mail by delivery.
    Delivered = 1,
    /// Made by a client.
    Created = 2,
    /// Flags or properties changed.
    Modified = 3,
    /// Copied here from `other`.
    Copied = 4,
    /// Moved here from `other`.
    Moved = 5,
    /// Gone.
    Deleted = 6,
    /// A folder was made.
    FolderCreated = 7,
    /// A folder was renamed or got other properties or permissions.
    FolderModified = 8,
    /// A folder is gone.
    FolderDeleted = 9,
    /// A folder was moved out of `other`, and perhaps renamed.
    FolderMoved = 10,
}

impl EventKind {
    fn from_number(number: u8) -> Option<Self> {
        use EventKind::*;
        [Delivered, Created, Modified, Copied, Moved, Deleted]
            .into_iter()
            .chain([FolderCreated, FolderModified, FolderDeleted, FolderMoved])
            .find(|kind| *kind as u8 == number)
    }
}

/// One thing that happened to items of one folder, or to the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Where.
    pub folder: FolderId,
    /// For copies and moves of items: from where. For folders: the parent; of a moved one, the
    /// parent it had.
    pub other: Option<FolderId>,
    /// The MIDs, ascending; empty for folder events.
    pub mids: Vec<u64>,
    /// For copies and moves: the MID of each in `other`, in the order of `mids`. Rows of the
    /// first version have none, nor have copies that were staged.
    pub old_mids: Vec<u64>,
}

impl Event {
    /// The same thing happened to other items of the folder.
    pub(crate) fn is_alike(
        &self,
        kind: EventKind,
        folder: FolderId,
        other: Option<FolderId>,
    ) -> bool {
        (self.kind, self.folder, self.other) == (kind, folder, other)
    }
}

/// The events of one transaction; stands under the last of its change numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// The first change number of the transaction.
    pub first: ChangeNumber,
    /// Seconds since 1970.
    pub time: u64,
    /// In the order they happened.
    pub events: Vec<Event>,
}

impl Record for JournalRow {
    /// Version 1 had no old MIDs.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.first.get());
        put_uint(out, self.time);
        put_uint(out, self.events.len() as u64);
        for event in &self.events {
            out.push(event.kind as u8);
            put_uint(out, event.folder.get());
            put_uint(out, event.other.map_or(0, FolderId::get));
            put_ascending(out, &event.mids);
            put_uint(out, event.old_mids.len() as u64);
            event.old_mids.iter().for_each(|mid| put_uint(out, *mid));
        }
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(version, payload).map_err(|_| Corrupt("journal"))
    }
}

fn decode(version: u8, payload: &[u8]) -> Result<JournalRow, Truncated> {
    let mut reader = Reader::new(payload);
    let first = ChangeNumber::new(reader.uint()?);
    let time = reader.uint()?;
    let mut events = Vec::new();
    for _ in 0..reader.uint()? {
        events.push(Event {
            kind: EventKind::from_number(reader.octet()?).ok_or(Truncated)?,
            folder: FolderId::new(reader.uint()?),
            other: Some(reader.uint()?).filter(|fid| *fid != 0).map(FolderId::new),
            mids: ascending(&mut reader)?,
            old_mids: match version {
                1 => Vec::new(),
                _ => (0..reader.uint()?).map(|_| reader.uint()).collect::<Result<_, _>>()?,
            },
        });
    }
    Ok(JournalRow { first, time, events })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_of_the_first_version_have_no_old_mids() {
        let moved = Event {
            kind: EventKind::Moved,
            folder: FolderId::new(3),
            other: Some(FolderId::new(4)),
            mids: vec![7, 9],
            old_mids: vec![5, 2],
        };
        let row = JournalRow { first: ChangeNumber::new(300), time: 9, events: vec![moved] };
        let mut encoded = Vec::new();
        row.encode(&mut encoded);
        assert_eq!(JournalRow::decode(2, &encoded).unwrap(), row);
        // What the second version appended to the only event: two MIDs and their number.
        encoded.truncate(encoded.len() - 3);
        let mut first = row;
        first.events[0].old_mids.clear();
        assert_eq!(JournalRow::decode(1, &encoded).unwrap(), first);
        assert!(JournalRow::decode(2, &encoded).is_err());
    }
}
