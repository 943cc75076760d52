//! Kill -9 at random moments: what was acknowledged is there, nothing is torn.
//!
//! The same with the power gone is a test of crate `lostwrites`.

#![allow(clippy::unwrap_used)]

mod deliveries;

use std::time::Duration;

use deliveries::{Acknowledged, Writer, check, write_until_killed};

const KILLS: u64 = 20;

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The writer that is killed; as a test of its own it does nothing.
#[test]
fn child() {
    write_until_killed();
}

#[test]
fn acknowledged_writes_survive_kills() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance(0x5eed_1234_5678_9abc);
    let mut acknowledged = Acknowledged::new();
    for round in 0..KILLS {
        let mut writer = Writer::start(directory.path());
        writer.wait_until(0);
        std::thread::sleep(Duration::from_millis(chance.below(250)));
        acknowledged.extend(writer.kill().acknowledged);
        check(directory.path(), &acknowledged, round);
    }
    assert!(acknowledged.len() as u64 > KILLS, "only {} were acknowledged", acknowledged.len());
    println!("{KILLS} kills, {} acknowledged writes, none lost, none torn", acknowledged.len());
}

#[test]
fn a_kill_during_the_first_start_leaves_a_store_that_opens() {
    let mut chance = Chance(0xfeed_8765_4321_0001);
    let mut early = 0;
    for _ in 0..KILLS {
        let directory = tempfile::tempdir().unwrap();
        let writer = Writer::start(directory.path());
        std::thread::sleep(Duration::from_micros(chance.below(40_000)));
        let told = writer.kill();
        early += u64::from(!told.was_open);
        check(directory.path(), &told.acknowledged, 0);
    }
    println!("{KILLS} kills during the first start, {early} of them before it was open");
}
