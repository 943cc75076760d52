//! Role groups: whose members may run which verbs on which recipients.
//!
//! What it is not: the directory does not know which verbs and roles there are, nor which groups
//! every organization has; crate `admin` does. Here is what administrators have made and changed.
//!
//! Invariant: every member is there; who is removed is in no group any more, so that nobody who
//! comes later has those rights.

use std::collections::HashSet;
use std::sync::Arc;

use auth::RecipientId;
use filter::RecipientFilter;
use types::limits::{
    ROLE_GROUP_MEMBERS_MAX, ROLE_GROUP_NAME_OCTETS_MAX, ROLE_GROUP_ROLES_MAX, ROLE_GROUPS_MAX,
};

use crate::directory::Directory;
use crate::draft::Draft;
use crate::error::DirectoryError;
use crate::recipient::ChangeNumber;
use crate::snapshot::{Edit, Snapshot};

/// A role group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGroup {
    /// Its name, which no other has, compared without case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of the management roles it holds; None: those that the product gives a group of
    /// this name.
    pub roles: Option<Vec<String>>,
    /// Whom it gives them to.
    pub members: Vec<RecipientId>,
    /// The recipients that they may change; None: all.
    pub scope: Option<RecipientFilter>,
    /// The change that wrote it.
    pub changed: ChangeNumber,
}

impl RoleGroup {
    /// One without members, as the product has it.
    pub fn new(name: &str) -> Self {
        RoleGroup {
            name: name.to_owned(),
            description: String::new(),
            roles: None,
            members: Vec::new(),
            scope: None,
            changed: ChangeNumber(0),
        }
    }

    /// Its name as snapshot and store know it.
    pub(crate) fn folded(&self) -> String {
        folded(&self.name)
    }
}

pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl Snapshot {
    /// The role groups that were made or changed, by name.
    pub fn role_groups(&self) -> impl ExactSizeIterator<Item = &Arc<RoleGroup>> {
        self.role_groups.values()
    }

    /// The role group of that name, if it was made or changed.
    pub fn role_group(&self, name: &str) -> Option<&Arc<RoleGroup>> {
        self.role_groups.get(&folded(name))
    }
}

impl Directory {
    /// New-RoleGroup. Errors: the name is taken; a member is missing; beyond a limit.
    pub async fn create_role_group(&self, group: RoleGroup) -> Result<(), DirectoryError> {
        self.change(move |draft| {
            if draft.base().role_group(&group.name).is_some() {
                return Err(DirectoryError::RoleGroupExists(group.name));
            }
            put(draft, group)
        })
        .await
    }

    /// Changes a role group; one that nobody has made or changed yet begins as the product has it.
    pub async fn update_role_group(
        &self,
        name: &str,
        edit: impl FnOnce(&mut RoleGroup) + Send + 'static,
    ) -> Result<(), DirectoryError> {
        let name = name.to_owned();
        self.change(move |draft| {
            let stored = draft.base().role_group(&name).map(|group| RoleGroup::clone(group));
            let mut group = stored.unwrap_or_else(|| RoleGroup::new(&name));
            edit(&mut group);
            if group.folded() != folded(&name) {
                rename(draft, &name, &group)?;
            }
            put(draft, group)
        })
        .await
    }

    /// Remove-RoleGroup: what was made is gone, what was changed is as the product has it.
    pub async fn remove_role_group(&self, name: &str) -> Result<(), DirectoryError> {
        let name = name.to_owned();
        self.change(move |draft| {
            if draft.base().role_group(&name).is_none() {
                return Err(DirectoryError::NoObject("role group".to_owned(), name));
            }
            draft.edit(Edit::RemoveRoleGroup(folded(&name)));
            Ok(())
        })
        .await
    }
}

fn rename(draft: &mut Draft, from: &str, to: &RoleGroup) -> Result<(), DirectoryError> {
    if draft.base().role_group(&to.name).is_some() {
        return Err(DirectoryError::RoleGroupExists(to.name.clone()));
    }
    draft.edit(Edit::RemoveRoleGroup(folded(from)));
    Ok(())
}

fn put(draft: &mut Draft, group: RoleGroup) -> Result<(), DirectoryError> {
    check_lengths(&group)?;
    let is_new = draft.base().role_group(&group.name).is_none();
    if is_new && draft.base().role_groups().len() >= ROLE_GROUPS_MAX {
        return Err(DirectoryError::TooMany { what: "role groups", max: ROLE_GROUPS_MAX });
    }
    let missing = group.members.iter().find(|id| draft.base().recipient(**id).is_none());
    if let Some(id) = missing {
        return Err(DirectoryError::NoRecipient(*id));
    }
    let mut seen = HashSet::new();
    let members = group.members.iter().copied().filter(|id| seen.insert(*id)).collect();
    let changed = draft.settings().change;
    draft.edit(Edit::PutRoleGroup(Arc::new(RoleGroup { members, changed, ..group })));
    Ok(())
}

fn check_lengths(group: &RoleGroup) -> Result<(), DirectoryError> {
    let roles = group.roles.as_ref().map_or(0, Vec::len);
    for (what, has, max) in [
        ("octets of a role group's name", group.name.len(), ROLE_GROUP_NAME_OCTETS_MAX),
        ("octets of a description", group.description.len(), ROLE_GROUP_NAME_OCTETS_MAX),
        ("roles of a role group", roles, ROLE_GROUP_ROLES_MAX),
        ("members of a role group", group.members.len(), ROLE_GROUP_MEMBERS_MAX),
    ] {
        if has > max {
            return Err(DirectoryError::TooMany { what, max });
        }
    }
    Ok(())
}
