//! Templates of addresses, as e-mail address policies have them: `SMTP:%g.%s@contoso.com`.
//!
//! | written | stands for |
//! |---|---|
//! | `%m` | the alias |
//! | `%g` | the given name |
//! | `%i` | the middle initial |
//! | `%s` | the surname |
//! | `%d` | the display name |
//! | `%3g`, `%3s` and so on | the first three letters of it |
//! | `%rxy` | nothing; from here on every x becomes a y, or goes where y is x too |
//!
//! `SMTP:` stands before the template of the primary address, `smtp:` or nothing before others. A
//! template without a local part, `@contoso.com`, means `%m@contoso.com`.
//!
//! Source: the variables of New-EmailAddressPolicy -EnabledEmailAddressTemplates.
//!
//! Invariant: what a template makes is a dot-string (RFC 5321 section 4.1.2) or nothing.

use std::fmt;
use std::str::{Chars, FromStr};

use crate::address::is_atext;
use crate::limits::{ADDRESS_TEMPLATE_OCTETS_MAX, SMTP_STRANGER_LOCAL_PART_OCTETS_MAX};
use crate::{Address, Domain, LocalPart};

/// What a template takes from a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `%m`
    Alias,
    /// `%g`
    GivenName,
    /// `%i`
    MiddleInitial,
    /// `%s`
    Surname,
    /// `%d`
    DisplayName,
}

impl Variable {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'm' => Variable::Alias,
            'g' => Variable::GivenName,
            'i' => Variable::MiddleInitial,
            's' => Variable::Surname,
            'd' => Variable::DisplayName,
            _ => return None,
        })
    }
}

/// A template of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTemplate {
    text: String,
    primary: bool,
    parts: Vec<Part>,
    domain: Domain,
}

/// A piece of a local part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Letter(char),
    /// The first so many letters of it; None: all.
    Value(Variable, Option<usize>),
    Replace(char, char),
}

/// A text that is no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a template such as SMTP:%g.%s@contoso.com")]
pub struct NoTemplate;

impl FromStr for AddressTemplate {
    type Err = NoTemplate;

    fn from_str(text: &str) -> Result<Self, NoTemplate> {
        let text = text.trim();
        let (kind, address) = text.split_once(':').unwrap_or(("smtp", text));
        if text.len() > ADDRESS_TEMPLATE_OCTETS_MAX || !kind.eq_ignore_ascii_case("smtp") {
            return Err(NoTemplate);
        }
        let (local, domain) = address.rsplit_once('@').ok_or(NoTemplate)?;
        let domain = Domain::parse(domain).map_err(|_| NoTemplate)?;
        let parts = parts(if local.is_empty() { "%m" } else { local }).ok_or(NoTemplate)?;
        Ok(AddressTemplate { text: text.to_owned(), primary: kind == "SMTP", parts, domain })
    }
}

impl fmt::Display for AddressTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AddressTemplate {
    /// `@DOMAIN`, of the primary address: the alias in a domain.
    pub fn of_domain(domain: &Domain) -> Self {
        let parts = vec![Part::Value(Variable::Alias, None)];
        let text = format!("SMTP:@{domain}");
        AddressTemplate { text, primary: true, parts, domain: domain.clone() }
    }

    /// The same template, of the primary address.
    pub fn into_primary(self) -> Self {
        let address = self.text.split_once(':').map_or(&*self.text, |(_, address)| address);
        AddressTemplate { text: format!("SMTP:{address}"), primary: true, ..self }
    }

    /// It makes the primary address.
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// The domain of what it makes.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The local part that it makes of what a recipient has. Characters that no address has
    /// without quotes are left out; so are dots at the ends and after each other. Empty: nothing
    /// is left.
    pub fn local_part(&self, value: &dyn Fn(Variable) -> String) -> String {
        let mut replaced: Vec<(char, char)> = Vec::new();
        let mut made = String::new();
        for part in &self.parts {
            let text = match *part {
                Part::Letter(letter) => letter.to_string(),
                Part::Value(variable, count) => {
                    value(variable).chars().take(count.unwrap_or(usize::MAX)).collect()
                }
                Part::Replace(from, to) => {
                    replaced.push((from, to));
                    continue;
                }
            };
            made.extend(text.chars().filter_map(|letter| replace(letter, &replaced)));
        }
        legal(&made)
    }

    /// The address of a local part; the second and further ones of the same have their number
    /// behind it, and lose letters where that would be too long. None: it is none.
    pub fn address(&self, local: &str, number: u32) -> Option<Address> {
        let number = if number > 1 { number.to_string() } else { String::new() };
        let room = SMTP_STRANGER_LOCAL_PART_OCTETS_MAX - number.len();
        let kept = local.get(..local.floor_char_boundary(room))?.trim_end_matches('.');
        let local = LocalPart::parse(&format!("{kept}{number}")).ok()?;
        Some(Address { local, domain: self.domain.clone() })
    }
}

fn parts(local: &str) -> Option<Vec<Part>> {
    let (mut letters, mut parts) = (local.chars(), Vec::new());
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '%' => variable(&mut letters)?,
            '.' => Part::Letter('.'),
            letter => Part::Letter(is_atext(letter).then_some(letter)?),
        });
    }
    Some(parts)
}

/// What stands behind a `%`.
fn variable(letters: &mut Chars<'_>) -> Option<Part> {
    let rest = letters.as_str();
    let digits = rest.len() - rest.trim_start_matches(|each: char| each.is_ascii_digit()).len();
    let (count, behind) = rest.split_at(digits);
    *letters = behind.chars();
    let letter = letters.next()?;
    if letter == 'r' && count.is_empty() {
        return Some(Part::Replace(letters.next()?, letters.next()?));
    }
    let count = match count {
        "" => None,
        count => Some(count.parse().ok().filter(|count| *count > 0)?),
    };
    Some(Part::Value(Variable::of(letter)?, count))
}

/// A letter after all replacements; None: it goes.
fn replace(letter: char, all: &[(char, char)]) -> Option<char> {
    all.iter().try_fold(letter, |letter, (from, to)| match letter == *from {
        true if from == to => None,
        true => Some(*to),
        false => Some(letter),
    })
}

/// What can stand in a dot-string.
fn legal(text: &str) -> String {
    let kept: String = text.chars().filter(|each| *each == '.' || is_atext(*each)).collect();
    let atoms: Vec<&str> = kept.split('.').filter(|atom| !atom.is_empty()).collect();
    atoms.join(".")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn anna(variable: Variable) -> String {
        let value = match variable {
            Variable::Alias => "anna",
            Variable::GivenName => "Anna Lena",
            Variable::MiddleInitial => "",
            Variable::Surname => "O'Hara (ext)",
            Variable::DisplayName => "Anna \"A\" O'Hara",
        };
        value.to_owned()
    }

    #[test]
    fn variables_stand_for_what_a_recipient_has() {
        for (template, expected) in [
            ("@a.test", "anna@a.test"),
            ("smtp:%m@a.test", "anna@a.test"),
            ("SMTP:%g.%s@a.test", "AnnaLena.O'Haraext@a.test"),
            ("%1g%s@A.test", "AO'Haraext@a.test"),
            ("%2g.%3s@a.test", "An.O'H@a.test"),
            ("%g.%i.%s@a.test", "AnnaLena.O'Haraext@a.test"),
            ("%i.%m@a.test", "anna@a.test"),
            ("%d@a.test", "AnnaAO'Hara@a.test"),
            ("%r''%r _%g.%s@a.test", "Anna_Lena.OHara_ext@a.test"),
            ("%m%ran%m@a.test", "annannnn@a.test"),
            ("x-%m@a.test", "x-anna@a.test"),
        ] {
            let read: AddressTemplate = template.parse().unwrap();
            let local = read.local_part(&anna);
            assert_eq!(read.address(&local, 1).unwrap().to_string(), expected, "{template}");
            assert_eq!(read.to_string(), template);
        }
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let read: AddressTemplate = "%i.@a.test".parse().unwrap();
        assert_eq!(read.local_part(&anna), "");
        assert_eq!(read.address("", 1), None);
    }

    #[test]
    fn numbers_tell_the_same_apart_and_long_ones_are_cut() {
        let read: AddressTemplate = "@a.test".parse().unwrap();
        assert_eq!(read.address("anna", 12).unwrap().to_string(), "anna12@a.test");
        let long = "ä".repeat(SMTP_STRANGER_LOCAL_PART_OCTETS_MAX);
        let local = |number| read.address(&long, number).unwrap().local.as_str().to_owned();
        assert_eq!(local(1).len(), SMTP_STRANGER_LOCAL_PART_OCTETS_MAX);
        assert!(local(10).ends_with("ä10"));
        assert_eq!(local(10).len(), SMTP_STRANGER_LOCAL_PART_OCTETS_MAX);
    }

    #[test]
    fn the_prefix_says_which_address_is_the_primary_one() {
        for (text, primary) in [("SMTP:@a.test", true), ("smtp:@a.test", false), ("@a.test", false)]
        {
            let read: AddressTemplate = text.parse().unwrap();
            assert_eq!(read.is_primary(), primary, "{text}");
            assert_eq!(read.into_primary().to_string(), "SMTP:@a.test");
        }
        let of_domain = AddressTemplate::of_domain(&"a.test".parse().unwrap());
        assert_eq!("SMTP:@a.test".parse(), Ok(of_domain));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let long = format!("{}@a.test", "x".repeat(ADDRESS_TEMPLATE_OCTETS_MAX - 6));
        for text in [
            "",
            "a.test",
            "%m@",
            "%x@a.test",
            "%@a.test",
            "%0g@a.test",
            "%1r@a.test",
            "%rx@a.test",
            "a b@a.test",
            "X400:@a.test",
            "%m@a..test",
            &long,
        ] {
            assert_eq!(text.parse::<AddressTemplate>(), Err(NoTemplate), "{text}");
        }
        assert!(long[1..].parse::<AddressTemplate>().is_ok());
    }
}
