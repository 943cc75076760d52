//! Mailboxes: Get-, New-, Set-, Remove-, Enable- and Disable-Mailbox.

mod disable;
mod enable;
mod get;
mod new;
mod remove;
mod set;

use directory::{Recipient, Snapshot};
use mailbox::{Guid, Home};

use super::recipient::{CustomAttributes, Noun, addresses_of};
use crate::verb::{Identity, Quota, Session, Verb, VerbError, guid_text, object};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<get::GetMailbox>(),
    Verb::of::<new::NewMailbox>(),
    Verb::of::<set::SetMailbox>(),
    Verb::of::<remove::RemoveMailbox>(),
    Verb::of::<enable::EnableMailbox>(),
    Verb::of::<disable::DisableMailbox>(),
];

object! {
    /// A mailbox and the account that owns it.
    pub struct MailboxObject = "Mailbox" [display_name, alias, primary_smtp_address, recipient_type_details] {
        /// The alias, or the address when several recipients could be meant.
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
        /// UserMailbox, SharedMailbox, RoomMailbox or EquipmentMailbox.
        recipient_type_details: &'static str,
        /// The server it is on.
        server_name: String,
        /// The database there.
        database: String,
        /// The database's quotas hold in place of those of the mailbox.
        use_database_quota_defaults: bool,
        /// Above it the owner is warned.
        issue_warning_quota: Quota,
        /// Above it the owner cannot send.
        prohibit_send_quota: Quota,
        /// Above it nothing comes in either.
        prohibit_send_receive_quota: Quota,
        /// Above it the oldest deleted items go before their time.
        recoverable_items_warning_quota: Quota,
        /// A deletion that would pass it takes the oldest deleted items along.
        recoverable_items_quota: Quota,
        /// What the owner removes from Recoverable Items stays for its retention.
        single_item_recovery_enabled: bool,
        /// The recipient its mail goes on to.
        forwarding_address: Option<String>,
        /// The address its mail goes on to.
        forwarding_smtp_address: Option<String>,
        /// A copy of what goes on stays.
        deliver_to_mailbox_and_forward: bool,
        /// Who may send on its behalf.
        grant_send_on_behalf_to: Vec<String>,
        /// No address list shows it.
        hidden_from_address_lists_enabled: bool,
        /// Takes mail only from these and from members of these groups; empty: from anybody.
        accept_messages_only_from_senders_or_members: Vec<String>,
        /// Takes no mail from these nor from members of these groups.
        reject_messages_from_senders_or_members: Vec<String>,
        /// Takes no larger messages.
        max_receive_size: Quota,
        .. custom_attributes: CustomAttributes,
    }
}

/// The noun.
pub(super) const MAILBOX: Noun<MailboxObject> = Noun { what: "mailbox", show: shown };

/// How verbs show a recipient's mailbox; None, when it has none.
fn shown(snapshot: &Snapshot, recipient: &Recipient) -> Option<MailboxObject> {
    let mailbox = recipient.mailbox()?;
    let forwarding = mailbox.forwarding.as_ref();
    let (recipients, addresses) =
        forwarding.map(|each| targets(snapshot, each)).unwrap_or_default();
    Some(MailboxObject {
        identity: recipient.alias.clone(),
        guid: guid_text(&recipient.id.0),
        alias: recipient.alias.clone(),
        display_name: recipient.display_name.clone(),
        primary_smtp_address: recipient.primary.to_string(),
        email_addresses: recipient.email_addresses(),
        email_address_policy_enabled: recipient.email_address_policy_enabled,
        recipient_type_details: recipient.kind.type_details(),
        server_name: mailbox.location.server.clone(),
        database: mailbox.location.database.clone(),
        use_database_quota_defaults: mailbox.use_database_quota_defaults,
        issue_warning_quota: mailbox.quotas.warn.into(),
        prohibit_send_quota: mailbox.quotas.prohibit_send.into(),
        prohibit_send_receive_quota: mailbox.quotas.prohibit_send_receive.into(),
        recoverable_items_warning_quota: mailbox.recoverable_items.warn.into(),
        recoverable_items_quota: mailbox.recoverable_items.quota.into(),
        single_item_recovery_enabled: mailbox.recoverable_items.single_item_recovery,
        forwarding_address: recipients,
        forwarding_smtp_address: addresses,
        deliver_to_mailbox_and_forward: forwarding.is_some_and(|each| each.keep_copy),
        grant_send_on_behalf_to: addresses_of(snapshot, &recipient.send_on_behalf),
        hidden_from_address_lists_enabled: recipient.hidden_from_address_lists,
        accept_messages_only_from_senders_or_members: addresses_of(
            snapshot,
            &recipient.restrictions.accept_only_from,
        ),
        reject_messages_from_senders_or_members: addresses_of(
            snapshot,
            &recipient.restrictions.reject_from,
        ),
        max_receive_size: recipient.restrictions.max_receive_octets.into(),
        custom_attributes: CustomAttributes::of(recipient),
    })
}

/// ForwardingAddress and ForwardingSmtpAddress.
fn targets(
    snapshot: &Snapshot,
    forwarding: &directory::Forwarding,
) -> (Option<String>, Option<String>) {
    match &forwarding.to {
        directory::ForwardTo::Recipient(id) => (addresses_of(snapshot, &[*id]).pop(), None),
        directory::ForwardTo::Address(address) => (None, Some(address.to_string())),
    }
}

/// Opens a mailbox with its owner's rights. Errors: NotFound; Unavailable on another server.
pub(super) async fn open(
    session: &Session<'_>,
    identity: &Identity,
) -> Result<mailbox::Mailbox, VerbError> {
    let owner = MAILBOX.find(session, identity)?;
    let guid = Guid(owner.id.0);
    match session.organization.homes.home(guid, guid).await? {
        Home::Local(mailbox) => Ok(mailbox),
        Home::Remote(server) => {
            Err(VerbError::Unavailable(format!("the mailbox is on {server}: run the verb there")))
        }
    }
}
/// The mailbox of a recipient whom the caller may change.
pub(super) async fn open_to_change(
    session: &Session<'_>,
    identity: &Identity,
) -> Result<mailbox::Mailbox, VerbError> {
    session.may_change(&*MAILBOX.find(session, identity)?)?;
    open(session, identity).await
}
