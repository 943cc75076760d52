//! What every engine must do, as one suite that runs on each.

use std::ops::ControlFlow;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Batch, Engine, Span, View, Writer};
use crate::blob::BlobNumber;
use crate::keys;
use crate::read::Direction;

/// Runs the whole suite; `engine` makes a new, empty engine each time.
pub(super) fn conformance(engine: &dyn Fn() -> Box<dyn Engine>) {
    keeps_rows_in_octet_order(&*engine());
    ranges_take_the_start_and_leave_the_end(&*engine());
    a_walk_ends_when_told(&*engine());
    a_walk_over_numbers_ends_when_told(&*engine());
    deletes_and_replaces(&*engine());
    a_snapshot_does_not_change(&*engine());
    the_writer_reads_what_it_committed(&*engine());
    a_released_group_leaves_nothing_open(&*engine());
    takes_rows_at_the_limits(&*engine());
    verify_visits_every_row(&*engine());
    agrees_with_a_map(engine);
}

fn batch(rows: &[(&[u8], Option<&[u8]>)]) -> Batch {
    rows.iter().map(|(key, value)| ((*key).into(), value.map(Bytes::copy_from_slice))).collect()
}

fn keys_in(view: &dyn View, from: &[u8], to: &[u8], direction: Direction) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let mut note = |key: &[u8], _: &[u8]| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    };
    view.range(Span { from, to, direction }, &mut note).unwrap();
    keys
}

fn keeps_rows_in_octet_order(engine: &dyn Engine) {
    let rows: [&[u8]; 5] = [b"\x00", b"a", b"a\x00", b"b", b"\xff\xff"];
    let all: Vec<_> = rows.iter().rev().map(|key| (*key, Some(&b"v"[..]))).collect();
    engine.writer().unwrap().commit(&batch(&all)).unwrap();
    let view = engine.snapshot().unwrap();
    let forward = keys_in(&*view, b"", b"\xff\xff\xff", Direction::Forward);
    assert_eq!(forward, rows);
    let backward = keys_in(&*view, b"", b"\xff\xff\xff", Direction::Backward);
    assert_eq!(backward, rows.into_iter().rev().collect::<Vec<_>>());
}

fn ranges_take_the_start_and_leave_the_end(engine: &dyn Engine) {
    let rows: [(&[u8], _); 3] = [(b"a", Some(&b"1"[..])), (b"b", Some(b"2")), (b"c", Some(b"3"))];
    engine.writer().unwrap().commit(&batch(&rows)).unwrap();
    let view = engine.snapshot().unwrap();
    for direction in [Direction::Forward, Direction::Backward] {
        let mut within = keys_in(&*view, b"a", b"c", direction);
        within.sort();
        assert_eq!(within, [b"a", b"b"]);
        assert!(keys_in(&*view, b"b", b"b", direction).is_empty());
        assert!(keys_in(&*view, b"c", b"a", direction).is_empty());
    }
}

fn a_walk_ends_when_told(engine: &dyn Engine) {
    let rows: [(&[u8], _); 2] = [(b"a", Some(&b"1"[..])), (b"b", Some(b"2"))];
    engine.writer().unwrap().commit(&batch(&rows)).unwrap();
    let view = engine.snapshot().unwrap();
    for (direction, first) in [(Direction::Forward, b"a"), (Direction::Backward, b"b")] {
        let mut seen = Vec::new();
        let mut one = |key: &[u8], _: &[u8]| {
            seen.push(key.to_vec());
            ControlFlow::Break(())
        };
        view.range(Span { from: b"a", to: b"z", direction }, &mut one).unwrap();
        assert_eq!(seen, [first]);
    }
}

fn a_walk_over_numbers_ends_when_told(engine: &dyn Engine) {
    let numbers = [1, 2].map(|number| keys::blob(BlobNumber(number)));
    let all: [&[u8]; 4] = [b"\x00", &numbers[0], &numbers[1], b"a"];
    let rows = all.map(|key| (key, Some(&b"v"[..])));
    engine.writer().unwrap().commit(&batch(&rows)).unwrap();
    let view = engine.snapshot().unwrap();
    for direction in [Direction::Forward, Direction::Backward] {
        for length in 1..=all.len() {
            let mut seen = Vec::new();
            let mut some = |key: &[u8], _: &[u8]| {
                seen.push(key.to_vec());
                if seen.len() == length {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            view.range(Span { from: b"", to: b"z", direction }, &mut some).unwrap();
            assert_eq!(seen.len(), length, "{direction:?}");
        }
    }
}

fn deletes_and_replaces(engine: &dyn Engine) {
    let mut writer = engine.writer().unwrap();
    writer.commit(&batch(&[(b"a", Some(b"1")), (b"b", Some(b""))])).unwrap();
    writer.commit(&batch(&[(b"a", None), (b"b", Some(b"longer")), (b"none", None)])).unwrap();
    let view = engine.snapshot().unwrap();
    assert_eq!(view.get(b"a").unwrap(), None);
    assert_eq!(view.get(b"b").unwrap().as_deref(), Some(&b"longer"[..]));
}

fn a_snapshot_does_not_change(engine: &dyn Engine) {
    let mut writer = engine.writer().unwrap();
    writer.commit(&batch(&[(b"a", Some(b"old"))])).unwrap();
    let before = engine.snapshot().unwrap();
    writer.commit(&batch(&[(b"a", Some(b"new")), (b"b", Some(b"new"))])).unwrap();
    let after = engine.snapshot().unwrap();
    assert_eq!(before.get(b"a").unwrap().as_deref(), Some(&b"old"[..]));
    assert_eq!(before.get(b"b").unwrap(), None);
    assert_eq!(after.get(b"a").unwrap().as_deref(), Some(&b"new"[..]));
    drop(before);
    let again = engine.snapshot().unwrap();
    assert_eq!(again.get(b"b").unwrap().as_deref(), Some(&b"new"[..]));
}

fn the_writer_reads_what_it_committed(engine: &dyn Engine) {
    let mut writer = engine.writer().unwrap();
    assert_eq!(writer.get(b"a").unwrap(), None);
    writer.commit(&batch(&[(b"a", Some(b"1"))])).unwrap();
    assert_eq!(writer.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(keys_in(&*writer, b"", b"z", Direction::Forward), [b"a"]);
}

fn a_released_group_leaves_nothing_open(engine: &dyn Engine) {
    let mut writer = engine.writer().unwrap();
    writer.get(b"a").unwrap();
    writer.release().unwrap();
    writer.release().unwrap();
    writer.tidy().unwrap();
    writer.commit(&batch(&[(b"a", Some(b"1"))])).unwrap();
    assert!(engine.snapshot().unwrap().get(b"a").unwrap().is_some());
}

fn takes_rows_at_the_limits(engine: &dyn Engine) {
    let key = vec![7; types::limits::KEY_OCTETS_MAX];
    let value = vec![9; types::limits::VALUE_OCTETS_MAX];
    let mut writer = engine.writer().unwrap();
    writer.commit(&batch(&[(&key, Some(&value))])).unwrap();
    assert_eq!(engine.snapshot().unwrap().get(&key).unwrap().unwrap(), value);
}

fn verify_visits_every_row(engine: &dyn Engine) {
    let mut writer = engine.writer().unwrap();
    let number = keys::blob(BlobNumber(7));
    let rows: [(&[u8], _); 3] =
        [(&number, Some(&b"0"[..])), (b"a", Some(b"1")), (b"\xff\xff\xff\xff", Some(b"2"))];
    writer.commit(&batch(&rows)).unwrap();
    let mut seen = Vec::new();
    let findings = engine.verify(&mut |key, value| {
        seen.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    });
    assert!(findings.unwrap().is_empty());
    seen.sort();
    let expected = rows.map(|(key, value)| (key.to_vec(), value.unwrap_or_default().to_vec()));
    assert_eq!(seen, expected);
}

/// Any sequence of commits gives what the same changes to a sorted map give.
fn agrees_with_a_map(engine: &dyn Fn() -> Box<dyn Engine>) {
    let key = prop_oneof![
        prop::collection::vec(prop::sample::select(vec![0u8, 2, 3]), 0..4),
        (0..4u64).prop_map(|number| keys::blob(BlobNumber(number)).to_vec()),
    ];
    let bound = prop_oneof![key.clone(), prop::collection::vec(0..4u8, 0..12)];
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..20));
    let batches = prop::collection::vec(prop::collection::btree_map(key, value, 0..8), 1..8);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let strategy = (batches, bound.clone(), bound);
    TestRunner::new(config)
        .run(&strategy, |(batches, from, to)| {
            let engine = engine();
            let model = apply(&mut *engine.writer().unwrap(), batches);
            let view = engine.snapshot().unwrap();
            let expected: Vec<Vec<u8>> =
                model.keys().filter(|key| **key >= from && **key < to).cloned().collect();
            prop_assert_eq!(keys_in(&*view, &from, &to, Direction::Forward), expected.clone());
            let reversed: Vec<_> = expected.into_iter().rev().collect();
            prop_assert_eq!(keys_in(&*view, &from, &to, Direction::Backward), reversed);
            for (key, value) in &model {
                let found = view.get(key).unwrap();
                prop_assert_eq!(found.as_deref(), Some(&value[..]));
            }
            Ok(())
        })
        .unwrap();
}

type Model = std::collections::BTreeMap<Vec<u8>, Vec<u8>>;

fn apply(
    writer: &mut dyn Writer,
    batches: Vec<std::collections::BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
) -> Model {
    let mut model = Model::new();
    for changes in batches {
        let batch = changes.iter().map(|(key, value)| {
            (key.as_slice().into(), value.as_ref().map(|value| Bytes::copy_from_slice(value)))
        });
        writer.commit(&batch.collect()).unwrap();
        for (key, value) in changes {
            match value {
                Some(value) => model.insert(key, value),
                None => model.remove(&key),
            };
        }
    }
    model
}
