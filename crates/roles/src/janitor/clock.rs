//! A clock that jumps ahead makes deleted items seem older than they are. Retention waits for a
//! round then, so that the operator, who finds it in the log, can set the clock right.

use std::time::{Duration, Instant};

use types::Timestamp;

/// What the clock may run ahead of the time that passed between two rounds: more than it is
/// slewed by, less than anybody's retention.
const AHEAD_MAX: Duration = Duration::from_secs(12 * 3600);

/// Compares the clock with the time that passed.
pub(super) struct ClockGuard {
    seen: (Instant, Timestamp),
}

impl ClockGuard {
    pub(super) fn new(passed: Instant, clock: Timestamp) -> Self {
        ClockGuard { seen: (passed, clock) }
    }

    /// True when the clock has jumped ahead since it was last asked for.
    pub(super) fn has_jumped(&mut self, passed: Instant, clock: Timestamp) -> bool {
        let (then, before) = std::mem::replace(&mut self.seen, (passed, clock));
        clock.since(before) > passed.saturating_duration_since(then) + AHEAD_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_jump_ahead_counts_and_only_once() {
        const HOUR: Duration = Duration::from_secs(3600);
        let (start, clock) = (Instant::now(), Timestamp::from_secs(1_700_000_000));
        let mut guard = ClockGuard::new(start, clock);
        assert!(!guard.has_jumped(start + HOUR, clock.plus(HOUR)));
        assert!(!guard.has_jumped(start + 2 * HOUR, clock.plus(8 * HOUR)), "within reason");
        assert!(guard.has_jumped(start + 3 * HOUR, clock.plus(1000 * HOUR)));
        assert!(!guard.has_jumped(start + 4 * HOUR, clock.plus(1001 * HOUR)));
        assert!(!guard.has_jumped(start + 5 * HOUR, clock), "set back");
        assert!(!guard.has_jumped(start + 1000 * HOUR, clock.plus(995 * HOUR)), "a long sleep");
    }
}
