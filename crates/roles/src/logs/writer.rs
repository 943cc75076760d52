//! The thread that writes all logs. What waits for it is bounded in octets; beyond that, lines
//! are dropped and counted.

use std::collections::HashMap;
use std::mem;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use types::limits::LOG_QUEUE_OCTETS_MAX;

use super::file::LogFile;
use super::kind::{Kind, Limits};
use super::row::Row;

/// How long lines gather before they are written. Without it the thread would be woken for
/// every line, which costs a session more than the line itself.
const GATHERING: Duration = Duration::from_millis(200);

/// Takes lines from everywhere.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The lines between those who have them and the thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

/// What waits to be written, and what did not fit.
#[derive(Default)]
struct Waiting {
    lines: Vec<(Kind, Row)>,
    octets: usize,
    dropped: u64,
    /// Dropped once the lines are written: who waits for them hears of it.
    flushes: Vec<Sender<()>>,
    closed: bool,
}

impl Waiting {
    /// Whether it is time to write without gathering more.
    fn is_urgent(&self) -> bool {
        self.closed || !self.flushes.is_empty() || self.octets > LOG_QUEUE_OCTETS_MAX / 2
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, or drops it. The thread is woken for the first line and when half of the
    /// room is taken, not in between.
    fn push(&self, kind: Kind, row: Row) {
        let mut waiting = self.lock();
        let octets = waiting.octets + row.line.len();
        if waiting.closed || octets > LOG_QUEUE_OCTETS_MAX {
            waiting.dropped += 1;
            return;
        }
        let was_urgent = waiting.is_urgent();
        waiting.octets = octets;
        waiting.lines.push((kind, row));
        if waiting.lines.len() == 1 || waiting.is_urgent() != was_urgent {
            self.wake.notify_one();
        }
    }

    /// Asks for everything that waits to be written. `done` is dropped when it is, or at once
    /// when nothing is written any more.
    fn flush(&self, done: Sender<()>) {
        let mut waiting = self.lock();
        if !waiting.closed {
            waiting.flushes.push(done);
            self.wake.notify_one();
        }
    }

    /// Nothing is taken from now on.
    fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Waits for lines, lets more gather, and takes them all. When it returns a closed batch,
    /// that was the last.
    fn take(&self) -> Waiting {
        let nothing = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.is_urgent();
        let idle = self.wake.wait_while(self.lock(), nothing);
        let some = idle.unwrap_or_else(PoisonError::into_inner);
        let calm = |waiting: &mut Waiting| !waiting.is_urgent();
        let gathered = self.wake.wait_timeout_while(some, GATHERING, calm);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let closed = waiting.closed;
        mem::replace(&mut waiting, Waiting { closed, ..Waiting::default() })
    }
}

impl Writer {
    /// Starts the thread. Without one (the system has no more) every line counts as dropped.
    pub(super) fn start(root: PathBuf, limits: impl Fn(Kind) -> Limits + Send + 'static) -> Self {
        let queue = Arc::<Queue>::default();
        let desk = Desk { root, limits, files: HashMap::new(), dropped: 0 };
        let orders = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("logs".into());
        let thread = thread.spawn(move || desk.run(&orders));
        if let Err(error) = &thread {
            tracing::error!(%error, "no logs are written");
            queue.close();
        }
        Writer { queue, thread: Mutex::new(thread.ok()) }
    }

    /// Hands a line over, or drops it. Never waits for the disk.
    pub(super) fn write(&self, kind: Kind, row: Row) {
        self.queue.push(kind, row);
    }

    /// Waits until what was handed over can be read in the files.
    pub(super) fn flush(&self) {
        let (done, written) = channel();
        self.queue.flush(done);
        // Nothing is sent: the thread drops its end.
        let _ = written.recv();
    }

    /// Waits until what was handed over is written; nothing is written after it.
    pub(super) fn close(&self) {
        self.queue.close();
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
    dropped: u64,
}

impl<L: Fn(Kind) -> Limits> Desk<L> {
    fn run(mut self, queue: &Queue) {
        loop {
            let batch = queue.take();
            self.dropped += batch.dropped;
            for (kind, row) in batch.lines {
                self.append(kind, &row);
            }
            self.flush();
            drop(batch.flushes);
            if batch.closed {
                return;
            }
        }
    }

    fn append(&mut self, kind: Kind, row: &Row) {
        if let Err(error) = self.file(kind).append(row) {
            self.dropped += 1;
            self.files.remove(&kind);
            tracing::error!(log = ?kind, %error, "a line of a log was lost");
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
        let dropped = mem::take(&mut self.dropped);
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
        assert_eq!(writer.queue.lock().octets, 0);
    }

    #[test]
    fn what_was_handed_over_can_be_read_after_a_flush() {
        let root = tempfile::tempdir().unwrap();
        let writer = Writer::start(root.path().to_owned(), limits);
        let file = Kind::Connectivity.folder(root.path()).join("CONNECTLOG19700101-1.LOG");
        for number in 1..4 {
            writer.write(Kind::Connectivity, Row::new(Timestamp::EPOCH, &["x"]));
            writer.flush();
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), number);
        }
        writer.flush();
        writer.close();
        writer.flush();
    }

    #[test]
    fn nobody_waits_for_a_disk_that_does_not_keep_up() {
        let writer = Writer { queue: Arc::default(), thread: Mutex::new(None) };
        let line = "x".repeat(1024);
        let fit = LOG_QUEUE_OCTETS_MAX / Row::new(Timestamp::EPOCH, &[&line]).line.len();
        for _ in 0..fit + 7 {
            writer.write(Kind::Send, Row::new(Timestamp::EPOCH, &[&line]));
        }
        writer.close();
        let batch = writer.queue.take();
        assert_eq!((batch.lines.len(), batch.dropped), (fit, 7));
    }
}
