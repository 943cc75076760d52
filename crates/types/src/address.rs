//! Mail addresses as values (RFC 5321 section 4.1.2, RFC 6531 for UTF-8).
//!
//! A [`Domain`] is kept in lower-case U-label form and compares after UTS 46 mapping; DNS
//! gets [`Domain::to_ascii`]. A [`LocalPart`] keeps its spelling; comparison is the
//! directory's business ([`LocalPart::folded`] is what it compares).

use std::fmt;
use std::str::FromStr;

use crate::limits::{DOMAIN_LABEL_OCTETS_MAX, DOMAIN_OCTETS_MAX, LOCAL_PART_OCTETS_MAX};

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`, or nothing before or after it.
    #[error("an address is local-part@domain")]
    Shape,
    /// The local part is neither a dot-string nor a quoted string.
    #[error("bad local part")]
    LocalPart,
    /// The domain is no sequence of labels and no address literal.
    #[error("bad domain")]
    Domain,
    /// One of the two is longer than the limits allow.
    #[error("address too long")]
    TooLong,
}

/// The part before the `@`, unquoted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalPart(String);

impl LocalPart {
    /// Parses a dot-string or a quoted string (RFC 5321 `Local-part`).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > LOCAL_PART_OCTETS_MAX {
            return Err(AddressError::TooLong);
        }
        match text.strip_prefix('"') {
            Some(rest) => unquote(rest).map(LocalPart),
            None if is_dot_string(text) => Ok(LocalPart(text.to_owned())),
            None => Err(AddressError::LocalPart),
        }
    }

    /// The unquoted text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two local parts are compared by: lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.0) {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

/// `dot-string`: atoms with single dots between them.
fn is_dot_string(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// `atext` of RFC 5322, widened by RFC 6531 to all non-ASCII letters.
pub(crate) fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

/// The rest of a quoted string after its opening quote.
fn unquote(rest: &str) -> Result<String, AddressError> {
    let inner = rest.strip_suffix('"').ok_or(AddressError::LocalPart)?;
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().ok_or(AddressError::LocalPart)?),
            '"' => return Err(AddressError::LocalPart),
            c if c.is_control() => return Err(AddressError::LocalPart),
            c => out.push(c),
        }
    }
    if out.is_empty() || out.chars().any(char::is_control) {
        return Err(AddressError::LocalPart);
    }
    Ok(out)
}

/// A domain name in lower case, or an address literal (`[192.0.2.1]`, `[IPv6:…]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// Parses a name (A-labels or U-labels) or an address literal.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > DOMAIN_OCTETS_MAX {
            return Err(AddressError::TooLong);
        }
        if text.starts_with('[') {
            return parse_literal(text);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let (unicode, result) = idna::domain_to_unicode(check_name(name)?);
        result.map_err(|_| AddressError::Domain)?;
        // Mapping makes ASCII of compatibility letters: a blank, or the `>` that ends a path.
        check_name(&unicode)?;
        Ok(Domain(unicode.to_lowercase()))
    }

    /// `invalid` (RFC 2606): stands where a server has no domain yet.
    pub fn invalid() -> Self {
        Domain("invalid".to_owned())
    }

    /// The name in lower-case Unicode.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as DNS knows it. A literal stays what it is.
    pub fn to_ascii(&self) -> String {
        idna::domain_to_ascii(&self.0).unwrap_or_else(|_| self.0.clone())
    }

    /// True for `[192.0.2.1]` and `[IPv6:…]`.
    pub fn is_literal(&self) -> bool {
        self.0.starts_with('[')
    }

    /// True when this name is `other` or lies below it.
    pub fn is_within(&self, other: &Domain) -> bool {
        self.0 == other.0
            || self.0.strip_suffix(other.as_str()).is_some_and(|head| head.ends_with('.'))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Domain {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Domain::parse(text)
    }
}

/// Labels with single dots between them, within the limits as they stand and in DNS.
fn check_name(name: &str) -> Result<&str, AddressError> {
    if !name.split('.').all(is_label) {
        return Err(AddressError::Domain);
    }
    let ascii = idna::domain_to_ascii(name).map_err(|_| AddressError::Domain)?;
    let fits = name.len().max(ascii.len()) <= DOMAIN_OCTETS_MAX
        && ascii.split('.').all(|label| label.len() <= DOMAIN_LABEL_OCTETS_MAX);
    if fits { Ok(name) } else { Err(AddressError::TooLong) }
}

/// Letters, digits, hyphens and underscores (met in practice), or non-ASCII for U-labels.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c) || !c.is_ascii())
}

/// `address-literal` of RFC 5321 section 4.1.3; general literals are refused.
fn parse_literal(text: &str) -> Result<Domain, AddressError> {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or(AddressError::Domain)?;
    let legal = match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
            inner[5..].parse::<std::net::Ipv6Addr>().is_ok()
        }
        _ => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    };
    if legal { Ok(Domain(text.to_ascii_lowercase())) } else { Err(AddressError::Domain) }
}

/// A mail address. Existing means legal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Before the `@`.
    pub local: LocalPart,
    /// After the `@`.
    pub domain: Domain,
}

impl Address {
    /// Parses `local-part@domain` without angle brackets.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape);
        }
        Ok(Address { local: LocalPart::parse(local)?, domain: Domain::parse(domain)? })
    }

    /// Local part and domain in the form addresses are compared by.
    pub fn folded(&self) -> String {
        format!("{}@{}", self.local.folded(), self.domain)
    }

    /// True when the address needs SMTPUTF8 (RFC 6531): a non-ASCII local part. A domain
    /// alone can be written in A-labels.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.as_str().is_ascii()
    }

    /// The address with its domain in A-labels: ASCII as a whole when the local part is.
    pub fn to_ascii(&self) -> String {
        format!("{}@{}", self.local, self.domain.to_ascii())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Address::parse(text)
    }
}

/// Where reports go: an address, or `<>` for messages that must never be reported on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`.
    Null,
    /// An ordinary sender.
    Address(Address),
}

impl ReversePath {
    /// The address, unless null.
    pub fn address(&self) -> Option<&Address> {
        match self {
            ReversePath::Null => None,
            ReversePath::Address(address) => Some(address),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReversePath::Null => f.write_str("<>"),
            ReversePath::Address(address) => write!(f, "<{address}>"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn legal_and_illegal_addresses() {
        for (text, legal) in [
            ("alice@example.test", true),
            ("a.b+c@example.test", true),
            ("\"a b\"@example.test", true),
            ("\"a\\\"b\"@example.test", true),
            ("é@例え.test", true),
            ("a@[192.0.2.1]", true),
            ("a@[IPv6:2001:db8::1]", true),
            ("a@xn--r8jz45g.test", true),
            ("a..b@example.test", false),
            (".a@example.test", false),
            ("a@", false),
            ("@b", false),
            ("a b@example.test", false),
            ("a@b..c", false),
            ("a@-b.test", false),
            ("a@[300.0.0.1]", false),
            ("a\u{0}b@example.test", false),
            ("\"a\r\nb\"@example.test", false),
        ] {
            assert_eq!(Address::parse(text).is_ok(), legal, "{text}");
        }
    }

    #[test]
    fn mapping_makes_nothing_illegal() {
        for text in ["a\u{a0}b.test", "´.example", "a＞b.test", "a。。b", "ａ．．b", "a＠b.test"]
        {
            assert!(Domain::parse(text).is_err(), "{text}");
        }
        assert_eq!(Domain::parse("ａ。test").unwrap().as_str(), "a.test");
    }

    #[test]
    fn a_label_is_measured_as_dns_sees_it() {
        let label = "例".repeat(22);
        assert!(label.len() > DOMAIN_LABEL_OCTETS_MAX);
        let domain = Domain::parse(&format!("{label}.test")).unwrap();
        assert_eq!(Domain::parse(&domain.to_ascii()).unwrap(), domain);
        assert!(Domain::parse(&"a".repeat(DOMAIN_LABEL_OCTETS_MAX + 1)).is_err());
    }

    #[test]
    fn spelling_survives_and_comparison_folds() {
        let address = Address::parse("\"A b\"@EXAMPLE.Test").unwrap();
        assert_eq!(address.to_string(), "\"A b\"@example.test");
        assert_eq!(address.folded(), "a b@example.test");
    }

    #[test]
    fn a_labels_and_u_labels_are_one_domain() {
        let ascii = Domain::parse("xn--r8jz45g.test").unwrap();
        assert_eq!(ascii, Domain::parse("例え.test").unwrap());
        assert_eq!(ascii.to_ascii(), "xn--r8jz45g.test");
    }

    #[test]
    fn within_means_equal_or_below() {
        let parent = Domain::parse("example.test").unwrap();
        for (name, within) in
            [("example.test", true), ("a.example.test", true), ("anexample.test", false)]
        {
            assert_eq!(Domain::parse(name).unwrap().is_within(&parent), within, "{name}");
        }
    }

    #[test]
    fn limits_hold() {
        let long = "a".repeat(LOCAL_PART_OCTETS_MAX + 1);
        assert_eq!(Address::parse(&format!("{long}@b.test")), Err(AddressError::TooLong));
        assert!(Address::parse(&format!("a@{}.test", "b".repeat(64))).is_err());
    }

    #[test]
    fn a_domain_fits_into_dns() {
        let of_length = |octets: usize| {
            let labels = "abcdefg.".repeat(DOMAIN_OCTETS_MAX / 8);
            format!("{labels}{}", "z".repeat(octets - labels.len()))
        };
        assert!(Domain::parse(&of_length(DOMAIN_OCTETS_MAX)).is_ok());
        let beyond = Domain::parse(&of_length(DOMAIN_OCTETS_MAX + 1));
        assert_eq!(beyond, Err(AddressError::TooLong));
        // Every label grows by its prefix and its encoding.
        let short_here = "é.".repeat(DOMAIN_OCTETS_MAX / 4);
        assert_eq!(Domain::parse(&format!("{short_here}test")), Err(AddressError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn what_prints_parses_back(text in "\\PC{0,40}") {
            if let Ok(address) = Address::parse(&text) {
                proptest::prop_assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
            }
        }
    }
}
