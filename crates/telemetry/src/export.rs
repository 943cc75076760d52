//! The queue between who makes spans and who sends them, and the task that sends.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use net::{Shutdown, shutdown::ShutdownTrigger};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use types::limits::{
    TELEMETRY_BATCH_SPANS_MAX, TELEMETRY_BATCH_WAIT_MS, TELEMETRY_FLUSH_SECS_MAX,
    TELEMETRY_REQUEST_SECS_MAX, TELEMETRY_SPANS_WAITING_MAX,
};

/// What became of spans.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// How many the collector took.
    pub exported: &'static AtomicU64,
    /// How many it did not, or found no room in the queue.
    pub dropped: &'static AtomicU64,
}

/// Takes spans in their encoding.
pub(crate) trait Collector: Send + Sync + 'static {
    /// Sends a request. The answer: how many of its spans were refused.
    fn send(&self, request: Vec<u8>) -> impl Future<Output = Result<u64, Fault>> + Send;
}

/// Why a collector did not take spans.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Where spans wait.
pub(crate) struct Queue {
    spans: mpsc::Sender<Span>,
    counts: Counts,
}

impl Queue {
    pub(crate) fn over(spans: mpsc::Sender<Span>, counts: Counts) -> Self {
        Queue { spans, counts }
    }

    /// Adds a span, or drops it when the queue is full.
    pub(crate) fn add(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The task that sends.
pub struct Exporting {
    stop: ShutdownTrigger,
    task: JoinHandle<()>,
}

impl Exporting {
    pub(crate) fn start(
        collector: impl Collector,
        resource: Resource,
        counts: Counts,
    ) -> (Queue, Self) {
        let (spans, waiting) = mpsc::channel(TELEMETRY_SPANS_WAITING_MAX);
        let (stop, stopping) = Shutdown::new();
        let exporter = Exporter { collector, resource, counts, waiting, failing: false };
        let task = tokio::spawn(exporter.run(stopping));
        (Queue::over(spans, counts), Exporting { stop, task })
    }

    /// Sends what waits, as far as the collector takes it in time. Later spans are dropped.
    pub async fn finish(self) {
        let Exporting { stop, mut task } = self;
        stop.shut_down();
        let limit = Duration::from_secs(TELEMETRY_FLUSH_SECS_MAX);
        if tokio::time::timeout(limit, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("the collector did not take the last spans in time");
        }
    }
}

struct Exporter<C> {
    collector: C,
    resource: Resource,
    counts: Counts,
    waiting: mpsc::Receiver<Span>,
    /// Whether the last request failed: the log is told of changes.
    failing: bool,
}

impl<C: Collector> Exporter<C> {
    async fn run(mut self, stopping: Shutdown) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = stopping.requested() => break,
                more = self.waiting.recv_many(&mut batch, TELEMETRY_BATCH_SPANS_MAX) => {
                    if more == 0 {
                        return;
                    }
                }
            }
            self.gather(&mut batch, &stopping).await;
            self.export(std::mem::take(&mut batch)).await;
        }
        self.waiting.close();
        while self.waiting.recv_many(&mut batch, TELEMETRY_BATCH_SPANS_MAX).await > 0 {
            self.export(std::mem::take(&mut batch)).await;
        }
    }

    /// Waits for more spans until the batch is full, for a while.
    async fn gather(&mut self, batch: &mut Vec<Span>, stopping: &Shutdown) {
        let wait = tokio::time::sleep(Duration::from_millis(TELEMETRY_BATCH_WAIT_MS));
        let mut wait = std::pin::pin!(wait);
        while let Some(room) = TELEMETRY_BATCH_SPANS_MAX.checked_sub(batch.len()).filter(|r| *r > 0)
        {
            tokio::select! {
                () = stopping.requested() => return,
                () = &mut wait => return,
                more = self.waiting.recv_many(batch, room) => if more == 0 { return },
            }
        }
    }

    async fn export(&mut self, batch: Vec<Span>) {
        let spans = batch.len() as u64;
        let limit = Duration::from_secs(TELEMETRY_REQUEST_SECS_MAX);
        let sent = tokio::time::timeout(limit, self.collector.send(self.request(batch))).await;
        let sent = sent.unwrap_or_else(|_| Err("no answer in time".into()));
        let refused = sent.as_ref().map_or(spans, |refused| spans.min(*refused));
        self.counts.exported.fetch_add(spans - refused, Ordering::Relaxed);
        self.counts.dropped.fetch_add(refused, Ordering::Relaxed);
        self.tell(sent.err());
    }

    fn request(&self, spans: Vec<Span>) -> Vec<u8> {
        let of_scope = ScopeSpans { spans, ..ScopeSpans::default() };
        let of_resource = ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans: vec![of_scope],
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest { resource_spans: vec![of_resource] }.encode_to_vec()
    }

    fn tell(&mut self, fault: Option<Fault>) {
        let was = std::mem::replace(&mut self.failing, fault.is_some());
        match fault {
            Some(error) if !was => {
                tracing::warn!(%error, "the collector takes no spans; they are dropped");
            }
            None if was => tracing::info!("the collector takes spans again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Exporting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporting").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
    use tokio::time::Instant;

    use super::*;

    /// Says of each request how many spans it had, and answers so, or never.
    struct Told(UnboundedSender<usize>, Option<Result<u64, &'static str>>);

    impl Collector for Told {
        async fn send(&self, request: Vec<u8>) -> Result<u64, Fault> {
            let request = ExportTraceServiceRequest::decode(request.as_slice()).unwrap();
            let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
            self.0.send(scopes.map(|scope| scope.spans.len()).sum()).unwrap();
            match self.1 {
                Some(answer) => answer.map_err(Fault::from),
                None => std::future::pending().await,
            }
        }
    }

    struct World {
        queue: Queue,
        exporting: Exporting,
        counts: Counts,
        requests: UnboundedReceiver<usize>,
    }

    impl World {
        fn with(answer: Option<Result<u64, &'static str>>) -> Self {
            let new = || -> &'static AtomicU64 { Box::leak(Box::default()) };
            let counts = Counts { exported: new(), dropped: new() };
            let (told, requests) = unbounded_channel();
            let collector = Told(told, answer);
            let (queue, exporting) = Exporting::start(collector, Resource::default(), counts);
            World { queue, exporting, counts, requests }
        }

        fn add(&self, spans: usize) {
            (0..spans).for_each(|_| self.queue.add(Span::default()));
        }

        /// Exported, dropped.
        fn counted(&self) -> (u64, u64) {
            let Counts { exported, dropped } = self.counts;
            (exported.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_at_most_telemetry_batch_spans_max() {
        let mut world = World::with(Some(Ok(0)));
        world.add(TELEMETRY_BATCH_SPANS_MAX + 1);
        assert_eq!(world.requests.recv().await, Some(TELEMETRY_BATCH_SPANS_MAX));
        assert_eq!(world.requests.recv().await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_span_waits_telemetry_batch_wait_ms_for_company() {
        let mut world = World::with(Some(Ok(0)));
        let begun = Instant::now();
        world.add(1);
        tokio::time::sleep(Duration::from_millis(TELEMETRY_BATCH_WAIT_MS / 2)).await;
        world.add(1);
        assert_eq!(world.requests.recv().await, Some(2));
        let least = Duration::from_millis(TELEMETRY_BATCH_WAIT_MS);
        assert!((least..2 * least).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_beyond_telemetry_spans_waiting_max_is_dropped_at_once() {
        let world = World::with(None);
        world.add(TELEMETRY_SPANS_WAITING_MAX);
        assert_eq!(world.counted(), (0, 0));
        world.add(1);
        assert_eq!(world.counted(), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_has_telemetry_request_secs_max() {
        let mut world = World::with(None);
        world.add(1);
        assert_eq!(world.requests.recv().await, Some(1));
        tokio::time::sleep(Duration::from_secs(TELEMETRY_REQUEST_SECS_MAX - 1)).await;
        assert_eq!(world.counted(), (0, 0));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(world.counted(), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_collector_refuses_is_dropped_and_the_rest_exported() {
        for (answer, expected) in [(Ok(2), (3, 2)), (Ok(9), (0, 5)), (Err("gone"), (0, 5))] {
            let mut world = World::with(Some(answer));
            world.add(5);
            assert_eq!(world.requests.recv().await, Some(5));
            tokio::task::yield_now().await;
            assert_eq!(world.counted(), expected, "{answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_sends_what_waits_without_waiting_for_company() {
        let mut world = World::with(Some(Ok(0)));
        world.add(TELEMETRY_BATCH_SPANS_MAX + 1);
        let begun = Instant::now();
        world.exporting.finish().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(world.requests.recv().await, Some(TELEMETRY_BATCH_SPANS_MAX));
        assert_eq!(world.requests.recv().await, Some(1));
        world.queue.add(Span::default());
        assert_eq!(world.counts.dropped.load(Ordering::Relaxed), 1, "nobody sends it any more");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_telemetry_flush_secs_max_for_a_silent_collector() {
        let world = World::with(None);
        world.add(1);
        let begun = Instant::now();
        world.exporting.finish().await;
        let limit = Duration::from_secs(TELEMETRY_FLUSH_SECS_MAX);
        assert!((limit..2 * limit).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
}
