//! Send connectors, as far as the pipeline needs them: which domains they take, how large,
//! and whether they deliver by DNS or to smart hosts. Ports, TLS and logins are the business
//! of who opens the connection; crate `config` has the form in the file.

use std::str::FromStr;

use types::Domain;

/// Identity of a connector; the third part of a [`NextHopSolutionKey`](crate::NextHopSolutionKey).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectorGuid(pub [u8; 16]);

/// A Send connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendConnector {
    /// Never changes.
    pub guid: ConnectorGuid,
    /// Unique; breaks ties between equal address spaces.
    pub name: String,
    /// Off: not chosen for new mail.
    pub enabled: bool,
    /// The domains it takes.
    pub address_spaces: Vec<AddressSpace>,
    /// Where to send; empty means by the recipient domain's MX records (DNSRoutingEnabled).
    pub smart_hosts: Vec<String>,
    /// MaxMessageSize; none is unlimited.
    pub max_message_octets: Option<u64>,
    /// SmtpMaxMessagesPerConnection.
    pub messages_per_connection: usize,
}

/// `Type:Space;Cost`, type SMTP: the domains of a connector and what they cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    /// Which domains.
    pub pattern: DomainPattern,
    /// 1..=100; the cheapest of equally specific spaces wins.
    pub cost: u8,
}

/// `*`, `*.example.test` or `example.test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainPattern {
    /// Every domain.
    All,
    /// The domains below this one. The domain itself too, as Exchange has it.
    Subdomains(Domain),
    /// This domain.
    Exact(Domain),
}

/// Cost of an address space that names none.
const COST_DEFAULT: u8 = 1;
/// The largest cost.
const COST_MAX: u8 = 100;

/// The text is no SMTP address space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address space of the form SMTP:domain;cost")]
pub struct BadAddressSpace(String);

impl DomainPattern {
    /// How well the pattern fits: larger is more specific, none is no match.
    pub fn specificity(&self, domain: &Domain) -> Option<Specificity> {
        match self {
            DomainPattern::All => Some(Specificity(0)),
            DomainPattern::Subdomains(parent) if domain.is_within(parent) => {
                Some(Specificity(labels(parent)))
            }
            DomainPattern::Exact(own) if own == domain => Some(Specificity(usize::MAX)),
            _ => None,
        }
    }
}

/// Order of address spaces that match one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity(usize);

fn labels(domain: &Domain) -> usize {
    domain.as_str().split('.').count()
}

impl FromStr for AddressSpace {
    type Err = BadAddressSpace;

    fn from_str(text: &str) -> Result<Self, BadAddressSpace> {
        let bad = || BadAddressSpace(text.to_owned());
        let space = match text.split_once(':') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("smtp") => rest,
            Some(_) => return Err(bad()),
            None => text,
        };
        let (pattern, cost) = match space.split_once(';') {
            Some((pattern, cost)) => (pattern, cost.parse().map_err(|_| bad())?),
            None => (space, COST_DEFAULT),
        };
        if !(1..=COST_MAX).contains(&cost) {
            return Err(bad());
        }
        Ok(AddressSpace { pattern: pattern.parse().map_err(|_| bad())?, cost })
    }
}

impl FromStr for DomainPattern {
    type Err = types::AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("*.") {
            _ if text == "*" => Ok(DomainPattern::All),
            Some(parent) => Domain::parse(parent).map(DomainPattern::Subdomains),
            None => Domain::parse(text).map(DomainPattern::Exact),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn address_spaces_parse() {
        for (text, legal) in [
            ("*", true),
            ("SMTP:*;1", true),
            ("smtp:*.example.test;100", true),
            ("example.test", true),
            ("example.test;0", false),
            ("example.test;101", false),
            ("X400:c=us", false),
            ("SMTP:a b;1", false),
            ("SMTP:;1", false),
        ] {
            assert_eq!(text.parse::<AddressSpace>().is_ok(), legal, "{text}");
        }
    }

    #[test]
    fn specific_patterns_beat_wide_ones() {
        let domain = Domain::parse("marketing.contoso.test").unwrap();
        let of = |text: &str| text.parse::<DomainPattern>().unwrap().specificity(&domain);
        assert!(of("marketing.contoso.test") > of("*.contoso.test"));
        assert!(of("*.contoso.test") > of("*.test"));
        assert!(of("*.test") > of("*"));
        assert_eq!(of("contoso.test"), None);
        assert_eq!(of("*.fabrikam.test"), None);
    }
}
