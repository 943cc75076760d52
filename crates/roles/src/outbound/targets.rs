//! Where a next hop is: MX and address records, or the smart hosts of the connector
//! (RFC 5321 section 5.1, rows M-03 and M-05).

use std::net::{IpAddr, SocketAddr};

use config::SendConnector;
use config::send::SmartHost;
use net::resolve::ResolveError;
use net::{MxAnswer, Purpose, Resolver};
use transport::{DeliveryType, EnhancedStatus, NextHopSolutionKey, Reply};
use types::Port;
use types::limits::{HOST_ADDRESSES_MAX, MX_HOSTS_MAX};

/// One address to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The host's name, for certificates, reports and logs.
    pub host: String,
    /// Where it is.
    pub address: SocketAddr,
    /// Who chose it: a stranger's DNS, or the administrator.
    pub purpose: Purpose,
}

/// Why there is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoTarget {
    /// Trying again is useless: the reply goes into the report.
    Never(Reply),
    /// The name service may answer later.
    Later(Reply),
}

/// All addresses of a next hop, in the order to try them.
pub(super) async fn targets(
    resolver: &Resolver,
    key: &NextHopSolutionKey,
    connector: &SendConnector,
) -> Result<Vec<Target>, NoTarget> {
    match key.delivery_type {
        DeliveryType::DnsConnectorDelivery => {
            exchangers(resolver, &key.next_hop_domain, connector.port).await
        }
        _ => smart_hosts(resolver, connector).await,
    }
}

/// The mail exchangers of a domain, the best first.
pub(crate) async fn exchangers(
    resolver: &Resolver,
    domain: &str,
    port: Port,
) -> Result<Vec<Target>, NoTarget> {
    if let Some(address) = literal(domain) {
        return Ok(vec![target(domain, address, port, Purpose::Exchanger)]);
    }
    let hosts = match resolver.mx(domain).await {
        MxAnswer::NullMx => return Err(NoTarget::Never(null_mx(domain))),
        MxAnswer::NxDomain => return Err(NoTarget::Never(no_such_domain(domain))),
        MxAnswer::TempFail(reason) => return Err(NoTarget::Later(dns_failed(&reason))),
        MxAnswer::ImplicitA => vec![domain.to_owned()],
        MxAnswer::Hosts(hosts) => hosts.into_iter().map(|(_, host)| host).collect(),
    };
    let found = addresses(resolver, &hosts, port, Purpose::Exchanger).await?;
    match found.is_empty() {
        true => Err(NoTarget::Never(no_such_domain(domain))),
        false => Ok(found),
    }
}

async fn smart_hosts(
    resolver: &Resolver,
    connector: &SendConnector,
) -> Result<Vec<Target>, NoTarget> {
    let mut found = Vec::new();
    for host in &connector.smart_hosts {
        match host {
            SmartHost::Address(address) => {
                let name = address.to_string();
                found.push(target(&name, *address, connector.port, Purpose::Configured));
            }
            SmartHost::Name(name) => {
                let name = [name.to_ascii()];
                found
                    .extend(addresses(resolver, &name, connector.port, Purpose::Configured).await?);
            }
        }
    }
    match found.is_empty() {
        // Names of the administrator's own may come back.
        true => Err(NoTarget::Later(dns_failed("no smart host has an address"))),
        false => Ok(found),
    }
}

/// Addresses of hosts in their order. A host without addresses is passed over; a name service
/// that does not answer for any of them is a reason to wait.
async fn addresses(
    resolver: &Resolver,
    hosts: &[String],
    port: Port,
    purpose: Purpose,
) -> Result<Vec<Target>, NoTarget> {
    let mut found = Vec::new();
    let mut failed = None;
    for host in hosts.iter().take(MX_HOSTS_MAX) {
        match resolver.addresses(host).await {
            Ok(list) => {
                let list = list.into_iter().take(HOST_ADDRESSES_MAX);
                found.extend(list.map(|address| target(host, address, port, purpose)));
            }
            Err(ResolveError::Temporary { reason, .. }) => failed = Some(reason),
            Err(_) => {}
        }
    }
    match failed.filter(|_| found.is_empty()) {
        Some(reason) => Err(NoTarget::Later(dns_failed(&reason))),
        None => Ok(found),
    }
}

fn target(host: &str, address: IpAddr, port: Port, purpose: Purpose) -> Target {
    let address = SocketAddr::new(address, port.number());
    Target { host: host.to_owned(), address, purpose }
}

/// The address in an address literal (`[192.0.2.1]`, `[IPv6:…]`).
fn literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    let inner = match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => &inner[5..],
        _ => inner,
    };
    inner.parse().ok()
}

/// RFC 7505.
fn null_mx(domain: &str) -> Reply {
    let text = format!("SMTPSEND.DNS.NullMx; {domain} takes no mail");
    Reply::new(556, EnhancedStatus::new(5, 1, 10), text)
}

fn no_such_domain(domain: &str) -> Reply {
    let text = format!("SMTPSEND.DNS.NonExistentDomain; nonexistent domain {domain}");
    Reply::new(554, EnhancedStatus::new(5, 4, 4), text)
}

fn dns_failed(reason: &str) -> Reply {
    let text = format!("SMTPSEND.DNS.Failed; {reason}");
    Reply::new(451, EnhancedStatus::new(4, 4, 0), text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use net::testing::Zone;

    async fn of(zone: Zone, domain: &str) -> Result<Vec<String>, NoTarget> {
        let server = zone.serve().await.unwrap();
        let resolver = Resolver::with_server(server.address()).unwrap();
        let key = NextHopSolutionKey {
            delivery_type: DeliveryType::DnsConnectorDelivery,
            next_hop_domain: domain.to_owned(),
            next_hop_connector: Default::default(),
        };
        let connector = SendConnector::default();
        let found = targets(&resolver, &key, &connector).await?;
        Ok(found.into_iter().map(|target| target.address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn exchangers_come_in_order_of_preference() {
        let zone = Zone::new()
            .mx("example.test", 20, "b.example.test")
            .mx("example.test", 10, "a.example.test")
            .a("a.example.test", "192.0.2.1")
            .a("b.example.test", "192.0.2.2");
        assert_eq!(of(zone, "example.test").await.unwrap(), ["192.0.2.1", "192.0.2.2"]);
    }

    #[tokio::test]
    async fn without_mx_the_domain_itself_takes_mail() {
        let zone = Zone::new().a("example.test", "192.0.2.9");
        assert_eq!(of(zone, "example.test").await.unwrap(), ["192.0.2.9"]);
    }

    #[tokio::test]
    async fn null_mx_and_no_domain_are_final_and_silence_is_not() {
        let null = of(Zone::new().mx("example.test", 0, "."), "example.test").await;
        assert!(matches!(null, Err(NoTarget::Never(reply)) if reply.code == 556));
        let missing = of(Zone::new(), "nowhere.test").await;
        assert!(matches!(missing, Err(NoTarget::Never(reply)) if reply.status.subject == 4));
        let broken = of(Zone::new().servfail("example.test"), "example.test").await;
        assert!(matches!(broken, Err(NoTarget::Later(reply)) if reply.code == 451));
    }

    #[tokio::test]
    async fn literals_need_no_name_service() {
        assert_eq!(of(Zone::new(), "[192.0.2.7]").await.unwrap(), ["192.0.2.7"]);
        assert_eq!(of(Zone::new(), "[IPv6:2001:db8::1]").await.unwrap(), ["2001:db8::1"]);
    }
}
