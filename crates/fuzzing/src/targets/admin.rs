//! Requests to the administration interface.

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
