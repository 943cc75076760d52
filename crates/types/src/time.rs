//! Time as every crate sees it: microseconds since the Unix epoch, from a clock that tests replace.
//!
//! Not here: calendars and zones (crate `calendar`), monotonic time (`std::time::Instant`).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: microseconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// From whole seconds since the Unix epoch; what does not fit becomes the nearest that does.
    pub const fn from_secs(secs: i64) -> Self {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment and `span` more; stops at the end of the range.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_add(micros_of(span)))
    }

    /// This moment less `span`; stops at the start of the range.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_sub(micros_of(span)))
    }

    /// Time since `earlier`; zero when that lies in the future.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp(micros_of(after)),
            Err(before) => Timestamp(-micros_of(before.duration())),
        }
    }
}

/// Where the time of day comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The moment now. May jump in either direction, as the system's clock may.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

/// A clock that moves only when told to. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        ManualClock(Arc::new(AtomicI64::new(start.0)))
    }

    /// Moves the clock to `now`, forward or backward.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(micros_of(span), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_on_both_sides_of_the_epoch() {
        assert_eq!(Timestamp::from_micros(1_999_999).secs(), 1);
        assert_eq!(Timestamp::from_micros(-1).secs(), -1);
        assert_eq!(Timestamp::from_secs(i64::MAX).micros(), i64::MAX);
    }

    #[test]
    fn a_manual_clock_is_shared_by_its_clones() {
        let clock = ManualClock::new(Timestamp::from_secs(10));
        let seen = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(seen.now(), Timestamp::from_secs(15));
        assert_eq!(seen.now().since(Timestamp::from_secs(12)), Duration::from_secs(3));
        assert_eq!(Timestamp::from_secs(12).since(seen.now()), Duration::ZERO);
    }

    #[test]
    fn system_time_before_the_epoch_is_negative() {
        let before = UNIX_EPOCH - Duration::from_secs(2);
        assert_eq!(Timestamp::from(before), Timestamp::from_secs(-2));
    }
}
