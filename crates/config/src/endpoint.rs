//! From rows and settings to addresses: which listeners this server opens, and where.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ports::listeners::{
    ACME, ACME_TLS, IMAP4, IMAP4_BACK_END, IMAP4_TLS, POP3, POP3_BACK_END, POP3_TLS,
};
use ports::{LISTENERS, Listener, Opens, Reach, Role};
use types::Port;

use crate::acme::AcmeChallenge;
use crate::receive::{default_edge_connectors, default_receive_connectors};
use crate::settings::ListenerOverride;
use crate::{Binding, OffsetError, ReceiveConnector, Settings, offset_port};

/// Why listeners cannot be opened as the settings say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// An override names no listener.
    #[error("listener: no listener {0}; see `rialto ports`")]
    UnknownRow(String),
    /// An override opens nothing.
    #[error("listener {0}: addresses is empty")]
    NoAddresses(String),
    /// The offset moves a port out of the numbers there are.
    #[error("port_offset: {0}")]
    Offset(#[from] OffsetError),
    /// Two listeners want the same address and port.
    #[error("listeners {first} and {second} both want {address}")]
    Collision {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// What both want.
        address: SocketAddr,
    },
}

/// A listener as this server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The row.
    pub listener: &'static Listener,
    /// Whether it is open.
    pub enabled: bool,
    /// Where it is open, or would be.
    pub bindings: Vec<Binding>,
}

impl Settings {
    /// The listeners of this server's role, open or not, in the order of the rows. No two
    /// open ones share an address and port. Whether a listener is built is not known here.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, EndpointError> {
        if let Some(unknown) = self.listener.iter().find(|o| ports::listener(&o.row).is_none()) {
            return Err(EndpointError::UnknownRow(unknown.row.clone()));
        }
        let of_role = LISTENERS.into_iter().filter(|listener| listener.roles.contains(&self.role));
        let endpoints = of_role.map(|l| self.endpoint(l)).collect::<Result<Vec<_>, _>>()?;
        check_collisions(&endpoints)?;
        Ok(endpoints)
    }

    /// One listener as this server has it.
    pub fn endpoint(&self, listener: &'static Listener) -> Result<Endpoint, EndpointError> {
        let changed = self.listener.iter().find(|changed| changed.row == listener.id);
        let port = match changed.and_then(|changed| changed.port) {
            Some(port) => Port::new(port),
            None => offset_port(listener.port(), self.port_offset)?,
        };
        let addresses = self.addresses_of(listener, changed)?;
        let bindings = addresses.into_iter().map(|address| Binding::new(address, port)).collect();
        let enabled = changed
            .and_then(|changed| changed.enabled)
            .unwrap_or_else(|| self.opens_by_default(listener));
        Ok(Endpoint { listener, enabled, bindings })
    }

    fn addresses_of(
        &self,
        listener: &Listener,
        changed: Option<&ListenerOverride>,
    ) -> Result<Vec<IpAddr>, EndpointError> {
        match changed.and_then(|changed| changed.addresses.as_ref()) {
            Some(addresses) if addresses.is_empty() => {
                Err(EndpointError::NoAddresses(listener.id.to_owned()))
            }
            Some(addresses) => Ok(addresses.clone()),
            None if listener.reach == Reach::SameMachine => Ok(LOOPBACK.to_vec()),
            None => Ok(self.addresses.clone()),
        }
    }

    fn opens_by_default(&self, listener: &Listener) -> bool {
        let is = |candidates: [&Listener; 2]| candidates.iter().any(|c| c.id == listener.id);
        let several_servers = !self.server.is_empty();
        match listener.opens {
            _ if is([&IMAP4, &IMAP4_TLS]) => self.imap4.enabled,
            _ if is([&POP3, &POP3_TLS]) => self.pop3.enabled,
            _ if listener.id == ACME.id => self.acme.uses(AcmeChallenge::Http01),
            _ if listener.id == ACME_TLS.id => self.acme.uses(AcmeChallenge::TlsAlpn01),
            _ if listener.id == IMAP4_BACK_END.id => self.imap4.enabled && several_servers,
            _ if listener.id == POP3_BACK_END.id => self.pop3.enabled && several_servers,
            Opens::ByDefault => true,
            Opens::WithOneServer => !several_servers,
            Opens::WhenEnabled | Opens::WhenSubscribed => false,
        }
    }

    /// The Receive connectors of this server: the default ones where the listeners are, and
    /// those of the file. One of the file takes the place of the default one of its name.
    pub fn receive_connectors(&self) -> Result<Vec<ReceiveConnector>, EndpointError> {
        let server = self.short_name();
        let mut connectors = match self.role {
            Role::Mailbox => default_receive_connectors(&server),
            Role::Edge => default_edge_connectors(&server),
        };
        let endpoints = self.endpoints()?;
        for connector in &mut connectors {
            place(connector, &endpoints, &server);
        }
        for own in &self.receive_connector {
            connectors.retain(|default| !default.name.eq_ignore_ascii_case(&own.name));
            connectors.push(own.clone());
        }
        Ok(connectors)
    }
}

/// This host, by both families.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Binds a default connector where its listeners are. One without an open listener is off and
/// keeps the bindings it would have.
fn place(connector: &mut ReceiveConnector, endpoints: &[Endpoint], server: &str) {
    let documented = connector.bindings.first().map(|binding| binding.port());
    let by_name = |endpoint: &&Endpoint| {
        endpoint.listener.connector_name(server).as_deref() == Some(connector.name.as_str())
    };
    // The implicit connector of Mailbox Transport Delivery has no name in its row.
    let by_port = |endpoint: &&Endpoint| {
        endpoint.listener.connector.is_none() && Some(endpoint.listener.port()) == documented
    };
    let own = || endpoints.iter().filter(|endpoint| by_name(endpoint) || by_port(endpoint));
    let bindings = |open: bool| -> Vec<Binding> {
        own().filter(|endpoint| endpoint.enabled == open).flat_map(|e| e.bindings.clone()).collect()
    };
    let open = bindings(true);
    connector.enabled = !open.is_empty();
    connector.bindings = if connector.enabled { open } else { bindings(false) };
}

/// A port that any free one will do for never collides. What answers certificate authorities
/// stands in for the web services, which take such requests in where they are open.
fn check_collisions(endpoints: &[Endpoint]) -> Result<(), EndpointError> {
    let mut taken = HashMap::new();
    let stands_in = |e: &&Endpoint| [ACME.id, ACME_TLS.id].contains(&e.listener.id);
    let is_open = |endpoint: &&Endpoint| endpoint.enabled;
    for endpoint in endpoints.iter().filter(is_open).filter(|endpoint| !stands_in(endpoint)) {
        let listener = endpoint.listener;
        let addresses = endpoint.bindings.iter().map(|binding| binding.socket_address());
        for address in addresses.filter(|address| address.port() != 0) {
            let first = taken.insert((address, listener.transport()), listener.id);
            if let Some(first) = first {
                return Err(EndpointError::Collision { first, second: listener.id, address });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(text: &str) -> Settings {
        toml::from_str(&format!("server_name = \"mbx1.a.test\"\n{text}")).unwrap()
    }

    fn open(settings: &Settings) -> Vec<(&'static str, String)> {
        let endpoints = settings.endpoints().unwrap();
        let open = endpoints.iter().filter(|endpoint| endpoint.enabled);
        open.map(|endpoint| (endpoint.listener.id, endpoint.bindings[0].to_string())).collect()
    }

    fn is_open(settings: &Settings, row: &str) -> bool {
        open(settings).iter().any(|(id, _)| *id == row)
    }

    #[test]
    fn services_open_as_documented() {
        let plain = settings("");
        for (row, expected) in [
            ("P-01", true),
            ("P-02", true),
            ("P-04", false),
            ("P-05", true),
            ("P-06", false),
            ("Z-01", true),
            ("C-11", false),
            ("C-12+tls", false),
        ] {
            assert_eq!(is_open(&plain, row), expected, "{row}");
        }
        let imap = settings("imap4.enabled = true");
        assert!(is_open(&imap, "C-11") && is_open(&imap, "C-11+tls") && !is_open(&imap, "C-12"));
        let edge = settings("role = \"edge\"");
        assert!(is_open(&edge, "P-06") && !is_open(&edge, "P-01"));
        let two = settings("[[server]]\nname = \"mbx2.a.test\"\naddress = \"10.0.0.2\"");
        assert!(!is_open(&two, "Z-01") && !is_open(&two, "Z-02"));
        assert!(!is_open(&imap, "Z-02"));
        let both = settings(
            "imap4.enabled = true\npop3.enabled = true\n\
             [[server]]\nname = \"mbx2.a.test\"\naddress = \"10.0.0.2\"",
        );
        assert!(is_open(&both, "Z-02") && is_open(&both, "Z-03"));
    }

    #[test]
    fn what_an_authority_asks_for_is_open_beside_the_web() {
        assert!(!is_open(&settings(""), "Z-06") && !is_open(&settings(""), "Z-07"));
        for (challenge, http, tls) in
            [("http-01", true, false), ("tls-alpn-01", false, true), ("dns-01", false, false)]
        {
            let acme = settings(&format!("[acme]\nenabled = true\nchallenge = \"{challenge}\""));
            let found = (is_open(&acme, "Z-06"), is_open(&acme, "Z-07"));
            assert_eq!(found, (http, tls), "{challenge}");
            assert!(is_open(&acme, "X-13") && is_open(&acme, "X-14"));
        }
    }

    #[test]
    fn offsets_and_overrides_place_listeners() {
        let moved = settings(
            "addresses = [\"127.0.0.1\"]\nport_offset = 20000\n\
             [[listener]]\nrow = \"P-02\"\nport = 1587\n\
             [[listener]]\nrow = \"P-05\"\naddresses = [\"127.0.0.9\"]\n\
             [[listener]]\nrow = \"Z-01\"\nenabled = false\n",
        );
        let open = open(&moved);
        assert!(open.contains(&("P-01", "127.0.0.1:20025".to_owned())));
        assert!(open.contains(&("P-02", "127.0.0.1:1587".to_owned())));
        assert!(open.contains(&("P-05", "127.0.0.9:22525".to_owned())));
        assert!(!is_open(&moved, "Z-01"));
    }

    #[test]
    fn what_cannot_be_opened_is_an_error() {
        let error = |text: &str| settings(text).endpoints().unwrap_err().to_string();
        assert!(error("[[listener]]\nrow = \"P-99\"").contains("P-99"));
        assert!(error("[[listener]]\nrow = \"P-01\"\naddresses = []").contains("addresses"));
        assert!(error("port_offset = 65000").contains("cannot be moved"));
        let both = error("[[listener]]\nrow = \"P-04\"\nenabled = true");
        assert_eq!(both, "listeners Z-01 and P-04 both want 0.0.0.0:465");
        let free = "[[listener]]\nrow = \"P-01\"\nport = 0\n[[listener]]\nrow = \"P-02\"\nport = 0";
        assert!(settings(free).endpoints().is_ok());
    }

    #[test]
    fn default_connectors_are_where_their_listeners_are() {
        let moved = settings("addresses = [\"127.0.0.1\"]\nport_offset = 20000");
        let connectors = moved.receive_connectors().unwrap();
        let found: Vec<_> = connectors
            .iter()
            .map(|c| {
                let bindings: Vec<_> = c.bindings.iter().map(ToString::to_string).collect();
                (c.name.as_str(), c.enabled, bindings.join(" "))
            })
            .collect();
        let row = |name, enabled, bindings: &str| (name, enabled, bindings.to_owned());
        assert_eq!(
            found,
            [
                row("Default Frontend MBX1", true, "127.0.0.1:20025"),
                row("Client Frontend MBX1", true, "127.0.0.1:20587 127.0.0.1:20465"),
                row("Outbound Proxy Frontend MBX1", false, "127.0.0.1:20717"),
                row("Client Proxy MBX1", false, "127.0.0.1:20465"),
                row("Default MBX1", true, "127.0.0.1:22525"),
                row("Mailbox delivery Receive connector", false, "127.0.0.1:20475"),
            ]
        );
    }

    #[test]
    fn a_connector_of_the_file_replaces_its_namesake_or_joins() {
        let own = settings(
            "[[ReceiveConnector]]\nName = \"default frontend mbx1\"\nBindings = [\"0.0.0.0:25\"]\n\
             [[ReceiveConnector]]\nName = \"Printers\"\nBindings = [\"0.0.0.0:25\"]\n\
             RemoteIPRanges = [\"10.0.0.0/24\"]",
        );
        let names: Vec<_> = own.receive_connectors().unwrap().into_iter().map(|c| c.name).collect();
        assert_eq!(names.len(), 7);
        assert_eq!(names[5..], ["default frontend mbx1", "Printers"]);
        assert_eq!(own.validate(), Ok(()));
    }
}
