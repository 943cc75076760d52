//! The DNS records of a mail domain: which there should be, and how a zone file writes them.
//!
//! MX, A and AAAA (RFC 5321 section 5), SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), SRV for
//! mail programs (RFC 6186, RFC 8314 section 5.1). DMARC begins with reports only.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use types::{Address, Domain};

use super::clients::ClientService;

/// Octets of one string of a TXT record (RFC 1035 section 3.3.14).
const STRING_OCTETS_MAX: usize = 255;
const MX_PREFERENCE: u16 = 10;
/// All mail of the domain comes from where it goes to, and nothing from elsewhere.
const SPF_OF_DOMAIN: &str = "v=spf1 mx -all";
/// The server introduces itself by its own name (RFC 7208 section 2.3).
const SPF_OF_SERVER: &str = "v=spf1 a -all";

/// A resource record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner, as an absolute name.
    pub name: String,
    /// Type and content.
    pub data: Data,
}

/// Type and content of a record; names are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Where mail goes.
    Mx {
        /// Lower ones are tried first.
        preference: u16,
        /// The server.
        host: String,
    },
    /// Text, strings of a record joined.
    Txt(String),
    /// Where a service is.
    Srv {
        /// Lower ones are tried first.
        priority: u16,
        /// Share among those of one priority.
        weight: u16,
        /// The port.
        port: u16,
        /// The server.
        target: String,
    },
}

/// What the records say.
#[derive(Clone, Debug)]
pub struct Facts<'f> {
    /// The mail domain.
    pub domain: &'f Domain,
    /// The server's name.
    pub server: &'f Domain,
    /// Where the Internet reaches it, as far as it is known.
    pub addresses: &'f [IpAddr],
    /// Name and content of the records with the DKIM keys.
    pub keys: &'f [(String, String)],
    /// Services that are switched on.
    pub services: &'f [ClientService],
    /// Who gets reports.
    pub administrator: &'f Address,
}

/// All records there should be, but for the reverse ones, which belong to others' zones.
pub fn wanted(facts: &Facts<'_>) -> Vec<Record> {
    let mut records = vec![mx(facts)];
    records.extend(facts.public_addresses().map(|address| host(facts, address)));
    records.extend(policies(facts));
    records.extend(facts.keys.iter().map(|(name, key)| txt(name.clone(), key)));
    records.extend(facts.services.iter().map(|service| srv(facts, service)));
    records
}

fn mx(facts: &Facts<'_>) -> Record {
    let data = Data::Mx { preference: MX_PREFERENCE, host: absolute(facts.server) };
    Record { name: absolute(facts.domain), data }
}

fn host(facts: &Facts<'_>, address: IpAddr) -> Record {
    let data = match address {
        IpAddr::V4(v4) => Data::A(v4),
        IpAddr::V6(v6) => Data::Aaaa(v6),
    };
    Record { name: absolute(facts.server), data }
}

/// SPF and DMARC.
fn policies(facts: &Facts<'_>) -> Vec<Record> {
    let (domain, server) = (absolute(facts.domain), absolute(facts.server));
    let dmarc = format!("v=DMARC1; p=none; rua=mailto:{}", facts.administrator.to_ascii());
    let mut records = vec![txt(domain.clone(), SPF_OF_DOMAIN)];
    if server != domain {
        records.push(txt(server, SPF_OF_SERVER));
    }
    records.push(txt(format!("_dmarc.{domain}"), &dmarc));
    records
}

fn srv(facts: &Facts<'_>, service: &ClientService) -> Record {
    let ClientService { srv, priority, port, .. } = *service;
    let data =
        Data::Srv { priority, weight: 1, port: port.number(), target: absolute(facts.server) };
    Record { name: format!("_{srv}._tcp.{}", absolute(facts.domain)), data }
}

fn txt(name: String, text: &str) -> Record {
    Record { name, data: Data::Txt(text.to_owned()) }
}

fn absolute(domain: &Domain) -> String {
    format!("{}.", domain.to_ascii())
}

impl Facts<'_> {
    /// A host can listen on addresses that the Internet cannot reach.
    fn public_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().copied().filter(is_public)
    }
}

/// Whether the Internet may reach an address: none of this host, of its link or of a private
/// network (RFC 1918, RFC 4193).
pub(super) fn is_public(address: &IpAddr) -> bool {
    let is_private = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    !is_private && !address.is_unspecified() && !address.is_loopback()
}

/// The records as lines of a zone file, and as comments what only others know or can set.
pub fn zone(facts: &Facts<'_>) -> String {
    let records = wanted(facts);
    let width = records.iter().map(|record| record.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Record { name, data } in &records {
        text.push_str(&format!("{name:width$}  IN  {data}\n"));
    }
    text.push_str(&unknown_addresses(facts));
    text.push_str(&reverse(facts));
    text
}

fn unknown_addresses(facts: &Facts<'_>) -> String {
    match facts.public_addresses().next() {
        Some(_) => String::new(),
        None => format!(
            "; {server}  IN  A     and  IN  AAAA: the addresses by which the Internet reaches it\n",
            server = absolute(facts.server)
        ),
    }
}

fn reverse(facts: &Facts<'_>) -> String {
    let server = absolute(facts.server);
    let lines = facts.public_addresses().map(|it| format!("; {}  IN  PTR   {server}\n", arpa(it)));
    let lines: String = lines.collect();
    let about = "; Set by whoever gave you the addresses; many servers refuse mail without it:\n";
    match lines.is_empty() {
        true => format!("{about}; the addresses' names  IN  PTR   {server}\n"),
        false => format!("{about}{lines}"),
    }
}

/// The name of an address (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn arpa(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(v6) => {
            let digits = format!("{:032x}", u128::from(v6));
            let labels: String = digits.chars().rev().flat_map(|digit| [digit, '.']).collect();
            format!("{labels}ip6.arpa.")
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::A(address) => write!(f, "A     {address}"),
            Data::Aaaa(address) => write!(f, "AAAA  {address}"),
            Data::Mx { preference, host } => write!(f, "MX    {preference} {host}"),
            Data::Txt(text) => write!(f, "TXT   {}", strings(text)),
            Data::Srv { priority, weight, port, target } => {
                write!(f, "SRV   {priority} {weight} {port} {target}")
            }
        }
    }
}

/// A text as quoted strings, none above 255 octets. What we write is ASCII without quotes.
fn strings(text: &str) -> String {
    let strings = text.as_bytes().chunks(STRING_OCTETS_MAX);
    let quoted = strings.map(|string| format!("\"{}\"", String::from_utf8_lossy(string)));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use expect_test::expect;
    use ports::listeners::{IMAP4_TLS, SUBMISSION_TLS};

    const PRIVATE: [&str; 7] =
        ["127.0.0.1", "0.0.0.0", "10.0.0.5", "192.168.1.5", "169.254.0.5", "fd00::5", "fe80::5"];

    /// A zone of these names, with one key and two services.
    fn zone_of(domain: &str, server: &str, addresses: &[&str]) -> String {
        let name = |text: &str| Domain::parse(text).unwrap();
        let key = format!("v=DKIM1; k=rsa; p={}", "x".repeat(392));
        let service =
            |listener, srv| ClientService { listener, port: listener.port(), srv, priority: 0 };
        let facts = Facts {
            domain: &name(domain),
            server: &name(server),
            addresses: &addresses.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>(),
            keys: &[("202611r._domainkey.contoso.com.".to_owned(), key)],
            services: &[service(&IMAP4_TLS, "imaps"), service(&SUBMISSION_TLS, "submissions")],
            administrator: &Address::parse("ann@contoso.com").unwrap(),
        };
        zone(&facts)
    }

    #[test]
    fn the_records_of_a_server_with_addresses() {
        let zone = zone_of("contoso.com", "mail.contoso.com", &["192.0.2.25", "2001:db8::25"]);
        expect![[r#"
            contoso.com.                     IN  MX    10 mail.contoso.com.
            mail.contoso.com.                IN  A     192.0.2.25
            mail.contoso.com.                IN  AAAA  2001:db8::25
            contoso.com.                     IN  TXT   "v=spf1 mx -all"
            mail.contoso.com.                IN  TXT   "v=spf1 a -all"
            _dmarc.contoso.com.              IN  TXT   "v=DMARC1; p=none; rua=mailto:ann@contoso.com"
            202611r._domainkey.contoso.com.  IN  TXT   "v=DKIM1; k=rsa; p=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            _imaps._tcp.contoso.com.         IN  SRV   0 1 993 mail.contoso.com.
            _submissions._tcp.contoso.com.   IN  SRV   0 1 465 mail.contoso.com.
            ; Set by whoever gave you the addresses; many servers refuse mail without it:
            ; 25.2.0.192.in-addr.arpa.  IN  PTR   mail.contoso.com.
            ; 5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.  IN  PTR   mail.contoso.com.
        "#]].assert_eq(&zone);
    }

    #[test]
    fn addresses_that_nobody_reaches_are_left_to_the_reader() {
        let zone = zone_of("contoso.com", "contoso.com", &PRIVATE);
        expect![[r#"
            contoso.com.                     IN  MX    10 contoso.com.
            contoso.com.                     IN  TXT   "v=spf1 mx -all"
            _dmarc.contoso.com.              IN  TXT   "v=DMARC1; p=none; rua=mailto:ann@contoso.com"
            202611r._domainkey.contoso.com.  IN  TXT   "v=DKIM1; k=rsa; p=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            _imaps._tcp.contoso.com.         IN  SRV   0 1 993 contoso.com.
            _submissions._tcp.contoso.com.   IN  SRV   0 1 465 contoso.com.
            ; contoso.com.  IN  A     and  IN  AAAA: the addresses by which the Internet reaches it
            ; Set by whoever gave you the addresses; many servers refuse mail without it:
            ; the addresses' names  IN  PTR   contoso.com.
        "#]].assert_eq(&zone);
    }

    #[test]
    fn names_beyond_ascii_are_written_for_dns() {
        let zone = zone_of("bücher.example", "mail.bücher.example", &[]);
        assert!(zone.starts_with("xn--bcher-kva.example. "), "{zone}");
        assert!(zone.is_ascii(), "{zone}");
    }

    #[test]
    fn strings_of_a_text_have_at_most_255_octets_and_lose_nothing() {
        for length in [1, 254, 255, 256, 510, 511] {
            let text = "k".repeat(length);
            let written = strings(&text);
            let parts: Vec<&str> = written.split(' ').map(|part| part.trim_matches('"')).collect();
            assert_eq!(parts.concat(), text);
            assert!(parts.iter().all(|part| part.len() <= STRING_OCTETS_MAX), "{length}");
        }
    }
}
