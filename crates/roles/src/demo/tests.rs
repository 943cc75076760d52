//! The demonstration from start to restart, on ports of its own in a directory of its own.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use auth::Password;
use mailbox::{Access, Mailbox, MailboxNumber, Special, UidSet};
use ports::listeners::{DEFAULT_FRONTEND, LDAP, POP3_TLS};
use ports::{Listener, Registry};
use transport::{Envelope, NetworkMessageId, Origin, Source, Submission};
use types::{Address, ReversePath, SystemClock, Timestamp};

use super::*;

fn options(directory: &Path) -> Options {
    Options {
        directory: directory.to_owned(),
        domain: Domain::parse("example.test").unwrap(),
        address: Ipv4Addr::LOCALHOST.into(),
        ports: Ports::AnyFree,
        numbered_users: 0,
        password: "demo".to_owned(),
        resolver: None,
        unthrottled: false,
    }
}

async fn start(directory: &Path) -> Demo {
    Demo::start(options(directory)).await.unwrap()
}

async fn refusal(options: Options) -> String {
    match Demo::start(options).await {
        Ok(_) => panic!("the demonstration started"),
        Err(error) => error.to_string(),
    }
}

fn mailbox(server: &MailboxServer, user: &str) -> Mailbox {
    let snapshot = server.storage().directory.snapshot();
    let location = &snapshot.by_alias(user).unwrap().mailbox().unwrap().location;
    let number = MailboxNumber::new(location.number);
    Mailbox::open(server.storage().mailboxes.clone(), number, Access::System)
}

/// Messages in the Inboxes of alice, bob and carol.
async fn inboxes(server: &MailboxServer) -> Vec<u32> {
    let mut counts = Vec::new();
    for user in ["alice", "bob", "carol"] {
        let exists = mailbox(server, user)
            .read(|view| Ok(view.status(view.special(Special::Inbox)?.id)?.exists))
            .await;
        counts.push(exists.unwrap());
    }
    counts
}

/// What the samples say should be there.
fn expected_inboxes() -> Vec<u32> {
    let domain = Domain::parse("example.test").unwrap();
    let gets = |sample: &&samples::Sample, user: &Address| {
        sample.recipients(&domain).any(|recipient| recipient == *user)
    };
    let users = users::named(&domain);
    let count =
        |user: &users::User| SAMPLES.iter().filter(|s| gets(s, &user.primary)).count() as u32;
    users.iter().map(count).collect()
}

#[tokio::test]
async fn a_restart_keeps_users_and_brings_no_mail_back() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(directory.path()).await;
    let mut expected = expected_inboxes();
    assert_eq!(inboxes(first.server()).await, expected);
    let recipients = || async {
        let demo = start(directory.path()).await;
        let snapshot = demo.server().storage().directory.snapshot();
        let ids: HashSet<_> = snapshot.recipients().map(|recipient| recipient.id).collect();
        (demo, ids)
    };
    mailbox(first.server(), "alice")
        .write(|change| {
            let inbox = change.special_id(Special::Inbox);
            change.expunge(inbox, &UidSet::from_iter([mailbox::Uid::new(1)]), false).map(drop)
        })
        .await
        .unwrap();
    expected[0] -= 1;
    first.stop().await;
    let (second, ids) = recipients().await;
    assert_eq!(inboxes(second.server()).await, expected);
    second.stop().await;
    let (third, same) = recipients().await;
    assert_eq!((ids.len(), ids), (3, same));
    third.stop().await;
}

#[tokio::test]
async fn an_interrupted_first_start_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(directory.path());
    for delivered in [0, 1, 3] {
        let server = MailboxServer::start(settings(&options).unwrap()).await.unwrap();
        let password = Password::new(&options.password).unwrap();
        users::create_missing(&server, &options, password).await.unwrap();
        let some = &SAMPLES[..delivered];
        fill::deliver_missing(&server, some, &options.domain, &SystemClock).await.unwrap();
        server.stop().await;
    }
    let demo = start(directory.path()).await;
    assert_eq!(inboxes(demo.server()).await, expected_inboxes());
    demo.stop().await;
}

#[tokio::test]
async fn a_start_that_fails_leaves_nothing_open() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&options(directory.path())).unwrap();
    let address = settings.endpoint(&POP3_TLS).unwrap().bindings[0].socket_address();
    let occupied = std::net::TcpListener::bind(address).unwrap();
    let refused = MailboxServer::start(settings.clone()).await.err();
    assert!(matches!(refused, Some(crate::server::StartError::Bind(_))), "{refused:?}");
    drop(occupied);
    MailboxServer::start(settings).await.unwrap().stop().await;
}

#[tokio::test]
async fn one_directory_has_one_server_one_domain_one_password() {
    let directory = tempfile::tempdir().unwrap();
    let demo = start(directory.path()).await;
    let environment = fs::read(directory.path().join(ENVIRONMENT_FILE)).unwrap();
    assert!(refusal(options(directory.path())).await.contains("another server runs in"));
    assert_eq!(fs::read(directory.path().join(ENVIRONMENT_FILE)).unwrap(), environment);
    demo.stop().await;
    let password = Options { password: "other".to_owned(), ..options(directory.path()) };
    assert!(refusal(password).await.contains("have another password"));
    let domain = Domain::parse("other.test").unwrap();
    let domain = Options { domain, ..options(directory.path()) };
    assert!(refusal(domain).await.contains("have addresses in example.test"));
    start(directory.path()).await.stop().await;
}

#[tokio::test]
async fn plain_text_passwords_are_for_loopback_only() {
    let directory = tempfile::tempdir().unwrap();
    let unthrottled = Options { unthrottled: true, ..options(directory.path()) };
    for address in ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1"] {
        let address: IpAddr = address.parse().unwrap();
        let refused = refusal(Options { address, ..unthrottled.clone() }).await;
        assert!(refused.contains("loopback"), "{refused}");
    }
    let demo = Demo::start(unthrottled).await.unwrap();
    let settings = demo.server().settings();
    assert!(settings.unthrottled);
    assert_eq!(settings.pop3.login_type, config::settings::LoginType::PlainTextLogin);
    demo.stop().await;
    let usual = settings_of(&options(directory.path()));
    assert_eq!(usual.imap4.login_type, config::settings::LoginType::SecureLogin);
}

fn settings_of(options: &Options) -> config::Settings {
    settings(options).unwrap()
}

#[tokio::test]
async fn numbered_users_share_the_password() {
    let directory = tempfile::tempdir().unwrap();
    start(directory.path()).await.stop().await;
    let more = Options { numbered_users: 3, ..options(directory.path()) };
    let demo = Demo::start(more).await.unwrap();
    let snapshot = demo.server().storage().directory.snapshot();
    assert_eq!(snapshot.recipients().len(), 6);
    for alias in ["u000", "u002", "carol"] {
        let account = snapshot.by_alias(alias).unwrap().account().unwrap();
        let stored = account.credentials.as_ref().unwrap();
        assert!(stored.password.matches(&Password::new("demo").unwrap()), "{alias}");
    }
    assert!(demo.welcome().contains("u000@example.test to u002@example.test"));
    demo.stop().await;
}

#[tokio::test]
async fn the_environment_tells_what_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let demo = start(directory.path()).await;
    let text = fs::read_to_string(directory.path().join(ENVIRONMENT_FILE)).unwrap();
    let port = |listener: &Listener| demo.server().registry().addresses(listener)[0].port();
    for (name, value) in [
        ("HOST", "127.0.0.1".to_owned()),
        ("SERVER_NAME", "mbx1.example.test".to_owned()),
        ("SERVER_PID", std::process::id().to_string()),
        ("USER2", "bob@example.test".to_owned()),
        ("PASS2", "demo".to_owned()),
        ("SMTP_PORT", port(&DEFAULT_FRONTEND).to_string()),
        ("POP3S_PORT", port(&POP3_TLS).to_string()),
    ] {
        let line = format!("export {name}={value}\n");
        assert!(text.contains(&line), "{line} in {text}");
    }
    assert!(demo.server().registry().addresses(&LDAP).is_empty());
    assert!(text.contains("export LDAP_PORT=''\n"));
    let authority = text.lines().find_map(|line| line.strip_prefix("export CA_FILE=")).unwrap();
    assert!(fs::read_to_string(authority).unwrap().starts_with("-----BEGIN CERTIFICATE"));
    let welcome = demo.welcome();
    assert!(welcome.contains(&format!("pop3s://127.0.0.1:{}/1", port(&POP3_TLS))), "{welcome}");
    demo.stop().await;
}

/// The built part of a registry: ids and what serves them.
fn built(mut registry: Registry) -> serde_json::Value {
    registry.stopped();
    let mut saved: serde_json::Value = serde_json::from_str(&registry.to_json().unwrap()).unwrap();
    let parts = ["listeners", "capabilities"].map(|part| saved[part].take());
    serde_json::Value::from(parts.to_vec())
}

#[tokio::test]
async fn what_the_program_says_it_could_open_is_what_a_server_registers() {
    let directory = tempfile::tempdir().unwrap();
    let demo = start(directory.path()).await;
    let running = demo.server().registry().clone();
    assert_eq!(built(crate::built()), built(running));
    demo.stop().await;
}

#[tokio::test]
async fn mail_for_elsewhere_ends_in_the_sink() {
    let directory = tempfile::tempdir().unwrap();
    let demo = start(directory.path()).await;
    submit(demo.server(), "alice@example.test", "you@elsewhere.example").await;
    let file = directory.path().join("sink/001.eml");
    let arrived = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), arrived).await.unwrap();
    let kept = fs::read_to_string(file).unwrap();
    assert!(kept.starts_with(
        "Return-Path: <alice@example.test>\r\nDelivered-To: you@elsewhere.example\r\n"
    ));
    assert!(kept.contains("Subject: Out of the house\r\n\r\nHello.\r\n"), "{kept}");
    demo.stop().await;
}

async fn submit(server: &MailboxServer, from: &str, to: &str) {
    let transport = server.transport();
    let message = format!(
        "From: {from}\r\nTo: {to}\r\nMessage-ID: <1@example.test>\r\n\
         Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nSubject: Out of the house\r\n\r\nHello.\r\n"
    );
    let reverse_path = ReversePath::Address(from.parse().unwrap());
    let to: Address = to.parse().unwrap();
    let accepted = transport
        .submit(Submission {
            id: transport.next_id(),
            network_id: NetworkMessageId::generate(),
            envelope: Envelope::new(reverse_path, [to]),
            origin: Origin::own(Source::Pickup),
            content: transport.content(message.into_bytes()).await.unwrap(),
        })
        .await;
    assert_eq!(accepted.unwrap().queued, 1);
}

#[test]
fn samples_are_messages_as_they_would_come_over_the_wire() {
    let domain = Domain::parse("example.test").unwrap();
    let mut message_ids = HashSet::new();
    for sample in SAMPLES {
        let bytes = sample.message(&domain, Timestamp::from_secs(1_700_000_000));
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.contains("{domain}") && !text.contains("{date}"));
        assert!(text.replace("\r\n", "").chars().all(|c| c != '\r' && c != '\n'));
        assert!(text.split("\r\n").all(|line| line.len() < 80), "{text}");
        let (header, body) = bytes.split_at(transport::header::header_len(&bytes));
        assert!(header.is_ascii() && !body.is_empty());
        let field = |name| transport::header::field(header, name).unwrap().value();
        assert!(message_ids.insert(field("Message-ID")));
        assert!(field("Date").contains(" Nov 2023 "));
        assert!(sample.recipients(&domain).next().is_some());
    }
}
