//! A database: its handle, and the ways to write to it and read from it.

use std::cell::RefCell;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Span;
use types::Timestamp;
use types::limits::{WRITER_CACHE_OCTETS_MAX, WRITES_WAITING_MAX};

use crate::blob::{BlobNumber, Place, Staged};
use crate::blob_reader::BlobReader;
use crate::cache::Cache;
use crate::engine::Engine;
use crate::engine::memory::Memory;
use crate::engine::sqlite::Sqlite;
use crate::error::StoreError;
use crate::health::{Health, Poison};
use crate::job::{Bulk, Job, Lazy, Once, Reply, Sliced};
use crate::keys;
use crate::lanes::Lanes;
use crate::options::{EngineKind, Options};
use crate::reclaim::Reclaim;
use crate::schema;
use crate::segment::Segments;
use crate::snapshot::Snapshot;
use crate::space::{FileSystemProbe, Space, SpaceProbe};
use crate::stage::{self, Stager, Staging};
use crate::sync::lock;
use crate::sync_times::SyncTimes;
use crate::txn::{Base, Txn, counter};
use crate::verify::{self, Report};
use crate::watch::{Topics, Watch};
use crate::writer::{Shared, Writer};

/// Snapshots that [`Database::read`] runs at a time, for each processor.
const READERS_PER_PROCESSOR: usize = 4;
pub(crate) const SEGMENTS_DIRECTORY: &str = "segments";

/// Handle on an open database; clones are the same database. It is closed with the last one.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    engine: Arc<dyn Engine>,
    staging: Staging,
    readers: Arc<Semaphore>,
    writes_waiting: Arc<Semaphore>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What a database is made of before it runs.
pub(crate) struct Parts {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) space: Space,
    /// How long readers should keep a snapshot.
    pub(crate) snapshot_max: Duration,
}

/// Counts since the database was opened, and what waits now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Engine transactions committed.
    pub commits: u64,
    /// Functions whose changes those hold.
    pub functions: u64,
    /// Snapshots that lived longer than `SNAPSHOT_MS_MAX`.
    pub overdue_snapshots: u64,
    /// Interactive writes that have not been answered yet.
    pub writes_waiting: usize,
}

impl Database {
    /// Opens a database, makes it if it is not there, and brings its schema up to date.
    pub fn open(options: Options) -> Result<Database, StoreError> {
        let schema = options.schema;
        let clock = options.clock.clone();
        let database = Database::start(Parts::of(options)?, clock)?;
        schema::migrate(&database, schema)?;
        Ok(database)
    }

    pub(crate) fn start(
        parts: Parts,
        clock: Arc<dyn types::Clock>,
    ) -> Result<Database, StoreError> {
        let Parts { engine, segments, space, snapshot_max } = parts;
        let space = Arc::new(space);
        let shared = Arc::new(Shared {
            lanes: Lanes::default(),
            topics: Arc::new(Topics::default()),
            poison: Poison::default(),
            reclaim: Arc::default(),
            space: space.clone(),
            clock,
            commits: AtomicU64::new(0),
            functions: AtomicU64::new(0),
            sync_times: SyncTimes::default(),
            overdue_snapshots: Arc::default(),
            snapshot_max,
        });
        let writer = writer(&*engine, &segments, &shared)?;
        let thread = std::thread::Builder::new().name("store-writer".into());
        let thread = thread.spawn(move || writer.run())?;
        let inner = Inner {
            shared,
            engine,
            staging: Staging { segments, space },
            readers: Arc::new(Semaphore::new(readers_max())),
            writes_waiting: Arc::new(Semaphore::new(WRITES_WAITING_MAX)),
            writer: Mutex::new(Some(thread)),
        };
        Ok(Database { inner: Arc::new(inner) })
    }

    /// Runs `function` on the writer's thread, in a group with others, and answers when the
    /// group is durable. It must not block and should be short.
    ///
    /// It runs once, or again from the start when its group had no room. An error of its own
    /// drops only its own changes. A write that has begun to wait goes on when its future is
    /// dropped.
    pub async fn write<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = self.inner.writes_waiting.clone().acquire_owned().await.ok();
        let (reply, answer) = oneshot::channel();
        self.submit(function, Reply::Task(reply), place);
        answer.await.unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// [`Database::write`] for tools and tests: blocks the thread, also one that drives tasks.
    pub fn write_blocking<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        self.submit(function, Reply::Thread(reply), None);
        answer.recv().unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// Calls `function` until it says [`Bulk::Done`], each call with a commit of its own and
    /// interactive writes in between. A call should end when [`Txn::slice_full`] says so.
    /// Slices that are committed stay, also when a later one fails or the database is closed.
    pub async fn write_bulk<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<Bulk<T>, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.submit_bulk(function, Reply::Task(reply));
        answer.await.unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// [`Database::write_bulk`] for tools and tests: blocks the thread, also one that drives tasks.
    pub fn write_bulk_blocking<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<Bulk<T>, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        self.submit_bulk(function, Reply::Thread(reply));
        answer.recv().unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// Writes what can be derived again: it rides with the next group, or goes alone after
    /// `LAZY_WAIT_MS_MAX`. Nobody waits; a loss is logged.
    pub fn write_lazy(
        &self,
        function: impl FnMut(&mut Txn) -> Result<(), StoreError> + Send + 'static,
    ) {
        self.inner.shared.lanes.push_lazy(Box::new(Lazy(function)));
    }

    /// Runs `function` on a snapshot, away from the threads that serve connections.
    #[track_caller]
    pub fn read<T, E>(
        &self,
        function: impl FnOnce(&Snapshot) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let reader = Location::caller();
        async move {
            let turn = self.inner.readers.clone().acquire_owned().await;
            let (database, span) = (self.clone(), Span::current());
            let running = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                span.in_scope(|| function(&database.snapshot_for(reader)?))
            });
            match running.await {
                Ok(result) => result,
                Err(failed) if failed.is_panic() => Err(StoreError::Panicked.into()),
                Err(_) => Err(StoreError::Closed.into()),
            }
        }
    }

    /// A snapshot for tools and tests, which may block.
    #[track_caller]
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot_for(Location::caller())
    }

    fn snapshot_for(&self, reader: &'static Location<'static>) -> Result<Snapshot, StoreError> {
        let Inner { shared, engine, staging, .. } = &*self.inner;
        let reader = shared.reader(reader);
        Ok(Snapshot::new(engine.snapshot()?, staging.segments.clone(), reader))
    }

    /// Stages octets for [`Txn::adopt`].
    pub async fn stage(&self, bytes: impl Into<Bytes>) -> Result<Staged, StoreError> {
        stage::stage(self.inner.staging.clone(), bytes.into()).await
    }

    /// [`Database::stage`] for tools and tests: blocks the thread, also one that drives tasks.
    pub fn stage_blocking(&self, bytes: impl Into<Bytes>) -> Result<Staged, StoreError> {
        self.inner.staging.stage(bytes.into())
    }

    /// Stages octets that are still arriving.
    pub fn stager(&self) -> Stager {
        Stager::new(self.inner.staging.clone())
    }

    /// Opens a blob for reading in bounded memory.
    pub async fn open_blob(&self, number: BlobNumber) -> Result<BlobReader, StoreError> {
        let segments = self.inner.staging.segments.clone();
        self.read(move |snapshot| match snapshot.place(number)? {
            Place::Inline(bytes) => Ok(BlobReader::inline(bytes)),
            Place::Segment(place) => BlobReader::segment(segments.file(place.file)?, place),
        })
        .await
    }

    /// Whether two handles are of one database.
    pub fn is_same(&self, other: &Database) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Watches a topic: see [`Txn::wake`].
    pub fn watch(&self, topic: u64) -> Watch {
        self.inner.shared.topics.watch(topic)
    }

    /// Whether the database takes writes.
    pub fn health(&self) -> Health {
        match self.inner.shared.poison.reason() {
            Some(reason) => Health::Poisoned(reason),
            None if self.inner.shared.space.is_low() => Health::DiskNearlyFull,
            None => Health::Good,
        }
    }

    /// What the writer has done so far.
    pub fn stats(&self) -> Stats {
        Stats {
            commits: self.inner.shared.commits.load(Ordering::Relaxed),
            functions: self.inner.shared.functions.load(Ordering::Relaxed),
            overdue_snapshots: self.inner.shared.overdue_snapshots.load(Ordering::Relaxed),
            writes_waiting: WRITES_WAITING_MAX - self.inner.writes_waiting.available_permits(),
        }
    }

    /// Tells `listener`, on the writer's thread, how long each group took to become durable.
    /// There is one listener for the life of a database.
    pub fn on_sync(&self, listener: impl Fn(Duration) + Send + Sync + 'static) {
        self.inner.shared.sync_times.tell(Box::new(listener));
    }

    /// Checks every row and blob and the engine's structures. Blocks the thread for as long as
    /// it takes to read everything; writes go on meanwhile.
    pub fn verify(&self) -> Report {
        let _pin = self.pin();
        verify::verify(&*self.inner.engine, &self.inner.staging.segments)
    }

    /// The time of the database's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.shared.clock.now()
    }

    /// Finishes the writes that wait, takes no more, and returns when the writer has ended.
    /// Snapshots still read.
    pub async fn close(&self) {
        let database = self.clone();
        // A panic of the writer has poisoned the database, which is known by now.
        let _ = tokio::task::spawn_blocking(move || database.inner.end_writer()).await;
    }

    pub(crate) fn reclaim(&self) -> Arc<Reclaim> {
        self.inner.shared.reclaim.clone()
    }

    pub(crate) fn segments(&self) -> &Arc<Segments> {
        &self.inner.staging.segments
    }

    fn submit<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
        reply: Reply<Result<T, E>>,
        place: Option<OwnedSemaphorePermit>,
    ) where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let span = Span::current();
        let job: Box<dyn Job> =
            Box::new(Once { function, result: None, reply, span, _place: place });
        self.inner.shared.lanes.push_interactive(job);
    }

    fn submit_bulk<T, E>(
        &self,
        function: impl FnMut(&mut Txn) -> Result<Bulk<T>, E> + Send + 'static,
        reply: Reply<Result<T, E>>,
    ) where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.shared.lanes.push_bulk(Box::new(Sliced {
            function,
            result: None,
            reply,
            span: Span::current(),
        }));
    }

    /// Why the writer did not answer.
    fn gone(&self) -> StoreError {
        self.inner.shared.poison.check().err().unwrap_or(StoreError::Closed)
    }
}

impl Inner {
    fn end_writer(&self) {
        self.shared.lanes.close();
        let Some(thread) = lock(&self.writer).take() else { return };
        // The last handle may go inside a write function; the thread cannot wait for itself.
        if thread.thread().id() != std::thread::current().id() {
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end_writer();
    }
}

impl Parts {
    fn of(options: Options) -> Result<Parts, StoreError> {
        let Options { engine, clock, space, reserve_octets, snapshot_ms_max, .. } = options;
        let snapshot_max = Duration::from_millis(snapshot_ms_max);
        match engine {
            EngineKind::Memory => Ok(Parts {
                engine: Arc::new(Memory::default()),
                segments: Arc::new(Segments::in_memory(clock)),
                space: Space::new(space, reserve_octets),
                snapshot_max,
            }),
            EngineKind::Sqlite(directory) => Ok(Parts {
                engine: Arc::new(Sqlite::open(&directory)?),
                segments: Arc::new(Segments::open(&directory.join(SEGMENTS_DIRECTORY), clock)?),
                space: Space::new(Some(probe(space, &directory)), reserve_octets),
                snapshot_max,
            }),
        }
    }
}

fn probe(own: Option<Box<dyn SpaceProbe>>, directory: &Path) -> Box<dyn SpaceProbe> {
    own.unwrap_or_else(|| Box::new(FileSystemProbe::new(directory)))
}

fn writer(
    engine: &dyn Engine,
    segments: &Arc<Segments>,
    shared: &Arc<Shared>,
) -> Result<Writer, StoreError> {
    let reader = shared.reader(Location::caller());
    let snapshot = Snapshot::new(engine.snapshot()?, segments.clone(), reader);
    // Blob 0 does not exist, so that a caller may use it for "none".
    let next_blob = counter(&snapshot, keys::NEXT_BLOB)?.max(1);
    let base = Base {
        engine: engine.writer()?,
        cache: RefCell::new(Cache::new(WRITER_CACHE_OCTETS_MAX)),
        segments: segments.clone(),
    };
    Ok(Writer { base, shared: shared.clone(), next_blob, now: Timestamp::EPOCH })
}

fn readers_max() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    processors * READERS_PER_PROCESSOR
}

#[cfg(test)]
mod tests;
