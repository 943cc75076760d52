//! From a request to its answer, without HTTP around it.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::{health, openapi};
use crate::monitor::Monitor;
use crate::organization::Organization;
use crate::verb::{Arguments, Call, Caller, Reply, Role, Verb, VerbError, invoke};
use crate::verbs;

/// A request whose caller is known.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// `POST`.
    pub method: &'r str,
    /// `/v1/verbs/New-Mailbox`.
    pub path: &'r str,
    /// `WhatIf=true`; empty without one.
    pub query: &'r str,
    /// Content-Type; empty without one.
    pub content_type: &'r str,
    /// The parameters.
    pub body: &'r [u8],
}

/// What goes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP's status.
    pub status: u16,
    /// What was asked for, or why it is not there.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// JSON.
    Json(Value),
    /// Metrics in Prometheus' text format.
    Metrics(String),
}

impl Answer {
    /// The body where it is JSON; else null.
    pub fn json(&self) -> &Value {
        match &self.body {
            Body::Json(value) => value,
            Body::Metrics(_) => &Value::Null,
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Answer { status: failure.status, body: Body::Json(failure.body()) }
    }
}

/// The interface to one organization.
#[derive(Clone)]
pub struct Api {
    /// What verbs work on.
    pub organization: Organization,
}

impl Api {
    /// The answer that does not depend on who asks; None for nearly all requests.
    pub fn anonymous(&self, method: &str, path: &str) -> Option<Answer> {
        health::anonymous(self.organization.monitor.as_deref(), method, path)
    }

    /// The answer to a request.
    pub async fn answer(&self, caller: &Caller, request: Request<'_>) -> Answer {
        match self.route(caller, request).await {
            Ok(body) => Answer { status: 200, body },
            Err(failure) => failure.into(),
        }
    }

    async fn route(&self, caller: &Caller, request: Request<'_>) -> Result<Body, Failure> {
        match request.read()? {
            Asked::Verbs => Ok(Body::Json(list(caller))),
            Asked::Document => Ok(Body::Json(openapi::document())),
            Asked::Metrics => Ok(Body::Metrics(self.monitor(caller)?.metrics().await)),
            Asked::Components => {
                Ok(Body::Json(health::components(&self.monitor(caller)?.components())))
            }
            Asked::Run(call) => {
                let reply = self.run(caller, call).await?;
                Ok(Body::Json(serde_json::to_value(reply).map_err(VerbError::from)?))
            }
            Asked::SlowOperations => Ok(Body::Json(json!(self.monitor(caller)?.slow_operations()))),
        }
    }

    async fn run(&self, caller: &Caller, call: Call) -> Result<Reply, VerbError> {
        let (verb, begun) = (call.verb.name, Instant::now());
        let reply = invoke(&self.organization, caller, call).await;
        if let Some(monitor) = &self.organization.monitor {
            monitor.verb_took(verb, begun.elapsed());
        }
        reply
    }

    /// The running server, for who may watch it.
    fn monitor(&self, caller: &Caller) -> Result<&dyn Monitor, Failure> {
        if !caller.holds(Role::Monitoring) {
            let message = format!("this needs the role {}", Role::Monitoring.name());
            return Err(Failure::new(403, "Denied", message));
        }
        let monitor = self.organization.monitor.as_deref();
        monitor.ok_or_else(|| Failure::new(503, "Unavailable", "the server is not running"))
    }
}

/// What a request asks for.
pub(crate) enum Asked {
    /// The verbs that the caller may run.
    Verbs,
    /// The OpenAPI document.
    Document,
    /// What the server counts.
    Metrics,
    /// How the server's parts are.
    Components,
    /// What took long.
    SlowOperations,
    /// That a verb runs.
    Run(Call),
}

impl Request<'_> {
    /// What it asks for. Whether the caller may is not asked yet.
    pub(crate) fn read(&self) -> Result<Asked, Failure> {
        match (self.method, self.path) {
            ("GET", "/v1/verbs") => Ok(Asked::Verbs),
            ("GET", "/v1/openapi.json") => Ok(Asked::Document),
            ("GET", METRICS) => Ok(Asked::Metrics),
            ("GET", SLOW_OPERATIONS) => Ok(Asked::SlowOperations),
            ("GET", health::COMPONENTS) => Ok(Asked::Components),
            (method, path) => match (method, path.strip_prefix("/v1/verbs/")) {
                ("POST", Some(name)) => self.call(verbs::find(name)?).map(Asked::Run),
                (_, Some(_)) => Err(method_not_allowed("POST")),
                (_, None) if PAGES.contains(&path) => Err(method_not_allowed("GET")),
                (_, None) => Err(Failure::new(404, "NotFound", "there is no such page")),
            },
        }
    }

    fn call(&self, verb: &'static Verb) -> Result<Call, Failure> {
        let what_if = what_if(self.query)?;
        let arguments = Arguments::from_json(verb.parameters, &parameters(self)?)?;
        Ok(Call { verb, arguments, what_if })
    }
}

pub(crate) const METRICS: &str = "/metrics";
pub(crate) const SLOW_OPERATIONS: &str = "/v1/slow-operations";

/// What is read and not run.
const PAGES: [&str; 6] =
    ["/v1/verbs", "/v1/openapi.json", "/metrics", health::LIVE, health::READY, health::COMPONENTS];

fn method_not_allowed(allowed: &str) -> Failure {
    Failure::new(405, "MethodNotAllowed", format!("this is for {allowed} only"))
}

/// The verbs that the caller may run.
fn list(caller: &Caller) -> Value {
    let own = verbs::all().filter(|verb| caller.holds(verb.role));
    own.map(|verb| json!({ "Name": verb.name.as_str(), "Synopsis": verb.synopsis() })).collect()
}

/// The body as an object; none is an empty one.
fn parameters(request: &Request<'_>) -> Result<Map<String, Value>, Failure> {
    let media_type = request.content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = "the parameters must be application/json";
        return Err(Failure::new(415, "UnsupportedMediaType", message));
    }
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    // The parser's own words could quote a secret.
    let wrong = |_| Failure::bad_request("the body is no JSON object");
    serde_json::from_slice(request.body).map_err(wrong)
}

/// `WhatIf=true`. Anything else is an error: a misspelt one would do what must not be done.
fn what_if(query: &str) -> Result<bool, Failure> {
    let mut what_if = false;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        what_if = match pair.to_ascii_lowercase().as_str() {
            "whatif" | "whatif=true" => true,
            "whatif=false" => false,
            _ => return Err(Failure::bad_request("the query can only be WhatIf=true")),
        };
    }
    Ok(what_if)
}
