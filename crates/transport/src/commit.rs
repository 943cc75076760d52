//! The one transaction: local recipients get the message, everybody else a queue row, parts
//! that a connection has dealt with change or go, reports enter by the same door.
//!
//! Runs on the writer's thread and may run again, so it only reads its arguments and the
//! transaction. A mailbox that refuses here (full since it was resolved, say) is no error:
//! its recipient becomes a queue row, whose next try ends in a report.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::{BlobNumber, ReadExt, StoreError, Txn};
use tracing::debug_span;
use types::Address;
use types::limits::{FAST_PATH_RECIPIENTS_MAX, QUEUE_ROWS_RESERVE_OCTETS};
use types::time::Timestamp;

use crate::boundary::{Delivery, DeliveryOutcome, LocalDelivery};
use crate::envelope::InternalMessageId;
use crate::plan::{PlannedCopy, PlannedLocal};
use crate::queue::hop;
use crate::queue::keys::{self, HopNumber, PartKey};
use crate::queue::message::{Part, QueuedMessage, QueuedRecipient, cut_into_parts};
use crate::queue::rows;
use crate::queue::schedule::RetryPolicy;
use crate::received;
use crate::route::NextHopSolutionKey;
use crate::status::Reply;

/// What the accepting transaction does first: takes away what the message is made from, and
/// says whether it was there. When it was not, the message has been accepted before and nothing
/// but what the claim wrote is kept. May run again, like everything in a transaction.
pub type Claim = Arc<dyn Fn(&mut Txn<'_>) -> Result<bool, StoreError> + Send + Sync>;

/// What is to be written.
#[derive(Default)]
pub(crate) struct Work {
    pub claim: Option<Claim>,
    pub copies: Vec<PlannedCopy>,
    pub changes: Vec<PartChange>,
}

/// What becomes of a part.
pub(crate) struct PartChange {
    pub key: PartKey,
    pub change: Change,
}

pub(crate) enum Change {
    /// Only these of its recipients (by position) still wait, for the reason given; nobody
    /// means that the part goes.
    Remaining { positions: Vec<usize>, error: Option<Reply> },
    /// The sender was told of the delay.
    DelayReported,
}

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// The claim found nothing: nothing was written.
    pub forgone: bool,
    /// Queues that got a message.
    pub hops: BTreeSet<HopNumber>,
    /// What became of the local recipients of each copy, receipts included.
    pub copies: Vec<CommittedCopy>,
}

#[derive(Debug)]
pub(crate) struct CommittedCopy {
    pub id: InternalMessageId,
    pub delivered: Vec<Address>,
    pub duplicates: Vec<Address>,
    pub queued: usize,
}

/// What the transaction needs besides the work.
pub(crate) struct Surroundings<'a> {
    pub local: &'a dyn LocalDelivery,
    pub retry: &'a RetryPolicy,
}

pub(crate) fn commit(
    txn: &mut Txn<'_>,
    work: &Work,
    around: &Surroundings<'_>,
) -> Result<Committed, StoreError> {
    if let Some(claim) = &work.claim
        && !claim(txn)?
    {
        return Ok(Committed { forgone: true, ..Committed::default() });
    }
    if !work.changes.is_empty() {
        // Parts that leave make the room that their reports take.
        txn.permit_growth();
    }
    for change in &work.changes {
        apply_change(txn, change, around.retry)?;
    }
    let room = Room { recipients: FAST_PATH_RECIPIENTS_MAX, largest: 0 };
    let mut writer = Writer { txn, around, out: Committed::default(), room };
    for copy in &work.copies {
        writer.copy(copy)?;
    }
    Ok(writer.out)
}

fn apply_change(
    txn: &mut Txn<'_>,
    change: &PartChange,
    retry: &RetryPolicy,
) -> Result<(), StoreError> {
    // An operator may have removed the message while a connection had it.
    let Some((part, message)) = rows::part_and_message(txn, change.key)? else { return Ok(()) };
    let next = match &change.change {
        Change::Remaining { positions, .. } if positions.is_empty() => {
            return rows::remove_part(txn, change.key, &part);
        }
        Change::Remaining { positions, error } => {
            put_off(part.clone(), positions, error.clone(), txn.now().plus(retry.message))
        }
        Change::DelayReported => Part {
            delay_reported: true,
            notice: retry.next_notice(message.accepted, true),
            ..part.clone()
        },
    };
    rows::replace_part(txn, change.key, &part, &next)
}

/// The part with those of its recipients that wait for another try.
fn put_off(part: Part, positions: &[usize], error: Option<Reply>, due: Timestamp) -> Part {
    let recipients = positions.iter().filter_map(|at| part.recipients.get(*at).cloned()).collect();
    Part {
        due: if part.is_suspended() { part.due } else { due },
        retry_count: part.retry_count + 1,
        last_error: error.or(part.last_error),
        recipients,
        ..part
    }
}

struct Writer<'a, 'txn, 'base> {
    txn: &'txn mut Txn<'base>,
    around: &'a Surroundings<'a>,
    out: Committed,
    room: Room,
}

/// Local deliveries that a transaction may still make.
struct Room {
    recipients: usize,
    /// Octets of the largest delivery so far: the next one may be as large.
    largest: usize,
}

impl Room {
    fn is_used_up(&self, txn: &Txn<'_>) -> bool {
        self.recipients == 0 || txn.octets_left() < self.largest + QUEUE_ROWS_RESERVE_OCTETS
    }

    /// Makes a delivery and notes what it took.
    fn deliver<T>(
        &mut self,
        txn: &mut Txn<'_>,
        deliver: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let before = txn.octets_left();
        let delivered = deliver(txn)?;
        self.recipients = self.recipients.saturating_sub(1);
        self.largest = self.largest.max(before.saturating_sub(txn.octets_left()));
        Ok(delivered)
    }
}

impl Writer<'_, '_, '_> {
    fn copy(&mut self, copy: &PlannedCopy) -> Result<(), StoreError> {
        let blob = self.txn.adopt(&copy.staged)?;
        let (mut done, waiting) = self.deliver_all(copy, blob)?;
        let mut parts = self.parts(NextHopSolutionKey::mailbox_database(), waiting)?;
        for (hop, recipients) in &copy.remote {
            let queued = recipients.iter().cloned().map(QueuedRecipient::elsewhere);
            parts.extend(self.parts(hop.clone(), queued.collect())?);
        }
        done.queued = parts.iter().map(|part| part.recipients.len()).sum();
        self.enqueue(copy, blob, parts)?;
        self.out.copies.push(done);
        Ok(())
    }

    /// Delivers to as many local recipients as there is room for; the others wait.
    fn deliver_all(
        &mut self,
        copy: &PlannedCopy,
        blob: BlobNumber,
    ) -> Result<(CommittedCopy, Vec<QueuedRecipient>), StoreError> {
        let mut done =
            CommittedCopy { id: copy.id, delivered: Vec::new(), duplicates: Vec::new(), queued: 0 };
        let mut waiting = Vec::new();
        for local in &copy.local {
            let address = &local.target.recipient.address;
            match self.deliver(copy, local, blob)? {
                Some(DeliveryOutcome::Delivered) => {
                    done.delivered.push(address.clone());
                    self.receipts(local)?;
                }
                Some(DeliveryOutcome::Duplicate) => done.duplicates.push(address.clone()),
                _ => waiting.push(QueuedRecipient {
                    recipient: local.target.recipient.clone(),
                    mailbox: Some(local.target.mailbox),
                    way: local.target.way.clone(),
                }),
            }
        }
        Ok((done, waiting))
    }

    /// None when the fast path is used up.
    fn deliver(
        &mut self,
        copy: &PlannedCopy,
        local: &PlannedLocal,
        blob: BlobNumber,
    ) -> Result<Option<DeliveryOutcome>, StoreError> {
        if self.room.is_used_up(self.txn) {
            return Ok(None);
        }
        let recipient = &local.target.recipient.address;
        let delivery = Delivery {
            id: copy.id,
            reverse_path: copy.message.reverse_path.clone(),
            answerable: copy.message.origin.may_be_reported_to(),
            mailbox: local.target.mailbox,
            recipient: recipient.clone(),
            way: local.target.way.clone(),
            blob,
            prefix: received::delivery_prefix(&copy.message.reverse_path, recipient),
            summary: copy.summary.clone(),
            received: self.txn.now(),
        };
        let local = self.around.local;
        self.room.deliver(self.txn, |txn| put(txn, local, &delivery)).map(Some)
    }

    fn receipts(&mut self, local: &PlannedLocal) -> Result<(), StoreError> {
        local.receipts.iter().try_for_each(|receipt| self.copy(receipt))
    }

    /// The parts of one next hop.
    fn parts(
        &mut self,
        key: NextHopSolutionKey,
        recipients: Vec<QueuedRecipient>,
    ) -> Result<Vec<Part>, StoreError> {
        if recipients.is_empty() {
            return Ok(Vec::new());
        }
        let hop = hop::number_of(self.txn, &key)?;
        self.out.hops.insert(hop);
        let now = self.txn.now();
        let notice = self.around.retry.next_notice(now, false);
        let part = |recipients| Part {
            hop,
            due: now,
            notice,
            delay_reported: false,
            retry_count: 0,
            last_error: None,
            recipients,
        };
        Ok(cut_into_parts(recipients).into_iter().map(part).collect())
    }

    fn enqueue(
        &mut self,
        copy: &PlannedCopy,
        blob: BlobNumber,
        parts: Vec<Part>,
    ) -> Result<(), StoreError> {
        if parts.is_empty() {
            return Ok(());
        }
        let message = QueuedMessage {
            blob,
            accepted: self.txn.now(),
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            ..copy.message.clone()
        };
        self.txn.put_record(&keys::message(copy.id), &message)?;
        for (number, part) in (0u16..).zip(&parts) {
            rows::insert_part(self.txn, PartKey { id: copy.id, part: number }, part)?;
        }
        Ok(())
    }
}

/// Delivers queued recipients into their mailboxes, each with a mark beside it, so that a
/// repeat after a crash between slices is harmless. Answers for as many of them, from the
/// first on, as the transaction has room for.
pub(crate) fn deliver_slice(
    txn: &mut Txn<'_>,
    local: &dyn LocalDelivery,
    id: InternalMessageId,
    deliveries: &[Delivery],
) -> Result<Vec<DeliveryOutcome>, StoreError> {
    let mut room = Room { recipients: deliveries.len(), largest: 0 };
    let mut outcomes = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        if room.is_used_up(txn) {
            break;
        }
        outcomes.push(room.deliver(txn, |txn| deliver_once(txn, local, id, delivery))?);
    }
    Ok(outcomes)
}

fn deliver_once(
    txn: &mut Txn<'_>,
    local: &dyn LocalDelivery,
    id: InternalMessageId,
    delivery: &Delivery,
) -> Result<DeliveryOutcome, StoreError> {
    if crate::outbox::is_delivered(txn, id, delivery.mailbox)? {
        return Ok(DeliveryOutcome::Delivered);
    }
    // The message may have been removed by an operator since its part was read.
    if txn.record::<QueuedMessage>(&keys::message(id))?.is_none() {
        return Ok(DeliveryOutcome::Duplicate);
    }
    let outcome = put(txn, local, delivery)?;
    if matches!(outcome, DeliveryOutcome::Delivered | DeliveryOutcome::Duplicate) {
        crate::outbox::mark_delivered(txn, id, delivery.mailbox)?;
    }
    Ok(outcome)
}

/// Puts a message into a mailbox: a hop of its trace.
fn put(
    txn: &mut Txn<'_>,
    local: &dyn LocalDelivery,
    delivery: &Delivery,
) -> Result<DeliveryOutcome, StoreError> {
    let (id, mailbox) = (delivery.id, delivery.mailbox);
    let _hop = debug_span!("delivery", internal_message_id = %id, mailbox).entered();
    local.deliver(txn, delivery)
}
