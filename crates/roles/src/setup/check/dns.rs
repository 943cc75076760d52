//! Whether DNS says what [`records::wanted`] would have it say. Compared is what a record means:
//! another way to say the same is as good.

use std::net::IpAddr;

use net::resolve::{ResolveError, SrvHost};
use net::{MxAnswer, Resolver};
use types::Domain;

use super::Finding;
use super::spf::{self, Answer, Spf};
use crate::setup::records::{self, Data, Facts, Record};

/// DNS as it is, and the server it should lead to.
pub(super) struct Dns<'d> {
    resolver: &'d Resolver,
    /// The server's name, in ASCII form.
    server: String,
    /// What DNS has for the server's name.
    addresses: Result<Vec<IpAddr>, ResolveError>,
}

const ASK_AGAIN: &str = "look whether the domain's name servers answer, and check again";

impl<'d> Dns<'d> {
    /// Asks for the server's addresses.
    pub async fn new(resolver: &'d Resolver, server: &Domain) -> Self {
        let server = server.to_ascii();
        let addresses = resolver.addresses(&server).await;
        Dns { resolver, server, addresses }
    }

    /// The server's addresses, as far as DNS has them.
    pub fn addresses(&self) -> &[IpAddr] {
        self.addresses.as_deref().unwrap_or_default()
    }

    /// What is wrong, when nobody answers at all: then each further question is waited for in vain.
    pub fn silence(&self) -> Option<Finding> {
        let reason = self.resolver.silence().reason.filter(|_| self.addresses.is_err())?;
        let advice = "look at the name servers of this host ([resolver], /etc/resolv.conf)";
        Some(Finding::failed("DNS", format!("no answer: {reason}"), advice))
    }

    /// The addresses of the server; `own` are those it listens on, if it does not on all.
    pub fn server(&self, own: &[IpAddr]) -> Finding {
        let subject = format!("A/AAAA {}", self.server);
        let advice = match own.iter().find(|own| records::is_public(own)) {
            Some(own) => format!("add an address record of {} with {own}", self.server),
            None => format!("add address records of {} with its public addresses", self.server),
        };
        let addresses = match &self.addresses {
            Ok(addresses) => addresses,
            Err(error) => return unanswered(subject, error, &advice),
        };
        let found = listed(addresses);
        // A server that has private ones alone stands behind a router that has the others.
        let knows = own.iter().any(records::is_public);
        let strange = |address: &&IpAddr| knows && !own.contains(address);
        if let Some(private) = addresses.iter().find(|address| !records::is_public(address)) {
            let advice = format!("the Internet does not reach {private}: name a public address");
            return Finding::warning(subject, found, advice);
        }
        if let Some(strange) = addresses.iter().find(strange) {
            let advice = format!("the server does not listen on {strange}: is it another one's?");
            return Finding::warning(subject, found, advice);
        }
        Finding::ok(subject, found)
    }

    /// What one domain should have, but for the addresses.
    pub async fn domain(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for record in records::wanted(facts) {
            findings.extend(self.record(facts.domain, &record).await);
        }
        findings
    }

    async fn record(&self, domain: &Domain, wanted: &Record) -> Option<Finding> {
        let name = wanted.name.trim_end_matches('.');
        Some(match &wanted.data {
            Data::A(_) | Data::Aaaa(_) => return None,
            Data::Mx { .. } => self.mx(name, wanted).await,
            Data::Srv { port, .. } => self.srv(name, *port, wanted).await,
            Data::Txt(_) if name.starts_with("_dmarc.") => self.dmarc(name, wanted).await,
            Data::Txt(key) if key.starts_with("v=DKIM1") => self.dkim(name, key, wanted).await,
            Data::Txt(_) => self.spf(name, name == domain.to_ascii(), wanted).await,
        })
    }

    async fn mx(&self, domain: &str, wanted: &Record) -> Finding {
        let subject = format!("MX {domain}");
        let mut hosts = match self.resolver.mx(domain).await {
            MxAnswer::Hosts(hosts) => hosts,
            MxAnswer::NullMx => return Finding::failed(subject, "0 .", replace(wanted)),
            MxAnswer::NxDomain => {
                return Finding::failed(subject, "no such domain", add(wanted));
            }
            MxAnswer::TempFail(reason) => return Finding::failed(subject, reason, ASK_AGAIN),
            MxAnswer::ImplicitA if self.leads_here(domain).await => {
                let found = "no record; mail comes by the domain's address";
                return Finding::warning(subject, found, add(wanted));
            }
            MxAnswer::ImplicitA => return Finding::failed(subject, "no record", add(wanted)),
        };
        hosts.sort();
        let best = hosts.first().map(|(preference, _)| *preference);
        let mut here = None;
        for (preference, host) in &hosts {
            if here.is_none() && self.leads_here(host).await {
                here = Some(*preference);
            }
        }
        let found: Vec<_> = hosts.iter().map(|(rank, host)| format!("{rank} {host}")).collect();
        let found = found.join(", ");
        match here {
            None => Finding::failed(subject, found, replace(wanted)),
            here if here == best => Finding::ok(subject, found),
            Some(_) => {
                Finding::warning(subject, found, "mail goes to the others first: is that meant?")
            }
        }
    }

    /// Whether a host is this server, by its name or by an address.
    async fn leads_here(&self, host: &str) -> bool {
        if host.eq_ignore_ascii_case(&self.server) {
            return true;
        }
        let addresses = self.resolver.addresses(host).await.unwrap_or_default();
        addresses.iter().any(|address| self.addresses().contains(address))
    }

    /// Other servers ask for the sender's domain; for the server's name only in reports.
    async fn spf(&self, domain: &str, has_mail: bool, wanted: &Record) -> Finding {
        let subject = format!("SPF {domain}");
        let texts = match self.texts(domain).await {
            Ok(texts) => texts,
            Err(error) => return unanswered(subject, &error, &add(wanted)),
        };
        match spf::records(&texts)[..] {
            [] if !has_mail => Finding::warning(subject, "no record", add(wanted)),
            [] => Finding::failed(subject, "no record", add(wanted)),
            [record] => self.spf_record(subject, domain, record, wanted).await,
            _ => Finding::failed(subject, "several records: none counts", "leave one of them"),
        }
    }

    async fn spf_record(
        &self,
        subject: String,
        domain: &str,
        record: &str,
        wanted: &Record,
    ) -> Finding {
        if self.addresses().is_empty() {
            let advice = "give the server's name an address first";
            return Finding::not_checked(subject, record, advice);
        }
        for address in self.addresses() {
            let found = |why: &str| format!("{why}: {record}");
            match Spf::new(self.resolver, *address).evaluate(domain, record).await {
                Answer::Pass(term) if term.trim_start_matches('+') == "all" => {
                    let found = found("everybody may send for the domain");
                    return Finding::warning(subject, found, replace(wanted));
                }
                Answer::Pass(_) => {}
                Answer::NotPass(_) => {
                    let found = found(&format!("{address} may not send"));
                    return Finding::failed(subject, found, replace(wanted));
                }
                Answer::Undecided(term) => {
                    let found = found(&format!("{term} depends on the message"));
                    let advice = "send a message, and see what its receiver says of SPF";
                    return Finding::warning(subject, found, advice);
                }
                Answer::Error(why) => {
                    return Finding::failed(subject, found(&why), replace(wanted));
                }
            }
        }
        Finding::ok(subject, record)
    }

    /// Domains below another one go by its record (RFC 7489 section 6.6.3).
    async fn dmarc(&self, name: &str, wanted: &Record) -> Finding {
        let domain = name.trim_start_matches("_dmarc.");
        let subject = format!("DMARC {domain}");
        let mut at = Some(domain);
        while let Some(domain) = at.filter(|domain| domain.contains('.')) {
            let texts = match self.texts(&format!("_dmarc.{domain}")).await {
                Ok(texts) => texts,
                Err(error) => return unanswered(subject, &error, &add(wanted)),
            };
            let policies = texts.iter().filter(|text| tag(text, "v") == Some("DMARC1".to_owned()));
            match policies.collect::<Vec<_>>()[..] {
                [] => at = domain.split_once('.').map(|(_, above)| above),
                [policy] if tag(policy, "p").is_some() => return Finding::ok(subject, policy),
                [policy] => return Finding::warning(subject, policy, replace(wanted)),
                _ => {
                    let found = "several records: none counts";
                    return Finding::warning(subject, found, "leave one of them");
                }
            }
        }
        Finding::warning(subject, "no record", add(wanted))
    }

    async fn dkim(&self, name: &str, key: &str, wanted: &Record) -> Finding {
        let subject = format!("DKIM {name}");
        let texts = match self.texts(name).await {
            Ok(texts) => texts,
            Err(error) => return unanswered(subject, &error, &add(wanted)),
        };
        match &texts[..] {
            [] => Finding::failed(subject, "no record", add(wanted)),
            [found] if is_same_key(found, key) => Finding::ok(subject, "the key of this server"),
            [found] if tag(found, "p").as_deref() == Some("") => {
                Finding::failed(subject, "the key is revoked", replace(wanted))
            }
            [_] => Finding::failed(subject, "another key", replace(wanted)),
            _ => Finding::failed(subject, "several records: none counts", replace(wanted)),
        }
    }

    async fn srv(&self, name: &str, port: u16, wanted: &Record) -> Finding {
        let subject = format!("SRV {name}");
        let hosts = match self.resolver.srv(name).await {
            Ok(hosts) => hosts,
            Err(ResolveError::NoSuchName(_) | ResolveError::NoRecord(_)) => {
                return Finding::warning(subject, "no record", add(wanted));
            }
            Err(error) => return unanswered(subject, &error, &add(wanted)),
        };
        let shown = |host: &SrvHost| {
            format!("{} {} {} {}.", host.priority, host.weight, host.port, host.target)
        };
        let found = hosts.iter().map(shown).collect::<Vec<_>>().join(", ");
        for host in &hosts {
            if host.port == port && self.leads_here(&host.target).await {
                return Finding::ok(subject, found);
            }
        }
        Finding::failed(subject, found, replace(wanted))
    }

    /// The name of an address, as its reverse zone has it.
    pub async fn reverse(&self, address: IpAddr) -> Finding {
        let subject = format!("PTR {address}");
        let arpa = records::arpa(address);
        let advice = format!(
            "whoever gave you the address sets {arpa} PTR {}.: many servers refuse mail without it",
            self.server
        );
        if !records::is_public(&address) {
            let advice = "look at it where the address is public";
            return Finding::not_checked(
                subject,
                "an address that the Internet does not know",
                advice,
            );
        }
        let names = match self.resolver.ptr(address).await {
            Ok(names) => names,
            Err(error) => return unanswered(subject, &error, &advice),
        };
        let found = names.join(", ");
        if names.iter().any(|name| name.eq_ignore_ascii_case(&self.server)) {
            return Finding::ok(subject, found);
        }
        for name in &names {
            if self.resolver.addresses(name).await.is_ok_and(|back| back.contains(&address)) {
                let advice =
                    format!("better {}, by which the server introduces itself", self.server);
                return Finding::warning(subject, found, advice);
            }
        }
        Finding::failed(subject, found, advice)
    }

    /// The texts of a name; none where there is no such name.
    async fn texts(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        match self.resolver.txt(name).await {
            Err(ResolveError::NoSuchName(_) | ResolveError::NoRecord(_)) => Ok(Vec::new()),
            answer => answer,
        }
    }
}

/// A question without records: there are none, or nobody said so.
fn unanswered(subject: String, error: &ResolveError, advice: &str) -> Finding {
    match error {
        ResolveError::Temporary { .. } => Finding::failed(subject, error.to_string(), ASK_AGAIN),
        ResolveError::NoSuchName(_) | ResolveError::NoRecord(_) | ResolveError::BadName(_) => {
            Finding::failed(subject, "no record", advice)
        }
    }
}

fn is_same_key(found: &str, wanted: &str) -> bool {
    let kind = |text| tag(text, "k").unwrap_or_else(|| "rsa".to_owned());
    tag(found, "v").is_none_or(|version| version == "DKIM1")
        && kind(found) == kind(wanted)
        && tag(found, "p") == tag(wanted, "p")
}

/// A value of `tag-list = tag-spec *( ";" tag-spec )` (RFC 6376 section 3.2), without white
/// space, which may be anywhere in a key.
fn tag(text: &str, name: &str) -> Option<String> {
    let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
    let (_, value) = tags.find(|(tag, _)| tag.trim() == name)?;
    Some(value.split_whitespace().collect())
}

fn add(record: &Record) -> String {
    format!("add {}", line(record))
}

fn replace(record: &Record) -> String {
    format!("it should be {}", line(record))
}

/// As a zone file has it, without columns.
fn line(record: &Record) -> String {
    let data = record.data.to_string();
    let (kind, content) = data.split_once(' ').unwrap_or((&data, ""));
    format!("{} IN {kind} {}", record.name, content.trim_start())
}

fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ")
}
