//! Connectors that an administrator makes, changes and removes while the server runs.

use std::fs;
use std::net::TcpStream;

use crate::support::message;
use crate::support::patience::wait_for;
use crate::support::ports::free_port;
use crate::support::programs::run;
use crate::support::server::Data;
use crate::support::smtp;
use crate::support::verb::verb;

fn is_open(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Makes a connector that relays for this host, and waits until it is open.
fn printers(data: &Data) -> String {
    let address = format!("127.0.0.1:{}", free_port());
    let mut new = verb(data, &["New-ReceiveConnector", "Printers", "-Bindings", &address]);
    new.args(["-RemoteIPRanges", "127.0.0.1", "-PermissionGroups", "AnonymousUsers"]);
    new.args(["-AnonymousRights", "ms-Exch-SMTP-Accept-Any-Recipient"]);
    run(&mut new).well();
    wait_for("the new listener", || is_open(&address).then_some(()));
    address
}

const SCANNER: &str = "scanner@example.test";

/// A device sends through the relay.
fn scan(address: &str, to: &str, subject: &str) {
    smtp::deliver(address, SCANNER, to, &message::text(SCANNER, to, subject));
}

#[test]
fn a_relay_connector_for_the_printer_comes_and_goes() {
    let data = Data::new();
    let demo = data.demo();
    let address = printers(&data);
    let partner = "partner@elsewhere.example";
    scan(&address, partner, "Scan 1");
    assert!(demo.sunk("Scan 1").contains("Scan 1"));
    let off = ["Set-ReceiveConnector", "Printers", "-Enabled", "$false"];
    run(&mut verb(&data, &off)).well();
    wait_for("the listener to close", || (!is_open(&address)).then_some(()));
    let on = ["set-receive-connector", "printers", "--enabled", "true"];
    run(&mut verb(&data, &on)).well();
    wait_for("the listener", || is_open(&address).then_some(()));
    demo.kill();
    let demo = data.demo();
    assert!(is_open(&address), "it is there again after a kill");
    scan(&address, partner, "Scan 2");
    assert!(demo.sunk("Scan 2").contains("Scan 2"));
    run(&mut verb(&data, &["Remove-ReceiveConnector", "Printers", "-Confirm:$false"])).well();
    wait_for("the listener to close", || (!is_open(&address)).then_some(()));
    demo.stop();
}

#[test]
fn mail_takes_a_new_send_connector_at_once() {
    let data = Data::new();
    let demo = data.demo();
    let relay = printers(&data);
    let nowhere = free_port().to_string();
    let mut new = verb(&data, &["New-SendConnector", "Partner", "-Port", &nowhere]);
    new.args(["-AddressSpaces", "SMTP:partner.example;1", "-DNSRoutingEnabled", "$false"]);
    run(new.args(["-SmartHosts", "[127.0.0.1]"])).well();
    // The first message waits for a host that does not listen; the second leaves as before.
    scan(&relay, "ann@partner.example", "Waits");
    scan(&relay, "ann@elsewhere.example", "Leaves");
    assert!(demo.sunk("Leaves").contains("Leaves"));
    let waits = demo.sink().iter().all(|message| !message.contains("Waits"));
    assert!(waits, "the new connector has it");
    run(&mut verb(&data, &["Remove-SendConnector", "Partner", "-Confirm:$false"])).well();
    wait_for("the old way", || {
        scan(&relay, "ann@partner.example", "Leaves too");
        demo.sink().iter().any(|message| message.contains("Leaves too")).then_some(())
    });
    demo.stop();
}

/// The arguments of `rialto config`, and the exit code it ends with.
fn config(data: &Data, words: &[&str]) -> (String, Option<i32>) {
    let mut all = vec!["config"];
    all.extend(words);
    let output = verb(data, &all).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (text.into_owned(), output.status.code())
}

#[test]
fn a_document_takes_the_configuration_along() {
    let data = Data::new();
    let demo = data.demo();
    let address = printers(&data);
    let (exported, code) = config(&data, &["export"]);
    assert!(exported.contains("Name = \"Printers\"") && code == Some(0), "{exported}");
    let file = data.path().join("exported.toml");
    fs::write(&file, &exported).unwrap();
    let file = file.to_str().unwrap();
    run(&mut verb(&data, &["Remove-ReceiveConnector", "Printers", "-Confirm:$false"])).well();
    wait_for("the listener to close", || (!is_open(&address)).then_some(()));
    let (told, code) = config(&data, &["apply", file, "--what-if"]);
    assert!(told.contains("New ReceiveConnector Printers") && code == Some(1), "{told}");
    let (told, code) = config(&data, &["apply", file]);
    assert!(told.contains("say --yes") && code != Some(0), "{told}");
    assert!(!is_open(&address), "nothing was agreed to");
    let (told, code) = config(&data, &["apply", file, "--yes"]);
    assert!(told.contains(&format!("Bindings: (none) -> {address}")) && code == Some(0), "{told}");
    wait_for("the listener", || is_open(&address).then_some(()));
    let again = config(&data, &["apply", file, "--yes"]);
    assert_eq!(again, ("nothing to change\n".to_owned(), Some(0)));
    demo.stop();
    let (told, _) = config(&data, &["export"]);
    assert!(told.contains("Name = \"Printers\""), "with the server stopped: {told}");
}
