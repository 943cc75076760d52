//! Passwords that were right a while ago.
//!
//! Clients log in every few minutes; argon2id on each would cost more than their mail. The
//! cache remembers tags: HMAC under a key that this process made up, over the stored hash
//! and the password. So nothing in it can be used elsewhere, and a password that is changed
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
const KEPT: Duration = Duration::from_secs(60 * 60);

type Tag = [u8; TAG_OCTETS];

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

    /// True when this password was found right for this hash within the hour.
    pub fn contains(&self, now: Instant, hash: &PasswordHash, password: &Password) -> bool {
        self.until.get(&self.tag(hash, password)).is_some_and(|until| now < *until)
    }

    /// Remembers a success.
    pub fn insert(&mut self, now: Instant, hash: &PasswordHash, password: &Password) {
        let tag = self.tag(hash, password);
        self.until.insert(tag, now + KEPT);
    }

    /// Two nested tags, so that the border between hash and password is fixed.
    fn tag(&self, hash: &PasswordHash, password: &Password) -> Tag {
        hmac(&hmac(&self.key, hash.as_str().as_bytes()), password.as_bytes())
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
        assert!(!cache.contains(start, &stored, &password("secret")));
        cache.insert(start, &stored, &password("secret"));
        assert!(cache.contains(start, &stored, &password("secret")));
        assert!(!cache.contains(start, &stored, &password("guess")));
        assert!(!cache.contains(start + KEPT, &stored, &password("secret")));
    }

    #[test]
    fn a_changed_password_is_forgotten_even_if_it_is_the_same() {
        let (mut cache, start) = (Verified::new().unwrap(), Instant::now());
        cache.insert(start, &hash("secret"), &password("secret"));
        assert!(!cache.contains(start, &hash("secret"), &password("secret")));
    }

    #[test]
    fn many_others_are_remembered_and_not_without_end() {
        let (mut cache, now) = (Verified::new().unwrap(), Instant::now());
        let stored = hash("secret");
        cache.insert(now, &stored, &password("secret"));
        let tag = |number: usize| hmac(&[0; TAG_OCTETS], &number.to_be_bytes());
        (1..CREDENTIAL_CACHE_ENTRIES_MAX).for_each(|n| cache.until.insert(tag(n), now));
        assert_eq!(cache.until.len(), CREDENTIAL_CACHE_ENTRIES_MAX);
        assert!(cache.contains(now, &stored, &password("secret")));
        let others = CREDENTIAL_CACHE_ENTRIES_MAX..=2 * CREDENTIAL_CACHE_ENTRIES_MAX;
        others.for_each(|n| cache.until.insert(tag(n), now));
        assert!(cache.until.len() <= 2 * CREDENTIAL_CACHE_ENTRIES_MAX);
        assert!(!cache.contains(now, &stored, &password("secret")));
    }
}
