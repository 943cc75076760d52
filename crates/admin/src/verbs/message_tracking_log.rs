//! Get-MessageTrackingLog: what happened to messages. The log's fields and how its lines are
//! read are in `transport::tracking`.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use transport::Source;
use transport::tracking::{EventId, TrackingRecord};
use types::Timestamp;
use types::limits::TRACKING_RESULTS_MAX;

use super::result_size::{limited, result_size};
use crate::verb::{
    Bytes, Cmdlet, Effect, ExactMoment, Expected, Moment, Role, Scalar, Session, Shape, Verb,
    VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[Verb::of::<GetMessageTrackingLog>()];

object! {
    /// An event in the life of a message.
    pub struct TrackingObject = "MessageTrackingEvent" [timestamp, event_id, source, sender, recipients, message_subject] {
        /// When it happened.
        timestamp: ExactMoment,
        /// The client's address.
        client_ip: String,
        /// Who handed the message over: what it said in EHLO, or this server.
        client_hostname: String,
        /// Who took the message: this server, or the next hop.
        server_hostname: String,
        /// More about the source.
        source_context: String,
        /// SERVER\\connector that the message came by.
        connector_id: String,
        /// The part of the server: SMTP, STOREDRIVER and so on.
        source: String,
        /// What happened: RECEIVE, DELIVER, SEND and so on.
        event_id: String,
        /// Number of the copy on this server.
        internal_message_id: String,
        /// Message-ID.
        message_id: String,
        /// A GUID that all copies share.
        network_message_id: String,
        /// Whom the event is about.
        recipients: Vec<String>,
        /// The reply that explains it.
        recipient_status: String,
        /// Octets of the message.
        total_bytes: Bytes,
        /// How many recipients the event is about.
        recipient_count: u64,
        /// The group, or the address before forwarding.
        related_recipient_address: String,
        /// Of a report, the Message-ID of what it is about.
        reference: String,
        /// Subject.
        message_subject: String,
        /// Who sent it.
        sender: String,
        /// Where reports go; <> for nowhere.
        return_path: String,
        /// Incoming or Originating.
        directionality: String,
        /// The address of the client that handed the message to the organization.
        original_client_ip: String,
    }
}

verb! {
    /// Shows what happened to messages, oldest first.
    pub struct GetMessageTrackingLog = "Get-MessageTrackingLog" (Role::MessageTracking, Effect::Read) {
        /// From this moment on; UTC unless it says its offset.
        start: Option<Moment>,
        /// Until this moment.
        end: Option<Moment>,
        /// Only this event.
        event_id: Option<EventName>,
        /// Only the copy with this number.
        internal_message_id: Option<u64>,
        /// Only the message with this Message-ID, in angle brackets or not.
        message_id: Option<String>,
        /// Only the message with this GUID, which all its copies have.
        network_message_id: Option<String>,
        /// Only messages with this in their subject.
        message_subject: Option<String>,
        /// Only events about one of these addresses.
        recipients: Vec<String>,
        /// Only messages of this sender.
        sender: Option<String>,
        /// Only reports about the message with this Message-ID.
        reference: Option<String>,
        /// How many at most; 1000 unless said otherwise.
        result_size: Option<u32>,
        /// Only events of this part of the server.
        source: Option<SourceName>,
    }
}

/// An event's name in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName(&'static str);

impl Scalar for EventName {
    const SHAPE: Shape = Shape::OneOf(EventId::NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        one_of(EventId::NAMES, text).map(EventName)
    }
}

/// A source's name in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceName(&'static str);

impl Scalar for SourceName {
    const SHAPE: Shape = Shape::OneOf(Source::NAMES);

    fn parse(text: &str) -> Result<Self, Expected> {
        one_of(Source::NAMES, text).map(SourceName)
    }
}

fn one_of(names: &'static [&'static str], text: &str) -> Result<&'static str, Expected> {
    let name = names.iter().find(|name| name.eq_ignore_ascii_case(text));
    name.copied().ok_or_else(|| Shape::OneOf(names).expected())
}

impl GetMessageTrackingLog {
    fn span(&self) -> Result<RangeInclusive<Timestamp>, VerbError> {
        let start = self.start.map_or(Timestamp::EPOCH, |start| start.0);
        let end = self.end.map_or(Timestamp::from_micros(i64::MAX), |end| end.0);
        if end < start {
            return Err(VerbError::Invalid("End is before Start".to_owned()));
        }
        Ok(start..=end)
    }

    fn limit(&self) -> Result<usize, VerbError> {
        let limit = result_size(self.result_size);
        if limit > TRACKING_RESULTS_MAX as usize {
            let parameter = "ResultSize".to_owned();
            let expected = format!("{TRACKING_RESULTS_MAX} at most");
            return Err(VerbError::Value { parameter, expected });
        }
        Ok(limit)
    }

    fn wants(&self, record: &TrackingRecord) -> bool {
        self.wants_event(record) && self.wants_message(record) && self.wants_people(record)
    }

    fn wants_event(&self, record: &TrackingRecord) -> bool {
        self.event_id.is_none_or(|event| event.0 == record.event_id)
            && self.source.is_none_or(|source| source.0 == record.source)
    }

    fn wants_message(&self, record: &TrackingRecord) -> bool {
        let id = self.internal_message_id;
        id.is_none_or(|id| record.internal_message_id.parse() == Ok(id))
            && self
                .network_message_id
                .as_ref()
                .is_none_or(|id| id.trim().eq_ignore_ascii_case(&record.network_message_id))
            && is_id(self.message_id.as_deref(), &record.message_id)
            && is_id(self.reference.as_deref(), &record.reference)
            && self.message_subject.as_ref().is_none_or(|part| {
                record.message_subject.to_lowercase().contains(&part.to_lowercase())
            })
    }

    fn wants_people(&self, record: &TrackingRecord) -> bool {
        let is_wanted =
            |address: &str| self.recipients.iter().any(|one| one.eq_ignore_ascii_case(address));
        let sender = self.sender.as_ref();
        sender.is_none_or(|sender| sender.eq_ignore_ascii_case(&record.sender_address))
            && (self.recipients.is_empty() || record.recipients().any(is_wanted))
    }
}

/// Whether a Message-ID is the one that is wanted, if one is.
fn is_id(wanted: Option<&str>, id: &str) -> bool {
    wanted.is_none_or(|wanted| bare(wanted) == bare(id))
}

/// A Message-ID without its angle brackets.
pub(super) fn bare(message_id: &str) -> &str {
    let id = message_id.trim();
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

impl Cmdlet for GetMessageTrackingLog {
    type Answer = Vec<TrackingObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let (span, limit, asked) = (self.span()?, self.limit()?, self.result_size);
        let wants = move |record: &TrackingRecord| self.wants(record);
        let found = records(session, span, limit.saturating_add(1), wants).await?;
        let found = limited(session, found, asked);
        Ok(found.into_iter().map(shown).collect())
    }
}

/// The first records of a span of time that are wanted, oldest first.
pub(super) async fn records(
    session: &Session<'_>,
    span: RangeInclusive<Timestamp>,
    most: usize,
    wants: impl Fn(&TrackingRecord) -> bool + Send + 'static,
) -> Result<Vec<TrackingRecord>, VerbError> {
    let log = Arc::clone(&session.organization.tracking_log);
    let reading = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        let mut visitor = |record: TrackingRecord| {
            if wants(&record) {
                found.push(record);
            }
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        log.visit(span, &mut visitor)?;
        Ok(found)
    });
    let mut found =
        reading.await.map_err(std::io::Error::other).flatten().map_err(VerbError::Log)?;
    found.sort_by_key(|record| record.date_time);
    Ok(found)
}

fn shown(record: TrackingRecord) -> TrackingObject {
    TrackingObject {
        timestamp: ExactMoment(record.date_time),
        recipients: record.recipients().map(str::to_owned).collect(),
        client_ip: record.client_ip,
        client_hostname: record.client_hostname,
        server_hostname: record.server_hostname,
        source_context: record.source_context,
        connector_id: record.connector_id,
        source: record.source,
        event_id: record.event_id,
        internal_message_id: record.internal_message_id,
        message_id: record.message_id,
        network_message_id: record.network_message_id,
        recipient_status: record.recipient_status,
        total_bytes: Bytes(record.total_bytes.parse().unwrap_or_default()),
        recipient_count: record.recipient_count.parse().unwrap_or_default(),
        related_recipient_address: record.related_recipient_address,
        reference: record.reference,
        message_subject: record.message_subject,
        sender: record.sender_address,
        return_path: record.return_path,
        directionality: record.directionality,
        original_client_ip: record.original_client_ip,
    }
}
