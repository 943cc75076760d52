use types::ManualClock;
use types::limits::BULK_SLICE_OCTETS;

use super::*;
use crate::options::Options;

const HOUR: Duration = Duration::from_secs(3600);
const LONG: usize = 100_000;

struct World {
    clock: ManualClock,
    database: Database,
}

impl World {
    fn new() -> Self {
        World::over(Options::memory())
    }

    fn over(options: Options) -> Self {
        let clock = ManualClock::new(Timestamp::from_secs(1_000_000));
        let options = options.with_clock(Arc::new(clock.clone()));
        World { clock, database: Database::open(options).unwrap() }
    }

    async fn blob(&self, octets: usize) -> BlobNumber {
        let staged = self.database.stage(vec![octets as u8; octets]).await.unwrap();
        self.database.write(move |txn| txn.adopt(&staged)).await.unwrap()
    }

    fn exists(&self, blob: BlobNumber) -> bool {
        self.database.snapshot().unwrap().blob_len(blob).is_ok()
    }

    /// Makes what is there old enough to be reclaimed.
    async fn age(&self) {
        self.database.mark(HOUR).await.unwrap();
        self.clock.advance(HOUR);
    }

    async fn sweep(&self, live: &[BlobNumber]) -> Swept {
        let mark = self.database.mark(HOUR).await.unwrap();
        self.database.sweep(mark, live.to_vec()).await.unwrap()
    }
}

#[tokio::test]
async fn only_old_blobs_that_nobody_names_go() {
    let world = World::new();
    let (kept, dead) = (world.blob(10).await, world.blob(LONG).await);
    assert_eq!(world.sweep(&[kept]).await, Swept::default(), "too young");
    world.clock.advance(HOUR);
    let young = world.blob(10).await;
    assert_eq!(world.sweep(&[kept]).await.blobs_deleted, 1);
    assert!(world.exists(kept) && world.exists(young) && !world.exists(dead));
}

#[tokio::test]
async fn after_a_clock_that_was_ahead_space_is_reclaimed_again() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::over(Options::sqlite(directory.path()));
    world.clock.advance(10_000 * HOUR);
    let blob = world.blob(10).await;
    world.age().await;
    world.database.close().await;
    drop(world);
    let world = World::over(Options::sqlite(directory.path()));
    world.age().await;
    assert_eq!(world.sweep(&[]).await.blobs_deleted, 1);
    assert!(!world.exists(blob));
}

#[tokio::test]
async fn a_blob_retained_since_the_mark_stays() {
    let world = World::new();
    let blob = world.blob(10).await;
    world.age().await;
    let mark = world.database.mark(HOUR).await.unwrap();
    let retain = move |txn: &mut Txn| {
        txn.retain(blob);
        Ok::<_, StoreError>(())
    };
    world.database.write(retain).await.unwrap();
    assert_eq!(world.database.sweep(mark, []).await.unwrap().blobs_deleted, 0);
    assert!(world.exists(blob));
    assert_eq!(world.sweep(&[]).await.blobs_deleted, 1);
}

#[tokio::test]
async fn one_reclaim_at_a_time() {
    let world = World::new();
    let mark = world.database.mark(HOUR).await.unwrap();
    let second = world.database.mark(HOUR).await;
    assert!(matches!(second, Err(StoreError::ReclaimRunning)));
    drop(mark);
    world.database.mark(HOUR).await.unwrap();
}

#[tokio::test]
async fn a_dead_file_goes_a_while_later_and_not_while_pinned() {
    let world = World::new();
    world.blob(LONG).await;
    world.database.segments().seal();
    world.age().await;
    assert_eq!(world.sweep(&[]).await, Swept { blobs_deleted: 1, ..Swept::default() });
    assert_eq!(world.sweep(&[]).await.files_removed, 0, "readers may know it still");
    world.clock.advance(HOUR);
    let pin = world.database.pin();
    assert_eq!(world.sweep(&[]).await.files_removed, 0, "pinned");
    drop(pin);
    assert_eq!(world.sweep(&[]).await.files_removed, 1);
    assert_eq!(world.database.segments().settled().unwrap(), []);
}

#[tokio::test]
async fn a_dead_file_stays_while_another_process_copies() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::over(Options::sqlite(directory.path()));
    world.blob(LONG).await;
    world.database.segments().seal();
    world.age().await;
    let rows = tempfile::tempdir().unwrap();
    let frozen = crate::Frozen::begin(directory.path()).unwrap();
    let files = frozen.copy_rows(&rows.path().join("rows"), &mut |_| {}).unwrap();
    world.sweep(&[]).await;
    world.clock.advance(HOUR);
    assert_eq!(world.sweep(&[]).await.files_removed, 0);
    assert!(files.list()[0].path.exists());
    drop(files);
    assert_eq!(world.sweep(&[]).await.files_removed, 1);
}

#[tokio::test]
async fn live_records_move_out_of_a_file_mostly_dead() {
    let world = World::new();
    let mut blobs = Vec::new();
    for octets in 0..10 {
        blobs.push(world.blob(LONG + octets).await);
    }
    world.database.segments().seal();
    world.age().await;
    let live = [blobs[3], blobs[7]];
    let swept = world.sweep(&live).await;
    assert_eq!(swept, Swept { blobs_deleted: 8, blobs_moved: 2, files_removed: 0 });
    world.clock.advance(HOUR);
    assert_eq!(world.sweep(&live).await.files_removed, 1);
    let snapshot = world.database.snapshot().unwrap();
    for (blob, octets) in live.into_iter().zip([LONG + 3, LONG + 7]) {
        let read = snapshot.blob(blob, 0..octets as u64).unwrap();
        assert_eq!(read, vec![octets as u8; octets]);
    }
    assert!(world.database.verify().is_good());
}

#[tokio::test]
async fn live_records_move_slice_by_slice() {
    let world = World::new();
    let mut blobs = Vec::new();
    for octets in 0..40 {
        blobs.push(world.blob(LONG + octets).await);
    }
    world.database.segments().seal();
    world.age().await;
    let live = blobs.split_off(30);
    let before = world.database.stats().commits;
    assert_eq!(world.sweep(&live).await.blobs_moved, 10);
    let moves = 10usize.div_ceil(BULK_SLICE_OCTETS.div_ceil(LONG)) as u64;
    let mark_and_deletion = 2;
    assert_eq!(world.database.stats().commits - before, mark_and_deletion + moves);
}

fn octets_of_files(directory: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Also out of the file that takes new records, which else might stay as it is for months.
#[tokio::test]
async fn the_disk_gets_back_what_deleted_blobs_took() {
    const LARGE: usize = 500_000;
    let directory = tempfile::tempdir().unwrap();
    let segments = directory.path().join("segments");
    let world = World::over(Options::sqlite(directory.path()));
    let mut blobs = Vec::new();
    for octets in 0..40 {
        blobs.push(world.blob(LARGE + octets).await);
    }
    let live = blobs.split_off(36);
    let before = octets_of_files(&segments);
    world.age().await;
    assert_eq!(world.sweep(&live).await.blobs_deleted, 36);
    assert_eq!(world.sweep(&live).await.blobs_moved, 4);
    world.clock.advance(HOUR);
    assert_eq!(world.sweep(&live).await.files_removed, 1);
    let after = octets_of_files(&segments);
    assert!(after * 9 < before, "{before} octets became {after}");
    for (blob, octets) in live.into_iter().zip(LARGE + 36..) {
        let read = world.database.snapshot().unwrap().blob(blob, 0..octets as u64).unwrap();
        assert_eq!(read, vec![octets as u8; octets]);
    }
    assert!(world.database.verify().is_good());
}

#[tokio::test]
async fn staged_octets_that_wait_keep_their_file() {
    let world = World::new();
    let staged = world.database.stage(vec![9; LONG]).await.unwrap();
    world.database.segments().seal();
    world.sweep(&[]).await;
    world.clock.advance(HOUR);
    assert_eq!(world.sweep(&[]).await.files_removed, 0);
    let blob = world.database.write(move |txn| txn.adopt(&staged)).await.unwrap();
    world.clock.advance(HOUR);
    world.sweep(&[blob]).await;
    assert_eq!(world.database.snapshot().unwrap().blob(blob, 0..3).unwrap(), [9; 3]);
}

#[tokio::test]
async fn sweeps_longer_than_a_slice_see_every_blob() {
    let world = World::new();
    let staged = world.database.stage(vec![1; 10]).await.unwrap();
    for _ in 0..9 {
        let staged = staged.clone();
        let adopt_many = move |txn: &mut Txn| {
            for _ in 0..1_000 {
                txn.adopt(&staged.copy())?;
            }
            Ok::<_, StoreError>(())
        };
        world.database.write(adopt_many).await.unwrap();
    }
    world.age().await;
    let live: Vec<_> = (1..=9_000).step_by(2).map(BlobNumber).collect();
    assert_eq!(world.sweep(&live).await.blobs_deleted, 4_500);
    assert!((1..=9_000).all(|number| world.exists(BlobNumber(number)) == (number % 2 == 1)));
}
