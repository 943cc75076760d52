//! A look at the next messages of a folder, before their octets are asked for.

use std::collections::BTreeMap;

use types::limits::{
    MIGRATION_BATCH_ITEMS, MIGRATION_BATCH_OCTETS, MIGRATION_IMAP_WINDOW_MESSAGES,
};

use super::endpoint::Pace;
use super::error::ImapError;
use super::response::{Fetched, Response};
use super::session::{Selected, Session};

/// Messages with UIDs in a range.
#[derive(Debug)]
pub(crate) struct Window {
    place: String,
    /// UIDVALIDITY.
    validity: u32,
    /// UIDs it knows about: behind the first, up to the second.
    after: u32,
    until: u32,
    /// RFC822.SIZE by UID; some servers only guess it.
    messages: BTreeMap<u32, u64>,
}

impl Window {
    /// Looks behind a UID: at least as far as there is a message, or to the end. UIDs may have
    /// wide gaps, so it looks farther each time that it finds nothing. `deleted`: those marked
    /// `\Deleted` count.
    pub(crate) async fn open(
        session: &mut Session,
        place: &str,
        selected: Selected,
        after: u32,
        deleted: bool,
    ) -> Result<Self, ImapError> {
        let mut width = MIGRATION_IMAP_WINDOW_MESSAGES as u32;
        let mut until = after;
        let mut messages = BTreeMap::new();
        while messages.is_empty() && until < selected.last_uid {
            let first = until + 1;
            until = until.saturating_add(width).min(selected.last_uid);
            width = width.saturating_mul(2);
            let look = format!(" {first}:{until} (UID FLAGS RFC822.SIZE)");
            let range = first..=until;
            let take = |response| {
                if let Some((uid, size)) =
                    wanted(response, deleted).filter(|(uid, _)| range.contains(uid))
                {
                    keep(uid, size, &mut until, &mut messages);
                }
            };
            session.command("UID FETCH", &look, take).await?;
        }
        Ok(Window { place: place.to_owned(), validity: selected.validity, after, until, messages })
    }

    /// Whether it knows what comes behind a UID.
    pub(crate) fn covers(&self, place: &str, validity: u32, after: u32) -> bool {
        let is_it = self.place == place && self.validity == validity;
        is_it && (self.after..self.until).contains(&after)
    }

    /// The next messages behind a UID, as many as are fetched at once.
    pub(crate) fn next(&self, after: u32, pace: Pace) -> Vec<(u32, u64)> {
        let within =
            |limit: usize, pace: u64| limit.min(usize::try_from(pace.max(1)).unwrap_or(limit));
        let octets_max = within(MIGRATION_BATCH_OCTETS, pace.octets.unwrap_or(u64::MAX)) as u64;
        let messages = pace.messages.map_or(u64::MAX, u64::from);
        let mut octets = 0u64;
        let behind = self.messages.range(after.saturating_add(1)..);
        let fits = |(_, size): &(&u32, &u64)| {
            let is_first = octets == 0;
            octets = octets.saturating_add(**size).max(1);
            is_first || octets <= octets_max
        };
        let next = behind.take(within(MIGRATION_BATCH_ITEMS, messages)).take_while(fits);
        next.map(|(uid, size)| (*uid, *size)).collect()
    }

    /// The last UID that it knows about.
    pub(crate) fn until(&self) -> u32 {
        self.until
    }
}

/// A message of a look, unless it is marked and those do not count.
fn wanted(response: Response, deleted: bool) -> Option<(u32, u64)> {
    let Response::Fetch(Fetched { uid: Some(uid), flags, size, .. }) = response else {
        return None;
    };
    let flags = flags.unwrap_or_default();
    let is_marked = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Deleted"));
    (deleted || !is_marked).then_some((uid, size.unwrap_or(0)))
}

/// Notes a message. When there are too many, those at the end are left for the next look.
fn keep(uid: u32, size: u64, until: &mut u32, messages: &mut BTreeMap<u32, u64>) {
    messages.insert(uid, size);
    if messages.len() > MIGRATION_IMAP_WINDOW_MESSAGES {
        messages.pop_last();
        *until = messages.last_key_value().map_or(*until, |(last, _)| *last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(sizes: &[(u32, u64)]) -> Window {
        let messages = sizes.iter().copied().collect();
        Window { place: "a".to_owned(), validity: 1, after: 0, until: 100, messages }
    }

    fn uids(window: &Window, after: u32, pace: Pace) -> Vec<u32> {
        window.next(after, pace).into_iter().map(|(uid, _)| uid).collect()
    }

    #[test]
    fn what_is_fetched_at_once_is_limited() {
        let half = MIGRATION_BATCH_OCTETS as u64 / 2;
        let large = window(&[(1, half), (5, half - 1), (7, half), (9, u64::MAX)]);
        assert_eq!(uids(&large, 0, Pace::default()), [1, 5]);
        assert_eq!(uids(&large, 7, Pace::default()), [9], "one at least");
        let many = window(&(1..=100).map(|uid| (uid, 1)).collect::<Vec<_>>());
        assert_eq!(uids(&many, 0, Pace::default()).len(), MIGRATION_BATCH_ITEMS);
        assert_eq!(uids(&many, 3, Pace { octets: None, messages: Some(2) }), [4, 5]);
        assert_eq!(uids(&many, 3, Pace { octets: Some(1), messages: None }), [4]);
    }

    #[test]
    fn marked_messages_count_when_they_are_asked_for() {
        for (flag, deleted, expected) in
            [("\\Seen", false, true), ("\\deleted", false, false), ("\\deleted", true, true)]
        {
            let flags = Some(vec![flag.to_owned()]);
            let fetched = Fetched { uid: Some(1), flags, ..Fetched::default() };
            assert_eq!(wanted(Response::Fetch(fetched), deleted).is_some(), expected, "{flag}");
        }
    }

    #[test]
    fn a_look_keeps_the_first_messages_only() {
        let (mut until, mut messages) = (u32::MAX, BTreeMap::new());
        let most = MIGRATION_IMAP_WINDOW_MESSAGES as u32;
        for uid in (1..=most + 10).rev() {
            keep(uid, 1, &mut until, &mut messages);
        }
        assert_eq!((messages.len() as u32, until), (most, most));
    }
}
