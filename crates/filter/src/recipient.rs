//! Filters of recipients: who is in a dynamic distribution group, in an address list, under an
//! e-mail address policy (RecipientFilter).
//!
//! All values are texts and compare without case; a property of several values matches when one
//! of them does. The directory says which values a recipient has under a name of
//! [`PROPERTIES`].

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::{Comparison, Condition, Expected, Literal, Operator, like};

/// The properties of a recipient that a filter may name; besides them the attributes of
/// [`ATTRIBUTES`].
pub const PROPERTIES: &[&str] = &[
    "Alias",
    "Database",
    "DisplayName",
    "EmailAddressPolicyEnabled",
    "EmailAddresses",
    "HiddenFromAddressListsEnabled",
    "Manager",
    "MemberOfGroup",
    "Name",
    "PrimarySmtpAddress",
    "RecipientType",
    "RecipientTypeDetails",
    "ServerName",
];

/// What is known of a person or a thing besides its mail: Exchange's names, each with the number
/// under which rows have it. Numbers are stored: never reuse one.
pub const ATTRIBUTES: &[(u8, &str)] = &[
    (1, "FirstName"),
    (2, "LastName"),
    (3, "Initials"),
    (4, "Title"),
    (5, "Department"),
    (6, "Company"),
    (7, "Office"),
    (8, "Phone"),
    (9, "MobilePhone"),
    (10, "HomePhone"),
    (11, "Fax"),
    (12, "StreetAddress"),
    (13, "City"),
    (14, "StateOrProvince"),
    (15, "PostalCode"),
    (16, "CountryOrRegion"),
    (17, "WebPage"),
    (18, "Notes"),
    (101, "CustomAttribute1"),
    (102, "CustomAttribute2"),
    (103, "CustomAttribute3"),
    (104, "CustomAttribute4"),
    (105, "CustomAttribute5"),
    (106, "CustomAttribute6"),
    (107, "CustomAttribute7"),
    (108, "CustomAttribute8"),
    (109, "CustomAttribute9"),
    (110, "CustomAttribute10"),
    (111, "CustomAttribute11"),
    (112, "CustomAttribute12"),
    (113, "CustomAttribute13"),
    (114, "CustomAttribute14"),
    (115, "CustomAttribute15"),
];

/// The number of an attribute, by its name in any case.
pub fn attribute(name: &str) -> Option<u8> {
    let found = ATTRIBUTES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map(|(number, _)| *number)
}

/// A filter of recipients, and how it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct RecipientFilter {
    text: String,
    condition: Condition,
}

impl RecipientFilter {
    /// Reads a filter. Errors: it is none, or names what no recipient has.
    pub fn parse(text: &str) -> Result<Self, Expected> {
        let condition = Condition::parse(text)?;
        condition.try_each(&mut check)?;
        Ok(RecipientFilter { text: text.trim().to_owned(), condition })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a recipient fulfils it; `values` are those that it has under a name.
    pub fn holds(&self, values: &dyn Fn(&str) -> Vec<String>) -> bool {
        self.condition.holds(&|comparison| {
            let property = known(&comparison.property).unwrap_or_default();
            compare(comparison, &values(property))
        })
    }
}

impl FromStr for RecipientFilter {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        RecipientFilter::parse(text)
    }
}

impl fmt::Display for RecipientFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RecipientFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecipientFilter").field(&self.text).finish()
    }
}

/// The name as [`PROPERTIES`] and [`ATTRIBUTES`] write it.
fn known(name: &str) -> Option<&'static str> {
    let attributes = ATTRIBUTES.iter().map(|(_, name)| *name);
    PROPERTIES.iter().copied().chain(attributes).find(|known| known.eq_ignore_ascii_case(name))
}

fn check(comparison: &Comparison) -> Result<(), Expected> {
    if known(&comparison.property).is_none() {
        let name = &comparison.property;
        return Err(Expected(format!("a property of recipients; they have no {name}")));
    }
    match (&comparison.value, comparison.operator) {
        (Literal::Null, Operator::Equal | Operator::NotEqual) | (Literal::Text(_), _) => Ok(()),
        (Literal::Null, _) => Err(Expected("-eq or -ne before $null".to_owned())),
    }
}

fn compare(comparison: &Comparison, values: &[String]) -> bool {
    let any = |holds: &dyn Fn(&str) -> bool| values.iter().any(|value| holds(value));
    let text = match (&comparison.value, comparison.operator) {
        (Literal::Null, Operator::Equal) => return values.is_empty(),
        (Literal::Null, _) => return !values.is_empty(),
        (Literal::Text(text), _) => truth(text),
    };
    let order = |value: &str| value.to_lowercase().cmp(&text.to_lowercase());
    match comparison.operator {
        Operator::Equal => any(&|value| order(value) == Ordering::Equal),
        Operator::NotEqual => !any(&|value| order(value) == Ordering::Equal),
        Operator::Greater => any(&|value| order(value).is_gt()),
        Operator::GreaterOrEqual => any(&|value| order(value).is_ge()),
        Operator::Less => any(&|value| order(value).is_lt()),
        Operator::LessOrEqual => any(&|value| order(value).is_le()),
        Operator::Like => any(&|value| like(text, value)),
        Operator::NotLike => !any(&|value| like(text, value)),
    }
}

/// `$true` and `$false` are the texts without the sign.
fn truth(text: &str) -> &str {
    match text.to_ascii_lowercase().as_str() {
        "$true" => "true",
        "$false" => "false",
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn values(name: &str) -> Vec<String> {
        let found: &[&str] = match name {
            "Department" => &["Sales"],
            "EmailAddresses" => &["SMTP:a@x.test", "smtp:b@x.test"],
            "HiddenFromAddressListsEnabled" => &["false"],
            _ => &[],
        };
        found.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn recipients_are_compared_as_texts_without_case() {
        for (text, expected) in [
            ("department -eq 'SALES'", true),
            ("Department -ne 'sales'", false),
            ("Department -like 'sa*'", true),
            ("Department -notlike 'sa*'", false),
            ("Department -gt 'P' -and Department -lt 'T'", true),
            ("Department -ge 'sales' -and Department -le 'sales'", true),
            ("EmailAddresses -eq 'smtp:B@x.test'", true),
            ("EmailAddresses -ne 'smtp:B@x.test'", false),
            ("Company -eq $null", true),
            ("Company -ne $null", false),
            ("Company -like '*'", false),
            ("Company -notlike '*'", true),
            ("HiddenFromAddressListsEnabled -eq $false", true),
            ("-not (HiddenFromAddressListsEnabled -eq $true) -and Department -ne $null", true),
        ] {
            assert_eq!(RecipientFilter::parse(text).unwrap().holds(&values), expected, "{text}");
        }
    }

    #[test]
    fn what_no_recipient_has_is_refused() {
        let refused = |text| RecipientFilter::parse(text).unwrap_err().to_string();
        assert!(refused("Color -eq 'red'").contains("they have no Color"));
        assert!(refused("Alias -like $null").contains("-eq or -ne before $null"));
        assert!(refused("Alias").contains("an operator"));
    }

    #[test]
    fn attributes_have_one_number_each() {
        let mut numbers: Vec<u8> = ATTRIBUTES.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ATTRIBUTES.len());
        assert_eq!((attribute("customattribute15"), attribute("Alias")), (Some(115), None));
    }
}
