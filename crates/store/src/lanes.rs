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
            if let Some(work) = waiting.take() {
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
    fn take(&mut self) -> Option<Work> {
        let busy = !self.interactive.is_empty() || !self.bulk.is_empty();
        if !busy && !self.lazy_is_due() {
            return None;
        }
        let mut functions = std::mem::take(&mut self.interactive);
        functions.extend(self.lazy.drain(..));
        self.lazy_due = None;
        Some(Work { functions, slice: self.bulk.pop_front() })
    }

    fn lazy_is_due(&self) -> bool {
        let due = self.lazy_due.is_some_and(|due| due <= Instant::now());
        due || self.lazy.len() >= LAZY_WRITES_WAITING_MAX || (self.closed && !self.lazy.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Lazy;

    #[test]
    fn lazy_writes_do_not_wait_once_they_are_many() {
        let lanes = Lanes::default();
        for number in 1..=LAZY_WRITES_WAITING_MAX {
            assert!(lock(&lanes.waiting).take().is_none(), "{number}");
            lanes.push_lazy(Box::new(Lazy(|_: &mut crate::Txn| Ok(()))));
        }
        let work = lock(&lanes.waiting).take();
        assert_eq!(work.map(|work| work.functions.len()), Some(LAZY_WRITES_WAITING_MAX));
    }
}
