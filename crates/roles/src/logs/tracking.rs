//! The message tracking log: one line for each event of `transport::tracking`.
//!
//! Of Exchange's fields these stay empty, because this server does not have them: server-ip,
//! reference, message-info, tenant-id, original-server-ip, custom-data. sender-address is the
//! envelope's sender: the From field is not kept beside a message.

use std::sync::Arc;

use net::SessionId;
use transport::tracking::{EventId, TrackingEvent, TrackingHook};
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
        let message = &event.message;
        let origin = &message.origin;
        let client_ip = origin.remote.map(|ip| ip.to_string()).unwrap_or_default();
        let hop = Hop::of(event, &self.server);
        let status = event.recipient_status.as_ref().map(ToString::to_string);
        let related = event.related_recipient_address.as_ref().map(ToString::to_string);
        let sender = message.return_path.address().map(ToString::to_string);
        let (subject, sender) = (self.subject(event), sender.unwrap_or_default());
        let fields: [&str; 29] = [
            &client_ip,
            hop.client,
            "",
            hop.server,
            hop.context,
            &self.connector_id(&origin.connector),
            &event.source.to_string(),
            &event.event_id.to_string(),
            &message.internal_message_id.to_string(),
            &message.message_id,
            &message.network_message_id.to_string(),
            &list(&event.recipient_address),
            &status.unwrap_or_default(),
            &message.total_bytes.to_string(),
            &event.recipient_address.len().to_string(),
            &related.unwrap_or_default(),
            "",
            subject,
            &sender,
            &message.return_path.to_string(),
            "",
            event.directionality(),
            "",
            &client_ip,
            "",
            "",
            "Email",
            &SessionId::next().to_string(),
            SCHEMA_VERSION,
        ];
        self.write(Kind::Tracking, Row::new(event.date_time, &fields));
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

/// Values joined by `;`, as the log has them.
fn list(addresses: &[Address]) -> String {
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(";")
}
