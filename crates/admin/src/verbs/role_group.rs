//! Role groups: New-, Get-, Set- and Remove-RoleGroup, and their members.
//!
//! Exchange keeps write scopes as objects of their own (ManagementScope); here a group has its
//! filter itself. Organization Management stays as it is, so that nobody locks everybody out.

mod member;

use directory::{RecipientId, RoleGroup as Stored, Snapshot};
use filter::RecipientFilter;

use super::recipient::addresses_of;
use crate::role_groups::{self, Described};
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Object, Role, RoleGroup, Scalar, Session, Setting, Shape,
    Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetRoleGroup>(),
    Verb::of::<NewRoleGroup>(),
    Verb::of::<SetRoleGroup>(),
    Verb::of::<RemoveRoleGroup>(),
    Verb::of::<member::AddRoleGroupMember>(),
    Verb::of::<member::GetRoleGroupMember>(),
    Verb::of::<member::RemoveRoleGroupMember>(),
    Verb::of::<member::UpdateRoleGroupMember>(),
];

object! {
    /// A role group: whose members may run which verbs.
    pub struct RoleGroupObject = "RoleGroup" [name, roles, members] {
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
        /// The management roles it holds.
        roles: Vec<String>,
        /// Who is in it.
        members: Vec<String>,
        /// The recipients that its members may change; nothing: all.
        recipient_restriction_filter: Option<String>,
        /// Every organization has it.
        built_in: bool,
    }
}

verb! {
    /// Shows role groups.
    pub struct GetRoleGroup = "Get-RoleGroup" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one.
        identity: Option<String> = first,
    }
}

verb! {
    /// Makes a role group.
    pub struct NewRoleGroup = "New-RoleGroup" (Role::RoleManagement, Effect::Change) {
        /// Its name.
        name: String = first,
        /// The management roles it holds.
        roles: Vec<ManagementRole>,
        /// Who is in it.
        members: Vec<Identity>,
        /// What it is for.
        description: Option<String>,
        /// The recipients that its members may change, and whose mailboxes they may work on:
        /// `{Department -eq 'Sales'}`. They make none, then.
        recipient_restriction_filter: Option<RecipientFilter>,
    }
}

verb! {
    /// Changes a role group. What is left out stays.
    pub struct SetRoleGroup = "Set-RoleGroup" (Role::RoleManagement, Effect::Change) {
        /// The group.
        identity: String = first,
        /// A new name.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The recipients that its members may change; `$null`: all.
        recipient_restriction_filter: Setting<RecipientFilter>,
    }
}

verb! {
    /// Removes a role group. Its members stay.
    pub struct RemoveRoleGroup = "Remove-RoleGroup" (Role::RoleManagement, Effect::Destroy) {
        /// The group.
        identity: String = first,
    }
}

/// A management role, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementRole(pub Role);

impl Scalar for ManagementRole {
    const SHAPE: Shape = Shape::OneOf(Role::NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        role_groups::role(text).map(ManagementRole).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetRoleGroup {
    type Answer = Vec<RoleGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        let groups = match &self.identity {
            Some(name) => vec![existing(&snapshot, name)?],
            None => role_groups::all(&snapshot),
        };
        Ok(groups.iter().map(|group| shown(&snapshot, group)).collect())
    }
}

impl Cmdlet for NewRoleGroup {
    type Answer = Vec<RoleGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let name = self.name.trim().to_owned();
        must_be_free(session, &name)?;
        let members = self.members.iter().map(|member| account(session, member));
        let stored = Stored {
            description: self.description.unwrap_or_default(),
            roles: Some(names(self.roles.iter().map(|role| role.0))),
            members: members.collect::<Result<_, _>>()?,
            scope: self.recipient_restriction_filter,
            ..Stored::new(&name)
        };
        if !session.should_process(format!("Creating role group {name}")) {
            return Ok(Vec::new());
        }
        session.directory().create_role_group(stored).await?;
        let snapshot = session.snapshot();
        let made = shown(&snapshot, &existing(&snapshot, &name)?);
        session.modified(name, None, Some(&Object::of(&made)?));
        Ok(vec![made])
    }
}

impl Cmdlet for SetRoleGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = existing(&session.snapshot(), &self.identity)?;
        let name = self.name.map(|name| name.trim().to_owned());
        if let Some(name) = name.as_ref().filter(|name| !same(name, before.group.name())) {
            may_change_name(&before)?;
            must_be_free(session, name)?;
        }
        if self.recipient_restriction_filter != Setting::Keep {
            may_change_roles(&before.group)?;
        }
        let (description, filter) = (self.description, self.recipient_restriction_filter);
        change(session, &before, "Changing", move |stored| {
            stored.description = description.unwrap_or(std::mem::take(&mut stored.description));
            filter.apply(&mut stored.scope);
            stored.name = name.unwrap_or(std::mem::take(&mut stored.name));
        })
        .await
    }
}

impl Cmdlet for RemoveRoleGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = existing(&session.snapshot(), &self.identity)?;
        let name = group.group.name().to_owned();
        if group.built_in {
            return Err(VerbError::Invalid(format!("{name} is built in and cannot be removed")));
        }
        if !session.should_process(format!("Removing role group {name}")) {
            return Ok(());
        }
        let before = Object::of(&shown(&session.snapshot(), &group))?;
        session.directory().remove_role_group(&name).await?;
        session.modified(name, Some(&before), None);
        Ok(())
    }
}

/// Changes what the directory has of a group, unless the verb is only asked what it would do.
pub(super) async fn change(
    session: &Session<'_>,
    group: &Described,
    doing: &str,
    edit: impl FnOnce(&mut Stored) + Send + 'static,
) -> Result<(), VerbError> {
    let name = group.group.name().to_owned();
    if !session.should_process(format!("{doing} role group {name}")) {
        return Ok(());
    }
    session.directory().update_role_group(&name, edit).await?;
    changed(session, group)
}

/// Notes for the audit log what a group was and is.
fn changed(session: &Session<'_>, before: &Described) -> Result<(), VerbError> {
    let snapshot = session.snapshot();
    let name = before.group.name();
    // Under a new name it is not found again.
    let after = role_groups::named(&snapshot, name);
    let after = after.map(|after| Object::of(&shown(&snapshot, &after))).transpose()?;
    let before = Object::of(&shown(&snapshot, before))?;
    session.modified(name, Some(&before), after.as_ref());
    Ok(())
}

/// The group of that name. Errors: NotFound.
pub(super) fn existing(snapshot: &Snapshot, name: &str) -> Result<Described, VerbError> {
    let not_found = || VerbError::NotFound { what: "role group", identity: name.to_owned() };
    role_groups::named(snapshot, name.trim()).ok_or_else(not_found)
}

fn must_be_free(session: &Session<'_>, name: &str) -> Result<(), VerbError> {
    if name.is_empty() {
        return Err(VerbError::Missing("Name".to_owned()));
    }
    match role_groups::named(&session.snapshot(), name) {
        Some(_) => Err(VerbError::Invalid(format!("there is a role group {name} already"))),
        None => Ok(()),
    }
}

fn may_change_name(group: &Described) -> Result<(), VerbError> {
    match group.built_in {
        true => Err(VerbError::Invalid(format!("{} is built in", group.group.name()))),
        false => Ok(()),
    }
}

/// Organization Management holds every role everywhere: who takes one away may take the way back.
pub(super) fn may_change_roles(group: &RoleGroup) -> Result<(), VerbError> {
    match role_groups::has_administrators(group) {
        true => Err(VerbError::Invalid(format!("{} holds every role", group.name()))),
        false => Ok(()),
    }
}

/// Who is meant; somebody who can log in.
fn account(session: &Session<'_>, identity: &Identity) -> Result<RecipientId, VerbError> {
    let recipient = session.recipient(identity, "user")?;
    match recipient.account() {
        Some(_) => Ok(recipient.id),
        None => Err(VerbError::Invalid(format!("{} cannot log in", recipient.primary))),
    }
}

/// Exchange's names of roles, as the directory keeps them.
pub(super) fn names(roles: impl IntoIterator<Item = Role>) -> Vec<String> {
    roles.into_iter().map(|role| role.name().to_owned()).collect()
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn shown(snapshot: &Snapshot, known: &Described) -> RoleGroupObject {
    let scope = match &known.group {
        RoleGroup::Own(own) => own.scope.as_ref().map(|scope| scope.as_str().to_owned()),
        _ => None,
    };
    RoleGroupObject {
        name: known.group.name().to_owned(),
        description: known.description.clone(),
        roles: names(known.group.roles().iter().copied()),
        members: addresses_of(snapshot, &known.members),
        recipient_restriction_filter: scope,
        built_in: known.built_in,
    }
}
