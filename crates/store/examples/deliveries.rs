//! How many deliveries a second the store takes, and what processor time each costs.
//!
//! A delivery is five small rows (two counters read and written, two new rows, one page that
//! grows) and one blob, acknowledged when durable. Prints figures, judges nothing:
//!
//! ```text
//! cargo run --release -p store --example deliveries [DIRECTORY [SECONDS [KIB [WRITERS]]]]
//! ```

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use store::{Database, Options, Read, Staged, StoreError, Txn};

const MAILBOXES: u64 = 100;
const PAGE_OCTETS_MAX: usize = 6_000;
const ENTRY: [u8; 60] = [7; 60];
const SUMMARY: [u8; 300] = [9; 300];
/// First octet of all keys here.
const SPACE: u8 = 0x10;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(3.0, |seconds| seconds.parse().unwrap());
    let sizes = arguments.next().map_or(vec![4, 15, 32, 64], |kib| vec![kib.parse().unwrap()]);
    let crowds = arguments.next().map_or(vec![1, 10, 50], |writers| vec![writers.parse().unwrap()]);
    println!("blob KiB  writers  deliveries/s  us CPU each  in a group  written/payload");
    for octets in sizes.into_iter().map(|kib: usize| kib * 1024) {
        for &writers in &crowds {
            measure(&directory, octets, writers, Duration::from_secs_f64(seconds)).await;
        }
    }
}

async fn measure(directory: &Path, octets: usize, writers: u64, time: Duration) {
    let store = directory.join(format!("deliveries-{}", std::process::id()));
    let database = Database::open(Options::sqlite(&store)).unwrap();
    let (before, stats) = (Usage::now(), database.stats());
    let delivered = deliver_all(&database, octets, writers, time).await;
    let (after, groups) = (Usage::now(), database.stats().commits - stats.commits);
    database.close().await;
    drop(database);
    std::fs::remove_dir_all(&store).unwrap();
    println!(
        "{:8}  {writers:7}  {:12.0}  {:11.0}  {:10.1}  {:15.1}",
        octets / 1024,
        delivered as f64 / time.as_secs_f64(),
        (after.cpu_us - before.cpu_us) / delivered as f64,
        delivered as f64 / groups as f64,
        (after.written - before.written) / (delivered as f64 * (octets + SUMMARY.len()) as f64),
    );
}

/// Runs that many writers at once for a time; answers how many deliveries were acknowledged.
async fn deliver_all(database: &Database, octets: usize, writers: u64, time: Duration) -> u64 {
    let delivered = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + time;
    let body = Bytes::from(vec![b'x'; octets]);
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (database, delivered) = (database.clone(), delivered.clone());
            let body = body.clone();
            tokio::spawn(async move {
                let mut mailbox = writer;
                while Instant::now() < end {
                    let staged = database.stage(body.clone()).await.unwrap();
                    database.write(move |txn| deliver(txn, mailbox, &staged)).await.unwrap();
                    delivered.fetch_add(1, Ordering::Relaxed);
                    mailbox = (mailbox + writers) % MAILBOXES;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    delivered.load(Ordering::Relaxed)
}

fn deliver(txn: &mut Txn, mailbox: u64, staged: &Staged) -> Result<u64, StoreError> {
    let blob = txn.adopt(staged)?;
    let change = next(txn, &key(mailbox, b'c', 0))?;
    next(txn, &key(mailbox, b'q', 0))?;
    let mut summary = SUMMARY.to_vec();
    summary[..8].copy_from_slice(&blob.0.to_be_bytes());
    txn.put(&key(mailbox, b's', change), 1, &summary)?;
    txn.put(&key(mailbox, b'j', change), 1, &ENTRY)?;
    append_to_page(txn, &key(mailbox, b'p', change / 100))?;
    txn.wake(mailbox);
    Ok(change)
}

fn append_to_page(txn: &mut Txn, key: &[u8]) -> Result<(), StoreError> {
    let mut page = txn.get(key)?.map_or_else(Vec::new, |row| row.to_vec());
    page.truncate(PAGE_OCTETS_MAX);
    page.extend_from_slice(&ENTRY);
    txn.put(key, 1, &page)
}

fn next(txn: &mut Txn, key: &[u8]) -> Result<u64, StoreError> {
    let last = txn.get(key)?.map_or(0, |row| u64::from_be_bytes(row[..8].try_into().unwrap()));
    txn.put(key, 1, &(last + 1).to_be_bytes())?;
    Ok(last + 1)
}

fn key(mailbox: u64, kind: u8, number: u64) -> Vec<u8> {
    let mut key = vec![SPACE];
    key.extend_from_slice(&mailbox.to_be_bytes());
    key.push(kind);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// What this process has used so far.
struct Usage {
    cpu_us: f64,
    written: f64,
}

impl Usage {
    fn now() -> Self {
        Usage { cpu_us: cpu_us(), written: written_octets() }
    }
}

/// User and system time: fields 14 and 15 of `stat`, in hundredths of a second.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap() * 10_000.0).sum()
}

fn written_octets() -> f64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.parse().unwrap()
}
