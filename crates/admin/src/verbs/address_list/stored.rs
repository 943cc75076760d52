//! Lists as objects of the configuration: finding, writing, removing.

use ::config::AddressList;
use ::config::object::{ObjectKind, document};
use directory::{ConfigurationObject, ObjectChange};
use serde::Serialize;

use crate::verb::{Object, Session, VerbError};
use crate::verbs::configured::{holds_together, put, settings_now};

/// A list as it is written, and as verbs show it before and after.
pub(super) struct Edited<'a, O> {
    /// None: it is new.
    pub before: Option<&'a O>,
    pub after: &'a O,
    pub list: &'a AddressList,
}

/// All lists of a kind.
pub(super) fn all<K: ObjectKind<Value = AddressList>>(
    session: &Session<'_>,
) -> Result<Vec<AddressList>, VerbError> {
    let all = K::all(&settings_now(session)?);
    let all = all.map_err(|error| VerbError::Invalid(error.to_string()))?;
    Ok(all.into_iter().map(|(_, list)| list).collect())
}

/// The list of that path, or of that name where only one has it.
pub(super) fn found<K: ObjectKind<Value = AddressList>>(
    session: &Session<'_>,
    identity: &str,
) -> Result<AddressList, VerbError> {
    let all = all::<K>(session)?;
    if let Some(list) = all.iter().find(|list| list.name.eq_ignore_ascii_case(identity)) {
        return Ok(list.clone());
    }
    let is_named = |list: &&AddressList| list.container_and_name().1.eq_ignore_ascii_case(identity);
    let named: Vec<_> = all.iter().filter(is_named).collect();
    match named.as_slice() {
        [one] => Ok(AddressList::clone(one)),
        [] => Err(VerbError::NotFound { what: K::NAME, identity: identity.to_owned() }),
        several => Err(VerbError::Ambiguous {
            identity: identity.to_owned(),
            candidates: several.iter().map(|list| list.name.clone()).collect(),
        }),
    }
}

/// Refuses a name that a list has.
pub(super) fn check_free<K: ObjectKind<Value = AddressList>>(
    session: &Session<'_>,
    name: &str,
) -> Result<(), VerbError> {
    match all::<K>(session)?.iter().any(|list| list.name.eq_ignore_ascii_case(name)) {
        true => Err(VerbError::Invalid(format!("{} {name} is there already", K::NAME))),
        false => Ok(()),
    }
}

/// How many a list has now.
pub(super) fn member_count(session: &Session<'_>, list: &AddressList) -> usize {
    let snapshot = session.snapshot();
    list.recipient_filter.as_ref().map_or(0, |filter| snapshot.listed_by(filter).len())
}

/// Writes a list, unless the verb is only asked what it would do. False: it was only asked.
pub(super) async fn write<K: ObjectKind<Value = AddressList>, O: Serialize>(
    session: &Session<'_>,
    doing: &str,
    edited: Edited<'_, O>,
) -> Result<bool, VerbError> {
    let Edited { before, after, list } = edited;
    let object = ConfigurationObject::new(K::NAME, &list.name, document::write(list));
    let before = before.map(Object::of).transpose()?;
    let after = Object::of(after)?;
    put(session, doing, object, list.name.clone(), (before.as_ref(), &after)).await
}

/// Removes lists, of which the last one is meant, unless the verb is only asked what it would do.
/// Errors: one is always there.
pub(super) async fn remove<K: ObjectKind<Value = AddressList>, O: Serialize>(
    session: &Session<'_>,
    lists: &[AddressList],
    before: &O,
) -> Result<(), VerbError> {
    let fixed = K::all(&session.organization.settings);
    let fixed = fixed.map_err(|error| VerbError::Invalid(error.to_string()))?;
    let is_fixed =
        |list: &&AddressList| fixed.iter().any(|(name, _)| name.eq_ignore_ascii_case(&list.name));
    if let Some(list) = lists.iter().find(is_fixed) {
        let of = "of the server itself or of its configuration file";
        return Err(VerbError::Invalid(format!("{} is one {of}: it cannot be removed", list.name)));
    }
    let mut wanted = true;
    for list in lists {
        wanted &= session.should_process(format!("Removing {} {}", K::NAME, list.name));
    }
    let Some(meant) = lists.last().filter(|_| wanted) else { return Ok(()) };
    let removal = |list: &AddressList| ObjectChange::Remove {
        kind: K::NAME.to_owned(),
        name: list.name.clone(),
    };
    let changes = lists.iter().map(removal).collect();
    session.directory().change_objects(changes, holds_together(session)).await?;
    session.modified(meant.name.clone(), Some(&Object::of(before)?), None);
    Ok(())
}
