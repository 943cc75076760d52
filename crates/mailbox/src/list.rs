//! One list of a folder inside a running change: counters, the open page, the directory.
//!
//! The counters and the open page stay in memory until [`OpenList::flush`], so a hundred
//! appends in one transaction encode them once. Sealed pages are written as they change.

use std::ops::ControlFlow;

use store::{Direction, Read, ReadExt, Txn};

use crate::fault::Fault;
use crate::id::{ChangeNumber, FolderId, MailboxNumber, Uid};
use crate::key::{self, List};
use crate::page::{
    DIRECTORY_PAGES_MAX, Directory, Entry, ListPlace, PAGE_ENTRIES_MAX, Page, PageRef,
};
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
    place: ListPlace,
    /// Where the counters stand.
    row: Vec<u8>,
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
        let row = key::folder_counters(mailbox, folder, list);
        let stored = txn.record::<FolderCounters>(&row)?;
        let counters = match list {
            List::Items => stored.ok_or(Fault::NotFound("folder"))?,
            // There is no row before the first associated item.
            List::Associated => {
                stored.unwrap_or(FolderCounters { uid_next: 1, ..Default::default() })
            }
        };
        let place = ListPlace { mailbox, folder, list };
        Ok(OpenList { place, row, counters, tail: None, dirty: false })
    }

    /// The items that are left of a deleted folder.
    pub(crate) fn load_emptied(
        txn: &Txn<'_>,
        mailbox: MailboxNumber,
        folder: FolderId,
    ) -> Result<Self, Fault> {
        let row = key::emptied_folder(mailbox, folder);
        let counters = txn.record(&row)?.ok_or(Fault::NotFound("deleted folder"))?;
        let place = ListPlace { mailbox, folder, list: List::Items };
        Ok(OpenList { place, row, counters, tail: None, dirty: false })
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

    /// The next so many UIDs. Errors: Limit.
    pub(crate) fn next_uids(&mut self, count: u32) -> Result<UidSet, Fault> {
        let first = self.counters.uid_next;
        let next = first.checked_add(count).ok_or(Fault::Limit("UIDs of this folder"))?;
        self.counters.uid_next = next;
        self.dirty = true;
        let mut uids = UidSet::new();
        if count > 0 {
            uids.insert_run(first..=next - 1);
        }
        Ok(uids)
    }

    /// Puts a new entry at the end; its UID comes from [`OpenList::next_uid`].
    pub(crate) fn append(&mut self, txn: &mut Txn<'_>, entry: Entry) -> Result<(), Fault> {
        if self.counters.tail.is_some_and(|tail| tail.count as usize >= PAGE_ENTRIES_MAX) {
            self.seal_tail(txn)?;
        }
        self.counters.count_in(&entry);
        self.touch(entry.modseq());
        let mut tail = self.counters.tail.unwrap_or_else(|| PageRef::empty(entry.uid));
        tail.add(&entry);
        self.tail_page(txn)?.entries.push(entry);
        self.counters.tail = Some(tail);
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
            txn.delete(&self.place.page_key(&tail))?;
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
            txn.put_record(&self.place.page_key(tail), page)?;
        }
        Ok(txn.put_record(&self.row, &self.counters)?)
    }

    /// Gives all pages away, to another list. Their rows stay where they are; the counters say
    /// what was in them.
    pub(crate) fn hand_over(&mut self, txn: &mut Txn<'_>) -> Result<Vec<PageRef>, Fault> {
        self.seal_tail(txn)?;
        self.dirty = false;
        let mut pages = Vec::new();
        for (key, chunk) in self.place.chunks(txn)? {
            txn.delete(&key)?;
            pages.extend(chunk.pages);
        }
        Ok(pages)
    }

    /// Takes pages behind its own, as they are; `totals` counts what is in them. Their UIDs come
    /// from [`OpenList::next_uids`].
    pub(crate) fn take_over(
        &mut self,
        txn: &mut Txn<'_>,
        pages: &[PageRef],
        totals: &FolderCounters,
    ) -> Result<(), Fault> {
        self.seal_tail(txn)?;
        self.put_pages(txn, pages)?;
        self.counters.count_in_all(totals);
        let change = pages.iter().map(|page| page.max_cn).max();
        self.touch(change.unwrap_or_default());
        Ok(())
    }

    /// Moves the open page into the directory.
    fn seal_tail(&mut self, txn: &mut Txn<'_>) -> Result<(), Fault> {
        let Some(sealed) = self.counters.tail.take() else { return Ok(()) };
        if let Some(page) = self.tail.take() {
            txn.put_record(&self.place.page_key(&sealed), &page)?;
        }
        self.put_pages(txn, &[sealed])
    }

    /// Names pages at the end of the directory.
    fn put_pages(&self, txn: &mut Txn<'_>, mut pages: &[PageRef]) -> Result<(), Fault> {
        let mut last = self.last_chunk(txn)?;
        while let Some(first) = pages.first() {
            let (key, mut chunk) = last
                .take()
                .filter(|(_, chunk)| chunk.pages.len() < DIRECTORY_PAGES_MAX)
                .unwrap_or_else(|| (self.place.chunk_key(first.first), Directory::default()));
            let room = DIRECTORY_PAGES_MAX - chunk.pages.len();
            let (some, rest) = pages.split_at(room.min(pages.len()));
            chunk.pages.extend_from_slice(some);
            txn.put_record(&key, &chunk)?;
            pages = rest;
        }
        Ok(())
    }

    /// The UIDs of the first page.
    pub(crate) fn first_page(&self, txn: &Txn<'_>) -> Result<Option<UidSet>, Fault> {
        let directory = self.place.directory();
        let mut first = None;
        let visit = &mut |_: &[u8], chunk: Directory| {
            first = chunk.pages.first().copied();
            ControlFlow::Break(())
        };
        txn.records(&directory, &key::after(&directory), Direction::Forward, visit)?;
        Ok(first.or(self.counters.tail).map(|page| {
            let mut uids = UidSet::new();
            uids.insert_run(page.first.get()..=page.last.get());
            uids
        }))
    }

    fn tail_page(&mut self, txn: &Txn<'_>) -> Result<&mut Page, Fault> {
        let page = match (self.tail.take(), &self.counters.tail) {
            (Some(page), _) => page,
            (None, Some(tail)) => Page::load(txn, &self.place, tail)?,
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
        let mut page = Page::load(txn, &self.place, &page_ref)?;
        if !self.rewrite_page(&mut page, uids, visit)? {
            return Ok(Some(page_ref));
        }
        if page.entries.is_empty() || page_ref.staged.is_some() {
            txn.delete(&self.place.page_key(&page_ref))?;
        }
        if page.entries.is_empty() {
            return Ok(None);
        }
        let rewritten = page.summary(page_ref.first);
        txn.put_record(&self.place.page_key(&rewritten), &page)?;
        Ok(Some(rewritten))
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
            let before = entry.clone();
            match visit(&mut entry)? {
                Fate::Keep => kept.push(entry),
                Fate::Changed => {
                    changed = true;
                    self.counters.count_out(&before);
                    self.counters.count_in(&entry);
                    self.touch(entry.modseq());
                    kept.push(entry);
                }
                Fate::Gone => {
                    changed = true;
                    self.counters.count_out(&before);
                }
            }
        }
        page.entries = kept;
        Ok(changed)
    }

    fn chunks_touching(
        &self,
        txn: &Txn<'_>,
        uids: &UidSet,
    ) -> Result<Vec<(Vec<u8>, Directory)>, Fault> {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else { return Ok(Vec::new()) };
        let from = self.last_chunk_key(txn, &key::after(&self.place.chunk_key(first)))?;
        let from = from.unwrap_or_else(|| self.place.directory());
        let to = key::after(&self.place.chunk_key(last));
        let mut chunks = self.place.chunks_between(txn, &from, &to)?;
        chunks.retain(|(_, chunk)| chunk.pages.iter().any(|p| uids.touches(p.first, p.last)));
        Ok(chunks)
    }

    /// The last row of the directory before `to`.
    fn last_chunk_key(&self, txn: &Txn<'_>, to: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let mut last = None;
        txn.range(&self.place.directory(), to, Direction::Backward, &mut |key, _| {
            last = Some(key.to_vec());
            ControlFlow::Break(())
        })?;
        Ok(last)
    }

    fn last_chunk(&self, txn: &Txn<'_>) -> Result<Option<(Vec<u8>, Directory)>, Fault> {
        let end = key::after(&self.place.directory());
        let Some(key) = self.last_chunk_key(txn, &end)? else { return Ok(None) };
        Ok(txn.record(&key)?.map(|chunk| (key, chunk)))
    }
}
