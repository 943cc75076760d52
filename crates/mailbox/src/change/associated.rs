//! Associated items ([MS-OXCFOLD] FAI): settings and views that clients keep in a folder. They
//! are properties alone, in a list of their own; they are made and changed by
//! [`Change::create_item`] and [`Change::set_properties`]. IMAP, POP3 and ActiveSync never see
//! them, so they leave no tombstones and count as octets, not as items.

use store::Txn;

use super::Change;
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key::{self, List};
use crate::list::{Fate, OpenList};
use crate::page::Entry;
use crate::record::EventKind;
use crate::rights::Rights;
use crate::uid_set::UidSet;

impl<'t> Change<'_, 't> {
    /// Deletes associated items for good: they are not kept in Recoverable Items. Gives the
    /// UIDs, in their own list, that are gone. Errors: NotFound, Denied.
    pub fn delete_associated(&mut self, folder: FolderId, uids: &UidSet) -> Result<UidSet, Fault> {
        self.require(folder, Rights::DELETE_ANY)?;
        self.txn.permit_growth();
        let mut gone = Vec::new();
        let (list, txn) = self.associated(folder)?;
        list.rewrite(txn, uids, |entry| {
            gone.push(entry.clone());
            Ok(Fate::Gone)
        })?;
        self.erase_overlays(folder, &gone)?;
        if !gone.is_empty() {
            let change = self.next_change();
            self.associated(folder)?.0.touch(change);
            self.event(EventKind::Deleted, folder, None, gone.iter().map(|entry| entry.mid.get()));
        }
        Ok(gone.iter().map(|entry| entry.uid).collect())
    }

    /// Uncounts associated items that left their list, and erases what they were.
    pub(super) fn erase_overlays(&mut self, folder: FolderId, gone: &[Entry]) -> Result<(), Fault> {
        for entry in gone {
            self.uncount_items(folder, 0, u64::from(entry.size));
            self.txn.delete(&key::overlay(self.mailbox, entry.item))?;
        }
        Ok(())
    }

    /// The associated items of a folder.
    pub(super) fn associated(
        &mut self,
        folder: FolderId,
    ) -> Result<(&mut OpenList, &mut Txn<'t>), Fault> {
        if !self.associated.contains_key(&folder) {
            self.any_folder(folder)?;
            let list = OpenList::load(self.txn, self.mailbox, folder, List::Associated)?;
            self.associated.insert(folder, list);
        }
        let list = self.associated.get_mut(&folder).ok_or(Fault::NotFound("folder"))?;
        Ok((list, self.txn))
    }

    pub(super) fn place_associated(
        &mut self,
        folder: FolderId,
        entry: &Entry,
    ) -> Result<(), Fault> {
        self.count_items(folder, 0, u64::from(entry.size));
        let (list, txn) = self.associated(folder)?;
        list.append(txn, entry.clone())
    }
}
