//! What a server runs by: what its configuration file says, and what its directory keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ports::Role;
use serde::{Deserialize, Serialize};
pub use types::LoginType;
use types::limits::MESSAGE_OCTETS_CEILING;
use types::{Address, Domain, IpRange, Port};

use crate::acme::Acme;
use crate::address_list::AddressList;
use crate::component_state::{ServerComponent, ServerComponentState};
use crate::email_address_policy::EmailAddressPolicy;
use crate::endpoint::EndpointError;
use crate::kind::{Held, Kind};
use crate::linked_directory::LinkedDirectory;
use crate::log::Log;
use crate::receive::ReceiveConnectorFault;
use crate::section::section;
use crate::send::SendConnectorFault;
use crate::telemetry::Telemetry;
use crate::throttling_policy::ThrottlingPolicy;
use crate::transport_config::TransportConfig;
use crate::transport_service::{TransportService, TransportServiceFault};
use crate::{ByteQuantity, ReceiveConnector, SendConnector, TimeSpan, Unlimited, text};

section! {
    /// The server itself.
    pub struct Settings {
        /// The server's full name: in banners, in EHLO, in Received lines, in its certificate.
        /// Its first label is the server's short name, which default connectors carry.
        server_name: String = "localhost".to_owned(),
        /// What the server is: "mailbox" (client access, transport and mailboxes) or "edge"
        /// (the perimeter network).
        role: Role = Role::Mailbox,
        /// Domains this organization is responsible for. The first is the default domain.
        domains: Vec<String> = Vec::new(),
        /// Where everything is kept that must survive a restart.
        data_directory: PathBuf = PathBuf::from("/var/lib/rialto"),
        /// Addresses that listeners open unless told otherwise.
        addresses: Vec<IpAddr> =
            vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)],
        /// Added to every documented port (taken off above 45535), for servers without
        /// privileges and for several servers on one host.
        port_offset: u16 = 0,
        /// Lifts rate limits, tar pits and connection limits. For benchmarks only.
        unthrottled: bool = false,
        /// Certificates.
        tls: Tls = Tls::default(),
        /// A certificate from a certificate authority.
        acme: Acme = Acme::default(),
        /// Name service.
        resolver: Resolver = Resolver::default(),
        /// Load balancers in front.
        proxy: Proxy = Proxy::default(),
        /// IMAP4 for clients.
        imap4: ClientAccess = ClientAccess::default(),
        /// POP3 for clients.
        pop3: ClientAccess = ClientAccess::default(),
        /// Quotas and retention.
        mailbox_database: MailboxDatabase = MailboxDatabase::default(),
        /// Where users have their mailboxes.
        location: Location = Location::default(),
        /// Limits of the organization.
        #[serde(rename = "TransportConfig")]
        transport_config: TransportConfig = TransportConfig::default(),
        /// Logs, retries, outgoing connections.
        #[serde(rename = "TransportService")]
        transport_service: TransportService = TransportService::default(),
        /// The program's own log.
        log: Log = Log::default(),
        /// Spans for OpenTelemetry.
        telemetry: Telemetry = Telemetry::default(),
        /// Listeners that differ from the documented ones.
        listener: Vec<ListenerOverride> = Vec::new(),
        /// Other servers of the organization: where each is reached, and the file with the
        /// certificate it is trusted by (without a folder: in "trusted" of the data directory).
        server: Vec<OtherServer> = Vec::new(),
        /// Receive connectors beside the default ones, or in place of one with the same name.
        #[serde(rename = "ReceiveConnector")]
        receive_connector: Vec<ReceiveConnector> = Vec::new(),
        /// Send connectors. Without one, no mail leaves the organization.
        #[serde(rename = "SendConnector")]
        send_connector: Vec<SendConnector> = Vec::new(),
        /// States of the server's components.
        #[serde(rename = "ServerComponentState")]
        server_component_state: Vec<ServerComponentState> = Vec::new(),
        /// What one user may ask of the server at a time.
        #[serde(rename = "ThrottlingPolicy")]
        throttling_policy: Vec<ThrottlingPolicy> = Vec::new(),
        /// Other directories that say whether a password is right.
        #[serde(rename = "LinkedDirectory")]
        linked_directory: Vec<LinkedDirectory> = Vec::new(),
        /// E-mail address policies: which addresses recipients get whose addresses follow them.
        #[serde(rename = "EmailAddressPolicy")]
        email_address_policy: Vec<EmailAddressPolicy> = Vec::new(),
        /// Address lists beside the default ones, or in place of one with the same name.
        #[serde(rename = "AddressList")]
        address_list: Vec<AddressList> = Vec::new(),
        /// Global address lists beside the default one.
        #[serde(rename = "GlobalAddressList")]
        global_address_list: Vec<AddressList> = Vec::new(),
    }
}

section! {
    /// Certificates for TLS. Each NAME.crt (chain, PEM) in the directory has its NAME.key.
    pub struct Tls {
        /// The directory; without it, "certificates" in the data directory.
        directory: Option<PathBuf> = None,
        /// Further names of the certificate the server makes for itself.
        names: Vec<String> = Vec::new(),
        /// File with the root certificates (PEM) that a next hop's certificate must lead to
        /// where it must verify: TlsAuthLevel of Send connectors, and messages with REQUIRETLS.
        /// Without it, the system's.
        trusted_roots: Option<PathBuf> = None,
        /// Let a certificate authority of our own sign it, for demonstrations.
        demo_authority: bool = false,
        /// How often to look for changed files.
        reload_interval: TimeSpan = TimeSpan::from_mins(1),
    }
}

section! {
    /// Name service.
    pub struct Resolver {
        /// The only name server to ask, as ADDRESS:PORT; without it, the system's.
        server: Option<SocketAddr> = None,
        /// Mail may be sent to hosts on loopback addresses, as demonstrations need.
        allow_loopback: bool = false,
    }
}

section! {
    /// Load balancers that send a PROXY protocol header, version 1 or 2.
    pub struct Proxy {
        /// Their addresses: single ones, FIRST-LAST, or ADDRESS/PREFIX. Connections from them
        /// without a header are dropped.
        #[serde(with = "text::list")]
        trusted: Vec<IpRange> = Vec::new(),
    }
}

section! {
    /// A service for mail clients. Off until switched on.
    pub struct ClientAccess {
        /// Open its listeners.
        enabled: bool = false,
        /// "SecureLogin" (only inside TLS), "PlainTextAuthentication" (without TLS, but no
        /// password in the clear) or "PlainTextLogin" (a password may be sent in the clear).
        #[serde(with = "text::one")]
        login_type: LoginType = LoginType::SecureLogin,
        /// Connections at a time, over all listeners of the service.
        max_connections: u32 = 2_147_483_647,
        /// Connections at a time from one source, over all listeners of the service.
        max_connections_from_single_ip: u32 = 2_147_483_647,
        /// Connections at a time of one user.
        max_connections_per_user: u32 = 16,
        /// Longest silence of a logged-on client.
        authenticated_connection_timeout: TimeSpan = TimeSpan::from_mins(30),
        /// Longest silence before that.
        pre_authenticated_connection_timeout: TimeSpan = TimeSpan::from_mins(1),
    }
}

section! {
    /// What the mailbox database says for mailboxes of which the directory says nothing else.
    pub struct MailboxDatabase {
        /// From this size on the owner is warned, once a day.
        issue_warning_quota: Unlimited<ByteQuantity> = limited_kb(1_991_680),
        /// From this size on the owner cannot send.
        prohibit_send_quota: Unlimited<ByteQuantity> = limited_kb(2 * GB_IN_KB),
        /// What would make the mailbox larger than this is refused.
        prohibit_send_receive_quota: Unlimited<ByteQuantity> = limited_kb(2_411_520),
        /// Deleted items above this size go before their time, the oldest first.
        recoverable_items_warning_quota: Unlimited<ByteQuantity> = limited_kb(20 * GB_IN_KB),
        /// A deletion that would pass this takes the oldest deleted items along at once.
        recoverable_items_quota: Unlimited<ByteQuantity> = limited_kb(30 * GB_IN_KB),
        /// How long deleted items can be recovered; calendar items at least 120 days.
        deleted_item_retention: TimeSpan = TimeSpan::from_mins(14 * 24 * 60),
        /// How long a mailbox whose owner was removed is kept, disconnected, before it is erased.
        mailbox_retention: TimeSpan = TimeSpan::from_mins(30 * 24 * 60),
        /// Time of day, UTC, from which owners are told of quotas that are reached.
        quota_notification_schedule: TimeSpan = TimeSpan::from_mins(60),
    }
}

const GB_IN_KB: u64 = 1 << 20;

const fn limited_kb(kilobytes: u64) -> Unlimited<ByteQuantity> {
    Unlimited::Limited(ByteQuantity::from_kb(kilobytes))
}

impl MailboxDatabase {
    fn validate(&self) -> Result<(), Invalid> {
        let rise = |limits: &[Unlimited<ByteQuantity>]| {
            limits.iter().filter_map(|limit| limit.limit()).is_sorted()
        };
        let rising =
            rise(&[
                self.issue_warning_quota,
                self.prohibit_send_quota,
                self.prohibit_send_receive_quota,
            ]) && rise(&[self.recoverable_items_warning_quota, self.recoverable_items_quota]);
        if !rising {
            return Err(Invalid::MailboxDatabase("a quota is smaller than a milder one"));
        }
        if self.quota_notification_schedule >= TimeSpan::from_mins(24 * 60) {
            return Err(Invalid::MailboxDatabase("quota_notification_schedule is no time of day"));
        }
        Ok(())
    }
}

section! {
    /// Which server has a user's mailbox, where it is not this one.
    pub struct Location {
        /// Address of the user = name of one of the other servers. Says more than the directory.
        users: BTreeMap<String, String> = BTreeMap::new(),
    }
}

impl Held for ListenerOverride {
    const KIND: Kind = Kind::Section;
}

impl Held for OtherServer {
    const KIND: Kind = Kind::Section;
}

/// How a listener differs from its row. What is left out stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerOverride {
    /// The listener, as `rialto ports` shows it: `P-01`, `C-11`, `C-11+tls`.
    pub row: String,
    /// Open or not.
    pub enabled: Option<bool>,
    /// Where to listen, in place of `addresses`.
    pub addresses: Option<Vec<IpAddr>>,
    /// The port; taken as it is, without offset. 0 takes any free one.
    pub port: Option<u16>,
}

/// Another server of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherServer {
    /// Its full name.
    pub name: String,
    /// Where it is reached.
    pub address: IpAddr,
    /// Its port offset.
    #[serde(default)]
    pub port_offset: u16,
    /// File with the certificate it shows to the servers of the organization (PEM; two while
    /// it changes). It is trusted by this file and nothing else. Without it,
    /// `trusted/NAME.crt` in the data directory; a relative path begins in that folder too.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
}

impl OtherServer {
    /// Its short name in capitals, by which the directory knows it.
    pub fn short_name(&self) -> String {
        short_name(&self.name)
    }

    /// Where this server's listener of a row is, its offset applied.
    pub fn endpoint(&self, listener: &ports::Listener) -> Result<SocketAddr, crate::OffsetError> {
        let port: Port = crate::offset_port(listener.port(), self.port_offset)?;
        Ok(SocketAddr::new(self.address, port.number()))
    }
}

/// Why settings contradict themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A name that is none.
    #[error("{setting}: {value:?} is no domain name")]
    Name {
        /// The key.
        setting: &'static str,
        /// What stands there.
        value: String,
    },
    /// Two servers that the directory could not tell apart.
    #[error("server: another server has the short name of {0}")]
    SameShortName(String),
    /// A list that may not be empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A state of what the server does not have.
    #[error("ServerComponentState {0:?}: there is no such component")]
    NoComponent(String),
    /// Another directory that cannot be asked so.
    #[error("LinkedDirectory {0}: {1}")]
    LinkedDirectory(String, &'static str),
    /// Throttling policies whose scopes contradict each other.
    #[error("ThrottlingPolicy: {0}")]
    ThrottlingPolicy(&'static str),
    /// An address list that is none.
    #[error("address list {0:?}: {1}")]
    AddressList(String, &'static str),
    /// An e-mail address policy that is none.
    #[error("EmailAddressPolicy {0}: {1}")]
    EmailAddressPolicy(String, &'static str),
    /// More than any message may have.
    #[error("MaxReceiveSize: {0} is more than 150 MB")]
    MessageSize(ByteQuantity),
    /// A user's location that cannot be used.
    #[error("location.users: {0}")]
    Location(String),
    /// Quotas or times that make no sense.
    #[error("mailbox_database: {0}")]
    MailboxDatabase(&'static str),
    /// Something that a certificate authority does without.
    #[error("acme: {0}")]
    Acme(&'static str),
    /// A part of the program that cannot be one.
    #[error("log.targets: {0:?} is no part of the program")]
    LogTarget(String),
    /// Spans that cannot be sent so.
    #[error("telemetry.endpoint: {0}")]
    Telemetry(&'static str),
    /// Something is wrong with the listeners.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Something is wrong with a Receive connector.
    #[error(transparent)]
    Receive(#[from] ReceiveConnectorFault),
    /// Something is wrong with a Send connector.
    #[error(transparent)]
    Send(#[from] SendConnectorFault),
    /// Something is wrong with the section of the transport service.
    #[error(transparent)]
    TransportService(#[from] TransportServiceFault),
    /// Another server sends for the connector.
    #[error("{0}: SourceTransportServers without this server is not built")]
    OtherSource(String),
}

impl Settings {
    /// The server's short name in capitals, as Exchange shows it.
    pub fn short_name(&self) -> String {
        short_name(&self.server_name)
    }

    /// The directory with the certificates.
    pub fn certificate_directory(&self) -> PathBuf {
        let default = || self.data_directory.join("certificates");
        self.tls.directory.clone().unwrap_or_else(default)
    }

    /// The other server of that short name.
    pub fn other_server(&self, short_name: &str) -> Option<&OtherServer> {
        self.server.iter().find(|server| server.short_name().eq_ignore_ascii_case(short_name))
    }

    /// The file with the certificate by which another server is trusted.
    pub fn trusted_certificate(&self, server: &OtherServer) -> PathBuf {
        let default = || PathBuf::from(format!("{}.crt", server.name.to_ascii_lowercase()));
        let file = server.certificate.clone().unwrap_or_else(default);
        self.data_directory.join("trusted").join(file)
    }

    /// The other server that has the user's mailbox, if one does.
    pub fn location_of(&self, user: &str) -> Option<&OtherServer> {
        let (_, name) =
            self.location.users.iter().find(|(key, _)| key.eq_ignore_ascii_case(user))?;
        self.server.iter().find(|server| server.name.eq_ignore_ascii_case(name))
    }

    /// Whether the settings agree with themselves and with the ports.
    pub fn validate(&self) -> Result<(), Invalid> {
        check_name("server_name", &self.server_name)?;
        self.domains.iter().try_for_each(|domain| check_name("domains", domain))?;
        self.server.iter().try_for_each(|server| check_name("server", &server.name))?;
        self.check_short_names()?;
        if self.addresses.is_empty() {
            return Err(Invalid::Empty("addresses"));
        }
        let largest = self.transport_config.max_receive_size;
        if largest.bytes() > MESSAGE_OCTETS_CEILING as u64 {
            return Err(Invalid::MessageSize(largest));
        }
        self.location.users.keys().try_for_each(|user| self.check_location(user))?;
        self.mailbox_database.validate()?;
        self.check_acme()?;
        self.log.validate()?;
        self.telemetry.validate()?;
        self.endpoints()?;
        crate::receive::validate_all(&self.receive_connectors()?)?;
        crate::send::validate_all(&self.send_connector)?;
        self.check_sources()?;
        self.check_components()?;
        self.check_throttling_policies()?;
        self.check_linked_directories()?;
        self.check_policies()?;
        self.check_address_lists()?;
        Ok(self.transport_service.validate()?)
    }

    /// An authority issues for domain names, and each of ours has to be proven.
    fn check_acme(&self) -> Result<(), Invalid> {
        if self.acme.enabled {
            self.tls.names.iter().try_for_each(|name| check_provable("tls.names", name))?;
        }
        self.acme.validate()
    }

    fn check_components(&self) -> Result<(), Invalid> {
        let known = |name: &str| {
            ServerComponent::ALL.iter().any(|known| known.name().eq_ignore_ascii_case(name))
        };
        match self.server_component_state.iter().find(|stored| !known(&stored.name)) {
            Some(stored) => Err(Invalid::NoComponent(stored.name.clone())),
            None => Ok(()),
        }
    }

    fn check_sources(&self) -> Result<(), Invalid> {
        match self.send_connector.iter().find(|connector| !self.is_source_of(connector)) {
            Some(connector) => Err(Invalid::OtherSource(connector.name.clone())),
            None => Ok(()),
        }
    }

    /// The directory tells servers apart by their short names.
    fn check_short_names(&self) -> Result<(), Invalid> {
        let mut seen = BTreeSet::from([self.short_name()]);
        match self.server.iter().find(|server| !seen.insert(server.short_name())) {
            Some(server) => Err(Invalid::SameShortName(server.name.clone())),
            None => Ok(()),
        }
    }

    fn check_location(&self, user: &str) -> Result<(), Invalid> {
        if user.parse::<Address>().is_err() {
            return Err(Invalid::Location(format!("{user:?} is no address")));
        }
        match self.location_of(user) {
            Some(_) => Ok(()),
            None => Err(Invalid::Location(format!("{user} is on no known server"))),
        }
    }
}

/// The first label of a server's name in capitals, as Exchange shows it.
fn short_name(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_ascii_uppercase()
}

fn check_name(setting: &'static str, value: &str) -> Result<(), Invalid> {
    match Domain::parse(value) {
        Ok(domain) if !domain.is_literal() => Ok(()),
        _ => Err(Invalid::Name { setting, value: value.to_owned() }),
    }
}

/// An address passes for a name by its letters, and is none.
fn check_provable(setting: &'static str, value: &str) -> Result<(), Invalid> {
    match value.parse::<IpAddr>() {
        Ok(_) => Err(Invalid::Name { setting, value: value.to_owned() }),
        Err(_) => check_name(setting, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_a_largest_size_that_can_be_set() {
        let of = |octets: usize| {
            let max_receive_size = ByteQuantity::from_bytes(octets as u64);
            let transport_config =
                TransportConfig { max_receive_size, ..TransportConfig::default() };
            Settings { transport_config, ..Settings::default() }.validate()
        };
        assert_eq!(of(MESSAGE_OCTETS_CEILING), Ok(()));
        assert!(matches!(of(MESSAGE_OCTETS_CEILING + 1), Err(Invalid::MessageSize(_))));
    }
}
