//! Questions to the name service, answered in the terms mail asks them.
//!
//! Names are always taken as complete: the search list of the system, which would append the
//! local domain to unknown names, has no place in mail routing. Nothing is logged or decided
//! here; who asks maps [`ResolveError`] to its protocol.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use types::limits::{
    DNS_ATTEMPTS_MAX, DNS_CACHE_ENTRIES_MAX, DNS_TIMEOUT_SECS, HOST_ADDRESSES_MAX, MX_HOSTS_MAX,
    SRV_HOSTS_MAX,
};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist (NXDOMAIN). Permanent.
    #[error("{0} does not exist")]
    NoSuchName(String),
    /// The name exists and has no such record. Permanent.
    #[error("{0} has no such record")]
    NoRecord(String),
    /// This is no name DNS could know. Permanent.
    #[error("{0} is no domain name")]
    BadName(String),
    /// The name service did not answer or failed. Ask again later.
    #[error("name service failed for {name}: {reason}")]
    Temporary {
        /// What was asked for.
        name: String,
        /// What went wrong.
        reason: String,
    },
}

/// Who takes mail for a domain (RFC 5321 section 5.1, RFC 7505).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MxAnswer {
    /// The domain says that it takes no mail: `MX 0 .`.
    NullMx,
    /// The mail exchangers, best first; equal preferences in random order.
    Hosts(Vec<(u16, String)>),
    /// No MX record: the domain's own addresses take its mail, if it has any.
    ImplicitA,
    /// The domain does not exist.
    NxDomain,
    /// The name service did not answer; the text says what went wrong.
    TempFail(String),
}

/// Where a service is (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrvHost {
    /// Lower ones are tried first.
    pub priority: u16,
    /// Share among those of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host, without a final dot; empty where the domain says that it has no such service.
    pub target: String,
}

/// Asks the name service, and remembers answers as long as they are valid. Cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    inner: TokioResolver,
    /// All clones know it.
    silence: Arc<Mutex<Silence>>,
}

/// Questions since the name service last said anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// How many.
    pub questions: u32,
    /// What became of the last one.
    pub reason: Option<String>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Resolver {
    /// Uses the system's name servers and hosts file.
    pub fn system() -> Result<Self, ResolveError> {
        Resolver::of_system(ResolveHosts::Auto)
    }

    /// Uses the system's name servers alone: what others are told, too. A hosts file often gives
    /// the host's own name a loopback address.
    pub fn system_name_servers() -> Result<Self, ResolveError> {
        Resolver::of_system(ResolveHosts::Never)
    }

    fn of_system(hosts: ResolveHosts) -> Result<Self, ResolveError> {
        let builder = TokioResolver::builder_tokio().map_err(|error| setup_error(&error))?;
        build(builder, hosts)
    }

    /// Uses the name server that is set, else the system's.
    pub fn of(server: Option<SocketAddr>) -> Result<Self, ResolveError> {
        server.map_or_else(Resolver::system, Resolver::with_server)
    }

    /// Uses this one name server and nothing else.
    pub fn with_server(server: SocketAddr) -> Result<Self, ResolveError> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        let connections = connections.map(|mut connection| {
            connection.port = server.port();
            connection
        });
        let name_server = NameServerConfig::new(server.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        build(builder, ResolveHosts::Never)
    }

    /// Who takes mail for the domain, which is in ASCII form.
    pub async fn mx(&self, domain: &str) -> MxAnswer {
        match self.lookup(domain, RecordType::MX).await {
            Ok(lookup) => mx_answer(mx_records(&lookup)),
            Err(ResolveError::NoRecord(_)) => MxAnswer::ImplicitA,
            Err(ResolveError::NoSuchName(_) | ResolveError::BadName(_)) => MxAnswer::NxDomain,
            Err(error @ ResolveError::Temporary { .. }) => MxAnswer::TempFail(error.to_string()),
        }
    }

    /// The host's addresses, IPv6 and IPv4 in turn, at most [`HOST_ADDRESSES_MAX`]. One family
    /// is enough; the failure to ask for the other counts only if there is none.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let families = tokio::join!(
            self.addresses_of(host, RecordType::AAAA),
            self.addresses_of(host, RecordType::A)
        );
        match families {
            (Err(temporary @ ResolveError::Temporary { .. }), Err(_)) => Err(temporary),
            (Err(_), Err(error)) => Err(error),
            (v6, v4) => Ok(alternate(&v6.unwrap_or_default(), &v4.unwrap_or_default())),
        }
    }

    /// The addresses of one family; never empty.
    async fn addresses_of(
        &self,
        host: &str,
        kind: RecordType,
    ) -> Result<Vec<IpAddr>, ResolveError> {
        let lookup = self.lookup(host, kind).await?;
        let addresses = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        });
        let addresses: Vec<_> = addresses.collect();
        match addresses.is_empty() {
            // An alias that leads nowhere answers without error and without record.
            true => Err(ResolveError::NoRecord(host.to_owned())),
            false => Ok(addresses),
        }
    }

    /// The text records, the strings of each record joined (RFC 7208 section 3.3).
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        let lookup = self.lookup(name, RecordType::TXT).await?;
        let texts = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }

    /// The names of an address, by its reverse zone.
    pub async fn ptr(&self, address: IpAddr) -> Result<Vec<String>, ResolveError> {
        let lookup = self.lookup(&reverse_name(address), RecordType::PTR).await?;
        let names = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::PTR(name) => Some(host_name(name)),
            _ => None,
        });
        Ok(names.collect())
    }

    /// Who has a service (RFC 2782), at most [`SRV_HOSTS_MAX`], by priority. `name` is
    /// `_service._tcp.domain`; the library follows no alias of such a name.
    pub async fn srv(&self, name: &str) -> Result<Vec<SrvHost>, ResolveError> {
        let lookup = self.lookup(name, RecordType::SRV).await?;
        let hosts = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(srv_host(srv)),
            _ => None,
        });
        let mut hosts: Vec<_> = hosts.collect();
        hosts.sort_by_key(|host| host.priority);
        hosts.truncate(SRV_HOSTS_MAX);
        match hosts.is_empty() {
            // An alias that leads nowhere answers without error and without record.
            true => Err(ResolveError::NoRecord(name.to_owned())),
            false => Ok(hosts),
        }
    }

    /// Whether the name service answers. An answer that it has failed is one, too.
    pub fn silence(&self) -> Silence {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn lookup(&self, name: &str, kind: RecordType) -> Result<Lookup, ResolveError> {
        let mut complete =
            Name::from_ascii(name).map_err(|_| ResolveError::BadName(name.to_owned()))?;
        complete.set_fqdn(true);
        let answer = self.inner.lookup(complete, kind).await;
        self.silence.lock().unwrap_or_else(PoisonError::into_inner).note(answer.as_ref().err());
        answer.map_err(|error| fault(name, &error))
    }
}

impl Silence {
    fn note(&mut self, error: Option<&NetError>) {
        match error {
            None | Some(NetError::Dns(_)) => *self = Silence::default(),
            Some(silent) => {
                self.questions = self.questions.saturating_add(1);
                self.reason = Some(silent.to_string());
            }
        }
    }
}

fn build(
    mut builder: ResolverBuilder<TokioRuntimeProvider>,
    hosts: ResolveHosts,
) -> Result<Resolver, ResolveError> {
    set_options(builder.options_mut(), hosts);
    let inner = builder.build().map_err(|error| setup_error(&error))?;
    Ok(Resolver { inner, silence: Arc::default() })
}

fn set_options(options: &mut ResolverOpts, hosts: ResolveHosts) {
    options.use_hosts_file = hosts;
    options.timeout = Duration::from_secs(DNS_TIMEOUT_SECS);
    // The library counts those after the first.
    options.attempts = DNS_ATTEMPTS_MAX - 1;
    options.cache_size = DNS_CACHE_ENTRIES_MAX;
    options.try_tcp_on_error = true;
}

fn setup_error(error: &NetError) -> ResolveError {
    ResolveError::Temporary { name: "the resolver".to_owned(), reason: error.to_string() }
}

fn fault(name: &str, error: &NetError) -> ResolveError {
    let name = name.to_owned();
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => ResolveError::NoSuchName(name),
            ResponseCode::NoError => ResolveError::NoRecord(name),
            code => ResolveError::Temporary { name, reason: code.to_string() },
        },
        other => ResolveError::Temporary { name, reason: other.to_string() },
    }
}

fn mx_records(lookup: &Lookup) -> Vec<(u16, String)> {
    let records = lookup.answers().iter().filter_map(|record| match &record.data {
        RData::MX(mx) => Some((mx.preference, host_name(&mx.exchange))),
        _ => None,
    });
    records.collect()
}

fn srv_host(srv: &SRV) -> SrvHost {
    let SRV { priority, weight, port, ref target, .. } = *srv;
    SrvHost { priority, weight, port, target: host_name(target) }
}

/// Sorts by preference. A lone record that names the root is the null MX; beside others it is
/// a mistake and left out (RFC 7505 section 3).
fn mx_answer(mut hosts: Vec<(u16, String)>) -> MxAnswer {
    if hosts.is_empty() {
        // An alias that leads nowhere answers without error and without record.
        return MxAnswer::ImplicitA;
    }
    hosts.retain(|(_, host)| !host.is_empty());
    if hosts.is_empty() {
        return MxAnswer::NullMx;
    }
    hosts.sort_by_cached_key(|(preference, _)| (*preference, random()));
    hosts.truncate(MX_HOSTS_MAX);
    MxAnswer::Hosts(hosts)
}

/// Spreads load over equal exchangers; nothing secret depends on it, so without randomness
/// the order is as it came.
fn random() -> u32 {
    getrandom::u32().unwrap_or(0)
}

/// One of each family in turn, so that a family without connectivity costs one try, not all.
fn alternate(first: &[IpAddr], second: &[IpAddr]) -> Vec<IpAddr> {
    let longest = first.len().max(second.len());
    let pick = |at: usize| [first.get(at), second.get(at)].into_iter().flatten().copied();
    (0..longest).flat_map(pick).take(HOST_ADDRESSES_MAX).collect()
}

/// A name without its final dot; the root is empty.
fn host_name(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

/// `1.2.0.192.in-addr.arpa` or the nibbles of an IPv6 address below `ip6.arpa`.
fn reverse_name(address: IpAddr) -> String {
    Name::from(address.to_canonical()).to_ascii()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Zone;

    async fn resolver(zone: Zone) -> (Resolver, crate::testing::DnsServer) {
        let server = zone.serve().await.unwrap();
        (Resolver::with_server(server.address()).unwrap(), server)
    }

    #[test]
    fn the_library_is_told_how_many_answers_to_keep() {
        let mut options = ResolverOpts::default();
        options.cache_size = 0;
        set_options(&mut options, ResolveHosts::Never);
        assert_eq!(options.cache_size, DNS_CACHE_ENTRIES_MAX);
    }

    #[tokio::test]
    async fn mail_exchangers_by_preference() {
        let zone = Zone::new()
            .mx("many.test", 20, "c.many.test")
            .mx("many.test", 10, "a.many.test")
            .mx("many.test", 10, "B.many.test")
            .mx("null.test", 0, ".")
            .mx("odd.test", 0, ".")
            .mx("odd.test", 5, "mx.odd.test")
            .a("plain.test", "192.0.2.1")
            .cname("alias.test", "many.test")
            .servfail("broken.test");
        let (resolver, _server) = resolver(zone).await;
        for domain in ["many.test", "MANY.test.", "alias.test"] {
            let MxAnswer::Hosts(hosts) = resolver.mx(domain).await else { panic!("{domain}") };
            let mut best: Vec<_> = hosts[..2].iter().map(|(_, host)| host.as_str()).collect();
            best.sort_unstable();
            assert_eq!(best, ["a.many.test", "b.many.test"]);
            assert_eq!(hosts[2], (20, "c.many.test".to_owned()));
        }
        assert_eq!(resolver.mx("null.test").await, MxAnswer::NullMx);
        let one = MxAnswer::Hosts(vec![(5, "mx.odd.test".to_owned())]);
        assert_eq!(resolver.mx("odd.test").await, one);
        assert_eq!(resolver.mx("plain.test").await, MxAnswer::ImplicitA);
        assert_eq!(resolver.mx("unknown.test").await, MxAnswer::NxDomain);
        assert_eq!(resolver.mx("bad..name").await, MxAnswer::NxDomain);
        assert!(matches!(resolver.mx("broken.test").await, MxAnswer::TempFail(_)));
    }

    #[test]
    fn equal_preferences_are_shuffled() {
        let hosts: Vec<_> = (0..8).map(|n| (10, format!("mx{n}.test"))).collect();
        let orders: std::collections::HashSet<String> =
            (0..50).map(|_| format!("{:?}", mx_answer(hosts.clone()))).collect();
        assert!(orders.len() > 1, "50 times the same of 40320 orders");
    }

    #[tokio::test]
    async fn addresses_texts_and_names() {
        let long = "k=".repeat(200);
        let zone = Zone::new()
            .a("both.test", "192.0.2.1")
            .a("both.test", "192.0.2.2")
            .a("both.test", "2001:db8::1")
            .a("six.test", "2001:db8::6")
            .txt("both.test", "v=spf1 -all")
            .txt("long.test", &long)
            .cname("nowhere.test", "six.test")
            .ptr("192.0.2.1", "both.test")
            .ptr("2001:db8::1", "both.test")
            .servfail("broken.test");
        let (resolver, _server) = resolver(zone).await;
        let both = resolver.addresses("both.test").await.unwrap();
        assert_eq!(both.len(), 3);
        assert_eq!(both.iter().map(IpAddr::is_ipv6).collect::<Vec<_>>(), [true, false, false]);
        let six: Vec<IpAddr> = vec!["2001:db8::6".parse().unwrap()];
        assert_eq!(resolver.addresses("six.test").await.unwrap(), six);
        assert_eq!(resolver.addresses("nowhere.test").await.unwrap(), six);
        let unknown = resolver.addresses("unknown.test").await.unwrap_err();
        assert_eq!(unknown, ResolveError::NoSuchName("unknown.test".to_owned()));
        let broken = resolver.addresses("broken.test").await.unwrap_err();
        assert!(matches!(broken, ResolveError::Temporary { .. }));
        assert_eq!(resolver.txt("both.test").await.unwrap(), ["v=spf1 -all"]);
        assert_eq!(resolver.txt("long.test").await.unwrap(), [long]);
        let none = resolver.addresses("long.test").await.unwrap_err();
        assert_eq!(none, ResolveError::NoRecord("long.test".to_owned()));
        let none = resolver.txt("six.test").await.unwrap_err();
        assert_eq!(none, ResolveError::NoRecord("six.test".to_owned()));
        for address in ["192.0.2.1", "2001:db8::1"] {
            let names = resolver.ptr(address.parse().unwrap()).await.unwrap();
            assert_eq!(names, ["both.test"]);
        }
    }

    #[tokio::test]
    async fn answers_too_large_for_a_datagram_come_by_tcp() {
        let mut zone = Zone::new();
        for n in 0..40 {
            zone = zone.txt("large.test", &format!("{n}:{}", "x".repeat(200)));
        }
        let (resolver, _server) = resolver(zone).await;
        assert_eq!(resolver.txt("large.test").await.unwrap().len(), 40);
    }

    #[tokio::test]
    async fn services_by_priority() {
        let zone = Zone::new()
            .srv("_imaps._tcp.a.test", 20, 1, 1993, "backup.a.test")
            .srv("_imaps._tcp.a.test", 0, 5, 993, "Mail.A.test")
            .srv("_pop3s._tcp.a.test", 0, 0, 0, ".")
            .cname("_imaps._tcp.c.test", "mail.a.test")
            .a("mail.a.test", "192.0.2.1");
        let (resolver, _server) = resolver(zone).await;
        let host = |priority, weight, port, target: &str| SrvHost {
            priority,
            weight,
            port,
            target: target.to_owned(),
        };
        let both = [host(0, 5, 993, "mail.a.test"), host(20, 1, 1993, "backup.a.test")];
        assert_eq!(resolver.srv("_imaps._tcp.a.test").await.unwrap(), both);
        assert_eq!(resolver.srv("_pop3s._tcp.a.test").await.unwrap(), [host(0, 0, 0, "")]);
        let nowhere = resolver.srv("_imaps._tcp.c.test").await.unwrap_err();
        assert_eq!(nowhere, ResolveError::NoRecord("_imaps._tcp.c.test".to_owned()));
        let unknown = resolver.srv("_imap._tcp.a.test").await.unwrap_err();
        assert_eq!(unknown, ResolveError::NoSuchName("_imap._tcp.a.test".to_owned()));
    }

    #[tokio::test]
    async fn of_very_many_services_the_best_are_looked_at() {
        let ports = 1..=SRV_HOSTS_MAX as u16 + 1;
        let zone = ports.clone().rev().fold(Zone::new(), |zone, port| {
            zone.srv("_imaps._tcp.a.test", port, 1, port, "mail.a.test")
        });
        let (resolver, _server) = resolver(zone).await;
        let found = resolver.srv("_imaps._tcp.a.test").await.unwrap();
        let found: Vec<u16> = found.iter().map(|host| host.port).collect();
        assert_eq!(found, ports.take(SRV_HOSTS_MAX).collect::<Vec<_>>());
    }

    #[test]
    fn the_best_exchangers_are_looked_at() {
        for records in [MX_HOSTS_MAX, MX_HOSTS_MAX + 1] {
            let by_preference = (0..records as u16).map(|n| (n, format!("mx{n}.test")));
            let expected: Vec<_> = by_preference.clone().take(MX_HOSTS_MAX).collect();
            assert_eq!(mx_answer(by_preference.rev().collect()), MxAnswer::Hosts(expected));
        }
    }

    #[tokio::test]
    async fn of_very_many_addresses_both_families_are_looked_at() {
        let mut zone = Zone::new();
        for n in 0..=HOST_ADDRESSES_MAX {
            zone = zone.a("many.test", &format!("192.0.2.{n}"));
            zone = zone.a("many.test", &format!("2001:db8::{n}"));
        }
        let (resolver, _server) = resolver(zone).await;
        let addresses = resolver.addresses("many.test").await.unwrap();
        assert_eq!(addresses.len(), HOST_ADDRESSES_MAX);
        assert_eq!(addresses.iter().filter(|ip| ip.is_ipv6()).count(), HOST_ADDRESSES_MAX / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_name_server_is_asked_a_few_times_and_not_waited_for() {
        let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let resolver = Resolver::with_server(silent.local_addr().unwrap()).unwrap();
        let began = tokio::time::Instant::now();
        assert!(matches!(resolver.mx("example.test").await, MxAnswer::TempFail(_)));
        let expected = DNS_TIMEOUT_SECS * DNS_ATTEMPTS_MAX as u64;
        assert_eq!(began.elapsed().as_secs(), expected);
    }
}
