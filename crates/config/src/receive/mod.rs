//! Receive connectors: who may connect where, how they prove themselves, and what they may
//! send. Property names, values and defaults are Exchange's.

mod defaults;
mod select;
mod validate;

use serde::{Deserialize, Serialize};
use types::IpRange;

use crate::text;
use crate::{Binding, ByteQuantity, TimeSpan, Unlimited};

pub use defaults::{Usage, default_edge_connectors, default_receive_connectors};
pub use select::select;
pub use validate::{ReceiveConnectorFault, validate_all};

/// What a connector offers to prove who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AuthMechanism {
    /// Nothing. Stands alone.
    None,
    /// STARTTLS.
    Tls,
    /// NTLM and Kerberos.
    Integrated,
    /// Passwords.
    BasicAuth,
    /// Passwords only inside TLS.
    BasicAuthRequireTLS,
    /// Servers of the organization.
    ExchangeServer,
    /// The network itself vouches for the peer.
    ExternalAuthoritative,
}

/// Groups of principals with a fixed set of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PermissionGroup {
    /// Nobody. Stands alone.
    None,
    /// Who has not proved anything.
    AnonymousUsers,
    /// Users of the organization.
    ExchangeUsers,
    /// Servers of the organization.
    ExchangeServers,
    /// Servers of older versions in the organization.
    ExchangeLegacyServers,
    /// Servers of partner organizations.
    Partners,
}

/// Rights beyond a permission group's, given to everybody (ANONYMOUS LOGON).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExtendedRight {
    /// Recipients in any domain: the connector relays.
    #[serde(rename = "ms-Exch-SMTP-Accept-Any-Recipient")]
    AcceptAnyRecipient,
    /// Senders of our own domains.
    #[serde(rename = "ms-Exch-SMTP-Accept-Authoritative-Domain-Sender")]
    AcceptAuthoritativeDomainSender,
    /// The content filter is passed by.
    #[serde(rename = "ms-Exch-Bypass-Anti-Spam")]
    BypassAntiSpam,
}

/// The service a connector belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransportRole {
    /// Front End Transport: what clients and the Internet talk to.
    FrontendTransport,
    /// Transport, and everything on an Edge server.
    HubTransport,
    /// Mailbox Transport Delivery.
    MailboxTransport,
}

/// How much of a conversation the protocol log keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProtocolLoggingLevel {
    /// Nothing.
    None,
    /// Every line, without credentials and message text.
    Verbose,
}

/// What MessageRateLimit counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MessageRateSource {
    /// Nothing.
    None,
    /// The client's address.
    IPAddress,
    /// The logged-on user.
    User,
    /// Both.
    All,
}

/// How EHLO shows the largest size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SizeMode {
    /// No SIZE.
    Disabled,
    /// SIZE with the number.
    Enabled,
    /// SIZE alone.
    EnabledWithoutValue,
}

/// A Receive connector. Fields without comment are Exchange's property of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct ReceiveConnector {
    /// Unique on the server. An entry of the file replaces the default connector of its name.
    pub name: String,
    /// False: its bindings are not listened on.
    pub enabled: bool,
    /// Which service it belongs to.
    pub transport_role: TransportRole,
    /// Where it listens.
    #[serde(with = "text::list")]
    pub bindings: Vec<Binding>,
    /// Clients it is for.
    #[serde(rename = "RemoteIPRanges", with = "text::list")]
    pub remote_ip_ranges: Vec<IpRange>,
    /// What is offered to prove who somebody is.
    pub auth_mechanism: Vec<AuthMechanism>,
    /// Who may use it.
    pub permission_groups: Vec<PermissionGroup>,
    /// Rights for everybody beyond those of AnonymousUsers; see [`ExtendedRight`].
    pub anonymous_rights: Vec<ExtendedRight>,
    /// Nothing but STARTTLS before TLS.
    #[serde(rename = "RequireTLS")]
    pub require_tls: bool,
    /// Mutual TLS with partners.
    pub domain_secure_enabled: bool,
    /// Name in banner, EHLO and Received; empty is the server's.
    pub fqdn: String,
    /// The whole greeting, `220 ` included; empty is ours.
    pub banner: String,
    /// Largest message. 64 KB to 2 GB.
    pub max_message_size: ByteQuantity,
    /// Largest header. 1 KB to 2 GB.
    pub max_header_size: ByteQuantity,
    /// 1 to 512000.
    pub max_recipients_per_message: u32,
    /// Connections at a time.
    pub max_inbound_connection: Unlimited<u32>,
    /// Connections at a time from one source. 1 to 10000.
    pub max_inbound_connection_per_source: Unlimited<u32>,
    /// Share of what is free that one source may take. 1 to 100.
    pub max_inbound_connection_percentage_per_source: u8,
    /// Messages per minute and source.
    pub message_rate_limit: Unlimited<u32>,
    /// What the rate is counted by.
    pub message_rate_source: MessageRateSource,
    /// Longest connection.
    pub connection_timeout: TimeSpan,
    /// Longest silence; shorter than the connection.
    pub connection_inactivity_timeout: TimeSpan,
    /// Errors before the connection is closed.
    pub max_protocol_errors: Unlimited<u32>,
    /// Failed logons before the connection is closed. 0 to 10.
    pub max_logon_failures: u8,
    /// Received lines. 1 to 500.
    pub max_hop_count: u16,
    /// Received lines of this very server. 0 to 50.
    pub max_local_hop_count: u16,
    /// Delay of refusals to strangers.
    pub tarpit_interval: TimeSpan,
    /// Delay of a failed AUTH.
    pub auth_tarpit_interval: TimeSpan,
    /// EHLO needs a domain.
    #[serde(rename = "RequireEHLODomain")]
    pub require_ehlo_domain: bool,
    /// A line feed without carriage return ends the message with an error.
    pub bare_linefeed_rejection_enabled: bool,
    /// EHLO offers CHUNKING.
    pub chunking_enabled: bool,
    /// EHLO offers BINARYMIME; needs CHUNKING.
    pub binary_mime_enabled: bool,
    /// EHLO offers 8BITMIME.
    pub eight_bit_mime_enabled: bool,
    /// EHLO offers DSN.
    pub delivery_status_notification_enabled: bool,
    /// EHLO offers ENHANCEDSTATUSCODES.
    pub enhanced_status_codes_enabled: bool,
    /// EHLO offers PIPELINING.
    pub pipelining_enabled: bool,
    /// EHLO offers SMTPUTF8.
    pub smtp_utf8_enabled: bool,
    /// How EHLO offers SIZE.
    pub size_enabled: SizeMode,
    /// What the protocol log keeps.
    pub protocol_logging_level: ProtocolLoggingLevel,
}

impl Default for ReceiveConnector {
    /// The general defaults of New-ReceiveConnector, for no usage in particular.
    fn default() -> Self {
        ReceiveConnector {
            name: String::new(),
            enabled: true,
            transport_role: TransportRole::FrontendTransport,
            bindings: Vec::new(),
            remote_ip_ranges: vec![IpRange::ALL_V4, IpRange::ALL_V6],
            auth_mechanism: vec![AuthMechanism::Tls],
            permission_groups: vec![PermissionGroup::None],
            anonymous_rights: Vec::new(),
            require_tls: false,
            domain_secure_enabled: false,
            fqdn: String::new(),
            banner: String::new(),
            max_message_size: ByteQuantity::from_mb(36),
            max_header_size: ByteQuantity::from_kb(256),
            max_recipients_per_message: 200,
            max_inbound_connection: Unlimited::Limited(5000),
            max_inbound_connection_per_source: Unlimited::Limited(20),
            max_inbound_connection_percentage_per_source: 2,
            message_rate_limit: Unlimited::Unlimited,
            message_rate_source: MessageRateSource::IPAddress,
            connection_timeout: TimeSpan::from_mins(10),
            connection_inactivity_timeout: TimeSpan::from_mins(5),
            max_protocol_errors: Unlimited::Limited(5),
            max_logon_failures: 3,
            max_hop_count: 30,
            max_local_hop_count: 8,
            tarpit_interval: TimeSpan::from_secs(5),
            auth_tarpit_interval: TimeSpan::from_secs(5),
            require_ehlo_domain: false,
            bare_linefeed_rejection_enabled: false,
            chunking_enabled: true,
            binary_mime_enabled: true,
            eight_bit_mime_enabled: true,
            delivery_status_notification_enabled: true,
            enhanced_status_codes_enabled: true,
            pipelining_enabled: true,
            smtp_utf8_enabled: true,
            size_enabled: SizeMode::Enabled,
            protocol_logging_level: ProtocolLoggingLevel::None,
        }
    }
}

impl ReceiveConnector {
    /// True when it offers this.
    pub fn offers(&self, mechanism: AuthMechanism) -> bool {
        self.auth_mechanism.contains(&mechanism)
    }

    /// True when this group may use it.
    pub fn permits(&self, group: PermissionGroup) -> bool {
        self.permission_groups.contains(&group)
    }
}
