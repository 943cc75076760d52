//! What an account stores for SCRAM (RFC 5802 section 3).

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::attempt::Password;
use crate::mac::{TAG_OCTETS, hmac};

/// Rounds of PBKDF2 for new secrets. RFC 7677 asks for 4,096 at least; a thief of the store
/// would attack these rather than the argon2id hash beside them, so ours are dearer. The
/// client pays at each login: about 20 ms on a telephone.
pub(crate) const ITERATIONS: u32 = 50_000;
const SALT_OCTETS: usize = 16;
/// Octets of each key.
pub(super) const KEY_OCTETS: usize = TAG_OCTETS;

/// Salt and keys of one account for SCRAM-SHA-256. Prints without its keys.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramSecret {
    /// The salt, sent to whoever claims to be the user.
    pub salt: [u8; SALT_OCTETS],
    /// Rounds of PBKDF2.
    pub iterations: u32,
    /// `StoredKey`: verifies the client's proof.
    pub stored_key: [u8; KEY_OCTETS],
    /// `ServerKey`: signs the server's answer.
    pub server_key: [u8; KEY_OCTETS],
}

impl ScramSecret {
    /// Derives the secret of a new password under a random salt. Slow: run it on the
    /// [`crate::HashPool`]. Fails when the system has no randomness.
    pub fn generate(password: &Password) -> Result<Self, getrandom::Error> {
        let mut salt = [0; SALT_OCTETS];
        getrandom::fill(&mut salt)?;
        Ok(Self::derive(password, salt, ITERATIONS))
    }

    /// Derives the secret of a password under a given salt.
    pub fn derive(password: &Password, salt: [u8; SALT_OCTETS], iterations: u32) -> Self {
        let Keys { stored_key, server_key, .. } = Keys::derive(password, &salt, iterations);
        ScramSecret { salt, iterations, stored_key, server_key }
    }

    /// The secret shown for a user who does not exist: the same for the same name as long as
    /// `server_secret` stands, so that asking twice gives nothing away. No proof fits it.
    pub fn fake(server_secret: &[u8], user: &str) -> Self {
        let seed = hmac(server_secret, user.as_bytes());
        let mut salt = [0; SALT_OCTETS];
        salt.copy_from_slice(&hmac(&seed, b"salt")[..SALT_OCTETS]);
        ScramSecret {
            salt,
            iterations: ITERATIONS,
            stored_key: hmac(&seed, b"stored key"),
            server_key: hmac(&seed, b"server key"),
        }
    }

    /// True when `proof` was made from the password: its client key hashes to the stored one.
    pub(super) fn proves(&self, auth_message: &[u8], proof: &[u8; KEY_OCTETS]) -> bool {
        let client_key = xor(hmac(&self.stored_key, auth_message), proof);
        Sha256::digest(client_key).as_slice().ct_eq(&self.stored_key).into()
    }

    /// `ServerSignature`, by which the client knows that the server knows the secret.
    pub(super) fn sign(&self, auth_message: &[u8]) -> [u8; KEY_OCTETS] {
        hmac(&self.server_key, auth_message)
    }
}

impl fmt::Debug for ScramSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramSecret").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// What only who knows the password can make.
pub(super) struct Keys {
    client_key: [u8; KEY_OCTETS],
    stored_key: [u8; KEY_OCTETS],
    server_key: [u8; KEY_OCTETS],
}

impl Keys {
    pub(super) fn derive(password: &Password, salt: &[u8], iterations: u32) -> Self {
        let mut salted = [0; KEY_OCTETS];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut salted);
        let client_key = hmac(&salted, b"Client Key");
        let stored_key = Sha256::digest(client_key).into();
        Keys { client_key, stored_key, server_key: hmac(&salted, b"Server Key") }
    }

    /// `ClientProof`.
    pub(super) fn prove(&self, auth_message: &[u8]) -> [u8; KEY_OCTETS] {
        xor(hmac(&self.stored_key, auth_message), &self.client_key)
    }

    /// The `ServerSignature` to expect.
    pub(super) fn signature(&self, auth_message: &[u8]) -> [u8; KEY_OCTETS] {
        hmac(&self.server_key, auth_message)
    }
}

fn xor(mut octets: [u8; KEY_OCTETS], mask: &[u8; KEY_OCTETS]) -> [u8; KEY_OCTETS] {
    octets.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fake_secrets_are_stable_per_name_and_differ_between_names() {
        let fake = |secret: &[u8], user| ScramSecret::fake(secret, user);
        assert_eq!(fake(b"s", "nobody"), fake(b"s", "nobody"));
        assert_ne!(fake(b"s", "nobody").salt, fake(b"s", "no-one").salt);
        assert_ne!(fake(b"s", "nobody").salt, fake(b"t", "nobody").salt);
    }
}
