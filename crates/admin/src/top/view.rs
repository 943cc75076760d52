//! What is shown, as text or as JSON.

use serde::Serialize;

use super::reading::{Between, Reading, has, values_of};
use crate::exposition::Exposition;
use crate::monitor::SlowOperation;

/// Slow operations that are shown.
const SLOW_SHOWN_MAX: usize = 10;

/// A server during the last second.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct View {
    pub services: Vec<ServiceRow>,
    pub messages: Messages,
    /// Queues with something in them.
    pub queues: Vec<QueueRow>,
    pub databases: Vec<DatabaseRow>,
    pub process: Process,
    /// The newest first.
    pub slow_operations: Vec<SlowOperation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServiceRow {
    pub service: String,
    pub sessions: f64,
    pub connections_per_second: f64,
    pub logins_per_second: f64,
    pub failed_logins_per_second: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Messages {
    pub received_per_second: f64,
    pub delivered_per_second: f64,
    pub sent_per_second: f64,
    pub delivery_reports_per_second: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueRow {
    pub queue: String,
    pub status: String,
    pub messages: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DatabaseRow {
    pub database: String,
    pub syncs_per_second: f64,
    pub commits_per_second: f64,
    pub writes_waiting: f64,
    /// None: there was no sync.
    pub mean_sync_seconds: Option<f64>,
    /// The bound of the histogram that 99 of 100 stay below; None also when they do not.
    pub sync_seconds_p99: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Process {
    pub resident_memory_octets: f64,
    pub open_fds: f64,
    pub disk_free_octets: f64,
}

impl View {
    pub(super) fn between(before: &Reading, now: &Reading) -> Self {
        let seconds = (now.at - before.at).as_secs_f64();
        let between = Between { before: &before.counts, now: &now.counts, seconds };
        View {
            services: services(&between),
            messages: messages(&between),
            queues: queues(between.now),
            databases: databases(&between),
            process: process(between.now),
            slow_operations: now.slow.iter().take(SLOW_SHOWN_MAX).cloned().collect(),
        }
    }
}

fn services(between: &Between<'_>) -> Vec<ServiceRow> {
    let row = |service: &str| {
        let of = ("service", service);
        let logins = |good: bool| {
            between.rate("rialto_authentications_total", |sample| {
                has(sample, of) && has(sample, ("result", "success")) == good
            })
        };
        ServiceRow {
            service: service.to_owned(),
            sessions: between.now.value("rialto_sessions", &[of]).unwrap_or_default(),
            connections_per_second: between
                .rate("rialto_connections_total", |sample| has(sample, of)),
            logins_per_second: logins(true),
            failed_logins_per_second: logins(false),
        }
    };
    values_of(between.now, "rialto_sessions", "service").into_iter().map(row).collect()
}

fn messages(between: &Between<'_>) -> Messages {
    let rate = |name| between.rate(name, |_| true);
    Messages {
        received_per_second: rate("rialto_messages_received_total"),
        delivered_per_second: rate("rialto_messages_delivered_total"),
        sent_per_second: rate("rialto_messages_sent_total"),
        delivery_reports_per_second: rate("rialto_delivery_reports_total"),
    }
}

fn queues(now: &Exposition) -> Vec<QueueRow> {
    let filled = now.named("rialto_queue_messages").filter(|sample| sample.value > 0.0);
    let label = |sample: &crate::exposition::Sample, name: &str| {
        sample.labels.get(name).cloned().unwrap_or_default()
    };
    let row = |sample| QueueRow {
        queue: label(sample, "queue"),
        status: label(sample, "status"),
        messages: sample.value,
    };
    let mut rows: Vec<QueueRow> = filled.map(row).collect();
    rows.sort_by(|one, other| (&one.queue, &one.status).cmp(&(&other.queue, &other.status)));
    rows
}

fn databases(between: &Between<'_>) -> Vec<DatabaseRow> {
    const SYNC_SECONDS: &str = "rialto_store_sync_seconds";
    let row = |database: &str| {
        let of = ("database", database);
        let rate = |name| between.rate(name, |sample| has(sample, of));
        let syncs = between.more("rialto_store_sync_seconds_count", &[of]);
        let seconds = between.more("rialto_store_sync_seconds_sum", &[of]);
        DatabaseRow {
            database: database.to_owned(),
            syncs_per_second: rate("rialto_store_syncs_total"),
            commits_per_second: rate("rialto_store_commits_total"),
            writes_waiting: between
                .now
                .value("rialto_store_writes_waiting", &[of])
                .unwrap_or_default(),
            mean_sync_seconds: (syncs > 0.0).then(|| seconds / syncs),
            sync_seconds_p99: between.quantile(SYNC_SECONDS, of, 0.99),
        }
    };
    values_of(between.now, "rialto_store_syncs_total", "database").into_iter().map(row).collect()
}

fn process(now: &Exposition) -> Process {
    let value = |name| now.value(name, &[]).unwrap_or_default();
    Process {
        resident_memory_octets: value("process_resident_memory_bytes"),
        open_fds: value("process_open_fds"),
        disk_free_octets: value("rialto_disk_free_octets"),
    }
}
