//! The pages about health. Whether the server lives and is ready is for everybody, load
//! balancers among them, and has no details.

use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::failure::Failure;
use crate::monitor::{Component, ComponentState, Monitor};

pub(super) const LIVE: &str = "/health/live";
pub(super) const READY: &str = "/health/ready";
pub(super) const COMPONENTS: &str = "/health/components";

/// The answer for callers that nobody knows; None for all other pages.
pub(super) fn anonymous(monitor: Option<&dyn Monitor>, method: &str, path: &str) -> Option<Answer> {
    let is_good = match (method, path) {
        // Who answers, lives.
        ("GET" | "HEAD", LIVE) => true,
        ("GET" | "HEAD", READY) => monitor.is_some_and(Monitor::is_ready),
        _ => return None,
    };
    Some(match is_good {
        true => Answer { status: 200, body: Body::Json(json!({ "status": "ok" })) },
        false => Failure::new(503, "Unavailable", "not ready").into(),
    })
}

/// All parts, and the state of the worst.
pub(super) fn components(components: &[Component]) -> Value {
    let states = components.iter().map(|component| component.state);
    let state = states.max().unwrap_or(ComponentState::Healthy);
    json!({ "State": state, "Components": components })
}
