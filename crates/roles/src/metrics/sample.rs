//! What is asked for when somebody reads: the store, the queues, the disk, the process.

use std::path::Path;

use metrics::{Counter, Gauge};
use store::{Database, FileSystemProbe, SpaceProbe};
use transport::queue::scheduler::QueueStatus;
use transport::{DeliveryType, QueueInfo, Transport};

use super::catalogue::{
    DISK_FREE, OPEN_FDS, QUEUE_MESSAGES, RESIDENT_MEMORY, STORE_COMMITS, STORE_SYNC_SECONDS,
    STORE_SYNCS, STORE_WRITES_WAITING, TELEMETRY_SPANS,
};
use super::{Metrics, process, spans};
use crate::storage::Storage;

/// Where to ask, and what is set to the answers.
pub(crate) struct Sample {
    databases: [OfDatabase; 2],
    queues: Queues,
    disk: FileSystemProbe,
    spans: [Counter; 2],
    disk_free: Gauge,
    open_fds: Gauge,
    resident_memory: Gauge,
}

impl Sample {
    /// Also has the databases tell how long their syncs take.
    pub(crate) fn new(
        metrics: &Metrics,
        storage: &Storage,
        transport: &Transport,
        data_directory: &Path,
    ) -> Self {
        Sample {
            databases: [
                OfDatabase::new(metrics, "mailboxes", &storage.mailboxes),
                OfDatabase::new(metrics, "directory", &storage.directory_rows),
            ],
            queues: Queues::new(metrics, transport),
            disk: FileSystemProbe::new(data_directory),
            spans: spans::counted().map(|(result, _)| metrics.counter(&TELEMETRY_SPANS, &[result])),
            disk_free: metrics.gauge(&DISK_FREE, &[]),
            open_fds: metrics.gauge(&OPEN_FDS, &[]),
            resident_memory: metrics.gauge(&RESIDENT_MEMORY, &[]),
        }
    }

    /// Asks everybody.
    pub(crate) async fn take(&self) {
        self.databases.iter().for_each(OfDatabase::take);
        self.queues.take().await;
        let spans = self.spans.iter().zip(spans::counted());
        spans.for_each(|(counter, (_, spans))| counter.absolute(spans));
        match self.disk.room() {
            Ok(room) => self.disk_free.set(room.free_octets as f64),
            Err(error) => tracing::warn!(%error, "cannot tell how much room the disk has"),
        }
        if let Some(open) = process::open_descriptors() {
            self.open_fds.set(open as f64);
        }
        if let Some(octets) = process::resident_octets() {
            self.resident_memory.set(octets as f64);
        }
    }
}

struct OfDatabase {
    database: Database,
    syncs: Counter,
    commits: Counter,
    waiting: Gauge,
}

impl OfDatabase {
    fn new(metrics: &Metrics, name: &str, database: &Database) -> Self {
        let seconds = metrics.histogram(&STORE_SYNC_SECONDS, &[name]);
        database.on_sync(move |took| seconds.record(took.as_secs_f64()));
        OfDatabase {
            database: database.clone(),
            syncs: metrics.counter(&STORE_SYNCS, &[name]),
            commits: metrics.counter(&STORE_COMMITS, &[name]),
            waiting: metrics.gauge(&STORE_WRITES_WAITING, &[name]),
        }
    }

    fn take(&self) {
        let stats = self.database.stats();
        self.syncs.absolute(stats.commits);
        self.commits.absolute(stats.functions);
        self.waiting.set(stats.writes_waiting as f64);
    }
}

struct Queues {
    transport: Transport,
    gauges: Vec<((DeliveryType, QueueStatus), Gauge)>,
}

impl Queues {
    fn new(metrics: &Metrics, transport: &Transport) -> Self {
        let kinds = DeliveryType::ALL.into_iter();
        let kinds = kinds.flat_map(|kind| QueueStatus::ALL.map(|status| (kind, status)));
        let gauge = |(kind, status): (DeliveryType, QueueStatus)| {
            ((kind, status), metrics.gauge(&QUEUE_MESSAGES, &[kind.name(), status.name()]))
        };
        Queues { transport: transport.clone(), gauges: kinds.map(gauge).collect() }
    }

    async fn take(&self) {
        let queues = match self.transport.queues().await {
            Ok(queues) => queues,
            Err(error) => return tracing::warn!(%error, "the queues cannot be counted"),
        };
        for (of, gauge) in &self.gauges {
            let is_meant = |queue: &&QueueInfo| (queue.key.delivery_type, queue.view.status) == *of;
            let messages: usize =
                queues.iter().filter(is_meant).map(|queue| queue.message_count).sum();
            gauge.set(messages as f64);
        }
    }
}
