//! Names of sessions: in the protocol logs, and in every line of the program's own log.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use types::{Clock, SystemClock};

/// The name of a session: sixteen hexadecimal digits, as Exchange's logs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

impl SessionId {
    /// A name that no other session has, over restarts too: counting begins at the time of day
    /// in microseconds, and no server takes a million sessions a second.
    pub fn next() -> Self {
        static LAST: LazyLock<AtomicU64> =
            LazyLock::new(|| AtomicU64::new(SystemClock.now().micros().unsigned_abs()));
        SessionId(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ascend_and_have_sixteen_digits() {
        let (first, second) = (SessionId::next(), SessionId::next());
        assert!(first < second);
        assert!(first.to_string() < second.to_string());
        assert_eq!(first.to_string().len(), 16);
    }
}
