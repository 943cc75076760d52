//! Folder pages: packed entries, and the directory that says where they are.
//!
//! A page holds up to [`PAGE_ENTRIES_MAX`] entries in UID order in one value of a few
//! kilobytes. Everything a list, a flag change or a resynchronisation needs stands in the
//! entry; content rows are never opened for it.

use std::ops::ControlFlow;

use store::{Corrupt, Direction, Read, ReadExt, Record};
use types::wire::{Reader, Truncated, put_int, put_uint, put_uint128};

use crate::fault::Fault;
use crate::flags::{Flags, Keywords};
use crate::id::{ChangeNumber, ContentNumber, FolderId, ItemNumber, MailboxNumber, Mid, Uid};
use crate::key::{self, List, Table};

/// Entries of a page. 128 entries of 40 to 60 octets stay below 8 KB, one engine page.
pub const PAGE_ENTRIES_MAX: usize = 128;
/// Pages named by one row of the directory: a flag change rewrites one such row.
pub const DIRECTORY_PAGES_MAX: usize = 256;

/// One item in one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// UID in this folder.
    pub uid: Uid,
    /// The item, through moves.
    pub item: ItemNumber,
    /// What it contains; shared by copies.
    pub content: ContentNumber,
    /// MAPI message id; new after a move.
    pub mid: Mid,
    /// System flags.
    pub flags: Flags,
    /// Client keywords.
    pub keywords: Keywords,
    /// INTERNALDATE, seconds since 1970 UTC.
    pub received: i64,
    /// The zone INTERNALDATE is shown in, minutes east of UTC.
    pub zone_minutes: i16,
    /// When it came into this folder (RFC 8514 SAVEDATE), seconds since 1970 UTC.
    pub saved: i64,
    /// Exact octets of the message as clients see it.
    pub size: u32,
    /// When it appeared in this folder.
    pub cn_created: ChangeNumber,
    /// Last change of content.
    pub cn_content: ChangeNumber,
    /// Last change of the read state.
    pub cn_read: ChangeNumber,
    /// Last change of anything else (flags, keywords, properties).
    pub cn_other: ChangeNumber,
    /// In Recoverable Items: the folder it was deleted from.
    pub origin: Option<FolderId>,
    /// Clients wrote properties over those of the content: there is an overlay row.
    pub overlaid: bool,
    /// Octets of the overlay that `size`, which is the message's, does not count.
    pub overlay_octets: u32,
}

/// Stored with the flags, which have sixteen bits.
const OVERLAID: u64 = 1 << 16;

impl Entry {
    /// IMAP modification sequence (RFC 7162): the largest of the change numbers.
    pub fn modseq(&self) -> ChangeNumber {
        self.cn_created.max(self.cn_content).max(self.cn_read).max(self.cn_other)
    }

    /// What it counts in the mailbox's quota: the message, and what clients wrote besides.
    pub fn octets(&self) -> u64 {
        u64::from(self.size) + u64::from(self.overlay_octets)
    }

    /// The entry with no change since it appeared.
    pub(crate) fn unchanged(self) -> Self {
        let unchanged = ChangeNumber::default();
        Entry { cn_content: unchanged, cn_read: unchanged, cn_other: unchanged, ..self }
    }

    fn encode(&self, out: &mut Vec<u8>, previous_uid: u32) {
        put_uint(out, u64::from(self.uid.get() - previous_uid));
        put_uint(out, self.item.get());
        put_uint(out, self.content.get());
        put_uint(out, self.mid.get());
        let overlaid = if self.overlaid { OVERLAID } else { 0 };
        put_uint(out, u64::from(self.flags.bits()) | overlaid);
        put_uint128(out, self.keywords.0);
        put_int(out, self.received);
        put_int(out, i64::from(self.zone_minutes));
        put_int(out, self.saved - self.received);
        put_uint(out, u64::from(self.size));
        // The other change numbers are zero until the first such change, or later than the
        // creation: stored as the distance plus one.
        put_uint(out, self.cn_created.get());
        for later in [self.cn_content, self.cn_read, self.cn_other] {
            put_uint(out, later.get().saturating_sub(self.cn_created.get()));
        }
        put_uint(out, self.origin.map_or(0, FolderId::get));
        if self.overlaid {
            put_uint(out, u64::from(self.overlay_octets));
        }
    }

    fn decode(reader: &mut Reader<'_>, previous_uid: u32) -> Result<Self, Truncated> {
        let uid = previous_uid.checked_add(reader.uint32()?).ok_or(Truncated)?;
        let item = ItemNumber::new(reader.uint()?);
        let content = ContentNumber::new(reader.uint()?);
        let mid = Mid::new(reader.uint()?);
        let bits = reader.uint()?;
        let overlaid = bits & OVERLAID != 0;
        let flags = u16::try_from(bits & !OVERLAID).map_err(|_| Truncated)?;
        let flags = Flags::from_bits(flags);
        let keywords = Keywords(reader.uint128()?);
        let received = reader.int()?;
        let zone_minutes = i16::try_from(reader.int()?).map_err(|_| Truncated)?;
        let saved = received.checked_add(reader.int()?).ok_or(Truncated)?;
        let size = reader.uint32()?;
        let created = reader.uint()?;
        let mut later = || -> Result<ChangeNumber, Truncated> {
            created.checked_add(reader.uint()?).map(ChangeNumber::new).ok_or(Truncated)
        };
        let (cn_content, cn_read, cn_other) = (later()?, later()?, later()?);
        let origin = Some(reader.uint()?).filter(|fid| *fid != 0).map(FolderId::new);
        let overlay_octets = if overlaid { reader.uint32()? } else { 0 };
        Ok(Entry {
            uid: Uid::new(uid),
            item,
            content,
            mid,
            flags,
            keywords,
            received,
            zone_minutes,
            saved,
            size,
            cn_created: ChangeNumber::new(created),
            cn_content,
            cn_read,
            cn_other,
            origin,
            overlaid,
            overlay_octets,
        })
    }
}

/// A run of entries of one folder, in UID order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries; never more than [`PAGE_ENTRIES_MAX`].
    pub entries: Vec<Entry>,
}

impl Record for Page {
    /// Version 1 had no overlays.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.entries.len() as u64);
        let mut previous = 0;
        for entry in &self.entries {
            entry.encode(out, previous);
            previous = entry.uid.get();
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        decode_page(&mut reader).map_err(|_| Corrupt("folder page"))
    }
}

fn decode_page(reader: &mut Reader<'_>) -> Result<Page, Truncated> {
    let count = reader.uint()? as usize;
    let mut entries = Vec::with_capacity(count.min(PAGE_ENTRIES_MAX));
    let mut previous = 0;
    for _ in 0..count {
        let entry = Entry::decode(reader, previous)?;
        previous = entry.uid.get();
        entries.push(entry);
    }
    Ok(Page { entries })
}

impl Page {
    /// Reads the page of a list, wherever it stands.
    pub(crate) fn load(read: &dyn Read, place: &ListPlace, page: &PageRef) -> Result<Page, Fault> {
        let row: Option<Page> = read.record(&place.page_key(page))?;
        let mut row = row.ok_or(Fault::Damaged("page is missing"))?;
        if let Some(staged) = page.staged {
            row.rebase(page.first.get().wrapping_sub(staged.first.get()), staged.change);
        }
        Ok(row)
    }

    /// Numbers of staged entries count from elsewhere.
    fn rebase(&mut self, uid: u32, change: ChangeNumber) {
        for entry in &mut self.entries {
            entry.uid = Uid::new(entry.uid.get().wrapping_add(uid));
            let numbers = [
                &mut entry.cn_created,
                &mut entry.cn_content,
                &mut entry.cn_read,
                &mut entry.cn_other,
            ];
            for number in numbers {
                *number = ChangeNumber::new(number.get() + change.get());
            }
        }
    }

    /// What the directory says about this page.
    pub fn summary(&self, first: Uid) -> PageRef {
        let mut page = PageRef::empty(first);
        self.entries.iter().for_each(|entry| page.add(entry));
        page
    }
}

/// Whose pages: one list of a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListPlace {
    pub(crate) mailbox: MailboxNumber,
    pub(crate) folder: FolderId,
    pub(crate) list: List,
}

impl ListPlace {
    /// Where a page stands.
    pub(crate) fn page_key(&self, page: &PageRef) -> Vec<u8> {
        let (folder, first) =
            page.staged.map_or((self.folder, page.first), |staged| (staged.list, staged.first));
        key::paged(self.mailbox, Table::Page, folder, self.list, first)
    }

    /// Where the row of the directory stands that begins with this UID.
    pub(crate) fn chunk_key(&self, first: Uid) -> Vec<u8> {
        key::paged(self.mailbox, Table::Directory, self.folder, self.list, first)
    }

    /// What the keys of all rows of the directory begin with.
    pub(crate) fn directory(&self) -> Vec<u8> {
        key::list(self.mailbox, Table::Directory, self.folder, self.list)
    }

    /// The rows of the directory, in UID order, with their keys.
    pub(crate) fn chunks(&self, read: &dyn Read) -> Result<Vec<(Vec<u8>, Directory)>, Fault> {
        self.chunks_between(read, &self.directory(), &key::after(&self.directory()))
    }

    /// Those of them whose keys lie between two.
    pub(crate) fn chunks_between(
        &self,
        read: &dyn Read,
        from: &[u8],
        to: &[u8],
    ) -> Result<Vec<(Vec<u8>, Directory)>, Fault> {
        let mut found = Vec::new();
        read.records::<Directory>(from, to, Direction::Forward, &mut |key, chunk| {
            found.push((key.to_vec(), chunk));
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}

/// One page as the directory knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageRef {
    /// The UID in the page's key; no entry of the page is smaller. It stays when entries go.
    pub first: Uid,
    /// The largest UID in the page.
    pub last: Uid,
    /// Entries.
    pub count: u32,
    /// The largest MODSEQ in the page: "changed since" skips pages by it.
    pub max_cn: ChangeNumber,
    /// The smallest MID: an item is looked up by MID within these bounds.
    pub min_mid: Mid,
    /// The largest MID.
    pub max_mid: Mid,
    /// Where the page stands, if it came by [`crate::Change::publish`] and was not rewritten yet.
    pub staged: Option<StagedAt>,
}

/// A page under the list it was staged in, with numbers that count from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagedAt {
    /// The list of the intent.
    pub list: FolderId,
    /// The UID in the page's key, which is [`PageRef::first`] in the folder.
    pub first: Uid,
    /// What its change numbers count from.
    pub change: ChangeNumber,
}

impl StagedAt {
    fn encode(staged: Option<Self>, out: &mut Vec<u8>) {
        put_uint(out, staged.map_or(0, |staged| staged.list.get()));
        if let Some(staged) = staged {
            put_uint(out, u64::from(staged.first.get()));
            put_uint(out, staged.change.get());
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, Truncated> {
        Ok(match reader.uint()? {
            0 => None,
            list => Some(StagedAt {
                list: FolderId::new(list),
                first: Uid::new(reader.uint32()?),
                change: ChangeNumber::new(reader.uint()?),
            }),
        })
    }
}

impl PageRef {
    /// A page without entries yet.
    pub(crate) fn empty(first: Uid) -> Self {
        PageRef { first, min_mid: Mid::new(u64::MAX), ..PageRef::default() }
    }

    /// Counts an entry that comes behind the others.
    pub(crate) fn add(&mut self, entry: &Entry) {
        self.count += 1;
        self.last = entry.uid;
        self.max_cn = self.max_cn.max(entry.modseq());
        self.min_mid = self.min_mid.min(entry.mid);
        self.max_mid = self.max_mid.max(entry.mid);
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(self.first.get()));
        put_uint(out, u64::from(self.last.get().saturating_sub(self.first.get())));
        put_uint(out, u64::from(self.count));
        put_uint(out, self.max_cn.get());
        put_uint(out, self.min_mid.get());
        put_uint(out, self.max_mid.get());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let first = reader.uint32()?;
        Ok(PageRef {
            first: Uid::new(first),
            last: Uid::new(first.checked_add(reader.uint32()?).ok_or(Truncated)?),
            count: reader.uint32()?,
            max_cn: ChangeNumber::new(reader.uint()?),
            min_mid: Mid::new(reader.uint()?),
            max_mid: Mid::new(reader.uint()?),
            staged: None,
        })
    }
}

/// One row of a folder's page directory: pages in UID order. The page that takes new
/// entries is not here but in the folder's counters, so that a delivery does not write this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// At most [`DIRECTORY_PAGES_MAX`].
    pub pages: Vec<PageRef>,
}

impl Record for Directory {
    /// Version 1 knew no staged pages.
    const VERSION: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.pages.len() as u64);
        for page in &self.pages {
            page.encode(out);
            StagedAt::encode(page.staged, out);
        }
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let page = |reader: &mut Reader<'_>| -> Result<PageRef, Truncated> {
            let page = PageRef::decode(reader)?;
            let staged = if version == 1 { None } else { StagedAt::decode(reader)? };
            Ok(PageRef { staged, ..page })
        };
        let decode = |reader: &mut Reader<'_>| -> Result<Directory, Truncated> {
            let count = reader.uint()?;
            let pages = (0..count).map(|_| page(reader)).collect::<Result<_, _>>()?;
            Ok(Directory { pages })
        };
        decode(&mut reader).map_err(|_| Corrupt("page directory"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn entry(uid: u32)(item: u64, content: u64, mid: u64, flags: u16, keywords: u128,
                           received in -1i64 << 40..1 << 40, overlaid: bool, zone_minutes in -720i16..841,
                           saved in -1i64 << 40..1 << 40, size: u32, created in 1u64..1 << 47,
                           more in prop::array::uniform3(0u64..1 << 40), origin in 0u64..9) -> Entry {
            let later = |n: u64| ChangeNumber::new(created + n);
            Entry {
                uid: Uid::new(uid), item: ItemNumber::new(item),
                content: ContentNumber::new(content), mid: Mid::new(mid),
                flags: Flags::from_bits(flags), keywords: Keywords(keywords),
                received, zone_minutes, saved, size, cn_created: ChangeNumber::new(created),
                cn_content: later(more[0]), cn_read: later(more[1]), cn_other: later(more[2]),
                origin: Some(origin).filter(|o| *o > 0).map(FolderId::new),
                overlaid, overlay_octets: if overlaid { size } else { 0 },
            }
        }
    }

    proptest! {
        #[test]
        fn pages_come_back(entries in (entry(3), entry(4), entry(4_000_000_000))) {
            let page = Page { entries: vec![entries.0, entries.1, entries.2] };
            let mut out = Vec::new();
            page.encode(&mut out);
            prop_assert_eq!(Page::decode(Page::VERSION, &out).unwrap(), page);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Page::decode(1, &bytes);
            let _ = Directory::decode(1, &bytes);
            let _ = Directory::decode(2, &bytes);
        }
    }
}
