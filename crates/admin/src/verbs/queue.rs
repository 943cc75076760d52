//! Delivery queues: Get-, Suspend-, Resume- and Retry-Queue. What a queue is and what is done
//! to one is in `transport::queue`.

use transport::queue::keys::HopNumber;
use transport::{DeliveryType, NextHopSolutionKey, QueueInfo, Transport};

use super::result_size::limited;
use crate::verb::{
    Cmdlet, Effect, Expected, Filter, Filtered, Moment, ObjectType, Role, Scalar, Session, Shape,
    Switch, Verb, VerbError, filtered, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetQueue>(),
    Verb::of::<SuspendQueue>(),
    Verb::of::<ResumeQueue>(),
    Verb::of::<RetryQueue>(),
];

object! {
    /// A queue of mail that leaves together.
    pub struct QueueObject = "Queue" [identity, delivery_type, status, message_count, next_hop_domain] {
        /// SERVER\number.
        identity: String,
        /// DnsConnectorDelivery, SmartHostConnectorDelivery or SmtpDeliveryToMailbox.
        delivery_type: String,
        /// A domain, smart hosts, or this server's mailboxes.
        next_hop_domain: String,
        /// Internal, for this server's mailboxes, or External.
        next_hop_category: &'static str,
        /// Active, Ready, Retry or Suspended.
        status: &'static str,
        /// Messages that wait in it; one with more than a hundred recipients counts again for
        /// each further hundred.
        message_count: usize,
        /// Those of them that were put off after a failure and wait for their time.
        deferred_message_count: usize,
        /// Connections that failed, one after the other.
        retry_count: u32,
        /// How the last one failed.
        last_error: Option<String>,
        /// When it failed.
        last_retry_time: Option<Moment>,
        /// When the next is tried.
        next_retry_time: Option<Moment>,
    }
}

verb! {
    /// Shows the queues of outgoing mail.
    pub struct GetQueue = "Get-Queue" (Role::TransportQueues, Effect::Read) {
        /// Only this one.
        identity: Option<QueueIdentity> = first,
        /// Only those, such as {MessageCount -gt 10}.
        filter: Option<Filter>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
    }
}

verb! {
    /// Stops a queue: messages enter it and none leaves; connections that are open finish.
    pub struct SuspendQueue = "Suspend-Queue" (Role::TransportQueues, Effect::Change) {
        /// The queue.
        identity: QueueIdentity = first,
    }
}

verb! {
    /// Lets a queue go on that was stopped.
    pub struct ResumeQueue = "Resume-Queue" (Role::TransportQueues, Effect::Change) {
        /// The queue.
        identity: QueueIdentity = first,
    }
}

verb! {
    /// Tries a queue now. Suspended messages stay.
    pub struct RetryQueue = "Retry-Queue" (Role::TransportQueues, Effect::Change) {
        /// The queue.
        identity: QueueIdentity = first,
        /// Route its messages again by the connectors there are now.
        resubmit: Switch,
    }
}

impl Filtered for QueueObject {
    const TYPE: ObjectType = QueueObject::OBJECT;
}

/// A queue as it is written: `SERVER\number`, the number, or its next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueIdentity(String);

impl Scalar for QueueIdentity {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.trim() {
            "" => Err(Expected("SERVER\\number, as Get-Queue shows it".to_owned())),
            text => Ok(QueueIdentity(text.to_owned())),
        }
    }
}

impl QueueIdentity {
    /// The queue that is meant.
    pub(super) async fn find(&self, session: &Session<'_>) -> Result<HopNumber, VerbError> {
        let wanted = without_server(session, &self.0);
        let number = wanted.parse().map(HopNumber).ok();
        let is_meant = |(queue, key): &(HopNumber, NextHopSolutionKey)| {
            number == Some(*queue) || key.next_hop_domain.eq_ignore_ascii_case(wanted)
        };
        let mut meant = numbers(session).await?.into_iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some((queue, _)), None) => Ok(queue),
            (None, _) => Err(VerbError::NotFound { what: "queue", identity: self.0.clone() }),
            (Some(one), Some(other)) => Err(VerbError::Ambiguous {
                identity: self.0.clone(),
                candidates: [one, other].map(|(queue, _)| identity(session, queue)).into(),
            }),
        }
    }
}

/// What an identity says without this server's name in front.
pub(super) fn without_server<'t>(session: &Session<'_>, text: &'t str) -> &'t str {
    let server = &session.organization.server;
    match text.split_once('\\') {
        Some((first, rest)) if first.eq_ignore_ascii_case(server) => rest,
        _ => text,
    }
}

/// `SERVER\number`.
pub(super) fn identity(session: &Session<'_>, queue: HopNumber) -> String {
    format!("{}\\{}", session.organization.server, queue.0)
}

/// All queues.
pub(super) async fn numbers(
    session: &Session<'_>,
) -> Result<Vec<(HopNumber, NextHopSolutionKey)>, VerbError> {
    Ok(session.organization.transport.queue_keys().await?)
}

/// All queues as Get-Queue shows them.
pub(super) async fn all(session: &Session<'_>) -> Result<Vec<QueueObject>, VerbError> {
    let queues = session.organization.transport.queues().await?;
    Ok(queues.into_iter().map(|queue| shown(session, queue)).collect())
}

fn shown(session: &Session<'_>, queue: QueueInfo) -> QueueObject {
    QueueObject {
        identity: identity(session, queue.number),
        delivery_type: queue.key.delivery_type.to_string(),
        next_hop_category: category(queue.key.delivery_type),
        next_hop_domain: queue.key.next_hop_domain,
        status: queue.view.status.name(),
        message_count: queue.message_count,
        deferred_message_count: queue.deferred_message_count,
        retry_count: queue.view.retry_count,
        last_error: queue.view.last_error.map(|reply| reply.to_string()),
        last_retry_time: queue.view.last_retry.map(Moment),
        next_retry_time: queue.view.next_retry.map(Moment),
    }
}

const fn category(delivery_type: DeliveryType) -> &'static str {
    match delivery_type {
        DeliveryType::SmtpDeliveryToMailbox => "Internal",
        DeliveryType::DnsConnectorDelivery | DeliveryType::SmartHostConnectorDelivery => "External",
    }
}

impl Cmdlet for GetQueue {
    type Answer = Vec<QueueObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let queues = match self.identity {
            Some(identity) => {
                let queue = identity.find(session).await?;
                vec![shown(session, session.organization.transport.queue(queue).await?)]
            }
            None => all(session).await?,
        };
        let queues = filtered(self.filter.as_ref(), queues)?;
        Ok(limited(session, queues, self.result_size))
    }
}

/// The transport and the queue, where something is to be done to it.
async fn meant<'s>(
    session: &'s Session<'_>,
    queue: &QueueIdentity,
    doing: &str,
) -> Result<Option<(&'s Transport, HopNumber)>, VerbError> {
    let queue = queue.find(session).await?;
    let identity = identity(session, queue);
    if !session.should_process(format!("{doing} queue {identity}")) {
        return Ok(None);
    }
    session.modified(identity, None, None);
    Ok(Some((&session.organization.transport, queue)))
}

impl Cmdlet for SuspendQueue {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, queue)) = meant(session, &self.identity, "Suspending").await? else {
            return Ok(());
        };
        Ok(transport.suspend_queue(queue).await?)
    }
}

impl Cmdlet for ResumeQueue {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, queue)) = meant(session, &self.identity, "Resuming").await? else {
            return Ok(());
        };
        Ok(transport.resume_queue(queue).await?)
    }
}

impl Cmdlet for RetryQueue {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let Some((transport, queue)) = meant(session, &self.identity, "Retrying").await? else {
            return Ok(());
        };
        match self.resubmit.0 {
            true => Ok(transport.resubmit_queue(queue).await?),
            false => Ok(transport.retry_queue(queue).await?),
        }
    }
}
