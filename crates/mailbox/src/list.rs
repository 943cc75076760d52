//! One list of a folder inside a running change: counters, the open page, the directory.
//!
//! The counters and the open page stay in memory until [`OpenList::flush`], so a hundred
//! appends in one transaction encode them once. Sealed pages are written as they change.

use store::{ReadExt, Txn};

use crate::fault::Fault;
use crate::flags::Flags;
use crate::id::{ChangeNumber, FolderId, MailboxNumber, Uid};
use crate::key::{self, List, Table};
use crate::page::{DIRECTORY_PAGES_MAX, Directory, Entry, PAGE_ENTRIES_MAX, Page, PageRef};
use crate::record::FolderCounters;
use crate::uid_set::UidSet;

/// What becomes of an entry that [`OpenList::rewrite`] visits.
pub(crate) enum Fate {
    /// It stays as it is.
    Keep,
    /// It was changed in place.
    Changed,
    /// It leaves the list.
    Gone,
}

pub(crate) struct OpenList {
    mailbox: MailboxNumber,
    folder: FolderId,
    list: List,
    pub(crate) counters: FolderCounters,
    /// Entries of the open page, once something needed them.
    tail: Option<Page>,
    dirty: bool,
}

impl OpenList {
    pub(crate) fn load(
        txn: &Txn<'_>,
        mailbox: MailboxNumber,
        folder: FolderId,
        list: List,
    ) -> Result<Self, Fault> {
        let row = txn.record::<FolderCounters>(&key::folder_counters(mailbox, folder, list))?;
        let counters = match list {
            List::Items => row.ok_or(Fault::NotFound("folder"))?,
            // There is no row before the first associated item.
            List::Associated => row.unwrap_or(FolderCounters { uid_next: 1, ..Default::default() }),
        };
        Ok(OpenList { mailbox, folder, list, counters, tail: None, dirty: false })
    }

    /// Raises HIGHESTMODSEQ.
    pub(crate) fn touch(&mut self, change: ChangeNumber) {
        self.counters.content_cn = self.counters.content_cn.max(change);
        self.dirty = true;
    }

    /// The next UID. Errors: [`Fault::Limit`] when the folder has used up all four thousand
    /// million of them.
    pub(crate) fn next_uid(&mut self) -> Result<Uid, Fault> {
        let uid = self.counters.uid_next;
        self.counters.uid_next = uid.checked_add(1).ok_or(Fault::Limit("UIDs of this folder"))?;
        self.dirty = true;
        Ok(Uid::new(uid))
    }

    /// Puts a new entry at the end; its UID comes from [`OpenList::next_uid`].
    pub(crate) fn append(&mut self, txn: &mut Txn<'_>, entry: Entry) -> Result<(), Fault> {
        if self.counters.tail.is_some_and(|tail| tail.count as usize >= PAGE_ENTRIES_MAX) {
            self.seal_tail(txn)?;
        }
        self.count_in(&entry);
        self.touch(entry.modseq());
        let first = self.counters.tail.map_or(entry.uid, |tail| tail.first);
        let page = self.tail_page(txn)?;
        page.entries.push(entry);
        let summary = page.summary(first);
        self.counters.tail = Some(summary);
        Ok(())
    }

    /// Visits the entries of `uids` in UID order; what changes or goes is written.
    pub(crate) fn rewrite(
        &mut self,
        txn: &mut Txn<'_>,
        uids: &UidSet,
        mut visit: impl FnMut(&mut Entry) -> Result<Fate, Fault>,
    ) -> Result<(), Fault> {
        for chunk in self.chunks_touching(txn, uids)? {
            self.rewrite_chunk(txn, chunk, uids, &mut visit)?;
        }
        let Some(tail) = self.counters.tail.filter(|tail| uids.touches(tail.first, tail.last))
        else {
            return Ok(());
        };
        let mut page = std::mem::take(self.tail_page(txn)?);
        let changed = self.rewrite_page(&mut page, uids, &mut visit)?;
        if page.entries.is_empty() {
            txn.delete(&self.page_key(tail.first))?;
            self.counters.tail = None;
            self.tail = None;
        } else {
            self.counters.tail = Some(page.summary(tail.first));
            self.tail = Some(page);
        }
        self.dirty |= changed;
        Ok(())
    }

    /// Writes what is still in memory.
    pub(crate) fn flush(&mut self, txn: &mut Txn<'_>) -> Result<(), Fault> {
        if !std::mem::take(&mut self.dirty) {
            return Ok(());
        }
        if let (Some(page), Some(tail)) = (&self.tail, &self.counters.tail) {
            txn.put_record(&self.page_key(tail.first), page)?;
        }
        let key = key::folder_counters(self.mailbox, self.folder, self.list);
        txn.put_record(&key, &self.counters)?;
        Ok(())
    }

    /// Moves the full open page into the directory.
    fn seal_tail(&mut self, txn: &mut Txn<'_>) -> Result<(), Fault> {
        let Some(sealed) = self.counters.tail.take() else { return Ok(()) };
        if let Some(page) = self.tail.take() {
            txn.put_record(&self.page_key(sealed.first), &page)?;
        }
        let (key, mut directory) = match self.last_chunk(txn)? {
            Some((key, chunk)) if chunk.pages.len() < DIRECTORY_PAGES_MAX => (key, chunk),
            _ => (self.chunk_key(sealed.first), Directory::default()),
        };
        directory.pages.push(sealed);
        txn.put_record(&key, &directory)?;
        Ok(())
    }

    fn tail_page(&mut self, txn: &Txn<'_>) -> Result<&mut Page, Fault> {
        let page = match (self.tail.take(), &self.counters.tail) {
            (Some(page), _) => page,
            (None, Some(tail)) => txn
                .record::<Page>(&self.page_key(tail.first))?
                .ok_or(Fault::Damaged("open page is missing"))?,
            (None, None) => Page::default(),
        };
        Ok(self.tail.insert(page))
    }

    fn rewrite_chunk(
        &mut self,
        txn: &mut Txn<'_>,
        (key, mut directory): (Vec<u8>, Directory),
        uids: &UidSet,
        visit: &mut impl FnMut(&mut Entry) -> Result<Fate, Fault>,
    ) -> Result<(), Fault> {
        let mut changed = false;
        let mut kept = Vec::with_capacity(directory.pages.len());
        for page_ref in directory.pages {
            let rewritten = self.rewrite_sealed(txn, page_ref, uids, visit)?;
            changed |= rewritten != Some(page_ref);
            kept.extend(rewritten);
        }
        if !changed {
            return Ok(());
        }
        directory.pages = kept;
        self.dirty = true;
        match directory.pages.is_empty() {
            true => txn.delete(&key)?,
            false => txn.put_record(&key, &directory)?,
        }
        Ok(())
    }

    /// One sealed page; `None` when it is empty afterwards.
    fn rewrite_sealed(
        &mut self,
        txn: &mut Txn<'_>,
        page_ref: PageRef,
        uids: &UidSet,
        visit: &mut impl FnMut(&mut Entry) -> Result<Fate, Fault>,
    ) -> Result<Option<PageRef>, Fault> {
        if !uids.touches(page_ref.first, page_ref.last) {
            return Ok(Some(page_ref));
        }
        let key = self.page_key(page_ref.first);
        let mut page = txn.record::<Page>(&key)?.ok_or(Fault::Damaged("page is missing"))?;
        if !self.rewrite_page(&mut page, uids, visit)? {
            return Ok(Some(page_ref));
        }
        if page.entries.is_empty() {
            txn.delete(&key)?;
            return Ok(None);
        }
        txn.put_record(&key, &page)?;
        Ok(Some(page.summary(page_ref.first)))
    }

    fn rewrite_page(
        &mut self,
        page: &mut Page,
        uids: &UidSet,
        visit: &mut impl FnMut(&mut Entry) -> Result<Fate, Fault>,
    ) -> Result<bool, Fault> {
        let mut changed = false;
        let mut kept = Vec::with_capacity(page.entries.len());
        for mut entry in page.entries.drain(..) {
            if !uids.contains(entry.uid) {
                kept.push(entry);
                continue;
            }
            let before = (entry.flags, entry.size);
            match visit(&mut entry)? {
                Fate::Keep => kept.push(entry),
                Fate::Changed => {
                    changed = true;
                    self.count_out(before.0, before.1);
                    self.count_in(&entry);
                    self.touch(entry.modseq());
                    kept.push(entry);
                }
                Fate::Gone => {
                    changed = true;
                    self.count_out(before.0, before.1);
                }
            }
        }
        page.entries = kept;
        Ok(changed)
    }

    fn count_in(&mut self, entry: &Entry) {
        let counters = &mut self.counters;
        counters.exists += 1;
        counters.octets += u64::from(entry.size);
        counters.unseen += u32::from(!entry.flags.contains(Flags::SEEN));
        if entry.flags.contains(Flags::DELETED) {
            counters.deleted += 1;
            counters.deleted_octets += u64::from(entry.size);
        }
        self.dirty = true;
    }

    fn count_out(&mut self, flags: Flags, size: u32) {
        let counters = &mut self.counters;
        counters.exists = counters.exists.saturating_sub(1);
        counters.octets = counters.octets.saturating_sub(u64::from(size));
        if !flags.contains(Flags::SEEN) {
            counters.unseen = counters.unseen.saturating_sub(1);
        }
        if flags.contains(Flags::DELETED) {
            counters.deleted = counters.deleted.saturating_sub(1);
            counters.deleted_octets = counters.deleted_octets.saturating_sub(u64::from(size));
        }
        self.dirty = true;
    }

    fn chunks_touching(
        &self,
        txn: &Txn<'_>,
        uids: &UidSet,
    ) -> Result<Vec<(Vec<u8>, Directory)>, Fault> {
        let mut chunks = crate::view::chunks(txn, self.mailbox, self.folder, self.list)?;
        chunks.retain(|(_, chunk)| chunk.pages.iter().any(|p| uids.touches(p.first, p.last)));
        Ok(chunks)
    }

    fn last_chunk(&self, txn: &Txn<'_>) -> Result<Option<(Vec<u8>, Directory)>, Fault> {
        let from = key::list(self.mailbox, Table::Directory, self.folder, self.list);
        let mut last = None;
        txn.records::<Directory>(
            &from,
            &key::after(&from),
            store::Direction::Backward,
            &mut |key, chunk| {
                last = Some((key.to_vec(), chunk));
                std::ops::ControlFlow::Break(())
            },
        )?;
        Ok(last)
    }

    fn page_key(&self, first: Uid) -> Vec<u8> {
        key::paged(self.mailbox, Table::Page, self.folder, self.list, first)
    }

    fn chunk_key(&self, first: Uid) -> Vec<u8> {
        key::paged(self.mailbox, Table::Directory, self.folder, self.list, first)
    }
}
