//! Marks that make a repeated delivery harmless, and the keys reserved for outboxes.
//!
//! **Delivered marks.** A queued message reaches its local recipients in slices, each its own
//! transaction. In the transaction that writes the mailbox stands the row
//! `0x20 8 <message> <mailbox>`; a slice that runs again finds it and does nothing. The marks
//! go with the message's last part. When mailboxes live in another database than the queue,
//! the mark belongs into that database, since it must commit with the mailbox.
//!
//! **Outbox.** Reserved, not written yet: `0x20 9 <mailbox> <message>` is a message that a
//! mailbox sends (SendItem, SubmitMessage, a rule), in the same commit as the copy in Sent
//! Items. Its value will be the envelope and the blob; the submission agent turns it into a
//! submission and deletes the row in the transaction that accepts it, so that a message is
//! sent exactly once although client and agent run apart.

use std::ops::Range;

use store::{Read, StoreError, Txn};

use crate::envelope::InternalMessageId;
use crate::queue::keys;

const MARK_VERSION: u8 = 1;

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

/// The keys reserved for what a mailbox sends.
pub fn outbox_keys(mailbox: u32) -> Range<Vec<u8>> {
    keys::outbox_of(mailbox)
}
