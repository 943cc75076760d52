//! How much somebody may send in a time: messages per minute, by client address or user
//! (MessageRateLimit and MessageRateSource of a connector, MessageRateLimit of a throttling policy),
//! recipients per day (RecipientRateLimit).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth::RecipientId;
use types::limits::MESSAGE_RATE_SOURCES_MAX;

/// A minute.
pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// A day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose messages are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A client address.
    Address(IpAddr),
    /// Who logged in, by name.
    User(String),
    /// The same by identity.
    Account(RecipientId),
}

/// Counts what is sent, in windows of one length that begin with the first that is counted.
pub(super) struct Rate {
    length: Duration,
    windows: Mutex<HashMap<Source, Window>>,
}

/// What was sent since the window began.
#[derive(Clone, Copy)]
struct Window {
    began: Instant,
    sent: u32,
}

impl Rate {
    pub(super) fn new(length: Duration) -> Self {
        Rate { length, windows: Mutex::default() }
    }

    /// Counts one more, unless the sources have sent `most` in their windows.
    pub(super) fn admit(&self, sources: &[Source], most: u32, now: Instant) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() + sources.len() > MESSAGE_RATE_SOURCES_MAX {
            make_room(&mut windows, self.length, now);
        }
        let full = |source| {
            windows.get(source).map_or(most == 0, |window: &Window| {
                now.duration_since(window.began) < self.length && window.sent >= most
            })
        };
        if sources.iter().any(full) {
            return false;
        }
        for source in sources {
            let window = windows.entry(source.clone()).or_insert(Window { began: now, sent: 0 });
            if now.duration_since(window.began) >= self.length {
                *window = Window { began: now, sent: 0 };
            }
            window.sent += 1;
        }
        true
    }
}

/// Forgets windows that are over and, when that is not enough, half of the sources: those that
/// have sent least, so that one who makes up sources wins nothing for a busy one.
fn make_room(windows: &mut HashMap<Source, Window>, length: Duration, now: Instant) {
    windows.retain(|_, window| now.duration_since(window.began) < length);
    let Some(mut excess) = windows.len().checked_sub(MESSAGE_RATE_SOURCES_MAX / 2 + 1) else {
        return;
    };
    let mut counts: Vec<u32> = windows.values().map(|window| window.sent).collect();
    let (_, bound, _) = counts.select_nth_unstable(excess);
    let bound = *bound;
    windows.retain(|_, window| {
        let stays = window.sent > bound || excess == 0;
        excess -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_are_made_up_do_not_fill_the_memory_nor_free_a_busy_one() {
        let rate = Rate::new(MINUTE);
        let now = Instant::now();
        let busy = [Source::User("busy".into())];
        (0..3).for_each(|_| assert!(rate.admit(&busy, 3, now)));
        for number in 0..MESSAGE_RATE_SOURCES_MAX * 3 {
            assert!(rate.admit(&[Source::User(number.to_string())], 3, now));
            let is_bounded = |windows: &HashMap<_, _>| windows.len() <= MESSAGE_RATE_SOURCES_MAX;
            assert!(rate.windows.lock().is_ok_and(|windows| is_bounded(&windows)), "{number}");
        }
        assert!(!rate.admit(&busy, 3, now));
    }

    #[test]
    fn five_a_minute_for_each_user() {
        let rate = Rate::new(MINUTE);
        let (start, alice) = (Instant::now(), [Source::User("alice".into())]);
        let admitted = (0..8).filter(|_| rate.admit(&alice, 5, start)).count();
        assert_eq!(admitted, 5);
        assert!(rate.admit(&[Source::User("bob".into())], 5, start));
        assert!(!rate.admit(&alice, 5, start + MINUTE - Duration::from_secs(1)));
        assert!(rate.admit(&alice, 5, start + MINUTE));
    }

    #[test]
    fn both_sources_must_have_room() {
        let rate = Rate::new(MINUTE);
        let now = Instant::now();
        let both = [Source::User("alice".into()), Source::Address([192, 0, 2, 1].into())];
        assert!(rate.admit(&both, 1, now));
        assert!(!rate.admit(&both[1..], 1, now), "counted for the address as well");
    }
}
