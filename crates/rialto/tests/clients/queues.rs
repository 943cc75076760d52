//! An administrator looks after mail that waits.

use serde_json::{Value, json};

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::patience::wait_for;
use crate::support::ports::free_port;
use crate::support::programs::run;
use crate::support::server::{Data, Demo};
use crate::support::smtp;
use crate::support::verb::{objects, verb};

/// Routes a domain to a host that does not listen, and lets this host relay.
pub fn nowhere(data: &Data) -> String {
    let relay = format!("127.0.0.1:{}", free_port());
    let mut new = verb(data, &["New-ReceiveConnector", "Relay", "-Bindings", &relay]);
    new.args(["-RemoteIPRanges", "127.0.0.1", "-PermissionGroups", "AnonymousUsers"]);
    run(new.args(["-AnonymousRights", "ms-Exch-SMTP-Accept-Any-Recipient"])).well();
    wait_for("the relay", || std::net::TcpStream::connect(&relay).ok());
    let port = free_port().to_string();
    let mut new = verb(data, &["New-SendConnector", "Far", "-Port", &port]);
    new.args(["-AddressSpaces", "SMTP:far.example;1", "-DNSRoutingEnabled", "$false"]);
    run(new.args(["-SmartHosts", "[127.0.0.1]"])).well();
    relay
}

fn send(demo: &Demo<'_>, relay: &str, subject: &str) {
    let (from, to) = (demo.user("alice"), "ann@far.example");
    smtp::deliver(relay, &from, to, &message::text(&from, to, subject));
}

/// The queue, once a connection has failed.
pub fn queue_in_retry(data: &Data) -> Value {
    wait_for("a failed connection", || {
        let queues = objects(data, &["Get-Queue"]);
        queues.into_iter().find(|queue| queue["Status"] == "Retry")
    })
}

/// The only waiting message with that subject.
fn waiting(data: &Data, subject: &str) -> Value {
    let mut found = objects(data, &["Get-Message"]);
    found.retain(|message| message["Subject"] == subject);
    assert_eq!(found.len(), 1, "{subject}");
    found.remove(0)
}

fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object[name].as_str().unwrap_or_default()
}

#[test]
fn mail_that_waits_is_seen_held_and_removed() {
    let data = Data::new();
    let demo = data.demo();
    let relay = nowhere(&data);
    send(&demo, &relay, "First");
    let queue = queue_in_retry(&data);
    assert_eq!(queue["DeliveryType"], "SmartHostConnectorDelivery");
    assert!(text(&queue, "LastError").contains("4.4.1"), "{queue}");
    let queue = text(&queue, "Identity").to_owned();
    let digest = objects(&data, &["Get-QueueDigest", "-GroupBy", "Status"]);
    let retry = digest.iter().find(|group| group["GroupByValue"] == "Retry").unwrap();
    assert_eq!((&retry["MessageCount"], &retry["Details"]), (&json!(1), &json!([queue])));
    let filter = ["Get-QueueDigest", "-Filter", "{Status -eq 'Suspended'}"];
    assert_eq!(objects(&data, &filter), Vec::<Value>::new());
    let first = waiting(&data, "First");
    assert_eq!(first["Recipients"], json!(["ann@far.example"]));
    assert_eq!((text(&first, "Queue"), text(&first, "Status")), (queue.as_str(), "Ready"));
    let first = text(&first, "Identity").to_owned();
    let refused = run(&mut verb(&data, &["Export-Message", &first])).with(2);
    assert!(refused.contains("only suspended messages can be exported"), "{refused}");
    run(&mut verb(&data, &["Suspend-Message", &first])).well();
    assert_eq!(waiting(&data, "First")["Status"], "Suspended");
    let file = run(&mut verb(&data, &["Export-Message", &first])).well();
    let sent = message::text(&demo.user("alice"), "ann@far.example", "First");
    assert!(file.starts_with("Received: ") && file.ends_with(message::body(&sent)), "{file}");
    let read = run(&mut verb(&data, &["Search-AdminAuditLog", "-Cmdlets", "Export-Message"]));
    assert!(read.well().contains("Export-Message"));
    run(&mut verb(&data, &["Suspend-Queue", &queue])).well();
    assert_eq!(objects(&data, &["Get-Queue", &queue])[0]["Status"], "Suspended");
    send(&demo, &relay, "Second");
    // Both have another way now; who is held back stays.
    run(&mut verb(&data, &["Remove-SendConnector", "Far", "-Confirm:$false"])).well();
    run(&mut verb(&data, &["Retry-Queue", &queue, "-Resubmit"])).well();
    assert!(demo.sunk("Second").contains("Second"));
    assert_eq!(waiting(&data, "First")["Status"], "Suspended");
    run(&mut verb(&data, &["Remove-Message", &first, "-Confirm:$false"])).well();
    let report = wait_for("the report", || {
        let mut kept = Imap::of(&demo, "alice");
        kept.with_subject("INBOX", "Undeliverable: First").pop()
    });
    assert!(report.message.contains("ann@far.example"), "{}", report.message);
    assert_eq!(objects(&data, &["Get-Message"]), Vec::<Value>::new());
    demo.stop();
}

#[test]
fn mail_that_waits_is_held_while_the_server_is_stopped() {
    let data = Data::new();
    let demo = data.demo();
    let relay = nowhere(&data);
    send(&demo, &relay, "Held");
    send(&demo, &relay, "Dropped");
    queue_in_retry(&data);
    demo.stop();
    let identity = |subject| text(&waiting(&data, subject), "Identity").to_owned();
    run(&mut verb(&data, &["Suspend-Message", &identity("Held")])).well();
    let dropped = identity("Dropped");
    let drop = ["Remove-Message", &dropped, "-WithNDR", "$false", "-Confirm:$false"];
    run(&mut verb(&data, &drop)).well();
    let demo = data.demo();
    assert_eq!(waiting(&data, "Held")["Status"], "Suspended");
    run(&mut verb(&data, &["Resume-Message", &identity("Held")])).well();
    assert_eq!(waiting(&data, "Held")["Status"], "Ready");
    assert_eq!(objects(&data, &["Get-Message"]).len(), 1);
    demo.stop();
}

#[test]
fn a_queue_is_held_and_let_go_while_the_server_is_stopped() {
    let data = Data::new();
    let demo = data.demo();
    let relay = nowhere(&data);
    send(&demo, &relay, "Told");
    let queue = text(&queue_in_retry(&data), "Identity").to_owned();
    demo.stop();
    run(&mut verb(&data, &["Suspend-Queue", &queue])).well();
    let filter = "{Status -eq 'Suspended' -and NextHopDomain -like '*127.0.0.1*'}";
    assert_eq!(objects(&data, &["Get-Queue", "-Filter", filter]).len(), 1);
    assert_eq!(objects(&data, &["Get-Message", "-Filter", "{Subject -eq 'Untold'}"]).len(), 0);
    run(&mut verb(&data, &["Resume-Queue", &queue])).well();
    run(&mut verb(&data, &["Retry-Queue", &queue])).well();
    assert_eq!(objects(&data, &["Get-Queue", &queue])[0]["Status"], "Ready");
    let told = text(&waiting(&data, "Told"), "Identity").to_owned();
    run(&mut verb(&data, &["Remove-Message", &told, "-Confirm:$false"])).well();
    let demo = data.demo();
    let report = wait_for("the report", || {
        let mut kept = Imap::of(&demo, "alice");
        kept.with_subject("INBOX", "Undeliverable: Told").pop()
    });
    assert!(report.message.contains("ann@far.example"), "{}", report.message);
    demo.stop();
}

#[test]
fn a_queue_that_is_let_go_or_retried_delivers() {
    let data = Data::new();
    let demo = data.demo();
    let relay = nowhere(&data);
    send(&demo, &relay, "Waits");
    let queue = text(&queue_in_retry(&data), "Identity").to_owned();
    run(&mut verb(&data, &["Suspend-Queue", &queue])).well();
    let connectors = objects(&data, &["Get-SendConnector"]);
    let sink = connectors.iter().find(|connector| connector["Name"] != "Far").unwrap();
    let port = sink["Port"].to_string();
    run(&mut verb(&data, &["Set-SendConnector", "Far", "-Port", &port])).well();
    run(&mut verb(&data, &["Resume-Queue", &queue])).well();
    run(&mut verb(&data, &["Retry-Queue", &queue])).well();
    assert!(demo.sunk("Waits").contains("Waits"));
    demo.stop();
}

#[test]
fn mail_is_not_sent_to_a_listener_that_was_opened_meanwhile() {
    let data = Data::new();
    let demo = data.demo();
    let relay = nowhere(&data);
    let (_, port) = relay.split_once(':').unwrap();
    run(&mut verb(&data, &["Set-SendConnector", "Far", "-Port", port])).well();
    send(&demo, &relay, "Circle");
    let queue = queue_in_retry(&data);
    assert!(text(&queue, "LastError").contains("this server"), "{queue}");
    demo.stop();
}
