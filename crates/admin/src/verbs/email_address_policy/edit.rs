//! Writing policies: one that is made, changed or removed, and those that move because of it.

use ::config::EmailAddressPolicy;
use ::config::object::{EmailAddressPolicies, ObjectKind, document};
use directory::{ConfigurationObject, ObjectChange};

use super::policies::{all, check_domains, found};
use super::shown;
use crate::verb::{Object, Session, VerbError};
use crate::verbs::configured::holds_together;

/// A policy before and after.
pub(super) struct Edited {
    /// None: it is new.
    pub before: Option<EmailAddressPolicy>,
    /// Its priority is what its place makes it.
    pub after: EmailAddressPolicy,
    /// Where it comes; None: where it was. Some(None): last.
    pub place: Option<Option<u32>>,
}

/// Writes a policy, unless the verb is only asked what it would do. False: it was only asked.
pub(super) async fn write(
    session: &Session<'_>,
    doing: &str,
    edited: Edited,
) -> Result<bool, VerbError> {
    let snapshot = session.snapshot();
    check_domains(&edited.after, &|domain| snapshot.accepted_domain(domain).is_some())?;
    let was = edited.before.as_ref().map(|before| Object::of(&shown(session, before)));
    let was = was.transpose()?;
    let name = edited.after.name.clone();
    let changes = edited.changes(&all(session)?)?;
    if !session.should_process(format!("{doing} EmailAddressPolicy {name}")) {
        return Ok(false);
    }
    session.directory().change_objects(changes, holds_together(session)).await?;
    let is = Object::of(&shown(session, &found(session, &name)?))?;
    session.modified(name, was.as_ref(), Some(&is));
    Ok(true)
}

impl Edited {
    /// What has to be written: the policy at its place, and those that move. Errors: another one
    /// has its name.
    fn changes(self, now: &[EmailAddressPolicy]) -> Result<Vec<ObjectChange>, VerbError> {
        let Edited { before, after, place } = self;
        let old_name = before.map(|before| before.name);
        let is_this = |policy: &EmailAddressPolicy| Some(&policy.name) == old_name.as_ref();
        let at = now.iter().position(is_this);
        let mut wanted: Vec<_> = now.iter().filter(|policy| !is_this(policy)).cloned().collect();
        if wanted.iter().any(|other| other.name.eq_ignore_ascii_case(&after.name)) {
            let why = format!("there is an EmailAddressPolicy {} already", after.name);
            return Err(VerbError::Invalid(why));
        }
        let last = wanted.iter().filter(|policy| !policy.is_default()).count();
        let place = match place {
            None => at.unwrap_or(last),
            Some(None) => last,
            Some(Some(place)) => last.min(place as usize - 1),
        };
        let name = after.name.clone();
        wanted.insert(place, after);
        let renamed = old_name.filter(|old| !old.eq_ignore_ascii_case(&name)).map(removal);
        Ok(moved(now, wanted).into_iter().chain(renamed).collect())
    }
}

/// Removes a policy, unless the verb is only asked what it would do.
pub(super) async fn remove(
    session: &Session<'_>,
    policy: EmailAddressPolicy,
) -> Result<(), VerbError> {
    let mine = session.organization.settings.email_address_policy.iter();
    if mine.clone().any(|other| other.name.eq_ignore_ascii_case(&policy.name)) {
        let why = format!("{} is one of the server itself", policy.name);
        return Err(VerbError::Invalid(why));
    }
    if !session.should_process(format!("Removing EmailAddressPolicy {}", policy.name)) {
        return Ok(());
    }
    let now = all(session)?;
    let mut wanted = now.clone();
    wanted.retain(|other| other.name != policy.name);
    let mut changes = moved(&now, wanted);
    changes.push(removal(policy.name.clone()));
    session.directory().change_objects(changes, holds_together(session)).await?;
    session.modified(policy.name.clone(), Some(&Object::of(&shown(session, &policy))?), None);
    Ok(())
}

/// Those that differ from what they are, once their priorities follow from the order in which
/// they are to be.
fn moved(now: &[EmailAddressPolicy], wanted: Vec<EmailAddressPolicy>) -> Vec<ObjectChange> {
    let numbered = wanted.into_iter().zip(1..).map(|(policy, place)| {
        let priority = if policy.is_default() { 0 } else { place };
        EmailAddressPolicy { priority, ..policy }
    });
    let differing = numbered.filter(|policy| !now.contains(policy));
    differing.map(|policy| put(&policy)).collect()
}

fn put(policy: &EmailAddressPolicy) -> ObjectChange {
    let (kind, document) = (EmailAddressPolicies::NAME, document::write(policy));
    ObjectChange::Put(ConfigurationObject::new(kind, &policy.name, document))
}

fn removal(name: String) -> ObjectChange {
    ObjectChange::Remove { kind: EmailAddressPolicies::NAME.to_owned(), name }
}
