//! What leaves: the names of spans, the fields that become attributes, and their form.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use tracing::field::{Field, Visit};
use types::limits::TELEMETRY_ATTRIBUTE_OCTETS_MAX;

use crate::trace::Ids;

/// The span that is a message on its way into this server; its trace begins with it.
pub(crate) const MESSAGE: &str = "message";

/// Spans that are exported: sessions, their commands, messages, and where messages went.
pub(crate) const NAMES: [&str; 7] =
    ["connection", "command", MESSAGE, "delivery", "queue", "attempt", "hop"];

/// The field that says which message a span is about.
const MESSAGE_ID: &str = "internal_message_id";

/// Fields that are exported, under these names: what the program's log has on every line. The
/// prefix keeps them apart from OpenTelemetry's own.
const ATTRIBUTES: [(&str, &str); 9] = [
    (MESSAGE_ID, "rialto.internal_message_id"),
    ("command", "rialto.command"),
    ("host", "rialto.host"),
    ("mailbox", "rialto.mailbox"),
    ("next_hop", "rialto.next_hop"),
    ("peer", "rialto.peer"),
    ("service", "rialto.service"),
    ("session", "rialto.session"),
    ("user", "rialto.user"),
];

/// W3C Trace Context: recorded.
const SAMPLED: u32 = 1;

/// What the fields of a span say.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) attributes: Vec<KeyValue>,
    /// The internal message id.
    pub(crate) message: Option<u64>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        let exported = ATTRIBUTES.iter().find(|(name, _)| *name == field.name());
        if let Some((_, name)) = exported {
            self.attributes.push(attribute(name, value));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match value.parse() {
            Ok(number) if field.name() == MESSAGE_ID => self.record_u64(field, number),
            _ => self.add(field, Value::StringValue(cut(value).to_owned())),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == MESSAGE_ID {
            self.message = Some(value);
        }
        match i64::try_from(value) {
            Ok(value) => self.add(field, Value::IntValue(value)),
            Err(_) => self.add(field, Value::StringValue(value.to_string())),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::IntValue(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::BoolValue(value));
    }
}

/// As much of a text as an attribute may have.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TELEMETRY_ATTRIBUTE_OCTETS_MAX)).unwrap_or_default()
}

fn attribute(name: &str, value: Value) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// Who made the spans (OpenTelemetry's semantic conventions for resources).
pub(crate) fn resource(server_name: &str, version: &str) -> Resource {
    let text = |name, value: &str| attribute(name, Value::StringValue(value.to_owned()));
    Resource {
        attributes: vec![
            text("service.name", "rialto"),
            text("service.version", version),
            text("host.name", server_name),
        ],
        ..Resource::default()
    }
}

/// A span that begins now. Who is connected to us is its server, whom we connect to its client.
pub(crate) fn begin(name: &str, ids: Ids, fields: Fields) -> Span {
    let has = |name: &str| fields.attributes.iter().any(|attribute| attribute.key == name);
    let kind = match name {
        "connection" if has("rialto.service") => SpanKind::Server,
        "connection" => SpanKind::Client,
        _ => SpanKind::Internal,
    };
    Span {
        trace_id: ids.trace.to_vec(),
        span_id: ids.span.to_vec(),
        flags: SAMPLED,
        name: name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: now(),
        attributes: fields.attributes,
        ..Span::default()
    }
}

/// A span of another trace that this one belongs to as well.
pub(crate) fn link(to: Ids) -> Link {
    Link {
        trace_id: to.trace.to_vec(),
        span_id: to.span.to_vec(),
        flags: SAMPLED,
        ..Link::default()
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_has_at_most_telemetry_attribute_octets_max() {
        let full = "x".repeat(TELEMETRY_ATTRIBUTE_OCTETS_MAX);
        assert_eq!(cut(&full), full);
        assert_eq!(cut(&format!("{full}y")), full);
        let odd = format!("{}é", "x".repeat(TELEMETRY_ATTRIBUTE_OCTETS_MAX - 1));
        assert_eq!(cut(&odd).len(), TELEMETRY_ATTRIBUTE_OCTETS_MAX - 1);
    }
}
