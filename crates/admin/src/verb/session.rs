//! What a running verb works on, and what it says besides its answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::{AuditEntry, Directory, ModifiedProperty, Recipient, Snapshot};

use super::error::VerbError;
use super::identity::Identity;
use super::object::Object;
use super::role::{Caller, Role};
use crate::organization::Organization;

/// One run of a verb.
pub struct Session<'a> {
    /// What it works on.
    pub organization: &'a Organization,
    /// Who runs it.
    pub caller: &'a Caller,
    /// The role that holds the verb.
    role: Role,
    what_if: bool,
    notes: Mutex<Notes>,
}

/// What a run says besides its answer.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub what_if: Vec<String>,
    pub warnings: Vec<String>,
    pub object: Option<String>,
    pub modified: Vec<ModifiedProperty>,
    /// A write scope was asked, and takes what is to be changed.
    within_scope: bool,
    /// The verb was about to change something and had asked no scope.
    pub unasked: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        organization: &'a Organization,
        caller: &'a Caller,
        role: Role,
        what_if: bool,
    ) -> Self {
        Session { organization, caller, role, what_if, notes: Mutex::default() }
    }

    /// Whether the caller may change a recipient, or what is in its mailbox. Errors: OutOfScope.
    pub fn may_change(&self, recipient: &Recipient) -> Result<(), VerbError> {
        let within = self.is_within_scope(recipient);
        self.within(within, || recipient.primary.to_string())
    }

    /// The same without an error, for verbs that leave out what they may not change.
    pub fn is_within_scope(&self, recipient: &Recipient) -> bool {
        self.caller.may_change(self.role, &self.snapshot(), recipient)
    }

    /// Whether the caller may make recipients: what is not there yet is in nobody's scope.
    pub fn may_make(&self, name: &str) -> Result<(), VerbError> {
        self.within(self.caller.holds_everywhere(self.role), || name.to_owned())
    }

    fn within(&self, within: bool, name: impl FnOnce() -> String) -> Result<(), VerbError> {
        if !within {
            return Err(VerbError::OutOfScope(name()));
        }
        self.notes().within_scope = true;
        Ok(())
    }

    /// Whether nobody has asked for a scope that the caller is kept to.
    fn is_unasked(&self) -> bool {
        self.role.is_scoped()
            && !self.caller.holds_everywhere(self.role)
            && !self.notes().within_scope
    }

    /// True when the verb is to do it; false when it was only asked what it would do, which
    /// is then told as `action`: `Removing mailbox alice@example.test`.
    ///
    /// Also false for a verb that has forgotten to ask for the caller's write scope: nothing is
    /// done then, and the run ends with OutOfScope.
    pub fn should_process(&self, action: impl Into<String>) -> bool {
        if self.is_unasked() {
            self.notes().unasked = true;
            return false;
        }
        if self.what_if {
            self.notes().what_if.push(action.into());
        }
        !self.what_if
    }

    /// Something to know besides; the verb goes on.
    pub fn warn(&self, text: impl Into<String>) {
        self.notes().warnings.push(text.into());
    }

    /// For the audit log: an object that was made, changed or removed, as a verb shows it
    /// before and after. What is the same in both is left out.
    pub fn modified(
        &self,
        object: impl Into<String>,
        before: Option<&Object>,
        after: Option<&Object>,
    ) {
        let mut notes = self.notes();
        notes.object = Some(object.into());
        notes.modified.extend(differences(before, after));
    }

    /// An entry of the audit log about one of many objects that a verb changes; which verb it is
    /// says who writes it.
    pub fn audit_entry(&self, object: String, before: &Object, after: &Object) -> AuditEntry {
        AuditEntry {
            time: self.organization.clock.now().secs().max(0) as u64,
            caller: self.caller.name().to_owned(),
            verb: String::new(),
            parameters: Vec::new(),
            object,
            modified: differences(Some(before), Some(after)),
            error: None,
            server: self.organization.server.clone(),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &'a Directory {
        &self.organization.directory
    }

    /// The directory as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.directory().snapshot()
    }

    /// The recipient that is meant. `what` is how an error calls it.
    pub fn recipient(
        &self,
        identity: &Identity,
        what: &'static str,
    ) -> Result<Arc<Recipient>, VerbError> {
        identity.recipient(&self.snapshot(), what)
    }

    pub(super) fn into_notes(self) -> Notes {
        self.notes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn differences(before: Option<&Object>, after: Option<&Object>) -> Vec<ModifiedProperty> {
    let value = |object: Option<&Object>, name: &str| {
        let value = object.and_then(|object| object.0.get(name));
        value.filter(|value| !value.is_null()).map(ToString::to_string).unwrap_or_default()
    };
    let names = |object: Option<&'_ Object>| {
        object.map(|object| object.0.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut all = names(before);
    all.extend(names(after).into_iter().filter(|name| !names(before).contains(name)));
    let changed = all.into_iter().map(|name| ModifiedProperty {
        old: value(before, &name),
        new: value(after, &name),
        name,
    });
    changed.filter(|property| property.old != property.new).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn object(text: &str) -> Object {
        Object(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_audit_log_has_what_differs() {
        let before = object(r#"{"Name":"a","Quota":5,"Alias":"a"}"#);
        let after = object(r#"{"Name":"a","Quota":7,"Alias":null,"Notes":"n"}"#);
        let told: Vec<String> = differences(Some(&before), Some(&after))
            .into_iter()
            .map(|property| format!("{} {}>{}", property.name, property.old, property.new))
            .collect();
        assert_eq!(told, ["Alias \"a\">", "Quota 5>7", "Notes >\"n\""]);
    }
}
