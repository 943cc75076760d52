//! Every metric there is: its name, its labels, what it means. docs/metrics.md is written from
//! this table.

use std::fmt::Write as _;

/// What kind of metric it is, in Prometheus' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// A metric as it is declared.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'static [&'static str],
    pub(crate) about: &'static str,
}

macro_rules! catalogue {
    ($($id:ident: $kind:ident $name:literal [$($label:literal),*] $about:literal;)*) => {
        $(pub(crate) const $id: Metric = Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            about: $about,
        };)*

        /// All of them, in the order of the documentation.
        pub(crate) const ALL: &[Metric] = &[$($id),*];
    };
}

catalogue! {
    SESSIONS: Gauge "rialto_sessions" ["service"]
        "Connections that are open.";
    CONNECTIONS: Counter "rialto_connections_total" ["service"]
        "Connections that were let in.";
    AUTHENTICATIONS: Counter "rialto_authentications_total" ["service", "result"]
        "Attempts to log in whose credentials were looked at, or that were throttled.";
    MESSAGES_RECEIVED: Counter "rialto_messages_received_total" ["connector"]
        "Messages accepted, by Receive connector.";
    MESSAGES_DELIVERED: Counter "rialto_messages_delivered_total" []
        "Messages written into mailboxes of this server, once for each recipient.";
    MESSAGES_SENT: Counter "rialto_messages_sent_total" ["connector"]
        "Messages that a next hop took, once for all their recipients there, by Send connector.";
    QUEUE_MESSAGES: Gauge "rialto_queue_messages" ["queue", "status"]
        "Messages in delivery queues, by DeliveryType and Status as Get-Queue shows them.";
    DELIVERY_REPORTS: Counter "rialto_delivery_reports_total" []
        "Reports made for senders: of failure, delay, relay and delivery.";
    SLOW_OPERATIONS: Counter "rialto_slow_operations_total" ["service"]
        "Commands of IMAP4, messages of SMTP and verbs that took longer than a second.";
    STORE_SYNCS: Counter "rialto_store_syncs_total" ["database"]
        "Groups of writes made durable, each with one wait for the disk.";
    STORE_COMMITS: Counter "rialto_store_commits_total" ["database"]
        "Writes that these groups held.";
    STORE_SYNC_SECONDS: Histogram "rialto_store_sync_seconds" ["database"]
        "How long a group took to become durable.";
    STORE_WRITES_WAITING: Gauge "rialto_store_writes_waiting" ["database"]
        "Writes that have not been answered yet.";
    TELEMETRY_SPANS: Counter "rialto_telemetry_spans_total" ["result"]
        "Spans for OpenTelemetry of this process: exported, or dropped since the collector did not take them or the queue was full.";
    DISK_FREE: Gauge "rialto_disk_free_octets" []
        "Room on the disk that holds the data directory.";
    OPEN_FDS: Gauge "process_open_fds" []
        "File descriptors that the process has open.";
    RESIDENT_MEMORY: Gauge "process_resident_memory_bytes" []
        "Memory of the process that is in RAM.";
}

/// docs/metrics.md.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for Metric { name, kind, labels, about } in ALL {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, labels) = (kind.name(), labels.join(", "));
        let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {about} |");
    }
    page
}

const HEAD: &str = "\
# Metrics

What `GET /metrics` answers, in Prometheus' text format: on the server's socket, and over HTTPS for
callers with the management role Monitoring ([administration.md](administration.md)). This table is
written by `cargo xtask metrics` from `crates/roles/src/metrics/catalogue.rs`; change it there.

Labels never have names of users or domains. `service` is a service of the port table, `connector` a
Receive or Send connector, or what the server itself makes (`StoreDriver`); beyond a thousand
connectors the rest is `other`. `result` is `success`, `credentials`, `throttled`, `disabled`,
`mailbox_access`, `busy`, `unavailable` or `exchange`. `database` is `mailboxes` or `directory`.

| Metric | Kind | Labels | Meaning |
|---|---|---|---|
";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn docs_metrics_md_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written == markdown(), "docs/metrics.md is behind: run cargo xtask metrics");
    }

    /// As Prometheus' naming conventions have it.
    #[test]
    fn counters_and_only_they_end_in_total() {
        for metric in ALL {
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{metric:?}");
        }
    }
}
