//! Message tracking: what happened to a message, under Exchange's field names.
//!
//! Each event goes to the `tracing` target [`TARGET`], where a subscriber writes the log,
//! and to a hook, where tests and the operator's live view listen. Events are written after
//! the commit they speak of.

mod record;

use std::fmt;
use std::sync::Arc;

use types::Address;
use types::ReversePath;
use types::time::Timestamp;

use crate::envelope::{InternalMessageId, NetworkMessageId, Origin, Source};
use crate::status::Reply;

pub use record::{FIELDS, TrackingRecord};

/// Target of the `tracing` events.
pub const TARGET: &str = "message_tracking";

/// Exchange's `event-id`, as far as this server has the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventId {
    /// Accepted into the pipeline.
    Receive,
    /// Written into a mailbox.
    Deliver,
    /// The mailbox had it already.
    DuplicateDeliver,
    /// Taken by the next hop.
    Send,
    /// Will never reach the recipient.
    Fail,
    /// Put off.
    Defer,
    /// A report was made.
    Dsn,
    /// A group became its members.
    Expand,
    /// A recipient came up twice.
    DuplicateExpand,
    /// Forwarded.
    Redirect,
    /// A secondary address became the primary.
    Resolve,
    /// Split into another copy.
    Transfer,
    /// Deleted without a report.
    Drop,
}

/// Gives the variants of an enum the names that the log has.
macro_rules! names {
    ($type:ident: $($variant:ident = $name:literal,)*) => {
        impl $type {
            /// The names that the log has.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $($type::$variant => $name,)*
                })
            }
        }
    };
}

names! { EventId:
    Receive = "RECEIVE",
    Deliver = "DELIVER",
    DuplicateDeliver = "DUPLICATEDELIVER",
    Send = "SEND",
    Fail = "FAIL",
    Defer = "DEFER",
    Dsn = "DSN",
    Expand = "EXPAND",
    DuplicateExpand = "DUPLICATEEXPAND",
    Redirect = "REDIRECT",
    Resolve = "RESOLVE",
    Transfer = "TRANSFER",
    Drop = "DROP",
}

names! { Source:
    Smtp = "SMTP",
    StoreDriver = "STOREDRIVER",
    Dsn = "DSN",
    Queue = "QUEUE",
    Pickup = "PICKUP",
    Admin = "ADMIN",
    Resolver = "RESOLVER",
    Routing = "ROUTING",
}

/// What every event of one message repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// `internal-message-id`.
    pub internal_message_id: InternalMessageId,
    /// `network-message-id`.
    pub network_message_id: NetworkMessageId,
    /// `message-id`.
    pub message_id: String,
    /// `message-subject`.
    pub message_subject: String,
    /// `total-bytes`.
    pub total_bytes: u64,
    /// `return-path`.
    pub return_path: ReversePath,
    /// Client, connector and direction.
    pub origin: Origin,
}

/// One line of the message tracking log.
#[derive(Clone, Debug)]
pub struct TrackingEvent {
    /// `date-time`.
    pub date_time: Timestamp,
    /// `event-id`.
    pub event_id: EventId,
    /// `source`.
    pub source: Source,
    /// The message.
    pub message: Arc<Tracked>,
    /// `recipient-address`.
    pub recipient_address: Vec<Address>,
    /// `recipient-status`.
    pub recipient_status: Option<Reply>,
    /// `related-recipient-address`: the group, or the address before forwarding.
    pub related_recipient_address: Option<Address>,
    /// `reference`: of a report, the Message-ID of what it is about.
    pub reference: String,
    /// `server-hostname` of the next hop; of what is received, the client's session
    /// ([`Origin::session`]).
    pub source_context: String,
}

impl TrackingEvent {
    /// An event about these recipients.
    pub fn new(
        event_id: EventId,
        source: Source,
        message: &Arc<Tracked>,
        recipient_address: Vec<Address>,
    ) -> Self {
        TrackingEvent {
            date_time: Timestamp::EPOCH,
            event_id,
            source,
            message: message.clone(),
            recipient_address,
            recipient_status: None,
            related_recipient_address: None,
            reference: String::new(),
            source_context: String::new(),
        }
    }

    /// With the reply that explains it.
    pub fn status(mut self, reply: &Reply) -> Self {
        self.recipient_status = Some(reply.clone());
        self
    }

    /// With the address it came from.
    pub fn related(mut self, address: &Address) -> Self {
        self.related_recipient_address = Some(address.clone());
        self
    }

    /// `directionality`: mail of our own people is Originating.
    pub fn directionality(&self) -> &'static str {
        if self.message.origin.is_internal() { "Originating" } else { "Incoming" }
    }
}

/// Who listens besides the log.
pub type TrackingHook = Arc<dyn Fn(&TrackingEvent) + Send + Sync>;

/// Writes events.
#[derive(Clone, Default)]
pub struct Tracking {
    hook: Option<TrackingHook>,
}

impl Tracking {
    /// A tracking log with a listener.
    pub fn with_hook(hook: TrackingHook) -> Self {
        Tracking { hook: Some(hook) }
    }

    /// Writes the events, which all happened at `now`.
    pub(crate) fn write(&self, now: Timestamp, events: impl IntoIterator<Item = TrackingEvent>) {
        for mut event in events {
            event.date_time = now;
            log(&event);
            if let Some(hook) = &self.hook {
                hook(&event);
            }
        }
    }
}

fn log(event: &TrackingEvent) {
    let message = &event.message;
    tracing::info!(
        target: TARGET,
        client_ip = message.origin.remote.map(tracing::field::display),
        client_hostname = %message.origin.helo,
        source_context = %event.source_context,
        connector_id = %message.origin.connector,
        source = %event.source,
        event_id = %event.event_id,
        internal_message_id = %message.internal_message_id,
        message_id = %message.message_id,
        network_message_id = %message.network_message_id,
        recipient_address = %List(&event.recipient_address),
        recipient_status = event.recipient_status.as_ref().map(tracing::field::display),
        total_bytes = message.total_bytes,
        recipient_count = event.recipient_address.len(),
        related_recipient_address = event.related_recipient_address.as_ref().map(tracing::field::display),
        reference = %event.reference,
        message_subject = %message.message_subject,
        return_path = %message.return_path,
        directionality = event.directionality(),
    );
}

/// Values joined by `;`, as the log has them.
struct List<'a>(&'a [Address]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, address) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ";" };
            write!(f, "{separator}{address}")?;
        }
        Ok(())
    }
}
