//! Which queue may open a connection now: sans-IO, time comes in as an argument.
//!
//! Knows per queue only its state, never its messages, so memory grows with the number of
//! next hops and not with their mail. A queue that fails to connect waits as
//! [`RetryPolicy`] says and then sends a single probe; one that works may use up to
//! [`Limits::per_hop`] connections.
//!
//! Not durable: after a restart every queue starts with a clean record and tries at once,
//! as Exchange does when its Transport service starts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use types::limits::{OUTBOUND_CONNECTIONS_MAX, OUTBOUND_CONNECTIONS_PER_HOP_MAX};
use types::time::Timestamp;

use crate::queue::keys::HopNumber;
use crate::queue::schedule::RetryPolicy;
use crate::status::Reply;

/// An empty queue is removed after this time (QueueMaxIdleTime).
const QUEUE_IDLE_MAX: Duration = Duration::from_secs(3 * 60);

/// How many connections at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// MaxOutboundConnections.
    pub total: usize,
    /// MaxPerDomainOutboundConnections.
    pub per_hop: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { total: OUTBOUND_CONNECTIONS_MAX, per_hop: OUTBOUND_CONNECTIONS_PER_HOP_MAX }
    }
}

/// How many messages had arrived when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals(u64);

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The next hop answered.
    Well,
    /// It could not be reached.
    Failed(Reply),
    /// It answered, then the connection broke: the first failure of a new row.
    Broken(Reply),
    /// There was nothing to send after all.
    Unused,
}

/// Exchange's queue status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStatus {
    /// Connections are open.
    Active,
    /// Nothing hinders it.
    Ready,
    /// Waits after a failed connection.
    Retry,
    /// Stopped by an operator.
    Suspended,
}

impl QueueStatus {
    /// All of them.
    pub const ALL: [QueueStatus; 4] =
        [QueueStatus::Active, QueueStatus::Ready, QueueStatus::Retry, QueueStatus::Suspended];

    /// Exchange's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            QueueStatus::Active => "Active",
            QueueStatus::Ready => "Ready",
            QueueStatus::Retry => "Retry",
            QueueStatus::Suspended => "Suspended",
        }
    }
}

/// What an operator sees of a queue besides its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueView {
    /// The status.
    pub status: QueueStatus,
    /// Failed connections in a row.
    pub retry_count: u32,
    /// The reply of the last one.
    pub last_error: Option<Reply>,
    /// When the last connection failed.
    pub last_retry: Option<Timestamp>,
    /// When the next is tried.
    pub next_retry: Option<Timestamp>,
}

/// The state of one delivery queue.
#[derive(Debug, Default)]
struct HopState {
    suspended: bool,
    connections: usize,
    /// When the first message that no connection holds is due.
    due: Option<Timestamp>,
    arrivals: u64,
    last_active: Timestamp,
    failures: u32,
    not_before: Option<Timestamp>,
    last_error: Option<Reply>,
    last_retry: Option<Timestamp>,
    /// Where the queue stands in the agenda.
    planned: Option<Timestamp>,
}

/// All queues.
#[derive(Debug)]
pub struct Scheduler {
    policy: RetryPolicy,
    limits: Limits,
    hops: BTreeMap<HopNumber, HopState>,
    agenda: BTreeSet<(Timestamp, HopNumber)>,
    connections: usize,
}

impl Scheduler {
    /// No queues yet.
    pub fn new(policy: RetryPolicy, limits: Limits) -> Self {
        Scheduler { policy, limits, hops: BTreeMap::new(), agenda: BTreeSet::new(), connections: 0 }
    }

    /// A message came into the queue, to be tried at that time.
    pub fn arrived(&mut self, hop: HopNumber, due: Timestamp) {
        self.change(hop, |state, _| {
            state.arrivals += 1;
            state.due = Some(state.due.map_or(due, |earlier| earlier.min(due)));
        });
    }

    /// To be taken before the queue's rows are read; see [`Scheduler::set_due`].
    pub fn arrivals(&self, hop: HopNumber) -> Arrivals {
        Arrivals(self.hops.get(&hop).map_or(0, |state| state.arrivals))
    }

    /// What the rows say is due next. They were read after `seen`; what arrived since then
    /// they may not have shown, so it still counts.
    pub fn set_due(&mut self, hop: HopNumber, seen: Arrivals, due: Option<Timestamp>) {
        self.change(hop, |state, _| {
            let arrived = state.due.filter(|_| state.arrivals != seen.0);
            state.due = due.into_iter().chain(arrived).min();
        });
    }

    /// The next queue that may open a connection. The caller takes a batch from it, says by
    /// [`Scheduler::set_due`] what is left, and in the end calls [`Scheduler::finished`].
    /// Until it says so, nothing in the queue counts as due.
    pub fn poll(&mut self, now: Timestamp) -> Option<HopNumber> {
        if self.connections >= self.limits.total {
            return None;
        }
        let hop = self.agenda.first().filter(|(at, _)| *at <= now)?.1;
        self.connections += 1;
        self.change(hop, |state, _| {
            state.connections += 1;
            state.due = None;
        });
        Some(hop)
    }

    /// A connection ended.
    pub fn finished(&mut self, hop: HopNumber, now: Timestamp, ended: Ended) {
        self.connections = self.connections.saturating_sub(1);
        self.change(hop, |state, policy| {
            state.connections = state.connections.saturating_sub(1);
            state.last_active = now;
            match ended {
                Ended::Well => state.recover(),
                Ended::Failed(reply) => state.fail(reply, now, policy),
                Ended::Broken(reply) => {
                    state.recover();
                    state.fail(reply, now, policy);
                }
                Ended::Unused => {}
            }
        });
    }

    /// An operator stops or starts the queue.
    pub fn set_suspended(&mut self, hop: HopNumber, suspended: bool) {
        self.change(hop, |state, _| state.suspended = suspended);
    }

    /// An operator wants a try now (Retry-Queue).
    pub fn retry_now(&mut self, hop: HopNumber) {
        self.change(hop, |state, _| state.not_before = None);
    }

    /// When [`Scheduler::poll`] may next have something, unless a connection ends before.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.connections >= self.limits.total {
            return None;
        }
        self.agenda.first().map(|(at, _)| *at)
    }

    /// The state of a queue.
    pub fn view(&self, hop: HopNumber) -> Option<QueueView> {
        self.hops.get(&hop).map(HopState::view)
    }

    /// Queues without messages, connections or suspension for QueueMaxIdleTime: candidates
    /// for removal.
    pub fn idle(&self, now: Timestamp) -> Vec<HopNumber> {
        let idle = |state: &HopState| {
            state.planned.is_none()
                && state.connections == 0
                && !state.suspended
                && state.last_active.plus(QUEUE_IDLE_MAX) <= now
        };
        self.hops.iter().filter(|(_, state)| idle(state)).map(|(hop, _)| *hop).collect()
    }

    /// Forgets a queue that was removed.
    pub fn forget(&mut self, hop: HopNumber) {
        if let Some(HopState { planned: Some(at), .. }) = self.hops.remove(&hop) {
            self.agenda.remove(&(at, hop));
        }
    }

    /// Applies a change and keeps the agenda in step.
    fn change(&mut self, hop: HopNumber, change: impl FnOnce(&mut HopState, &RetryPolicy)) {
        let state = self.hops.entry(hop).or_default();
        change(state, &self.policy);
        let planned = state.plan(self.limits.per_hop);
        if let Some(old) = std::mem::replace(&mut state.planned, planned) {
            self.agenda.remove(&(old, hop));
        }
        if let Some(new) = planned {
            self.agenda.insert((new, hop));
        }
    }
}

impl HopState {
    /// When the queue wants its next connection.
    fn plan(&self, per_hop: usize) -> Option<Timestamp> {
        let allowed = if self.failures > 0 { 1 } else { per_hop };
        if self.suspended || self.connections >= allowed {
            return None;
        }
        self.due.map(|due| self.not_before.map_or(due, |bound| bound.max(due)))
    }

    /// Connections that fail together count once: while a wait is on, no failure is news.
    fn fail(&mut self, reply: Reply, now: Timestamp, policy: &RetryPolicy) {
        self.last_error = Some(reply);
        self.last_retry = Some(now);
        if self.not_before.is_none_or(|bound| now >= bound) {
            self.failures += 1;
            self.not_before = Some(now.plus(policy.wait_after(self.failures)));
        }
    }

    fn recover(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    fn view(&self) -> QueueView {
        let waiting = self.not_before.filter(|_| self.failures > 0);
        let status = match () {
            () if self.suspended => QueueStatus::Suspended,
            () if self.connections > 0 => QueueStatus::Active,
            () if waiting.is_some() => QueueStatus::Retry,
            () => QueueStatus::Ready,
        };
        QueueView {
            status,
            retry_count: self.failures,
            last_error: self.last_error.clone(),
            last_retry: self.last_retry,
            next_retry: waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::status;

    const HOP: HopNumber = HopNumber(1);

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn scheduler(total: usize, per_hop: usize) -> Scheduler {
        Scheduler::new(RetryPolicy::EXCHANGE, Limits { total, per_hop })
    }

    /// The connection failed and its message is still there.
    fn fail(scheduler: &mut Scheduler, now: Timestamp) {
        scheduler.arrived(HOP, now);
        scheduler.finished(HOP, now, Ended::Failed(status::delayed()));
    }

    #[test]
    fn a_dead_hop_is_tried_at_the_documented_times() {
        let mut scheduler = scheduler(10, 10);
        scheduler.arrived(HOP, at(0));
        let mut tries = Vec::new();
        while tries.len() < 14 {
            let now = scheduler.deadline().unwrap();
            assert_eq!(scheduler.poll(now), Some(HOP));
            assert_eq!(scheduler.poll(now), None, "one probe at a time");
            fail(&mut scheduler, now);
            tries.push(now.secs() / 60);
        }
        assert_eq!(tries, [0, 1, 2, 3, 4, 9, 14, 19, 24, 29, 34, 44, 54, 64]);
        assert_eq!(scheduler.view(HOP).unwrap().status, QueueStatus::Retry);
        assert_eq!(scheduler.view(HOP).unwrap().next_retry, Some(at(74 * 60)));
    }

    #[test]
    fn connections_have_limits_per_hop_and_in_all() {
        let mut scheduler = Scheduler::new(RetryPolicy::EXCHANGE, Limits::default());
        let mut open = BTreeMap::new();
        for hop in 0..OUTBOUND_CONNECTIONS_MAX as u32 {
            for _ in 0..2 * OUTBOUND_CONNECTIONS_PER_HOP_MAX {
                scheduler.arrived(HopNumber(hop), at(0));
                let polled = scheduler.poll(at(0));
                polled.into_iter().for_each(|hop| *open.entry(hop).or_insert(0) += 1);
            }
        }
        assert_eq!(open.values().max(), Some(&OUTBOUND_CONNECTIONS_PER_HOP_MAX));
        assert_eq!(open.values().sum::<usize>(), OUTBOUND_CONNECTIONS_MAX);
    }

    #[test]
    fn success_wipes_the_record() {
        let mut scheduler = scheduler(10, 2);
        scheduler.arrived(HOP, at(0));
        scheduler.poll(at(0)).unwrap();
        fail(&mut scheduler, at(0));
        scheduler.poll(at(60)).unwrap();
        scheduler.finished(HOP, at(60), Ended::Well);
        scheduler.arrived(HOP, at(60));
        assert_eq!(scheduler.view(HOP).unwrap().retry_count, 0);
        for more in [Some(HOP), Some(HOP), None] {
            assert_eq!(scheduler.poll(at(60)), more, "two per hop");
            scheduler.arrived(HOP, at(60));
        }
    }

    #[test]
    fn the_total_bounds_all_hops() {
        let mut scheduler = scheduler(2, 20);
        for hop in 1..=3 {
            scheduler.arrived(HopNumber(hop), at(0));
        }
        assert!(scheduler.poll(at(0)).is_some() && scheduler.poll(at(0)).is_some());
        assert_eq!((scheduler.poll(at(0)), scheduler.deadline()), (None, None));
    }

    #[test]
    fn many_connections_that_break_together_are_one_failure() {
        let mut scheduler = scheduler(10, 3);
        scheduler.arrived(HOP, at(0));
        while scheduler.poll(at(0)).is_some() {
            scheduler.arrived(HOP, at(0));
        }
        for _ in 0..3 {
            fail(&mut scheduler, at(5));
        }
        assert_eq!(scheduler.deadline().unwrap(), at(5 + 60));
        assert_eq!(scheduler.view(HOP).unwrap().retry_count, 1);
    }

    #[test]
    fn what_arrives_while_rows_are_read_is_not_forgotten() {
        let mut scheduler = scheduler(10, 10);
        scheduler.arrived(HOP, at(0));
        scheduler.poll(at(0)).unwrap();
        let seen = scheduler.arrivals(HOP);
        scheduler.arrived(HOP, at(1));
        scheduler.set_due(HOP, seen, None);
        assert_eq!(scheduler.poll(at(1)), Some(HOP));
        let seen = scheduler.arrivals(HOP);
        scheduler.set_due(HOP, seen, None);
        assert_eq!(scheduler.poll(at(1)), None);
    }

    #[test]
    fn operators_stop_start_and_hurry() {
        let mut scheduler = scheduler(10, 10);
        scheduler.arrived(HOP, at(0));
        scheduler.set_suspended(HOP, true);
        assert_eq!(scheduler.poll(at(9)), None);
        assert_eq!(scheduler.view(HOP).unwrap().status, QueueStatus::Suspended);
        scheduler.set_suspended(HOP, false);
        scheduler.poll(at(9)).unwrap();
        fail(&mut scheduler, at(9));
        assert_eq!(scheduler.poll(at(10)), None);
        scheduler.retry_now(HOP);
        assert_eq!(scheduler.poll(at(10)), Some(HOP));
    }

    #[test]
    fn an_empty_queue_is_idle_and_can_be_forgotten() {
        let mut scheduler = scheduler(10, 10);
        scheduler.arrived(HOP, at(0));
        assert_eq!(scheduler.idle(at(999)), []);
        scheduler.poll(at(5)).unwrap();
        scheduler.finished(HOP, at(5), Ended::Well);
        assert_eq!((scheduler.idle(at(184)), scheduler.idle(at(185))), (vec![], vec![HOP]));
        scheduler.forget(HOP);
        assert_eq!((scheduler.view(HOP), scheduler.deadline()), (None, None));
    }
}
