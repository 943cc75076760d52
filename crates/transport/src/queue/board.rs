//! What is going on in the queues right now: the scheduler and the parts that connections
//! hold. In memory only; the rows are the truth.

use std::collections::HashSet;

use crate::queue::keys::PartKey;
use crate::queue::scheduler::Scheduler;

/// Guarded by one lock, held for moments.
pub(crate) struct Board {
    pub scheduler: Scheduler,
    locked: HashSet<PartKey>,
}

impl Board {
    pub fn new(scheduler: Scheduler) -> Self {
        Board { scheduler, locked: HashSet::new() }
    }

    /// Takes those of the parts that nobody holds.
    pub fn lock(&mut self, parts: impl IntoIterator<Item = PartKey>) -> Vec<PartKey> {
        parts.into_iter().filter(|part| self.locked.insert(*part)).collect()
    }

    pub fn unlock(&mut self, parts: &[PartKey]) {
        for part in parts {
            self.locked.remove(part);
        }
    }

    /// What is held, for readers that must leave it out.
    pub fn locked(&self) -> HashSet<PartKey> {
        self.locked.clone()
    }
}
