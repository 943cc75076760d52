//! Servers that batches bring mailboxes from.

use serde::{Deserialize, Serialize};

use crate::error::MigrationError;
use crate::imap_source::{self, ImapEndpoint, Network, Pace, Secret, Security};

/// A server that batches bring mailboxes from (MigrationEndpoint), by IMAP. Who logs in stands in
/// the batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationEndpoint {
    /// Identity; no other endpoint has it, in capitals or not.
    pub name: String,
    /// RemoteServer: a name or an address; the certificate must carry it.
    pub host: String,
    /// Where IMAP is there.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Takes any certificate.
    pub any_certificate: bool,
    /// MaxConcurrentMigrations: mailboxes that are brought from there at a time.
    pub concurrent_max: u32,
}

impl MigrationEndpoint {
    /// A mailbox there.
    pub(crate) fn mailbox(&self, user: String, password: Secret) -> ImapEndpoint {
        ImapEndpoint {
            host: self.host.clone(),
            port: self.port,
            security: self.security,
            any_certificate: self.any_certificate,
            user,
            password,
            deleted: false,
            pace: Pace::default(),
        }
    }

    /// Connects as for a mailbox, and goes as far as one can without a login. Errors: what keeps
    /// mailboxes from coming over.
    pub async fn probe(&self, network: &Network) -> Result<(), MigrationError> {
        let to = self.mailbox(String::new(), Secret::new(String::new()));
        Ok(imap_source::probe(&to, network).await?)
    }

    /// Whether connections go to the same place in the same way.
    pub(crate) fn is_as(&self, other: &MigrationEndpoint) -> bool {
        (&self.host, self.port, self.security, self.any_certificate)
            == (&other.host, other.port, other.security, other.any_certificate)
    }
}
