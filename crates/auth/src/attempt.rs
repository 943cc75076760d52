//! An attempt to log in: who is claimed, and what is shown for it.

use std::fmt;

use zeroize::Zeroizing;

use crate::exchange::Failure;
use crate::mechanism::Mechanism;
use crate::prep::prepare;
use types::limits::PASSWORD_OCTETS_MAX;

/// A prepared password. Cleared from memory when dropped; prints as `…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Prepares what a client or an administrator typed.
    pub fn new(text: &str) -> Result<Self, Failure> {
        if text.len() > PASSWORD_OCTETS_MAX {
            return Err(Failure::TooLong);
        }
        let prepared = prepare(text).map_err(|_| Failure::Malformed("bad password"))?;
        Ok(Password(Zeroizing::new(prepared)))
    }

    /// The octets to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The verdict of a SCRAM exchange on the client's proof. Only this crate makes one, so an
/// authenticator that gets a valid one may rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub(crate) valid: bool,
}

impl Proof {
    /// True when the client knows the password.
    pub fn is_valid(self) -> bool {
        self.valid
    }
}

/// What a client shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The password itself.
    Password(Password),
    /// A finished SCRAM exchange, right or wrong: a wrong one counts as a guess.
    Scram(Proof),
}

/// An attempt to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The authentication identity, prepared.
    pub user: String,
    /// The authorization identity, when one is given and differs from `user`.
    pub authzid: Option<String>,
    /// How.
    pub mechanism: Mechanism,
    /// What for.
    pub evidence: Evidence,
}

impl Attempt {
    /// User name and password, from a mechanism or from IMAP LOGIN and POP3 USER/PASS
    /// (which pass [`Mechanism::Login`]). `authzid` may be empty.
    pub fn password(
        mechanism: Mechanism,
        authzid: &str,
        user: &str,
        password: &str,
    ) -> Result<Self, Failure> {
        let (user, authzid) = identities(authzid, user)?;
        let evidence = Evidence::Password(Password::new(password)?);
        Ok(Attempt { user, authzid, mechanism, evidence })
    }
}

/// Prepares both identities; an authorization identity that says nothing new is dropped.
pub(crate) fn identities(authzid: &str, user: &str) -> Result<(String, Option<String>), Failure> {
    let user = prepare(user).map_err(|_| Failure::Malformed("bad user name"))?;
    if authzid.is_empty() {
        return Ok((user, None));
    }
    let authzid = prepare(authzid).map_err(|_| Failure::Malformed("bad authorization identity"))?;
    let other = (authzid != user).then_some(authzid);
    Ok((user, other))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_password_never_prints() {
        let attempt = Attempt::password(Mechanism::Plain, "", "alice", "hunter2").unwrap();
        assert!(!format!("{attempt:?}").contains("hunter2"));
    }

    #[test]
    fn an_authorization_identity_equal_to_the_user_is_none() {
        for (authzid, kept) in [("", None), ("alice", None), ("bob", Some("bob"))] {
            assert_eq!(identities(authzid, "alice").unwrap().1.as_deref(), kept);
        }
    }

    #[test]
    fn overlong_passwords_are_refused_before_hashing() {
        let long = "x".repeat(PASSWORD_OCTETS_MAX + 1);
        assert_eq!(Password::new(&long), Err(Failure::TooLong));
    }
}
