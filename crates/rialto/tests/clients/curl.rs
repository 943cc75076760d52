//! curl: one command each of IMAP, POP3 and SMTP, as scripts use them.

use std::fs;
use std::process::Command;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

/// The exit codes of curl that these tests meet.
mod ends_with {
    pub const CERTIFICATE_NOT_TRUSTED: i32 = 60;
    pub const LOGIN_DENIED: i32 = 67;
}

/// Where each service is in a URL, and what makes curl insist on TLS there.
const IMAP: [(&str, &str, &[&str]); 2] =
    [("imaps", "IMAPS_PORT", &[]), ("imap", "IMAP_PORT", &["--ssl-reqd"])];
const POP3: [(&str, &str, &[&str]); 2] =
    [("pop3s", "POP3S_PORT", &[]), ("pop3", "POP3_PORT", &["--ssl-reqd"])];
const SUBMISSION: [(&str, &str, &[&str]); 2] =
    [("smtps", "SMTPS_PORT", &[]), ("smtp", "SUBMISSION_PORT", &["--ssl-reqd"])];

/// alice at a URL, the certificate checked.
fn curl(demo: &Demo<'_>, scheme: &str, port: &str, path: &str) -> Command {
    let mut curl = trusting_nobody(demo, scheme, port, path);
    curl.arg("--cacert").arg(demo.authority());
    curl.args(["--user", &format!("{}:{PASSWORD}", demo.user("alice"))]);
    curl
}

fn trusting_nobody(demo: &Demo<'_>, scheme: &str, port: &str, path: &str) -> Command {
    let mut curl = program("curl");
    curl.args(["--silent", "--show-error", "--disable"]);
    curl.arg(format!("{scheme}://{}/{path}", demo.address(port)));
    curl
}

#[test]
fn imap_folders_and_messages() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let first = Imap::of(&demo, "alice").folder("INBOX").remove(0).message;
    for (scheme, port, tls) in IMAP {
        let get = |path: &str| run(curl(&demo, scheme, port, path).args(tls)).well();
        assert!(get("").contains("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n"));
        assert_eq!(get("INBOX/;MAILINDEX=1"), first);
        assert_eq!(get("INBOX?SUBJECT%20Welcome"), "* SEARCH 1\r\n");
    }
}

#[test]
fn imap_upload() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let file = data.path().join("draft.eml");
    let draft = message::text(&demo.user("alice"), "someone@foreign.example", "A draft");
    fs::write(&file, &draft).unwrap();
    run(curl(&demo, "imaps", "IMAPS_PORT", "Drafts").arg("--upload-file").arg(&file)).well();
    let drafts = Imap::of(&demo, "alice").folder("Drafts");
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].message, draft);
}

#[test]
fn pop3_list_and_messages() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let mut imap = Imap::of(&demo, "alice");
    let kept = imap.folder("INBOX");
    let sizes = kept.iter().zip(1..).map(|(kept, n)| format!("{n} {}\r\n", kept.message.len()));
    let sizes: String = sizes.collect();
    for (scheme, port, tls) in POP3 {
        let get = |path: &str| run(curl(&demo, scheme, port, path).args(tls)).well();
        assert_eq!(get(""), sizes);
        assert_eq!(get("1"), kept[0].message);
    }
    let mut delete = curl(&demo, "pop3s", "POP3S_PORT", "1");
    run(delete.args(["--request", "DELE", "--head"])).well();
    assert_eq!(imap.folder("INBOX"), kept[1..]);
}

#[test]
fn submission() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let file = data.path().join("message.eml");
    let (alice, foreign) = (demo.user("alice"), "someone@foreign.example");
    for (scheme, port, tls) in SUBMISSION {
        let sent = message::text(&alice, foreign, scheme);
        fs::write(&file, &sent).unwrap();
        let mut curl = curl(&demo, scheme, port, "client.example");
        curl.args(tls).arg("--upload-file").arg(&file);
        run(curl.args(["--mail-from", &alice, "--mail-rcpt", foreign])).well();
        let sunk = demo.sunk(scheme);
        assert_eq!(message::body(&sunk), message::body(&sent));
        assert!(sunk.starts_with(&format!("Return-Path: <{alice}>\r\n")), "{sunk}");
    }
}

#[test]
fn no_secrets_for_who_does_not_prove_to_be_the_server_or_the_user() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let untrusted = run(&mut trusting_nobody(&demo, "imaps", "IMAPS_PORT", ""));
    untrusted.with(ends_with::CERTIFICATE_NOT_TRUSTED);
    let wrong = format!("{}:guess", demo.user("alice"));
    for (scheme, port) in [("imaps", "IMAPS_PORT"), ("pop3s", "POP3S_PORT")] {
        let mut guess = trusting_nobody(&demo, scheme, port, "");
        guess.arg("--cacert").arg(demo.authority()).args(["--user", &wrong]);
        run(&mut guess).with(ends_with::LOGIN_DENIED);
    }
    for (scheme, port) in [("imap", "IMAP_PORT"), ("pop3", "POP3_PORT")] {
        run(&mut curl(&demo, scheme, port, "")).with(ends_with::LOGIN_DENIED);
    }
}

fn demo(data: &Data) -> Option<Demo<'_>> {
    installed("curl").then(|| data.demo())
}
