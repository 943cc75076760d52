//! Back from Recoverable Items.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use super::{Change, FOLDER_DEPTH_MAX};
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::id::{FolderId, Mid, Uid};
use crate::key;
use crate::page::Entry;
use crate::record::{DeletedFolder, EventKind, Folder, Special};
use crate::rights::Rights;
use crate::uid_set::UidSet;
use crate::view::same_name;

/// An item that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The UID it had in Recoverable Items.
    pub from: Uid,
    /// The folder it is in now.
    pub folder: FolderId,
    /// Its UID there.
    pub uid: Uid,
}

impl Change<'_, '_> {
    /// Brings deleted items back to the folders they were deleted from: all or none. A folder
    /// that was deleted is made again, where its name is still known; else the items come into
    /// the Inbox. Items that are gone by now are passed over. Errors: Denied; OverQuota;
    /// Invalid when `folder` is not one of Recoverable Items.
    pub fn restore(&mut self, folder: FolderId, uids: &UidSet) -> Result<Vec<Restored>, Fault> {
        self.require(folder, Rights::OWNER)?;
        if !Self::is_recoverable(folder) {
            return Err(Fault::Invalid("items are restored from Recoverable Items"));
        }
        let taken = self.take_all(folder, uids, |_| true)?;
        self.check_quota(taken.iter().map(Entry::octets).sum())?;
        let mut restored = Vec::with_capacity(taken.len());
        let mut homes = BTreeMap::new();
        let mut arrived: BTreeMap<FolderId, Vec<(Mid, Mid)>> = BTreeMap::new();
        for entry in taken {
            let to = self.home_of(&entry, &mut homes)?;
            self.bury(folder, &entry)?;
            let (from, old_mid) = (entry.uid, entry.mid);
            let placed = self.arrive(to, Entry { origin: None, ..entry })?;
            self.put_alias(old_mid, to, placed.mid)?;
            arrived.entry(to).or_default().push((old_mid, placed.mid));
            restored.push(Restored { from, folder: to, uid: placed.uid });
        }
        for (to, mids) in arrived {
            self.arrivals(EventKind::Moved, to, folder, &mids);
        }
        Ok(restored)
    }

    /// Notes what a folder that is being deleted was.
    pub(super) fn note_deleted_folder(&mut self, folder: &Folder) -> Result<(), Fault> {
        let note = DeletedFolder {
            parent: folder.parent,
            name: folder.name.clone(),
            class: folder.class.clone(),
            time: self.txn.now().secs().max(0) as u64,
        };
        Ok(self.txn.put_record(&key::deleted_folder(self.mailbox, folder.id), &note)?)
    }

    fn home_of(
        &mut self,
        entry: &Entry,
        known: &mut BTreeMap<FolderId, FolderId>,
    ) -> Result<FolderId, Fault> {
        let inbox = default_id(Special::Inbox);
        let Some(origin) = entry.origin else { return Ok(inbox) };
        match known.entry(origin) {
            Occupied(known) => Ok(*known.get()),
            Vacant(vacant) => {
                let home = self.folder_again(origin, FOLDER_DEPTH_MAX)?.unwrap_or(inbox);
                Ok(*vacant.insert(home))
            }
        }
    }

    /// The folder with this id, or the one that stands for it after it was deleted. At most
    /// `depth` parents are made again.
    fn folder_again(&mut self, id: FolderId, depth: usize) -> Result<Option<FolderId>, Fault> {
        if self.view()?.is_in_use(id)? {
            return Ok(Some(id));
        }
        let Some(note) = self.view()?.deleted_folder(id)?.filter(|_| depth > 0) else {
            return Ok(None);
        };
        let Some(parent) = self.folder_again(note.parent, depth - 1)? else { return Ok(None) };
        let siblings = self.view()?.all_folders()?;
        let same = siblings.iter().find(|f| f.parent == parent && same_name(&f.name, &note.name));
        match same {
            Some(folder) => Ok(Some(folder.id)),
            None => Ok(Some(self.create_folder(parent, &note.name, Some(&note.class), None)?.id)),
        }
    }
}
