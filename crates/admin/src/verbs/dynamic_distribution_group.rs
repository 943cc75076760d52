//! Distribution groups of those whom a filter takes: New-, Get-, Set- and
//! Remove-DynamicDistributionGroup. Who is in one is found out when a message comes; to see it
//! beforehand: `Get-Recipient -RecipientPreviewFilter`.

use ::filter::RecipientFilter;
use config::{ByteQuantity, Unlimited};
use directory::{Group, GroupReports, Kind, NewGroup, Recipient, Snapshot};
use types::Address;

use super::distribution_group::GroupChanges;
use super::precanned::{Included, Precanned};
use super::recipient::{
    Changes, CustomAttributes, CustomChanges, EmailAddress, Listing, Noun, address, addresses_of,
    ids_of, policies_of_new,
};
use crate::verb::{
    Cmdlet, Edit, Effect, Identity, Quota, Role, Session, Verb, VerbError, guid_text, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetDynamicDistributionGroup>(),
    Verb::of::<NewDynamicDistributionGroup>(),
    Verb::of::<SetDynamicDistributionGroup>(),
    Verb::of::<RemoveDynamicDistributionGroup>(),
];

object! {
    /// A group of those whom a filter takes.
    pub struct DynamicDistributionGroupObject = "DynamicDistributionGroup" [display_name, primary_smtp_address, recipient_filter] {
        /// The alias.
        identity: String,
        /// For good.
        guid: String,
        /// Short name, unique.
        alias: String,
        /// The name people see.
        display_name: String,
        /// The address it sends from.
        primary_smtp_address: String,
        /// All addresses as `SMTP:` (the primary one), `smtp:`, `X500:`.
        email_addresses: Vec<String>,
        /// Its addresses follow the e-mail address policies.
        email_address_policy_enabled: bool,
        /// DynamicDistributionGroup.
        recipient_type_details: &'static str,
        /// Whom it takes.
        recipient_filter: String,
        /// Who is in charge of it.
        managed_by: Vec<String>,
        /// The sender hears of members that cannot be reached.
        report_to_originator_enabled: bool,
        /// The first of those in charge hears of them.
        report_to_manager_enabled: bool,
        /// Members' automatic replies go to who wrote to the group.
        send_oof_message_to_originator_enabled: bool,
        /// Takes mail only from authenticated senders.
        require_sender_authentication_enabled: bool,
        /// Takes no larger messages.
        max_receive_size: Quota,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
        .. custom_attributes: CustomAttributes,
    }
}

verb! {
    /// Shows distribution groups that have a filter.
    pub struct GetDynamicDistributionGroup = "Get-DynamicDistributionGroup" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Makes a distribution group of those whom a filter takes.
    pub struct NewDynamicDistributionGroup = "New-DynamicDistributionGroup" (Role::DistributionGroups, Effect::Change) {
        /// The name people see, unless there is a DisplayName.
        name: String = first,
        /// Whom it takes: `{Department -eq 'Sales'}`.
        recipient_filter: Option<RecipientFilter>,
        /// In place of a filter: which kinds of recipients it takes.
        included_recipients: Vec<Included>,
        /// Of those only who is in one of these departments.
        conditional_department: Vec<String>,
        /// Of those only who is of one of these companies.
        conditional_company: Vec<String>,
        /// Of those only who is in one of these states or provinces.
        conditional_state_or_province: Vec<String>,
        /// The address it sends from, in an accepted domain; without it what the e-mail address
        /// policies say.
        primary_smtp_address: Option<Address>,
        /// Short name, unique; without it the local part of the address.
        alias: Option<String>,
        /// The name people see.
        display_name: Option<String>,
        /// Who is in charge of it.
        managed_by: Vec<Identity>,
        /// Takes mail only from authenticated senders; it does unless told otherwise.
        require_sender_authentication_enabled: Option<bool>,
    }
}

verb! {
    /// Changes a distribution group that has a filter. What is left out stays.
    pub struct SetDynamicDistributionGroup = "Set-DynamicDistributionGroup" (Role::DistributionGroups, Effect::Change) {
        /// The group.
        identity: Identity = first,
        /// Whom it takes: `{Department -eq 'Sales'}`.
        recipient_filter: Option<RecipientFilter>,
        /// In place of a filter: which kinds of recipients it takes.
        included_recipients: Vec<Included>,
        /// Of those only who is in one of these departments.
        conditional_department: Vec<String>,
        /// Of those only who is of one of these companies.
        conditional_company: Vec<String>,
        /// Of those only who is in one of these states or provinces.
        conditional_state_or_province: Vec<String>,
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

verb! {
    /// Removes a distribution group that has a filter. Its members stay.
    pub struct RemoveDynamicDistributionGroup = "Remove-DynamicDistributionGroup" (Role::DistributionGroups, Effect::Destroy) {
        /// The group.
        identity: Identity = first,
    }
}

/// The noun.
const DYNAMIC_GROUP: Noun<DynamicDistributionGroupObject> =
    Noun { what: "dynamic distribution group", show: shown };

impl Cmdlet for GetDynamicDistributionGroup {
    type Answer = Vec<DynamicDistributionGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetDynamicDistributionGroup { identity, anr, result_size } = self;
        DYNAMIC_GROUP.list(session, Listing { identity, anr, result_size })
    }
}

impl Cmdlet for NewDynamicDistributionGroup {
    type Answer = Vec<DynamicDistributionGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let given = self.primary_smtp_address.as_ref();
        let primary = address(session, &self.name, self.alias.as_ref(), given)?;
        let policies = policies_of_new(session, given)?;
        let precanned = Precanned {
            included: self.included_recipients,
            conditions: vec![
                ("Department", self.conditional_department),
                ("Company", self.conditional_company),
                ("StateOrProvince", self.conditional_state_or_province),
            ],
        };
        let filter = precanned.or(self.recipient_filter)?;
        let none = || VerbError::Missing("RecipientFilter or IncludedRecipients".to_owned());
        let filter = Some(filter.ok_or_else(none)?);
        let group = Group {
            managed_by: ids_of(session, &self.managed_by)?,
            authenticated_senders_only: self.require_sender_authentication_enabled.unwrap_or(true),
            ..Group::default()
        };
        session.may_make(&primary.to_string())?;
        if !session.should_process(format!("Creating dynamic distribution group {primary}")) {
            return Ok(Vec::new());
        }
        let display_name = self.display_name.unwrap_or(self.name);
        let request =
            NewGroup { primary, policies, alias: self.alias, display_name, group, filter };
        let id = session.directory().create_group(request).await?;
        DYNAMIC_GROUP.made(session, id)
    }
}

impl Cmdlet for SetDynamicDistributionGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = DYNAMIC_GROUP.find(session, &self.identity)?;
        let edited = self.edited(session, &before)?;
        DYNAMIC_GROUP.change(session, &before, edited, None).await
    }
}

impl SetDynamicDistributionGroup {
    /// The recipient as it is to be.
    fn edited(self, session: &Session<'_>, before: &Recipient) -> Result<Recipient, VerbError> {
        let mut edited = before.clone();
        if let Kind::DynamicGroup(group, filter) = &mut edited.kind {
            let changes = GroupChanges {
                managed_by: self.managed_by,
                report_to_originator_enabled: self.report_to_originator_enabled,
                report_to_manager_enabled: self.report_to_manager_enabled,
                send_oof_message_to_originator_enabled: self.send_oof_message_to_originator_enabled,
                require_sender_authentication_enabled: self.require_sender_authentication_enabled,
            };
            changes.apply(session, group)?;
            let precanned = Precanned {
                included: self.included_recipients,
                conditions: vec![
                    ("Department", self.conditional_department),
                    ("Company", self.conditional_company),
                    ("StateOrProvince", self.conditional_state_or_province),
                ],
            };
            if let Some(new) = precanned.or(self.recipient_filter)? {
                *filter = new;
            }
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

impl Cmdlet for RemoveDynamicDistributionGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = DYNAMIC_GROUP.find(session, &self.identity)?;
        DYNAMIC_GROUP.remove(session, &group).await
    }
}

fn shown(snapshot: &Snapshot, recipient: &Recipient) -> Option<DynamicDistributionGroupObject> {
    let Kind::DynamicGroup(group, filter) = &recipient.kind else { return None };
    Some(DynamicDistributionGroupObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: recipient.email_addresses(),
        email_address_policy_enabled: recipient.email_address_policy_enabled,
        recipient_type_details: recipient.kind.type_details(),
        recipient_filter: filter.as_str().to_owned(),
        managed_by: addresses_of(snapshot, &group.managed_by),
        report_to_originator_enabled: group.reports == GroupReports::Originator,
        report_to_manager_enabled: group.reports == GroupReports::Manager,
        send_oof_message_to_originator_enabled: group.automatic_replies,
        require_sender_authentication_enabled: group.authenticated_senders_only,
        max_receive_size: recipient.restrictions.max_receive_octets.into(),
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
        custom_attributes: CustomAttributes::of(recipient),
    })
}
