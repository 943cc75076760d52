//! What waits for the writer: interactive functions, slices of bulk work, lazy writes.
//!
//! The interactive lane goes first and whole; between two groups at most one slice of bulk work
//! runs, the jobs of that lane taking turns. Lazy writes ride with whatever goes next, and go
//! alone after `LAZY_WAIT_MS_MAX`.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use types::limits::{LAZY_WAIT_MS_MAX, LAZY_WRITES_WAITING_MAX};

use crate::error::StoreError;
use crate::job::Job;
use crate::sync::lock;

const LAZY_WAIT: Duration = Duration::from_millis(LAZY_WAIT_MS_MAX);

/// The queues in front of the writer.
#[derive(Default)]
pub(crate) struct Lanes {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    interactive: VecDeque<Box<dyn Job>>,
    bulk: VecDeque<Box<dyn Job>>,
    lazy: Vec<Box<dyn Job>>,
    lazy_due: Option<Instant>,
    closed: bool,
}

/// What the writer does next.
pub(crate) struct Work {
    /// Functions that share groups.
    pub(crate) functions: VecDeque<Box<dyn Job>>,
    /// One slice with a commit of its own.
    pub(crate) slice: Option<Box<dyn Job>>,
}

impl Lanes {
    pub(crate) fn push_interactive(&self, job: Box<dyn Job>) {
        self.push(job, |waiting, job| waiting.interactive.push_back(job));
    }

    pub(crate) fn push_bulk(&self, job: Box<dyn Job>) {
        self.push(job, |waiting, job| waiting.bulk.push_back(job));
    }

    pub(crate) fn push_lazy(&self, job: Box<dyn Job>) {
        self.push(job, |waiting, job| {
            waiting.lazy_due.get_or_insert_with(|| Instant::now() + LAZY_WAIT);
            waiting.lazy.push(job);
        });
    }

    /// Waits for work; `None` when the lanes are closed and empty.
    pub(crate) fn next(&self) -> Option<Work> {
        let mut waiting = lock(&self.waiting);
        loop {
            if let Some(work) = waiting.take(Instant::now()) {
                return Some(work);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.wait(waiting);
        }
    }

    /// Takes no more work. What waits is still done, but bulk work ends after its next slice.
    pub(crate) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.arrived.notify_all();
    }

    /// Ends all that waits with an error, when there is no writer any more.
    pub(crate) fn abandon(&self, error: &StoreError) {
        // Under one lock: what came between would wait for ever.
        let empty = Waiting { closed: true, ..Waiting::default() };
        let left = std::mem::replace(&mut *lock(&self.waiting), empty);
        for job in left.interactive.into_iter().chain(left.bulk).chain(left.lazy) {
            job.finish(Err(error.clone()));
        }
    }

    fn push(&self, job: Box<dyn Job>, enqueue: impl FnOnce(&mut Waiting, Box<dyn Job>)) {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            drop(waiting);
            job.finish(Err(StoreError::Closed));
            return;
        }
        enqueue(&mut waiting, job);
        drop(waiting);
        self.arrived.notify_one();
    }

    fn wait<'w>(&self, waiting: MutexGuard<'w, Waiting>) -> MutexGuard<'w, Waiting> {
        let Some(due) = waiting.lazy_due else {
            return self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        };
        let left = due.saturating_duration_since(Instant::now());
        self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Waiting {
    fn take(&mut self, now: Instant) -> Option<Work> {
        let busy = !self.interactive.is_empty() || !self.bulk.is_empty();
        if !busy && !self.lazy_is_due(now) {
            return None;
        }
        let mut functions = std::mem::take(&mut self.interactive);
        functions.extend(self.lazy.drain(..));
        self.lazy_due = None;
        Some(Work { functions, slice: self.bulk.pop_front() })
    }

    fn lazy_is_due(&self, now: Instant) -> bool {
        let due = self.lazy_due.is_some_and(|due| due <= now);
        due || self.lazy.len() >= LAZY_WRITES_WAITING_MAX || (self.closed && !self.lazy.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Lazy;

    fn push_lazy(lanes: &Lanes) {
        lanes.push_lazy(Box::new(Lazy(|_: &mut crate::Txn| Ok(()))));
    }

    /// Functions that go now.
    fn taken(lanes: &Lanes, now: Instant) -> Option<usize> {
        lock(&lanes.waiting).take(now).map(|work| work.functions.len())
    }

    #[test]
    fn lazy_writes_do_not_wait_once_they_are_many() {
        let (lanes, now) = (Lanes::default(), Instant::now());
        for number in 1..=LAZY_WRITES_WAITING_MAX {
            assert_eq!(taken(&lanes, now), None, "{number}");
            push_lazy(&lanes);
        }
        assert_eq!(taken(&lanes, now), Some(LAZY_WRITES_WAITING_MAX));
    }

    #[test]
    fn a_lazy_write_goes_alone_after_a_while() {
        let (lanes, before) = (Lanes::default(), Instant::now());
        push_lazy(&lanes);
        let (after, wait) = (Instant::now(), Duration::from_millis(LAZY_WAIT_MS_MAX));
        assert_eq!(taken(&lanes, before + wait - Duration::from_nanos(1)), None);
        assert_eq!(taken(&lanes, after + wait), Some(1));
    }
}
