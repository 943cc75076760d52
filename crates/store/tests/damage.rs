//! A flipped bit anywhere in what lives is found by the check, named, and never a panic.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use store::{Damaged, Database, Options, Report, StoreError, Txn, verify_directory};

const ROWS: u8 = 12;
const BLOB_OCTETS: usize = 17_000;

/// Key and value of a row, told from all others by a pattern of their own.
fn row(number: u8) -> ([u8; 12], [u8; 24]) {
    let mut key = [0xa0 + number; 12];
    key[0] = 0x10;
    (key, [0xc0 + number; 24])
}

fn make(directory: &Path) {
    let database = Database::open(Options::sqlite(directory)).unwrap();
    let inline = database.stage_blocking(vec![0x5a; 300]).unwrap();
    let large = database.stage_blocking(vec![0x77; BLOB_OCTETS]).unwrap();
    let fill = move |txn: &mut Txn| {
        for number in 0..ROWS {
            let (key, value) = row(number);
            txn.put(&key, 1, &value)?;
        }
        txn.adopt(&inline)?;
        txn.adopt(&large)
    };
    database.write_blocking::<_, StoreError>(fill).unwrap();
}

/// A store on disk, one file of which is damaged again and again.
struct Victim {
    directory: tempfile::TempDir,
    file: PathBuf,
    good: Vec<u8>,
}

impl Victim {
    fn new(file: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        make(directory.path());
        let report = verify_directory(directory.path()).unwrap();
        assert!(report.is_good(), "{report:?}");
        assert!(report.rows > u64::from(ROWS) && report.segment_blobs == 1);
        let file = directory.path().join(file);
        let good = std::fs::read(&file).unwrap();
        Victim { directory, file, good }
    }

    /// The report after one bit of the file was flipped.
    fn flip(&self, octet: usize, bit: u8) -> Report {
        let mut bad = self.good.clone();
        bad[octet] ^= 1 << bit;
        std::fs::write(&self.file, bad).unwrap();
        verify_directory(self.directory.path()).unwrap()
    }

    /// Where `octets` stand in the file.
    fn find(&self, octets: &[u8]) -> std::ops::Range<usize> {
        let at = self.good.windows(octets.len()).position(|window| window == octets).unwrap();
        at..at + octets.len()
    }
}

/// A bit for each octet, spread evenly over all eight.
fn some_bit(octet: usize) -> u8 {
    (octet.wrapping_mul(0x9e37_79b9) >> 13 & 7) as u8
}

fn names_row(report: &Report, key: &[u8]) -> bool {
    report.findings.iter().any(|finding| finding.place == Damaged::Row(key.to_vec()))
}

#[test]
fn every_bit_of_a_value_and_of_its_frame() {
    let victim = Victim::new("store.sqlite");
    let (key, value) = row(3);
    let value = victim.find(&value);
    let frame = value.start - 1..value.end + 4;
    for octet in frame {
        for bit in 0..8 {
            let report = victim.flip(octet, bit);
            assert!(names_row(&report, &key), "octet {octet} bit {bit}: {report:?}");
        }
    }
}

#[test]
fn every_bit_of_a_key() {
    let victim = Victim::new("store.sqlite");
    let (key, _) = row(5);
    for (place, octet) in victim.find(&key).enumerate() {
        for bit in 0..8 {
            let mut damaged = key;
            damaged[place] ^= 1 << bit;
            let report = victim.flip(octet, bit);
            assert!(names_row(&report, &damaged), "octet {octet} bit {bit}: {report:?}");
        }
    }
}

#[test]
fn a_bit_of_every_octet_of_all_rows() {
    let victim = Victim::new("store.sqlite");
    for number in 0..ROWS {
        let (key, value) = row(number);
        for octet in victim.find(&key).chain(victim.find(&value)) {
            let report = victim.flip(octet, some_bit(octet));
            assert!(!report.is_good(), "row {number}, octet {octet}");
        }
    }
}

#[test]
fn a_bit_of_every_octet_of_an_inline_blob() {
    let victim = Victim::new("store.sqlite");
    for octet in victim.find(&[0x5a; 300]) {
        let report = victim.flip(octet, some_bit(octet));
        let finding = report.findings.first().unwrap();
        assert!(finding.to_string().starts_with("blob row 01000000000000000"), "{finding}");
    }
}

#[test]
fn bits_of_a_segment() {
    const HEADER: usize = 24;
    let victim = Victim::new("segments/00000001.segment");
    assert_eq!(victim.good.len(), HEADER + BLOB_OCTETS);
    let octets = (0..HEADER).chain((HEADER..victim.good.len()).step_by(97));
    for octet in octets {
        let report = victim.flip(octet, some_bit(octet));
        let Damaged::Blob { file, offset, .. } = &report.findings.first().unwrap().place else {
            panic!("octet {octet}: {report:?}");
        };
        assert_eq!((*file, *offset, report.faults), (1, 0, 1), "octet {octet}");
    }
}

#[test]
fn a_bit_anywhere_in_the_engines_file_never_panics() {
    let victim = Victim::new("store.sqlite");
    for octet in (0..victim.good.len()).step_by(61).chain(0..100) {
        victim.flip(octet, some_bit(octet));
    }
}

#[test]
fn a_missing_segment_and_a_missing_store() {
    let victim = Victim::new("segments/00000001.segment");
    std::fs::remove_file(&victim.file).unwrap();
    let report = verify_directory(victim.directory.path()).unwrap();
    assert_eq!(report.faults, 1);
    assert!(report.findings[0].to_string().contains("no such file"), "{}", report.findings[0]);
    assert!(verify_directory(&victim.directory.path().join("none")).is_err());
}
