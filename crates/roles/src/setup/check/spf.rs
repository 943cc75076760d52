//! Whether SPF lets an address send for a domain: check_host() of RFC 7208 section 4, as far as
//! records of mail servers go.
//!
//! What it is not: `exists`, `ptr` and macros depend on the message or on its sender; a record
//! that comes to them before it has decided is not judged.

use std::net::IpAddr;
use std::pin::Pin;

use net::resolve::ResolveError;
use net::{MxAnswer, Resolver};
use types::IpRange;
use types::limits::SPF_LOOKUPS_MAX;

/// What the record says of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It may send; by this term.
    Pass(String),
    /// It may not; by this term, or by none.
    NotPass(Option<String>),
    /// It depends on what is not known here: this term.
    Undecided(String),
    /// Verifiers reject the record (permerror), or could not have answered (temperror).
    Error(String),
}

/// One address that is looked at.
pub(super) struct Spf<'r> {
    resolver: &'r Resolver,
    address: IpAddr,
    /// Terms that ask DNS (RFC 7208 section 4.6.4).
    lookups: usize,
}

/// A term: `[qualifier] mechanism [":" value] ["/" lengths]`, or `name "=" value`.
struct Term<'t> {
    passes: bool,
    name: String,
    value: Option<&'t str>,
    lengths: &'t str,
}

/// The SPF records among the texts of a name (RFC 7208 section 4.5).
pub(super) fn records(texts: &[String]) -> Vec<&str> {
    let is_spf =
        |text: &&str| text.split(' ').next().is_some_and(|v| v.eq_ignore_ascii_case("v=spf1"));
    texts.iter().map(String::as_str).filter(is_spf).collect()
}

impl<'r> Spf<'r> {
    pub fn new(resolver: &'r Resolver, address: IpAddr) -> Self {
        Spf { resolver, address, lookups: 0 }
    }

    /// What the record of this domain says.
    pub async fn evaluate(&mut self, domain: &str, record: &str) -> Answer {
        let mut redirect = None;
        for text in record.split(' ').skip(1).filter(|text| !text.is_empty()) {
            if let Some((name, value)) = modifier(text) {
                redirect = redirect.or(name.eq_ignore_ascii_case("redirect").then_some(value));
                continue;
            }
            let term = Term::parse(text);
            match self.matches(domain, &term).await {
                Ok(true) if term.passes => return Answer::Pass(text.to_owned()),
                Ok(true) => return Answer::NotPass(Some(text.to_owned())),
                Ok(false) => {}
                Err(Answer::Undecided(_)) => return Answer::Undecided(text.to_owned()),
                Err(answer) => return answer,
            }
        }
        match redirect {
            Some(target) => self.of_domain(target).await,
            None => Answer::NotPass(None),
        }
    }

    /// Whether a mechanism is about the address.
    async fn matches(&mut self, domain: &str, term: &Term<'_>) -> Result<bool, Answer> {
        let value = term.value.unwrap_or(domain);
        if value.contains('%') {
            return Err(Answer::Undecided(String::new()));
        }
        match term.name.as_str() {
            "all" => Ok(true),
            "ip4" | "ip6" => self.within(value, term.lengths),
            "a" => {
                self.count()?;
                let addresses = self.addresses(value).await?;
                self.any_near(&addresses, term.lengths)
            }
            "mx" => {
                self.count()?;
                let addresses = self.exchangers(value).await?;
                self.any_near(&addresses, term.lengths)
            }
            "include" => match self.of_domain(value).await {
                Answer::Pass(_) => Ok(true),
                Answer::NotPass(_) => Ok(false),
                other => Err(other),
            },
            "exists" | "ptr" => Err(Answer::Undecided(String::new())),
            other => Err(Answer::Error(format!("{other} is no mechanism"))),
        }
    }

    /// What the record of another domain says.
    fn of_domain<'s>(
        &'s mut self,
        domain: &'s str,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 's>> {
        Box::pin(async move {
            if let Err(answer) = self.count() {
                return answer;
            }
            let texts = match self.resolver.txt(domain).await {
                Ok(texts) => texts,
                Err(error) => return Answer::Error(error.to_string()),
            };
            match records(&texts)[..] {
                [record] => self.evaluate(domain, record).await,
                [] => Answer::Error(format!("{domain} has no SPF record")),
                _ => Answer::Error(format!("{domain} has several SPF records")),
            }
        })
    }

    fn count(&mut self) -> Result<(), Answer> {
        self.lookups += 1;
        match self.lookups > SPF_LOOKUPS_MAX {
            true => Err(Answer::Error(format!("more than {SPF_LOOKUPS_MAX} terms ask DNS"))),
            false => Ok(()),
        }
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Answer> {
        match self.resolver.addresses(host).await {
            Ok(addresses) => Ok(addresses),
            Err(error @ ResolveError::Temporary { .. }) => Err(Answer::Error(error.to_string())),
            Err(_) => Ok(Vec::new()),
        }
    }

    async fn exchangers(&self, domain: &str) -> Result<Vec<IpAddr>, Answer> {
        let hosts = match self.resolver.mx(domain).await {
            MxAnswer::Hosts(hosts) => hosts,
            MxAnswer::TempFail(reason) => return Err(Answer::Error(reason)),
            MxAnswer::NullMx | MxAnswer::ImplicitA | MxAnswer::NxDomain => Vec::new(),
        };
        let mut addresses = Vec::new();
        for (_, host) in hosts {
            addresses.extend(self.addresses(&host).await?);
        }
        Ok(addresses)
    }

    /// `ip4` and `ip6`.
    fn within(&self, network: &str, lengths: &str) -> Result<bool, Answer> {
        let range = format!("{network}{lengths}").parse::<IpRange>();
        let range = range.map_err(|error| Answer::Error(format!("{network}{lengths}: {error}")))?;
        Ok(range.contains(self.address))
    }

    /// Whether one of the addresses is ours, or as near as the lengths of a prefix say.
    fn any_near(&self, addresses: &[IpAddr], lengths: &str) -> Result<bool, Answer> {
        let (v4, v6) = prefixes(lengths)
            .ok_or_else(|| Answer::Error(format!("{lengths} is no prefix length")))?;
        Ok(addresses.iter().any(|address| {
            let prefix = if address.is_ipv4() { v4 } else { v6 };
            IpRange::network(*address, prefix).is_ok_and(|range| range.contains(self.address))
        }))
    }
}

impl<'t> Term<'t> {
    fn parse(text: &'t str) -> Self {
        let bare = text.strip_prefix(['+', '-', '~', '?']);
        let (body, lengths) = match bare.unwrap_or(text).split_once('/') {
            Some((body, _)) => bare.unwrap_or(text).split_at(body.len()),
            None => (bare.unwrap_or(text), ""),
        };
        let (name, value) = match body.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        let passes = bare.is_none() || text.starts_with('+');
        Term { passes, name: name.to_ascii_lowercase(), value, lengths }
    }
}

/// `modifier = name "=" macro-string`; mechanisms have no equals sign before a colon.
fn modifier(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(name, _)| !name.contains([':', '/']))
}

/// `dual-cidr-length = [ "/" ip4 ] [ "//" ip6 ]`; whole addresses without it.
fn prefixes(lengths: &str) -> Option<(u8, u8)> {
    let (v4, v6) = match lengths.split_once("//") {
        Some((v4, v6)) => (v4, v6.parse().ok()?),
        None => (lengths, 128),
    };
    match v4.strip_prefix('/') {
        Some(v4) => Some((v4.parse().ok().filter(|v4| *v4 <= 32)?, v6)),
        None => v4.is_empty().then_some((32, v6)),
    }
    .filter(|(_, v6)| *v6 <= 128)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use net::testing::Zone;

    fn zone() -> Zone {
        Zone::new()
            .mx("contoso.com", 10, "mail.contoso.com")
            .a("mail.contoso.com", "192.0.2.25")
            .a("mail.contoso.com", "2001:db8::25")
            .a("contoso.com", "192.0.2.80")
            .txt("sender.test", "v=spf1 ip4:192.0.2.0/24 -all")
            .txt("loop.test", "v=spf1 include:loop.test -all")
            .txt("two.test", "v=spf1 -all")
            .txt("two.test", "V=SPF1 +all")
            .servfail("broken.test")
    }

    fn pass(term: &str) -> Answer {
        Answer::Pass(term.to_owned())
    }

    fn not_pass(term: &str) -> Answer {
        Answer::NotPass(Some(term.to_owned()))
    }

    #[tokio::test]
    async fn what_records_say_of_an_address() {
        let server = zone().serve().await.unwrap();
        let resolver = Resolver::with_server(server.address()).unwrap();
        for (record, address, expected) in [
            ("v=spf1 mx -all", "192.0.2.25", pass("mx")),
            ("v=spf1 MX -all", "2001:db8::25", pass("MX")),
            ("v=spf1 mx -all", "192.0.2.26", not_pass("-all")),
            ("v=spf1 -mx +all", "192.0.2.25", not_pass("-mx")),
            ("v=spf1 a -all", "192.0.2.80", pass("a")),
            ("v=spf1 a ~all", "192.0.2.25", not_pass("~all")),
            ("v=spf1 a/24 -all", "192.0.2.25", pass("a/24")),
            ("v=spf1 a:mail.contoso.com -all", "192.0.2.25", pass("a:mail.contoso.com")),
            ("v=spf1 mx//64 -all", "2001:db8::99", pass("mx//64")),
            ("v=spf1 mx/24//64 -all", "192.0.2.99", pass("mx/24//64")),
            ("v=spf1 ip4:192.0.2.25 -all", "192.0.2.25", pass("ip4:192.0.2.25")),
            ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::25", pass("ip6:2001:db8::/32")),
            ("v=spf1 include:sender.test -all", "192.0.2.25", pass("include:sender.test")),
            ("v=spf1 include:sender.test ?all", "198.51.100.1", not_pass("?all")),
            ("v=spf1 redirect=sender.test", "192.0.2.25", pass("ip4:192.0.2.0/24")),
            ("v=spf1 exp=why.test", "192.0.2.25", Answer::NotPass(None)),
            ("v=spf1 exists:%{i}.test -all", "192.0.2.25", undecided("exists:%{i}.test")),
            ("v=spf1 mx ptr -all", "192.0.2.25", pass("mx")),
            ("v=spf1 ptr -all", "192.0.2.25", undecided("ptr")),
        ] {
            let mut spf = Spf::new(&resolver, address.parse().unwrap());
            assert_eq!(spf.evaluate("contoso.com", record).await, expected, "{record} {address}");
        }
    }

    fn undecided(term: &str) -> Answer {
        Answer::Undecided(term.to_owned())
    }

    #[tokio::test]
    async fn records_that_verifiers_reject() {
        let server = zone().serve().await.unwrap();
        let resolver = Resolver::with_server(server.address()).unwrap();
        for (record, reason) in [
            ("v=spf1 include:loop.test", "terms ask DNS"),
            ("v=spf1 include:two.test", "several SPF records"),
            ("v=spf1 include:mail.contoso.com", "no such record"),
            ("v=spf1 include:broken.test", "name service failed"),
            ("v=spf1 a:broken.test", "name service failed"),
            ("v=spf1 mx:broken.test", "name service failed"),
            ("v=spf1 ip4:192.0.2.999", "not an IP address"),
            ("v=spf1 a/33", "no prefix length"),
            ("v=spf1 server", "no mechanism"),
        ] {
            let mut spf = Spf::new(&resolver, "192.0.2.1".parse().unwrap());
            match spf.evaluate("contoso.com", record).await {
                Answer::Error(said) => assert!(said.contains(reason), "{record}: {said}"),
                other => panic!("{record}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn only_so_many_terms_may_ask_dns() {
        let server = zone().serve().await.unwrap();
        let resolver = Resolver::with_server(server.address()).unwrap();
        let said = async |terms: usize| {
            let record = format!("v=spf1{} ip4:198.51.100.1 -all", " a".repeat(terms));
            let mut spf = Spf::new(&resolver, "198.51.100.1".parse().unwrap());
            spf.evaluate("contoso.com", &record).await
        };
        assert_eq!(said(SPF_LOOKUPS_MAX).await, pass("ip4:198.51.100.1"));
        assert!(matches!(said(SPF_LOOKUPS_MAX + 1).await, Answer::Error(_)));
    }

    #[test]
    fn only_whole_versions_count() {
        let texts = ["v=spf1", "v=spf10 -all", "v=spf1 -all", "x v=spf1"].map(str::to_owned);
        assert_eq!(records(&texts), ["v=spf1", "v=spf1 -all"]);
    }
}
