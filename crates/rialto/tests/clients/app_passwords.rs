//! App passwords: made by a verb while the server runs, shown by curl and swaks.

use std::process::Command;

use crate::support::imap::Imap;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};
use crate::support::verb::{objects, verb};

/// What curl and swaks say to a refused login.
const CURL_DENIED: i32 = 67;
const SWAKS_DENIED: i32 = 28;

/// Alice's app password for some services.
fn app_password(data: &Data, name: &str, scopes: &str) -> String {
    let words = ["New-AppPassword", "alice", "-Name", name, "-Scopes", scopes];
    objects(data, &words)[0]["Password"].as_str().unwrap().to_owned()
}

/// Alice's mailbox listed with a password.
fn curl(demo: &Demo<'_>, scheme: &str, port: &str, password: &str) -> Command {
    let mut curl = program("curl");
    curl.args(["--silent", "--show-error", "--disable", "--login-options", "AUTH=PLAIN"]);
    curl.arg(format!("{scheme}://{}/", demo.address(port)));
    curl.arg("--cacert").arg(demo.authority());
    curl.args(["--user", &format!("{}:{password}", demo.user("alice"))]);
    curl
}

/// A message from alice to bob, submitted with a password.
fn swaks(demo: &Demo<'_>, mechanism: &str, password: &str) -> Command {
    let mut swaks = program("swaks");
    swaks.args(["--server", &demo.address("SUBMISSION_PORT"), "--helo", "client.example"]);
    swaks.args(["--from", &demo.user("alice"), "--to", &demo.user("bob")]);
    swaks.args(["--h-Subject", mechanism, "--tls", "--tls-verify", "--tls-ca-path"]);
    swaks.arg(demo.authority()).args(["--auth", mechanism, "--auth-user", &demo.user("alice")]);
    swaks.args(["--auth-password", password]);
    swaks
}

#[test]
fn each_opens_what_it_was_made_for() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let reads = app_password(&data, "reader", "Imap,Pop");
    let sends = app_password(&data, "printer", "Smtp");
    for (scheme, port) in [("imaps", "IMAPS_PORT"), ("pop3s", "POP3S_PORT")] {
        run(&mut curl(&demo, scheme, port, &reads)).well();
        run(&mut curl(&demo, scheme, port, &sends)).with(CURL_DENIED);
        run(&mut curl(&demo, scheme, port, PASSWORD)).well();
    }
    for mechanism in ["PLAIN", "LOGIN"] {
        run(&mut swaks(&demo, mechanism, &sends)).well();
        let refused = run(&mut swaks(&demo, mechanism, &reads)).with(SWAKS_DENIED);
        assert!(refused.contains("535 5.7.3 "), "{refused}");
        Imap::of(&demo, "bob").only(mechanism);
    }
}

#[test]
fn a_removed_one_is_refused_at_once() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let phone = app_password(&data, "phone", "Imap");
    run(&mut curl(&demo, "imaps", "IMAPS_PORT", &phone)).well();
    let remove = ["Remove-AppPassword", "alice", "-Name", "phone", "-Confirm:$false"];
    run(&mut verb(&data, &remove)).well();
    run(&mut curl(&demo, "imaps", "IMAPS_PORT", &phone)).with(CURL_DENIED);
    run(&mut curl(&demo, "imaps", "IMAPS_PORT", PASSWORD)).well();
}

fn demo(data: &Data) -> Option<Demo<'_>> {
    (installed("curl") && installed("swaks")).then(|| data.demo())
}
