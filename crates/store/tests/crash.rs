//! Kill -9 at random moments: what was acknowledged is there, nothing is torn.
//!
//! The test binary starts itself again as a writer and kills it. The writer tells each
//! acknowledged write on its standard output, a pipe that outlives it.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::{BlobNumber, Database, Direction, Options, Read, Staged, StoreError, Txn};

const KILLS: u64 = 20;
const WRITERS: u64 = 8;
const DIRECTORY: &str = "STORE_CRASH_DIRECTORY";
const COUNTER: &[u8] = b"\x10c";
/// Sizes on both sides of the limit for rows.
const SIZES: [usize; 5] = [100, 4_000, 16 << 10, 20_000, 70_000];

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

fn body(number: u64) -> Vec<u8> {
    let size = SIZES[(number % SIZES.len() as u64) as usize];
    (0..size as u64).map(|position| (position.wrapping_mul(number + 7) >> 3) as u8).collect()
}

fn row_key(kind: u8, number: u64) -> Vec<u8> {
    [&[0x10, kind][..], &number.to_be_bytes()].concat()
}

/// One message: a number from the counter, its blob, and two rows that must agree.
fn deliver(txn: &mut Txn, tag: u64, staged: &Staged) -> Result<u64, StoreError> {
    let number = count(txn)? + 1;
    let blob = txn.adopt(staged)?;
    let row = [tag.to_be_bytes(), blob.0.to_be_bytes()].concat();
    txn.put(COUNTER, 1, &number.to_be_bytes())?;
    txn.put(&row_key(b'm', number), 1, &row)?;
    txn.put(&row_key(b't', tag), 1, &number.to_be_bytes())?;
    Ok(number)
}

fn count(read: &dyn Read) -> Result<u64, StoreError> {
    Ok(read.get(COUNTER)?.map_or(0, |row| u64::from_be_bytes(row[..8].try_into().unwrap())))
}

/// The writer that is killed; as a test of its own it does nothing.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let database = Database::open(Options::sqlite(directory)).unwrap();
    println!("\nopen");
    let tags = Arc::new(AtomicU64::new(count(&database.snapshot().unwrap()).unwrap() * 1_000));
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            let (database, tags) = (database.clone(), tags.clone());
            scope.spawn(move || {
                loop {
                    let tag = tags.fetch_add(1, Ordering::Relaxed);
                    let staged = database.stage_blocking(body(tag)).unwrap();
                    let number = database.write_blocking(move |txn| deliver(txn, tag, &staged));
                    let line = format!("ack {} {tag}\n", number.unwrap());
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}

fn start(directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the child (SIGKILL) and gives the whole lines that it had told.
fn kill(mut child: Child, mut output: impl BufRead) -> String {
    child.kill().unwrap();
    child.wait().unwrap();
    let mut told = String::new();
    output.read_to_string(&mut told).unwrap();
    told.truncate(told.rfind('\n').map_or(0, |end| end + 1));
    told
}

/// Number and tag of the write that a line acknowledges.
fn acknowledged_in(line: &str) -> Option<(u64, u64)> {
    let (number, tag) = line.strip_prefix("ack ")?.split_once(' ')?;
    Some((number.parse().unwrap(), tag.parse().unwrap()))
}

#[test]
fn acknowledged_writes_survive_kills() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance(0x5eed_1234_5678_9abc);
    let mut acknowledged = HashMap::new();
    for round in 0..KILLS {
        let mut child = start(directory.path());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        while line(&mut output) != "open" {}
        std::thread::sleep(Duration::from_millis(chance.below(250)));
        acknowledged.extend(kill(child, output).lines().filter_map(acknowledged_in));
        check(directory.path(), &acknowledged, round);
    }
    assert!(acknowledged.len() as u64 > KILLS, "only {} were acknowledged", acknowledged.len());
    println!("{KILLS} kills, {} acknowledged writes, none lost, none torn", acknowledged.len());
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    assert!(output.read_line(&mut line).unwrap() > 0, "the writer ended by itself");
    line.trim().to_string()
}

/// Every acknowledged message is there, every message there is whole, numbers have no gap.
fn check(directory: &Path, acknowledged: &HashMap<u64, u64>, round: u64) {
    let database = Database::open(Options::sqlite(directory)).unwrap();
    let snapshot = database.snapshot().unwrap();
    let mut tags = Vec::new();
    let (from, to) = (row_key(b'm', 0), row_key(b'm', u64::MAX));
    let mut note = |_: &[u8], row: store::Row| {
        let (tag, blob) = row.split_at(8);
        let number = |octets: &[u8]| u64::from_be_bytes(octets.try_into().unwrap());
        tags.push((number(tag), BlobNumber(number(blob))));
        std::ops::ControlFlow::Continue(())
    };
    snapshot.range(&from, &to, Direction::Forward, &mut note).unwrap();
    assert_eq!(count(&snapshot).unwrap(), tags.len() as u64, "round {round}");
    for (number, (tag, blob)) in (1u64..).zip(&tags) {
        let twin = snapshot.get(&row_key(b't', *tag)).unwrap().unwrap();
        assert_eq!(*twin, number.to_be_bytes(), "round {round}: rows of one write differ");
        let octets = snapshot.blob_len(*blob).unwrap();
        assert!(snapshot.blob(*blob, 0..octets).unwrap() == body(*tag), "blob {blob} is torn");
    }
    for (number, tag) in acknowledged {
        assert_eq!(tags[*number as usize - 1].0, *tag, "round {round}: {number} is lost");
    }
    let report = database.verify();
    assert!(report.is_good(), "round {round}: {:?}", report.findings);
}

#[test]
fn a_kill_during_the_first_start_leaves_a_store_that_opens() {
    let mut chance = Chance(0xfeed_8765_4321_0001);
    let mut early = 0;
    for _ in 0..KILLS {
        let directory = tempfile::tempdir().unwrap();
        let mut child = start(directory.path());
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::sleep(Duration::from_micros(chance.below(40_000)));
        let told = kill(child, output);
        early += u64::from(!told.contains("open\n"));
        check(directory.path(), &told.lines().filter_map(acknowledged_in).collect(), 0);
    }
    println!("{KILLS} kills during the first start, {early} of them before it was open");
}
