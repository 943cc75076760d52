//! Address spaces of Send connectors: `Type:Space;Cost`, as Exchange writes them. Which mail a
//! connector takes, and what that costs.

use std::fmt;
use std::str::FromStr;

use crate::Domain;

/// The cheapest and the dearest.
const COSTS: std::ops::RangeInclusive<u8> = 1..=100;
/// The cost of one that names none.
const COST_DEFAULT: u8 = 1;
const SMTP: &str = "SMTP";

/// `Type:Space;Cost`; without a type it is SMTP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AddressSpace {
    /// What the connector takes.
    pub space: Space,
    /// 1 to 100; the cheapest of equally specific spaces wins.
    pub cost: u8,
}

/// The addresses of a space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Type SMTP.
    Smtp(DomainPattern),
    /// Addresses of a foreign system.
    Foreign {
        /// Its type, such as `FAX`, in capitals.
        kind: String,
        /// What the foreign system has.
        space: String,
    },
}

/// `*`, `--`, `*.example.test` or `example.test`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DomainPattern {
    /// Every domain.
    All,
    /// `--`: all domains of the organization; of Edge servers only.
    Organization,
    /// The domains below this one. The domain itself too, as Exchange has it.
    Subdomains(Domain),
    /// This domain.
    Exact(Domain),
}

/// The text is no address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address space is Type:Space;Cost, such as SMTP:*;1, with a cost of 1 to 100")]
pub struct AddressSpaceError;

/// Order of address spaces that match one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity(usize);

impl AddressSpace {
    /// All mail, at the lowest cost: `SMTP:*;1`.
    pub fn everything() -> Self {
        AddressSpace { space: Space::Smtp(DomainPattern::All), cost: COST_DEFAULT }
    }

    /// True for the type SMTP.
    pub fn is_smtp(&self) -> bool {
        matches!(self.space, Space::Smtp(_))
    }

    /// Whether an asterisk stands for what the space does not name.
    pub fn has_wildcard(&self) -> bool {
        match &self.space {
            Space::Smtp(pattern) => {
                matches!(pattern, DomainPattern::All | DomainPattern::Subdomains(_))
            }
            Space::Foreign { space, .. } => space.contains('*'),
        }
    }

    /// How well the space fits mail for a domain: larger is more specific, none is no match.
    pub fn specificity(&self, domain: &Domain) -> Option<Specificity> {
        match &self.space {
            Space::Smtp(pattern) => pattern.specificity(domain),
            Space::Foreign { .. } => None,
        }
    }
}

impl DomainPattern {
    fn specificity(&self, domain: &Domain) -> Option<Specificity> {
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

fn labels(domain: &Domain) -> usize {
    domain.as_str().split('.').count()
}

impl FromStr for AddressSpace {
    type Err = AddressSpaceError;

    fn from_str(text: &str) -> Result<Self, AddressSpaceError> {
        let (kind, rest) = text.split_once(':').unwrap_or((SMTP, text));
        let (space, cost) = match rest.split_once(';') {
            Some((space, cost)) => (space.trim(), cost.trim().parse().ok()),
            None => (rest.trim(), Some(COST_DEFAULT)),
        };
        let cost = cost.filter(|cost| COSTS.contains(cost)).ok_or(AddressSpaceError)?;
        let kind = kind.trim().to_ascii_uppercase();
        let space = match kind.as_str() {
            SMTP => Space::Smtp(space.parse()?),
            "" => return Err(AddressSpaceError),
            _ if space.is_empty() => return Err(AddressSpaceError),
            _ => Space::Foreign { kind, space: space.to_ascii_lowercase() },
        };
        Ok(AddressSpace { space, cost })
    }
}

impl FromStr for DomainPattern {
    type Err = AddressSpaceError;

    fn from_str(text: &str) -> Result<Self, AddressSpaceError> {
        match (text, text.strip_prefix("*.")) {
            ("*", _) => Ok(DomainPattern::All),
            ("--", _) => Ok(DomainPattern::Organization),
            (_, Some(parent)) => name(parent).map(DomainPattern::Subdomains),
            (_, None) => name(text).map(DomainPattern::Exact),
        }
    }
}

/// A domain that is no address in brackets.
fn name(text: &str) -> Result<Domain, AddressSpaceError> {
    let domain = Domain::parse(text).ok().filter(|domain| !domain.is_literal());
    domain.ok_or(AddressSpaceError)
}

impl fmt::Display for AddressSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.space {
            Space::Smtp(pattern) => write!(f, "{SMTP}:{pattern};{}", self.cost),
            Space::Foreign { kind, space } => write!(f, "{kind}:{space};{}", self.cost),
        }
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DomainPattern::All => f.write_str("*"),
            DomainPattern::Organization => f.write_str("--"),
            DomainPattern::Subdomains(parent) => write!(f, "*.{parent}"),
            DomainPattern::Exact(domain) => domain.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spaces_are_read_and_written() {
        for (text, shown) in [
            ("SMTP:*;1", "SMTP:*;1"),
            ("*", "SMTP:*;1"),
            ("smtp:*.Contoso.com;10", "SMTP:*.contoso.com;10"),
            ("contoso.com;100", "SMTP:contoso.com;100"),
            ("--", "SMTP:--;1"),
            ("X400:c=us;a=*;1", ""),
            ("FAX:*;5", "FAX:*;5"),
            ("FAX:;5", ""),
            (":*;5", ""),
            ("*;0", ""),
            ("*;101", ""),
            ("", ""),
            ("SMTP:;1", ""),
            ("SMTP:con toso;1", ""),
            ("SMTP:[192.0.2.1];1", ""),
        ] {
            let found = text.parse::<AddressSpace>();
            assert_eq!(found.map(|space| space.to_string()).unwrap_or_default(), shown, "{text}");
        }
    }

    #[test]
    fn specific_spaces_beat_wide_ones() {
        let domain = Domain::parse("marketing.contoso.test").unwrap();
        let of = |text: &str| text.parse::<AddressSpace>().unwrap().specificity(&domain);
        assert!(of("marketing.contoso.test") > of("*.contoso.test"));
        assert!(of("*.contoso.test") > of("*.test"));
        assert!(of("*.test") > of("*"));
        for other in ["contoso.test", "*.fabrikam.test", "--", "FAX:*"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn wildcards_are_seen() {
        for (text, expected) in
            [("*", true), ("*.a.test", true), ("a.test", false), ("--", false), ("FAX:1*", true)]
        {
            assert_eq!(text.parse::<AddressSpace>().unwrap().has_wildcard(), expected, "{text}");
        }
    }
}
