//! E-mail address policies: which addresses recipients get whose addresses follow them. Names,
//! values and defaults are Exchange's.
//!
//! What it is not: it knows no recipient and no accepted domain (crates `directory` and `admin`
//! do). Without templates the default policy makes the alias in the default accepted domain.

use filter::RecipientFilter;
use types::AddressTemplate;
use types::limits::ADDRESS_TEMPLATES_MAX;

use crate::kind::{Held, Kind};
use crate::section::section;
use crate::settings::{Invalid, Settings};
use crate::text;

/// The name of the policy that takes whom no other takes. It is always there.
pub const DEFAULT_POLICY: &str = "Default Policy";

impl Held for RecipientFilter {
    const KIND: Kind = Kind::Text;
}

impl Held for AddressTemplate {
    const KIND: Kind = Kind::Text;
}

section! {
    /// An e-mail address policy.
    #[serde(rename_all = "PascalCase")]
    pub struct EmailAddressPolicy {
        /// Unique among them.
        name: String = String::new(),
        /// Which comes first, from 1 on; of the default policy it says nothing.
        priority: u32 = 0,
        /// Whom it takes: `Department -eq 'Sales'`.
        #[serde(with = "text::option")]
        recipient_filter: Option<RecipientFilter> = None,
        /// The addresses that it makes: `SMTP:%g.%s@contoso.com` the primary one, `smtp:@fabrikam.com`
        /// a further one.
        #[serde(with = "text::list")]
        enabled_email_address_templates: Vec<AddressTemplate> = Vec::new(),
        /// Templates that are kept and make nothing.
        #[serde(with = "text::list")]
        disabled_email_address_templates: Vec<AddressTemplate> = Vec::new(),
    }
}

impl EmailAddressPolicy {
    /// The policy that takes everybody.
    pub fn is_default(&self) -> bool {
        self.name.eq_ignore_ascii_case(DEFAULT_POLICY)
    }

    /// The template of the primary address; the first, where none is marked as it.
    pub fn primary_template(&self) -> Option<&AddressTemplate> {
        let all = &self.enabled_email_address_templates;
        all.iter().find(|template| template.is_primary()).or(all.first())
    }

    /// Those of further addresses.
    pub fn other_templates(&self) -> impl Iterator<Item = &AddressTemplate> {
        let primary = self.primary_template();
        self.enabled_email_address_templates.iter().filter(move |each| Some(*each) != primary)
    }

    /// All of them, those that make nothing among them.
    pub fn templates(&self) -> impl Iterator<Item = &AddressTemplate> {
        let disabled = &self.disabled_email_address_templates;
        self.enabled_email_address_templates.iter().chain(disabled)
    }

    fn fault(&self) -> Option<&'static str> {
        let enabled = &self.enabled_email_address_templates;
        let primaries = enabled.iter().filter(|template| template.is_primary()).count();
        match self.is_default() {
            true if self.recipient_filter.is_some() => Some("it takes everybody: no filter"),
            false if self.recipient_filter.is_none() => Some("RecipientFilter is missing"),
            false if enabled.is_empty() => Some("EnabledEmailAddressTemplates is empty"),
            false if self.name.is_empty() => Some("Name is empty"),
            _ if primaries > 1 => Some("one template makes the primary address"),
            _ if self.templates().count() > ADDRESS_TEMPLATES_MAX => Some("too many templates"),
            _ => None,
        }
    }
}

impl Settings {
    /// The policies in the order in which they are asked, the default policy last.
    pub fn email_address_policies(&self) -> Vec<EmailAddressPolicy> {
        let mut all = self.email_address_policy.clone();
        if !all.iter().any(EmailAddressPolicy::is_default) {
            let name = DEFAULT_POLICY.to_owned();
            all.push(EmailAddressPolicy { name, ..EmailAddressPolicy::default() });
        }
        all.sort_by_key(|policy| (policy.is_default(), policy.priority, policy.name.clone()));
        all
    }

    pub(crate) fn check_policies(&self) -> Result<(), Invalid> {
        for (at, policy) in self.email_address_policy.iter().enumerate() {
            let before = &self.email_address_policy[..at];
            let twice = before.iter().any(|other| other.name.eq_ignore_ascii_case(&policy.name));
            let fault = if twice { Some("there are two of this name") } else { policy.fault() };
            if let Some(fault) = fault {
                return Err(Invalid::EmailAddressPolicy(policy.name.clone(), fault));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(policies: &str) -> Settings {
        toml::from_str(policies).unwrap()
    }

    #[test]
    fn policies_are_asked_by_priority_and_the_default_one_last() {
        let names = |policies: &str| {
            let all = settings(policies).email_address_policies().into_iter();
            all.map(|policy| policy.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(""), "Default Policy");
        let three = "[[EmailAddressPolicy]]\nName = \"default policy\"\n\
            [[EmailAddressPolicy]]\nName = \"B\"\nPriority = 2\n\
            [[EmailAddressPolicy]]\nName = \"A\"\nPriority = 1\n";
        assert_eq!(names(three), "A B default policy");
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let fault = |lines: &str| {
            let policy = format!("[[EmailAddressPolicy]]\n{}", lines.replace("; ", "\n"));
            settings(&policy).validate().map_err(|error| error.to_string())
        };
        let sales = "Name = \"S\"; RecipientFilter = \"City -eq 'Bern'\"; ";
        let templates =
            |which: &str, texts: &[&str]| format!("{which}EmailAddressTemplates = {texts:?}; ");
        let one = templates("Enabled", &["@a.test"]);
        assert_eq!(fault(&format!("{sales}{one}")), Ok(()));
        assert_eq!(fault(&format!("Name = \"Default Policy\"; {one}")), Ok(()));
        let many = |count| vec!["@a.test"; count];
        let most = templates("Disabled", &many(ADDRESS_TEMPLATES_MAX - 1));
        assert_eq!(fault(&format!("{sales}{one}{most}")), Ok(()));
        let beyond = templates("Disabled", &many(ADDRESS_TEMPLATES_MAX));
        let two = templates("Enabled", &["SMTP:@a.test", "SMTP:%g@a.test"]);
        for (lines, expected) in [
            (sales.to_owned(), "Templates is empty"),
            (format!("Name = \"S\"; {one}"), "RecipientFilter is missing"),
            (format!("{}{one}", sales.replace("\"S\"", "\"Default Policy\"")), "no filter"),
            (format!("{sales}{two}"), "one template makes the primary"),
            (format!("{sales}{one}{beyond}"), "too many templates"),
            (format!("{sales}{one}[[EmailAddressPolicy]]; {sales}{one}"), "two of this name"),
        ] {
            let refused = fault(&lines).unwrap_err();
            assert!(refused.starts_with("EmailAddressPolicy"), "{refused}");
            assert!(refused.contains(expected), "{lines}: {refused}");
        }
    }

    #[test]
    fn without_a_mark_the_first_template_is_the_primary_one() {
        let policy = |texts: &[&str]| EmailAddressPolicy {
            enabled_email_address_templates: texts
                .iter()
                .map(|text| text.parse().unwrap())
                .collect(),
            ..EmailAddressPolicy::default()
        };
        for (texts, primary, others) in [
            (&["@a.test", "@b.test"][..], "@a.test", "@b.test"),
            (&["@a.test", "SMTP:@b.test"], "SMTP:@b.test", "@a.test"),
        ] {
            let policy = policy(texts);
            assert_eq!(policy.primary_template().unwrap().to_string(), primary);
            let rest: Vec<_> = policy.other_templates().map(ToString::to_string).collect();
            assert_eq!(rest, [others]);
        }
    }
}
