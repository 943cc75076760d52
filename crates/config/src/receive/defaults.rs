//! The connectors that setup creates, and what a usage type presets for a new one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ports::Listener;
use ports::listeners::{
    CLIENT_FRONTEND, CLIENT_PROXY, DEFAULT, DEFAULT_FRONTEND, EDGE_DEFAULT_INTERNAL,
    MAILBOX_DELIVERY, OUTBOUND_PROXY_FRONTEND,
};
use types::{IpRange, Port};

use super::AuthMechanism::{BasicAuth, BasicAuthRequireTLS, ExchangeServer, Integrated, Tls};
use super::PermissionGroup::{
    AnonymousUsers, ExchangeLegacyServers, ExchangeServers, ExchangeUsers, Partners,
};
use super::{MessageRateSource, ProtocolLoggingLevel, ReceiveConnector, SizeMode, TransportRole};
use crate::{Binding, TimeSpan, Unlimited};

/// Name of the implicit connector of Mailbox Transport Delivery.
const MAILBOX_DELIVERY_NAME: &str = "Mailbox delivery Receive connector";

/// What a new connector is for; decides its first settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Mail clients.
    Client,
    /// Whatever the caller says.
    Custom,
    /// Servers of the organization.
    Internal,
    /// Everybody.
    Internet,
    /// A partner organization, by mutual TLS.
    Partner,
}

impl Usage {
    /// A new connector for this usage. Custom and Partner have no bindings of their own.
    pub fn connector(self, name: &str) -> ReceiveConnector {
        let base = ReceiveConnector { name: name.to_owned(), ..ReceiveConnector::default() };
        match self {
            Usage::Custom => base,
            Usage::Client => ReceiveConnector {
                bindings: everywhere(CLIENT_FRONTEND.port()),
                auth_mechanism: vec![Tls, BasicAuth, BasicAuthRequireTLS, Integrated],
                permission_groups: vec![ExchangeUsers],
                ..base
            },
            Usage::Internal => ReceiveConnector {
                bindings: everywhere(DEFAULT_FRONTEND.port()),
                auth_mechanism: vec![Tls, ExchangeServer],
                permission_groups: vec![ExchangeLegacyServers, ExchangeServers],
                ..base
            },
            Usage::Internet => ReceiveConnector {
                bindings: everywhere(DEFAULT_FRONTEND.port()),
                remote_ip_ranges: vec![IpRange::ALL_V4],
                permission_groups: vec![AnonymousUsers],
                ..base
            },
            Usage::Partner => ReceiveConnector {
                permission_groups: vec![Partners],
                domain_secure_enabled: true,
                ..base
            },
        }
    }
}

/// The connectors of a new Mailbox server of this (short) name, in the order of the pipeline.
/// Bindings are the documented ports on all addresses.
pub fn default_receive_connectors(server: &str) -> Vec<ReceiveConnector> {
    vec![
        default_frontend(server),
        client_frontend(server),
        outbound_proxy_frontend(server),
        client_proxy(server),
        default_transport(server),
        mailbox_delivery(server),
    ]
}

/// The connector of a new Edge server of this (short) name.
pub fn default_edge_connectors(server: &str) -> Vec<ReceiveConnector> {
    let port = EDGE_DEFAULT_INTERNAL.port();
    vec![ReceiveConnector {
        transport_role: TransportRole::HubTransport,
        bindings: vec![Binding::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)],
        remote_ip_ranges: vec![IpRange::ALL_V4],
        auth_mechanism: vec![Tls, ExchangeServer],
        permission_groups: vec![AnonymousUsers, ExchangeServers, Partners],
        message_rate_limit: Unlimited::Limited(600),
        connection_timeout: TimeSpan::from_mins(5),
        connection_inactivity_timeout: TimeSpan::from_mins(1),
        ..on(&EDGE_DEFAULT_INTERNAL, server)
    }]
}

fn default_frontend(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        auth_mechanism: vec![Tls, BasicAuth, BasicAuthRequireTLS, ExchangeServer, Integrated],
        permission_groups: vec![AnonymousUsers, ExchangeLegacyServers, ExchangeServers],
        protocol_logging_level: ProtocolLoggingLevel::Verbose,
        ..on(&DEFAULT_FRONTEND, server)
    }
}

fn client_frontend(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        auth_mechanism: vec![Tls, BasicAuth, BasicAuthRequireTLS, Integrated],
        permission_groups: vec![ExchangeUsers],
        message_rate_limit: Unlimited::Limited(5),
        message_rate_source: MessageRateSource::User,
        ..on(&CLIENT_FRONTEND, server)
    }
}

fn outbound_proxy_frontend(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        auth_mechanism: vec![Tls, BasicAuth, BasicAuthRequireTLS, ExchangeServer, Integrated],
        permission_groups: vec![ExchangeServers],
        ..on(&OUTBOUND_PROXY_FRONTEND, server)
    }
}

fn client_proxy(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        transport_role: TransportRole::HubTransport,
        auth_mechanism: vec![Tls, BasicAuth, BasicAuthRequireTLS, ExchangeServer, Integrated],
        permission_groups: vec![ExchangeServers, ExchangeUsers],
        message_rate_limit: Unlimited::Limited(5),
        message_rate_source: MessageRateSource::User,
        size_enabled: SizeMode::EnabledWithoutValue,
        ..on(&CLIENT_PROXY, server)
    }
}

fn default_transport(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        transport_role: TransportRole::HubTransport,
        auth_mechanism: vec![Tls, BasicAuth, ExchangeServer, Integrated],
        permission_groups: vec![ExchangeLegacyServers, ExchangeServers, ExchangeUsers],
        max_recipients_per_message: 5000,
        max_inbound_connection_per_source: Unlimited::Unlimited,
        max_inbound_connection_percentage_per_source: 100,
        size_enabled: SizeMode::EnabledWithoutValue,
        ..on(&DEFAULT, server)
    }
}

fn mailbox_delivery(server: &str) -> ReceiveConnector {
    ReceiveConnector {
        name: MAILBOX_DELIVERY_NAME.to_owned(),
        transport_role: TransportRole::MailboxTransport,
        auth_mechanism: vec![ExchangeServer],
        permission_groups: vec![ExchangeServers],
        ..on(&MAILBOX_DELIVERY, server)
    }
}

/// The general defaults, named and bound as the row says.
fn on(listener: &Listener, server: &str) -> ReceiveConnector {
    ReceiveConnector {
        name: listener.connector_name(server).unwrap_or_default(),
        bindings: everywhere(listener.port()),
        ..ReceiveConnector::default()
    }
}

fn everywhere(port: Port) -> Vec<Binding> {
    let v4 = Binding::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
    let v6 = Binding::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
    vec![v4, v6]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::validate_all;

    #[test]
    fn setup_creates_the_documented_connectors() {
        let found: Vec<_> = default_receive_connectors("MBX1")
            .iter()
            .map(|c| (c.name.clone(), c.bindings[0].to_string(), c.transport_role))
            .collect();
        use TransportRole::{FrontendTransport, HubTransport, MailboxTransport};
        let expected = [
            ("Default Frontend MBX1", "0.0.0.0:25", FrontendTransport),
            ("Client Frontend MBX1", "0.0.0.0:587", FrontendTransport),
            ("Outbound Proxy Frontend MBX1", "0.0.0.0:717", FrontendTransport),
            ("Client Proxy MBX1", "0.0.0.0:465", HubTransport),
            ("Default MBX1", "0.0.0.0:2525", HubTransport),
            ("Mailbox delivery Receive connector", "0.0.0.0:475", MailboxTransport),
        ];
        assert_eq!(found, expected.map(|(n, b, r)| (n.to_owned(), b.to_owned(), r)));
        let edge = default_edge_connectors("EDGE1");
        assert_eq!(edge[0].name, "Default internal receive connector EDGE1");
    }

    #[test]
    fn all_defaults_are_valid() {
        assert_eq!(validate_all(&default_receive_connectors("MBX1")), Ok(()));
        assert_eq!(validate_all(&default_edge_connectors("EDGE1")), Ok(()));
        for usage in [Usage::Client, Usage::Internal, Usage::Internet] {
            assert_eq!(validate_all(&[usage.connector("New")]), Ok(()), "{usage:?}");
        }
    }

    #[test]
    fn only_the_connector_for_the_internet_lets_strangers_in() {
        for connector in default_receive_connectors("MBX1") {
            let for_strangers = connector.name == "Default Frontend MBX1";
            assert_eq!(connector.permits(AnonymousUsers), for_strangers, "{}", connector.name);
            assert!(connector.anonymous_rights.is_empty(), "no connector relays for strangers");
        }
    }
}
