//! The interface as an OpenAPI 3.1 document, made from the declarations of the verbs.

use serde_json::{Map, Value, json};

use crate::verb::{Effect, ObjectType, Parameter, Property, Shape, Verb, prose};
use crate::verbs;

/// The document.
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for verb in verbs::all() {
        paths.insert(format!("/v1/verbs/{}", verb.name), json!({ "post": operation(verb) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Rialto administration", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "basic": { "type": "http", "scheme": "basic" } },
            "schemas": schemas(),
        },
    })
}

fn operation(verb: &Verb) -> Value {
    let mut operation = json!({
        "operationId": verb.name.as_str(),
        "tags": [verb.name.noun()],
        "summary": verb.synopsis(),
        "description": format!("{} Role: {}.", prose(verb.about), verb.role.name()),
        "requestBody": { "content": { "application/json": { "schema": parameters(verb) } } },
        "responses": {
            "200": response("What came of it.", reply(verb.answers.as_ref())),
            "default": response("Why nothing came of it.", reference("Error")),
        },
    });
    if verb.effect != Effect::Read {
        operation["parameters"] = json!([{
            "name": "WhatIf",
            "in": "query",
            "description": "Only tell what would be done.",
            "schema": { "type": "boolean" },
        }]);
    }
    operation
}

fn response(description: &str, schema: Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The parameters of a verb as the schema of an object.
fn parameters(verb: &Verb) -> Value {
    let described = |parameter: &Parameter| {
        let schema = listed(parameter.many, schema(parameter.shape, true));
        (parameter.name(), with_text(schema, parameter.about))
    };
    let properties: Map<String, Value> = verb.parameters.iter().map(described).collect();
    let required = verb.parameters.iter().filter(|parameter| parameter.required);
    let required: Vec<String> = required.map(Parameter::name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A [`Reply`](crate::verb::Reply) with objects of this type.
fn reply(answers: Option<&ObjectType>) -> Value {
    let items = answers.map_or(json!({ "type": "object" }), |answers| reference(answers.name));
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "Objects": { "type": "array", "items": items },
            "WhatIf": texts,
            "Warnings": texts,
        },
    })
}

fn schemas() -> Map<String, Value> {
    let answers = verbs::all().filter_map(|verb| verb.answers);
    let mut schemas: Map<String, Value> =
        answers.map(|answers| (answers.name.to_owned(), object(&answers))).collect();
    let text = json!({ "type": "string" });
    let reason = json!({ "type": "object", "properties": { "code": text, "message": text } });
    schemas
        .insert("Error".to_owned(), json!({ "type": "object", "properties": { "error": reason } }));
    schemas
}

fn object(answers: &ObjectType) -> Value {
    let described = |property: &Property| {
        let schema = listed(property.many, schema(property.shape, false));
        (property.name(), with_text(schema, property.about))
    };
    let properties: Map<String, Value> = answers.properties.iter().map(described).collect();
    json!({ "type": "object", "properties": properties })
}

fn listed(many: bool, schema: Value) -> Value {
    if many { json!({ "type": "array", "items": schema }) } else { schema }
}

fn with_text(mut schema: Value, about: &[&str]) -> Value {
    schema["description"] = Value::String(prose(about));
    schema
}

/// What JSON has for a shape. What is `given` may be written as people write it; what is
/// answered is exact.
fn schema(shape: Shape, given: bool) -> Value {
    match shape {
        Shape::Text | Shape::Filter | Shape::Span | Shape::Domain | Shape::Identity => {
            json!({ "type": "string" })
        }
        Shape::Secret => json!({ "type": "string", "format": "password", "writeOnly": true }),
        Shape::Flag | Shape::Switch => json!({ "type": "boolean" }),
        Shape::Number => json!({ "type": "integer", "minimum": 0 }),
        Shape::Bytes if !given => json!({ "type": "integer", "minimum": 0 }),
        Shape::Bytes | Shape::BytesOrUnlimited | Shape::NumberOrUnlimited => {
            json!({ "type": ["integer", "string"] })
        }
        Shape::Octets => json!({ "type": "string", "contentEncoding": "base64" }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Address => json!({ "type": "string", "format": "email" }),
        Shape::OneOf(words) => json!({ "type": "string", "enum": words }),
    }
}
