//! Messages on their way, as message tracking tells of them.

use std::sync::Arc;

use metrics::Counter;
use transport::Source;
use transport::tracking::{EventId, Tracking, TrackingEvent, TrackingHook};

use super::catalogue::{DELIVERY_REPORTS, MESSAGES_DELIVERED, MESSAGES_RECEIVED};
use super::{ByConnector, Metrics};

/// Counts what becomes of messages.
pub(crate) struct Mail {
    received: ByConnector,
    delivered: Counter,
    reports: Counter,
}

impl Mail {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        Mail {
            received: ByConnector::new(metrics, MESSAGES_RECEIVED),
            delivered: metrics.counter(&MESSAGES_DELIVERED, &[]),
            reports: metrics.counter(&DELIVERY_REPORTS, &[]),
        }
    }

    /// Where transport's events go: here, and into the log where there is one.
    pub(crate) fn tracking(self, log: Option<TrackingHook>) -> Tracking {
        Tracking::with_hook(Arc::new(move |event| {
            self.count(event);
            if let Some(log) = &log {
                log(event);
            }
        }))
    }

    fn count(&self, event: &TrackingEvent) {
        match event.event_id {
            EventId::Receive => self.received.of(connector(event)).increment(1),
            EventId::Deliver => self.delivered.increment(event.recipient_address.len() as u64),
            EventId::Dsn => self.reports.increment(1),
            _ => {}
        }
    }
}

/// The Receive connector, or what the server itself has made.
fn connector(event: &TrackingEvent) -> &str {
    let connector = event.message.origin.connector.as_str();
    match event.source {
        _ if !connector.is_empty() => connector,
        Source::StoreDriver => "StoreDriver",
        Source::Pickup => "Pickup",
        _ => "Transport",
    }
}
