//! Mailboxes: Get-, New-, Set- and Remove-Mailbox.

mod get;
mod new;
mod remove;
mod set;

use directory::{Kind, Mailbox, ProxyAddress, Recipient, Snapshot};

use crate::verb::{Quota, Session, Verb, VerbError, guid_text, object};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<get::GetMailbox>(),
    Verb::of::<new::NewMailbox>(),
    Verb::of::<set::SetMailbox>(),
    Verb::of::<remove::RemoveMailbox>(),
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
        /// UserMailbox or SharedMailbox.
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
    }
}

/// The mailbox of a recipient. Errors: NotFound, when it has none.
pub(super) fn mailbox_of<'r>(
    recipient: &'r Recipient,
    identity: &str,
) -> Result<&'r Mailbox, VerbError> {
    let missing = || VerbError::NotFound { what: "mailbox", identity: identity.to_owned() };
    recipient.mailbox().ok_or_else(missing)
}

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
        email_addresses: email_addresses(recipient),
        recipient_type_details: type_details(&recipient.kind),
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
    })
}

/// RecipientTypeDetails.
pub(super) fn type_details(kind: &Kind) -> &'static str {
    match kind {
        Kind::UserMailbox(..) => "UserMailbox",
        Kind::SharedMailbox(..) => "SharedMailbox",
        Kind::MailContact(..) => "MailContact",
        Kind::MailUser(..) => "MailUser",
        Kind::Group(..) => "MailUniversalDistributionGroup",
    }
}

/// EmailAddresses: the type of the primary address in capitals.
fn email_addresses(recipient: &Recipient) -> Vec<String> {
    let primary = format!("SMTP:{}", recipient.primary);
    let others = recipient.proxies.iter().map(|proxy| match proxy {
        ProxyAddress::Smtp(address) => format!("smtp:{address}"),
        ProxyAddress::X500(name) => format!("X500:{name}"),
    });
    std::iter::once(primary).chain(others).collect()
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

/// The addresses of recipients that are still there.
fn addresses_of(snapshot: &Snapshot, ids: &[directory::RecipientId]) -> Vec<String> {
    let found = ids.iter().filter_map(|id| snapshot.recipient(*id));
    found.map(|recipient| recipient.primary.to_string()).collect()
}

/// The mailbox as it is now, for an answer or the audit log.
fn current(session: &Session<'_>, id: directory::RecipientId) -> Option<MailboxObject> {
    let snapshot = session.snapshot();
    snapshot.recipient(id).and_then(|recipient| shown(&snapshot, recipient))
}
