//! Creating, renaming, moving and deleting folders; subscriptions and permissions.
//!
//! Children refer to their parent by id, so a rename or a move writes one row.

use std::collections::HashMap;

use store::ReadExt;

use super::{Change, FOLDER_DEPTH_MAX, FOLDER_NAME_OCTETS_MAX, FOLDERS_MAX};
use crate::defaults::default_id;
use crate::fault::Fault;
use crate::id::FolderId;
use crate::key::{self, List};
use crate::record::{EventKind, Folder, FolderCounters, Meta, Special};
use crate::rights::{Access, AclEntry, Grantee, Rights};
use crate::uid_set::UidSet;
use crate::view::same_name;

/// Lines of one access control list.
const ACL_ENTRIES_MAX: usize = 1000;

impl Change<'_, '_> {
    /// Makes a folder. `class` defaults to the parent's. Errors: Exists; Denied; Invalid for a
    /// bad name; Limit.
    pub fn create_folder(
        &mut self,
        parent: FolderId,
        name: &str,
        class: Option<&str>,
        special: Option<Special>,
    ) -> Result<Folder, Fault> {
        self.require(parent, Rights::CREATE_SUBFOLDER)?;
        check_name(name)?;
        self.check_room(parent, name)?;
        let inherited = self.any_folder(parent)?.class;
        if special.is_some() && self.view()?.all_folders()?.iter().any(|f| f.special == special) {
            return Err(Fault::Exists);
        }
        let id = FolderId::new(self.next_id());
        let mut folder = self.new_folder(id, parent, name)?;
        folder.class = class.map_or(inherited, str::to_owned);
        folder.special = special;
        self.insert_folder(&folder)?;
        Ok(folder)
    }

    /// Makes a folder and the parents that are missing. Errors as [`Change::create_folder`].
    pub fn create_path(&mut self, path: &[&str]) -> Result<Folder, Fault> {
        let mut parent = default_id(Special::Root);
        let mut made = None;
        for (depth, name) in path.iter().enumerate() {
            match self.view()?.place(&path[..=depth])? {
                Some(found) => parent = found.id,
                None => {
                    let folder = self.create_folder(parent, name, None, None)?;
                    parent = folder.id;
                    made = Some(folder);
                }
            }
        }
        made.ok_or(Fault::Exists)
    }

    /// Renames a folder, or moves it under another parent, or both. UIDs, UIDVALIDITY and the
    /// id stay. Errors: Exists; Denied; Invalid (a default folder, or a move below itself).
    pub fn rename_folder(
        &mut self,
        id: FolderId,
        new_parent: FolderId,
        new_name: &str,
    ) -> Result<Folder, Fault> {
        self.require(id, Rights::OWNER)?;
        check_name(new_name)?;
        let mut folder = self.any_folder(id)?;
        if folder.hidden || is_default(&folder) {
            return Err(Fault::Invalid("a default folder keeps its name"));
        }
        if new_parent != folder.parent {
            self.require(new_parent, Rights::CREATE_SUBFOLDER)?;
        }
        self.check_not_below(new_parent, id)?;
        let same_place = new_parent == folder.parent && same_name(&folder.name, new_name);
        if !same_place {
            self.check_room(new_parent, new_name)?;
        }
        if new_parent == folder.parent {
            folder.name = new_name.to_owned();
            self.update_folder(&mut folder)?;
            return Ok(folder);
        }
        self.check_depth(new_parent, id)?;
        let old_parent = std::mem::replace(&mut folder.parent, new_parent);
        folder.name = new_name.to_owned();
        self.put_folder(&mut folder)?;
        self.event(EventKind::FolderMoved, id, Some(old_parent), []);
        Ok(folder)
    }

    /// Deletes a folder without subfolders; its items go to Recoverable Items. Gives false when
    /// they, with those that left it lately, are more than `INTERACTIVE_ITEMS_MAX`: the folder is
    /// gone then, and its items follow
    /// by [`Change::empty_deleted_folders`]. Errors: Denied; Invalid (a default folder);
    /// HasChildren.
    pub fn delete_folder(&mut self, id: FolderId) -> Result<bool, Fault> {
        let folder = self.deletable(id)?;
        self.txn.permit_growth();
        let few = self.view()?.is_small(id)?;
        if few {
            self.expunge(id, &UidSet::all(), false)?;
            self.delete_associated(id, &UidSet::all())?;
        }
        self.associated.remove(&id);
        self.lists.remove(&id);
        self.gone.remove(&id);
        self.note_deleted_folder(&folder)?;
        self.forget_pending_move(id)?;
        match few {
            true => self.erase_folder_rows(id)?,
            false => self.detach_folder(id)?,
        }
        self.forget_grants(&folder)?;
        self.next_change();
        self.event(EventKind::FolderDeleted, id, Some(folder.parent), []);
        Ok(few)
    }

    /// The folder, if it may be deleted. Errors as of [`Change::delete_folder`].
    pub(crate) fn deletable(&mut self, id: FolderId) -> Result<Folder, Fault> {
        self.require(id, Rights::OWNER | Rights::DELETE_ANY)?;
        let folder = self.any_folder(id)?;
        if folder.hidden || is_default(&folder) {
            return Err(Fault::Invalid("a default folder cannot be deleted"));
        }
        match self.view()?.all_folders()?.iter().any(|f| f.parent == id) {
            true => Err(Fault::HasChildren),
            false => Ok(folder),
        }
    }

    /// Subscribes or unsubscribes (IMAP LSUB), each for itself. Errors: Denied, to subscribe to
    /// what the asker may not see.
    pub fn subscribe(&mut self, id: FolderId, subscribed: bool) -> Result<(), Fault> {
        if let Access::Delegate(principal) = self.access {
            self.require(id, Rights::VISIBLE)?;
            let key = key::subscription(self.mailbox, principal, id);
            let written = match subscribed {
                true => self.txn.put(&key, 1, &[]),
                false => self.txn.delete(&key),
            };
            return Ok(written?);
        }
        let mut folder = self.any_folder(id)?;
        if folder.subscribed == subscribed {
            return Ok(());
        }
        folder.subscribed = subscribed;
        self.update_folder(&mut folder)
    }

    /// Gives a folder a purpose, or takes it away. Errors: Exists when another has it.
    pub fn set_special(&mut self, id: FolderId, special: Option<Special>) -> Result<(), Fault> {
        self.require(id, Rights::OWNER)?;
        let others = self.view()?.all_folders()?;
        if special.is_some() && others.iter().any(|f| f.special == special && f.id != id) {
            return Err(Fault::Exists);
        }
        let mut folder = self.any_folder(id)?;
        folder.special = special;
        self.update_folder(&mut folder)
    }

    /// Sets what somebody may do in a folder; `None` removes the line. Errors: Denied, Limit.
    pub fn set_acl(
        &mut self,
        id: FolderId,
        grantee: Grantee,
        rights: Option<Rights>,
    ) -> Result<(), Fault> {
        self.require(id, Rights::OWNER)?;
        let mut folder = self.any_folder(id)?;
        folder.acl.retain(|entry| entry.grantee != grantee);
        folder.acl.extend(rights.map(|rights| AclEntry { grantee, rights }));
        if folder.acl.len() > ACL_ENTRIES_MAX {
            return Err(Fault::Limit("entries of an access control list"));
        }
        self.update_folder(&mut folder)?;
        self.index_grants([grantee])
    }

    /// What others were granted of a folder that is gone.
    fn forget_grants(&mut self, folder: &Folder) -> Result<(), Fault> {
        for entry in &folder.acl {
            if let Grantee::Recipient(principal) = entry.grantee {
                self.txn.delete(&key::subscription(self.mailbox, principal, folder.id))?;
            }
        }
        self.index_grants(folder.acl.iter().map(|entry| entry.grantee))
    }

    pub(super) fn any_folder(&self, id: FolderId) -> Result<Folder, Fault> {
        self.txn.record(&key::folder(self.mailbox, id))?.ok_or(Fault::NotFound("folder"))
    }

    /// A folder row that is not stored yet. UIDVALIDITY is the mailbox's birth plus the id:
    /// a folder made again under the same name has a larger one.
    pub(super) fn new_folder(
        &mut self,
        id: FolderId,
        parent: FolderId,
        name: &str,
    ) -> Result<Folder, Fault> {
        let meta: Option<Meta> =
            self.txn.record(&key::table(self.mailbox, crate::key::Table::Meta))?;
        let born = meta.ok_or(Fault::NotFound("mailbox"))?.created;
        Ok(Folder {
            id,
            parent,
            name: name.to_owned(),
            class: "IPF.Note".to_owned(),
            special: None,
            hidden: false,
            subscribed: false,
            uid_validity: (born.wrapping_add(id.get()) as u32).max(1),
            hier_cn: self.next_change(),
            acl: Vec::new(),
        })
    }

    pub(super) fn insert_folder(&mut self, folder: &Folder) -> Result<(), Fault> {
        self.txn.put_record(&key::folder(self.mailbox, folder.id), folder)?;
        let counters =
            FolderCounters { uid_next: 1, content_cn: folder.hier_cn, ..Default::default() };
        let key = key::folder_counters(self.mailbox, folder.id, List::Items);
        self.txn.put_record(&key, &counters)?;
        self.event(EventKind::FolderCreated, folder.id, Some(folder.parent), []);
        Ok(())
    }

    fn update_folder(&mut self, folder: &mut Folder) -> Result<(), Fault> {
        self.put_folder(folder)?;
        self.event(EventKind::FolderModified, folder.id, Some(folder.parent), []);
        Ok(())
    }

    fn put_folder(&mut self, folder: &mut Folder) -> Result<(), Fault> {
        folder.hier_cn = self.next_change();
        Ok(self.txn.put_record(&key::folder(self.mailbox, folder.id), folder)?)
    }

    fn erase_folder_rows(&mut self, id: FolderId) -> Result<(), Fault> {
        // It is small: however full this transaction is, there is no other.
        while !self.erase_tombstones(id)? {}
        while !self.erase_rows(&key::annotations(self.mailbox, Some(id)))? {}
        self.delete_keys(&[
            key::folder(self.mailbox, id),
            key::folder_counters(self.mailbox, id, List::Items),
            key::folder_counters(self.mailbox, id, List::Associated),
        ])
    }

    /// Refuses a second folder of that name, and too many or too deep ones.
    fn check_room(&mut self, parent: FolderId, name: &str) -> Result<(), Fault> {
        let all = self.view()?.all_folders()?;
        if all.iter().any(|f| f.parent == parent && f.id != parent && same_name(&f.name, name)) {
            return Err(Fault::Exists);
        }
        if all.len() as u64 >= FOLDERS_MAX {
            return Err(Fault::Limit("folders of a mailbox"));
        }
        if self.view()?.path(parent)?.len() >= FOLDER_DEPTH_MAX {
            return Err(Fault::Limit("depth of folders"));
        }
        Ok(())
    }

    /// Refuses a move that would put the lowest folder below `id` too deep.
    fn check_depth(&mut self, new_parent: FolderId, id: FolderId) -> Result<(), Fault> {
        let view = self.view()?;
        let mut children: HashMap<FolderId, Vec<FolderId>> = HashMap::new();
        for folder in view.all_folders()?.iter().filter(|folder| folder.parent != folder.id) {
            children.entry(folder.parent).or_default().push(folder.id);
        }
        let mut depth = view.path(new_parent)?.len();
        let mut level = vec![id];
        while !level.is_empty() {
            depth += 1;
            level = level.iter().filter_map(|id| children.remove(id)).flatten().collect();
        }
        match depth > FOLDER_DEPTH_MAX {
            true => Err(Fault::Limit("depth of folders")),
            false => Ok(()),
        }
    }

    fn check_not_below(&mut self, mut at: FolderId, id: FolderId) -> Result<(), Fault> {
        let root = default_id(Special::Root);
        while at != root {
            if at == id {
                return Err(Fault::Invalid("a folder cannot move below itself"));
            }
            at = self.any_folder(at)?.parent;
        }
        Ok(())
    }
}

/// One of the set that every mailbox has.
fn is_default(folder: &Folder) -> bool {
    folder.special.is_some_and(|special| default_id(special) == folder.id)
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() || name.trim() != name {
        return Err(Fault::Invalid("folder name is empty or has blanks around it"));
    }
    if name.len() > FOLDER_NAME_OCTETS_MAX {
        return Err(Fault::Limit("octets of a folder name"));
    }
    if name.chars().any(|c| c.is_control()) {
        return Err(Fault::Invalid("folder name has control characters"));
    }
    Ok(())
}
