//! New-DistributionGroup.

use directory::{Group, NewGroup};
use types::Address;

use super::super::recipient::{address, ids_of, policies_of_new};
use super::{DistributionGroupObject, GROUP};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Makes a distribution group.
    pub struct NewDistributionGroup = "New-DistributionGroup" (Role::DistributionGroups, Effect::Change) {
        /// The name people see, unless there is a DisplayName.
        name: String = first,
        /// The address it sends from, in an accepted domain; without it what the e-mail address
        /// policies say.
        primary_smtp_address: Option<Address>,
        /// Short name, unique; without it the local part of the address.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// Its members, groups among them.
        members: Vec<Identity>,
        /// Who is in charge of it.
        managed_by: Vec<Identity>,
        /// Takes mail only from authenticated senders; it does unless told otherwise.
        require_sender_authentication_enabled: Option<bool>,
    }
}

impl Cmdlet for NewDistributionGroup {
    type Answer = Vec<DistributionGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let given = self.primary_smtp_address.as_ref();
        let primary = address(session, &self.name, self.alias.as_ref(), given)?;
        let policies = policies_of_new(session, given)?;
        let group = Group {
            members: ids_of(session, &self.members)?,
            managed_by: ids_of(session, &self.managed_by)?,
            authenticated_senders_only: self.require_sender_authentication_enabled.unwrap_or(true),
            ..Group::default()
        };
        session.may_make(&primary.to_string())?;
        if !session.should_process(format!("Creating distribution group {primary}")) {
            return Ok(Vec::new());
        }
        let display_name = self.display_name.unwrap_or(self.name);
        let request =
            NewGroup { primary, policies, alias: self.alias, display_name, group, filter: None };
        let id = session.directory().create_group(request).await?;
        GROUP.made(session, id)
    }
}
