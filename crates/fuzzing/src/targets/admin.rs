//! Requests to the administration interface.

use admin::api::Request;
use admin::verb::Arguments;
use admin::verbs;
use serde_json::Value;

use super::choice;

/// Parameters of a verb as JSON; the first octet chooses the verb.
pub fn arguments(octets: &[u8]) {
    let (chosen, body) = choice(octets);
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return };
    let verbs: Vec<_> = verbs::all().collect();
    let verb = verbs[chosen % verbs.len()];
    if let Ok(arguments) = Arguments::from_json(verb.parameters, &body) {
        let again = Arguments::from_json(verb.parameters, &arguments.to_json(verb.parameters));
        assert!(again.is_ok_and(|again| again == arguments));
    }
}

/// A request: a line with method, path and query, one with the content type, the body.
pub fn request(octets: &[u8]) {
    let mut lines = octets.splitn(3, |octet| *octet == b'\n');
    let mut text = || std::str::from_utf8(lines.next().unwrap_or_default());
    let (Ok(line), Ok(content_type)) = (text(), text()) else { return };
    let body = lines.next().unwrap_or_default();
    let (method, target) = line.split_once(' ').unwrap_or((line, ""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    admin::fuzzing::read_request(&Request { method, path, query, content_type, body });
}
