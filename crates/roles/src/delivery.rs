//! Mailbox Transport Delivery as a function: one message into one mailbox, inside the
//! transaction that accepts it.

use std::sync::Arc;

use auth::RecipientId;
use directory::{Directory, Recipient};
use mailbox::{Access, Change, Fault, Flags, Guid, Keywords, MailboxNumber, NewItem, Special};
use store::{Read, StoreError, Txn};
use transport::{Delivery, DeliveryOutcome, EnhancedStatus, LocalDelivery, Reply, Summary};

use crate::homes;
use crate::policy::{DatabaseDefaults, MailboxPolicy};

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

    fn place(&self, txn: &mut Txn<'_>, delivery: &Delivery, item: &NewItem) -> Result<(), Fault> {
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
        change.deliver(inbox, delivery.blob, octets, item)?;
        change.finish()
    }

    /// Who the mailbox is of: whose the address is, or else, when the address has gone to
    /// somebody else since the message was queued, who has the number.
    fn identity(&self, delivery: &Delivery) -> Result<(Guid, MailboxPolicy), Fault> {
        let snapshot = self.directory.snapshot();
        let owns = |recipient: &&Arc<Recipient>| {
            recipient.mailbox().is_some_and(|m| m.location.number == delivery.mailbox)
        };
        let by_address = snapshot.by_address(&delivery.recipient).filter(owns);
        let owner = by_address.or_else(|| snapshot.recipients().find(owns));
        let owner = owner.ok_or(Fault::NotFound("mailbox"))?;
        let settings = owner.mailbox().ok_or(Fault::NotFound("mailbox"))?;
        let RecipientId(guid) = owner.id;
        Ok((Guid(guid), self.defaults.policy(settings)))
    }
}

impl LocalDelivery for MailboxDelivery {
    fn summarize(&self, message: &[u8]) -> Summary {
        let encoded: Arc<[u8]> = content::derive(message).encode().into();
        Arc::new(encoded)
    }

    fn deliver(
        &self,
        txn: &mut Txn<'_>,
        delivery: &Delivery,
    ) -> Result<DeliveryOutcome, StoreError> {
        let Some(summary) = delivery.summary.downcast_ref::<Arc<[u8]>>() else {
            return Ok(DeliveryOutcome::Deferred(unreadable()));
        };
        let item = NewItem {
            summary: Arc::clone(summary),
            prefix: delivery.prefix.clone(),
            flags: Flags::NONE,
            keywords: Keywords::NONE,
            received: Some(delivery.received.secs()),
            zone_minutes: 0,
        };
        match self.place(txn, delivery, &item) {
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
