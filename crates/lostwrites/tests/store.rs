//! The store when the power goes at random moments: what was acknowledged is there and whole.
//!
//! The store is on a mount that loses what was not synced. Its writer is the one of the
//! store's own crash test, killed when the power goes. What the disk holds then is checked in
//! a copy, so that recovery happens again, and is cut again, in the next round.

#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/deliveries/mod.rs"]
mod deliveries;
mod mounts;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use deliveries::{Acknowledged, Told, Writer, check, write_until_killed};
use lostwrites::{Chance, Disk, Loss, Mount};

const CUTS: u64 = 8;
/// The power goes within this time.
const MOMENT_MICROS: usize = 300_000;
/// So many writes fill SQLite's log: the next rounds are cut while it is moved.
const LOG_FILLING: usize = 2_500;
/// Directory of the store on the mount: making it has to be durable too.
const STORE: &str = "store";

/// The writer that is killed; as a test of its own it does nothing.
#[test]
fn child() {
    write_until_killed();
}

#[test]
fn acknowledged_writes_survive_when_nothing_unsynced_does() {
    survive_cuts(0x0dd, |_| Loss::AllUnsynced);
}

#[test]
fn acknowledged_writes_survive_when_a_part_of_the_unsynced_does() {
    survive_cuts(0xe7e, |seed| Loss::SomeUnsynced { seed });
}

fn survive_cuts(seed: u64, loss: impl Fn(u64) -> Loss) {
    if !mounts::are_possible() {
        return;
    }
    let backing = tempfile::tempdir().unwrap();
    let mut chance = Chance::new(seed);
    let mut acknowledged = Acknowledged::new();
    for round in 0..CUTS {
        let loss = loss(seed + round);
        println!("round {round}: {loss:?}");
        let mount = mounts::over(backing.path());
        let mut writer = Writer::start(&mount.path().join(STORE));
        writer.wait_until(if round == 0 { LOG_FILLING } else { 0 });
        sleep(chance.below(MOMENT_MICROS));
        acknowledged.extend(cut(writer, mount, loss).acknowledged);
        check_copy(backing.path(), &acknowledged, round);
    }
    assert!(acknowledged.len() as u64 > CUTS, "only {} were acknowledged", acknowledged.len());
    println!("{CUTS} cuts, {} acknowledged writes, none lost, none torn", acknowledged.len());
}

#[test]
fn a_cut_during_the_first_start_leaves_a_store_that_opens() {
    if !mounts::are_possible() {
        return;
    }
    let first_start = first_start_micros();
    let mut chance = Chance::new(0xf125);
    let mut early = 0;
    for round in 0..CUTS {
        for loss in [Loss::AllUnsynced, Loss::SomeUnsynced { seed: round }] {
            let backing = tempfile::tempdir().unwrap();
            let mount = mounts::over(backing.path());
            let writer = Writer::start(&mount.path().join(STORE));
            sleep(chance.below(first_start));
            let told = cut(writer, mount, loss);
            early += u64::from(!told.was_open);
            check_copy(backing.path(), &told.acknowledged, round);
        }
    }
    println!("{} cuts during the first start, {early} of them before it was open", 2 * CUTS);
}

/// What a kill leaves between the making of files and the sync of their directory: the next
/// start finds everything in place, and must not take the names for durable.
#[test]
fn names_that_a_kill_left_are_made_durable() {
    if !mounts::are_possible() {
        return;
    }
    let left = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(left.path());
    writer.wait_until(1);
    let mut acknowledged = writer.kill().acknowledged;

    let backing = tempfile::tempdir().unwrap();
    fs::create_dir(backing.path().join(STORE)).unwrap();
    let mount = mounts::over(backing.path());
    copy(left.path(), &mount.path().join(STORE));
    sync_below(&mount.path().join(STORE));
    let mut writer = Writer::start(&mount.path().join(STORE));
    writer.wait_until(20);
    acknowledged.extend(cut(writer, mount, Loss::AllUnsynced).acknowledged);
    check_copy(backing.path(), &acknowledged, 0);
}

/// The tests above can fail: a disk that forgets what was synced loses acknowledged writes.
#[test]
fn a_disk_that_lies_is_found_out() {
    if !mounts::are_possible() {
        return;
    }
    let backing = tempfile::tempdir().unwrap();
    let mount = Mount::over(backing.path(), Disk::Lying).unwrap();
    let mut writer = Writer::start(&mount.path().join(STORE));
    writer.wait_until(20);
    let told = cut(writer, mount, Loss::AllUnsynced);
    assert!(!told.acknowledged.is_empty());
    let checked = AssertUnwindSafe(|| check_copy(backing.path(), &told.acknowledged, 0));
    let complaint = catch_unwind(checked).unwrap_err();
    let complaint = complaint.downcast_ref::<String>().unwrap();
    assert!(complaint.contains("is lost"), "{complaint}");
}

/// Microseconds until a new store is open, on this machine today.
fn first_start_micros() -> usize {
    let backing = tempfile::tempdir().unwrap();
    let mount = mounts::over(backing.path());
    let begun = Instant::now();
    let mut writer = Writer::start(&mount.path().join(STORE));
    writer.wait_until(0);
    begun.elapsed().as_micros() as usize
}

fn sleep(micros: usize) {
    std::thread::sleep(Duration::from_micros(micros as u64));
}

/// The power goes: first the writer is no more, then what was not synced.
fn cut(writer: Writer, mount: Mount, loss: Loss) -> Told {
    let told = writer.kill();
    mount.cut(loss).unwrap();
    told
}

fn check_copy(backing: &Path, acknowledged: &Acknowledged, round: u64) {
    let directory = tempfile::tempdir().unwrap();
    copy(backing, directory.path());
    check(&directory.path().join(STORE), acknowledged, round);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Makes everything in a directory durable, but not its own names.
fn sync_below(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sync_below(&path);
        }
        fs::File::open(path).unwrap().sync_all().unwrap();
    }
}
