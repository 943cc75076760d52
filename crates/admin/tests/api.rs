//! The administration interface: what it answers, and what it does not let in.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use admin::api::{Api, Request, Who, document, serve};
use admin::verb::{Caller, RoleGroup};
use auth::{Password, RecipientId};
use directory::{MailboxKind, NewMailbox};
use net::{Shutdown, ShutdownTrigger, Stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::limits::{
    ADMIN_BODY_OCTETS_MAX, ADMIN_BODY_SECS_MAX, ADMIN_HEAD_OCTETS_MAX, ADMIN_HEAD_SECS_MAX,
    ADMIN_HEADERS_MAX,
};

const DOMAIN: &str = r#"{"DomainName":"example.test"}"#;

async fn api() -> Arc<Api> {
    Arc::new(Api { organization: support::organization().await })
}

fn local() -> Caller {
    Caller::Local { user: "root".to_owned() }
}

fn post<'r>(path: &'r str, body: &'r str) -> Request<'r> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request { method: "POST", path, query, content_type: "application/json", body: body.as_bytes() }
}

fn get(path: &str) -> Request<'_> {
    Request { method: "GET", path, query: "", content_type: "", body: b"" }
}

impl Interface {
    /// Status, and the code of the error if it is one.
    async fn told(&self, request: Request<'_>) -> (u16, String) {
        let answer = self.api.answer(&self.caller, request).await;
        let code = answer.json()["error"]["code"].as_str().unwrap_or_default();
        (answer.status, code.to_owned())
    }
}

struct Interface {
    api: Arc<Api>,
    caller: Caller,
}

#[tokio::test]
async fn verbs_run_and_refusals_have_a_fitting_status() {
    let interface = Interface { api: api().await, caller: local() };
    let good = (200, String::new());
    assert_eq!(interface.told(post("/v1/verbs/New-AcceptedDomain", DOMAIN)).await, good);
    let alice = r#"{"Name":"Alice","Alias":"alice"}"#;
    assert_eq!(interface.told(post("/v1/verbs/new-mailbox", alice)).await, good);
    for (path, body, status, code) in [
        ("/v1/verbs/New-Mailbox", alice, 409, "Conflict"),
        ("/v1/verbs/New-Mailbox", "{}", 400, "InvalidArgument"),
        ("/v1/verbs/New-Mailbox", "", 400, "InvalidArgument"),
        ("/v1/verbs/New-Mailbox", r#"{"Nam":"x"}"#, 400, "InvalidArgument"),
        ("/v1/verbs/New-Mailbox", r#"{"Name":{}}"#, 400, "InvalidArgument"),
        ("/v1/verbs/New-Mailbox", "[]", 400, "BadRequest"),
        ("/v1/verbs/New-Mailbox", "{", 400, "BadRequest"),
        ("/v1/verbs/New-Mailbox?WhatIff=true", alice, 400, "BadRequest"),
        ("/v1/verbs/Get-Mailbox", r#"{"Identity":"bob"}"#, 404, "NotFound"),
        ("/v1/verbs/Get-Mailbx", "{}", 404, "UnknownVerb"),
        ("/v1/verbs", "{}", 405, "MethodNotAllowed"),
        ("/v2", "{}", 404, "NotFound"),
    ] {
        let told = interface.told(post(path, body)).await;
        assert_eq!(told, (status, code.to_owned()), "{path} {body}");
    }
    let not_json = Request { content_type: "text/plain", ..post("/v1/verbs/Get-Mailbox", "{}") };
    assert_eq!(interface.told(not_json).await.0, 415);
    assert_eq!(interface.told(get("/v1/verbs/Get-Mailbox")).await.0, 405);
}

#[tokio::test]
async fn what_if_tells_and_does_nothing() {
    let api = api().await;
    let request = post("/v1/verbs/New-AcceptedDomain?WhatIf=true", DOMAIN);
    let answer = api.answer(&local(), request).await;
    assert_eq!(answer.json()["WhatIf"].as_array().map(Vec::len), Some(1), "{:?}", answer.json());
    let shown = api.answer(&local(), post("/v1/verbs/Get-AcceptedDomain", "")).await;
    assert_eq!(shown.json()["Objects"], json!([]));
}

#[tokio::test]
async fn callers_see_and_run_what_their_roles_hold() {
    let caller = Caller::User {
        id: RecipientId([1; 16]),
        name: "help@example.test".to_owned(),
        groups: vec![RoleGroup::HelpDesk],
    };
    let interface = Interface { api: api().await, caller };
    let listed = interface.api.answer(&interface.caller, get("/v1/verbs")).await;
    let names: Vec<&str> =
        listed.json().as_array().unwrap().iter().filter_map(|verb| verb["Name"].as_str()).collect();
    assert!(names.contains(&"Get-Mailbox") && !names.contains(&"New-Mailbox"), "{names:?}");
    let refused = interface.told(post("/v1/verbs/New-Mailbox", r#"{"Name":"x"}"#)).await;
    assert_eq!(refused, (403, "Denied".to_owned()));
    assert_eq!(interface.told(get("/metrics")).await, (403, "Denied".to_owned()));
    // Of data alone nobody counts anything.
    let local = Interface { api: interface.api, caller: local() };
    assert_eq!(local.told(get("/metrics")).await, (503, "Unavailable".to_owned()));
}

#[test]
fn the_description_has_every_verb_and_no_dead_reference() {
    let document = document();
    let operation = &document["paths"]["/v1/verbs/New-Mailbox"]["post"];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["Name"]));
    assert_eq!(schema["properties"]["Password"]["writeOnly"], true);
    assert_eq!(schema["properties"]["Shared"]["type"], "boolean");
    let mailbox = &document["components"]["schemas"]["Mailbox"]["properties"];
    assert_eq!(mailbox["EmailAddresses"]["type"], "array");
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Value::String(target) if name == "$ref" => found.push(target.clone()),
            value => collect_references(value, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

/// A connection to a server that is closed when its trigger goes.
fn connect(api: &Arc<Api>, who: Who) -> (Stream, ShutdownTrigger) {
    let (client, server) = Stream::pair(64 * 1024);
    let (trigger, shutdown) = Shutdown::new();
    tokio::spawn(serve(server, Arc::clone(api), who, shutdown));
    (client, trigger)
}

/// Sends octets and reads until the server closes.
async fn exchange(api: &Arc<Api>, who: Who, request: &str) -> String {
    let (client, _trigger) = connect(api, who);
    let (mut reading, mut writing) = tokio::io::split(client);
    let request = request.to_owned();
    let sent = tokio::spawn(async move {
        // A server that has heard enough closes before the end.
        let _closed = writing.write_all(request.as_bytes()).await;
        writing
    });
    let mut answer = String::new();
    reading.read_to_string(&mut answer).await.unwrap();
    drop(sent.await);
    answer
}

fn whole(fields: &str, body: &str) -> String {
    format!(
        "POST /v1/verbs/Get-Mailbox HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{fields}\r\n{body}",
        body.len()
    )
}

async fn with_people(api: &Arc<Api>) -> Who {
    let directory = &api.organization.directory;
    let interface = Interface { api: Arc::clone(api), caller: local() };
    interface.told(post("/v1/verbs/New-AcceptedDomain", DOMAIN)).await;
    for (address, administrator) in [("root@example.test", true), ("alice@example.test", false)] {
        let mut new = NewMailbox::user(address.parse().unwrap(), "MAIL1", "Mailbox Database");
        let password = Some(Password::new("secret").unwrap());
        new.kind = MailboxKind::User { password, administrator };
        directory.create_mailbox(new).await.unwrap();
    }
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    Who::Password { authenticator: Arc::new(directory.clone()), ip }
}

/// `Authorization` for `user@example.test:password`.
fn basic(token: &str) -> String {
    format!("Authorization: Basic {token}\r\n")
}

#[tokio::test]
async fn passwords_are_asked_for_and_guessing_ends() {
    let api = api().await;
    let who = with_people(&api).await;
    let nobody = exchange(&api, who.clone(), &whole("", "{}")).await;
    assert!(nobody.starts_with("HTTP/1.1 401 "), "{nobody}");
    assert!(nobody.contains("www-authenticate: Basic "), "{nobody}");
    // root@example.test:secret
    let root = basic("cm9vdEBleGFtcGxlLnRlc3Q6c2VjcmV0");
    let shown = exchange(&api, who.clone(), &whole(&root, "{}")).await;
    assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("alice"), "{shown}");
    assert!(shown.contains("cache-control: no-store"), "{shown}");
    // alice@example.test:secret
    let alice = basic("YWxpY2VAZXhhbXBsZS50ZXN0OnNlY3JldA==");
    let refused = exchange(&api, who.clone(), &whole(&alice, "{}")).await;
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    // root@example.test:guess
    let guess = whole(&basic("cm9vdEBleGFtcGxlLnRlc3Q6Z3Vlc3M="), "{}");
    let mut statuses = Vec::new();
    while !statuses.contains(&"429".to_owned()) && statuses.len() < 100 {
        let answer = exchange(&api, who.clone(), &guess).await;
        statuses.push(answer.split(' ').nth(1).unwrap_or_default().to_owned());
    }
    assert_eq!(statuses.first().map(String::as_str), Some("401"));
    assert_eq!(statuses.last().map(String::as_str), Some("429"));
}

#[tokio::test]
async fn everybody_learns_whether_the_server_lives_and_nothing_else() {
    let api = api().await;
    let who = with_people(&api).await;
    // Of data alone nobody is ready.
    for (method, path, begins) in [
        ("GET", "/health/live", "HTTP/1.1 200 "),
        ("HEAD", "/health/live", "HTTP/1.1 200 "),
        ("GET", "/health/ready", "HTTP/1.1 503 "),
        ("GET", "/health/components", "HTTP/1.1 401 "),
        ("POST", "/health/live", "HTTP/1.1 401 "),
        ("GET", "/health/", "HTTP/1.1 401 "),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = exchange(&api, who.clone(), &request).await;
        assert!(answer.starts_with(begins), "{method} {path}: {answer}");
    }
    let interface = Interface { api, caller: local() };
    let told = interface.told(post("/health/live", "{}")).await;
    assert_eq!(told, (405, "MethodNotAllowed".to_owned()));
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let api = api().await;
    let who = || Who::Known(local());
    let body = " ".repeat(ADMIN_BODY_OCTETS_MAX + 1);
    let answer = exchange(&api, who(), &whole("", &body)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let field = format!("X-Long: {}\r\n", "x".repeat(ADMIN_HEAD_OCTETS_MAX));
    let answer = exchange(&api, who(), &whole(&field, "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // The request itself has four.
    for (fields, status) in [(ADMIN_HEADERS_MAX - 4, "200"), (ADMIN_HEADERS_MAX - 3, "431")] {
        let many = "X-Many: 1\r\n".repeat(fields);
        let answer = exchange(&api, who(), &whole(&many, "{}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

/// How many seconds a client that stops in the middle is waited for, and what it reads.
async fn patience(api: &Arc<Api>, begun: &str) -> (u64, String) {
    let (mut client, _trigger) = connect(api, Who::Known(local()));
    client.write_all(begun.as_bytes()).await.unwrap();
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    let waited = start.elapsed().as_secs();
    tokio::time::resume();
    (waited, rest)
}

#[tokio::test]
async fn who_stops_in_the_middle_is_waited_for_so_long() {
    let api = api().await;
    let (waited, _) = patience(&api, "POST /v1/verbs/Get-Mailbox HTTP/1.1\r\nHost:").await;
    assert_eq!(waited, ADMIN_HEAD_SECS_MAX);
    let half = whole("", "{}");
    let (waited, answer) = patience(&api, half.strip_suffix('}').unwrap()).await;
    assert_eq!(waited, ADMIN_BODY_SECS_MAX);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn shutdown_ends_a_silent_connection() {
    let api = api().await;
    let (mut client, trigger) = connect(&api, Who::Known(local()));
    trigger.shut_down();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");
}
