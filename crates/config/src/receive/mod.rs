//! Receive connectors: who may connect where, how they prove themselves, and what they may
//! send. Property names, values and defaults are Exchange's.

mod defaults;
mod select;
mod validate;

use types::IpRange;

use crate::kind::words;
use crate::section::section;
use crate::text;
use crate::{Binding, ByteQuantity, TimeSpan, Unlimited};

pub use defaults::{Usage, default_edge_connectors, default_receive_connectors};
pub use select::select;
pub use validate::{ReceiveConnectorFault, validate_all};

words! {
    /// What a connector offers to prove who somebody is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

words! {
    /// Groups of principals with a fixed set of rights.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

words! {
    /// Rights beyond a permission group's, given to everybody (ANONYMOUS LOGON).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

words! {
    /// The service a connector belongs to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum TransportRole {
        /// Front End Transport: what clients and the Internet talk to.
        FrontendTransport,
        /// Transport, and everything on an Edge server.
        HubTransport,
        /// Mailbox Transport Delivery.
        MailboxTransport,
    }
}

words! {
    /// How much of a conversation the protocol log keeps.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ProtocolLoggingLevel {
        /// Nothing.
        None,
        /// Every line, without credentials and message text.
        Verbose,
    }
}

words! {
    /// What MessageRateLimit counts by.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

words! {
    /// How EHLO shows the largest size.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SizeMode {
        /// No SIZE.
        Disabled,
        /// SIZE with the number.
        Enabled,
        /// SIZE alone.
        EnabledWithoutValue,
    }
}

section! {
    /// A Receive connector. Fields without comment are Exchange's property of that name.
    #[serde(rename_all = "PascalCase")]
    pub struct ReceiveConnector {
        /// Unique on the server. An entry of the file replaces the default connector of its name.
        name: String = String::new(),
        /// False: its bindings are not listened on.
        enabled: bool = true,
        /// Which service it belongs to.
        transport_role: TransportRole = TransportRole::FrontendTransport,
        /// Where it listens.
        #[serde(with = "text::list")]
        bindings: Vec<Binding> = Vec::new(),
        /// Clients it is for.
        #[serde(rename = "RemoteIPRanges", with = "text::list")]
        remote_ip_ranges: Vec<IpRange> = vec![IpRange::ALL_V4, IpRange::ALL_V6],
        /// What is offered to prove who somebody is.
        auth_mechanism: Vec<AuthMechanism> = vec![AuthMechanism::Tls],
        /// Who may use it.
        permission_groups: Vec<PermissionGroup> = vec![PermissionGroup::None],
        /// Rights for everybody beyond those of AnonymousUsers; each a right of ANONYMOUS LOGON.
        anonymous_rights: Vec<ExtendedRight> = Vec::new(),
        /// Nothing but STARTTLS before TLS.
        #[serde(rename = "RequireTLS")]
        require_tls: bool = false,
        /// Mutual TLS with partners.
        domain_secure_enabled: bool = false,
        /// Name in banner, EHLO and Received; empty is the server's.
        fqdn: String = String::new(),
        /// The whole greeting, `220 ` included; empty is ours.
        banner: String = String::new(),
        /// Largest message. 64 KB to 2 GB.
        max_message_size: ByteQuantity = ByteQuantity::from_mb(36),
        /// Largest header. 1 KB to 2 GB.
        max_header_size: ByteQuantity = ByteQuantity::from_kb(256),
        /// 1 to 512000.
        max_recipients_per_message: u32 = 200,
        /// Connections at a time.
        max_inbound_connection: Unlimited<u32> = Unlimited::Limited(5000),
        /// Connections at a time from one source. 1 to 10000.
        max_inbound_connection_per_source: Unlimited<u32> = Unlimited::Limited(20),
        /// Share of what is free that one source may take. 1 to 100.
        max_inbound_connection_percentage_per_source: u8 = 2,
        /// Messages per minute and source.
        message_rate_limit: Unlimited<u32> = Unlimited::Unlimited,
        /// What the rate is counted by.
        message_rate_source: MessageRateSource = MessageRateSource::IPAddress,
        /// Longest connection.
        connection_timeout: TimeSpan = TimeSpan::from_mins(10),
        /// Longest silence; shorter than the connection.
        connection_inactivity_timeout: TimeSpan = TimeSpan::from_mins(5),
        /// Errors before the connection is closed.
        max_protocol_errors: Unlimited<u32> = Unlimited::Limited(5),
        /// Failed logons before the connection is closed. 0 to 10.
        max_logon_failures: u8 = 3,
        /// Received lines. 1 to 500.
        max_hop_count: u16 = 30,
        /// Received lines of this very server. 0 to 50.
        max_local_hop_count: u16 = 8,
        /// Delay of refusals to strangers.
        tarpit_interval: TimeSpan = TimeSpan::from_secs(5),
        /// Delay of a failed AUTH.
        auth_tarpit_interval: TimeSpan = TimeSpan::from_secs(5),
        /// EHLO needs a domain.
        #[serde(rename = "RequireEHLODomain")]
        require_ehlo_domain: bool = false,
        /// A line feed without carriage return ends the message with an error.
        bare_linefeed_rejection_enabled: bool = false,
        /// EHLO offers CHUNKING.
        chunking_enabled: bool = true,
        /// EHLO offers BINARYMIME; needs CHUNKING.
        binary_mime_enabled: bool = true,
        /// EHLO offers 8BITMIME.
        eight_bit_mime_enabled: bool = true,
        /// EHLO offers DSN.
        delivery_status_notification_enabled: bool = true,
        /// EHLO offers ENHANCEDSTATUSCODES.
        enhanced_status_codes_enabled: bool = true,
        /// EHLO offers PIPELINING.
        pipelining_enabled: bool = true,
        /// EHLO offers SMTPUTF8.
        smtp_utf8_enabled: bool = true,
        /// How EHLO offers SIZE.
        size_enabled: SizeMode = SizeMode::Enabled,
        /// What the protocol log keeps.
        protocol_logging_level: ProtocolLoggingLevel = ProtocolLoggingLevel::None,
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
