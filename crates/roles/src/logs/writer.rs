//! The thread that writes all logs. What waits for it is bounded in octets; beyond that, lines
//! are dropped and counted.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use types::limits::LOG_QUEUE_OCTETS_MAX;

use super::file::LogFile;
use super::kind::{Kind, Limits};
use super::row::Row;

/// Takes lines from everywhere.
pub(super) struct Writer {
    lines: Sender<Order>,
    load: Arc<Load>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Order {
    Write(Kind, Row),
    Close,
}

/// What waits, and what did not fit.
#[derive(Default)]
struct Load {
    octets: AtomicUsize,
    dropped: AtomicU64,
}

impl Writer {
    /// Starts the thread. Without one (the system has no more) every line counts as dropped.
    pub(super) fn start(root: PathBuf, limits: impl Fn(Kind) -> Limits + Send + 'static) -> Self {
        let (lines, orders) = channel();
        let load = Arc::<Load>::default();
        let desk = Desk { root, limits, files: HashMap::new(), load: Arc::clone(&load) };
        let thread = std::thread::Builder::new().name("logs".into());
        let thread = thread.spawn(move || desk.run(&orders));
        if let Err(error) = &thread {
            tracing::error!(%error, "no logs are written");
        }
        Writer { lines, load, thread: Mutex::new(thread.ok()) }
    }

    /// Hands a line over, or drops it. Never waits.
    pub(super) fn write(&self, kind: Kind, row: Row) {
        let octets = row.line.len();
        let waiting = self.load.octets.fetch_add(octets, Ordering::Relaxed);
        let full = waiting + octets > LOG_QUEUE_OCTETS_MAX;
        if full || self.lines.send(Order::Write(kind, row)).is_err() {
            self.load.octets.fetch_sub(octets, Ordering::Relaxed);
            self.load.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was handed over is written; nothing is written after it.
    pub(super) fn close(&self) {
        // A thread that is gone has nothing left to write.
        let _ = self.lines.send(Order::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes logs failed");
        }
    }
}

/// The thread's side.
struct Desk<L> {
    root: PathBuf,
    limits: L,
    files: HashMap<Kind, LogFile>,
    load: Arc<Load>,
}

impl<L: Fn(Kind) -> Limits> Desk<L> {
    fn run(mut self, orders: &Receiver<Order>) {
        while let Some(Order::Write(kind, row)) = self.next(orders) {
            self.load.octets.fetch_sub(row.line.len(), Ordering::Relaxed);
            if let Err(error) = self.file(kind).append(&row) {
                self.load.dropped.fetch_add(1, Ordering::Relaxed);
                self.files.remove(&kind);
                tracing::error!(log = ?kind, %error, "a line of a log was lost");
            }
        }
        self.flush();
    }

    /// What is to be done next. Before it waits, everything is written.
    fn next(&mut self, orders: &Receiver<Order>) -> Option<Order> {
        match orders.try_recv() {
            Ok(order) => Some(order),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.flush();
                orders.recv().ok()
            }
        }
    }

    fn file(&mut self, kind: Kind) -> &mut LogFile {
        let (root, limits) = (&self.root, &self.limits);
        self.files.entry(kind).or_insert_with(|| LogFile::new(kind, root, limits(kind)))
    }

    fn flush(&mut self) {
        for (kind, file) in &mut self.files {
            if let Err(error) = file.flush() {
                tracing::error!(log = ?kind, %error, "lines of a log were lost");
            }
        }
        let dropped = self.load.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "lines of logs were dropped: the disk is too slow");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use types::Timestamp;

    use super::*;

    fn limits(_: Kind) -> Limits {
        Limits {
            age: config::TimeSpan::from_secs(0),
            folder_octets: u64::MAX,
            file_octets: u64::MAX,
        }
    }

    #[test]
    fn everything_handed_over_is_written_at_the_end() {
        let root = tempfile::tempdir().unwrap();
        let writer = Writer::start(root.path().to_owned(), limits);
        for number in 0..1000 {
            let row = Row::new(Timestamp::EPOCH, &[&number.to_string()]);
            writer.write(Kind::Connectivity, row);
        }
        writer.close();
        let file = Kind::Connectivity.folder(root.path()).join("CONNECTLOG19700101-1.LOG");
        let text = fs::read_to_string(file).unwrap();
        let numbers = text.lines().filter(|line| !line.starts_with('#'));
        let numbers: Vec<_> =
            numbers.map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
        assert_eq!(numbers, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(writer.load.octets.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn nobody_waits_for_a_disk_that_does_not_keep_up() {
        let (lines, orders) = channel();
        let writer = Writer { lines, load: Arc::default(), thread: Mutex::new(None) };
        let line = "x".repeat(1024);
        let fit = LOG_QUEUE_OCTETS_MAX / Row::new(Timestamp::EPOCH, &[&line]).line.len();
        for _ in 0..fit + 7 {
            writer.write(Kind::Send, Row::new(Timestamp::EPOCH, &[&line]));
        }
        assert_eq!(writer.load.dropped.load(Ordering::Relaxed), 7);
        assert_eq!(orders.try_iter().count(), fit);
    }
}
