//! Passwords that were right a while ago.
//!
//! Clients log in every few minutes; argon2id on each would cost more than their mail. The
//! cache remembers tags: HMAC under a key that this process made up, over the stored hash
//! (of a password that is checked elsewhere: what it was checked against) and the password. So nothing in it can be used elsewhere, and a password that is changed
//! leaves no entry behind that could match, since its stored hash has changed with it.
//! Only successes are remembered, so it answers no guess that [`crate::Throttle`] has not
//! let through.

use std::time::{Duration, Instant};

use crate::attempt::Password;
use crate::bounded::Generations;
use crate::mac::{TAG_OCTETS, hmac};
use crate::password::PasswordHash;
use types::limits::CREDENTIAL_CACHE_ENTRIES_MAX;

/// How long a success is remembered: long enough for every polling client, short enough for
/// a stolen memory image to age.
pub const KEPT: Duration = Duration::from_secs(60 * 60);

type Tag = [u8; TAG_OCTETS];

/// What a password was right for.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// A stored hash.
    Hash(&'a PasswordHash),
    /// Another directory, with all its settings, and the account there.
    Elsewhere(&'a str, &'a str),
}

/// The cache of verified credentials.
#[derive(Debug)]
pub struct Verified {
    key: [u8; TAG_OCTETS],
    until: Generations<Tag, Instant>,
}

impl Verified {
    /// An empty cache under a fresh key.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; TAG_OCTETS];
        getrandom::fill(&mut key)?;
        Ok(Verified { key, until: Generations::new(CREDENTIAL_CACHE_ENTRIES_MAX) })
    }

    /// True when this password was found right for that, and not too long ago.
    pub fn contains(&self, now: Instant, of: Of<'_>, password: &Password) -> bool {
        self.until.get(&self.tag(of, password)).is_some_and(|until| now < *until)
    }

    /// Remembers a success for so long.
    pub fn insert(&mut self, until: Instant, of: Of<'_>, password: &Password) {
        let tag = self.tag(of, password);
        self.until.insert(tag, until);
    }

    /// Nested tags, so that the borders are fixed.
    fn tag(&self, of: Of<'_>, password: &Password) -> Tag {
        let of = match of {
            Of::Hash(hash) => hmac(&self.key, hash.as_str().as_bytes()),
            Of::Elsewhere(place, account) => {
                hmac(&hmac(&hmac(&self.key, b""), place.as_bytes()), account.as_bytes())
            }
        };
        hmac(&of, password.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::password::HashCost;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    fn hash(text: &str) -> PasswordHash {
        PasswordHash::new(&password(text), HashCost::LEAST).unwrap()
    }

    #[test]
    fn remembers_the_right_password_for_an_hour() {
        let (mut cache, start) = (Verified::new().unwrap(), Instant::now());
        let stored = hash("secret");
        assert!(!cache.contains(start, Of::Hash(&stored), &password("secret")));
        cache.insert(start + KEPT, Of::Hash(&stored), &password("secret"));
        assert!(cache.contains(start, Of::Hash(&stored), &password("secret")));
        assert!(!cache.contains(start, Of::Hash(&stored), &password("guess")));
        assert!(!cache.contains(start + KEPT, Of::Hash(&stored), &password("secret")));
    }

    #[test]
    fn a_changed_password_is_forgotten_even_if_it_is_the_same() {
        let (mut cache, start) = (Verified::new().unwrap(), Instant::now());
        cache.insert(start + KEPT, Of::Hash(&hash("secret")), &password("secret"));
        assert!(!cache.contains(start, Of::Hash(&hash("secret")), &password("secret")));
    }

    #[test]
    fn many_others_are_remembered_and_not_without_end() {
        let (mut cache, now) = (Verified::new().unwrap(), Instant::now());
        let stored = hash("secret");
        cache.insert(now + KEPT, Of::Hash(&stored), &password("secret"));
        let tag = |number: usize| hmac(&[0; TAG_OCTETS], &number.to_be_bytes());
        (1..CREDENTIAL_CACHE_ENTRIES_MAX).for_each(|n| cache.until.insert(tag(n), now));
        assert_eq!(cache.until.len(), CREDENTIAL_CACHE_ENTRIES_MAX);
        assert!(cache.contains(now, Of::Hash(&stored), &password("secret")));
        let others = CREDENTIAL_CACHE_ENTRIES_MAX..=2 * CREDENTIAL_CACHE_ENTRIES_MAX;
        others.for_each(|n| cache.until.insert(tag(n), now));
        assert!(cache.until.len() <= 2 * CREDENTIAL_CACHE_ENTRIES_MAX);
        assert!(!cache.contains(now, Of::Hash(&stored), &password("secret")));
    }

    #[test]
    fn elsewhere_is_one_place_and_one_account() {
        let (mut cache, now) = (Verified::new().unwrap(), Instant::now());
        cache.insert(now + KEPT, Of::Elsewhere("ab", "c"), &password("secret"));
        let knows = |place, account| {
            cache.contains(now, Of::Elsewhere(place, account), &password("secret"))
        };
        assert!(knows("ab", "c"));
        assert!(!knows("a", "bc") && !knows("", "abc") && !knows("ab", "d"));
    }
}
