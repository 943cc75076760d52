//! Asking verbs, and reading what they answer.

use serde_json::{Map, Value};

use crate::AdminError;
use crate::api::ClientError;
use crate::shell::Executor;
use crate::verb::{Arguments, Call, ErrorCode, Reply};
use crate::verbs;

/// An object that a verb answered with.
pub(crate) type Fields = Map<String, Value>;

/// What a verb answers.
pub(crate) async fn ask(
    server: &impl Executor,
    verb: &str,
    said: &[(&str, &str)],
) -> Result<Reply, AdminError> {
    let verb = verbs::find(verb)?;
    let said = said.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    let arguments = Arguments::from_json(verb.parameters, &said.collect())?;
    server.execute(Call { verb, arguments, what_if: false }).await
}

/// The objects of an answer; none when what was named is not there.
pub(crate) async fn found(
    server: &impl Executor,
    verb: &str,
    said: &[(&str, &str)],
) -> Result<Vec<Fields>, AdminError> {
    match ask(server, verb, said).await {
        Err(error) if is(&error, ErrorCode::NotFound) => Ok(Vec::new()),
        answer => Ok(answer?.objects),
    }
}

/// Whether a verb failed for this reason, here or on the server.
fn is(error: &AdminError, code: ErrorCode) -> bool {
    match error {
        AdminError::Verb(error) => error.code() == code,
        AdminError::Client(ClientError::Refused { code: told, .. }) => told == code.as_str(),
        _ => false,
    }
}

/// What is said in place of an answer that the caller may not have.
pub(crate) fn unless_denied<T: Default>(
    answer: Result<T, AdminError>,
) -> Result<(T, Option<String>), AdminError> {
    match answer {
        Err(error) if is(&error, ErrorCode::Denied) => Ok((T::default(), Some(error.to_string()))),
        answer => Ok((answer?, None)),
    }
}

/// A property that is a text; empty when there is none.
pub(crate) fn text<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A property that is a number.
pub(crate) fn number(fields: &Fields, name: &str) -> Option<u64> {
    fields.get(name).and_then(Value::as_u64)
}

/// A property that is a list of texts.
pub(crate) fn texts<'f>(fields: &'f Fields, name: &str) -> impl Iterator<Item = &'f str> {
    let values = fields.get(name).and_then(Value::as_array).map(Vec::as_slice);
    values.unwrap_or_default().iter().filter_map(Value::as_str)
}
