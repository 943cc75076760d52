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
        if windows.len() >= MESSAGE_RATE_SOURCES_MAX {
            windows.retain(|_, window| now.duration_since(window.began) < MINUTE);
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

#[cfg(test)]
mod tests {
    use super::*;

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
