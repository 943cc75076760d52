//! MessageRateLimit: messages per minute, counted by client address or by user
//! (MessageRateSource).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use types::limits::MESSAGE_RATE_SOURCES_MAX;

const MINUTE: Duration = Duration::from_secs(60);

/// Whose messages are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A client address.
    Address(IpAddr),
    /// Who logged in.
    User(String),
}

/// Counts the messages of one connector.
pub(super) struct Rate {
    per_minute: u32,
    windows: Mutex<HashMap<Source, Window>>,
}

/// Messages since the minute began.
#[derive(Clone, Copy)]
struct Window {
    began: Instant,
    messages: u32,
}

impl Rate {
    pub(super) fn new(per_minute: u32) -> Self {
        Rate { per_minute, windows: Mutex::default() }
    }

    /// Counts one message, unless the sources have sent as many as they may this minute.
    pub(super) fn admit(&self, sources: &[Source], now: Instant) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() + sources.len() > MESSAGE_RATE_SOURCES_MAX {
            make_room(&mut windows, now);
        }
        let full = |source| {
            windows.get(source).is_some_and(|window: &Window| {
                now.duration_since(window.began) < MINUTE && window.messages >= self.per_minute
            })
        };
        if sources.iter().any(full) {
            return false;
        }
        for source in sources {
            let window =
                windows.entry(source.clone()).or_insert(Window { began: now, messages: 0 });
            if now.duration_since(window.began) >= MINUTE {
                *window = Window { began: now, messages: 0 };
            }
            window.messages += 1;
        }
        true
    }
}

/// Forgets minutes that are over and, when that is not enough, half of the sources: those that
/// have sent least, so that one who makes up sources wins nothing for a busy one.
fn make_room(windows: &mut HashMap<Source, Window>, now: Instant) {
    windows.retain(|_, window| now.duration_since(window.began) < MINUTE);
    let Some(mut excess) = windows.len().checked_sub(MESSAGE_RATE_SOURCES_MAX / 2 + 1) else {
        return;
    };
    let mut counts: Vec<u32> = windows.values().map(|window| window.messages).collect();
    let (_, bound, _) = counts.select_nth_unstable(excess);
    let bound = *bound;
    windows.retain(|_, window| {
        let stays = window.messages > bound || excess == 0;
        excess -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_are_made_up_do_not_fill_the_memory_nor_free_a_busy_one() {
        let rate = Rate::new(3);
        let now = Instant::now();
        let busy = [Source::User("busy".into())];
        (0..3).for_each(|_| assert!(rate.admit(&busy, now)));
        for number in 0..MESSAGE_RATE_SOURCES_MAX * 3 {
            assert!(rate.admit(&[Source::User(number.to_string())], now));
            let is_bounded = |windows: &HashMap<_, _>| windows.len() <= MESSAGE_RATE_SOURCES_MAX;
            assert!(rate.windows.lock().is_ok_and(|windows| is_bounded(&windows)), "{number}");
        }
        assert!(!rate.admit(&busy, now));
    }

    #[test]
    fn five_a_minute_for_each_user() {
        let rate = Rate::new(5);
        let (start, alice) = (Instant::now(), [Source::User("alice".into())]);
        let admitted = (0..8).filter(|_| rate.admit(&alice, start)).count();
        assert_eq!(admitted, 5);
        assert!(rate.admit(&[Source::User("bob".into())], start));
        assert!(!rate.admit(&alice, start + MINUTE - Duration::from_secs(1)));
        assert!(rate.admit(&alice, start + MINUTE));
    }

    #[test]
    fn both_sources_must_have_room() {
        let rate = Rate::new(1);
        let now = Instant::now();
        let both = [Source::User("alice".into()), Source::Address([192, 0, 2, 1].into())];
        assert!(rate.admit(&both, now));
        assert!(!rate.admit(&both[1..], now), "counted for the address as well");
    }
}
