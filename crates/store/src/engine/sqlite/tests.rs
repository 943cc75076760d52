use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;

use super::*;
use crate::engine::Batch;

/// An engine whose directory goes with it.
struct Temporary {
    engine: Sqlite,
    _directory: TempDir,
}

impl Temporary {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Temporary { engine: Sqlite::open(directory.path()).unwrap(), _directory: directory }
    }
}

impl Engine for Temporary {
    fn snapshot(&self) -> Result<Box<dyn View>, EngineError> {
        self.engine.snapshot()
    }

    fn writer(&self) -> Result<Box<dyn Writer>, EngineError> {
        self.engine.writer()
    }

    fn verify(&self, visit: Visit) -> Result<Vec<String>, EngineError> {
        self.engine.verify(visit)
    }
}

fn one(key: &[u8], octets: usize) -> Batch {
    Batch::from([(key.into(), Some(Bytes::from(vec![5; octets])))])
}

fn pragma(directory: &Path, name: &str) -> String {
    let connection = pool::connect_reader(&directory.join(FILE_NAME)).unwrap();
    connection
        .pragma_query_value(None, name, |row| {
            row.get::<_, i64>(0).map(|number| number.to_string()).or_else(|_| row.get(0))
        })
        .unwrap()
}

#[test]
fn conforms() {
    crate::engine::conformance::conformance(&|| Box::new(Temporary::new()));
}

#[test]
fn has_the_settings_it_relies_on() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(directory.path()).unwrap();
    assert_eq!(pragma(directory.path(), "page_size"), "4096");
    assert_eq!(pragma(directory.path(), "journal_mode"), "wal");
    let writer = SqliteWriter::open(&engine.path, engine.lock.clone()).unwrap();
    assert_eq!(writer.pragma("synchronous"), 2, "FULL");
    assert_eq!(writer.pragma("wal_autocheckpoint"), 0);
}

#[test]
fn rows_outlive_the_engine() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(directory.path()).unwrap();
    engine.writer().unwrap().commit(&one(b"k", 10)).unwrap();
    drop(engine);
    let engine = Sqlite::open(directory.path()).unwrap();
    assert_eq!(engine.snapshot().unwrap().get(b"k").unwrap().unwrap().len(), 10);
}

#[test]
fn a_second_engine_is_kept_out() {
    let directory = tempfile::tempdir().unwrap();
    let first = Sqlite::open(directory.path()).unwrap();
    assert!(matches!(Sqlite::open(directory.path()), Err(EngineError::InUse(_))));
    drop(first);
    Sqlite::open(directory.path()).unwrap();
}

#[test]
fn an_unfinished_creation_is_begun_again() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["store.sqlite.new", "store.sqlite.new-wal", "store.sqlite.new-journal"] {
        std::fs::write(directory.path().join(name), b"left by a killed start").unwrap();
    }
    let engine = Sqlite::open(directory.path()).unwrap();
    engine.writer().unwrap().commit(&one(b"k", 1)).unwrap();
    assert!(!directory.path().join("store.sqlite.new").exists());
}

#[test]
fn a_long_log_is_moved_and_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(directory.path()).unwrap();
    let mut writer = engine.writer().unwrap();
    let log = create::with_suffix(&engine.path, "-wal");
    for round in 0..1_200u32 {
        writer.commit(&one(&round.to_be_bytes(), 50_000)).unwrap();
        writer.tidy().unwrap();
    }
    let octets = std::fs::metadata(log).unwrap().len();
    assert!(octets < 48 << 20, "60 MB written, the log has {octets} octets");
    assert!(std::fs::metadata(&engine.path).unwrap().len() > 24 << 20);
}

/// Snapshots that overlap without a gap leave no moment in which nobody reads the log.
#[test]
fn a_log_that_is_always_read_is_used_again_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(directory.path()).unwrap();
    let mut writer = engine.writer().unwrap();
    let log = create::with_suffix(&engine.path, "-wal");
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..8 {
            let (engine, written) = (&engine, &written);
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(3 * reader));
                while !written.load(Ordering::Relaxed) {
                    let _view = engine.snapshot().unwrap();
                    std::thread::sleep(Duration::from_millis(24));
                }
            });
        }
        for round in 0..3_000u32 {
            let value = Bytes::from(vec![(round / 50) as u8; 50_000]);
            let batch = Batch::from([((round % 50).to_be_bytes()[..].into(), Some(value))]);
            writer.commit(&batch).unwrap();
            writer.tidy().unwrap();
        }
        written.store(true, Ordering::Relaxed);
    });
    let octets = std::fs::metadata(log).unwrap().len();
    assert!(octets < 100 << 20, "150 MB written, the log has {octets} octets");
}

#[test]
fn a_full_disk_refuses_the_batch_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(directory.path()).unwrap();
    let mut writer = SqliteWriter::open(&engine.path, engine.lock.clone()).unwrap();
    writer.commit(&one(b"before", 10)).unwrap();
    writer.limit_pages(4);
    assert!(matches!(writer.commit(&one(b"large", 90_000)), Err(EngineError::Full)));
    writer.release().unwrap();
    writer.commit(&one(b"after", 10)).unwrap();
    let view = engine.snapshot().unwrap();
    assert!(view.get(b"before").unwrap().is_some() && view.get(b"after").unwrap().is_some());
    assert_eq!(view.get(b"large").unwrap(), None);
}
