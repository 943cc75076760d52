//! Every property of a Send connector changes how mail leaves, or is refused.

use std::collections::BTreeSet;

use config::{SendConnector, Settings};

use crate::next_hop::{NextHop, Script};
use crate::site::{ALICE, Site, Trust, by_mx, own_address, until, zone};

const HOST: &str = "mx.there.test";
const SMART_HOST: &str = "DNSRoutingEnabled = false\nSmartHosts = [\"mx.there.test\"]\n";
const VALIDATION: &str = "RequireTLS = true\nTlsAuthLevel = \"CertificateValidation\"";

/// Whose certificate the host has.
#[derive(Clone, Copy, Debug)]
enum Certificate {
    None,
    Trusted,
    Strange,
}
use Certificate::{None, Strange, Trusted};

/// A host and a server that sends to it by a connector with these properties.
struct World {
    here: Site,
    hop: NextHop,
}

impl World {
    async fn new(certificate: Certificate, script: Script, properties: &str) -> Self {
        let (trust, strangers, address) = (Trust::new(), Trust::new(), own_address());
        let certificates = match certificate {
            None => Option::None,
            Trusted => Some(trust.certificates(HOST)),
            Strange => Some(strangers.certificates(HOST)),
        };
        let hop = NextHop::start(address, Script { certificates, ..script });
        let here = Site::sender(zone(&[(HOST, address)]), &trust, &by_mx(properties)).await;
        here.send("hush").await;
        World { here, hop }
    }

    async fn stop(self) {
        self.here.server.stop().await;
        self.hop.stop().await;
    }
}

#[tokio::test]
async fn what_a_connector_says_is_what_the_host_hears() {
    let other_name = "RequireTLS = true\nTlsAuthLevel = \"DomainValidation\"\n\
        TlsDomain = \"mx.there.test\"";
    for (certificate, properties, heard, not_heard) in [
        (Trusted, "", "[tls]", "HELO"),
        (Trusted, "", "EHLO mbx.example.test", "HELO"),
        (None, "", "Subject: hush", "STARTTLS"),
        (Strange, "", "[tls]", "HELO"),
        (Trusted, "Fqdn = \"out.test\"", "EHLO out.test", "EHLO mbx"),
        (Trusted, "ForceHELO = true", "HELO mbx.example.test", "EHLO"),
        (Trusted, "IgnoreSTARTTLS = true", "Subject: hush", "STARTTLS"),
        (Trusted, "SourceIPAddress = \"127.3.2.1\"", "[from 127.3.2.1]", "[from 127.0.0.1]"),
        (Strange, "RequireTLS = true", "[tls]", "HELO"),
        (Strange, "RequireTLS = true\nTlsAuthLevel = \"EncryptionOnly\"", "[tls]", "HELO"),
        (Trusted, VALIDATION, "[tls]", "HELO"),
        (Trusted, other_name, "[tls]", "HELO"),
        (Trusted, SMART_HOST, "Subject: hush", "AUTH"),
    ] {
        let world = World::new(certificate, Script::PLAIN, properties).await;
        let hop = &world.hop;
        until(properties, || hop.heard_any("QUIT")).await;
        let lines = hop.heard();
        assert!(hop.heard_any("Subject: hush"), "{properties}: {lines:?}");
        assert!(hop.heard_any(heard), "{properties}: {lines:?}");
        assert!(!hop.heard_any(not_heard), "{properties}: {lines:?}");
        world.stop().await;
    }
}

#[tokio::test]
async fn mail_waits_where_the_host_is_not_what_the_connector_asks_for() {
    const SILENT: Script = Script { answers: &[("MAIL", Option::None)], ..Script::PLAIN };
    let other_name =
        "RequireTLS = true\nTlsAuthLevel = \"DomainValidation\"\nTlsDomain = \"other.test\"";
    let login = format!(
        "{SMART_HOST}SmartHostAuthMechanism = \"BasicAuthRequireTLS\"\n\
         AuthenticationUserName = \"us\"\nAuthenticationPasswordFile = \"/dev/null\""
    );
    for (certificate, script, properties, status, text) in [
        (None, Script::PLAIN, "RequireTLS = true", "4.7.5", "does not offer TLS"),
        (Strange, Script::PLAIN, VALIDATION, "4.7.5", "handshake failed"),
        (Trusted, Script::PLAIN, other_name, "4.7.5", "handshake failed"),
        (None, Script::PLAIN, &*login, "4.7.0", "no usable authentication"),
        (
            None,
            SILENT,
            "ConnectionInactivityTimeOut = \"00:00:01\"",
            "4.4.1",
            "timed out during MAIL",
        ),
    ] {
        let world = World::new(certificate, script, properties).await;
        let reply = world.here.waits_because("hush").await;
        assert_eq!(reply.status.to_string(), status, "{properties}: {reply}");
        assert!(reply.text.contains(text), "{properties}: {reply}");
        for secret in ["AUTH", "DATA"] {
            assert!(!world.hop.heard_any(secret), "{properties}: {:?}", world.hop.heard());
        }
        world.stop().await;
    }
}

#[tokio::test]
async fn what_no_connector_takes_comes_back() {
    for (properties, status) in
        [("MaxMessageSize = \"10 B\"", "5.3.4"), ("Enabled = false", "5.4.4")]
    {
        let world = World::new(None, Script::PLAIN, properties).await;
        let report = world.here.received(ALICE, "Undeliverable: hush").await;
        assert!(report.contains(&format!("\r\nStatus: {status}\r\n")), "{properties}: {report}");
        assert_eq!(world.hop.heard(), [""; 0], "{properties}");
        world.stop().await;
    }
}

#[tokio::test]
async fn a_connection_carries_as_many_messages_as_the_connector_says() {
    for (properties, connections) in [("", 1), ("SmtpMaxMessagesPerConnection = 1", 2)] {
        let (trust, address) = (Trust::new(), own_address());
        let one_connection = "[TransportService]\nMaxPerDomainOutboundConnections = 1\n";
        let settings = format!("{}{one_connection}", by_mx(properties));
        let here = Site::sender(zone(&[(HOST, address)]), &trust, &settings).await;
        // They gather while nobody listens.
        here.send("1").await;
        here.waits_because("1").await;
        here.send("2").await;
        let hop = NextHop::start(address, Script::PLAIN);
        here.server.transport().retry_queue(here.queue().await.number).await.unwrap();
        let count = |text: &str| hop.heard().iter().filter(|line| line.starts_with(text)).count();
        until("two messages", || count("Subject: ") == 2 && count("QUIT") == connections).await;
        assert_eq!(count("[from "), connections, "{:?}", hop.heard());
        here.server.stop().await;
        hop.stop().await;
    }
}

#[test]
fn what_is_not_built_is_refused() {
    for (properties, rule) in [
        ("AddressSpaces = [\"a.test\"]\nDomainSecureEnabled = true", "DomainSecureEnabled is not"),
        (
            "AddressSpaces = [\"a.test\"]\nSourceTransportServers = [\"B\"]",
            "SourceTransportServers",
        ),
        ("AddressSpaces = [\"--\"]", "address space --"),
    ] {
        let text = format!("[[SendConnector]]\nName = \"Out\"\n{properties}\n");
        let settings: Settings = toml::from_str(&text).unwrap();
        let fault = settings.validate().unwrap_err().to_string();
        assert!(fault.contains(rule), "{properties}: {fault}");
    }
}

#[test]
fn no_property_is_forgotten() {
    let shown = [
        // logs.rs
        "Name",
        "ProtocolLoggingLevel",
        "SmartHostAuthMechanism",
        "AuthenticationUserName",
        "AuthenticationPasswordFile",
        // Every test here leaves by them.
        "AddressSpaces",
        "Port",
        "Enabled",
        "DNSRoutingEnabled",
        "SmartHosts",
        "SourceTransportServers",
        "SourceIPAddress",
        "MaxMessageSize",
        "ConnectionInactivityTimeOut",
        "SmtpMaxMessagesPerConnection",
        "Fqdn",
        "ForceHELO",
        "IgnoreSTARTTLS",
        "RequireTLS",
        "TlsAuthLevel",
        "TlsDomain",
        "DomainSecureEnabled",
    ];
    // What has no value is not in a table.
    let connector = SendConnector {
        source_ip_address: Some([127, 0, 0, 1].into()),
        tls_auth_level: Some(config::send::TlsAuthLevel::EncryptionOnly),
        tls_domain: types::Domain::parse("a.test").ok(),
        authentication_password_file: Some("/dev/null".into()),
        ..SendConnector::default()
    };
    let all = toml::Table::try_from(connector).unwrap();
    let all: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(all, BTreeSet::from(shown));
}
