//! What operators see of queues and messages: Get-Queue and Get-Message as typed functions.
//!
//! A queue may be long, so messages come page by page, each from a snapshot of its own. One that
//! is tried between two pages may be seen again.

use std::collections::BTreeMap;

use store::{Read, ReadExt, StoreError};
use types::ReversePath;
use types::limits::QUEUE_PAGE_PARTS;
use types::time::Timestamp;

use crate::envelope::InternalMessageId;
use crate::queue::admin::{MessageIdentity, VerbError, must_exist};
use crate::queue::hop::HopRecord;
use crate::queue::keys::{HopNumber, PartKey};
use crate::queue::message::{Part, QueuedMessage, QueuedRecipient};
use crate::queue::rows::{self, PartCounts};
use crate::queue::schedule::RetryPolicy;
use crate::queue::scheduler::{QueueStatus, QueueView};
use crate::route::NextHopSolutionKey;
use crate::shared::Core;
use crate::status::Reply;
use crate::submit::Transport;

/// A delivery queue as Get-Queue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueInfo {
    /// Its number: `Server\number`.
    pub number: HopNumber,
    /// DeliveryType, NextHopDomain, NextHopConnector.
    pub key: NextHopSolutionKey,
    /// Status, retries and last error.
    pub view: QueueView,
    /// Rows that wait in it, each a message with up to a hundred recipients.
    pub message_count: usize,
    /// Those of them that were put off after a failure and wait for their time.
    pub deferred_message_count: usize,
}

/// A waiting message as Get-Message shows it: its recipients in one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageInfo {
    /// InternalMessageId.
    pub id: InternalMessageId,
    /// The queue it waits in.
    pub queue: HopNumber,
    /// Held back by an operator.
    pub suspended: bool,
    /// FromAddress.
    pub reverse_path: ReversePath,
    /// InternetMessageId.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// Size in octets.
    pub octets: u64,
    /// DateReceived.
    pub accepted: Timestamp,
    /// ExpirationTime.
    pub expires: Timestamp,
    /// RetryCount of the message itself.
    pub retry_count: u32,
    /// LastError of the message itself.
    pub last_error: Option<Reply>,
    /// Recipients that wait.
    pub recipients: Vec<QueuedRecipient>,
}

/// Some messages of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagePage {
    /// In the order in which they are due.
    pub messages: Vec<MessageInfo>,
    /// Where to go on; None: there are no more.
    pub next: Option<PageKey>,
}

/// A place in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageKey(Vec<u8>);

impl Transport {
    /// Get-Queue.
    pub async fn queues(&self) -> Result<Vec<QueueInfo>, VerbError> {
        let now = self.core.now();
        let found = self.core.database.read(move |snapshot| {
            let hops = rows::hops(snapshot)?.into_iter();
            let counted = hops.map(|(number, record)| {
                Ok((number, record, rows::count_parts(snapshot, number, now)?))
            });
            counted.collect::<Result<Vec<_>, StoreError>>()
        });
        let info = |(number, record, count)| queue_info(&self.core, number, record, count);
        Ok(found.await?.into_iter().map(info).collect())
    }

    /// Numbers and next hops of all queues, without looking into them.
    pub async fn queue_keys(&self) -> Result<Vec<(HopNumber, NextHopSolutionKey)>, VerbError> {
        let hops = self.core.database.read(rows::hops).await?;
        Ok(hops.into_iter().map(|(number, record)| (number, record.key)).collect())
    }

    /// Get-Queue for one.
    pub async fn queue(&self, number: HopNumber) -> Result<QueueInfo, VerbError> {
        let now = self.core.now();
        let found = self.core.database.read(move |snapshot| {
            let record = must_exist(snapshot, number)?;
            Ok::<_, VerbError>((record, rows::count_parts(snapshot, number, now)?))
        });
        let (record, count) = found.await?;
        Ok(queue_info(&self.core, number, record, count))
    }

    /// Get-Message for one queue: a page of its messages, each once.
    pub async fn messages(
        &self,
        queue: HopNumber,
        from: Option<PageKey>,
    ) -> Result<MessagePage, VerbError> {
        let retry = self.core.settings.retry;
        let found = self.core.database.read(move |snapshot| {
            must_exist(snapshot, queue)?;
            let from = from.as_ref().map(|PageKey(key)| key.as_slice());
            let (keys, next) = rows::page_of_hop(snapshot, queue, from, QUEUE_PAGE_PARTS)?;
            let mut messages = Vec::with_capacity(keys.len());
            for key in keys {
                messages.extend(first_part(snapshot, key, &retry)?);
            }
            Ok(MessagePage { messages, next: next.map(PageKey) })
        });
        found.await
    }

    /// Get-Message for one message: what waits of it, a queue each.
    pub async fn message(&self, message: MessageIdentity) -> Result<Vec<MessageInfo>, VerbError> {
        let retry = self.core.settings.retry;
        let found = self.core.database.read(move |snapshot| {
            let mut found: BTreeMap<HopNumber, MessageInfo> = BTreeMap::new();
            for (key, part, message) in message.parts(snapshot)? {
                match found.get_mut(&part.hop) {
                    Some(known) => known.recipients.extend(part.recipients),
                    None => {
                        found.insert(part.hop, message_info(key, part, message, &retry));
                    }
                }
            }
            Ok(found.into_values().collect())
        });
        found.await
    }
}

/// The message of a part, if none of its earlier parts is in the same queue, with the
/// recipients of its later ones.
fn first_part(
    read: &impl Read,
    key: PartKey,
    retry: &RetryPolicy,
) -> Result<Option<MessageInfo>, StoreError> {
    let Some((part, message)) = rows::part_and_message(read, key)? else { return Ok(None) };
    if message.parts == 1 {
        return Ok(Some(message_info(key, part, message, retry)));
    }
    let (hop, mut info) = (part.hop, message_info(key, part, message, retry));
    for other in rows::parts_of_message(read, key.id)? {
        let Some(part) = read.record::<Part>(&super::keys::part(other))? else { continue };
        match (part.hop == hop, other.part.cmp(&key.part)) {
            (true, std::cmp::Ordering::Less) => return Ok(None),
            (true, std::cmp::Ordering::Greater) => info.recipients.extend(part.recipients),
            _ => {}
        }
    }
    Ok(Some(info))
}

fn queue_info(core: &Core, number: HopNumber, record: HopRecord, count: PartCounts) -> QueueInfo {
    QueueInfo {
        number,
        view: view(core, number, &record),
        key: record.key,
        message_count: count.all,
        deferred_message_count: count.later,
    }
}

fn view(core: &Core, number: HopNumber, record: &HopRecord) -> QueueView {
    core.board().scheduler.view(number).unwrap_or(QueueView {
        status: if record.suspended { QueueStatus::Suspended } else { QueueStatus::Ready },
        retry_count: 0,
        last_error: None,
        last_retry: None,
        next_retry: None,
    })
}

fn message_info(
    key: PartKey,
    part: Part,
    message: QueuedMessage,
    retry: &RetryPolicy,
) -> MessageInfo {
    MessageInfo {
        id: key.id,
        queue: part.hop,
        suspended: part.is_suspended(),
        reverse_path: message.reverse_path,
        message_id: message.message_id,
        subject: message.subject,
        octets: message.octets,
        accepted: message.accepted,
        expires: retry.expires_at(message.accepted),
        retry_count: part.retry_count,
        last_error: part.last_error,
        recipients: part.recipients,
    }
}
