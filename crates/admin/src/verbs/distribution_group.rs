//! Distribution groups: New-, Get-, Set- and Remove-DistributionGroup; who is in them: Add-, Get-,
//! Remove- and Update-DistributionGroupMember.

mod member;
mod new;
mod set;
mod settings;

use directory::{GroupReports, Kind, Recipient, Snapshot};

use super::recipient::{CustomAttributes, Listing, Noun, addresses_of};
pub(super) use settings::GroupChanges;

use crate::verb::{
    Cmdlet, Effect, Identity, Quota, Role, Session, Verb, VerbError, guid_text, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetDistributionGroup>(),
    Verb::of::<new::NewDistributionGroup>(),
    Verb::of::<set::SetDistributionGroup>(),
    Verb::of::<RemoveDistributionGroup>(),
    Verb::of::<member::AddDistributionGroupMember>(),
    Verb::of::<member::GetDistributionGroupMember>(),
    Verb::of::<member::RemoveDistributionGroupMember>(),
    Verb::of::<member::UpdateDistributionGroupMember>(),
];

object! {
    /// A group whose members get the mail sent to it.
    pub struct DistributionGroupObject = "DistributionGroup" [display_name, alias, primary_smtp_address] {
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
        /// MailUniversalDistributionGroup.
        recipient_type_details: &'static str,
        /// How many members it has; Get-DistributionGroupMember shows them.
        member_count: usize,
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
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Vec<String>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Vec<String>,
        /// Takes no larger messages.
        max_receive_size: Quota,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Vec<String>,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
        .. custom_attributes: CustomAttributes,
    }
}

verb! {
    /// Shows distribution groups.
    pub struct GetDistributionGroup = "Get-DistributionGroup" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only this one.
        identity: Option<Identity> = first,
        /// Only those whose name, alias or address begins with this.
        anr: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Removes a distribution group. Its members stay.
    pub struct RemoveDistributionGroup = "Remove-DistributionGroup" (Role::DistributionGroups, Effect::Destroy) {
        /// The group.
        identity: Identity = first,
    }
}

/// The noun.
const GROUP: Noun<DistributionGroupObject> = Noun { what: "distribution group", show: shown };

impl Cmdlet for GetDistributionGroup {
    type Answer = Vec<DistributionGroupObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let GetDistributionGroup { identity, anr, result_size } = self;
        GROUP.list(session, Listing { identity, anr, result_size })
    }
}

impl Cmdlet for RemoveDistributionGroup {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let group = GROUP.find(session, &self.identity)?;
        GROUP.remove(session, &group).await
    }
}

fn shown(snapshot: &Snapshot, recipient: &Recipient) -> Option<DistributionGroupObject> {
    let Kind::Group(group) = &recipient.kind else { return None };
    let restrictions = &recipient.restrictions;
    Some(DistributionGroupObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: recipient.email_addresses(),
        email_address_policy_enabled: recipient.email_address_policy_enabled,
        recipient_type_details: recipient.kind.type_details(),
        member_count: group.members.len(),
        managed_by: addresses_of(snapshot, &group.managed_by),
        report_to_originator_enabled: group.reports == GroupReports::Originator,
        report_to_manager_enabled: group.reports == GroupReports::Manager,
        send_oof_message_to_originator_enabled: group.automatic_replies,
        require_sender_authentication_enabled: group.authenticated_senders_only,
        accept_messages_only_from_senders_or_members: addresses_of(
            snapshot,
            &restrictions.accept_only_from,
        ),
        reject_messages_from_senders_or_members: addresses_of(snapshot, &restrictions.reject_from),
        max_receive_size: restrictions.max_receive_octets.into(),
        grant_send_on_behalf_to: addresses_of(snapshot, &recipient.send_on_behalf),
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
        custom_attributes: CustomAttributes::of(recipient),
    })
}
