//! The policies there are, and as the directory applies them.

use std::sync::Arc;

use ::config::{EmailAddressPolicy, Settings};
use directory::{AddressPolicies, AddressPolicy, Snapshot};
use types::{AddressTemplate, Domain};

use crate::verb::{Session, VerbError};
use crate::verbs::configured::settings_now;

/// All of them, in the order in which they are asked.
pub(super) fn all(session: &Session<'_>) -> Result<Vec<EmailAddressPolicy>, VerbError> {
    Ok(settings_now(session)?.email_address_policies())
}

/// The policy of that name.
pub(super) fn found(session: &Session<'_>, name: &str) -> Result<EmailAddressPolicy, VerbError> {
    let missing = || VerbError::NotFound { what: "EmailAddressPolicy", identity: name.to_owned() };
    let mut all = all(session)?.into_iter();
    all.find(|policy| policy.name.eq_ignore_ascii_case(name)).ok_or_else(missing)
}

/// The policy with the template that it has unless it is told otherwise: only the default policy
/// has one, as long as there is a default domain.
pub(super) fn with_default(
    session: &Session<'_>,
    policy: EmailAddressPolicy,
) -> EmailAddressPolicy {
    completed(&session.snapshot(), policy)
}

fn completed(snapshot: &Snapshot, mut policy: EmailAddressPolicy) -> EmailAddressPolicy {
    let templates = &mut policy.enabled_email_address_templates;
    if templates.is_empty() {
        templates.extend(snapshot.default_domain().map(AddressTemplate::of_domain));
    }
    policy
}

/// The policies as the directory applies them.
pub(in crate::verbs) fn policies(session: &Session<'_>) -> Result<Arc<AddressPolicies>, VerbError> {
    let snapshot = session.snapshot();
    let all = all(session)?.into_iter().filter_map(|policy| applied(&snapshot, policy));
    Ok(Arc::new(AddressPolicies(all.collect())))
}

fn applied(snapshot: &Snapshot, policy: EmailAddressPolicy) -> Option<AddressPolicy> {
    let policy = completed(snapshot, policy);
    Some(AddressPolicy {
        primary: policy.primary_template()?.clone(),
        others: policy.other_templates().cloned().collect(),
        filter: policy.recipient_filter,
        name: policy.name,
    })
}

/// Refuses a template in whose domain no mail comes.
pub(in crate::verbs) fn check_domains(
    policy: &EmailAddressPolicy,
    is_accepted: &dyn Fn(&Domain) -> bool,
) -> Result<(), VerbError> {
    match policy.templates().find(|template| !is_accepted(template.domain())) {
        None => Ok(()),
        Some(template) => Err(VerbError::Invalid(format!(
            "{template}: {} is not an accepted domain",
            template.domain()
        ))),
    }
}

/// Refuses that an accepted domain goes which a policy makes addresses in.
pub(in crate::verbs) fn check_unused(
    session: &Session<'_>,
    settings: &Settings,
    domain: &Domain,
) -> Result<(), VerbError> {
    let all = settings.email_address_policies();
    let uses = |policy: &&EmailAddressPolicy| {
        policy.templates().any(|template| template.domain() == domain)
    };
    match all.iter().find(uses) {
        Some(policy) if session.snapshot().domain(domain).is_some() => Err(VerbError::Invalid(
            format!("the e-mail address policy {} makes addresses in {domain}", policy.name),
        )),
        _ => Ok(()),
    }
}
