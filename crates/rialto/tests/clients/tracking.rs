//! An administrator finds out what happened to a message.

use std::process::Command;

use serde_json::Value;

use crate::support::message;
use crate::support::programs::{program, run};
use crate::support::server::{Data, Demo, RIALTO};
use crate::support::smtp;

fn rialto(data: &Data, words: &[&str]) -> Command {
    let mut command = program(RIALTO);
    command.args(words).arg("--dir").arg(data.path());
    command
}

/// The events that the message tracking log has for these arguments.
fn tracked(data: &Data, arguments: &[&str]) -> Vec<Value> {
    let words = [&["Get-MessageTrackingLog"], arguments].concat();
    let shown = run(rialto(data, &words).arg("--json")).well();
    serde_json::from_str(&shown).unwrap()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["EventId"].as_str().unwrap()).collect()
}

/// Sends alice a message from outside; its Message-ID is made of the subject.
fn send(demo: &Demo<'_>, subject: &str) {
    let (from, to) = ("ann@far.example", demo.user("alice"));
    smtp::deliver(&demo.address("SMTP_PORT"), from, &to, &message::text(from, &to, subject));
}

#[test]
fn a_message_is_found_at_once_and_after_the_server_stopped() {
    let data = Data::new();
    let demo = data.demo();
    send(&demo, "Found");
    let by_id = ["-MessageId", "<Found@clients.example>"];
    let found = tracked(&data, &by_id);
    assert_eq!(names(&found), ["RECEIVE", "DELIVER"]);
    let received = &found[0];
    assert_eq!(received["Sender"], "ann@far.example");
    assert_eq!(received["Recipients"], serde_json::json!([demo.user("alice")]));
    assert_eq!(received["ClientHostname"], "client.example");
    assert_eq!((&received["ClientIp"], &received["Source"]), (&"127.0.0.1".into(), &"SMTP".into()));
    send(&demo, "Another");
    assert_eq!(names(&tracked(&data, &["-MessageSubject", "another"])), ["RECEIVE", "DELIVER"]);
    let since = ["-Start", received["Timestamp"].as_str().unwrap(), "-EventId", "DELIVER"];
    assert_eq!(tracked(&data, &since).len(), 2);
    demo.stop();
    assert_eq!(tracked(&data, &by_id), found);
}
