use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use types::limits::{
    BULK_SLICE_MS, BULK_SLICE_OCTETS, GROUP_FUNCTIONS_MAX, GROUP_OCTETS_MAX, INLINE_OCTETS_MAX,
    KEY_OCTETS_MAX, SHARED_BLOB_OCTETS_MAX, SNAPSHOT_MS_CEILING, SNAPSHOT_MS_MAX,
    STAGE_MEMORY_OCTETS_MAX, TRANSACTION_OCTETS_MAX, VALUE_OCTETS_MAX, WRITER_CACHE_OCTETS_MAX,
    WRITES_WAITING_MAX,
};
use types::{Clock, ManualClock, SystemClock};

use super::*;
use crate::engine::{Batch, EngineError, Span, View, Visit, Writer as EngineWriter};
use crate::read::{Direction, Read};
use crate::space::Room;

type Done<T = ()> = Result<T, StoreError>;

const KEY: &[u8] = b"\x10key";

fn memory() -> Database {
    Database::open(Options::memory()).unwrap()
}

fn put(key: &'static [u8], value: &'static [u8]) -> impl FnMut(&mut Txn) -> Done + Send {
    move |txn| txn.put(key, 1, value)
}

fn value(database: &Database, key: &[u8]) -> Option<Vec<u8>> {
    database.snapshot().unwrap().get(key).unwrap().map(|row| row.to_vec())
}

/// Keeps the writer busy until told, so that what is submitted meanwhile forms one group.
struct Busy {
    go: mpsc::Sender<()>,
    done: tokio::task::JoinHandle<Done>,
}

impl Busy {
    async fn new(database: &Database) -> Self {
        let (go, wait) = mpsc::channel();
        let (begun, has_begun) = oneshot::channel();
        let mut begun = Some(begun);
        let hold = move |_: &mut Txn| {
            begun.take().into_iter().for_each(|begun| begun.send(()).unwrap());
            wait.recv().unwrap();
            Ok(())
        };
        let database = database.clone();
        let done = tokio::spawn(async move { database.write(hold).await });
        has_begun.await.unwrap();
        Busy { go, done }
    }

    async fn end(self) {
        self.go.send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }
}

/// Submits a write and lets its task run up to the wait for the answer.
async fn submit<T: Send + 'static>(
    database: &Database,
    function: impl FnMut(&mut Txn) -> Done<T> + Send + 'static,
) -> tokio::task::JoinHandle<Done<T>> {
    let database = database.clone();
    let (begun, has_begun) = oneshot::channel();
    let task = tokio::spawn(async move {
        let write = std::pin::pin!(database.write(function));
        begun.send(()).unwrap();
        write.await
    });
    has_begun.await.unwrap();
    tokio::task::yield_now().await;
    task
}

#[tokio::test]
async fn writes_that_wait_share_one_commit() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let mut tasks = Vec::new();
    for number in 0..50u8 {
        tasks.push(submit(&database, move |txn| txn.put(&[0x10, number], 1, b"v")).await);
    }
    let before = database.stats();
    busy.end().await;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let after = database.stats();
    assert_eq!(after.commits - before.commits, 1);
    assert_eq!(after.functions - before.functions, 51);
}

#[tokio::test]
async fn a_group_has_at_most_its_number_of_functions() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let mut tasks = Vec::new();
    for number in 0..GROUP_FUNCTIONS_MAX as u32 + 10 {
        tasks.push(submit(&database, move |txn| txn.put(&key(number), 1, b"v")).await);
    }
    let before = database.stats().commits;
    busy.end().await;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(database.stats().commits - before, 2);
}

#[tokio::test]
async fn a_group_has_at_most_its_number_of_octets() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let mut tasks = Vec::new();
    // Six quarters and a little more: the first four fill a group.
    for space in 0x10..0x16u8 {
        let quarter = move |txn: &mut Txn| {
            (0..=GROUP_OCTETS_MAX / 4 / 50_000)
                .try_for_each(|number| txn.put(&[space, number as u8], 1, &[0; 50_000]))
        };
        tasks.push(submit(&database, quarter).await);
    }
    let before = database.stats().commits;
    busy.end().await;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(database.stats().commits - before, 2);
}

#[tokio::test]
async fn writes_beyond_those_that_may_wait_have_to_queue_elsewhere() {
    let database = memory();
    let places = &database.inner.writes_waiting;
    assert_eq!(places.available_permits(), WRITES_WAITING_MAX);
    let all = places.clone().acquire_many_owned(WRITES_WAITING_MAX as u32).await.unwrap();
    let before = database.stats().functions;
    let further = submit(&database, put(KEY, b"v")).await;
    let fence = database.clone();
    let fence = tokio::task::spawn_blocking(move || fence.write_blocking(put(b"\x10f", b"")));
    fence.await.unwrap().unwrap();
    assert_eq!(database.stats().functions - before, 1, "only the one that needs no place");
    drop(all);
    further.await.unwrap().unwrap();
    assert!(value(&database, KEY).is_some());
}

fn key(number: u32) -> Vec<u8> {
    [&[0x10][..], &number.to_be_bytes()].concat()
}

#[tokio::test]
async fn a_failing_function_drops_only_its_own_layer() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let first = submit(&database, put(b"\x10a", b"first")).await;
    let failing = submit(&database, |txn| {
        assert_eq!(txn.get(b"\x10a")?.as_deref(), Some(&b"first"[..]), "sees its group");
        txn.put(b"\x10a", 1, b"failing")?;
        txn.put(b"\x10b", 1, b"failing")?;
        Err::<(), _>(StoreError::Closed)
    });
    let failing = failing.await;
    let panicking = submit(&database, |txn| -> Done {
        txn.put(b"\x10c", 1, b"panicking")?;
        panic!("a test's panic in a write function");
    });
    let panicking = panicking.await;
    let last = submit(&database, |txn| {
        assert_eq!(txn.get(b"\x10b")?, None);
        let kept = txn.get(b"\x10a")?.unwrap();
        txn.put(b"\x10d", 1, &kept)
    });
    let last = last.await;
    busy.end().await;
    first.await.unwrap().unwrap();
    assert!(matches!(failing.await.unwrap(), Err(StoreError::Closed)));
    assert!(matches!(panicking.await.unwrap(), Err(StoreError::Panicked)));
    last.await.unwrap().unwrap();
    assert_eq!(value(&database, b"\x10a").unwrap(), b"first");
    assert_eq!(value(&database, b"\x10d").unwrap(), b"first");
    assert_eq!(value(&database, b"\x10b"), None);
    assert_eq!(value(&database, b"\x10c"), None);
}

#[tokio::test]
async fn a_cancelled_callers_write_happens() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let cancelled = submit(&database, put(KEY, b"there")).await;
    cancelled.abort();
    assert!(cancelled.await.unwrap_err().is_cancelled());
    busy.end().await;
    database.write(put(b"\x10later", b"")).await.unwrap();
    assert_eq!(value(&database, KEY).unwrap(), b"there");
}

#[test]
fn counters_come_in_commit_order_under_many_threads() {
    const THREADS: u64 = 8;
    const ROUNDS: u64 = 200;
    let database = memory();
    let numbers: Vec<u64> = std::thread::scope(|scope| {
        let count = || {
            let mut last = 0;
            (0..ROUNDS)
                .map(|_| {
                    let number = database.write_blocking(next).unwrap();
                    let seen = counter(&database.snapshot().unwrap(), KEY).unwrap();
                    assert!(number > last && seen >= number, "{last} {number} {seen}");
                    last = number;
                    number
                })
                .collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(count)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut sorted = numbers;
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(1..=THREADS * ROUNDS));
}

fn next(txn: &mut Txn) -> Done<u64> {
    let number = counter(txn, KEY)? + 1;
    txn.put(KEY, 1, &number.to_be_bytes())?;
    Ok(number)
}

#[test]
fn ranges_in_a_transaction_show_its_changes_in_place() {
    let database = memory();
    let rows = |keys: &'static [&'static [u8]]| {
        move |txn: &mut Txn| keys.iter().try_for_each(|key| txn.put(key, 1, b"old"))
    };
    database.write_blocking(rows(&[b"\x10b", b"\x10d", b"\x10f"])).unwrap();
    let seen = database.write_blocking(|txn| {
        txn.put(b"\x10a", 1, b"new")?;
        txn.put(b"\x10d", 2, b"new")?;
        txn.delete(b"\x10f")?;
        txn.put(b"\x10g", 1, b"new")?;
        let mut both = Vec::new();
        for direction in [Direction::Forward, Direction::Backward] {
            let mut seen = String::new();
            txn.range(b"\x10a", b"\x10z", direction, &mut |key, row| {
                seen.push(key[1] as char);
                seen.push(row[0] as char);
                ControlFlow::Continue(())
            })?;
            both.push(seen);
        }
        Ok::<_, StoreError>(both)
    });
    assert_eq!(seen.unwrap(), ["anbodngn", "gndnboan"]);
}

#[test]
fn limits_hold() {
    let database = memory();
    let try_put = |key: Vec<u8>, octets: usize| {
        database.write_blocking(move |txn| txn.put(&key, 1, &vec![0; octets]))
    };
    assert!(matches!(try_put(vec![], 1), Err(StoreError::KeyLength(0))));
    assert!(matches!(try_put(vec![0x10; KEY_OCTETS_MAX + 1], 1), Err(StoreError::KeyLength(_))));
    assert!(matches!(try_put(vec![0, 1], 1), Err(StoreError::KeyReserved(0))));
    assert!(matches!(try_put(vec![1, 1], 1), Err(StoreError::KeyReserved(1))));
    assert!(matches!(try_put(vec![0x10], VALUE_OCTETS_MAX), Err(StoreError::ValueLength(_))));
    try_put(vec![0x10; KEY_OCTETS_MAX], VALUE_OCTETS_MAX - 5).unwrap();
}

#[tokio::test]
async fn a_transaction_beyond_the_limit_fails_and_one_near_it_waits_for_the_next_group() {
    let database = memory();
    let busy = Busy::new(&database).await;
    let fill = |octets: usize, space: u8| {
        move |txn: &mut Txn| {
            (0..octets / 50_000)
                .try_for_each(|number| txn.put(&[space, number as u8], 1, &[0; 50_000]))
        }
    };
    let small = submit(&database, fill(1 << 20, 0x10)).await;
    let too_large = submit(&database, move |txn| {
        // A function that does not look at its errors gets no further.
        let _ = fill(TRANSACTION_OCTETS_MAX + 100_000, 0x11)(txn);
        Ok(())
    });
    let too_large = too_large.await;
    let large = submit(&database, fill(TRANSACTION_OCTETS_MAX - 100_000, 0x12)).await;
    let before = database.stats().commits;
    busy.end().await;
    small.await.unwrap().unwrap();
    assert!(matches!(too_large.await.unwrap(), Err(StoreError::TransactionLength(_))));
    large.await.unwrap().unwrap();
    assert_eq!(database.stats().commits - before, 2);
    assert_eq!(value(&database, &[0x11, 0]), None);
    assert!(value(&database, &[0x12, 0]).is_some());
}

#[tokio::test]
async fn bulk_slices_let_interactive_writes_pass() {
    let database = memory();
    let (tell, told) = mpsc::channel();
    let mut slices = 0u64;
    let count = move |txn: &mut Txn| {
        slices += 1;
        txn.put(KEY, 1, &slices.to_be_bytes())?;
        // After the first slice, goes on only when an interactive write has been committed.
        tell.send(slices).unwrap();
        match txn.get(b"\x10interactive")? {
            Some(_) => Ok(Bulk::Done(slices)),
            None => Ok::<_, StoreError>(Bulk::More),
        }
    };
    let worker = database.clone();
    let bulk = tokio::spawn(async move { worker.write_bulk(count).await });
    let first = tokio::task::spawn_blocking(move || told.recv().map(|slice| (slice, told)));
    let (slice, _told) = first.await.unwrap().unwrap();
    assert_eq!(slice, 1);
    database.write(put(b"\x10interactive", b"")).await.unwrap();
    let slices = bulk.await.unwrap().unwrap();
    assert!(slices > 1);
    assert_eq!(value(&database, KEY).unwrap(), slices.to_be_bytes());
}

#[test]
fn a_slice_of_bulk_work_is_full_by_octets() {
    let database = memory();
    let full = database.write_blocking(|txn| {
        // No time passes.
        txn.begin_at(Instant::now() + Duration::from_secs(3_600));
        let row = vec![0; 50_000];
        let mut full = Vec::new();
        for number in 0..=BULK_SLICE_OCTETS / row.len() {
            full.push((txn.octets() >= BULK_SLICE_OCTETS, txn.slice_full()));
            txn.put(&[0x10, number as u8], 1, &row)?;
        }
        full.push((txn.octets() >= BULK_SLICE_OCTETS, txn.slice_full()));
        Ok::<_, StoreError>(full)
    });
    let full = full.unwrap();
    assert!(full.iter().all(|(reached, is_full)| reached == is_full), "{full:?}");
    assert_eq!((full[0].1, full.last().unwrap().1), (false, true));
}

#[test]
fn a_slice_of_bulk_work_is_full_by_time() {
    let full = memory().write_blocking(|txn| {
        txn.begin_at(Instant::now() + Duration::from_secs(3_600));
        let early = txn.slice_full();
        txn.begin_at(Instant::now() - Duration::from_millis(BULK_SLICE_MS));
        Ok::<_, StoreError>((early, txn.slice_full()))
    });
    assert_eq!(full.unwrap(), (false, true));
}

#[test]
fn the_writer_remembers_so_much() {
    let remembered = memory().write_blocking(|txn| Ok::<_, StoreError>(txn.cache_octets_max()));
    assert_eq!(remembered.unwrap(), WRITER_CACHE_OCTETS_MAX);
}

#[test]
fn a_bulk_job_ends_when_the_database_closes() {
    let database = memory();
    let (tell, told) = mpsc::channel();
    let worker = database.clone();
    let bulk = std::thread::spawn(move || {
        worker.write_bulk_blocking(move |_| {
            let _ = tell.send(());
            Ok::<_, StoreError>(Bulk::<()>::More)
        })
    });
    told.recv().unwrap();
    database.inner.end_writer();
    assert!(matches!(bulk.join().unwrap(), Err(StoreError::Closed)));
    assert!(matches!(database.write_blocking(put(KEY, b"")), Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_lazy_write_rides_with_the_next_group_or_goes_at_close() {
    let database = memory();
    database.write_lazy(put(b"\x10lazy", b"1"));
    assert_eq!(value(&database, b"\x10lazy"), None);
    let before = database.stats().commits;
    database.write(put(KEY, b"")).await.unwrap();
    assert_eq!(database.stats().commits - before, 1);
    assert_eq!(value(&database, b"\x10lazy").unwrap(), b"1");
    database.write_lazy(put(b"\x10lazy", b"2"));
    database.close().await;
    assert_eq!(value(&database, b"\x10lazy").unwrap(), b"2");
}

#[tokio::test]
async fn a_lazy_write_needs_no_company() {
    let database = memory();
    let mut watch = database.watch(1);
    database.write_lazy(|txn| {
        txn.wake(1);
        txn.put(KEY, 1, b"")
    });
    watch.changed().await;
    assert!(value(&database, KEY).is_some());
}

#[tokio::test]
async fn watchers_wake_after_the_commit_and_not_for_failures() {
    let database = memory();
    let mut watch = database.watch(7);
    let failed = database.write(|txn| {
        txn.wake(7);
        Err::<(), _>(StoreError::Closed)
    });
    failed.await.unwrap_err();
    assert!(!watch.take());
    let wake = |txn: &mut Txn| {
        txn.wake(7);
        txn.put(KEY, 1, b"")
    };
    database.write(wake).await.unwrap();
    watch.changed().await;
    assert!(value(&database, KEY).is_some());
}

#[test]
fn the_time_of_groups_never_goes_back() {
    let clock = ManualClock::new(Timestamp::from_secs(100));
    let database = Database::open(Options::memory().with_clock(Arc::new(clock.clone()))).unwrap();
    let now = || database.write_blocking(|txn| Ok::<_, StoreError>(txn.now())).unwrap();
    assert_eq!(now(), Timestamp::from_secs(100));
    clock.set(Timestamp::from_secs(50));
    assert_eq!(now(), Timestamp::from_secs(100));
    clock.set(Timestamp::from_secs(200));
    assert_eq!(now(), Timestamp::from_secs(200));
}

#[tokio::test]
async fn blobs_of_every_size_come_back() {
    let directory = tempfile::tempdir().unwrap();
    for options in [Options::memory(), Options::sqlite(directory.path())] {
        let database = Database::open(options).unwrap();
        for octets in [
            0,
            1,
            INLINE_OCTETS_MAX,
            INLINE_OCTETS_MAX + 1,
            STAGE_MEMORY_OCTETS_MAX,
            STAGE_MEMORY_OCTETS_MAX + 1,
            SHARED_BLOB_OCTETS_MAX as usize + 1,
        ] {
            let bytes: Vec<u8> = (0..octets).map(|position| (position % 251) as u8).collect();
            let staged = database.stage(bytes.clone()).await.unwrap();
            let streamed = stream(&database, &bytes).await;
            for staged in [staged, streamed] {
                let blob = database.write(move |txn| txn.adopt(&staged)).await.unwrap();
                check_blob(&database, blob, &bytes).await;
            }
        }
        assert!(database.verify().is_good());
    }
}

async fn stream(database: &Database, bytes: &[u8]) -> Staged {
    let mut stager = database.stager();
    for piece in bytes.chunks(100_000) {
        stager.write(piece).await.unwrap();
    }
    assert_eq!(stager.len(), bytes.len() as u64);
    stager.finish().await.unwrap()
}

async fn check_blob(database: &Database, blob: BlobNumber, bytes: &[u8]) {
    let snapshot = database.snapshot().unwrap();
    let octets = bytes.len() as u64;
    assert_eq!(snapshot.blob_len(blob).unwrap(), octets);
    assert!(snapshot.blob(blob, 0..octets).unwrap() == bytes);
    let part = octets / 3..octets / 2;
    let expected = &bytes[part.start as usize..part.end as usize];
    assert!(snapshot.blob(blob, part.clone()).unwrap() == expected);
    assert!(matches!(snapshot.blob(blob, 0..octets + 1), Err(StoreError::BlobRange(_))));
    let mut reader = database.open_blob(blob).await.unwrap();
    assert!(reader.read_at(part).await.unwrap() == expected);
    let mut whole = Vec::new();
    while let Some(chunk) = reader.next().await.unwrap() {
        whole.extend_from_slice(&chunk);
    }
    assert!(whole == bytes);
}

#[tokio::test]
async fn blob_numbers_are_never_used_twice() {
    let directory = tempfile::tempdir().unwrap();
    let adopt = async |fails: bool| {
        let database = Database::open(Options::sqlite(directory.path())).unwrap();
        let staged = database.stage(&b"octets"[..]).await.unwrap();
        let adopted = database.write(move |txn| {
            let twice = [txn.adopt(&staged)?, txn.adopt(&staged)?];
            assert_eq!(twice[0], twice[1], "one function, one blob");
            if fails { Err(StoreError::Closed) } else { Ok(twice[0].0) }
        });
        adopted.await
    };
    assert_eq!(adopt(false).await.unwrap(), 1);
    adopt(true).await.unwrap_err();
    assert_eq!(adopt(false).await.unwrap(), 2);
}

#[tokio::test]
async fn an_acknowledged_blob_is_synced_with_the_name_of_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(Options::sqlite(directory.path())).unwrap();
    let staged = database.stage(vec![1; 100_000]).await.unwrap();
    let file = database.segments().file(1).unwrap();
    assert!(!file.is_synced());
    database.write(move |txn| txn.adopt(&staged)).await.unwrap();
    assert!(file.is_synced());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/for/it");
    drop(Database::open(Options::sqlite(&path)).unwrap());
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn octets_staged_elsewhere_are_refused() {
    let (one, other) = (memory(), memory());
    let staged = one.stage(&b"octets"[..]).await.unwrap();
    let adopted = other.write(move |txn| txn.adopt(&staged)).await;
    assert!(matches!(adopted, Err(StoreError::ForeignStaged)));
}

/// A probe whose room a test sets.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<AtomicBool>);

impl SpaceProbe for Disk {
    fn room(&self) -> io::Result<Room> {
        let free_octets = if self.0.load(Ordering::SeqCst) { 10 } else { 1 << 40 };
        Ok(Room { total_octets: 1 << 40, free_octets })
    }
}

#[tokio::test]
async fn on_a_nearly_full_disk_only_growth_is_refused() {
    let disk = Disk::default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let parts = Parts {
        snapshot_max: Duration::from_millis(SNAPSHOT_MS_MAX),
        engine: Arc::new(Memory::default()),
        segments: Arc::new(Segments::in_memory(clock.clone())),
        space: Space::new(Some(Box::new(disk.clone())), None).asking_always(),
    };
    let database = Database::start(parts, clock).unwrap();
    database.write(put(KEY, b"some value")).await.unwrap();
    disk.0.store(true, Ordering::SeqCst);
    assert_eq!(database.health(), Health::DiskNearlyFull);
    let grown = database.write(put(b"\x10new", b"value")).await;
    assert!(matches!(grown, Err(StoreError::DiskNearlyFull)));
    let staged = database.stage(vec![0; 100_000]).await;
    assert!(matches!(staged, Err(StoreError::DiskNearlyFull)));
    database.write(put(KEY, b"same size!")).await.unwrap();
    let permitted = |txn: &mut Txn| {
        txn.permit_growth();
        txn.put(b"\x10tombstone", 1, b"")
    };
    database.write(permitted).await.unwrap();
    database.write(|txn| txn.delete(KEY)).await.unwrap();
    assert_eq!(value(&database, b"\x10new"), None);
    disk.0.store(false, Ordering::SeqCst);
    database.write(put(b"\x10new", b"value")).await.unwrap();
    assert_eq!(database.health(), Health::Good);
}

/// An engine whose commits fail when told, in the way told.
#[derive(Clone, Default)]
struct Faulty {
    memory: Memory,
    fault: Arc<Mutex<Option<EngineError>>>,
}

impl Engine for Faulty {
    fn snapshot(&self) -> Result<Box<dyn View>, EngineError> {
        self.memory.snapshot()
    }

    fn writer(&self) -> Result<Box<dyn EngineWriter>, EngineError> {
        Ok(Box::new(FaultyWriter(self.memory.writer()?, self.fault.clone())))
    }

    fn verify(&self, visit: Visit) -> Result<Vec<String>, EngineError> {
        self.memory.verify(visit)
    }
}

struct FaultyWriter(Box<dyn EngineWriter>, Arc<Mutex<Option<EngineError>>>);

impl View for FaultyWriter {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.0.get(key)
    }

    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError> {
        self.0.range(span, visit)
    }
}

impl EngineWriter for FaultyWriter {
    fn commit(&mut self, batch: &Batch) -> Result<(), EngineError> {
        match lock(&self.1).take() {
            Some(fault) => Err(fault),
            None => self.0.commit(batch),
        }
    }

    fn release(&mut self) -> Result<(), EngineError> {
        self.0.release()
    }

    fn tidy(&mut self) -> Result<(), EngineError> {
        self.0.tidy()
    }
}

fn faulty() -> (Faulty, Database) {
    let engine = Faulty::default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let parts = Parts {
        snapshot_max: Duration::from_millis(SNAPSHOT_MS_MAX),
        engine: Arc::new(engine.clone()),
        segments: Arc::new(Segments::in_memory(clock.clone())),
        space: Space::new(None, None),
    };
    (engine, Database::start(parts, clock).unwrap())
}

#[tokio::test]
async fn a_failed_commit_poisons_the_database() {
    let (engine, database) = faulty();
    database.write(put(KEY, b"before")).await.unwrap();
    let mut watch = database.watch(1);
    let busy = Busy::new(&database).await;
    let mut tasks = Vec::new();
    for number in 0..3u8 {
        let write = move |txn: &mut Txn| {
            txn.wake(1);
            txn.put(&[0x10, number], 1, b"lost")
        };
        tasks.push(submit(&database, write).await);
    }
    *lock(&engine.fault) = Some(EngineError::Failed("the sync failed".into()));
    busy.go.send(()).unwrap();
    for task in tasks {
        let told = task.await.unwrap();
        assert!(matches!(told, Err(StoreError::Poisoned(_))), "nobody is told yes: {told:?}");
    }
    assert!(!watch.take());
    let later = database.write(put(KEY, b"after")).await;
    assert!(matches!(later, Err(StoreError::Poisoned(_))));
    assert!(matches!(database.health(), Health::Poisoned(_)));
    assert_eq!(value(&database, KEY).unwrap(), b"before", "reads go on");
}

#[tokio::test]
async fn a_full_disk_fails_the_group_and_the_next_goes_on() {
    let (engine, database) = faulty();
    *lock(&engine.fault) = Some(EngineError::Full);
    let staged = database.stage(&b"octets"[..]).await.unwrap();
    let adopt = move |txn: &mut Txn| txn.adopt(&staged);
    assert!(matches!(database.write(adopt.clone()).await, Err(StoreError::DiskNearlyFull)));
    // Without a probe nobody says that there is room again; a real one does within a second.
    database.inner.shared.space.recovered();
    assert_eq!(database.write(adopt).await.unwrap(), BlobNumber(1));
    assert_eq!(database.health(), Health::Good);
}

#[tokio::test]
async fn a_database_may_go_inside_a_write_function() {
    let database = memory();
    let (tell, told) = oneshot::channel();
    let (mut tell, mut last) = (Some(tell), Some(database.clone()));
    let busy = Busy::new(&database).await;
    database.inner.shared.lanes.push_lazy(Box::new(Lazy(move |_: &mut Txn| {
        std::thread::sleep(Duration::from_millis(10));
        drop(last.take());
        tell.take().into_iter().for_each(|tell| tell.send(()).unwrap());
        Ok(())
    })));
    busy.end().await;
    drop(database);
    told.await.unwrap();
}

#[test]
fn clones_are_one_database_and_a_closed_one_can_be_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let first = Database::open(Options::sqlite(directory.path())).unwrap();
    first.clone().write_blocking(put(KEY, b"kept")).unwrap();
    let second = Database::open(Options::sqlite(directory.path()));
    assert!(matches!(second, Err(StoreError::InUse(_))));
    drop(first);
    let again = Database::open(Options::sqlite(directory.path())).unwrap();
    assert_eq!(value(&again, KEY).unwrap(), b"kept");
}

#[test]
fn snapshots_kept_too_long_are_counted() {
    let database = Database::open(Options::memory()).unwrap();
    drop(database.snapshot().unwrap());
    assert_eq!(database.stats().overdue_snapshots, 0);
    let mut snapshot = database.snapshot().unwrap();
    snapshot.age(Duration::from_millis(SNAPSHOT_MS_MAX));
    assert!(snapshot.is_old());
    drop(snapshot);
    assert_eq!(database.stats().overdue_snapshots, 1);
}

#[test]
fn a_snapshot_beyond_the_ceiling_reads_no_more() {
    let database = memory();
    let mut snapshot = database.snapshot().unwrap();
    snapshot.age(Duration::from_millis(SNAPSHOT_MS_MAX));
    assert!(snapshot.get(KEY).is_ok(), "old, and good to the end of its work");
    snapshot.age(Duration::from_millis(SNAPSHOT_MS_CEILING));
    assert!(matches!(snapshot.get(KEY), Err(StoreError::SnapshotExpired)));
}
