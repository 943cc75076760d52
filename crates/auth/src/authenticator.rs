//! What a protocol asks of the account store.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::exchange::Failure;
use crate::mechanism::Mechanism;
use crate::principal::{ClientInfo, Principal, Protocol};
use crate::scram::ScramSecret;

/// Why nobody is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthFailure {
    /// Unknown user, no password set, or the wrong one: nobody learns which.
    #[error("wrong user name or password")]
    Credentials,
    /// Too many wrong guesses from there.
    #[error("too many failed logins; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// When the next attempt will be looked at.
        retry_after: Duration,
    },
    /// The credentials are right, the service is switched off for the account.
    #[error("{0} is disabled for this account")]
    ProtocolDisabled(Protocol),
    /// The credentials are right; the mailbox asked for is somebody else's, or is not there.
    #[error("no access to the mailbox asked for")]
    MailboxAccess,
    /// Too many logins at once.
    #[error("too many logins in progress")]
    Busy,
    /// Our own trouble.
    #[error("authentication is not available")]
    Unavailable,
    /// The exchange itself went wrong.
    #[error(transparent)]
    Exchange(#[from] Failure),
}

impl AuthFailure {
    /// True when the same credentials may work later (SMTP 454, IMAP `[UNAVAILABLE]`, POP3
    /// `[SYS/TEMP]`).
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            AuthFailure::Throttled { .. }
                | AuthFailure::Busy
                | AuthFailure::Unavailable
                | AuthFailure::Exchange(Failure::Entropy)
        )
    }
}

/// A verification under way.
pub type Verification<'a> =
    Pin<Box<dyn Future<Output = Result<Principal, AuthFailure>> + Send + 'a>>;

/// Who can say whether an attempt is good. Crate `directory` implements it.
pub trait Authenticator: Send + Sync {
    /// Decides on an attempt, and keeps count of the failed ones.
    fn verify(&self, attempt: Attempt, client: ClientInfo) -> Verification<'_>;

    /// The SCRAM secret of a user; a fake one for who is unknown or has none. At once: an
    /// account store keeps these in memory.
    fn scram_secret(&self, user: &str) -> ScramSecret;

    /// Whether users may log in by this mechanism. SCRAM needs a secret of every user, which who
    /// has passwords checked elsewhere has not; a client that finds SCRAM offered takes nothing
    /// else.
    fn offers(&self, mechanism: Mechanism) -> bool;
}
