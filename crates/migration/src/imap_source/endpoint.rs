//! Where a mailbox is on another server, and how to get to it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// TLS from the first octet (RFC 8314 section 3.2).
    Tls,
    /// STARTTLS (RFC 9051 section 6.2.1), and nothing before it.
    StartTls,
    /// In the clear, the password as well.
    None,
}

/// A password of another server. It is kept as it is, for the source wants it so: in the database
/// of the mailboxes, which only the server's user can read, until the request is removed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Of a text.
    pub fn new(text: String) -> Self {
        Secret(text)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A mailbox on another server, by IMAP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImapEndpoint {
    /// A name or an address; the certificate must carry it.
    pub host: String,
    /// Where IMAP is there.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Takes any certificate.
    #[serde(default)]
    pub any_certificate: bool,
    /// Who logs in.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// Takes messages that are marked `\Deleted` as well.
    #[serde(default)]
    pub deleted: bool,
    /// How much is asked for.
    #[serde(default)]
    pub pace: Pace,
}

/// How much is asked of a source, so that it has time for its users. None: as much as it gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Octets a second.
    pub octets: Option<u64>,
    /// Messages a second.
    pub messages: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_password_does_not_print() {
        let shown = format!("{:?}", Secret::new("hunter2".to_owned()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
