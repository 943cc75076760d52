//! Running a verb: rights, the run itself, the audit log.

use directory::AuditEntry;
use serde::{Deserialize, Serialize};

use super::argument::Shape;
use super::arguments::Arguments;
use super::error::VerbError;
use super::object::Object;
use super::role::Caller;
use super::session::{Notes, Session};
use super::{Effect, Verb};
use crate::organization::Organization;

/// A verb with its arguments.
pub struct Call {
    /// Which.
    pub verb: &'static Verb,
    /// What was written.
    pub arguments: Arguments,
    /// Only tell what would be done (`-WhatIf`).
    pub what_if: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Reply {
    /// The answer.
    pub objects: Vec<serde_json::Map<String, serde_json::Value>>,
    /// What it would have done.
    #[serde(default)]
    pub what_if: Vec<String>,
    /// What should be known besides.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Runs a verb. Errors: Denied when the caller's roles do not hold it, and the verb's own.
pub async fn invoke(
    organization: &Organization,
    caller: &Caller,
    call: Call,
) -> Result<Reply, VerbError> {
    let Call { verb, arguments, what_if } = call;
    let parameters = masked(verb, &arguments);
    let session = Session::new(organization, caller, verb.role, what_if);
    let outcome = match caller.holds(verb.role) {
        true => (verb.run)(&session, arguments).await,
        false => Err(VerbError::Denied(verb.role)),
    };
    let notes = session.into_notes();
    let outcome = match notes.unasked {
        true => outcome.and(Err(VerbError::OutOfScope(verb.name.as_str().to_owned()))),
        false => outcome,
    };
    if verb.effect != Effect::Read && !what_if {
        audit(organization, caller, verb, parameters, &notes, outcome.as_ref().err()).await?;
    }
    let Notes { what_if, warnings, .. } = notes;
    let objects = outcome?.into_iter().map(|Object(fields)| fields).collect();
    Ok(Reply { objects, what_if, warnings })
}

/// Names and values for the audit log; secrets as stars.
fn masked(verb: &'static Verb, arguments: &Arguments) -> Vec<(String, String)> {
    let secret =
        |name: &str| verb.parameter(name).is_some_and(|parameter| parameter.shape == Shape::Secret);
    let shown = |(name, value): (String, serde_json::Value)| match (secret(&name), value) {
        (true, _) => (name, "*****".to_owned()),
        (false, serde_json::Value::String(text)) => (name, text),
        (false, value) => (name, value.to_string()),
    };
    arguments.to_json(verb.parameters).into_iter().map(shown).collect()
}

/// Writes the entry. What cannot be audited is reported as failed although it was done: an
/// administrator must learn that the log has a hole.
async fn audit(
    organization: &Organization,
    caller: &Caller,
    verb: &'static Verb,
    parameters: Vec<(String, String)>,
    notes: &Notes,
    error: Option<&VerbError>,
) -> Result<(), VerbError> {
    let entry = AuditEntry {
        time: organization.clock.now().secs().max(0) as u64,
        caller: caller.name().to_owned(),
        verb: verb.name.as_str().to_owned(),
        parameters,
        object: notes.object.clone().unwrap_or_default(),
        modified: notes.modified.clone(),
        error: error.map(ToString::to_string),
        server: organization.server.clone(),
    };
    tracing::info!(
        verb = entry.verb,
        caller = entry.caller,
        object = entry.object,
        error = entry.error.as_deref(),
        "verb"
    );
    Ok(organization.directory.audit(entry).await?)
}
