//! Filters made from IncludedRecipients and the Conditional parameters, as Exchange makes them:
//! kinds of recipients, and of those only who has one of these values.

use ::filter::RecipientFilter;

use crate::verb::{
    Argument, Arguments, Blank, Expected, MoreParameters, Parameter, Scalar, Shape, VerbError,
};

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
    /// Attributes, each with the values of which one is asked for; without values nothing is.
    pub conditions: Vec<(&'static str, Vec<String>)>,
}

/// The parameters of a verb that takes a filter: RecipientFilter, or IncludedRecipients with
/// ConditionalDepartment, ConditionalCustomAttribute1 and so on.
pub struct FilterParameters {
    precanned: Precanned,
    written: Option<RecipientFilter>,
}

/// What can be a condition: the attribute, and the parameter's field.
const CONDITIONAL: [(&str, &str); 18] = [
    ("Department", "conditional_department"),
    ("Company", "conditional_company"),
    ("StateOrProvince", "conditional_state_or_province"),
    ("CustomAttribute1", "ConditionalCustomAttribute1"),
    ("CustomAttribute2", "ConditionalCustomAttribute2"),
    ("CustomAttribute3", "ConditionalCustomAttribute3"),
    ("CustomAttribute4", "ConditionalCustomAttribute4"),
    ("CustomAttribute5", "ConditionalCustomAttribute5"),
    ("CustomAttribute6", "ConditionalCustomAttribute6"),
    ("CustomAttribute7", "ConditionalCustomAttribute7"),
    ("CustomAttribute8", "ConditionalCustomAttribute8"),
    ("CustomAttribute9", "ConditionalCustomAttribute9"),
    ("CustomAttribute10", "ConditionalCustomAttribute10"),
    ("CustomAttribute11", "ConditionalCustomAttribute11"),
    ("CustomAttribute12", "ConditionalCustomAttribute12"),
    ("CustomAttribute13", "ConditionalCustomAttribute13"),
    ("CustomAttribute14", "ConditionalCustomAttribute14"),
    ("CustomAttribute15", "ConditionalCustomAttribute15"),
];

impl FilterParameters {
    const ALL: [Parameter; 2 + CONDITIONAL.len()] = {
        let mut all = [Parameter::BLANK; 2 + CONDITIONAL.len()];
        all[0].field = "recipient_filter";
        all[0].about = &[" Whom it takes: `{Department -eq 'Sales'}`."];
        all[0].shape = <Option<RecipientFilter> as Argument>::HOLDS;
        all[1].field = "included_recipients";
        all[1].about = &[" In place of a filter: which kinds of recipients it takes."];
        all[1].shape = <Vec<Included> as Argument>::HOLDS;
        all[1].many = true;
        let mut at = 0;
        while at < CONDITIONAL.len() {
            all[2 + at].field = CONDITIONAL[at].1;
            all[2 + at].about = &[" Of those only who has one of these."];
            all[2 + at].many = true;
            at += 1;
        }
        all
    };

    /// The filter that was said, if any was. Errors: two were, or conditions without kinds.
    pub(super) fn filter(self) -> Result<Option<RecipientFilter>, VerbError> {
        self.precanned.or(self.written)
    }
}

impl MoreParameters for FilterParameters {
    const PARAMETERS: &'static [Parameter] = &Self::ALL;

    fn read(arguments: &mut Arguments) -> Result<Self, VerbError> {
        let included = arguments.take("included_recipients")?;
        let written = arguments.take("recipient_filter")?;
        let condition = |(name, field)| Ok((name, arguments.take(field)?));
        let conditions =
            CONDITIONAL.into_iter().map(condition).collect::<Result<_, VerbError>>()?;
        Ok(FilterParameters { precanned: Precanned { included, conditions }, written })
    }
}

impl Precanned {
    /// The filter that it makes, or else the one that was written. Errors: both were, or
    /// conditions without kinds.
    pub fn or(
        self,
        written: Option<RecipientFilter>,
    ) -> Result<Option<RecipientFilter>, VerbError> {
        let mut conditions = self.conditions;
        conditions.retain(|(_, values)| !values.is_empty());
        let no_conditions = conditions.is_empty();
        match (self.included.is_empty(), written) {
            (true, written) if no_conditions => return Ok(written),
            (true, _) => return Err(VerbError::Missing("IncludedRecipients".to_owned())),
            (false, Some(_)) => return Err(VerbError::Invalid(ONE_FILTER.to_owned())),
            (false, None) => {}
        }
        let kinds = self.included.iter().map(|Included(condition)| (*condition).to_owned());
        let mut parts = vec![any(kinds)];
        for (name, values) in conditions {
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
