//! Management roles, and which role groups hold them: Get-ManagementRole, and New-, Get- and
//! Remove-ManagementRoleAssignment.
//!
//! Roles are fixed. An assignment is called as Exchange calls it, `Mail Recipients-Help Desk`.

use super::role_group::{self, ManagementRole};
use crate::role_groups::{self, Described};
use crate::verb::{Cmdlet, Effect, Role, Session, Verb, VerbError, object, verb};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetManagementRole>(),
    Verb::of::<GetManagementRoleAssignment>(),
    Verb::of::<NewManagementRoleAssignment>(),
    Verb::of::<RemoveManagementRoleAssignment>(),
];

object! {
    /// A management role: verbs that belong together.
    pub struct ManagementRoleObject = "ManagementRole" [name, role_entries] {
        /// Its name.
        name: &'static str,
        /// The verbs it holds.
        role_entries: Vec<&'static str>,
    }
}

object! {
    /// A management role that a role group holds.
    pub struct ManagementRoleAssignmentObject = "ManagementRoleAssignment" [name, role, role_assignee_name] {
        /// Its name: role and group.
        name: String,
        /// The role.
        role: &'static str,
        /// The group.
        role_assignee_name: String,
    }
}

verb! {
    /// Shows management roles and their verbs.
    pub struct GetManagementRole = "Get-ManagementRole" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one.
        identity: Option<ManagementRole> = first,
        /// Only the one that holds this verb.
        cmdlet: Option<String>,
    }
}

verb! {
    /// Shows which role groups hold which roles.
    pub struct GetManagementRoleAssignment = "Get-ManagementRoleAssignment" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one: `Mail Recipients-Help Desk`.
        identity: Option<String> = first,
        /// Only those of this role.
        role: Option<ManagementRole>,
        /// Only those of this role group.
        role_assignee: Option<String>,
    }
}

verb! {
    /// Gives a role group a management role.
    pub struct NewManagementRoleAssignment = "New-ManagementRoleAssignment" (Role::RoleManagement, Effect::Change) {
        /// The role.
        role: ManagementRole = first,
        /// The role group.
        security_group: String,
    }
}

verb! {
    /// Takes a management role from a role group.
    pub struct RemoveManagementRoleAssignment = "Remove-ManagementRoleAssignment" (Role::RoleManagement, Effect::Destroy) {
        /// The assignment: `Mail Recipients-Help Desk`.
        identity: String = first,
    }
}

impl Cmdlet for GetManagementRole {
    type Answer = Vec<ManagementRoleObject>;

    async fn run(self, _: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let wanted = |role: &Role| self.identity.is_none_or(|ManagementRole(one)| one == *role);
        let holding = self.cmdlet.as_deref().map(super::find).transpose()?.map(|verb| verb.role);
        let holds = |role: &Role| holding.is_none_or(|one| one == *role);
        let roles = Role::ALL.iter().copied().filter(wanted).filter(holds);
        Ok(roles.map(role_shown).collect())
    }
}

fn role_shown(role: Role) -> ManagementRoleObject {
    let verbs = super::all().filter(|verb| verb.role == role);
    let role_entries = verbs.map(|verb| verb.name.as_str()).collect();
    ManagementRoleObject { name: role.name(), role_entries }
}

impl Cmdlet for GetManagementRoleAssignment {
    type Answer = Vec<ManagementRoleAssignmentObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        let groups = match &self.role_assignee {
            Some(name) => vec![role_group::existing(&snapshot, name)?],
            None => role_groups::all(&snapshot),
        };
        let found: Vec<_> = groups
            .iter()
            .flat_map(assignments)
            .filter(|one| self.role.is_none_or(|role| role.0.name() == one.role))
            .filter(|one| self.identity.as_ref().is_none_or(|name| is_called(one, name)))
            .collect();
        match (self.identity, found.is_empty()) {
            (Some(identity), true) => Err(VerbError::NotFound { what: ASSIGNMENT, identity }),
            _ => Ok(found),
        }
    }
}

const ASSIGNMENT: &str = "management role assignment";

fn assignments(group: &Described) -> Vec<ManagementRoleAssignmentObject> {
    let name = group.group.name();
    let shown = |role: &Role| ManagementRoleAssignmentObject {
        name: format!("{}-{name}", role.name()),
        role: role.name(),
        role_assignee_name: name.to_owned(),
    };
    group.group.roles().iter().map(shown).collect()
}

fn is_called(assignment: &ManagementRoleAssignmentObject, name: &str) -> bool {
    assignment.name.to_lowercase() == name.to_lowercase()
}

impl Cmdlet for NewManagementRoleAssignment {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = role_group::existing(&session.snapshot(), &self.security_group)?;
        let ManagementRole(role) = self.role;
        if group.group.roles().contains(&role) {
            let (group, role) = (group.group.name(), role.name());
            return Err(VerbError::Invalid(format!("{group} holds {role} already")));
        }
        let roles = group.group.roles().iter().copied().chain([role]).collect();
        assign(session, &group, roles).await
    }
}

impl Cmdlet for RemoveManagementRoleAssignment {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let groups = role_groups::all(&session.snapshot());
        let found = groups.into_iter().find_map(|group| {
            let all = assignments(&group);
            let gone = all.into_iter().find(|one| is_called(one, &self.identity))?;
            Some((group, gone.role))
        });
        let not_found = VerbError::NotFound { what: ASSIGNMENT, identity: self.identity };
        let (group, gone) = found.ok_or(not_found)?;
        let roles = group.group.roles().iter().copied().filter(|role| role.name() != gone);
        let roles = roles.collect();
        assign(session, &group, roles).await
    }
}

async fn assign(
    session: &Session<'_>,
    group: &Described,
    roles: Vec<Role>,
) -> Result<(), VerbError> {
    role_group::may_change_roles(&group.group)?;
    let roles = Some(role_group::names(roles));
    role_group::change(session, group, "Changing the roles of", move |stored| stored.roles = roles)
        .await
}
