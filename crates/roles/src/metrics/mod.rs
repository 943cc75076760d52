//! What an operator watches: counters, gauges and histograms of one server, in Prometheus' text
//! format.
//!
//! What it is not: other crates do not know the facade. They call hooks and answer questions
//! (`transport::tracking`, `store::Database::on_sync` and `stats`); here they are counted.
//!
//! Invariants: each server has a recorder of its own, so the counts of two in one process do not
//! mix. What a session, a login, a message or a sync costs is an atomic addition, after finding
//! the connector by its name; everything else is asked for when somebody reads (`sample`).
//! The values of every label are bounded.

mod by_connector;
mod catalogue;
mod logins;
mod mail;
mod process;
mod sample;
mod sessions;
pub mod spans;

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use net::Shutdown;
use types::limits::METRICS_UPKEEP_SECS;

pub(crate) use by_connector::ByConnector;
pub use catalogue::markdown;
pub(crate) use catalogue::{MESSAGES_SENT, Metric, SLOW_OPERATIONS};
pub(crate) use logins::CountedLogins;
pub(crate) use mail::Mail;
pub(crate) use sample::Sample;
pub(crate) use sessions::{Counted, Sessions};

use catalogue::{ALL, Kind, STORE_SYNC_SECONDS};

/// Upper bounds in seconds: from a disk that acknowledges out of its memory to one that is busy.
const SYNC_BOUNDS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0];

const METADATA: Metadata<'static> = Metadata::new("rialto", Level::INFO, None);

/// The metrics of one server.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    reader: PrometheusHandle,
}

impl Metrics {
    /// All metrics described, none counted.
    pub(crate) fn new() -> Result<Arc<Self>, BuildError> {
        let syncs = Matcher::Full(STORE_SYNC_SECONDS.name.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(syncs, &SYNC_BOUNDS)?;
        let recorder = builder.build_recorder();
        ALL.iter().for_each(|metric| describe(&recorder, metric));
        Ok(Arc::new(Metrics { reader: recorder.handle(), recorder }))
    }

    /// The counter with these values of its labels, made if it is not there.
    pub(crate) fn counter(&self, of: &Metric, values: &[&str]) -> Counter {
        self.recorder.register_counter(&key(of, values), &METADATA)
    }

    pub(crate) fn gauge(&self, of: &Metric, values: &[&str]) -> Gauge {
        self.recorder.register_gauge(&key(of, values), &METADATA)
    }

    pub(crate) fn histogram(&self, of: &Metric, values: &[&str]) -> Histogram {
        self.recorder.register_histogram(&key(of, values), &METADATA)
    }

    /// All of them in Prometheus' text format, version 0.0.4.
    pub(crate) fn render(&self) -> String {
        self.reader.render()
    }

    /// Sorts what histograms have gathered into their buckets now and then, until shutdown is
    /// asked for: nobody may be reading, and memory is not to grow for that.
    pub(crate) async fn keep_up(self: Arc<Self>, shutdown: Shutdown) {
        now_and_then(shutdown, || self.reader.run_upkeep()).await;
    }
}

async fn now_and_then(shutdown: Shutdown, work: impl Fn()) {
    let mut ticks = tokio::time::interval(Duration::from_secs(METRICS_UPKEEP_SECS));
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = ticks.tick() => work(),
        }
    }
}

fn describe(recorder: &PrometheusRecorder, metric: &Metric) {
    let (name, about) = (metric.name.into(), metric.about.into());
    match metric.kind {
        Kind::Counter => recorder.describe_counter(name, None, about),
        Kind::Gauge => recorder.describe_gauge(name, None, about),
        Kind::Histogram => recorder.describe_histogram(name, None, about),
    }
}

fn key(of: &Metric, values: &[&str]) -> Key {
    debug_assert_eq!(of.labels.len(), values.len(), "{}", of.name);
    let labels = of.labels.iter().zip(values);
    let labels: Vec<Label> =
        labels.map(|(label, value)| Label::new(*label, (*value).to_owned())).collect();
    Key::from_parts(of.name, labels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn upkeep_comes_though_nobody_reads() {
        let (trigger, shutdown) = Shutdown::new();
        let times = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&times);
        let upkeep = tokio::spawn(async move {
            let count = || {
                counted.fetch_add(1, Ordering::Relaxed);
            };
            now_and_then(shutdown, count).await;
        });
        tokio::time::sleep(Duration::from_secs(10 * METRICS_UPKEEP_SECS + 1)).await;
        assert_eq!(times.load(Ordering::Relaxed), 11, "the first one at once");
        trigger.shut_down();
        upkeep.await.unwrap();
    }

    #[test]
    fn syncs_come_into_their_buckets() {
        let metrics = Metrics::new().unwrap();
        let syncs = metrics.histogram(&STORE_SYNC_SECONDS, &["mailboxes"]);
        for seconds in [0.000_2, 0.002, 2.0] {
            syncs.record(seconds);
        }
        let text = metrics.render();
        for line in [
            "rialto_store_sync_seconds_bucket{database=\"mailboxes\",le=\"0.0001\"} 0\n",
            "rialto_store_sync_seconds_bucket{database=\"mailboxes\",le=\"0.00025\"} 1\n",
            "rialto_store_sync_seconds_bucket{database=\"mailboxes\",le=\"1\"} 2\n",
            "rialto_store_sync_seconds_bucket{database=\"mailboxes\",le=\"+Inf\"} 3\n",
            "rialto_store_sync_seconds_count{database=\"mailboxes\"} 3\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
