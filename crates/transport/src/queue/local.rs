//! The queue of local recipients that were not delivered with the 250: beyond the fast path,
//! or refused for now. Each slice is a transaction of its own in the bulk lane.

use std::sync::Arc;

use store::{Bulk, Read, StoreError};
use types::limits::LOCAL_SLICE_RECIPIENTS_MAX;

use crate::boundary::{Delivery, DeliveryOutcome, RecipientReport, Summary};
use crate::commit;
use crate::envelope::InternalMessageId;
use crate::queue::keys::PartKey;
use crate::queue::message::{Part, QueuedMessage, QueuedRecipient};
use crate::received;
use crate::shared::Core;
use crate::status::{self, EnhancedStatus, Reply};

/// Delivers a part; the answers stand in the recipients' order.
pub(crate) async fn deliver(
    core: &Arc<Core>,
    key: PartKey,
    part: &Part,
    message: &QueuedMessage,
) -> Result<Vec<RecipientReport>, StoreError> {
    let summary = match summarize(core, message).await {
        // It waits until it expires, and keeps no other message waiting.
        Err(error) if error.is_damage() => {
            tracing::error!(%error, internal_message_id = %key.id, "a queued message cannot be read");
            let waits = RecipientReport::Deferred(status::store_failed());
            return Ok(vec![waits; part.recipients.len()]);
        }
        summarized => summarized?,
    };
    let mut said = Vec::with_capacity(part.recipients.len());
    let deliveries: Vec<_> = part
        .recipients
        .iter()
        .filter_map(|queued| {
            let mailbox = queued.mailbox?;
            Some(delivery(key.id, mailbox, queued, message, &summary))
        })
        .collect();
    while let Some(rest) = deliveries.get(said.len()..).filter(|rest| !rest.is_empty()) {
        let slice = &rest[..rest.len().min(LOCAL_SLICE_RECIPIENTS_MAX)];
        let outcomes = deliver_slice(core, key, slice.to_vec()).await?;
        said.extend(outcomes.into_iter().map(answer));
    }
    Ok(said)
}

async fn summarize(core: &Arc<Core>, message: &QueuedMessage) -> Result<Summary, StoreError> {
    let (blob, octets, local) = (message.blob, message.octets, core.local.clone());
    core.database.read(move |snapshot| Ok(local.summarize(&snapshot.blob(blob, 0..octets)?))).await
}

fn delivery(
    id: InternalMessageId,
    mailbox: u32,
    queued: &QueuedRecipient,
    message: &QueuedMessage,
    summary: &Summary,
) -> Delivery {
    let recipient = queued.recipient.address.clone();
    Delivery {
        id,
        reverse_path: message.reverse_path.clone(),
        answerable: message.origin.may_be_reported_to(),
        mailbox,
        prefix: received::delivery_prefix(&message.reverse_path, &recipient),
        recipient,
        way: queued.way.clone(),
        blob: message.blob,
        summary: summary.clone(),
        received: message.accepted,
    }
}

async fn deliver_slice(
    core: &Arc<Core>,
    key: PartKey,
    slice: Vec<Delivery>,
) -> Result<Vec<DeliveryOutcome>, StoreError> {
    let local = core.local.clone();
    core.database
        .write_bulk(move |txn| commit::deliver_slice(txn, &*local, key.id, &slice).map(Bulk::Done))
        .await
}

fn answer(outcome: DeliveryOutcome) -> RecipientReport {
    match outcome {
        DeliveryOutcome::Delivered => {
            RecipientReport::Taken { reply: status::delivered(), passed_dsn: true }
        }
        DeliveryOutcome::Duplicate => RecipientReport::Taken {
            reply: Reply::new(250, EnhancedStatus::new(2, 1, 5), "delivered before"),
            passed_dsn: true,
        },
        DeliveryOutcome::Refused(reply) => RecipientReport::Failed(reply),
        DeliveryOutcome::Deferred(reply) => RecipientReport::Deferred(reply),
    }
}
