//! Mailbox Transport Delivery as a function: one message into one mailbox, inside the
//! transaction that accepts it.

mod reply;

use std::sync::{Arc, OnceLock};

use auth::RecipientId;
use content::automatic_response::{Respondable, respondable};
use directory::{Directory, Recipient, Snapshot};
use mailbox::{Access, Change, Fault, Flags, Guid, Keywords, MailboxNumber, NewItem, Special};
use store::{Read, StoreError, Txn};
use transport::{Delivery, DeliveryOutcome, EnhancedStatus, LocalDelivery, Reply, Summary};

pub(crate) use self::reply::is_internal;
use crate::homes;
use crate::policy::{DatabaseDefaults, MailboxPolicy};

/// What mailboxes want to know of a message.
struct Summarized {
    /// The item's summary as its row has it.
    encoded: Arc<[u8]>,
    header: Box<[u8]>,
    /// What an automatic reply needs; read when a mailbox that replies gets the message.
    respondable: OnceLock<Option<Respondable>>,
}

impl Summarized {
    fn of(message: &[u8]) -> Self {
        Summarized {
            encoded: content::derive(message).encode().into(),
            header: message[..transport::header::header_len(message)].into(),
            respondable: OnceLock::new(),
        }
    }

    fn respondable(&self) -> Option<&Respondable> {
        self.respondable.get_or_init(|| respondable(&self.header)).as_ref()
    }
}

/// Delivers into the mailboxes of one database.
pub struct MailboxDelivery {
    directory: Directory,
    defaults: DatabaseDefaults,
}

impl MailboxDelivery {
    /// The directory tells the identity and quotas of a mailbox that does not exist yet.
    pub fn new(directory: Directory, defaults: DatabaseDefaults) -> Arc<Self> {
        Arc::new(MailboxDelivery { directory, defaults })
    }

    fn place(
        &self,
        txn: &mut Txn<'_>,
        delivery: &Delivery,
        summary: &Summarized,
    ) -> Result<(), Fault> {
        let item = item(delivery, summary);
        let number = MailboxNumber::new(delivery.mailbox);
        let octets = txn.blob_len(delivery.blob)?;
        let mut change = match Change::begin(txn, number, Access::System) {
            Err(Fault::NotFound(_)) => {
                let (guid, policy) = self.identity(delivery)?;
                homes::create(txn, number, guid, policy)?;
                Change::begin(txn, number, Access::System)?
            }
            begun => begun?,
        };
        let inbox = change.special_id(Special::Inbox);
        change.deliver(inbox, delivery.blob, octets, &item)?;
        change.finish()?;
        Ok(reply::note(txn, delivery, || self.owner(delivery), || summary.respondable())?)
    }

    fn identity(&self, delivery: &Delivery) -> Result<(Guid, MailboxPolicy), Fault> {
        let owner = self.owner(delivery).ok_or(Fault::NotFound("mailbox"))?;
        let settings = owner.mailbox().ok_or(Fault::NotFound("mailbox"))?;
        let RecipientId(guid) = owner.id;
        Ok((Guid(guid), self.defaults.policy(settings)))
    }

    /// Who the mailbox is of: whose the address is, or else, when the address has gone to
    /// somebody else since the message was queued, who has the number.
    fn owner(&self, delivery: &Delivery) -> Option<Arc<Recipient>> {
        let snapshot = self.directory.snapshot();
        let by_address = snapshot.by_address(&delivery.recipient);
        let by_address = by_address.filter(|recipient| owns(recipient, delivery.mailbox));
        by_address.cloned().or_else(|| owner_of(&snapshot, delivery.mailbox))
    }
}

/// Whose mailbox has that number.
pub(crate) fn owner_of(snapshot: &Snapshot, number: u32) -> Option<Arc<Recipient>> {
    snapshot.recipients().find(|recipient| owns(recipient, number)).cloned()
}

fn owns(recipient: &Recipient, number: u32) -> bool {
    recipient.mailbox().is_some_and(|mailbox| mailbox.location.number == number)
}

/// The item that the message becomes.
fn item(delivery: &Delivery, summary: &Summarized) -> NewItem {
    NewItem {
        summary: Arc::clone(&summary.encoded),
        prefix: delivery.prefix.clone(),
        flags: Flags::NONE,
        keywords: Keywords::NONE,
        received: Some(delivery.received.secs()),
        zone_minutes: 0,
    }
}

impl LocalDelivery for MailboxDelivery {
    fn summarize(&self, message: &[u8]) -> Summary {
        Arc::new(Summarized::of(message))
    }

    fn deliver(
        &self,
        txn: &mut Txn<'_>,
        delivery: &Delivery,
    ) -> Result<DeliveryOutcome, StoreError> {
        let Some(summary) = delivery.summary.downcast_ref::<Summarized>() else {
            return Ok(DeliveryOutcome::Deferred(unreadable()));
        };
        match self.place(txn, delivery, summary) {
            Ok(()) => Ok(DeliveryOutcome::Delivered),
            Err(Fault::OverQuota) => Ok(DeliveryOutcome::Refused(mailbox_full())),
            Err(Fault::Storage(error)) => Err(error),
            Err(Fault::DiskNearlyFull) => Err(StoreError::DiskNearlyFull),
            Err(fault) => {
                tracing::error!(mailbox = delivery.mailbox, %fault, "delivery deferred");
                Ok(DeliveryOutcome::Deferred(unreadable()))
            }
        }
    }
}

/// STOREDRV.Deliver; quota exceeded.
fn mailbox_full() -> Reply {
    Reply::new(552, EnhancedStatus::new(5, 2, 2), "STOREDRV.Deliver; the mailbox is full")
}

/// STOREDRV.Deliver; something is wrong with the mailbox, which an operator can mend.
fn unreadable() -> Reply {
    Reply::new(451, EnhancedStatus::new(4, 2, 0), "STOREDRV.Deliver; the mailbox is not available")
}
