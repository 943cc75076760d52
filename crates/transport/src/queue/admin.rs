//! The operator's verbs that change queues and messages: Suspend-, Resume- and Retry-Queue,
//! Suspend-, Resume-, Export- and Remove-Message, as typed functions. Those that show are in
//! [`listing`](super::listing).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use store::{Bulk, Read, ReadExt, StoreError, Txn};

use crate::envelope::{InternalMessageId, Source};
use crate::queue::hop::{self, HopRecord};
use crate::queue::keys::{self, HopNumber, PartKey};
use crate::queue::message::{NEVER, Part, QueuedMessage, QueuedRecipient, cut_into_parts};
use crate::queue::{notices, rows};
use crate::route::{DeliveryType, NextHopSolutionKey, RoutingTable};
use crate::status;
use crate::submit::Transport;

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// The operator named a queue that is not there.
    #[error("there is no queue {}", .0.0)]
    NoQueue(HopNumber),
    /// The operator named a message that is not in a queue.
    #[error("message {0} is in no queue")]
    NoMessage(InternalMessageId),
    /// It could leave while it is being looked at.
    #[error("message {0} is not suspended; only suspended messages can be exported")]
    NotSuspended(InternalMessageId),
    /// A connection holds it at this moment.
    #[error("message {0} is being transferred; try again when that has ended")]
    Busy(InternalMessageId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A message an operator names: in one queue, or in all it waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIdentity {
    /// Only there.
    pub queue: Option<HopNumber>,
    /// InternalMessageId.
    pub id: InternalMessageId,
}

impl From<InternalMessageId> for MessageIdentity {
    fn from(id: InternalMessageId) -> Self {
        MessageIdentity { queue: None, id }
    }
}

impl MessageIdentity {
    /// Its parts that are meant. Errors: NoMessage, when there are none.
    pub(super) fn parts(&self, read: &impl Read) -> Result<Vec<LoadedPart>, VerbError> {
        let mut found = Vec::new();
        for key in rows::parts_of_message(read, self.id)? {
            found.extend(rows::part_and_message(read, key)?.map(|(part, of)| (key, part, of)));
        }
        found.retain(|(_, part, _)| self.queue.is_none_or(|queue| queue == part.hop));
        match found.is_empty() {
            true => Err(VerbError::NoMessage(self.id)),
            false => Ok(found),
        }
    }
}

pub(super) type LoadedPart = (PartKey, Part, QueuedMessage);

impl Transport {
    /// Suspend-Queue: messages enter and none leaves; what is on the wire finishes.
    pub async fn suspend_queue(&self, queue: HopNumber) -> Result<(), VerbError> {
        self.set_queue_suspended(queue, true).await
    }

    /// Resume-Queue.
    pub async fn resume_queue(&self, queue: HopNumber) -> Result<(), VerbError> {
        self.set_queue_suspended(queue, false).await
    }

    /// Retry-Queue: connect now, and try messages now that were put off. Suspended messages
    /// stay.
    pub async fn retry_queue(&self, queue: HopNumber) -> Result<(), VerbError> {
        let now = self.core.now();
        let read = self.core.database.read(move |snapshot| {
            must_exist(snapshot, queue)?;
            Ok::<_, VerbError>(rows::later_parts(snapshot, queue, now)?)
        });
        let later = read.await?;
        self.in_slices(later, hurry).await?;
        self.core.board().scheduler.retry_now(queue);
        self.announce([queue]);
        Ok(())
    }

    /// Retry-Queue -Resubmit: routes the queue's recipients again by the Send connectors
    /// there are now. Whoever has no other way stays. Suspended messages stay too.
    /// What a connection holds stays with it.
    pub async fn resubmit_queue(&self, queue: HopNumber) -> Result<(), VerbError> {
        let read = self.core.database.read(move |snapshot| {
            must_exist(snapshot, queue)?;
            Ok::<_, VerbError>(rows::parts_of_hop(snapshot, queue)?)
        });
        let parts = read.await?;
        let locked = self.core.board().lock(parts);
        let routes = self.core.routes();
        let rerouted = self.in_slices(locked.clone(), move |txn, key| reroute(txn, key, &routes));
        let hops = rerouted.await;
        self.core.board().unlock(&locked);
        self.announce(hops?);
        Ok(())
    }

    /// Changes parts in slices of the bulk lane: a queue may be long. Gives the queues that the
    /// changes concern.
    async fn in_slices(
        &self,
        parts: Vec<PartKey>,
        change: impl Fn(&mut Txn<'_>, PartKey) -> Result<BTreeSet<HopNumber>, StoreError>
        + Send
        + Sync
        + 'static,
    ) -> Result<BTreeSet<HopNumber>, VerbError> {
        let (parts, change) = (Arc::new(parts), Arc::new(change));
        let (mut done, mut hops) = (0, BTreeSet::new());
        while done < parts.len() {
            let (rest, change) = (Arc::clone(&parts), Arc::clone(&change));
            let slice = move |txn: &mut Txn<'_>| {
                txn.permit_growth();
                let (mut at, mut hops) = (done, BTreeSet::new());
                while at < rest.len() && !txn.slice_full() {
                    hops.extend(change(txn, rest[at])?);
                    at += 1;
                }
                Ok::<_, StoreError>(Bulk::Done((at, hops)))
            };
            let (at, changed) = self.core.database.write_bulk(slice).await?;
            done = at;
            hops.extend(changed);
        }
        Ok(hops)
    }

    /// Suspend-Message: it stays and does not expire until it is resumed.
    pub async fn suspend_message(
        &self,
        message: impl Into<MessageIdentity>,
    ) -> Result<(), VerbError> {
        self.change_parts_of_message(message.into(), |txn, key, part, _| {
            rows::replace_part(txn, key, &part, &Part { due: NEVER, ..part.clone() })
        })
        .await
    }

    /// Resume-Message: it is tried at once.
    pub async fn resume_message(
        &self,
        message: impl Into<MessageIdentity>,
    ) -> Result<(), VerbError> {
        let retry = self.core.settings.retry;
        self.change_parts_of_message(message.into(), move |txn, key, part, message| {
            let notice = retry.next_notice(message.accepted, part.delay_reported);
            let resumed = Part { due: txn.now(), notice, ..part.clone() };
            rows::replace_part(txn, key, &part, &resumed)
        })
        .await
    }

    /// Export-Message: its octets as they were accepted. Errors: NotSuspended, when any of its
    /// parts that are meant could leave.
    pub async fn export_message(
        &self,
        message: impl Into<MessageIdentity>,
    ) -> Result<Vec<u8>, VerbError> {
        let message = message.into();
        let export = self.core.database.read(move |snapshot| {
            let parts = message.parts(snapshot)?;
            match parts.first().filter(|_| parts.iter().all(|(_, part, _)| part.is_suspended())) {
                Some((_, _, of)) => Ok::<_, VerbError>(snapshot.blob(of.blob, 0..of.octets)?),
                None => Err(VerbError::NotSuspended(message.id)),
            }
        });
        export.await
    }

    /// Remove-Message, with or without a report to the sender (-WithNDR). A transfer under
    /// way is not called back.
    pub async fn remove_message(
        &self,
        message: impl Into<MessageIdentity>,
        with_ndr: bool,
    ) -> Result<(), VerbError> {
        let message = message.into();
        if with_ndr {
            return self.remove_with_report(message).await;
        }
        self.change_parts_of_message(message, |txn, key, part, _| {
            rows::remove_part(txn, key, &part)
        })
        .await
    }

    /// Errors: Busy, when a connection holds a part: it may be delivered already.
    async fn remove_with_report(&self, message: MessageIdentity) -> Result<(), VerbError> {
        let parts = self.core.database.read(move |snapshot| message.parts(snapshot)).await?;
        let mut all_given_up = true;
        for (key, ..) in parts {
            all_given_up &= self.give_up_unheld(key).await?;
        }
        match all_given_up {
            true => Ok(()),
            false => Err(VerbError::Busy(message.id)),
        }
    }

    /// Gives a part up, unless a connection holds it; false when one does.
    async fn give_up_unheld(&self, key: PartKey) -> Result<bool, VerbError> {
        if self.core.board().lock([key]).is_empty() {
            return Ok(false);
        }
        let given_up = self.give_up_if_there(key).await;
        self.core.board().unlock(&[key]);
        given_up.map(|()| true)
    }

    /// Looks again, now that nobody else takes it.
    async fn give_up_if_there(&self, key: PartKey) -> Result<(), VerbError> {
        let read = self.core.database.read(move |snapshot| rows::part_and_message(snapshot, key));
        let there: Option<(Part, QueuedMessage)> = read.await?;
        if let Some((part, message)) = there {
            let reply = status::removed_by_administrator();
            notices::give_up(&self.core, key, part, message, reply, Source::Admin).await?;
        }
        Ok(())
    }

    async fn set_queue_suspended(
        &self,
        queue: HopNumber,
        suspended: bool,
    ) -> Result<(), VerbError> {
        let write = self.core.database.write(move |txn| hop::set_suspended(txn, queue, suspended));
        let there: Result<bool, StoreError> = write.await;
        if !there? {
            return Err(VerbError::NoQueue(queue));
        }
        self.core.board().scheduler.set_suspended(queue, suspended);
        self.announce([queue]);
        Ok(())
    }

    async fn change_parts_of_message(
        &self,
        message: MessageIdentity,
        change: impl PartVerb,
    ) -> Result<(), VerbError> {
        let write = self.core.database.write(move |txn| {
            txn.permit_growth();
            let parts = message.parts(txn)?.into_iter().map(|(key, ..)| key).collect();
            Ok::<_, VerbError>(change_parts(txn, parts, &change)?)
        });
        let hops = write.await?;
        self.announce(hops);
        Ok(())
    }

    /// Has the queue manager look at these queues.
    fn announce(&self, hops: impl IntoIterator<Item = HopNumber>) {
        let now = self.core.now();
        for hop in hops {
            self.core.board().scheduler.arrived(hop, now);
        }
        self.core.changed.notify_one();
    }
}

/// What a verb does to one part.
trait PartVerb:
    Fn(&mut Txn<'_>, PartKey, Part, QueuedMessage) -> Result<(), StoreError> + Send + 'static
{
}

impl<F> PartVerb for F where
    F: Fn(&mut Txn<'_>, PartKey, Part, QueuedMessage) -> Result<(), StoreError> + Send + 'static
{
}

/// What is known of a queue. Errors: NoQueue.
pub(super) fn must_exist(read: &dyn Read, queue: HopNumber) -> Result<HopRecord, VerbError> {
    read.record(&keys::hop(queue))?.ok_or(VerbError::NoQueue(queue))
}

/// Applies a change to each part; answers whose queues they stand in.
fn change_parts(
    txn: &mut Txn<'_>,
    parts: Vec<PartKey>,
    change: &impl PartVerb,
) -> Result<BTreeSet<HopNumber>, StoreError> {
    let mut hops = BTreeSet::new();
    for key in parts {
        if let Some((part, message)) = rows::part_and_message(txn, key)? {
            hops.insert(part.hop);
            change(txn, key, part, message)?;
        }
    }
    Ok(hops)
}

/// Makes a part due now that was put off.
fn hurry(txn: &mut Txn<'_>, key: PartKey) -> Result<BTreeSet<HopNumber>, StoreError> {
    let Some((part, _)) = rows::part_and_message(txn, key)? else { return Ok(BTreeSet::new()) };
    if part.due > txn.now() && !part.is_suspended() {
        rows::replace_part(txn, key, &part, &Part { due: txn.now(), ..part.clone() })?;
    }
    Ok(BTreeSet::from([part.hop]))
}

/// Moves a part's recipients to the queues they belong to now.
fn reroute(
    txn: &mut Txn<'_>,
    key: PartKey,
    routes: &RoutingTable,
) -> Result<BTreeSet<HopNumber>, StoreError> {
    let mut hops = BTreeSet::new();
    let Some((part, message)) = rows::part_and_message(txn, key)? else { return Ok(hops) };
    let Some(record) = txn.record::<HopRecord>(&keys::hop(part.hop))? else { return Ok(hops) };
    if part.is_suspended() || record.key.delivery_type == DeliveryType::SmtpDeliveryToMailbox {
        return Ok(hops);
    }
    let mut ways: BTreeMap<NextHopSolutionKey, Vec<QueuedRecipient>> = BTreeMap::new();
    for queued in &part.recipients {
        let way = routes.route(&queued.recipient.address.domain, message.octets);
        ways.entry(way.unwrap_or_else(|_| record.key.clone())).or_default().push(queued.clone());
    }
    let mut moved = Vec::new();
    for (way, recipients) in ways {
        let hop = hop::number_of(txn, &way)?;
        hops.insert(hop);
        moved.extend(cut_into_parts(recipients).into_iter().map(|recipients| (hop, recipients)));
    }
    replace_by(txn, key, &part, moved)?;
    Ok(hops)
}

/// Replaces a part by several of the same message, all due now.
fn replace_by(
    txn: &mut Txn<'_>,
    key: PartKey,
    old: &Part,
    moved: Vec<(HopNumber, Vec<QueuedRecipient>)>,
) -> Result<(), StoreError> {
    let due = txn.now();
    let part = |(hop, recipients)| Part { hop, due, recipients, ..old.clone() };
    let mut moved = moved.into_iter().map(part);
    let Some(first) = moved.next() else { return Ok(()) };
    rows::replace_part(txn, key, old, &first)?;
    for part in moved {
        rows::add_part(txn, key.id, &part)?;
    }
    Ok(())
}
