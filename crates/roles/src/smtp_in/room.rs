//! Which mailboxes had room a moment ago, so that RCPT need not read every time.
//!
//! Not the quota itself: delivery looks at that within the transaction that accepts the
//! message. Invariant: a recipient is refused only on what was read just now.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mailbox::{MailboxNumber, Quota};
use types::limits::ROOMY_MAILBOXES_MAX;

/// How long room that was seen counts as room.
const FRESH: Duration = Duration::from_secs(5);

/// Mailboxes with room.
#[derive(Default)]
pub(crate) struct Room(Mutex<HashMap<MailboxNumber, Seen>>);

/// How full a mailbox was.
struct Seen {
    quota: Quota,
    at: Instant,
}

impl Room {
    /// Whether there was room for so many octets a moment ago. False: it must be read.
    pub(super) fn was_there(&self, mailbox: MailboxNumber, octets: u64, now: Instant) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&mailbox).is_some_and(|seen| {
            now.duration_since(seen.at) < FRESH && !seen.quota.prohibits_adding(octets)
        })
    }

    /// Notes what was read.
    pub(super) fn note(&self, mailbox: MailboxNumber, quota: Quota, now: Instant) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ROOMY_MAILBOXES_MAX {
            seen.retain(|_, seen| now.duration_since(seen.at) < FRESH);
        }
        if seen.len() < ROOMY_MAILBOXES_MAX {
            seen.insert(mailbox, Seen { quota, at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(octets: u64) -> Quota {
        let limits =
            mailbox::QuotaLimits { prohibit_send_receive: Some(1000), ..Default::default() };
        Quota { octets, items: 1, recoverable_octets: 0, staged_octets: 0, limits }
    }

    #[test]
    fn room_counts_for_a_moment_and_fullness_never() {
        let (room, now, one) = (Room::default(), Instant::now(), MailboxNumber::new(1));
        assert!(!room.was_there(one, 1, now));
        room.note(one, quota(900), now);
        assert!(room.was_there(one, 100, now));
        assert!(!room.was_there(one, 101, now), "it may have been emptied");
        assert!(!room.was_there(one, 100, now + FRESH));
        assert!(!room.was_there(MailboxNumber::new(2), 1, now));
    }

    #[test]
    fn what_is_noted_is_bounded() {
        let (room, now) = (Room::default(), Instant::now());
        let boxes = |from: usize| (from..).map(|number| MailboxNumber::new(number as u32));
        for number in boxes(0).take(ROOMY_MAILBOXES_MAX + 5) {
            room.note(number, quota(0), now);
        }
        let len = || room.0.lock().map(|seen| seen.len()).unwrap_or_default();
        assert_eq!(len(), ROOMY_MAILBOXES_MAX);
        room.note(MailboxNumber::new(u32::MAX), quota(0), now + FRESH);
        assert_eq!(len(), 1);
    }
}
