//! What was written for a verb, before it has types.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use types::limits::{VERB_ARGUMENT_OCTETS_MAX, VERB_ARGUMENT_VALUES_MAX};

use super::argument::{Argument, Expected, Parameter};
use super::error::VerbError;
use super::name::{nearest, property_name};

/// Parameters and their values as texts. Prints without the values: one may be a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Arguments(BTreeMap<&'static str, Vec<String>>);

impl Arguments {
    /// Gives a parameter a further value.
    pub fn push(&mut self, parameter: &Parameter, value: String) {
        self.0.entry(parameter.field).or_default().push(value);
    }

    /// Gives a parameter all its values; a switch has none.
    pub fn set(&mut self, parameter: &Parameter, values: Vec<String>) {
        self.0.insert(parameter.field, values);
    }

    /// What was written for a parameter; None, when it was not.
    pub fn values(&self, parameter: &Parameter) -> Option<&[String]> {
        self.0.get(parameter.field).map(Vec::as_slice)
    }

    /// Whether anything was written for a field.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The parameters of a request, `{"Name": "…", "Shared": true, "Members": ["…"]}`.
    pub fn from_json(
        parameters: &'static [Parameter],
        body: &serde_json::Map<String, Value>,
    ) -> Result<Self, VerbError> {
        let mut arguments = Arguments::default();
        for (name, value) in body {
            let parameter = find(parameters, name)?;
            let values = texts(value).ok_or_else(|| VerbError::Value {
                parameter: parameter.name(),
                expected: "a text, a number, true, false, or a list of them".to_owned(),
            })?;
            arguments.set(parameter, values);
        }
        Ok(arguments)
    }

    /// The request that says the same.
    pub fn to_json(&self, parameters: &'static [Parameter]) -> serde_json::Map<String, Value> {
        let named = |(field, values): (&&str, &Vec<String>)| {
            let parameter = parameters.iter().find(|parameter| parameter.field == *field)?;
            Some((parameter.name(), json(parameter, values)))
        };
        self.0.iter().filter_map(named).collect()
    }

    /// Takes a field's value out, in its type.
    pub(crate) fn take<A: Argument>(&mut self, field: &'static str) -> Result<A, VerbError> {
        let given = self.0.remove(field);
        if given.is_none() && A::REQUIRED {
            return Err(VerbError::Missing(property_name(field)));
        }
        check_size(field, given.as_deref().unwrap_or_default())?;
        let wrong = |expected: Expected| VerbError::Value {
            parameter: property_name(field),
            expected: expected.0,
        };
        A::read(given).map_err(wrong)
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn check_size(field: &'static str, values: &[String]) -> Result<(), VerbError> {
    let long = values.iter().any(|value| value.len() > VERB_ARGUMENT_OCTETS_MAX);
    match long || values.len() > VERB_ARGUMENT_VALUES_MAX {
        true => Err(VerbError::TooLong(property_name(field))),
        false => Ok(()),
    }
}

/// The parameter of that name. Errors: an unknown one, with the nearest that there is.
pub(crate) fn find(
    parameters: &'static [Parameter],
    name: &str,
) -> Result<&'static Parameter, VerbError> {
    let found = parameters.iter().find(|parameter| parameter.is_called(name));
    found.ok_or_else(|| {
        let known = nearest(name, parameters.iter().map(|parameter| parameter.field));
        let known = known.and_then(|field| parameters.iter().find(|known| known.field == field));
        VerbError::UnknownParameter { name: name.to_owned(), nearest: known.map(Parameter::name) }
    })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Null => Some(vec!["$null".to_owned()]),
        value => Some(vec![text(value)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A switch that was written alone is true.
fn json(parameter: &Parameter, values: &[String]) -> Value {
    match values {
        [] if !parameter.many => Value::Bool(true),
        [value] if !parameter.many => Value::String(value.clone()),
        values => values.iter().cloned().map(Value::String).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::verbs;

    #[test]
    fn a_request_says_what_the_command_line_said() {
        let parameters = verbs::find("Set-Mailbox").unwrap().parameters;
        let lists = r#"{"EmailAddresses":[],"GrantSendOnBehalfTo":["a"],"Alias":"b"}"#;
        let read = |text: &str| {
            Arguments::from_json(parameters, &serde_json::from_str(text).unwrap()).unwrap()
        };
        let once = read(lists);
        assert_eq!(read(&Value::Object(once.to_json(parameters)).to_string()), once);
        let told = serde_json::Value::Object(once.to_json(parameters)).to_string();
        assert!(told.contains(r#""EmailAddresses":[]"#), "{told}");
    }

    #[test]
    fn values_and_lists_have_limits() {
        let taken = |values: Vec<String>| {
            let mut arguments = Arguments::default();
            arguments.0.insert("members", values);
            arguments.take::<Vec<String>>("members")
        };
        let long = |octets: usize| vec!["x".repeat(octets)];
        assert!(taken(long(VERB_ARGUMENT_OCTETS_MAX)).is_ok());
        let many = |count: usize| vec!["x".to_owned(); count];
        assert!(taken(many(VERB_ARGUMENT_VALUES_MAX)).is_ok());
        for beyond in [long(VERB_ARGUMENT_OCTETS_MAX + 1), many(VERB_ARGUMENT_VALUES_MAX + 1)] {
            assert!(matches!(taken(beyond), Err(VerbError::TooLong(name)) if name == "Members"));
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let parameters = verbs::find("New-Mailbox").unwrap().parameters;
        let body = serde_json::from_str(r#"{"Password":"hush"}"#).unwrap();
        let shown = format!("{:?}", Arguments::from_json(parameters, &body).unwrap());
        assert!(shown.contains("password") && !shown.contains("hush"), "{shown}");
    }
}
