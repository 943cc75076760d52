//! Send connectors: which mail leaves where, and how. Property names, values and defaults are
//! Exchange's.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use types::address_space::Space;
use types::{AddressSpace, Domain, DomainPattern, Port};

use crate::kind::{Held, Kind, words};
use crate::receive::ProtocolLoggingLevel;
use crate::section::section;
use crate::text;
use crate::{ByteQuantity, TimeSpan, Unlimited};

/// Why a text is no value of a Send connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendValueError {
    /// No smart host.
    #[error("a smart host is a domain name or an address in brackets, such as [192.0.2.1]")]
    SmartHost,
}

/// A host to hand mail to: a name, or an address in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SmartHost {
    /// Resolved by A and AAAA records, not by MX.
    Name(Domain),
    /// `[192.0.2.1]`.
    Address(IpAddr),
}

impl fmt::Display for SmartHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SmartHost::Name(name) => name.fmt(f),
            SmartHost::Address(address) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for SmartHost {
    type Err = SendValueError;

    fn from_str(text: &str) -> Result<Self, SendValueError> {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(SmartHost::Address(address));
        }
        let name = Domain::parse(text).map_err(|_| SendValueError::SmartHost)?;
        Ok(SmartHost::Name(name))
    }
}

impl Held for AddressSpace {
    const KIND: Kind = Kind::Text;
}

impl Held for SmartHost {
    const KIND: Kind = Kind::Text;
}

words! {
    /// How we prove ourselves to a smart host.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SmartHostAuthMechanism {
        /// Not at all.
        None,
        /// By password.
        BasicAuth,
        /// By password, inside TLS only.
        BasicAuthRequireTLS,
        /// As a server of the organization.
        ExchangeServer,
        /// The network vouches for us.
        ExternalAuthoritative,
    }
}

words! {
    /// What the server's certificate must prove when RequireTLS is set.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum TlsAuthLevel {
        /// Nothing: encryption is enough.
        EncryptionOnly,
        /// A trusted root vouches for it.
        CertificateValidation,
        /// And it carries TlsDomain, or the name of the smart host.
        DomainValidation,
    }
}

section! {
    /// A Send connector. Fields without comment are Exchange's property of that name.
    #[serde(rename_all = "PascalCase")]
    pub struct SendConnector {
        /// Unique in the organization.
        name: String = String::new(),
        /// False: not chosen for new mail.
        enabled: bool = true,
        /// What it takes.
        #[serde(with = "text::list")]
        address_spaces: Vec<AddressSpace> = Vec::new(),
        /// By MX records; false needs SmartHosts.
        #[serde(rename = "DNSRoutingEnabled")]
        dns_routing_enabled: bool = true,
        /// Where mail goes instead of where MX records say.
        #[serde(with = "text::list")]
        smart_hosts: Vec<SmartHost> = Vec::new(),
        /// The port of the next hop.
        #[serde(with = "port_number")]
        port: Port = ports::listeners::DEFAULT_FRONTEND.port(),
        /// Servers that send; empty is this one. Several share the load.
        source_transport_servers: Vec<String> = Vec::new(),
        /// The source address; Edge only.
        #[serde(rename = "SourceIPAddress")]
        source_ip_address: Option<IpAddr> = None,
        /// Larger messages take another connector or come back.
        max_message_size: Unlimited<ByteQuantity> = Unlimited::Limited(ByteQuantity::from_mb(35)),
        /// Longest silence of the next hop.
        connection_inactivity_time_out: TimeSpan = TimeSpan::from_mins(10),
        /// Messages of one connection.
        smtp_max_messages_per_connection: u32 = 20,
        /// Name in EHLO; empty is the server's.
        fqdn: String = String::new(),
        /// HELO instead of EHLO.
        #[serde(rename = "ForceHELO")]
        force_helo: bool = false,
        /// No STARTTLS even where it is offered.
        #[serde(rename = "IgnoreSTARTTLS")]
        ignore_starttls: bool = false,
        /// No mail without TLS.
        #[serde(rename = "RequireTLS")]
        require_tls: bool = false,
        /// What the certificate must prove; only with RequireTLS.
        tls_auth_level: Option<TlsAuthLevel> = None,
        /// The name it must carry; only with DomainValidation.
        #[serde(with = "optional_text")]
        tls_domain: Option<Domain> = None,
        /// Mutual TLS with partners.
        domain_secure_enabled: bool = false,
        /// How we prove ourselves to a smart host.
        smart_host_auth_mechanism: SmartHostAuthMechanism = SmartHostAuthMechanism::None,
        /// User name for BasicAuth.
        authentication_user_name: String = String::new(),
        /// File with the password for BasicAuth, so that it is not in this one.
        authentication_password_file: Option<PathBuf> = None,
        /// What the protocol log keeps.
        protocol_logging_level: ProtocolLoggingLevel = ProtocolLoggingLevel::None,
    }
}

/// Why a connector is refused. All faults are the administrator's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendConnectorFault {
    /// It has no name.
    #[error("a Send connector needs a name")]
    NoName,
    /// It takes nothing.
    #[error("{0}: AddressSpaces is empty")]
    NoAddressSpaces(String),
    /// Two connectors of one name.
    #[error("two Send connectors are named {0}")]
    DuplicateName(String),
    /// A value that another value needs, or excludes.
    #[error("{connector}: {rule}")]
    Rule {
        /// The connector.
        connector: String,
        /// What is broken.
        rule: &'static str,
    },
}

use SendConnectorFault::{DuplicateName, NoAddressSpaces, NoName, Rule};

impl SendConnector {
    /// Whether the connector agrees with itself.
    pub fn validate(&self) -> Result<(), SendConnectorFault> {
        if self.name.is_empty() {
            return Err(NoName);
        }
        if self.address_spaces.is_empty() {
            return Err(NoAddressSpaces(self.name.clone()));
        }
        let broken = self.rules().into_iter().find(|(kept, _)| !kept);
        match broken {
            Some((_, rule)) => Err(Rule { connector: self.name.clone(), rule }),
            None => Ok(()),
        }
    }

    /// Each rule and whether it is kept; those about what is not built come last.
    fn rules(&self) -> [(bool, &'static str); 18] {
        use SmartHostAuthMechanism::{BasicAuth, BasicAuthRequireTLS, ExchangeServer, None};
        let (dns, hosts) = (self.dns_routing_enabled, !self.smart_hosts.is_empty());
        let smtp = self.address_spaces.iter().all(AddressSpace::is_smtp);
        let wildcard = self.address_spaces.iter().any(AddressSpace::has_wildcard);
        let own = self.address_spaces.iter().any(is_organization);
        let (secure, require) = (self.domain_secure_enabled, self.require_tls);
        let by_domain = self.tls_auth_level == Some(TlsAuthLevel::DomainValidation);
        let mechanism = self.smart_host_auth_mechanism;
        let password = matches!(mechanism, BasicAuth | BasicAuthRequireTLS);
        let credential = !self.authentication_user_name.is_empty()
            && self.authentication_password_file.is_some();
        [
            (dns != hosts, "either DNSRoutingEnabled or SmartHosts"),
            (smtp || !dns, "an address space of another type than SMTP needs SmartHosts"),
            (!(require && self.ignore_starttls), "RequireTLS excludes IgnoreSTARTTLS"),
            (self.tls_auth_level.is_none() || require, "TlsAuthLevel needs RequireTLS"),
            (self.tls_domain.is_none() || by_domain, "TlsDomain needs DomainValidation"),
            (!by_domain || self.tls_domain.is_some() || hosts, "DomainValidation needs TlsDomain"),
            (!secure || dns, "DomainSecureEnabled needs DNSRoutingEnabled"),
            (!secure || !self.ignore_starttls, "DomainSecureEnabled excludes IgnoreSTARTTLS"),
            (!secure || !wildcard, "DomainSecureEnabled excludes wildcards in AddressSpaces"),
            (
                (mechanism == None || hosts) && (!password || credential),
                "SmartHostAuthMechanism needs SmartHosts, and a user name and password file \
                 for BasicAuth",
            ),
            (!self.force_helo || !require, "ForceHELO excludes RequireTLS"),
            (!self.force_helo || !password, "ForceHELO excludes a SmartHostAuthMechanism"),
            (
                self.smtp_max_messages_per_connection > 0,
                "SmtpMaxMessagesPerConnection is at least 1",
            ),
            (
                self.connection_inactivity_time_out.secs() > 0,
                "ConnectionInactivityTimeOut is at least a second",
            ),
            (!secure, "DomainSecureEnabled is not built"),
            (mechanism != ExchangeServer, "SmartHostAuthMechanism ExchangeServer is not built"),
            (smtp, "an address space of another type than SMTP is not built"),
            (!own, "the address space -- (all domains of the organization) is not built"),
        ]
    }
}

/// `SMTP:--`, with which an Edge server sends to all domains of the organization.
fn is_organization(space: &AddressSpace) -> bool {
    space.space == Space::Smtp(DomainPattern::Organization)
}

/// Whether each connector agrees with itself, and no two have one name.
pub fn validate_all(connectors: &[SendConnector]) -> Result<(), SendConnectorFault> {
    for (at, connector) in connectors.iter().enumerate() {
        connector.validate()?;
        if connectors[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&connector.name)) {
            return Err(DuplicateName(connector.name.clone()));
        }
    }
    Ok(())
}

/// A port as a number.
pub(crate) mod port_number {
    use super::{Deserialize, Port, Serialize};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(port: &Port, to: S) -> Result<S::Ok, S::Error> {
        port.number().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Port, D::Error> {
        u16::deserialize(from).map(Port::new)
    }
}

/// A domain, or nothing.
mod optional_text {
    use super::{Deserialize, Domain, Serialize};
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        domain: &Option<Domain>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        domain.as_ref().map(Domain::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Domain>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| Domain::parse(&text).map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> SendConnector {
        toml::from_str(text).unwrap()
    }

    fn fault(text: &str) -> String {
        let base = "Name = \"Out\"\nAddressSpaces = [\"SMTP:a.test;1\"]\n";
        let found = parse(&format!("{base}{text}")).validate();
        found.err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn smart_hosts() {
        for (text, shown) in [
            ("relay.contoso.com", "relay.contoso.com"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("192.0.2.1", "[192.0.2.1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("a b", ""),
            ("", ""),
        ] {
            let found = text.parse::<SmartHost>();
            assert_eq!(found.map(|host| host.to_string()).unwrap_or_default(), shown, "{text}");
        }
    }

    #[test]
    fn rules_between_properties() {
        let host = "DNSRoutingEnabled = false\nSmartHosts = [\"[192.0.2.1]\"]\n";
        for (text, expected) in [
            ("", ""),
            (host, ""),
            ("DNSRoutingEnabled = false", "either DNSRoutingEnabled or SmartHosts"),
            ("SmartHosts = [\"relay.test\"]", "either DNSRoutingEnabled or SmartHosts"),
            ("RequireTLS = true\nIgnoreSTARTTLS = true", "RequireTLS excludes IgnoreSTARTTLS"),
            ("TlsAuthLevel = \"EncryptionOnly\"", "TlsAuthLevel needs RequireTLS"),
            ("RequireTLS = true\nTlsAuthLevel = \"CertificateValidation\"", ""),
            ("RequireTLS = true\nTlsDomain = \"a.test\"", "TlsDomain needs DomainValidation"),
            (
                "RequireTLS = true\nTlsAuthLevel = \"DomainValidation\"",
                "DomainValidation needs TlsDomain",
            ),
            ("RequireTLS = true\nTlsAuthLevel = \"DomainValidation\"\nTlsDomain = \"a.test\"", ""),
            (
                "DomainSecureEnabled = true\nIgnoreSTARTTLS = true",
                "DomainSecureEnabled excludes IgnoreSTARTTLS",
            ),
        ] {
            let expected = match expected {
                "" => String::new(),
                rule => format!("Out: {rule}"),
            };
            assert_eq!(fault(text), expected, "{text}");
        }
        let secure = format!("{host}DomainSecureEnabled = true");
        assert_eq!(fault(&secure), "Out: DomainSecureEnabled needs DNSRoutingEnabled");
        let login = format!("{host}SmartHostAuthMechanism = \"BasicAuth\"\n");
        assert!(fault(&login).contains("password file"));
        let complete = "AuthenticationUserName = \"u\"\nAuthenticationPasswordFile = \"/p\"";
        assert_eq!(fault(&format!("{login}{complete}")), "");
    }

    #[test]
    fn spaces_and_names_of_several_connectors() {
        let fax = parse("Name = \"Fax\"\nAddressSpaces = [\"FAX:*;1\"]");
        assert!(fax.validate().unwrap_err().to_string().contains("SmartHosts"));
        let own = parse("Name = \"Edge\"\nAddressSpaces = [\"*\", \"SMTP:--;1\"]");
        assert_eq!(
            own.validate().unwrap_err().to_string(),
            "Edge: the address space -- (all domains of the organization) is not built"
        );
        let wild = parse("Name = \"W\"\nAddressSpaces = [\"*\"]\nDomainSecureEnabled = true");
        assert!(wild.validate().unwrap_err().to_string().contains("wildcards"));
        let good = parse("Name = \"Out\"\nAddressSpaces = [\"*\"]");
        let again = SendConnector { name: "OUT".to_owned(), ..good.clone() };
        assert_eq!(validate_all(&[good, again]), Err(DuplicateName("OUT".to_owned())));
    }
}
