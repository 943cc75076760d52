//! Why a source on the network gives no mail.

use net::ReachError;
use net::connect::ConnectError;
use net::line::{LineError, LineUpgradeError};
use net::resolve::ResolveError;
use net::stream::UpgradeError;

use super::response::{Malformed, Status};

/// Why a source on the network gives no mail.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// There is no connection.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// Whom to trust.
    #[error(transparent)]
    Roots(#[from] net::tls::RootsError),
    /// TLS could not be had.
    #[error("TLS with the source: {0}")]
    Tls(#[from] LineUpgradeError),
    /// STARTTLS was asked for.
    #[error("the source does not offer STARTTLS")]
    NoStartTls,
    /// LOGINDISABLED, and nothing else that is known here.
    #[error("the source takes no password on this connection: use Security Tls or StartTls")]
    NoLogin,
    /// The connection broke, or was silent too long.
    #[error("the connection to the source was lost: {0}")]
    Lost(#[from] LineError),
    /// The source closed the connection, and says why.
    #[error("the source closed the connection: {0}")]
    Bye(String),
    /// The source does not do it.
    #[error("the source refused {command}: {}", .status.text)]
    Refused {
        /// The command, without its arguments.
        command: &'static str,
        /// The answer.
        status: Status,
    },
    /// What came is no IMAP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl ImapError {
    /// Whether trying again may help. A certificate that is not trusted, a password that is wrong,
    /// stay so.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            ImapError::Reach(error) => is_passing(error),
            ImapError::Lost(_) | ImapError::Bye(_) => true,
            ImapError::Tls(LineUpgradeError::Upgrade(UpgradeError::Handshake(error))) => {
                error.kind() != std::io::ErrorKind::InvalidData
            }
            ImapError::Tls(LineUpgradeError::Upgrade(error)) => {
                matches!(error, UpgradeError::Timeout)
            }
            ImapError::Tls(error) => matches!(error, LineUpgradeError::Line(_)),
            ImapError::Refused { status, .. } => status.is_passing(),
            ImapError::Malformed(_) => true,
            ImapError::Roots(_) | ImapError::NoStartTls | ImapError::NoLogin => false,
        }
    }
}

fn is_passing(error: &ReachError) -> bool {
    match error {
        ReachError::Resolve(error) => !matches!(error, ResolveError::NoSuchName(_)),
        ReachError::Connect(error) => !matches!(error, ConnectError::Denied { .. }),
        ReachError::NoAddress(_) => false,
    }
}
