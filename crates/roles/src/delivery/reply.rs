//! Whether a message that comes into a mailbox gets an automatic reply (RFC 3834 section 2;
//! [MS-OXWOOF]). Asked in the delivery's own transaction, which leaves a row in the outbox; the
//! reply is made and sent by [`crate::submission`].

use content::automatic_response::{Respondable, is_program};
use directory::{Recipient, Snapshot};
use mailbox::MailboxNumber;
use mailbox::automatic_replies::{automatic_replies, is_answered};
use store::{StoreError, Txn};
use transport::Delivery;
use transport::boundary::Way;
use transport::outbox::{self, AutomaticReply, OutboxItem, OutboxKey};
use types::Address;

/// Puts an automatic reply into the outbox if one is due. `message` is only asked, and `owner`
/// only looked for, when the mailbox replies at all.
pub(super) fn note<'m>(
    txn: &mut Txn<'_>,
    delivery: &Delivery,
    owner: impl FnOnce() -> Option<std::sync::Arc<Recipient>>,
    message: impl FnOnce() -> Option<&'m Respondable>,
) -> Result<(), StoreError> {
    let number = MailboxNumber::new(delivery.mailbox);
    let settings = automatic_replies(txn, number)?;
    let Some(to) = delivery.reverse_path.address().filter(|_| settings.is_active(txn.now())) else {
        return Ok(());
    };
    if !delivery.answerable || is_program(to) || is_answered(txn, number, settings.period, to)? {
        return Ok(());
    }
    let (Some(owner), Some(message)) = (owner(), message()) else { return Ok(()) };
    if owner.smtp_addresses().any(|own| own == to) || !may_answer(&owner, delivery, message) {
        return Ok(());
    }
    let key = OutboxKey { mailbox: delivery.mailbox, cause: delivery.id };
    outbox::put(txn, key, &OutboxItem::AutomaticReply(reply(to, message)))
}

/// Who is not among the recipients that the header names does not reply: it came by a list or a
/// blind copy. A group stands for its members when its owner wants that.
fn may_answer(owner: &Recipient, delivery: &Delivery, message: &Respondable) -> bool {
    match &delivery.way {
        Way::Own => is_named(owner, delivery, message),
        Way::Group(group) => message.names(group) || is_named(owner, delivery, message),
        Way::QuietGroup => false,
    }
}

fn is_named(owner: &Recipient, delivery: &Delivery, message: &Respondable) -> bool {
    message.names(&delivery.recipient) || owner.smtp_addresses().any(|own| message.names(own))
}

fn reply(to: &Address, message: &Respondable) -> AutomaticReply {
    AutomaticReply {
        to: to.clone(),
        subject: message.subject.clone(),
        message_id: message.message_id.clone(),
        references: message.references.clone(),
    }
}

/// Whether an address is one of the organization: it gets the internal text.
pub(crate) fn is_internal(snapshot: &Snapshot, address: &Address) -> bool {
    use directory::DomainKind::{Authoritative, ExternalRelay, InternalRelay};
    let domain = snapshot.accepted_domain(&address.domain);
    domain.is_some_and(|domain| match domain.kind {
        Authoritative | InternalRelay => true,
        ExternalRelay => false,
    })
}
