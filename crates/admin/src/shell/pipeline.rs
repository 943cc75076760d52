//! Objects from another verb: `rialto get-mailbox --json | rialto set-mailbox - --…`.

use std::io::Read;

use serde_json::{Map, Value};
use types::limits::PIPELINE_OCTETS_MAX;

use super::Line;
use crate::AdminError;
use crate::verb::Arguments;

/// Properties by which an object says who it is, the surest first.
const IDENTITIES: [&str; 4] = ["Guid", "PrimarySmtpAddress", "Identity", "DomainName"];

/// The arguments of each call: one, or one for every object on standard input.
pub(super) fn calls(line: &Line) -> Result<Vec<Arguments>, AdminError> {
    let first = line.verb.parameters.iter().find(|parameter| parameter.positional);
    let (true, Some(first)) = (line.pipeline, first) else {
        return Ok(vec![line.arguments.clone()]);
    };
    let calls = objects(std::io::stdin().lock())?.into_iter().map(|object| {
        let mut arguments = line.arguments.clone();
        arguments.set(first, vec![identity(&object)?]);
        Ok(arguments)
    });
    calls.collect()
}

/// A JSON list of objects, or one object.
fn objects(input: impl Read) -> Result<Vec<Map<String, Value>>, AdminError> {
    let value: Value = serde_json::from_slice(&whole(input)?)?;
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    let object = |value| match value {
        Value::Object(object) => Ok(object),
        _ => Err(AdminError::Pipeline),
    };
    values.into_iter().map(object).collect()
}

/// All of the input. Errors: PipelineTooLong.
fn whole(input: impl Read) -> Result<Vec<u8>, AdminError> {
    let mut text = Vec::new();
    input.take(PIPELINE_OCTETS_MAX + 1).read_to_end(&mut text)?;
    match text.len() as u64 > PIPELINE_OCTETS_MAX {
        true => Err(AdminError::PipelineTooLong),
        false => Ok(text),
    }
}

fn identity(object: &Map<String, Value>) -> Result<String, AdminError> {
    let found = IDENTITIES.iter().find_map(|name| object.get(*name)?.as_str());
    found.map(str::to_owned).ok_or(AdminError::Pipeline)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn objects_say_who_they_are() {
        let input = br#"[{"Alias":"a","Guid":"1"},{"Identity":"b"}]"#;
        let objects = objects(&input[..]).unwrap();
        let told: Vec<String> = objects.iter().map(|each| identity(each).unwrap()).collect();
        assert_eq!(told, ["1", "b"]);
        assert!(super::objects(&b"[1]"[..]).is_err());
        assert!(identity(&Map::new()).is_err());
    }

    #[test]
    fn standard_input_is_taken_up_to_its_limit() {
        let spaces = |octets| std::io::repeat(b' ').take(octets);
        assert_eq!(whole(spaces(PIPELINE_OCTETS_MAX)).unwrap().len() as u64, PIPELINE_OCTETS_MAX);
        let past = objects(spaces(PIPELINE_OCTETS_MAX + 1)).unwrap_err();
        assert!(matches!(past, AdminError::PipelineTooLong), "{past}");
    }
}
