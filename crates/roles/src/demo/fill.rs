//! Putting the sample mail in, through the pipeline like any other message.
//!
//! Once, also when the process is killed half way: each message is one transaction, they come
//! in a fixed order, and the UIDs an Inbox has given out tell how many of them it has had. So
//! nothing has to be remembered apart, and what a user deletes does not come back.

use std::collections::HashMap;

use mailbox::{Access, Fault, Mailbox, MailboxNumber, Special};
use transport::firewall::HeaderRights;
use transport::received::Stamp;
use transport::{
    Envelope, HopLimits, IntakePolicy, NetworkMessageId, Origin, Refused, Source, Submission,
    prepare_header,
};
use types::{Address, BodyType, Clock, Domain, ReversePath};

use super::samples::Sample;
use super::{DemoError, users};
use crate::MailboxServer;

/// Delivers every sample to those of its recipients who have not had it.
pub(super) async fn deliver_missing(
    server: &MailboxServer,
    samples: &[Sample],
    domain: &Domain,
    clock: &dyn Clock,
) -> Result<(), DemoError> {
    let mut received = received(server, domain).await?;
    for sample in samples {
        let missing: Vec<Address> = sample
            .recipients(domain)
            .filter(|recipient| !take_one(&mut received, recipient))
            .collect();
        if !missing.is_empty() {
            deliver(server, sample, domain, missing, clock).await?;
        }
    }
    Ok(())
}

/// Counts one message off; false when there is none left.
fn take_one(received: &mut HashMap<Address, u32>, recipient: &Address) -> bool {
    match received.get_mut(recipient) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// How many messages the Inbox of each user has ever had.
async fn received(
    server: &MailboxServer,
    domain: &Domain,
) -> Result<HashMap<Address, u32>, DemoError> {
    let snapshot = server.storage().directory.snapshot();
    let mut received = HashMap::new();
    for user in users::named(domain) {
        let owner = snapshot.by_address(&user.primary).and_then(|owner| owner.mailbox());
        if let Some(settings) = owner {
            let number = MailboxNumber::new(settings.location.number);
            received.insert(user.primary, ever_received(server, number).await?);
        }
    }
    Ok(received)
}

async fn ever_received(server: &MailboxServer, number: MailboxNumber) -> Result<u32, Fault> {
    let mailbox = Mailbox::open(server.storage().mailboxes.clone(), number, Access::System);
    let uid_next = mailbox
        .read(|view| {
            let inbox = view.special(Special::Inbox)?;
            Ok(view.status(inbox.id)?.uid_next)
        })
        .await;
    match uid_next {
        Ok(uid_next) => Ok(uid_next.saturating_sub(1)),
        // Nobody has used this mailbox yet.
        Err(Fault::NotFound(_)) => Ok(0),
        Err(fault) => Err(fault),
    }
}

async fn deliver(
    server: &MailboxServer,
    sample: &Sample,
    domain: &Domain,
    recipients: Vec<Address>,
    clock: &dyn Clock,
) -> Result<(), DemoError> {
    let transport = server.transport();
    let (id, origin) = (transport.next_id(), Origin::own(Source::Pickup));
    let message = sample.message(domain, clock.now());
    let own_name = Domain::parse(&server.settings().server_name);
    let stamp = Stamp {
        origin: &origin,
        server: own_name.as_ref().unwrap_or(domain),
        id,
        recipient: None,
        smtputf8: false,
        now: clock.now(),
    };
    let content = transport.content(stamped(&message, &stamp)?).await?;
    let reverse_path = ReversePath::Address(sample.sender(domain)?);
    let envelope =
        Envelope { body: BodyType::EightBitMime, ..Envelope::new(reverse_path, recipients) };
    let network_id = NetworkMessageId::generate();
    transport.submit(Submission { id, network_id, envelope, origin, content }).await?;
    Ok(())
}

/// The message with its header as the pickup directory would prepare it.
fn stamped(message: &[u8], stamp: &Stamp<'_>) -> Result<Vec<u8>, Refused> {
    let (header, body) = message.split_at(transport::header::header_len(message));
    let policy =
        IntakePolicy { rights: HeaderRights::NONE, hops: HopLimits::NONE, submission: None };
    let mut stamped = prepare_header(header, stamp, &policy)?;
    stamped.extend_from_slice(body);
    Ok(stamped)
}
