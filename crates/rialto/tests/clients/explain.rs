//! An administrator asks what became of a message, and why a login works or not.

use std::process::Command;

use serde_json::Value;

use crate::support::message;
use crate::support::patience::wait_for;
use crate::support::ports::free_port;
use crate::support::programs::{program, run};
use crate::support::server::{Data, Demo, RIALTO};
use crate::support::smtp;

fn rialto(data: &Data, words: &[&str]) -> Command {
    let mut command = program(RIALTO);
    command.args(words).arg("--dir").arg(data.path());
    command
}

/// The page about a message.
fn explained(data: &Data, id: &str) -> String {
    run(&mut rialto(data, &["explain", "message", id])).well()
}

/// Lets alice's forwarded mail wait for a host that does not listen.
fn forward_to_nowhere(data: &Data) {
    run(&mut rialto(data, &["New-MailContact", "Ann", "-ExternalEmailAddress", "ann@far.example"]))
        .well();
    let port = free_port().to_string();
    let mut new = rialto(data, &["New-SendConnector", "Far", "-Port", &port]);
    new.args(["-AddressSpaces", "SMTP:far.example;1", "-DNSRoutingEnabled", "$false"]);
    run(new.args(["-SmartHosts", "[127.0.0.1]"])).well();
    let forward = ["-ForwardingAddress", "Ann", "-DeliverToMailboxAndForward", "$true"];
    run(rialto(data, &["Set-Mailbox", "alice"]).args(forward)).well();
}

/// Sends a message from outside; its Message-ID is made of the subject.
fn send(demo: &Demo<'_>, to: &str, subject: &str) {
    let (from, to) = ("ann@away.example", demo.user(to));
    smtp::deliver(&demo.address("SMTP_PORT"), from, &to, &message::text(from, &to, subject));
}

fn waiting(data: &Data) -> Vec<Value> {
    let shown = run(rialto(data, &["Get-Message"]).arg("--json")).well();
    serde_json::from_str(&shown).unwrap()
}

#[test]
fn a_delivered_message_is_explained_also_when_the_server_is_stopped() {
    let data = Data::new();
    let demo = data.demo();
    send(&demo, "bob", "Arrived");
    let page = explained(&data, "Arrived@clients.example");
    let bob = demo.user("bob");
    for expected in [
        "Message <Arrived@clients.example>\n",
        "from client.example [127.0.0.1] by ",
        ", without TLS, nobody logged on, for ",
        &format!("into the mailbox of {bob}"),
        &format!("  {bob}: delivered to its mailbox, "),
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("Waits as"), "{page}");
    demo.stop();
    assert_eq!(explained(&data, "<Arrived@clients.example>"), page);
}

#[test]
fn a_message_that_waits_and_one_that_failed_are_explained() {
    let data = Data::new();
    let demo = data.demo();
    forward_to_nowhere(&data);
    send(&demo, "alice", "Waits");
    let page = wait_for("a failed connection", || {
        let page = explained(&data, "Waits@clients.example");
        page.contains(", Retry: SmartHostConnectorDelivery to ").then_some(page)
    });
    let alice = demo.user("alice");
    for expected in [
        &format!("{alice} is forwarded to ann@far.example"),
        &format!("  {alice}: "),
        "  ann@far.example: waits in ",
        "Queue's last error    ",
        "4.4.1",
        "Next attempt          20",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let message = waiting(&data).remove(0)["Identity"].as_str().unwrap().to_owned();
    run(&mut rialto(&data, &["Remove-Message", &message, "-Confirm:$false"])).well();
    let number = message.rsplit('\\').next().unwrap();
    let page = explained(&data, number);
    assert!(page.contains("  ann@far.example: failed, "), "{page}");
    assert!(page.contains("Reports about it\n") && !page.contains("Waits as"), "{page}");
    demo.stop();
}

#[test]
fn an_unknown_message_is_refused_with_what_was_searched() {
    let data = Data::new();
    let demo = data.demo();
    let ask = || run(&mut rialto(&data, &["explain", "message", "no@where.example"])).with(2);
    let refused = ask();
    assert!(refused.contains("MessageTrackingLogMaxAge is 30.00:00:00"), "{refused}");
    demo.stop();
    let stopped = ask();
    assert!(stopped.contains("no message \"no@where.example\""), "{stopped}");
}

#[test]
fn a_login_is_explained_as_the_server_decides_it() {
    let data = Data::new();
    let demo = data.demo();
    let ask = |user: &str| run(&mut rialto(&data, &["explain", "login", user]));
    let line = |page: &str, step: &str| {
        let found = page.lines().find(|line| line.contains(&format!("  {step} ")));
        found.unwrap_or_else(|| panic!("no {step}: {page}")).trim().to_owned()
    };
    let page = ask("alice").well();
    let imap = line(&page, "IMAP4");
    assert!(imap.starts_with("Passed "), "{imap}");
    assert!(imap.contains(&format!(":{} (TLS)", demo.port("IMAPS_PORT"))), "{imap}");
    assert!(line(&page, "Throttling").starts_with("Unknown "), "{page}");
    let set = ["Set-CASMailbox", "alice", "-ImapEnabled", "$false"];
    run(&mut rialto(&data, &set)).well();
    let page = ask("alice").well();
    assert!(line(&page, "IMAP4").starts_with("Refused "), "{page}");
    assert!(line(&page, "POP3").starts_with("Passed "), "{page}");
    let refused = ask("nobody").with(2);
    assert!(refused.contains("user \"nobody\" could not be found"), "{refused}");
    demo.stop();
    assert!(line(&ask("alice").well(), "Password").contains("one is set"));
}
