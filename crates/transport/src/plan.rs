//! What one transaction writes: copies of a message with their targets, decided before the
//! writer is asked. A plan is data; [`crate::commit`] carries it out.

use bytes::Bytes;
use store::{BlobNumber, Staged};
use types::limits::TRACKED_SUBJECT_OCTETS_MAX;
use types::time::Timestamp;

use crate::boundary::Summary;
use crate::categorize::{LocalRecipient, MessageCopy};
use crate::envelope::{Envelope, InternalMessageId, NetworkMessageId, Origin, Recipient};
use crate::header;
use crate::queue::message::QueuedMessage;
use crate::route::NextHopSolutionKey;
use crate::shared::Core;
use crate::tracking::Tracked;

/// The bytes of a message on their way into the store.
#[derive(Clone)]
pub struct Content {
    /// Staged for the transaction.
    pub staged: Staged,
    /// The same bytes in memory, which reports enclose. Of a message that was streamed into
    /// the store, its beginning with at least the header is enough; reports made at
    /// submission then enclose the header only.
    pub bytes: Bytes,
    /// What mailboxes want to know of them.
    pub summary: Summary,
}

impl Content {
    /// The header.
    pub fn header(&self) -> &[u8] {
        &self.bytes[..header::header_len(&self.bytes)]
    }
}

/// One copy with everything its rows need.
#[derive(Clone)]
pub(crate) struct PlannedCopy {
    pub id: InternalMessageId,
    /// The row for the queue; blob, time and count are filled in by the transaction.
    pub message: QueuedMessage,
    pub staged: Staged,
    pub summary: Summary,
    pub local: Vec<PlannedLocal>,
    pub remote: Vec<(NextHopSolutionKey, Vec<Recipient>)>,
}

/// A local recipient, and the success report that goes out if the delivery succeeds.
#[derive(Clone)]
pub(crate) struct PlannedLocal {
    pub target: LocalRecipient,
    pub receipts: Vec<PlannedCopy>,
}

/// What the copies of a message have in common.
pub(crate) struct Template<'a> {
    pub network_id: NetworkMessageId,
    pub envelope: &'a Envelope,
    pub origin: &'a Origin,
    pub content: &'a Content,
}

impl Template<'_> {
    /// The row of a queued copy. Never stored as it is: see [`PlannedCopy::message`].
    pub fn message(&self) -> QueuedMessage {
        let head = self.content.header();
        let value = |name| header::field(head, name).map(|field| field.value()).unwrap_or_default();
        QueuedMessage {
            network_id: self.network_id,
            reverse_path: self.envelope.reverse_path.clone(),
            ret: self.envelope.ret,
            envelope_id: self.envelope.envelope_id.clone(),
            body: self.envelope.body,
            smtputf8: self.envelope.smtputf8,
            require_tls: self.envelope.require_tls,
            origin: self.origin.clone(),
            blob: BlobNumber(0),
            octets: self.content.staged.len(),
            message_id: cut(value("Message-ID")),
            subject: cut(value("Subject")),
            accepted: Timestamp::EPOCH,
            parts: 0,
        }
    }
}

/// At most the tracked length, cut between characters.
fn cut(mut text: String) -> String {
    let mut end = text.len().min(TRACKED_SUBJECT_OCTETS_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Gives each copy its number; the first keeps the one the client was told.
pub(crate) fn plan_copies(
    core: &Core,
    first: InternalMessageId,
    template: &Template<'_>,
    copies: Vec<MessageCopy>,
) -> Vec<PlannedCopy> {
    let message = template.message();
    let plan = |(position, copy): (usize, MessageCopy)| PlannedCopy {
        id: if position == 0 { first } else { core.next_id() },
        message: QueuedMessage { reverse_path: copy.reverse_path, ..message.clone() },
        staged: template.content.staged.clone(),
        summary: template.content.summary.clone(),
        local: copy
            .local
            .into_iter()
            .map(|target| PlannedLocal { target, receipts: Vec::new() })
            .collect(),
        remote: copy.remote.into_iter().collect(),
    };
    copies.into_iter().enumerate().map(plan).collect()
}

/// What tracking events say of a message.
pub(crate) fn tracked(id: InternalMessageId, message: &QueuedMessage) -> Tracked {
    Tracked {
        internal_message_id: id,
        network_message_id: message.network_id,
        message_id: message.message_id.clone(),
        message_subject: message.subject.clone(),
        total_bytes: message.octets,
        return_path: message.reverse_path.clone(),
        origin: message.origin.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tracked_of_a_field_has_its_length() {
        let whole = "s".repeat(TRACKED_SUBJECT_OCTETS_MAX);
        assert_eq!(cut(whole.clone()), whole);
        assert_eq!(cut(format!("{whole}s")), whole);
        let wide = format!("{}é", &whole[1..]);
        assert_eq!(cut(wide), whole[1..], "between characters");
    }
}
