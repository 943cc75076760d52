//! The one way out: every outgoing connection is made here, after asking where it may go.
//!
//! Names in DNS are under the control of strangers, and so are the addresses behind them. A
//! message to a domain whose MX record names 127.0.0.1 must not reach what listens there, and
//! one that names 169.254.169.254 must not reach the cloud provider's secrets. So a caller
//! says what the connection is for, and [`Rules`] says whether that purpose may go there.
//!
//! Addresses only: names are resolved before ([`Resolver`](crate::Resolver)), so what was
//! checked is what is connected to.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpSocket;
use types::limits::CONNECT_SECS_MAX;

use crate::stream::Stream;

/// What a connection is for: who chose its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A host that DNS named, such as a mail exchanger. Strangers choose it.
    Exchanger,
    /// A host that the administrator named, such as a smart host.
    Configured,
    /// Another service of this server or organization.
    Internal,
    /// A reachability check the administrator asked for.
    Probe,
}

/// Why an address may not be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The unspecified address, `0.0.0.0` or `::`, or the rest of 0.0.0.0/8.
    #[error("an unspecified address is no destination")]
    Unspecified,
    /// A multicast, broadcast or reserved address.
    #[error("a multicast, broadcast or reserved address is no destination")]
    NotUnicast,
    /// A loopback address.
    #[error("loopback addresses are not reached for this purpose")]
    Loopback,
    /// A link-local address.
    #[error("link-local addresses are not reached for this purpose")]
    LinkLocal,
    /// A cloud provider's metadata service.
    #[error("a metadata service is never reached")]
    Metadata,
    /// A listener of this very server: mail would run in circles.
    #[error("the address is one of this server's own listeners")]
    OwnListener,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The rules forbid it; asking again will not help.
    #[error("{address}: {reason}")]
    Denied {
        /// Where it would have gone.
        address: SocketAddr,
        /// The rule.
        reason: Denied,
    },
    /// No answer in time.
    #[error("{0}: no answer")]
    Timeout(SocketAddr),
    /// Refused, unreachable, or the source address is not ours.
    #[error("{address}: {source}")]
    Io {
        /// Where it went.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

/// Where connections may go.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Lets every purpose reach loopback addresses: tests and demonstrations, whose other
    /// servers all live on this host.
    pub allow_loopback: bool,
    /// Where this server listens.
    pub own_listeners: OwnListeners,
}

/// Addresses this server listens on; an unspecified one stands for all of this host's. They
/// change while the server runs: clones are one list.
#[derive(Clone, Debug, Default)]
pub struct OwnListeners(Arc<RwLock<HashSet<SocketAddr>>>);

impl OwnListeners {
    /// Takes one in.
    pub fn add(&self, address: SocketAddr) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address);
    }

    /// Takes one out that was closed.
    pub fn remove(&self, address: SocketAddr) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&address);
    }

    fn any(&self, is_meant: impl Fn(&SocketAddr) -> bool) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().any(is_meant)
    }
}

impl FromIterator<SocketAddr> for OwnListeners {
    fn from_iter<I: IntoIterator<Item = SocketAddr>>(addresses: I) -> Self {
        OwnListeners(Arc::new(RwLock::new(addresses.into_iter().collect())))
    }
}

impl Rules {
    /// Whether this purpose may reach the address.
    pub fn check(&self, purpose: Purpose, address: SocketAddr) -> Result<(), Denied> {
        let ip = innermost(address.ip());
        check_class(ip, purpose, self.allow_loopback)?;
        self.check_own(purpose, SocketAddr::new(ip, address.port()), ip.is_loopback())
    }

    /// The same for a connection that stands. The system knows its own addresses: the two
    /// ends are equal only when the connection never left this host.
    fn check_ends(&self, purpose: Purpose, peer: SocketAddr, local: IpAddr) -> Result<(), Denied> {
        self.check_own(purpose, peer, peer.ip() == local)
    }

    fn check_own(&self, purpose: Purpose, to: SocketAddr, this_host: bool) -> Result<(), Denied> {
        if matches!(purpose, Purpose::Internal | Purpose::Probe) {
            return Ok(());
        }
        let is_own = |own: &SocketAddr| {
            own.port() == to.port()
                && (own.ip().to_canonical() == to.ip() || (own.ip().is_unspecified() && this_host))
        };
        match self.own_listeners.any(is_own) {
            true => Err(Denied::OwnListener),
            false => Ok(()),
        }
    }
}

/// The rules that depend on the address alone, the strictest first.
fn check_class(ip: IpAddr, purpose: Purpose, allow_loopback: bool) -> Result<(), Denied> {
    let by_stranger = purpose == Purpose::Exchanger;
    match ip {
        ip if is_metadata(ip) => Err(Denied::Metadata),
        ip if is_unspecified(ip) => Err(Denied::Unspecified),
        ip if !is_unicast(ip) => Err(Denied::NotUnicast),
        ip if ip.is_loopback() && by_stranger && !allow_loopback => Err(Denied::Loopback),
        ip if is_link_local(ip) && by_stranger => Err(Denied::LinkLocal),
        _ => Ok(()),
    }
}

/// The IPv4 address inside an IPv6 address of a transition mechanism, which is where packets
/// to it end up: mapped (RFC 4291 2.5.5.2), compatible (2.5.5.1), 6to4 (RFC 3056), NAT64
/// (RFC 6052).
fn innermost(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip.to_canonical() else { return ip.to_canonical() };
    let v4_at = |shift: u32| IpAddr::V4(Ipv4Addr::from_bits((v6.to_bits() >> shift) as u32));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0..=1] => IpAddr::V6(v6),
        [0, 0, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => v4_at(0),
        [0x2002, ..] => v4_at(80),
        _ => IpAddr::V6(v6),
    }
}

/// The metadata services of the large providers. Nothing else lives at these addresses.
fn is_metadata(ip: IpAddr) -> bool {
    const V4: [Ipv4Addr; 4] = [
        Ipv4Addr::new(169, 254, 169, 254), // AWS, Azure, Google, OpenStack, Oracle, ...
        Ipv4Addr::new(169, 254, 170, 2),   // AWS, containers
        Ipv4Addr::new(100, 100, 100, 200), // Alibaba
        Ipv4Addr::new(168, 63, 129, 16),   // Azure, host agent
    ];
    const V6: [Ipv6Addr; 2] = [
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // AWS
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
    ];
    match ip {
        IpAddr::V4(v4) => V4.contains(&v4),
        IpAddr::V6(v6) => V6.contains(&v6),
    }
}

/// 0.0.0.0/8 means "this network"; Linux takes 0.0.0.0 for this host.
fn is_unspecified(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_unspecified(),
    }
}

/// 224.0.0.0/4 and 240.0.0.0/4 (which holds the broadcast address) and ff00::/8 are not.
fn is_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.octets()[0] < 224,
        IpAddr::V6(v6) => !v6.is_multicast(),
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Makes connections within the rules. One per server.
#[derive(Clone, Debug)]
pub struct Connector {
    rules: Rules,
    timeout: Duration,
}

impl Connector {
    /// A connector with the usual patience, [`CONNECT_SECS_MAX`].
    pub fn new(rules: Rules) -> Self {
        Connector { rules, timeout: Duration::from_secs(CONNECT_SECS_MAX) }
    }

    /// The same with another patience.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Connector { timeout, ..self }
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Connects to the address, from `source` where several addresses are ours to choose.
    pub async fn connect(
        &self,
        purpose: Purpose,
        address: SocketAddr,
        source: Option<IpAddr>,
    ) -> Result<Stream, ConnectError> {
        let denied = |reason| ConnectError::Denied { address, reason };
        self.rules.check(purpose, address).map_err(denied)?;
        let connected = tokio::time::timeout(self.timeout, open(address, source))
            .await
            .map_err(|_| ConnectError::Timeout(address))?
            .map_err(|source| ConnectError::Io { address, source })?;
        self.rules.check_ends(purpose, address, connected.local).map_err(denied)?;
        Ok(connected.stream)
    }
}

struct Connected {
    stream: Stream,
    local: IpAddr,
}

async fn open(address: SocketAddr, source: Option<IpAddr>) -> io::Result<Connected> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    let connected = socket.connect(address).await?;
    connected.set_nodelay(true)?;
    let local = connected.local_addr()?.ip();
    Ok(Connected { stream: Stream::from_tcp(connected), local })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::listener::Listener;

    fn verdict(rules: &Rules, purpose: Purpose, ip: &str) -> Result<(), Denied> {
        rules.check(purpose, SocketAddr::new(ip.parse().unwrap(), 25))
    }

    #[test]
    fn strangers_reach_only_unicast_addresses_beyond_this_link() {
        use Denied::{LinkLocal, Loopback, Metadata, NotUnicast, Unspecified};
        let table: [(&str, Option<Denied>); 36] = [
            ("192.0.2.1", None),
            ("10.1.2.3", None),
            ("223.255.255.255", None),
            ("2001:db8::1", None),
            ("fd12::1", None),
            ("0.0.0.0", Some(Unspecified)),
            ("0.1.2.3", Some(Unspecified)),
            ("::", Some(Unspecified)),
            ("::ffff:0.0.0.0", Some(Unspecified)),
            ("127.0.0.1", Some(Loopback)),
            ("127.255.0.9", Some(Loopback)),
            ("::1", Some(Loopback)),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::127.0.0.1", Some(Loopback)),
            ("64:ff9b::127.0.0.1", Some(Loopback)),
            ("2002:7f00:1::", Some(Loopback)),
            ("169.254.1.1", Some(LinkLocal)),
            ("::ffff:169.254.1.1", Some(LinkLocal)),
            ("fe80::1", Some(LinkLocal)),
            ("febf::1", Some(LinkLocal)),
            ("169.254.169.254", Some(Metadata)),
            ("::ffff:169.254.169.254", Some(Metadata)),
            ("64:ff9b::a9fe:a9fe", Some(Metadata)),
            ("2002:a9fe:a9fe::1", Some(Metadata)),
            ("169.254.170.2", Some(Metadata)),
            ("100.100.100.200", Some(Metadata)),
            ("168.63.129.16", Some(Metadata)),
            ("fd00:ec2::254", Some(Metadata)),
            ("224.0.0.1", Some(NotUnicast)),
            ("239.1.1.1", Some(NotUnicast)),
            ("240.0.0.1", Some(NotUnicast)),
            ("255.255.255.255", Some(NotUnicast)),
            ("ff02::1", Some(NotUnicast)),
            ("::ffff:255.255.255.255", Some(NotUnicast)),
            ("2002:c000:201::1", None),
            ("64:ff9b::192.0.2.1", None),
        ];
        for (ip, expected) in table {
            let found = verdict(&Rules::default(), Purpose::Exchanger, ip).err();
            assert_eq!(found, expected, "{ip}");
        }
    }

    #[test]
    fn what_the_administrator_named_may_be_near_but_must_be_a_host() {
        let rules = Rules::default();
        for purpose in [Purpose::Configured, Purpose::Internal, Purpose::Probe] {
            for (ip, expected) in [
                ("127.0.0.1", None),
                ("::1", None),
                ("fe80::1", None),
                ("169.254.1.1", None),
                ("169.254.169.254", Some(Denied::Metadata)),
                ("0.0.0.0", Some(Denied::Unspecified)),
                ("224.0.0.1", Some(Denied::NotUnicast)),
            ] {
                assert_eq!(verdict(&rules, purpose, ip).err(), expected, "{purpose:?} {ip}");
            }
        }
    }

    #[test]
    fn a_test_permission_opens_loopback_and_nothing_else() {
        let rules = Rules { allow_loopback: true, ..Rules::default() };
        assert_eq!(verdict(&rules, Purpose::Exchanger, "127.0.0.1"), Ok(()));
        assert_eq!(verdict(&rules, Purpose::Exchanger, "fe80::1"), Err(Denied::LinkLocal));
        assert_eq!(verdict(&rules, Purpose::Exchanger, "0.0.0.0"), Err(Denied::Unspecified));
    }

    #[test]
    fn own_listeners_are_for_internal_connections_only() {
        let rules = Rules {
            allow_loopback: true,
            own_listeners: ["0.0.0.0:25", "192.0.2.1:587"]
                .map(|own| own.parse().unwrap())
                .into_iter()
                .collect(),
        };
        let own = Err(Denied::OwnListener);
        for (purpose, address, expected) in [
            (Purpose::Exchanger, "127.0.0.1:25", own),
            (Purpose::Configured, "127.0.0.1:25", own),
            (Purpose::Configured, "127.0.0.1:26", Ok(())),
            (Purpose::Internal, "127.0.0.1:25", Ok(())),
            (Purpose::Probe, "127.0.0.1:25", Ok(())),
            (Purpose::Exchanger, "192.0.2.1:587", own),
            (Purpose::Exchanger, "[::ffff:192.0.2.1]:587", own),
            (Purpose::Exchanger, "192.0.2.1:25", Ok(())),
        ] {
            assert_eq!(rules.check(purpose, address.parse().unwrap()), expected, "{address}");
        }
        let ends = |peer: &str, local: &str| {
            rules.check_ends(Purpose::Exchanger, peer.parse().unwrap(), local.parse().unwrap())
        };
        assert_eq!(ends("198.51.100.7:25", "198.51.100.7"), own, "an address of this host");
        assert_eq!(ends("198.51.100.7:25", "198.51.100.8"), Ok(()));
        let (relay, own_listeners) =
            ("192.0.2.1:2525".parse().unwrap(), rules.own_listeners.clone());
        own_listeners.add(relay);
        assert_eq!(rules.check(Purpose::Configured, relay), own);
        own_listeners.remove(relay);
        assert_eq!(rules.check(Purpose::Configured, relay), Ok(()));
    }

    #[tokio::test]
    async fn connects_refuses_and_reports() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local();
        let connector = Connector::new(Rules::default());
        assert!(connector.connect(Purpose::Configured, address, None).await.is_ok());
        let source = Some("127.0.0.9".parse().unwrap());
        assert!(connector.connect(Purpose::Configured, address, source).await.is_ok());
        let denied = connector.connect(Purpose::Exchanger, address, None).await.unwrap_err();
        assert!(matches!(denied, ConnectError::Denied { reason: Denied::Loopback, .. }));
        drop(listener);
        let refused = connector.connect(Purpose::Configured, address, None).await.unwrap_err();
        assert!(matches!(refused, ConnectError::Io { .. }), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_does_not_answer_is_given_up() {
        let silent = crate::testing::SilentPort::open().unwrap();
        let began = tokio::time::Instant::now();
        let connector = Connector::new(Rules::default());
        let error = connector.connect(Purpose::Configured, silent.address(), None).await;
        assert!(matches!(error, Err(ConnectError::Timeout(_))), "{error:?}");
        assert_eq!(began.elapsed().as_secs(), CONNECT_SECS_MAX);
    }
}
