//! Guessing does not pay: after a few wrong passwords each further one is made to wait, up to
//! a quarter of an hour.
//!
//! Failures are counted per host, and per account and host. Never per account alone: the
//! owner must be able to log in from elsewhere while somebody guesses. Nor does a guesser
//! behind the same address lock out who has logged in from there before: the count of the
//! host does not apply to such a pair. Pure: time comes in as an argument; the tables are
//! bounded.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::bounded::Generations;
use types::limits::THROTTLE_ENTRIES_MAX;

/// Failures of one account from one host before the first wait: mistyping, and the few
/// connections a client opens at once with an old password.
const FREE_PER_PAIR: u32 = 5;
/// Failures from one host before the first wait: an office behind one address.
const FREE_PER_HOST: u32 = 20;
/// The first wait. Each failure after it doubles the wait.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Failures older than this do not count.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Bits of an IPv6 address that name a host: whoever has one address has its /64.
const IPV6_HOST_BITS: u32 = 64;

/// The next attempt is looked at after this time; until then even the right password is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// From now.
    pub retry_after: Duration,
}

/// The record of failed logins.
#[derive(Debug)]
pub struct Throttle {
    pairs: Generations<(u64, IpAddr), Pair>,
    hosts: Generations<IpAddr, Failures>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    failures: Failures,
    familiar: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: Option<Instant>,
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle::new(THROTTLE_ENTRIES_MAX)
    }
}

impl Throttle {
    /// An empty record, of at most twice `entries_max` hosts and pairs each.
    pub fn new(entries_max: usize) -> Self {
        Throttle { pairs: Generations::new(entries_max), hosts: Generations::new(entries_max) }
    }

    /// Says whether an attempt may be looked at. `account` is any number that stands for the
    /// account, known or not.
    pub fn check(&self, now: Instant, account: u64, ip: IpAddr) -> Result<(), Throttled> {
        let host = host(ip);
        let pair = self.pairs.get(&(account, host)).copied().unwrap_or_default();
        let for_pair = pair.failures.wait(now, FREE_PER_PAIR);
        let for_host = match self.hosts.get(&host) {
            Some(failures) if !pair.familiar => failures.wait(now, FREE_PER_HOST),
            _ => None,
        };
        match for_pair.max(for_host) {
            None => Ok(()),
            Some(retry_after) => Err(Throttled { retry_after }),
        }
    }

    /// Counts a wrong guess.
    pub fn failed(&mut self, now: Instant, account: u64, ip: IpAddr) {
        let host = host(ip);
        let mut pair = self.pairs.remove(&(account, host)).unwrap_or_default();
        pair.failures.add(now);
        self.pairs.insert((account, host), pair);
        let mut failures = self.hosts.remove(&host).unwrap_or_default();
        failures.add(now);
        self.hosts.insert(host, failures);
    }

    /// Forgets the failures of the pair. Those of the host stay: else an attacker with an
    /// account of his own would clear them between guesses.
    pub fn succeeded(&mut self, account: u64, ip: IpAddr) {
        let pair = Pair { failures: Failures::default(), familiar: true };
        self.pairs.insert((account, host(ip)), pair);
    }
}

impl Failures {
    fn add(&mut self, now: Instant) {
        let kept = if self.is_forgotten(now) { 0 } else { self.count };
        *self = Failures { count: kept.saturating_add(1), last: Some(now) };
    }

    /// How long to wait yet, when `free` failures cost nothing.
    fn wait(&self, now: Instant, free: u32) -> Option<Duration> {
        let (last, beyond) = (self.last?, self.count.checked_sub(free)?);
        if self.is_forgotten(now) {
            return None;
        }
        let left = (last + backoff(beyond)).saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.saturating_duration_since(last) >= FORGOTTEN_AFTER)
    }
}

fn backoff(beyond: u32) -> Duration {
    WAIT_MIN.saturating_mul(2u32.saturating_pow(beyond)).min(WAIT_MAX)
}

/// What counts as one host.
fn host(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << IPV6_HOST_BITS)))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ALICE: u64 = 1;
    const HERE: &str = "192.0.2.1";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fail(throttle: &mut Throttle, now: Instant, account: u64, times: u32) {
        for _ in 0..times {
            throttle.failed(now, account, ip(HERE));
        }
    }

    fn wait(throttle: &Throttle, now: Instant, account: u64, from: &str) -> u64 {
        throttle.check(now, account, ip(from)).err().map_or(0, |t| t.retry_after.as_secs())
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..17 {
            fail(&mut throttle, now, ALICE, 1);
            waits.push(wait(&throttle, now, ALICE, HERE));
        }
        let expected = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
        assert_eq!(waits, expected);
    }

    #[test]
    fn the_wait_runs_out_and_the_failures_are_forgotten() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, now, ALICE, 8);
        assert_eq!(wait(&throttle, now + Duration::from_secs(7), ALICE, HERE), 1);
        assert_eq!(wait(&throttle, now + Duration::from_secs(8), ALICE, HERE), 0);
        let later = now + FORGOTTEN_AFTER;
        fail(&mut throttle, later, ALICE, 1);
        assert_eq!(wait(&throttle, later, ALICE, HERE), 0);
    }

    #[test]
    fn the_owner_is_not_locked_out_from_elsewhere() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, now, ALICE, 1000);
        assert!(wait(&throttle, now, ALICE, HERE) > 0);
        assert_eq!(wait(&throttle, now, ALICE, "192.0.2.2"), 0);
    }

    #[test]
    fn many_accounts_from_one_host_are_one_guesser() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        (0..u64::from(FREE_PER_HOST)).for_each(|account| fail(&mut throttle, now, account, 1));
        assert_eq!(wait(&throttle, now, 999, HERE), 1);
    }

    #[test]
    fn who_has_logged_in_from_there_is_not_locked_out_by_a_neighbour() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        throttle.succeeded(ALICE, ip(HERE));
        fail(&mut throttle, now, 2, 100);
        assert_eq!(wait(&throttle, now, ALICE, HERE), 0);
        assert!(wait(&throttle, now, 3, HERE) > 0);
    }

    #[test]
    fn an_account_of_ones_own_does_not_clear_the_host() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, now, ALICE, FREE_PER_HOST);
        throttle.succeeded(2, ip(HERE));
        assert!(wait(&throttle, now, 3, HERE) > 0);
    }

    #[test]
    fn success_clears_the_pair() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, now, ALICE, FREE_PER_PAIR);
        throttle.succeeded(ALICE, ip(HERE));
        assert_eq!(wait(&throttle, now, ALICE, HERE), 0);
    }

    #[test]
    fn addresses_of_one_host() {
        for (one, other, same) in [
            ("2001:db8::1", "2001:db8::ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            assert_eq!(host(ip(one)) == host(ip(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn the_tables_are_bounded() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..3 * THROTTLE_ENTRIES_MAX as u32 {
            throttle.failed(now, ALICE, IpAddr::V4(number.into()));
        }
        for entries in [throttle.pairs.len(), throttle.hosts.len()] {
            assert!((THROTTLE_ENTRIES_MAX..=2 * THROTTLE_ENTRIES_MAX).contains(&entries));
        }
    }
}
