//! E-mail address policies: New-, Get-, Set-, Remove- and Update-EmailAddressPolicy. What a policy
//! makes of a recipient is in crate `directory` (`address_policy`).
//!
//! A change of a policy counts for a recipient when that is changed next, and for all of them at
//! Update-EmailAddressPolicy.
//!
//! Invariant: priorities are 1, 2, 3 and so on; the default policy has none and comes last.

mod edit;
mod policies;
mod update;

use ::config::EmailAddressPolicy;
use types::AddressTemplate;

pub(super) use self::policies::{check_domains, check_unused, policies};

use self::edit::{Edited, remove, write};
use self::policies::{all, found, with_default};
use super::precanned::FilterParameters;
use crate::verb::{
    Cmdlet, Edit, Effect, Expected, Role, Scalar, Session, Shape, Verb, VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetEmailAddressPolicy>(),
    Verb::of::<NewEmailAddressPolicy>(),
    Verb::of::<SetEmailAddressPolicy>(),
    Verb::of::<RemoveEmailAddressPolicy>(),
    Verb::of::<update::UpdateEmailAddressPolicy>(),
];

object! {
    /// Which addresses recipients get whose addresses follow policies.
    pub struct EmailAddressPolicyObject = "EmailAddressPolicy" [name, priority, recipient_filter] {
        /// Its name.
        identity: String,
        /// Its name.
        name: String,
        /// Which is asked first, from 1 on; Lowest is the default policy.
        priority: String,
        /// Whom it takes; the default policy everybody whom no other takes.
        recipient_filter: Option<String>,
        /// The template of the primary address.
        enabled_primary_smtp_address_template: String,
        /// The addresses that it makes.
        enabled_email_address_templates: Vec<String>,
        /// Templates that are kept and make nothing.
        disabled_email_address_templates: Vec<String>,
    }
}

verb! {
    /// Shows e-mail address policies, in the order in which they are asked.
    pub struct GetEmailAddressPolicy = "Get-EmailAddressPolicy" (Role::ViewOnlyConfiguration, Effect::Read) {
        /// Only this one.
        identity: Option<String> = first,
    }
}

verb! {
    /// Makes an e-mail address policy. Recipients get its addresses when they are changed, all of
    /// them by Update-EmailAddressPolicy.
    pub struct NewEmailAddressPolicy = "New-EmailAddressPolicy" (Role::EmailAddressPolicies, Effect::Change) {
        /// Its name, which no other has.
        name: String = first,
        /// Which is asked first, from 1 on; without it, and as Lowest, the last before the default
        /// policy. The others move.
        priority: Option<Priority>,
        /// The addresses that it makes: `SMTP:%g.%s@contoso.com` the primary one,
        /// `smtp:@contoso.com` a further one.
        enabled_email_address_templates: Vec<AddressTemplate>,
        /// The template of the primary address, where there is no other: `%g.%s@contoso.com`.
        enabled_primary_smtp_address_template: Option<AddressTemplate>,
        /// Templates that are kept and make nothing.
        disabled_email_address_templates: Vec<AddressTemplate>,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Changes an e-mail address policy. What is left out stays.
    pub struct SetEmailAddressPolicy = "Set-EmailAddressPolicy" (Role::EmailAddressPolicies, Effect::Change) {
        /// The policy.
        identity: String = first,
        /// Its new name.
        name: Option<String>,
        /// Which is asked first, from 1 on; Lowest is the last before the default policy. The
        /// others move.
        priority: Option<Priority>,
        /// The addresses that it makes.
        enabled_email_address_templates: Edit<AddressTemplate>,
        /// The template of the primary address; the others stay.
        enabled_primary_smtp_address_template: Option<AddressTemplate>,
        /// Templates that are kept and make nothing.
        disabled_email_address_templates: Edit<AddressTemplate>,
        .. filter: FilterParameters,
    }
}

verb! {
    /// Removes an e-mail address policy. Recipients keep the addresses that it made.
    pub struct RemoveEmailAddressPolicy = "Remove-EmailAddressPolicy" (Role::EmailAddressPolicies, Effect::Destroy) {
        /// The policy.
        identity: String = first,
    }
}

impl Scalar for AddressTemplate {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        text.parse()
            .map_err(|error: types::address_template::NoTemplate| Expected(error.to_string()))
    }
}

/// A place among the policies: None is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority(Option<u32>);

impl Scalar for Priority {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let number = || text.parse().ok().filter(|number| *number > 0);
        match text.eq_ignore_ascii_case(LOWEST) {
            true => Ok(Priority(None)),
            false => number()
                .map(|number| Priority(Some(number)))
                .ok_or_else(|| Expected(format!("a whole number from 1 on, or {LOWEST}"))),
        }
    }
}

const LOWEST: &str = "Lowest";

impl Cmdlet for GetEmailAddressPolicy {
    type Answer = Vec<EmailAddressPolicyObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let wanted = match &self.identity {
            Some(identity) => vec![found(session, identity)?],
            None => all(session)?,
        };
        Ok(wanted.iter().map(|policy| shown(session, policy)).collect())
    }
}

impl Cmdlet for NewEmailAddressPolicy {
    type Answer = Vec<EmailAddressPolicyObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        if all(session)?.iter().any(|policy| policy.name.eq_ignore_ascii_case(&self.name)) {
            let why = format!("there is an EmailAddressPolicy {} already", self.name);
            return Err(VerbError::Invalid(why));
        }
        let filter = self.filter.filter()?;
        let missing = || VerbError::Missing("RecipientFilter or IncludedRecipients".to_owned());
        let mut policy = EmailAddressPolicy {
            name: self.name,
            priority: 0,
            recipient_filter: Some(filter.ok_or_else(missing)?),
            enabled_email_address_templates: self.enabled_email_address_templates,
            disabled_email_address_templates: self.disabled_email_address_templates,
        };
        if let Some(primary) = self.enabled_primary_smtp_address_template {
            set_primary(&mut policy, primary);
        }
        let name = policy.name.clone();
        let place = self.priority.unwrap_or(Priority(None));
        let edited = Edited { before: None, after: policy, place: Some(place.0) };
        match write(session, "Creating", edited).await? {
            true => Ok(vec![shown(session, &found(session, &name)?)]),
            false => Ok(Vec::new()),
        }
    }
}

impl Cmdlet for SetEmailAddressPolicy {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = found(session, &self.identity)?;
        let mut policy = with_default(session, before.clone());
        let fixed = self.name.is_some() || self.priority.is_some();
        if policy.is_default() && fixed {
            let why = format!("the name and the priority of {} are fixed", policy.name);
            return Err(VerbError::Invalid(why));
        }
        let place = self.priority.map(|Priority(place)| place);
        policy.name = self.name.unwrap_or(policy.name);
        policy.recipient_filter = self.filter.filter()?.or(policy.recipient_filter);
        self.enabled_email_address_templates.apply(&mut policy.enabled_email_address_templates);
        self.disabled_email_address_templates.apply(&mut policy.disabled_email_address_templates);
        if let Some(primary) = self.enabled_primary_smtp_address_template {
            set_primary(&mut policy, primary);
        }
        let edited = Edited { before: Some(before), after: policy, place };
        if write(session, "Changing", edited).await? {
            session.warn("recipients have their new addresses after Update-EmailAddressPolicy");
        }
        Ok(())
    }
}

impl Cmdlet for RemoveEmailAddressPolicy {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let policy = found(session, &self.identity)?;
        if policy.is_default() {
            return Err(VerbError::Invalid(format!("{} cannot be removed", policy.name)));
        }
        remove(session, policy).await
    }
}

/// Puts a template in the place of that of the primary address.
fn set_primary(policy: &mut EmailAddressPolicy, primary: AddressTemplate) {
    let before = policy.primary_template().cloned();
    let templates = &mut policy.enabled_email_address_templates;
    templates.retain(|template| Some(template) != before.as_ref());
    templates.insert(0, primary.into_primary());
}

fn shown(session: &Session<'_>, policy: &EmailAddressPolicy) -> EmailAddressPolicyObject {
    let policy = with_default(session, policy.clone());
    let texts = |all: &[AddressTemplate]| all.iter().map(ToString::to_string).collect();
    let primary = policy.primary_template().map(ToString::to_string).unwrap_or_default();
    EmailAddressPolicyObject {
        identity: policy.name.clone(),
        priority: match policy.is_default() {
            true => LOWEST.to_owned(),
            false => policy.priority.to_string(),
        },
        recipient_filter: policy.recipient_filter.as_ref().map(ToString::to_string),
        enabled_primary_smtp_address_template: primary,
        enabled_email_address_templates: texts(&policy.enabled_email_address_templates),
        disabled_email_address_templates: texts(&policy.disabled_email_address_templates),
        name: policy.name,
    }
}
