//! Add-, Get-, Remove- and Update-RoleGroupMember.

use directory::{Recipient, RecipientId};

use super::super::recipient::{RecipientObject, shown};
use super::{account, change, changed, existing};
use crate::role_groups::{self, Described};
use crate::verb::{Cmdlet, Edit, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Puts somebody into a role group.
    pub struct AddRoleGroupMember = "Add-RoleGroupMember" (Role::RoleManagement, Effect::Change) {
        /// The group.
        identity: String = first,
        /// Who comes in: somebody who can log in.
        member: Identity,
    }
}

verb! {
    /// Shows the members of a role group.
    pub struct GetRoleGroupMember = "Get-RoleGroupMember" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// The group.
        identity: String = first,
    }
}

verb! {
    /// Takes somebody out of a role group.
    pub struct RemoveRoleGroupMember = "Remove-RoleGroupMember" (Role::RoleManagement, Effect::Change) {
        /// The group.
        identity: String = first,
        /// Who goes.
        member: Identity,
    }
}

verb! {
    /// Replaces the members of a role group.
    pub struct UpdateRoleGroupMember = "Update-RoleGroupMember" (Role::RoleManagement, Effect::Change) {
        /// The group.
        identity: String = first,
        /// Who is in it from now on; `$null`: nobody.
        members: Edit<Identity>,
    }
}

impl Cmdlet for AddRoleGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = existing(&session.snapshot(), &self.identity)?;
        let member = account(session, &self.member)?;
        if group.members.contains(&member) {
            return Err(VerbError::Invalid(format!("{} is a member already", self.member.0)));
        }
        put(session, &group, move |members| members.push(member)).await
    }
}

impl Cmdlet for GetRoleGroupMember {
    type Answer = Vec<RecipientObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let snapshot = session.snapshot();
        let group = existing(&snapshot, &self.identity)?;
        let members = group.members.iter().filter_map(|id| snapshot.recipient(*id));
        Ok(members.map(|member| shown(&snapshot, member)).collect())
    }
}

impl Cmdlet for RemoveRoleGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = existing(&session.snapshot(), &self.identity)?;
        let member = session.recipient(&self.member, "member")?.id;
        if !group.members.contains(&member) {
            return Err(VerbError::NotFound { what: "member", identity: self.member.0 });
        }
        put(session, &group, move |members| members.retain(|each| *each != member)).await
    }
}

impl Cmdlet for UpdateRoleGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = existing(&session.snapshot(), &self.identity)?;
        let edit = self.members.try_map(|identity| account(session, &identity))?;
        put(session, &group, move |members| edit.apply(members)).await
    }
}

/// Changes the members as they are when the change is made.
async fn put(
    session: &Session<'_>,
    group: &Described,
    edit: impl FnOnce(&mut Vec<RecipientId>) + Send + 'static,
) -> Result<(), VerbError> {
    if role_groups::has_administrators(&group.group) {
        let mut members = group.members.clone();
        edit(&mut members);
        return put_administrators(session, group, members).await;
    }
    change(session, group, "Changing the members of", move |stored| edit(&mut stored.members)).await
}

/// Somebody has to be left who may do everything.
async fn put_administrators(
    session: &Session<'_>,
    group: &Described,
    members: Vec<RecipientId>,
) -> Result<(), VerbError> {
    if members.is_empty() {
        let text = format!("{} needs a member", group.group.name());
        return Err(VerbError::Invalid(text));
    }
    if !session.should_process(format!("Changing the members of role group {}", group.group.name()))
    {
        return Ok(());
    }
    // Who comes in before who goes: there is always one.
    let come = members.iter().filter(|id| !group.members.contains(id)).map(|id| (*id, true));
    let go = group.members.iter().filter(|id| !members.contains(id)).map(|id| (*id, false));
    for (id, administrator) in come.chain(go) {
        let edit = move |recipient: &mut Recipient| {
            if let Some(account) = recipient.account_mut() {
                account.administrator = administrator;
            }
        };
        session.directory().update(id, edit).await?;
    }
    changed(session, group)
}
