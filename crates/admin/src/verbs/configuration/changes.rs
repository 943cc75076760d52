//! The changes that a document asks for: told, checked, made.

use std::sync::Arc;

use ::config::Settings;
use ::config::object::{Change, Stored};
use directory::{ConfigurationObject, ObjectChange, Snapshot};
use serde_json::{Map, Value};
use types::Domain;

use super::accepted_domain::DomainChange;
use super::invalid;
use crate::organization::{effective, stored};
use crate::verb::{Object, Session, VerbError, object};
use crate::verbs::configured::is_in_effect;
use crate::verbs::email_address_policy::check_domains;

object! {
    /// A change of the configuration.
    pub struct ConfigurationChange = "ConfigurationChange" [object, action, property, before, after] {
        /// What changes: its kind and its name.
        object: String,
        /// New, Set or Remove.
        action: &'static str,
        /// The setting; empty where the object as a whole is meant.
        property: String,
        /// Its value before.
        before: String,
        /// Its value afterwards.
        after: String,
    }
}

impl ConfigurationChange {
    /// The action of a change that makes or changes.
    pub(super) fn action(is_new: bool) -> &'static str {
        if is_new { "New" } else { "Set" }
    }

    /// An object that is forgotten.
    pub(super) fn removed(object: String) -> Self {
        let empty = String::new;
        ConfigurationChange {
            object,
            action: "Remove",
            property: empty(),
            before: empty(),
            after: empty(),
        }
    }
}

/// All of them.
pub(super) struct Changes {
    pub objects: Vec<Change>,
    pub domains: Vec<DomainChange>,
}

impl Changes {
    /// Whether the configuration would hold together.
    pub(super) fn check(&self, file: &Settings, snapshot: &Snapshot) -> Result<(), VerbError> {
        let is_changed = |object: &Stored<'_>| self.objects.iter().any(|one| is_of(one, object));
        let kept = stored(snapshot).filter(|object| !is_changed(object));
        let put = self.objects.iter().filter_map(written);
        let settings = file.with_objects(kept.chain(put)).map_err(invalid)?;
        let is_accepted = |domain: &Domain| {
            snapshot.accepted_domain(domain).is_some()
                || self.domains.iter().any(|change| change.accepts(domain))
        };
        let policies = settings.email_address_policies();
        policies.iter().try_for_each(|policy| check_domains(policy, &is_accepted))
    }

    /// A row for every setting that changes.
    pub(super) fn told(&self) -> Vec<ConfigurationChange> {
        let objects = self.objects.iter().flat_map(told);
        objects.chain(self.domains.iter().flat_map(DomainChange::told)).collect()
    }

    /// Whether there is anything to do, and it was not only asked what that would be.
    pub(super) fn are_wanted(&self, session: &Session<'_>) -> bool {
        let all = self.objects.len() + self.domains.len();
        all > 0 && session.should_process(format!("Changing {all} objects of the configuration"))
    }

    /// Makes them.
    pub(super) async fn make(self, session: &Session<'_>) -> Result<(), VerbError> {
        let (before, after) = audited(&self.told());
        let file = Arc::clone(&session.organization.settings);
        let holds_together = move |snapshot: &Snapshot| {
            effective(&file, snapshot).map(drop).map_err(|error| error.to_string())
        };
        let of_services = self.objects.iter().any(|change| change.name.is_empty());
        let objects = self.objects.into_iter().map(edit).collect();
        session.directory().change_objects(objects, holds_together).await?;
        for domain in self.domains {
            domain.make(session).await?;
        }
        session.modified("configuration", Some(&before), Some(&after));
        is_in_effect(session).await;
        if of_services {
            session.warn("settings of services count when the server is started again");
        }
        Ok(())
    }
}

fn is_of(change: &Change, object: &Stored<'_>) -> bool {
    change.kind == object.kind && change.name.eq_ignore_ascii_case(object.name)
}

fn written(change: &Change) -> Option<Stored<'_>> {
    let document = change.document.as_deref()?;
    Some(Stored { kind: &change.kind, name: &change.name, document })
}

fn edit(change: Change) -> ObjectChange {
    let Change { kind, name, document, .. } = change;
    match document {
        Some(document) => ObjectChange::Put(ConfigurationObject::new(&kind, &name, document)),
        None => ObjectChange::Remove { kind, name },
    }
}

fn told(change: &Change) -> Vec<ConfigurationChange> {
    let object = format!("{} {}", change.kind, change.name).trim_end().to_owned();
    if change.document.is_none() {
        return vec![ConfigurationChange::removed(object)];
    }
    let action = ConfigurationChange::action(change.is_new);
    let settings = change.settings.iter().map(|setting| ConfigurationChange {
        object: object.clone(),
        action,
        property: setting.name.clone(),
        before: setting.before.join(", "),
        after: setting.after.join(", "),
    });
    settings.collect()
}

/// What the audit log has: every setting under the name of its object, before and after.
fn audited(changes: &[ConfigurationChange]) -> (Object, Object) {
    let named = |change: &ConfigurationChange, value: &str| {
        (format!("{} {}", change.object, change.property), Value::from(value))
    };
    let all = |value: fn(&ConfigurationChange) -> &str| {
        Object(changes.iter().map(|change| named(change, value(change))).collect::<Map<_, _>>())
    };
    (all(|change| &change.before), all(|change| &change.after))
}
