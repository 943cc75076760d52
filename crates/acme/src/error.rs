//! Why there is no certificate.

use std::io;
use std::path::PathBuf;

/// Why an authority has issued nothing. Each names what to look at.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The authority refuses, or speaks another protocol.
    #[error("the certificate authority: {0}")]
    Authority(#[from] instant_acme::Error),
    /// It asked, and did not find the proof.
    #[error("the certificate authority does not see that {name} is ours: {reason}")]
    NotProven {
        /// Which name.
        name: String,
        /// In its own words.
        reason: String,
    },
    /// It offers other ways to prove control.
    #[error("the certificate authority offers no {challenge} for {name}")]
    NotOffered {
        /// What was to be done.
        challenge: &'static str,
        /// For which name.
        name: String,
    },
    /// A name no certificate can be for.
    #[error("{0} cannot be shown a certificate for: {1}")]
    Name(String, String),
    /// The file with the account.
    #[error("{path}: {source}")]
    Account {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// The program that changes DNS.
    #[error("{program}: {reason}")]
    Program {
        /// Which.
        program: PathBuf,
        /// How it ended.
        reason: String,
    },
    /// The order is not through in time.
    #[error("no certificate in {0} s")]
    Timeout(u64),
}
