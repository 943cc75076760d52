//! What one Receive connector allows, with Exchange's defaults.

use std::time::Duration;

use types::Domain;
use types::limits::{HEADER_OCTETS_MAX, MESSAGE_OCTETS_MAX, RECEIVED_FIELDS_MAX};

use super::permission::{AuthMechanisms, PermissionGroups, Rights};

/// A Receive connector as the session sees it. Which peers reach which connector, how many at
/// a time and how often, is decided before a session exists.
#[derive(Clone, Debug)]
pub struct ConnectorPolicy {
    /// `Default Frontend <Server>`.
    pub name: String,
    /// Name in banner, EHLO reply and Received fields.
    pub fqdn: String,
    /// Text of the banner behind `220 `, instead of Exchange's.
    pub banner: Option<String>,
    /// Completes the bare `Postmaster`.
    pub default_domain: Domain,
    /// SMTP, or LMTP for the delivery hop.
    pub protocol: Protocol,
    /// AuthMechanism.
    pub auth: AuthMechanisms,
    /// SASL mechanisms that the account store supports, strongest first.
    pub sasl: Vec<String>,
    /// PermissionGroups.
    pub permission_groups: PermissionGroups,
    /// Extended rights of ANONYMOUS LOGON on this connector (application relays).
    pub anonymous_rights: Rights,
    /// RequireTLS: nothing but EHLO and STARTTLS before TLS.
    pub require_tls: bool,
    /// RequireEHLODomain: an EHLO without a name is refused.
    pub require_ehlo_domain: bool,
    /// What strangers may do with bare CR and LF. Who logged in is always normalized.
    pub bare_newlines: BareNewlines,
    /// What the EHLO reply offers.
    pub extensions: Extensions,
    /// Numbers and times.
    pub limits: ConnectorLimits,
    /// ProtocolLoggingLevel Verbose: the session makes entries for the protocol log.
    pub protocol_logging: bool,
    /// Lifts tarpits, and rates where the backend keeps them: benchmarks and tests.
    pub unthrottled: bool,
}

/// Which of the two protocols a connector speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: LHLO, and one reply per recipient at the end.
    Lmtp,
}

/// What happens to content with CR or LF standing alone. BINARYMIME is kept as it is always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareNewlines {
    /// The message is refused with 550 5.6.11.
    Reject,
    /// Each becomes CRLF; only for peers we know, whose scripts send bare LF.
    Normalize,
}

/// Keywords a connector offers.
#[derive(Clone, Copy, Debug)]
pub struct Extensions {
    /// SizeEnabled.
    pub size: SizeEnabled,
    /// PipeliningEnabled.
    pub pipelining: bool,
    /// DeliveryStatusNotificationEnabled.
    pub dsn: bool,
    /// EnhancedStatusCodesEnabled.
    pub enhanced_status_codes: bool,
    /// EightBitMimeEnabled.
    pub eight_bit_mime: bool,
    /// BinaryMimeEnabled; needs chunking.
    pub binary_mime: bool,
    /// ChunkingEnabled.
    pub chunking: bool,
    /// SmtpUtf8Enabled.
    pub smtp_utf8: bool,
    /// REQUIRETLS, offered inside TLS.
    pub require_tls: bool,
    /// LIMITS.
    pub limits: bool,
}

impl Default for Extensions {
    fn default() -> Self {
        Extensions {
            size: SizeEnabled::Enabled,
            pipelining: true,
            dsn: true,
            enhanced_status_codes: true,
            eight_bit_mime: true,
            binary_mime: true,
            chunking: true,
            smtp_utf8: true,
            require_tls: true,
            limits: true,
        }
    }
}

/// How SIZE is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeEnabled {
    /// With the limit.
    Enabled,
    /// Bare.
    EnabledWithoutValue,
    /// Not at all.
    Disabled,
}

/// Numbers and times of a connector; the defaults are those of a new Receive connector.
#[derive(Clone, Copy, Debug)]
pub struct ConnectorLimits {
    /// MaxMessageSize.
    pub message_octets_max: u64,
    /// MaxHeaderSize.
    pub header_octets_max: usize,
    /// MaxRecipientsPerMessage.
    pub recipients_max: usize,
    /// MaxProtocolErrors: so many are answered, the next one ends the connection.
    pub protocol_errors_max: u32,
    /// MaxLogonFailures: the last of them ends the connection.
    pub logon_failures_max: u32,
    /// MaxHopCount for peers that logged in.
    pub hops_max: usize,
    /// Hops for strangers, where RFC 5321 asks for at least 100.
    pub stranger_hops_max: usize,
    /// ConnectionTimeout: the whole connection, busy or not.
    pub connection_timeout: Duration,
    /// ConnectionInactivityTimeout.
    pub inactivity_timeout: Duration,
    /// TarpitInterval: delay of refusals to strangers.
    pub tarpit: Duration,
    /// AuthTarpitInterval: delay of failed AUTH.
    pub auth_tarpit: Duration,
    /// MessageRateLimit per minute. Kept here for the backend, which sees all connections.
    pub messages_per_minute_max: Option<u32>,
}

impl Default for ConnectorLimits {
    fn default() -> Self {
        ConnectorLimits {
            message_octets_max: MESSAGE_OCTETS_MAX as u64,
            header_octets_max: HEADER_OCTETS_MAX,
            recipients_max: 200,
            protocol_errors_max: 5,
            logon_failures_max: 3,
            hops_max: 30,
            stranger_hops_max: RECEIVED_FIELDS_MAX,
            connection_timeout: Duration::from_secs(10 * 60),
            inactivity_timeout: Duration::from_secs(5 * 60),
            tarpit: Duration::from_secs(5),
            auth_tarpit: Duration::from_secs(5),
            messages_per_minute_max: None,
        }
    }
}

/// AuthMechanism of the connectors that users and strangers reach.
const CLIENT_AUTH: AuthMechanisms = AuthMechanisms::TLS
    .with(AuthMechanisms::BASIC_AUTH)
    .with(AuthMechanisms::BASIC_AUTH_REQUIRE_TLS)
    .with(AuthMechanisms::INTEGRATED);

impl ConnectorPolicy {
    /// A connector that lets nobody in yet: `New-ReceiveConnector -Usage Custom`.
    pub fn custom(name: &str, fqdn: &str, default_domain: Domain) -> Self {
        ConnectorPolicy {
            name: name.to_owned(),
            fqdn: fqdn.to_owned(),
            banner: None,
            default_domain,
            protocol: Protocol::Smtp,
            auth: AuthMechanisms::TLS,
            sasl: Vec::new(),
            permission_groups: PermissionGroups::NONE,
            anonymous_rights: Rights::NONE,
            require_tls: false,
            require_ehlo_domain: false,
            bare_newlines: BareNewlines::Reject,
            extensions: Extensions::default(),
            limits: ConnectorLimits::default(),
            protocol_logging: false,
            unthrottled: false,
        }
    }

    /// `Default Frontend <Server>`: mail from other servers.
    pub fn default_frontend(server: &str, fqdn: &str, default_domain: Domain) -> Self {
        ConnectorPolicy {
            auth: CLIENT_AUTH | AuthMechanisms::EXCHANGE_SERVER,
            sasl: default_sasl(),
            permission_groups: PermissionGroups::ANONYMOUS_USERS
                | PermissionGroups::EXCHANGE_LEGACY_SERVERS
                | PermissionGroups::EXCHANGE_SERVERS,
            ..Self::custom(&format!("Default Frontend {server}"), fqdn, default_domain)
        }
    }

    /// `Client Frontend <Server>`: submission by users who log in.
    pub fn client_frontend(server: &str, fqdn: &str, default_domain: Domain) -> Self {
        let limits =
            ConnectorLimits { messages_per_minute_max: Some(5), ..ConnectorLimits::default() };
        ConnectorPolicy {
            auth: CLIENT_AUTH,
            sasl: default_sasl(),
            permission_groups: PermissionGroups::EXCHANGE_USERS,
            limits,
            ..Self::custom(&format!("Client Frontend {server}"), fqdn, default_domain)
        }
    }
}

/// What an account store with stored keys supports.
fn default_sasl() -> Vec<String> {
    ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"].map(str::to_owned).to_vec()
}
