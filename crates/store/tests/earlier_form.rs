//! A store that an earlier version has written opens, and nothing of it is lost.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use store::{BlobNumber, Database, Options, Read, StoreError, Txn};

/// Octets of the blobs that the fixture has, in the order of their numbers. All but the last
/// have a row that names them.
const SIZES: [usize; 4] = [300, 1_500, 5_000, 20_000];

fn body(octets: usize) -> Vec<u8> {
    (0..octets).map(|at| (at * 7 % 251) as u8).collect()
}

/// A copy of a fixture, which opening changes.
fn copy(fixture: &str, to: &Path) {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    std::fs::create_dir(to.join("segments")).unwrap();
    for name in ["store.sqlite", "segments/00000001.segment"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[test]
fn blob_rows_leave_the_one_table() {
    let directory = tempfile::tempdir().unwrap();
    copy("one-table", directory.path());
    for _ in 0..2 {
        let database = Database::open(Options::sqlite(directory.path())).unwrap();
        let snapshot = database.snapshot().unwrap();
        for (number, octets) in (1..).map(BlobNumber).zip(SIZES) {
            assert_eq!(snapshot.blob_len(number).unwrap(), octets as u64);
            assert_eq!(snapshot.blob(number, 0..octets as u64).unwrap(), body(octets));
        }
        let named = snapshot.get(&[0x10, 0x05, 0xdc]).unwrap().unwrap();
        assert_eq!(*named, 2u64.to_be_bytes());
        let report = database.verify();
        assert!(report.is_good() && report.segment_blobs == 1, "{report:?}");
    }
    let database = Database::open(Options::sqlite(directory.path())).unwrap();
    let staged = database.stage_blocking(body(9_000)).unwrap();
    let adopt = move |txn: &mut Txn| txn.adopt(&staged);
    let next = database.write_blocking::<_, StoreError>(adopt).unwrap();
    assert!(next.0 > SIZES.len() as u64);
}
