//! Send connectors, as far as the pipeline needs them: which domains they take, how large,
//! and whether they deliver by DNS or to smart hosts. Ports, TLS and logins are the business
//! of who opens the connection; crate `config` has the form in the file.

use types::AddressSpace;

/// Identity of a connector; the third part of a [`NextHopSolutionKey`](crate::NextHopSolutionKey).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectorGuid(pub [u8; 16]);

/// A Send connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendConnector {
    /// Never changes.
    pub guid: ConnectorGuid,
    /// Unique; breaks ties between equal address spaces.
    pub name: String,
    /// Off: not chosen for new mail.
    pub enabled: bool,
    /// The domains it takes.
    pub address_spaces: Vec<AddressSpace>,
    /// Where to send; empty means by the recipient domain's MX records (DNSRoutingEnabled).
    pub smart_hosts: Vec<String>,
    /// MaxMessageSize; none is unlimited.
    pub max_message_octets: Option<u64>,
    /// SmtpMaxMessagesPerConnection.
    pub messages_per_connection: usize,
}
