//! The message tracking log: one line for each event of `transport::tracking`.
//!
//! Of Exchange's fields these stay empty, because this server does not have them: server-ip,
//! message-info, tenant-id, original-server-ip, custom-data. sender-address is the
//! envelope's sender: the From field is not kept beside a message.

use std::sync::Arc;

use net::SessionId;
use transport::tracking::{EventId, TrackingEvent, TrackingHook, TrackingRecord};
use types::Address;

use super::Logs;
use super::kind::Kind;
use super::row::Row;

/// What Exchange 2016 and later write.
const SCHEMA_VERSION: &str = "15.02.0000.000";

impl Logs {
    /// Where transport's events go, if there is to be a log.
    pub(crate) fn tracking(self: &Arc<Self>) -> Option<TrackingHook> {
        let logs = Arc::clone(self);
        let hook: TrackingHook = Arc::new(move |event| logs.track(event));
        self.settings.message_tracking_log_enabled.then_some(hook)
    }

    fn track(&self, event: &TrackingEvent) {
        let record = self.record(event);
        self.write(Kind::Tracking, Row::new(event.date_time, &record.values()));
    }

    fn record(&self, event: &TrackingEvent) -> TrackingRecord {
        let message = &event.message;
        let origin = &message.origin;
        let client_ip = text(origin.remote);
        let hop = Hop::of(event, &self.server);
        TrackingRecord {
            date_time: event.date_time,
            client_hostname: hop.client.to_owned(),
            server_hostname: hop.server.to_owned(),
            source_context: hop.context.to_owned(),
            connector_id: self.connector_id(&origin.connector),
            source: event.source.to_string(),
            event_id: event.event_id.to_string(),
            internal_message_id: message.internal_message_id.to_string(),
            message_id: message.message_id.clone(),
            network_message_id: message.network_message_id.to_string(),
            recipient_address: list(&event.recipient_address),
            recipient_status: text(event.recipient_status.as_ref()),
            total_bytes: message.total_bytes.to_string(),
            recipient_count: event.recipient_address.len().to_string(),
            related_recipient_address: text(event.related_recipient_address.as_ref()),
            reference: event.reference.clone(),
            message_subject: self.subject(event).to_owned(),
            sender_address: text(message.return_path.address()),
            return_path: message.return_path.to_string(),
            directionality: event.directionality().to_owned(),
            original_client_ip: client_ip.clone(),
            client_ip,
            transport_traffic_type: "Email".to_owned(),
            log_id: SessionId::next().to_string(),
            schema_version: SCHEMA_VERSION.to_owned(),
            ..TrackingRecord::default()
        }
    }

    /// MessageTrackingLogSubjectLoggingEnabled.
    fn subject<'e>(&self, event: &'e TrackingEvent) -> &'e str {
        match self.settings.message_tracking_log_subject_logging_enabled {
            true => &event.message.message_subject,
            false => "",
        }
    }
}

/// Which way the event looks: of mail that leaves, this server is the client.
struct Hop<'e> {
    client: &'e str,
    server: &'e str,
    context: &'e str,
}

impl<'e> Hop<'e> {
    fn of(event: &'e TrackingEvent, own: &'e str) -> Self {
        let context = event.source_context.as_str();
        match event.event_id {
            EventId::Send => Hop { client: own, server: context, context: "" },
            EventId::Receive => Hop { client: &event.message.origin.helo, server: own, context },
            _ => Hop { client: own, server: "", context },
        }
    }
}

/// A value, or nothing.
fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Values joined by `;`, as the log has them.
fn list(addresses: &[Address]) -> String {
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(";")
}
