use std::fs::OpenOptions;
use std::io::Write;

use tempfile::TempDir;
use types::ManualClock;
use types::limits::{SEGMENT_OCTETS_MAX, SHARED_BLOB_OCTETS_MAX};

use super::*;

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::default())
}

fn open(directory: &TempDir) -> Arc<Segments> {
    Arc::new(Segments::open(directory.path(), clock()).unwrap())
}

fn whole(segments: &Segments, place: Locator) -> Vec<u8> {
    segments.read(place, 0..place.octets).unwrap()
}

fn both() -> Vec<(Option<TempDir>, Arc<Segments>)> {
    let directory = tempfile::tempdir().unwrap();
    let on_disk = open(&directory);
    vec![(Some(directory), on_disk), (None, Arc::new(Segments::in_memory(clock())))]
}

#[test]
fn records_stand_one_behind_the_other() {
    for (_directory, segments) in both() {
        let first = segments.append(&[1; 100]).unwrap();
        let second = segments.append(&[2; 50]).unwrap();
        assert_eq!(first.locator(), Locator { file: 1, offset: 0, octets: 100 });
        assert_eq!(second.locator(), Locator { file: 1, offset: 124, octets: 50 });
        segments.sync(&first).unwrap();
        segments.sync(&second).unwrap();
        assert_eq!(whole(&segments, first.locator()), [1; 100]);
        assert_eq!(segments.read(second.locator(), 10..20).unwrap(), [2; 10]);
    }
}

#[test]
fn after_a_start_writing_goes_on_behind_whole_records() {
    let directory = tempfile::tempdir().unwrap();
    let before = open(&directory).append(&[1; 100]).unwrap().locator();
    let segments = open(&directory);
    let after = segments.append(&[2; 10]).unwrap().locator();
    assert_eq!(after, Locator { file: 1, offset: 124, octets: 10 });
    assert_eq!(whole(&segments, before), [1; 100]);
}

#[test]
fn a_torn_tail_is_left_alone_and_a_new_file_begun() {
    for tail in [&b"RB"[..], &[0; 40], b"RBLB....\xff\xff\xff\xff\xff\xff\xff\xff........"] {
        let directory = tempfile::tempdir().unwrap();
        let before = open(&directory).append(&[1; 100]).unwrap().locator();
        let mut torn = OpenOptions::new().append(true).open(path(directory.path(), 1)).unwrap();
        torn.write_all(tail).unwrap();
        let segments = open(&directory);
        let after = segments.append(&[2; 10]).unwrap().locator();
        assert_eq!(after, Locator { file: 2, offset: 0, octets: 10 });
        assert_eq!(whole(&segments, before), [1; 100]);
    }
}

#[test]
fn a_short_spill_joins_the_shared_segment_and_a_long_one_stays() {
    for (directory, segments) in both() {
        let piece = vec![7; 1 << 20];
        for (pieces, is_shared) in [(2, true), (9, false)] {
            let mut spill = Spill::create(segments.clone()).unwrap();
            for _ in 0..pieces {
                spill.write(&piece).unwrap();
            }
            let record = spill.finish().unwrap();
            let place = record.locator();
            assert_eq!(place.octets <= SHARED_BLOB_OCTETS_MAX, is_shared);
            assert_eq!(whole(&segments, place), piece.repeat(pieces));
            let tail = lock(&segments.state).tail.as_ref().unwrap().0.number();
            assert_eq!(place.file == tail, is_shared);
        }
        if let Some(directory) = directory {
            assert_eq!(numbers(directory.path()).unwrap().len(), 2, "the spill's file is gone");
        }
    }
}

#[test]
fn a_dropped_spill_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut spill = Spill::create(open(&directory)).unwrap();
    spill.write(b"given up").unwrap();
    drop(spill);
    assert_eq!(numbers(directory.path()).unwrap(), []);
}

#[test]
fn damage_anywhere_in_a_record_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let place = open(&directory).append(&[1; 100]).unwrap().locator();
    let file = path(directory.path(), 1);
    let good = std::fs::read(&file).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&file, &bad).unwrap();
        let read = open(&directory).read(place, 0..place.octets);
        assert!(matches!(read, Err(StoreError::CorruptBlob { .. })), "bit {bit}: {read:?}");
    }
    std::fs::write(&file, &good[..good.len() - 1]).unwrap();
    assert!(open(&directory).read(place, 0..place.octets).is_err());
    assert!(open(&directory).read(place, 90..100).is_err());
}

#[test]
fn a_file_is_settled_when_nothing_of_it_waits() {
    for (_directory, segments) in both() {
        let record = segments.append(&[1; 10]).unwrap();
        assert_eq!(segments.settled().unwrap(), [], "it takes records");
        segments.seal();
        assert_eq!(segments.settled().unwrap(), [], "a record waits");
        drop(record);
        assert_eq!(segments.settled().unwrap(), [1]);
        segments.remove(1).unwrap();
        assert_eq!(segments.settled().unwrap(), []);
    }
}

#[test]
fn many_files_do_not_stay_open() {
    let directory = tempfile::tempdir().unwrap();
    let segments = open(&directory);
    let mut places = Vec::new();
    for number in 0..SEGMENTS_OPEN_MAX as u64 + 20 {
        places.push(segments.append(&number.to_be_bytes()).unwrap().locator());
        segments.seal();
    }
    assert!(lock(&segments.state).files.len() <= SEGMENTS_OPEN_MAX);
    for (number, place) in (0u64..).zip(places) {
        assert_eq!(whole(&segments, place), number.to_be_bytes());
    }
}

#[test]
fn a_full_segment_is_followed_by_the_next() {
    for (_directory, segments) in both() {
        let first = segments.reserve(SEGMENT_OCTETS_MAX - 2 * HEADER_OCTETS - 10).unwrap();
        let last = segments.reserve(10).unwrap();
        let next = segments.reserve(0).unwrap();
        assert_eq!(first.file.number(), last.file.number());
        assert_eq!((last.file.number() + 1, 0), (next.file.number(), next.offset));
    }
}
