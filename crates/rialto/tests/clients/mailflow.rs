//! An administrator asks whether mail flows.

use crate::queues::{nowhere, queue_in_retry};
use crate::support::imap::Imap;
use crate::support::programs::run;
use crate::support::server::Data;
use crate::support::verb::{objects, verb};

/// What became of a test message.
fn flow(data: &Data, words: &[&str]) -> serde_json::Value {
    let test = [&["Test-Mailflow"], words].concat();
    objects(data, &test).remove(0)
}

#[test]
fn a_test_message_is_seen_to_arrive() {
    let data = Data::new();
    let demo = data.demo();
    let here = flow(&data, &[&demo.user("alice")]);
    assert_eq!(here["TestMailflowResult"], "Success", "{here}");
    assert_eq!(here["IsRemoteTest"], false);
    let subject = format!("Test-Mailflow {}", here["InternalMessageId"].as_str().unwrap());
    let arrived = Imap::of(&demo, "alice").only(&subject).message;
    assert!(arrived.contains("From: Postmaster <postmaster@example.test>"), "{arrived}");
    assert!(arrived.contains("\r\nMessage-ID: <") && arrived.contains("\r\nDate: "), "{arrived}");
    let away = flow(&data, &["ann@elsewhere.example"]);
    assert_eq!(away["TestMailflowResult"], "Success", "{away}");
    assert_eq!(away["IsRemoteTest"], true);
    let subject = format!("Test-Mailflow {}", away["InternalMessageId"].as_str().unwrap());
    assert!(demo.sunk(&subject).contains("To: <ann@elsewhere.example>"));
    let what_if = run(&mut verb(&data, &["Test-Mailflow", "ann@elsewhere.example", "-WhatIf"]));
    assert!(what_if.well().contains("Sending a test message to ann@elsewhere.example"));
    demo.stop();
}

#[test]
fn a_test_message_that_does_not_arrive_is_a_failure() {
    let data = Data::new();
    let demo = data.demo();
    nowhere(&data);
    let waits = flow(&data, &["ann@far.example", "-ExecutionTimeout", "0"]);
    assert_eq!(waits["TestMailflowResult"], "*FAILURE*", "{waits}");
    assert_eq!(waits["Error"], "it is still in its queue");
    let unknown = demo.user("nobody");
    let refused = run(&mut verb(&data, &["Test-Mailflow", &unknown])).with(2);
    assert!(refused.contains("5.1"), "{refused}");
    // It stays, and is nobody's to be told about.
    assert_eq!(queue_in_retry(&data)["MessageCount"], 1);
    demo.stop();
}
