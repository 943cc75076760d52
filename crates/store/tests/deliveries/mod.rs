//! A process that writes until it is ended, and what must be there afterwards.
//!
//! The test binary starts itself again as the writer: it needs a test `child` that calls
//! [`write_until_killed`]. The writer tells each acknowledged write on its standard output, a
//! pipe that outlives it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{BlobNumber, Database, Direction, Options, Read, Staged, StoreError, Txn};

const WRITERS: u64 = 8;
/// What a writer says when its store is open.
const OPEN: &str = "open";
const DIRECTORY: &str = "STORE_CRASH_DIRECTORY";
const COUNTER: &[u8] = b"\x10c";
/// Sizes on both sides of the limit for rows; many at it, which fill the engine's log.
const SIZES: [usize; 8] = [100, 16 << 10, 4_000, 16 << 10, 20_000, 16 << 10, 70_000, 16 << 10];
/// Length after which a body repeats itself: a prime, so that no two blocks or sectors agree.
const PATTERN_OCTETS: u64 = 1_021;

/// Tags of the acknowledged writes, by their numbers.
pub type Acknowledged = HashMap<u64, u64>;

fn body(number: u64) -> Vec<u8> {
    let size = SIZES[(number % SIZES.len() as u64) as usize];
    let octet = |position: u64| (position.wrapping_mul(number + 7) >> 3) as u8;
    let pattern: Vec<u8> = (0..PATTERN_OCTETS).map(octet).collect();
    let mut body = pattern.repeat(size / pattern.len() + 1);
    body.truncate(size);
    body
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

/// What the writer does; in a process that is not the writer, nothing.
pub fn write_until_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let database = Database::open(Options::sqlite(directory)).unwrap();
    println!("\n{OPEN}");
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

/// The process that writes. It does not outlive this value.
pub struct Writer {
    child: Child,
    output: BufReader<ChildStdout>,
    told: String,
}

/// What a writer has told before its end.
pub struct Told {
    /// Whether the store was open.
    pub was_open: bool,
    /// What it was told is durable.
    pub acknowledged: Acknowledged,
}

impl Writer {
    pub fn start(directory: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(DIRECTORY, directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Writer { child, output, told: String::new() }
    }

    /// Waits until the store is open and so many writes are acknowledged.
    pub fn wait_until(&mut self, acknowledged: usize) {
        while self.line() != OPEN {}
        for _ in 0..acknowledged {
            self.line();
        }
    }

    fn line(&mut self) -> &str {
        let before = self.told.len();
        let octets = self.output.read_line(&mut self.told).unwrap();
        assert!(octets > 0, "the writer ended by itself");
        self.told[before..].trim()
    }

    /// Kills it (SIGKILL) and gives what its whole lines say.
    pub fn kill(mut self) -> Told {
        self.end();
        self.output.read_to_string(&mut self.told).unwrap();
        let whole = &self.told[..self.told.rfind('\n').map_or(0, |end| end + 1)];
        let acknowledged = whole.lines().filter_map(acknowledged_in).collect();
        Told { was_open: whole.lines().any(|line| line == OPEN), acknowledged }
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

/// Number and tag of the write that a line acknowledges.
fn acknowledged_in(line: &str) -> Option<(u64, u64)> {
    let (number, tag) = line.strip_prefix("ack ")?.split_once(' ')?;
    Some((number.parse().unwrap(), tag.parse().unwrap()))
}

/// Every acknowledged message is there, every message there is whole, numbers have no gap.
pub fn check(directory: &Path, acknowledged: &Acknowledged, round: u64) {
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
        let there = tags.get(*number as usize - 1).map(|(tag, _)| tag);
        assert_eq!(there, Some(tag), "round {round}: {number} is lost");
    }
    let report = database.verify();
    assert!(report.is_good(), "round {round}: {:?}", report.findings);
}
