//! Readers of this crate, for fuzzers only.

use crate::api::{Asked, Request};

/// Reads a request as far as the verb with its arguments, which go back to JSON and come again.
pub fn read_request(request: &Request<'_>) {
    let Ok(Asked::Run(call)) = request.read() else { return };
    let parameters = call.verb.parameters;
    let body = serde_json::Value::Object(call.arguments.to_json(parameters)).to_string();
    let path = format!("/v1/verbs/{}", call.verb.name);
    let again = Request { path: &path, body: body.as_bytes(), ..*request };
    let again = again.read();
    assert!(matches!(again, Ok(Asked::Run(again)) if again.arguments == call.arguments));
}
