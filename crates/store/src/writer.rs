//! The writer: one thread per database that runs write functions in groups.
//!
//! A group is one engine transaction and one sync for all its functions. The order is fixed:
//! run the functions, sync the segment files that hold adopted records, commit, wake watchers,
//! answer the callers. After a failed sync or commit nobody knows what is on disk, so the
//! database is poisoned: nothing more is written, nothing more acknowledged.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use types::limits::{GROUP_FUNCTIONS_MAX, GROUP_OCTETS_MAX, TRANSACTION_OCTETS_MAX};
use types::{Clock, Timestamp};

use crate::error::StoreError;
use crate::frame;
use crate::health::Poison;
use crate::job::{Job, Ran};
use crate::keys;
use crate::lanes::{Lanes, Work};
use crate::reclaim::Reclaim;
use crate::snapshot::Reader;
use crate::space::Space;
use crate::sync_times::SyncTimes;
use crate::txn::{Base, Group, Layer, OWN_VERSION, Txn};
use crate::watch::Topics;

/// What the writer shares with the handles of its database.
pub(crate) struct Shared {
    pub(crate) lanes: Lanes,
    pub(crate) topics: Arc<Topics>,
    pub(crate) poison: Poison,
    pub(crate) reclaim: Arc<Reclaim>,
    pub(crate) space: Arc<Space>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Engine transactions committed.
    pub(crate) commits: AtomicU64,
    /// Functions whose changes were committed.
    pub(crate) functions: AtomicU64,
    pub(crate) sync_times: SyncTimes,
    /// Snapshots kept too long.
    pub(crate) overdue_snapshots: Arc<AtomicU64>,
    /// How long that is.
    pub(crate) snapshot_max: Duration,
}

impl Shared {
    /// Who takes a snapshot at this line of the program.
    pub(crate) fn reader(&self, at: &'static Location<'static>) -> Reader {
        let (overdue, old_after) = (Arc::clone(&self.overdue_snapshots), self.snapshot_max);
        Reader { at, overdue, old_after }
    }
}

/// The writer's own state.
pub(crate) struct Writer {
    pub(crate) base: Base,
    pub(crate) shared: Arc<Shared>,
    pub(crate) next_blob: u64,
    pub(crate) now: Timestamp,
}

/// A job that has had its run, and what alone concerns it.
type Served = (Box<dyn Job>, Result<(), StoreError>);

enum Step {
    Served(Served),
    /// The group has no room for it any more.
    Postponed(Box<dyn Job>),
}

impl Writer {
    /// Works until the lanes are closed and empty.
    pub(crate) fn run(mut self) {
        let _guard = AbandonOnExit(self.shared.clone());
        while let Some(work) = self.shared.lanes.next() {
            self.serve(work);
            if let Err(error) = self.base.engine.tidy() {
                self.shared.poison.set(&error.to_string());
            }
        }
    }

    fn serve(&mut self, work: Work) {
        let mut waiting = work.functions;
        while !waiting.is_empty() {
            self.group(&mut waiting);
        }
        if let Some(slice) = work.slice {
            self.group(&mut VecDeque::from([slice]));
        }
    }

    /// Runs and commits as many of the waiting jobs as one group takes.
    fn group(&mut self, waiting: &mut VecDeque<Box<dyn Job>>) {
        self.now = self.now.max(self.shared.clock.now());
        let mut group = Group::new(self.now, self.next_blob);
        let served = self.run_functions(&mut group, waiting);
        let outcome = self.commit(&mut group);
        if outcome.is_ok() {
            self.shared.reclaim.retain(&group.retained);
            self.shared.topics.publish(&mut group.wakes);
        }
        for (job, own) in served {
            if let Some(unfinished) = job.finish(outcome.clone().and(own)) {
                self.shared.lanes.push_bulk(unfinished);
            }
        }
        if outcome.is_ok() {
            self.base.keep(group.pending);
        }
    }

    fn run_functions(
        &self,
        group: &mut Group,
        waiting: &mut VecDeque<Box<dyn Job>>,
    ) -> Vec<Served> {
        let mut served = Vec::with_capacity(waiting.len().min(GROUP_FUNCTIONS_MAX));
        while served.len() < GROUP_FUNCTIONS_MAX && group.pending.octets() < GROUP_OCTETS_MAX {
            let Some(job) = waiting.pop_front() else { break };
            match self.step(group, job) {
                Step::Served(job) => served.push(job),
                Step::Postponed(job) => {
                    waiting.push_front(job);
                    break;
                }
            }
        }
        served
    }

    /// Runs one function on a layer of its own and takes the layer over if it is to be kept.
    fn step(&self, group: &mut Group, mut job: Box<dyn Job>) -> Step {
        if let Err(poisoned) = self.shared.poison.check() {
            return Step::Served((job, Err(poisoned)));
        }
        let mut txn = Txn::new(&self.base, group);
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut txn)));
        let verdict = match ran {
            Ok(Ran::Kept) => self.admit(&txn),
            Ok(Ran::Refused) => return Step::Served((job, Ok(()))),
            Err(_) => Err(StoreError::Panicked),
        };
        let layer = txn.into_layer();
        if let Err(error) = verdict {
            return Step::Served((job, Err(error)));
        }
        if !has_room(group, &layer) {
            return Step::Postponed(job);
        }
        group.absorb(layer);
        self.shared.functions.fetch_add(1, Ordering::Relaxed);
        Step::Served((job, Ok(())))
    }

    /// Whether a function's changes may be kept at all.
    fn admit(&self, txn: &Txn) -> Result<(), StoreError> {
        let octets = txn.octets();
        if octets > TRANSACTION_OCTETS_MAX {
            return Err(StoreError::TransactionLength(octets));
        }
        if self.shared.space.is_low() && !txn.may_grow() && txn.growth()? > 0 {
            return Err(StoreError::DiskNearlyFull);
        }
        Ok(())
    }

    fn commit(&mut self, group: &mut Group) -> Result<(), StoreError> {
        self.shared.poison.check()?;
        match self.try_commit(group) {
            Ok(()) => self.next_blob = group.next_blob,
            Err(StoreError::DiskNearlyFull) => {
                self.give_up();
                return Err(StoreError::DiskNearlyFull);
            }
            Err(error) => self.shared.poison.set(&error.to_string()),
        }
        self.shared.poison.check()
    }

    fn try_commit(&mut self, group: &mut Group) -> Result<(), StoreError> {
        if group.pending.is_empty() {
            return Ok(self.base.engine.release()?);
        }
        let shared = Arc::clone(&self.shared);
        shared.sync_times.measure(|| self.make_durable(group))?;
        shared.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn make_durable(&mut self, group: &mut Group) -> Result<(), StoreError> {
        for staged in &group.adopted {
            staged.sync()?;
        }
        if group.next_blob != self.next_blob {
            let counter = group.next_blob.to_be_bytes();
            let framed = frame::seal(keys::NEXT_BLOB, OWN_VERSION, &[&counter]);
            group.pending.set(keys::NEXT_BLOB.into(), Some(framed));
        }
        Ok(self.base.engine.commit(group.pending.batch())?)
    }

    /// Drops a group for which there was no room.
    fn give_up(&mut self) {
        self.shared.space.ran_out();
        if let Err(error) = self.base.engine.release() {
            self.shared.poison.set(&error.to_string());
        }
    }
}

/// Whether the layer fits into the group's transaction; an empty group takes any.
fn has_room(group: &Group, layer: &Layer) -> bool {
    let octets = group.pending.octets();
    octets == 0 || octets + layer.pending.octets() <= TRANSACTION_OCTETS_MAX
}

/// However the thread ends, nobody waits for it for ever.
struct AbandonOnExit(Arc<Shared>);

impl Drop for AbandonOnExit {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison.set("the writer panicked");
        }
        let error = self.0.poison.check().err().unwrap_or(StoreError::Closed);
        self.0.lanes.abandon(&error);
    }
}
