//! Why a directory could not be asked.

use std::io;

/// Why another directory gave no answer to go by.
#[derive(Debug, thiserror::Error)]
pub enum LdapError {
    /// The connection.
    #[error("the connection: {0}")]
    Io(#[from] io::Error),
    /// TLS.
    #[error("TLS: {0}")]
    Tls(#[from] net::stream::UpgradeError),
    /// What came is not LDAP, or no answer to what was asked.
    #[error("the answer is no LDAP message that was asked for")]
    Malformed,
    /// A message longer than any that is needed.
    #[error("the answer is too long")]
    Long,
    /// The server says why it does not do it (RFC 4511 appendix A).
    #[error("{what}: result code {code} {diagnostic:?}")]
    Refused {
        /// What it was asked to do.
        what: &'static str,
        /// Its result code.
        code: u32,
        /// What it says besides.
        diagnostic: String,
    },
}
