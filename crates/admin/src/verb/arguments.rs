//! What was written for a verb, before it has types.

use std::collections::BTreeMap;

use serde_json::Value;
use types::limits::{VERB_ARGUMENT_OCTETS_MAX, VERB_ARGUMENT_VALUES_MAX};

use super::argument::{Argument, Expected, Parameter};
use super::error::VerbError;
use super::name::{nearest, pascal_case};

/// Parameters and their values as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    /// Whether a parameter was written.
    pub fn has(&self, parameter: &Parameter) -> bool {
        self.0.contains_key(parameter.field)
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
            Some((parameter.name(), json(values)))
        };
        self.0.iter().filter_map(named).collect()
    }

    /// Takes a field's value out, in its type.
    pub(crate) fn take<A: Argument>(&mut self, field: &'static str) -> Result<A, VerbError> {
        let given = self.0.remove(field);
        if given.is_none() && A::REQUIRED {
            return Err(VerbError::Missing(pascal_case(field)));
        }
        check_size(field, given.as_deref().unwrap_or_default())?;
        let wrong = |expected: Expected| VerbError::Value {
            parameter: pascal_case(field),
            expected: expected.0,
        };
        A::read(given).map_err(wrong)
    }
}

fn check_size(field: &'static str, values: &[String]) -> Result<(), VerbError> {
    let long = values.iter().any(|value| value.len() > VERB_ARGUMENT_OCTETS_MAX);
    match long || values.len() > VERB_ARGUMENT_VALUES_MAX {
        true => Err(VerbError::TooLong(pascal_case(field))),
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
fn json(values: &[String]) -> Value {
    match values {
        [] => Value::Bool(true),
        [value] => Value::String(value.clone()),
        values => values.iter().cloned().map(Value::String).collect(),
    }
}
