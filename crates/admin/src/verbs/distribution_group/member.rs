//! Add-, Get-, Remove- and Update-DistributionGroupMember.

use std::collections::HashSet;

use directory::{Recipient, RecipientId};

use super::super::recipient::{ListProperty, RecipientObject, shown};
use super::GROUP;
use crate::verb::{Cmdlet, Edit, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Adds a member to a distribution group.
    pub struct AddDistributionGroupMember = "Add-DistributionGroupMember" (Role::DistributionGroups, Effect::Change) {
        /// The group.
        identity: Identity = first,
        /// Who comes in; a group may.
        member: Identity,
    }
}

verb! {
    /// Shows the members of a distribution group.
    pub struct GetDistributionGroupMember = "Get-DistributionGroupMember" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The group.
        identity: Identity = first,
    }
}

verb! {
    /// Takes a member out of a distribution group.
    pub struct RemoveDistributionGroupMember = "Remove-DistributionGroupMember" (Role::DistributionGroups, Effect::Change) {
        /// The group.
        identity: Identity = first,
        /// Who goes.
        member: Identity,
    }
}

verb! {
    /// Replaces the members of a distribution group.
    pub struct UpdateDistributionGroupMember = "Update-DistributionGroupMember" (Role::DistributionGroups, Effect::Change) {
        /// The group.
        identity: Identity = first,
        /// Who is in it from now on; `$null`: nobody.
        members: Edit<Identity>,
    }
}

impl Cmdlet for AddDistributionGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = GROUP.find(session, &self.identity)?;
        let member = session.recipient(&self.member, "recipient")?.id;
        if members_of(&group).contains(&member) {
            return Err(VerbError::Invalid(format!("{} is a member already", self.member.0)));
        }
        MEMBERS.change(session, &group, move |members| members.push(member)).await
    }
}

impl Cmdlet for GetDistributionGroupMember {
    type Answer = Vec<RecipientObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let group = GROUP.find(session, &self.identity)?;
        let snapshot = session.snapshot();
        let members = members_of(&group).iter().filter_map(|id| snapshot.recipient(*id));
        Ok(members.map(|member| shown(&snapshot, member)).collect())
    }
}

impl Cmdlet for RemoveDistributionGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = GROUP.find(session, &self.identity)?;
        let member = session.recipient(&self.member, "member")?.id;
        if !members_of(&group).contains(&member) {
            return Err(VerbError::NotFound { what: "member", identity: self.member.0 });
        }
        let leave = move |members: &mut Vec<_>| members.retain(|each| *each != member);
        MEMBERS.change(session, &group, leave).await
    }
}

impl Cmdlet for UpdateDistributionGroupMember {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = GROUP.find(session, &self.identity)?;
        let id =
            |identity: Identity| Ok::<_, VerbError>(session.recipient(&identity, "recipient")?.id);
        let edit = self.members.try_map(id)?;
        let replace = move |members: &mut Vec<_>| {
            edit.apply(members);
            let mut seen = HashSet::new();
            members.retain(|member| seen.insert(*member));
        };
        MEMBERS.change(session, &group, replace).await
    }
}

const MEMBERS: ListProperty =
    ListProperty { name: "Members", get: members_of, get_mut: members_mut };

fn members_mut(recipient: &mut Recipient) -> Option<&mut Vec<RecipientId>> {
    recipient.group_mut().map(|group| &mut group.members)
}

fn members_of(recipient: &Recipient) -> &[RecipientId] {
    recipient.group().map_or(&[], |group| &group.members)
}
