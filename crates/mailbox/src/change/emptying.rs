//! Folders that were deleted with many items: detached at once, emptied in slices.
//!
//! A detached folder has no row: nobody finds it, and its name is free. The counters of its
//! items stand in a table of their own, so that nothing comes into it or leaves it but by
//! [`Change::empty_deleted_folders`]; the pages stay where they are until then. Its items count
//! as recoverable from the start, its associated items as the mailbox's until they are deleted.

use std::ops::ControlFlow;

use store::{Direction, ReadExt};
use types::limits::INTERACTIVE_ITEMS_MAX;

use super::Change;
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key::{self, List, Table};
use crate::list::{Fate, OpenList};
use crate::record::{FolderCounters, Special, Tombstone};
use crate::view::View;

impl Change<'_, '_> {
    /// Takes a folder away, and leaves its items to [`Change::empty_deleted_folders`]. The rows
    /// written are the same few for any number of them.
    pub(super) fn detach_folder(&mut self, folder: FolderId) -> Result<(), Fault> {
        let counters = self.view()?.counters_of(folder, List::Items)?;
        let (items, octets) = (counters.exists.into(), counters.quota_octets());
        self.uncount_items(folder, items, octets);
        self.count_items(default_id(Special::Deletions), items, octets);
        self.txn.put_record(&key::emptied_folder(self.mailbox, folder), &counters)?;
        self.delete_keys(&[
            key::folder(self.mailbox, folder),
            key::folder_counters(self.mailbox, folder, List::Items),
        ])
    }

    /// Brings the items of detached folders into Deletions, and erases what else is left of the
    /// folders, until the slice is full. Gives true when nothing is left to do.
    pub fn empty_deleted_folders(&mut self) -> Result<bool, Fault> {
        self.txn.permit_growth();
        while let Some(folder) = self.view()?.folder_to_empty()? {
            if !self.empty_folder(folder)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn empty_folder(&mut self, folder: FolderId) -> Result<bool, Fault> {
        Ok(self.keep_items(folder)?
            && self.erase_associated(folder)?
            && self.erase_tombstones(folder)?
            && self.erase_rows(&key::annotations(self.mailbox, Some(folder)))?
            && self.forget_folder(folder)?)
    }

    /// Soft-deletes the items, page by page.
    fn keep_items(&mut self, folder: FolderId) -> Result<bool, Fault> {
        let deletions = default_id(Special::Deletions);
        let mut list = OpenList::load_emptied(self.txn, self.mailbox, folder)?;
        let mut full = false;
        while !full && let Some(page) = list.first_page(self.txn)? {
            let mut taken = Vec::new();
            list.rewrite(self.txn, &page, |entry| {
                taken.push(entry.clone());
                Ok(Fate::Gone)
            })?;
            let octets = taken.iter().map(|entry| entry.octets()).sum();
            // They count as recoverable already, and again on their arrival.
            self.uncount_items(deletions, taken.len() as u64, octets);
            self.keep_recoverable(deletions, folder, taken)?;
            full = self.txn.slice_full();
        }
        list.flush(self.txn)?;
        Ok(!full)
    }

    fn erase_associated(&mut self, folder: FolderId) -> Result<bool, Fault> {
        let mut list = OpenList::load(self.txn, self.mailbox, folder, List::Associated)?;
        let mut full = false;
        while !full && let Some(page) = list.first_page(self.txn)? {
            let mut gone = Vec::new();
            list.rewrite(self.txn, &page, |entry| {
                gone.push(entry.clone());
                Ok(Fate::Gone)
            })?;
            self.erase_overlays(folder, &gone)?;
            full = self.txn.slice_full();
        }
        list.flush(self.txn)?;
        Ok(!full)
    }

    /// The row that makes it one to be emptied goes last.
    fn forget_folder(&mut self, folder: FolderId) -> Result<bool, Fault> {
        self.delete_keys(&[
            key::folder_counters(self.mailbox, folder, List::Associated),
            key::emptied_folder(self.mailbox, folder),
        ])?;
        Ok(!self.txn.slice_full())
    }
}

impl View<'_> {
    /// A folder that was deleted and is not empty yet.
    pub fn folder_to_empty(&self) -> Result<Option<FolderId>, Fault> {
        let from = key::table(self.mailbox, Table::EmptiedFolder);
        let mut found = None;
        let visit = &mut |key: &[u8], _: FolderCounters| {
            found = key::emptied_folder_id(key);
            ControlFlow::Break(())
        };
        self.read.records(&from, &key::after(&from), Direction::Forward, visit)?;
        Ok(found)
    }

    /// Whether a folder can be erased in one transaction: its items, and what leads from the MIDs
    /// that left it to where they went.
    pub(crate) fn is_small(&self, folder: FolderId) -> Result<bool, Fault> {
        let mut rows = 0;
        for list in [List::Items, List::Associated] {
            rows += u64::from(self.counters_of(folder, list)?.exists);
        }
        let tombstones = key::tombstones(self.mailbox, folder);
        let visit = &mut |_: &[u8], row: Tombstone| {
            rows += row.mids.len() as u64;
            match rows <= INTERACTIVE_ITEMS_MAX {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        self.read.records(&tombstones, &key::after(&tombstones), Direction::Forward, visit)?;
        Ok(rows <= INTERACTIVE_ITEMS_MAX)
    }
}
