//! Filters made from IncludedRecipients and the Conditional parameters, as Exchange makes them:
//! kinds of recipients, and of those only who has one of these values.

use ::filter::RecipientFilter;

use crate::verb::{Expected, Scalar, Shape, VerbError};

/// Values of IncludedRecipients, each with its condition.
const INCLUDED: &[(&str, &str)] = &[
    ("AllRecipients", "Alias -ne $null"),
    ("MailboxUsers", "RecipientType -eq 'UserMailbox'"),
    (
        "Resources",
        "(RecipientTypeDetails -eq 'RoomMailbox' -or RecipientTypeDetails -eq 'EquipmentMailbox')",
    ),
    ("MailContacts", "RecipientType -eq 'MailContact'"),
    (
        "MailGroups",
        "(RecipientType -eq 'MailUniversalDistributionGroup' -or RecipientType -eq 'DynamicDistributionGroup')",
    ),
    ("MailUsers", "RecipientType -eq 'MailUser'"),
];

/// A value of IncludedRecipients: its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included(&'static str);

impl Scalar for Included {
    const SHAPE: Shape = Shape::OneOf(&[
        "AllRecipients",
        "MailboxUsers",
        "Resources",
        "MailContacts",
        "MailGroups",
        "MailUsers",
    ]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = INCLUDED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, condition)| Included(condition)).ok_or_else(|| Self::SHAPE.expected())
    }
}

/// What was written in place of a filter.
pub(super) struct Precanned {
    pub included: Vec<Included>,
    pub departments: Vec<String>,
    pub companies: Vec<String>,
    pub states: Vec<String>,
}

impl Precanned {
    /// The filter that it makes, or else the one that was written. Errors: both were, or
    /// conditions without kinds.
    pub fn or(
        self,
        written: Option<RecipientFilter>,
    ) -> Result<Option<RecipientFilter>, VerbError> {
        let conditions = [
            ("Department", &self.departments),
            ("Company", &self.companies),
            ("StateOrProvince", &self.states),
        ];
        let no_conditions = conditions.iter().all(|(_, values)| values.is_empty());
        match (self.included.is_empty(), written) {
            (true, written) if no_conditions => return Ok(written),
            (true, _) => return Err(VerbError::Missing("IncludedRecipients".to_owned())),
            (false, Some(_)) => return Err(VerbError::Invalid(ONE_FILTER.to_owned())),
            (false, None) => {}
        }
        let kinds = self.included.iter().map(|Included(condition)| (*condition).to_owned());
        let mut parts = vec![any(kinds)];
        for (name, values) in conditions.into_iter().filter(|(_, values)| !values.is_empty()) {
            parts.push(any(values.iter().map(|value| format!("{name} -eq {}", quoted(value)))));
        }
        let text = parts.join(" -and ");
        let wrong = |error: ::filter::Expected| VerbError::Invalid(error.to_string());
        RecipientFilter::parse(&text).map(Some).map_err(wrong)
    }
}

/// One of the conditions, in parentheses where there are several.
fn any(conditions: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = conditions.collect();
    match all.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" -or ")),
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

const ONE_FILTER: &str = "say RecipientFilter or IncludedRecipients, not both";
