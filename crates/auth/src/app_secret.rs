//! Stored app passwords: the secret is made here, so it needs no slow hash.
//!
//! A password that a person thought of is guessed from a list, which argon2id makes dear. One
//! of 160 random bits is in no list: to try them all is out of reach at any cost of one try.
//! So HMAC-SHA-256 under a salt is enough, and an account may have many app passwords that are
//! all looked at within microseconds.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::attempt::Password;
use crate::mac::{TAG_OCTETS, hmac};

/// Octets of randomness in an app password.
const SECRET_OCTETS: usize = 20;
/// Octets of the salt.
const SALT_OCTETS: usize = 16;
/// RFC 4648 section 6, in lower case: no letter is easily taken for a digit.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What is stored of an app password. Prints without its octets.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret {
    /// Random; the key of the tag.
    pub salt: [u8; SALT_OCTETS],
    /// HMAC-SHA-256 of the password.
    pub tag: [u8; TAG_OCTETS],
}

impl AppSecret {
    /// A new app password of 32 letters and digits, and what is stored of it. Errors: no
    /// randomness.
    pub fn generate() -> Result<(Zeroizing<String>, Self), getrandom::Error> {
        let mut octets = Zeroizing::new([0; SECRET_OCTETS]);
        let mut salt = [0; SALT_OCTETS];
        getrandom::fill(&mut *octets)?;
        getrandom::fill(&mut salt)?;
        let secret = Zeroizing::new(base32(&octets));
        let tag = hmac(&salt, secret.as_bytes());
        Ok((secret, AppSecret { salt, tag }))
    }

    /// Compares, in time that does not depend on the password.
    pub fn matches(&self, password: &Password) -> bool {
        hmac(&self.salt, password.as_bytes()).ct_eq(&self.tag).into()
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(…)")
    }
}

/// Five octets are eight letters; the secret has four times five.
fn base32(octets: &[u8; SECRET_OCTETS]) -> String {
    let letters = octets.chunks(5).flat_map(|five| {
        let number = five.iter().fold(0u64, |number, octet| (number << 8) | u64::from(*octet));
        (0..8).rev().map(move |place| ALPHABET[(number >> (5 * place)) as usize % 32])
    });
    letters.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_one_matches_itself_and_no_other() {
        let (secret, stored) = AppSecret::generate().unwrap();
        let (other, _) = AppSecret::generate().unwrap();
        assert!(stored.matches(&Password::new(&secret).unwrap()));
        assert!(!stored.matches(&Password::new(&other).unwrap()));
        assert_eq!(secret.len(), 32);
        assert!(secret.bytes().all(|letter| ALPHABET.contains(&letter)), "{}", *secret);
    }

    #[test]
    fn nothing_stored_shows() {
        let (_, stored) = AppSecret::generate().unwrap();
        assert_eq!(format!("{stored:?}"), "AppSecret(…)");
    }

    #[test]
    fn letters_as_rfc_4648_has_them() {
        let octets = *b"foobafoobafoobafooba";
        assert_eq!(base32(&octets), "mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb");
    }
}
