//! LDAP search filters as text (RFC 4515): `(&(objectClass=person)(mail=%s))`.
//!
//! Understood are `&`, `|`, `!`, equality, presence, `>=`, `<=`, and extensible matches such as
//! `memberOf:1.2.840.113556.1.4.1941:=cn=mail,dc=contoso,dc=com`; not `~=`, nor `*` within a value.
//!
//! What it is not: it matches nothing; a directory does. Crate `ldap` writes it in BER.
//!
//! Invariant: what stands for `%s` and the like is put into a filter that has been read
//! already, so that no name, however it is spelt, changes what the filter asks.

mod name;

pub use name::NameTemplate;
use types::limits::{LDAP_FILTER_DEPTH_MAX, LDAP_FILTER_OCTETS_MAX};

/// A filter (RFC 4511 section 4.5.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LdapFilter {
    /// Every one of them.
    And(Vec<LdapFilter>),
    /// At least one of them.
    Or(Vec<LdapFilter>),
    /// Not this.
    Not(Box<LdapFilter>),
    /// The attribute has some value.
    Present(String),
    /// An attribute compared with a value.
    Compare(LdapComparison, String, Vec<u8>),
    /// By a matching rule, of an attribute, both optional; `:dn` takes the DN's attributes too.
    Extensible {
        /// The rule's name or OID.
        rule: Option<String>,
        /// The attribute.
        attribute: Option<String>,
        /// The value.
        value: Vec<u8>,
        /// Attributes of the DN count as the entry's.
        dn: bool,
    },
}

/// How an attribute is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdapComparison {
    /// `=`
    Equal,
    /// `>=`
    GreaterOrEqual,
    /// `<=`
    LessOrEqual,
}

/// Why a text is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdapFilterError {
    /// Too long.
    #[error("a filter has at most {LDAP_FILTER_OCTETS_MAX} octets")]
    Long,
    /// Filters in filters.
    #[error("a filter is at most {LDAP_FILTER_DEPTH_MAX} deep")]
    Deep,
    /// Something else than the grammar has; at that octet.
    #[error("not a filter as RFC 4515 has it, from octet {0} on")]
    Syntax(usize),
}

use LdapFilterError::{Deep, Long, Syntax};

impl LdapFilter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, LdapFilterError> {
        if text.len() > LDAP_FILTER_OCTETS_MAX {
            return Err(Long);
        }
        let mut reader = Reader { text, at: 0 };
        let filter = reader.filter(0)?;
        match reader.at == text.len() {
            true => Ok(filter),
            false => Err(Syntax(reader.at)),
        }
    }

    /// Shows each value.
    pub fn each_value(&self, see: &mut impl FnMut(&[u8])) {
        match self {
            LdapFilter::And(all) | LdapFilter::Or(all) => {
                all.iter().for_each(|one| one.each_value(see));
            }
            LdapFilter::Not(one) => one.each_value(see),
            LdapFilter::Present(_) => {}
            LdapFilter::Compare(_, _, value) | LdapFilter::Extensible { value, .. } => see(value),
        }
    }

    /// The filter with each value changed.
    #[must_use]
    pub fn map_values(&self, change: &impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let each = |all: &[LdapFilter]| all.iter().map(|one| one.map_values(change)).collect();
        match self {
            LdapFilter::And(all) => LdapFilter::And(each(all)),
            LdapFilter::Or(all) => LdapFilter::Or(each(all)),
            LdapFilter::Not(one) => LdapFilter::Not(Box::new(one.map_values(change))),
            LdapFilter::Present(_) => self.clone(),
            LdapFilter::Compare(how, attribute, value) => {
                LdapFilter::Compare(*how, attribute.clone(), change(value))
            }
            LdapFilter::Extensible { rule, attribute, value, dn } => LdapFilter::Extensible {
                rule: rule.clone(),
                attribute: attribute.clone(),
                value: change(value),
                dn: *dn,
            },
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, octet: u8) -> Result<(), LdapFilterError> {
        match self.next() == Some(octet) {
            true => {
                self.at += 1;
                Ok(())
            }
            false => Err(Syntax(self.at)),
        }
    }

    /// `filter = LPAREN filtercomp RPAREN`
    fn filter(&mut self, depth: usize) -> Result<LdapFilter, LdapFilterError> {
        if depth == LDAP_FILTER_DEPTH_MAX {
            return Err(Deep);
        }
        self.take(b'(')?;
        let filter = match self.next() {
            Some(b'&') => LdapFilter::And(self.list(depth)?),
            Some(b'|') => LdapFilter::Or(self.list(depth)?),
            Some(b'!') => {
                self.at += 1;
                LdapFilter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.item()?,
        };
        self.take(b')')?;
        Ok(filter)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<LdapFilter>, LdapFilterError> {
        self.at += 1;
        let mut all = Vec::new();
        while self.next() == Some(b'(') {
            all.push(self.filter(depth + 1)?);
        }
        match all.is_empty() {
            true => Err(Syntax(self.at)),
            false => Ok(all),
        }
    }

    fn item(&mut self) -> Result<LdapFilter, LdapFilterError> {
        let begin = self.at;
        let rest = &self.text[begin..];
        let end = rest.find(')').ok_or(Syntax(self.text.len()))?;
        let (left, value) = rest[..end].split_once('=').ok_or(Syntax(begin))?;
        self.at += end;
        let value_at = begin + left.len() + 1;
        if value == "*" && is_attribute(left) {
            return Ok(LdapFilter::Present(left.to_owned()));
        }
        let value = unescape(value).ok_or(Syntax(value_at))?;
        if let Some(left) = left.strip_suffix(':') {
            return extensible(left, value).ok_or(Syntax(begin));
        }
        let (how, attribute) = match left.strip_suffix(['>', '<']) {
            Some(attribute) if left.ends_with('>') => (LdapComparison::GreaterOrEqual, attribute),
            Some(attribute) => (LdapComparison::LessOrEqual, attribute),
            None => (LdapComparison::Equal, left),
        };
        match is_attribute(attribute) {
            true => Ok(LdapFilter::Compare(how, attribute.to_owned(), value)),
            false => Err(Syntax(begin)),
        }
    }
}

/// `[attr] [":dn"] [":" rule]`, not both left out.
fn extensible(left: &str, value: Vec<u8>) -> Option<LdapFilter> {
    let mut parts = left.split(':');
    let attribute = Some(parts.next()?.to_owned()).filter(|name| !name.is_empty());
    let mut parts = parts.peekable();
    let dn = parts.next_if(|part| part.eq_ignore_ascii_case("dn")).is_some();
    let rule = parts.next().map(str::to_owned);
    let fits = |name: &Option<String>| name.as_deref().is_none_or(is_attribute);
    let is_sound = (attribute.is_some() || rule.is_some()) && fits(&attribute) && fits(&rule);
    (is_sound && parts.next().is_none()).then_some(LdapFilter::Extensible {
        rule,
        attribute,
        value,
        dn,
    })
}

/// An attribute description: a name or an OID, with options (RFC 4512 section 2.5).
fn is_attribute(text: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b';');
    !text.is_empty() && text.bytes().all(fits)
}

/// A value, `\28` for what cannot stand for itself.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let (mut value, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'\\' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                value.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?);
                rest = after;
            }
            b'*' | b'(' | 0 => return None,
            other => value.push(*other),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn equal(attribute: &str, value: &str) -> LdapFilter {
        LdapFilter::Compare(LdapComparison::Equal, attribute.to_owned(), value.into())
    }

    #[test]
    fn filters_are_read() {
        let read = |text| LdapFilter::parse(text).unwrap();
        assert_eq!(read("(mail=a@b.test)"), equal("mail", "a@b.test"));
        assert_eq!(read("(uid=)"), equal("uid", ""));
        assert_eq!(read(r"(cn=a\2a\28b\29\5c)"), equal("cn", r"a*(b)\"));
        assert_eq!(read("(mail=*)"), LdapFilter::Present("mail".to_owned()));
        let nested = read("(&(a=1)(|(b=2)(!(c=3))))");
        let or = LdapFilter::Or(vec![equal("b", "2"), LdapFilter::Not(equal("c", "3").into())]);
        assert_eq!(nested, LdapFilter::And(vec![equal("a", "1"), or]));
        let compared = |how, value: &str| LdapFilter::Compare(how, "n".to_owned(), value.into());
        assert_eq!(read("(n>=1)"), compared(LdapComparison::GreaterOrEqual, "1"));
        assert_eq!(read("(n<=1)"), compared(LdapComparison::LessOrEqual, "1"));
        let rule = Some("1.2.840.113556.1.4.1941".to_owned());
        let member = LdapFilter::Extensible {
            rule: rule.clone(),
            attribute: Some("memberOf".to_owned()),
            value: b"cn=mail,dc=x".to_vec(),
            dn: false,
        };
        assert_eq!(read("(memberOf:1.2.840.113556.1.4.1941:=cn=mail,dc=x)"), member);
        let of_dn =
            LdapFilter::Extensible { rule, attribute: None, value: b"x".to_vec(), dn: true };
        assert_eq!(read("(:dn:1.2.840.113556.1.4.1941:=x)"), of_dn);
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [
            "",
            "mail=x",
            "(mail)",
            "(mail=x",
            "(mail=x))",
            "(=x)",
            "(a=b*c)",
            r"(a=\2)",
            r"(a=\+1)",
            "(&)",
            "(!)",
            "(a b=c)",
            "(a~=b)",
            "(:=x)",
            "(a:b:c:=x)",
            "(a=b)(c=d)",
            "(a=(b)",
        ] {
            assert!(matches!(LdapFilter::parse(wrong), Err(Syntax(_))), "{wrong}");
        }
        let deep = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
        assert!(LdapFilter::parse(&deep(LDAP_FILTER_DEPTH_MAX - 1)).is_ok());
        assert_eq!(LdapFilter::parse(&deep(LDAP_FILTER_DEPTH_MAX)), Err(Deep));
        let long = format!("(a={})", "x".repeat(LDAP_FILTER_OCTETS_MAX));
        assert_eq!(LdapFilter::parse(&long), Err(Long));
    }

    #[test]
    fn a_value_put_in_changes_nothing_else() {
        let filter = LdapFilter::parse("(&(objectClass=person)(|(mail=%s)(uid=%s)))").unwrap();
        let hostile = "*)(uid=*))(|(uid=*";
        let put = |value: &[u8]| match value {
            b"%s" => hostile.into(),
            other => other.to_vec(),
        };
        let either = LdapFilter::Or(vec![equal("mail", hostile), equal("uid", hostile)]);
        let expected = LdapFilter::And(vec![equal("objectClass", "person"), either]);
        assert_eq!(filter.map_values(&put), expected);
    }
}
