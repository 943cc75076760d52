//! Stored passwords: argon2id (RFC 9106) as PHC strings, which carry their own parameters,
//! so that dearer ones can be introduced without a flag day.

use std::fmt;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::attempt::Password;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl HashCost {
    /// OWASP's second choice (19 MiB, two passes): about 25 ms of one core, and small enough
    /// in memory for [`types::limits::HASHES_RUNNING_MAX`] at once on a small server.
    pub const DEFAULT: HashCost = HashCost { memory_kib: 19 * 1024, passes: 2 };
    /// The least that argon2id can do. For tests.
    pub const LEAST: HashCost = HashCost { memory_kib: 8, passes: 1 };

    /// One lane: the pool already keeps every core busy.
    fn hasher(self) -> Result<Argon2<'static>, argon2::Error> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Why a password could not be hashed: a cost out of range, or no randomness.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash: {0}")]
pub struct HashError(String);

impl From<getrandom::Error> for HashError {
    fn from(error: getrandom::Error) -> Self {
        explain(error)
    }
}

/// A stored password, as a PHC string. Prints without its salt and tag.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes under a random salt. Slow: run it on the [`crate::HashPool`].
    pub fn new(password: &Password, cost: HashCost) -> Result<Self, HashError> {
        let mut salt = [0; argon2::RECOMMENDED_SALT_LEN];
        getrandom::fill(&mut salt).map_err(explain)?;
        let salt = SaltString::encode_b64(&salt).map_err(explain)?;
        let hasher = cost.hasher().map_err(explain)?;
        let hash = hasher.hash_password(password.as_bytes(), &salt).map_err(explain)?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// A hash that no password fits, of the given cost: unknown users are checked against it,
    /// so that they take as long as known ones.
    pub fn decoy(cost: HashCost) -> Result<Self, HashError> {
        let mut noise = [0u8; 16];
        getrandom::fill(&mut noise).map_err(explain)?;
        let password = Password::new(&format!("{noise:?}")).map_err(explain)?;
        Self::new(&password, cost)
    }

    /// Reads back what [`PasswordHash::as_str`] gave. None for anything but argon2id.
    pub fn parse(phc: &str) -> Option<Self> {
        let hash = password_hash::PasswordHash::new(phc).ok()?;
        let legal = hash.algorithm.as_str() == "argon2id" && hash.hash.is_some();
        legal.then(|| PasswordHash(phc.to_owned()))
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares, in time that does not depend on the password. Slow, as hashing is.
    pub fn matches(&self, password: &Password) -> bool {
        password_hash::PasswordHash::new(&self.0)
            .and_then(|hash| Argon2::default().verify_password(password.as_bytes(), &hash))
            .is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

fn explain(error: impl fmt::Display) -> HashError {
    HashError(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[test]
    fn hashes_are_salted_and_verify_the_one_password() {
        let (first, second) = (
            PasswordHash::new(&password("secret"), HashCost::LEAST).unwrap(),
            PasswordHash::new(&password("secret"), HashCost::LEAST).unwrap(),
        );
        assert_ne!(first, second);
        for (guess, right) in [("secret", true), ("Secret", false), ("secret ", false)] {
            assert_eq!(first.matches(&password(guess)), right, "{guess}");
        }
    }

    #[test]
    fn a_password_typed_decomposed_is_the_same_password() {
        let hash = PasswordHash::new(&password("caf\u{E9}"), HashCost::LEAST).unwrap();
        assert!(hash.matches(&password("cafe\u{301}")));
    }

    #[test]
    fn the_default_cost_is_what_it_says() {
        let hash = PasswordHash::new(&password("secret"), HashCost::DEFAULT).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn strings_read_back_and_other_algorithms_do_not() {
        let hash = PasswordHash::new(&password("secret"), HashCost::LEAST).unwrap();
        assert_eq!(PasswordHash::parse(hash.as_str()), Some(hash.clone()));
        let other = hash.as_str().replace("argon2id", "argon2i");
        for bad in ["", "secret", "$argon2id$", other.as_str(), "$argon2id$v=19$m=8,t=1,p=1"] {
            assert_eq!(PasswordHash::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn no_cost_out_of_range_is_accepted() {
        let cost = HashCost { memory_kib: 1, passes: 0 };
        assert!(PasswordHash::new(&password("secret"), cost).is_err());
    }
}
