//! The role groups of an organization: those that every organization has, as the directory
//! changes them, and those that the directory adds.
//!
//! Members of Organization Management are the accounts that the directory calls administrators:
//! there is one truth, which setup and the postmaster's mail go by, too. Roles that this version
//! does not know are passed over.

use std::sync::Arc;

use auth::RecipientId;
use directory::{RoleGroup as Stored, Snapshot};

use crate::verb::{OwnRoleGroup, Role, RoleGroup};

/// A role group with what is known of it.
pub(crate) struct Described {
    /// Name, roles, scope.
    pub group: RoleGroup,
    /// What it is for.
    pub description: String,
    /// Who is in it.
    pub members: Vec<RecipientId>,
    /// Every organization has it.
    pub built_in: bool,
}

/// All role groups: those that every organization has first.
pub(crate) fn all(snapshot: &Snapshot) -> Vec<Described> {
    let built_in = RoleGroup::ALL.into_iter().map(|group| described(snapshot, group));
    let own = snapshot.role_groups().filter(|stored| built_in_of(&stored.name).is_none());
    built_in.chain(own.map(|stored| own_group(stored))).collect()
}

/// The role group of that name.
pub(crate) fn named(snapshot: &Snapshot, name: &str) -> Option<Described> {
    match built_in_of(name) {
        Some(group) => Some(described(snapshot, group)),
        None => snapshot.role_group(name).map(|stored| own_group(stored)),
    }
}

/// The role groups that an account is in.
pub(crate) fn of_member(snapshot: &Snapshot, member: RecipientId) -> Vec<RoleGroup> {
    let is_administrator = is_administrator(snapshot, member);
    let stored = snapshot.role_groups().filter(|stored| stored.members.contains(&member));
    let stored = stored.filter_map(|stored| named(snapshot, &stored.name));
    let stored = stored.map(|known| known.group).filter(|group| !has_administrators(group));
    is_administrator
        .then_some(RoleGroup::OrganizationManagement)
        .into_iter()
        .chain(stored)
        .collect()
}

fn is_administrator(snapshot: &Snapshot, member: RecipientId) -> bool {
    let account = snapshot.recipient(member).and_then(|recipient| recipient.account());
    account.is_some_and(|account| account.administrator)
}

/// Whether the members of the group are the administrators' accounts.
pub(crate) fn has_administrators(group: &RoleGroup) -> bool {
    group.name() == RoleGroup::OrganizationManagement.name()
}

/// The role of that name.
pub(crate) fn role(name: &str) -> Option<Role> {
    Role::ALL.iter().copied().find(|role| role.name().eq_ignore_ascii_case(name))
}

fn built_in_of(name: &str) -> Option<RoleGroup> {
    RoleGroup::ALL.into_iter().find(|group| group.name().eq_ignore_ascii_case(name))
}

fn described(snapshot: &Snapshot, group: RoleGroup) -> Described {
    let stored = snapshot.role_group(group.name());
    let members = match has_administrators(&group) {
        true => administrators(snapshot),
        false => stored.map(|stored| stored.members.clone()).unwrap_or_default(),
    };
    let description = stored.map(|stored| stored.description.clone()).unwrap_or_default();
    let changed = stored.filter(|stored| stored.roles.is_some() || stored.scope.is_some());
    let group = match changed {
        Some(stored) => own(stored, group.roles()),
        None => group,
    };
    Described { group, description, members, built_in: true }
}

fn own_group(stored: &Stored) -> Described {
    let (description, members) = (stored.description.clone(), stored.members.clone());
    Described { group: own(stored, &[]), description, members, built_in: false }
}

/// A stored group; without roles of its own it has `usual`.
fn own(stored: &Stored, usual: &[Role]) -> RoleGroup {
    let known = |names: &Vec<String>| names.iter().filter_map(|name| role(name)).collect();
    let roles = stored.roles.as_ref().map_or_else(|| usual.to_vec(), known);
    let (name, scope) = (stored.name.clone(), stored.scope.clone());
    RoleGroup::Own(Arc::new(OwnRoleGroup { name, roles, scope }))
}

fn administrators(snapshot: &Snapshot) -> Vec<RecipientId> {
    let all = snapshot.recipients().map(|recipient| recipient.id);
    all.filter(|id| is_administrator(snapshot, *id)).collect()
}
