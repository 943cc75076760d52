//! Update-EmailAddressPolicy: all recipients of a policy get its addresses, slice after slice, each
//! with an entry of its own in the audit log.

use std::sync::Arc;

use directory::{AddressPolicies, AuditEntry, DirectoryError, Followed, Recipient, RecipientId};
use serde_json::{Map, Value};
use types::limits::POLICY_SLICE_RECIPIENTS;

use super::policies::{found, policies};
use crate::verb::{Cmdlet, Effect, Object, Role, Session, VerbError, verb};

verb! {
    /// Gives every recipient that a policy takes, and whose addresses follow policies, the
    /// addresses that it makes. No address is taken away.
    pub struct UpdateEmailAddressPolicy = "Update-EmailAddressPolicy" (Role::EmailAddressPolicies, Effect::Change) {
        /// The policy.
        identity: String = first,
    }
}

/// Recipients that a warning names; of further ones it tells the number.
const NAMED_MAX: usize = 20;

impl Cmdlet for UpdateEmailAddressPolicy {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let name = found(session, &self.identity)?.name;
        let only_ask = !session.should_process(format!("Updating recipients of {name}"));
        let policies = policies(session)?;
        let mut refused = Vec::new();
        let (within, outside) = within_scope(session, recipients_of(session, &policies, &name));
        for slice in within.chunks(POLICY_SLICE_RECIPIENTS) {
            let (ids, policies) = (slice.to_vec(), Arc::clone(&policies));
            let followed = session.directory().follow_policies(ids, policies, only_ask).await?;
            refused.extend(followed.iter().filter_map(refusal));
            match only_ask {
                true => tell(session, &followed),
                false => audit(session, &name, &followed).await?,
            }
        }
        warn(session, &refused);
        if outside > 0 {
            session.warn(format!("{outside} recipients are not in the caller's write scope"));
        }
        session.modified(name, None, None);
        Ok(())
    }
}

/// Whose addresses the policy makes, by address.
fn recipients_of(
    session: &Session<'_>,
    policies: &AddressPolicies,
    name: &str,
) -> Vec<RecipientId> {
    let snapshot = session.snapshot();
    let is_taken = |recipient: &&Arc<Recipient>| {
        let policy = || policies.of(&snapshot, recipient);
        recipient.email_address_policy_enabled && policy().is_some_and(|one| one.name == name)
    };
    let mut taken: Vec<_> = snapshot.recipients().filter(is_taken).collect();
    taken.sort_by_cached_key(|recipient| recipient.primary.folded());
    taken.into_iter().map(|recipient| recipient.id).collect()
}

/// Those that the caller may change, and the number of the others.
fn within_scope(session: &Session<'_>, all: Vec<RecipientId>) -> (Vec<RecipientId>, usize) {
    let (count, snapshot) = (all.len(), session.snapshot());
    let is_within = |id: &RecipientId| {
        snapshot.recipient(*id).is_some_and(|recipient| session.is_within_scope(recipient))
    };
    let within: Vec<_> = all.into_iter().filter(is_within).collect();
    let outside = count - within.len();
    (within, outside)
}

fn tell(session: &Session<'_>, followed: &[Followed]) {
    for (before, after) in followed {
        if let Ok(after) = after {
            let addresses = after.email_addresses().join(", ");
            session.should_process(format!("Changing {} to {addresses}", before.primary));
        }
    }
}

async fn audit(
    session: &Session<'_>,
    policy: &str,
    followed: &[Followed],
) -> Result<(), DirectoryError> {
    let entry = |(before, after): &Followed| {
        let (was, is) = (addresses(before), addresses(after.as_ref().ok()?));
        let entry = session.audit_entry(before.primary.to_string(), &was, &is);
        let parameters = vec![("Identity".to_owned(), policy.to_owned())];
        Some(AuditEntry { verb: "Update-EmailAddressPolicy".to_owned(), parameters, ..entry })
    };
    session.directory().audit_all(followed.iter().filter_map(entry).collect()).await
}

/// What the audit log has of a recipient.
fn addresses(recipient: &Recipient) -> Object {
    let primary = Value::from(recipient.primary.to_string());
    let all = Value::from(recipient.email_addresses());
    let fields = [("PrimarySmtpAddress", primary), ("EmailAddresses", all)];
    Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn refusal((before, after): &Followed) -> Option<String> {
    after.as_ref().err().map(|error| format!("{} stays as it is: {error}", before.primary))
}

fn warn(session: &Session<'_>, refused: &[String]) {
    refused.iter().take(NAMED_MAX).for_each(|text| session.warn(text));
    if let Some(more) = refused.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        session.warn(format!("{more} more stay as they are"));
    }
}
