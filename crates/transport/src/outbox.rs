//! Marks that make a repeated delivery harmless, and what mailboxes send of themselves.
//!
//! **Delivered marks.** A queued message reaches its local recipients in slices, each its own
//! transaction. In the transaction that writes the mailbox stands the row
//! `0x20 8 <message> <mailbox>`; a slice that runs again finds it and does nothing. The marks
//! go with the message's last part. When mailboxes live in another database than the queue,
//! the mark belongs into that database, since it must commit with the mailbox.
//!
//! **Outbox.** `0x20 9 <mailbox> <message>` is something that a mailbox sends because of a
//! message that came in, written in the delivery's own transaction: today an automatic reply.
//! The submission agent makes a message of it and gives it to
//! [`Transport::submit_claimed`](crate::Transport::submit_claimed), whose transaction deletes the
//! row, so that it is sent exactly once whatever is cut off in between. Here is only the row;
//! whether and what to answer is decided by whoever writes and reads it.

use std::ops::ControlFlow;

use store::{Corrupt, Direction, Read, ReadExt, Record, StoreError, Txn};
use types::Address;
use types::wire::{Reader, Truncated};

use crate::envelope::InternalMessageId;
use crate::queue::keys;
use crate::record::{Field, stored_struct};

const MARK_VERSION: u8 = 1;

/// Watchers of this topic ([`store::Database::watch`]) wake when a row is put into an outbox.
pub const TOPIC: u64 = 1 << 41;

/// Notes that the mailbox has the message.
pub fn mark_delivered(
    txn: &mut Txn<'_>,
    id: InternalMessageId,
    mailbox: u32,
) -> Result<(), StoreError> {
    txn.put(&keys::delivered(id, mailbox), MARK_VERSION, &[])
}

/// Whether the mailbox has the message.
pub fn is_delivered(
    read: &impl Read,
    id: InternalMessageId,
    mailbox: u32,
) -> Result<bool, StoreError> {
    Ok(read.get(&keys::delivered(id, mailbox))?.is_some())
}

/// Which row of which outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxKey {
    /// The mailbox that sends.
    pub mailbox: u32,
    /// The message that is the reason for it.
    pub cause: InternalMessageId,
}

/// What a mailbox is to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxItem {
    /// An automatic reply.
    AutomaticReply(AutomaticReply),
}

/// An automatic reply (RFC 3834) that is due: what it needs to know of the message it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomaticReply {
    /// Where it goes: the reverse path of the message.
    pub to: Address,
    /// Subject of the message.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its References, or else its In-Reply-To.
    pub references: String,
}

stored_struct!(AutomaticReply { to, subject, message_id, references });

/// First octet of a row: what it is. Numbers are stored: never reuse one.
const AUTOMATIC_REPLY: u8 = 1;

impl Record for OutboxItem {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            OutboxItem::AutomaticReply(reply) => {
                out.push(AUTOMATIC_REPLY);
                reply.put(out);
            }
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        item(payload).map_err(|_| Corrupt("outbox item"))
    }
}

fn item(payload: &[u8]) -> Result<OutboxItem, Truncated> {
    let mut reader = Reader::new(payload);
    match reader.octet()? {
        AUTOMATIC_REPLY => AutomaticReply::read(&mut reader).map(OutboxItem::AutomaticReply),
        _ => Err(Truncated),
    }
}

/// Puts something into an outbox and wakes the submission agent.
pub fn put(txn: &mut Txn<'_>, key: OutboxKey, item: &OutboxItem) -> Result<(), StoreError> {
    txn.wake(TOPIC);
    txn.put_record(&keys::outbox(key.mailbox, key.cause), item)
}

/// Takes something out of its outbox. False: it is gone already.
pub fn take(txn: &mut Txn<'_>, key: OutboxKey) -> Result<bool, StoreError> {
    let key = keys::outbox(key.mailbox, key.cause);
    let there = txn.get(&key)?.is_some();
    txn.delete(&key)?;
    Ok(there)
}

/// Up to `limit` items after `after`, in order of their keys.
pub fn pending(
    read: &impl Read,
    after: Option<OutboxKey>,
    limit: usize,
) -> Result<Vec<(OutboxKey, OutboxItem)>, StoreError> {
    let all = keys::outboxes();
    let from = match after {
        None => all.start,
        Some(OutboxKey { mailbox, cause }) => {
            let mut next = keys::outbox(mailbox, cause);
            next.push(0);
            next
        }
    };
    let mut found = Vec::new();
    read.records(&from, &all.end, Direction::Forward, &mut |key, item| {
        if found.len() == limit {
            return ControlFlow::Break(());
        }
        let key = keys::outbox_at_end(key);
        found.extend(key.map(|(mailbox, cause)| (OutboxKey { mailbox, cause }, item)));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_item_comes_back(subject in ".*", message_id in ".*", references in ".*") {
            let to = Address::parse("carol@example.test").unwrap();
            let reply = AutomaticReply { to, subject, message_id, references };
            let item = OutboxItem::AutomaticReply(reply);
            let mut row = Vec::new();
            item.encode(&mut row);
            prop_assert_eq!(OutboxItem::decode(1, &row), Ok(item));
            prop_assert!(OutboxItem::decode(1, &row[..row.len() - 1]).is_err());
        }
    }

    #[test]
    fn an_unknown_kind_is_damage() {
        assert!(OutboxItem::decode(1, &[0]).is_err());
    }
}
