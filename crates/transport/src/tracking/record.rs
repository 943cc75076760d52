//! A line of the message tracking log as a value: its fields, and how a line is read.
//!
//! The list of fields is here once, for who writes the log and for who reads it. Pure: files
//! are the business of crate `roles`. A line is comma-separated values (RFC 4180) with no end of
//! line within a field.
//!
//! Invariant: a line that is cut, too long or of another number of fields is no record; nothing
//! is guessed.

use types::Timestamp;
use types::limits::TRACKING_LINE_OCTETS_MAX;

macro_rules! record {
    ($($(#[doc = $doc:literal])* $field:ident = $name:literal,)*) => {
        /// One line of the message tracking log; what does not apply is empty.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct TrackingRecord {
            /// When it happened; the log has milliseconds.
            pub date_time: Timestamp,
            $($(#[doc = $doc])* pub $field: String,)*
        }

        /// The fields in the order of a line, as its header names them.
        pub const FIELDS: &[&str] = &["date-time", $($name,)*];

        impl TrackingRecord {
            /// The values behind date-time, in the order of [`FIELDS`].
            pub fn values(&self) -> [&str; FIELDS.len() - 1] {
                [$(&self.$field,)*]
            }

            /// The record of these values, if there are as many as fields.
            fn of(date_time: Timestamp, mut values: Fields<'_>) -> Option<Self> {
                let record = TrackingRecord { date_time, $($field: values.next()?,)* };
                values.is_at_end().then_some(record)
            }
        }
    };
}

record! {
    /// The client's address.
    client_ip = "client-ip",
    /// Who handed the message over: what it said in EHLO, or this server.
    client_hostname = "client-hostname",
    /// Not kept.
    server_ip = "server-ip",
    /// Who took the message: this server, or the next hop.
    server_hostname = "server-hostname",
    /// More about the source.
    source_context = "source-context",
    /// `SERVER\connector` that the message came by.
    connector_id = "connector-id",
    /// [`Source`](crate::Source) of the event.
    source = "source",
    /// [`EventId`](super::EventId).
    event_id = "event-id",
    /// Number of the copy on this server.
    internal_message_id = "internal-message-id",
    /// Message-ID.
    message_id = "message-id",
    /// A GUID that all copies share.
    network_message_id = "network-message-id",
    /// Addresses, joined by `;`.
    recipient_address = "recipient-address",
    /// The reply that explains the event.
    recipient_status = "recipient-status",
    /// Octets of the message.
    total_bytes = "total-bytes",
    /// How many recipients the event is about.
    recipient_count = "recipient-count",
    /// The group, or the address before forwarding.
    related_recipient_address = "related-recipient-address",
    /// Of a report, the Message-ID of what it is about.
    reference = "reference",
    /// Subject, unless MessageTrackingLogSubjectLoggingEnabled is false.
    message_subject = "message-subject",
    /// Who sent it.
    sender_address = "sender-address",
    /// Where reports go; `<>` for nowhere.
    return_path = "return-path",
    /// Not kept.
    message_info = "message-info",
    /// Incoming or Originating.
    directionality = "directionality",
    /// Not kept.
    tenant_id = "tenant-id",
    /// The address of the client that handed the message to the organization.
    original_client_ip = "original-client-ip",
    /// Not kept.
    original_server_ip = "original-server-ip",
    /// Not kept.
    custom_data = "custom-data",
    /// Email.
    transport_traffic_type = "transport-traffic-type",
    /// Unique to the line.
    log_id = "log-id",
    /// The form of the line.
    schema_version = "schema-version",
}

impl TrackingRecord {
    /// The record of a line without its end. `None`: a line of the header, or one that is cut or
    /// damaged.
    pub fn parse(line: &str) -> Option<Self> {
        if line.len() > TRACKING_LINE_OCTETS_MAX {
            return None;
        }
        let mut fields = Fields { rest: Some(line) };
        let date_time: jiff::Timestamp = fields.next()?.parse().ok()?;
        TrackingRecord::of(Timestamp::from_micros(date_time.as_microsecond()), fields)
    }

    /// The addresses the event is about.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.recipient_address.split(';').filter(|address| !address.is_empty())
    }
}

/// The fields of a line, one after the other; none behind the end or damage.
struct Fields<'l> {
    /// What follows the last comma.
    rest: Option<&'l str>,
}

impl<'l> Fields<'l> {
    /// `field = escaped / non-escaped`.
    fn next(&mut self) -> Option<String> {
        let text = self.rest.take()?;
        if let Some(quoted) = text.strip_prefix('"') {
            return self.escaped(quoted);
        }
        let comma = text.find(',');
        self.rest = comma.map(|at| &text[at + 1..]);
        Some(text[..comma.unwrap_or(text.len())].to_owned())
    }

    /// A field behind its first quote.
    fn escaped(&mut self, quoted: &'l str) -> Option<String> {
        let mut field = String::new();
        let (mut text, mut after) = quoted.split_once('"')?;
        while let Some(more) = after.strip_prefix('"') {
            field.push_str(text);
            field.push('"');
            (text, after) = more.split_once('"')?;
        }
        field.push_str(text);
        if !after.is_empty() {
            self.rest = Some(after.strip_prefix(',')?);
        }
        Some(field)
    }

    fn is_at_end(&self) -> bool {
        self.rest.is_none()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TIME: &str = "2026-11-20T10:15:30.125Z";

    fn line(fields: &[&str]) -> String {
        let mut all = vec![TIME];
        all.extend(fields);
        all.resize(FIELDS.len(), "");
        all.join(",")
    }

    #[test]
    fn a_line_gives_its_fields() {
        let client = ["192.0.2.7", "\"a, \"\"b\"\"\"", "", "\"\""];
        let record = TrackingRecord::parse(&line(&client)).unwrap();
        assert_eq!(record.date_time, Timestamp::from_micros(1_795_169_730_125_000));
        assert_eq!(record.values()[..4], ["192.0.2.7", "a, \"b\"", "", ""]);
        let several =
            TrackingRecord { recipient_address: "a@x.test;b@x.test".into(), ..record.clone() };
        assert_eq!(several.recipients().collect::<Vec<_>>(), ["a@x.test", "b@x.test"]);
        assert_eq!(record.recipients().count(), 0);
    }

    #[test]
    fn what_is_cut_or_damaged_is_no_record() {
        let whole = line(&["192.0.2.7", "\"a, \"\"b\"\"\"", "\"c\""]);
        for end in 0..whole.len() {
            let fields = whole[..end].matches(',').count();
            assert!(
                fields == FIELDS.len() || TrackingRecord::parse(&whole[..end]).is_none(),
                "{end}"
            );
        }
        let more = format!("{whole},");
        for wrong in ["", "#Fields: date-time", "yesterday,,", &more, &line(&["\"a\"b"])] {
            assert_eq!(TrackingRecord::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_line_has_a_greatest_length() {
        let long = "x".repeat(TRACKING_LINE_OCTETS_MAX);
        let fits = &long[line(&[]).len()..];
        assert!(TrackingRecord::parse(&line(&[fits])).is_some());
        assert!(TrackingRecord::parse(&line(&[&long[line(&[]).len() - 1..]])).is_none());
    }
}
