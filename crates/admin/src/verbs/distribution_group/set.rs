//! Set-DistributionGroup.

use config::{ByteQuantity, Unlimited};
use directory::Recipient;
use types::Address;

use super::super::recipient::{Changes, CustomChanges, EmailAddress};
use super::GROUP;
use super::settings::GroupChanges;
use crate::verb::{Cmdlet, Edit, Effect, Identity, Role, Session, VerbError, verb};

verb! {
    /// Changes a distribution group. What is left out stays.
    pub struct SetDistributionGroup = "Set-DistributionGroup" (Role::DistributionGroups, Effect::Change) {
        /// The group.
        identity: Identity = first,
        /// Short name, unique.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// The address it sends from; the one before stays as a further address.
        primary_smtp_address: Option<Address>,
        /// All addresses: `SMTP:` marks the primary one; or @{Add=…;Remove=…}.
        email_addresses: Edit<EmailAddress>,
        /// Its addresses follow the e-mail address policies, which then say the primary one.
        email_address_policy_enabled: Option<bool>,
        /// Who is in charge of it.
        managed_by: Edit<Identity>,
        /// The sender hears of members that cannot be reached.
        report_to_originator_enabled: Option<bool>,
        /// The first of those in charge hears of them, and the sender does not.
        report_to_manager_enabled: Option<bool>,
        /// Members' automatic replies go to who wrote to the group; they do not unless told so.
        send_oof_message_to_originator_enabled: Option<bool>,
        /// Takes mail only from authenticated senders.
        require_sender_authentication_enabled: Option<bool>,
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Edit<Identity>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Edit<Identity>,
        /// Takes no larger messages.
        max_receive_size: Option<Unlimited<ByteQuantity>>,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Edit<Identity>,
        /// No address list shows it.
        hidden_from_address_lists_enabled: Option<bool>,
        .. custom_attributes: CustomChanges,
    }
}

impl Cmdlet for SetDistributionGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = GROUP.find(session, &self.identity)?;
        let edited = self.edited(session, &before)?;
        GROUP.change(session, &before, edited, None).await
    }
}

impl SetDistributionGroup {
    /// The recipient as it is to be.
    fn edited(self, session: &Session<'_>, before: &Recipient) -> Result<Recipient, VerbError> {
        let mut edited = before.clone();
        if let Some(group) = edited.group_mut() {
            let changes = GroupChanges {
                managed_by: self.managed_by,
                report_to_originator_enabled: self.report_to_originator_enabled,
                report_to_manager_enabled: self.report_to_manager_enabled,
                require_sender_authentication_enabled: self.require_sender_authentication_enabled,
                send_oof_message_to_originator_enabled: self.send_oof_message_to_originator_enabled,
            };
            changes.apply(session, group)?;
        }
        let changes = Changes {
            alias: self.alias,
            display_name: self.display_name,
            primary_smtp_address: self.primary_smtp_address,
            email_addresses: self.email_addresses,
            email_address_policy_enabled: self.email_address_policy_enabled,
            hidden_from_address_lists_enabled: self.hidden_from_address_lists_enabled,
            grant_send_on_behalf_to: self.grant_send_on_behalf_to,
            accept_only_from: self.accept_messages_only_from_senders_or_members,
            reject_from: self.reject_messages_from_senders_or_members,
            max_receive_size: self.max_receive_size,
        };
        changes.apply(session, &mut edited)?;
        self.custom_attributes.apply(&mut edited);
        Ok(edited)
    }
}
