//! Routing: which next hop takes a remote recipient.
//!
//! One server, one site: of Exchange's path choice only the Send connector selection is
//! left. Drop connectors that are off or whose MaxMessageSize is too small, then the most
//! specific address space, the lowest cost, the lowest name.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use types::Domain;
use types::address_space::Specificity;

use crate::connector::{ConnectorGuid, SendConnector};
use crate::status::{self, Reply};

/// What makes a delivery queue: messages with the same key leave together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NextHopSolutionKey {
    /// How.
    pub delivery_type: DeliveryType,
    /// Where: recipient domain, list of smart hosts, or database name.
    pub next_hop_domain: String,
    /// By which connector, or to which database.
    pub next_hop_connector: ConnectorGuid,
}

impl NextHopSolutionKey {
    /// The queue of local recipients that were not delivered at once.
    pub fn mailbox_database() -> Self {
        NextHopSolutionKey {
            delivery_type: DeliveryType::SmtpDeliveryToMailbox,
            next_hop_domain: "mailbox database".to_owned(),
            next_hop_connector: ConnectorGuid::default(),
        }
    }
}

impl fmt::Display for NextHopSolutionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.delivery_type, self.next_hop_domain)
    }
}

/// Exchange's delivery types, as far as this server has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeliveryType {
    /// By the recipient domain's MX records.
    DnsConnectorDelivery,
    /// To the connector's smart hosts.
    SmartHostConnectorDelivery,
    /// Into a mailbox database of this server.
    SmtpDeliveryToMailbox,
}

impl DeliveryType {
    /// All of them.
    pub const ALL: [DeliveryType; 3] = [
        DeliveryType::DnsConnectorDelivery,
        DeliveryType::SmartHostConnectorDelivery,
        DeliveryType::SmtpDeliveryToMailbox,
    ];

    /// Exchange's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryType::DnsConnectorDelivery => "DnsConnectorDelivery",
            DeliveryType::SmartHostConnectorDelivery => "SmartHostConnectorDelivery",
            DeliveryType::SmtpDeliveryToMailbox => "SmtpDeliveryToMailbox",
        }
    }
}

impl fmt::Display for DeliveryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The Send connectors that can be chosen.
#[derive(Clone, Debug, Default)]
pub struct RoutingTable {
    connectors: Vec<Arc<SendConnector>>,
}

impl RoutingTable {
    /// A table of these connectors, in any order.
    pub fn new(connectors: impl IntoIterator<Item = SendConnector>) -> Self {
        RoutingTable { connectors: connectors.into_iter().map(Arc::new).collect() }
    }

    /// The connector with this identity, if it still exists and is on.
    pub fn connector(&self, guid: ConnectorGuid) -> Option<Arc<SendConnector>> {
        self.connectors
            .iter()
            .find(|connector| connector.guid == guid && connector.enabled)
            .cloned()
    }

    /// The next hop for a message of that size to that domain, or the reply for the report.
    pub fn route(&self, domain: &Domain, octets: u64) -> Result<NextHopSolutionKey, Reply> {
        let fits = |connector: &&Arc<SendConnector>| {
            connector.max_message_octets.is_none_or(|max| octets <= max)
        };
        let takers = || self.connectors.iter().filter(|c| rank(c, domain).is_some());
        let best = takers().filter(fits).max_by_key(|connector| rank(connector, domain));
        match best {
            Some(connector) => Ok(solution(connector, domain)),
            None if takers().next().is_some() => Err(status::message_too_large()),
            None => Err(status::route_not_found(domain)),
        }
    }
}

/// Larger is better: specificity, then low cost, then low name.
fn rank<'a>(
    connector: &'a SendConnector,
    domain: &Domain,
) -> Option<(Specificity, Reverse<u8>, Reverse<&'a str>)> {
    if !connector.enabled {
        return None;
    }
    let spaces = connector.address_spaces.iter();
    let (specificity, cost) =
        spaces.filter_map(|space| Some((space.specificity(domain)?, Reverse(space.cost)))).max()?;
    Some((specificity, cost, Reverse(&connector.name)))
}

fn solution(connector: &SendConnector, domain: &Domain) -> NextHopSolutionKey {
    let by_dns = connector.smart_hosts.is_empty();
    NextHopSolutionKey {
        delivery_type: if by_dns {
            DeliveryType::DnsConnectorDelivery
        } else {
            DeliveryType::SmartHostConnectorDelivery
        },
        next_hop_domain: if by_dns { domain.to_string() } else { connector.smart_hosts.join(",") },
        next_hop_connector: connector.guid,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn connector(number: u8, name: &str, spaces: &[&str]) -> SendConnector {
        SendConnector {
            guid: ConnectorGuid([number; 16]),
            name: name.into(),
            enabled: true,
            address_spaces: spaces.iter().map(|space| space.parse().unwrap()).collect(),
            smart_hosts: Vec::new(),
            max_message_octets: None,
            messages_per_connection: 20,
        }
    }

    fn chosen(table: &RoutingTable, domain: &str, octets: u64) -> Option<u8> {
        let key = table.route(&Domain::parse(domain).unwrap(), octets).ok()?;
        Some(key.next_hop_connector.0[0])
    }

    #[test]
    fn specific_then_cheap_then_name() {
        let table = RoutingTable::new([
            connector(1, "all", &["*"]),
            connector(2, "contoso", &["*.contoso.test"]),
            connector(3, "b", &["marketing.contoso.test;5"]),
            connector(4, "a", &["marketing.contoso.test;5"]),
            connector(5, "dear", &["marketing.contoso.test;6"]),
        ]);
        assert_eq!(chosen(&table, "marketing.contoso.test", 1), Some(4));
        assert_eq!(chosen(&table, "sales.contoso.test", 1), Some(2));
        assert_eq!(chosen(&table, "fabrikam.test", 1), Some(1));
    }

    #[test]
    fn size_and_enabled_come_first() {
        let small = SendConnector {
            max_message_octets: Some(10),
            ..connector(1, "small", &["fabrikam.test"])
        };
        let off = SendConnector { enabled: false, ..connector(2, "off", &["fabrikam.test"]) };
        let table = RoutingTable::new([small, off, connector(3, "all", &["*.test"])]);
        assert_eq!(chosen(&table, "fabrikam.test", 10), Some(1));
        assert_eq!(chosen(&table, "fabrikam.test", 11), Some(3));
        assert!(table.connector(ConnectorGuid([2; 16])).is_none());
    }

    #[test]
    fn no_route_and_too_large_are_told_apart() {
        let small =
            SendConnector { max_message_octets: Some(10), ..connector(1, "s", &["a.test"]) };
        let table = RoutingTable::new([small]);
        let reply = |domain: &str| table.route(&Domain::parse(domain).unwrap(), 11).unwrap_err();
        assert_eq!(reply("a.test"), status::message_too_large());
        assert_eq!(
            reply("b.test").to_string(),
            "550 5.4.4 ROUTING.RouteNotFound; no Send connector takes mail for b.test"
        );
    }

    #[test]
    fn smart_hosts_share_one_queue() {
        let smart = SendConnector {
            smart_hosts: vec!["relay1.test".into(), "relay2.test".into()],
            ..connector(1, "smart", &["*"])
        };
        let table = RoutingTable::new([smart]);
        let key = |domain: &str| table.route(&Domain::parse(domain).unwrap(), 1).unwrap();
        assert_eq!(key("a.test"), key("b.test"));
        assert_eq!(key("a.test").next_hop_domain, "relay1.test,relay2.test");
    }
}
