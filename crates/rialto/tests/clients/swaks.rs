//! swaks: mail from the Internet, and mail from users.

use std::fs;
use std::process::Command;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD, RIALTO};
use crate::support::verb::verb;

const STRANGER: &str = "stranger@elsewhere.example";
const FOREIGN: &str = "someone@foreign.example";

/// The exit codes of swaks that these tests meet.
mod ends_with {
    pub const SENDER_REFUSED: i32 = 23;
    pub const NO_RECIPIENT_TAKEN: i32 = 24;
    pub const MESSAGE_REFUSED: i32 = 26;
    pub const NOT_LOGGED_IN: i32 = 28;
}

/// An envelope in plain text; swaks makes up a message.
fn bare(server: &str, from: &str, to: &str) -> Command {
    let mut swaks = program("swaks");
    swaks.args(["--server", server, "--helo", "client.example", "--from", from, "--to", to]);
    swaks
}

/// One message in plain text, with a subject.
fn swaks(server: &str, from: &str, to: &str, subject: &str) -> Command {
    let mut swaks = bare(server, from, to);
    swaks.args(["--h-Subject", subject, "--body", &format!("The text of {subject}")]);
    swaks
}

/// A message from the Internet.
fn from_stranger(demo: &Demo<'_>, to: &str, subject: &str) -> Command {
    swaks(&demo.address("SMTP_PORT"), STRANGER, to, subject)
}

/// alice's submission in TLS, the certificate checked.
fn submission(demo: &Demo<'_>, from: &str, to: &str, subject: &str) -> Command {
    let mut swaks = swaks(&demo.address("SUBMISSION_PORT"), from, to, subject);
    in_tls(&mut swaks, demo, "--tls");
    log_in(&mut swaks, demo, "PLAIN", PASSWORD);
    swaks
}

fn in_tls(swaks: &mut Command, demo: &Demo<'_>, how: &str) {
    swaks.args([how, "--tls-verify", "--tls-ca-path"]).arg(demo.authority());
}

fn log_in(swaks: &mut Command, demo: &Demo<'_>, mechanism: &str, password: &str) {
    swaks.args(["--auth", mechanism, "--auth-user", &demo.user("alice")]);
    swaks.args(["--auth-password", password]);
}

#[test]
fn mail_from_a_stranger_is_in_the_mailbox_when_it_is_taken() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    run(&mut from_stranger(&demo, &demo.user("alice"), "Plain")).well();
    let mut encrypted = from_stranger(&demo, &demo.user("bob"), "Encrypted");
    in_tls(&mut encrypted, &demo, "--tls");
    run(encrypted.arg("--pipeline")).well();

    let plain = Imap::of(&demo, "alice").folder("INBOX").pop().unwrap().message;
    assert!(plain.contains("\r\nSubject: Plain\r\n"), "{plain}");
    assert_eq!(message::body(&plain).trim_end(), "The text of Plain");
    assert!(plain.contains("from client.example ([127.0.0.1])"), "{plain}");
    assert!(plain.contains(&format!("Return-Path: <{STRANGER}>\r\n")), "{plain}");
    let encrypted = Imap::of(&demo, "bob").only("Encrypted").message;
    assert!(encrypted.contains("TLS"), "{encrypted}");
}

#[test]
fn strangers_reach_nobody_else() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let relay =
        run(&mut from_stranger(&demo, FOREIGN, "Relay")).with(ends_with::NO_RECIPIENT_TAKEN);
    assert!(relay.contains("550 5.7.54"), "{relay}");
    let nobody = demo.user("nobody");
    let nobody = run(&mut from_stranger(&demo, &nobody, "No")).with(ends_with::NO_RECIPIENT_TAKEN);
    assert!(nobody.contains("550 5.1.1 "), "{nobody}");
    assert_eq!(demo.sink(), Vec::<String>::new());
}

#[test]
fn one_recipient_of_two_is_taken() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let both = format!("{FOREIGN},{}", demo.user("carol"));
    let text = run(&mut from_stranger(&demo, &both, "One of two")).well();
    assert!(text.contains("550 5.7.54"), "{text}");
    Imap::of(&demo, "carol").only("One of two");
}

#[test]
fn users_submit_on_587() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let alice = demo.user("alice");
    for (mechanism, to) in [("PLAIN", demo.user("bob")), ("LOGIN", FOREIGN.to_owned())] {
        let address = demo.address("SUBMISSION_PORT");
        let mut swaks = swaks(&address, &alice, &to, &format!("By {mechanism}"));
        in_tls(&mut swaks, &demo, "--tls");
        log_in(&mut swaks, &demo, mechanism, PASSWORD);
        let text = run(&mut swaks).well();
        assert!(text.contains("235 2.7.0"), "{text}");
    }
    Imap::of(&demo, "bob").only("By PLAIN");
    let sent = demo.sunk("By LOGIN");
    assert!(sent.starts_with(&format!("Return-Path: <{alice}>\r\n")), "{sent}");
    assert!(sent.contains(&format!("\r\nDelivered-To: {FOREIGN}\r\n")), "{sent}");
}

#[test]
fn users_submit_on_465() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let mut swaks =
        swaks(&demo.address("SMTPS_PORT"), &demo.user("alice"), &demo.user("bob"), "At once");
    in_tls(&mut swaks, &demo, "--tls-on-connect");
    log_in(&mut swaks, &demo, "PLAIN", PASSWORD);
    run(&mut swaks).well();
    Imap::of(&demo, "bob").only("At once");
}

#[test]
fn users_submit_on_25_where_the_connector_is_bound_to_it() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let address = data.row("C-14")["address"][0].as_str().unwrap().to_owned();
    let mut swaks = swaks(&address, &demo.user("alice"), FOREIGN, "From an old device");
    in_tls(&mut swaks, &demo, "--tls");
    log_in(&mut swaks, &demo, "LOGIN", PASSWORD);
    run(&mut swaks).well();
    demo.sunk("From an old device");
}

#[test]
fn no_password_goes_in_the_clear() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let (alice, bob) = (demo.user("alice"), demo.user("bob"));
    let mut clear = swaks(&demo.address("SUBMISSION_PORT"), &alice, &bob, "Clear");
    let refused = run(&mut clear).with(ends_with::SENDER_REFUSED);
    assert!(refused.contains("530 5.7."), "{refused}");
    log_in(&mut clear, &demo, "PLAIN", PASSWORD);
    let unavailable = run(&mut clear).with(ends_with::NOT_LOGGED_IN);
    assert!(!unavailable.contains("AUTH PLAIN"), "{unavailable}");
}

#[test]
fn wrong_passwords_do_not_log_in() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let (alice, bob) = (demo.user("alice"), demo.user("bob"));
    let mut swaks = swaks(&demo.address("SUBMISSION_PORT"), &alice, &bob, "Guess");
    in_tls(&mut swaks, &demo, "--tls");
    log_in(&mut swaks, &demo, "PLAIN", "guess");
    let text = run(&mut swaks).with(ends_with::NOT_LOGGED_IN);
    assert!(text.contains("535 5.7.3 "), "{text}");
}

#[test]
fn users_send_as_nobody_else() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    for from in [demo.user("bob"), STRANGER.to_owned()] {
        let mut swaks = submission(&demo, &from, &demo.user("carol"), "Not mine");
        let text = run(&mut swaks).with(ends_with::SENDER_REFUSED);
        assert!(text.contains("5.7.60"), "{text}");
    }
}

#[test]
fn large_messages_arrive_whole_and_larger_ones_not_at_all() {
    const MEGABYTE: usize = 1024 * 1024;
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let (alice, bob) = (demo.user("alice"), demo.user("bob"));
    let file = data.path().join("message.eml");
    let send = || {
        let mut swaks = bare(&demo.address("SMTP_PORT"), &alice, &bob);
        run(swaks.arg("--data").arg(format!("@{}", file.display())).arg("--suppress-data"))
    };
    let large = message::large(&alice, &bob, "Large", 10 * MEGABYTE);
    fs::write(&file, large.replace("\r\n", "\n")).unwrap();
    send().well();
    fs::write(&file, message::large(&alice, &bob, "Too large", 37 * MEGABYTE)).unwrap();
    let text = send().with(ends_with::MESSAGE_REFUSED);
    assert!(text.contains("552 5.3.4"), "{text}");

    let kept = Imap::of(&demo, "bob").only("Large").message;
    assert_eq!(message::body(&kept).trim_end(), message::body(&large).trim_end());
}

fn demo(data: &Data) -> Option<Demo<'_>> {
    installed("swaks").then(|| data.demo())
}

/// From the owner's setting at the command line to the sender's mailbox, and to a stranger's
/// server.
#[test]
fn who_is_away_answers_each_sender_once() {
    let data = Data::new();
    let demo = data.demo();
    let bob = demo.user("bob");
    let words = [
        "Set-MailboxAutoReplyConfiguration",
        "bob",
        "-AutoReplyState",
        "Enabled",
        "-InternalMessage",
        "Back on Monday.",
        "-ExternalMessage",
        "Away.",
    ];
    run(program(RIALTO).args(words).arg("--dir").arg(data.path())).well();
    for subject in ["lunch", "dinner"] {
        run(&mut submission(&demo, &demo.user("alice"), &bob, subject)).well();
        run(&mut from_stranger(&demo, &bob, subject)).well();
    }
    let reply = demo.sunk("Automatic reply: lunch");
    assert!(reply.contains("\nAway.\r\n") && reply.contains("To: <stranger@"), "{reply}");
    let mut alice = Imap::of(&demo, "alice");
    let [reply] = &alice.with_subject("INBOX", "Automatic reply: lunch")[..] else { panic!() };
    assert!(reply.message.contains("\nBack on Monday.\r\n"), "{}", reply.message);
    // The last message of all has been dealt with when its sender has the reply.
    run(&mut swaks(&demo.address("SMTP_PORT"), FOREIGN, &bob, "last")).well();
    demo.sunk("Automatic reply: last");
    assert_eq!(
        alice.folder("INBOX").iter().filter(|kept| kept.message.contains("dinner")).count(),
        0
    );
    let sunk = demo.sink();
    assert!(!sunk.iter().any(|message| message.contains("dinner")), "{sunk:#?}");
    demo.stop();
}

#[test]
fn a_throttling_policy_holds_for_whom_it_was_given() {
    let data = Data::new();
    let Some(demo) = demo(&data) else { return };
    let give = |words: &[&str]| drop(run(&mut verb(&data, words)).well());
    give(&["New-ThrottlingPolicy", "Slow", "-MessageRateLimit", "1", "-ImapMaxConcurrency", "1"]);
    give(&["Set-ThrottlingPolicyAssociation", "alice", "-ThrottlingPolicy", "slow"]);
    let (alice, bob) = (demo.user("alice"), demo.user("bob"));
    run(&mut submission(&demo, &alice, &bob, "One")).well();
    let refused = run(&mut submission(&demo, &alice, &bob, "Two")).with(ends_with::SENDER_REFUSED);
    assert!(refused.contains("421 4.4.2 Message submission rate"), "{refused}");
    let _first = Imap::of(&demo, "alice");
    let mut second = program("curl");
    second.args(["--silent", "--show-error", "--disable", "--cacert"]).arg(demo.authority());
    second.args(["--user", &format!("{alice}:{PASSWORD}")]);
    let told = run(second.arg(format!("imaps://{}/", demo.address("IMAPS_PORT")))).with(67);
    assert!(!told.is_empty(), "{told}");
    // Others have a policy of their own, or the global one.
    let _both = [Imap::of(&demo, "bob"), Imap::of(&demo, "bob")];
    give(&["Set-ThrottlingPolicy", "Slow", "-MessageRateLimit", "Unlimited"]);
    give(&["Set-ThrottlingPolicy", "Slow", "-RecipientRateLimit", "3"]);
    let three = format!("{bob},{},{FOREIGN}", demo.user("carol"));
    run(&mut submission(&demo, &alice, &three, "Three")).well();
    let refused = run(&mut submission(&demo, &alice, &bob, "Four"));
    let refused = refused.with(ends_with::NO_RECIPIENT_TAKEN);
    assert!(refused.contains("452 4.7.0 Recipient rate limit"), "{refused}");
    give(&["Set-ThrottlingPolicyAssociation", "alice", "-ThrottlingPolicy", "$null"]);
    run(&mut submission(&demo, &alice, &bob, "Five")).well();
    demo.stop();
}
