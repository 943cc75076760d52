//! What a transcript cannot say: TLS, compression, time, large messages, other servers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use imap::{End, Server};
use mailbox::key::List;
use mailbox::{
    Access, Change, FindGranted, FindHome, Flags, FolderId, Guid, Home, Homes, Keywords, Mailbox,
    MailboxNumber, NewItem, Special, key,
};
use net::tls::ServerTlsOptions;
use net::{CertificateStore, ClientTls, ServerTls, Shutdown, Stream};
use support::{Client, Site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::LoginType;
use types::limits::{
    IMAP_BATCH_MESSAGES, IMAP_HEARTBEAT_SECS, IMAP_NOTIFY_EVENTS_MAX, IMAP_OTHER_MAILBOXES_MAX,
    LOGIN_SECS_MAX,
};

/// The site's server with changes.
fn changed(site: &Site, change: impl FnOnce(&mut Server)) -> Arc<Server> {
    let from = &site.server;
    let mut server = Server {
        name: from.name.clone(),
        authenticator: Arc::clone(&from.authenticator),
        directory: from.directory.clone(),
        homes: Arc::clone(&from.homes),
        tls: None,
        login_type: LoginType::SecureLogin,
        pre_authentication_timeout: from.pre_authentication_timeout,
        idle_timeout: from.idle_timeout,
        message_octets_max: from.message_octets_max,
        intake_memory: Arc::clone(&from.intake_memory),
        hidden_capabilities: vec!["NOTIFY".into()],
        observer: None,
        sessions: Arc::clone(&from.sessions),
    };
    change(&mut server);
    Arc::new(server)
}

fn with_tls(site: &Site, directory: &std::path::Path) -> Arc<Server> {
    let names = ["mail.example.com".to_owned()];
    let store = CertificateStore::open_or_generate(directory, &names, None).unwrap();
    let tls = ServerTls::new(Arc::new(store), &ServerTlsOptions::default()).unwrap();
    changed(site, |server| server.tls = Some(tls))
}

fn connect(server: &Arc<Server>) -> Client {
    let (ours, theirs) = Stream::pair(64 * 1024);
    let server = Arc::clone(server);
    let (trigger, shutdown) = Shutdown::new();
    tokio::spawn(async move {
        let _kept = trigger;
        imap::run(theirs, "127.0.0.1:1".parse().unwrap(), shutdown, server).await
    });
    Client::new(ours)
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_wait_for_tls() {
    let (site, directory) = (Site::new().await, tempfile::tempdir().unwrap());
    let mut client = connect(&with_tls(&site, directory.path()));
    let greeting = client.line().await;
    assert!(greeting.contains("STARTTLS LOGINDISABLED"), "{greeting}");
    assert!(!greeting.contains("AUTH=PLAIN"), "{greeting}");
    client.send(b"a LOGIN alice secret\r\n").await;
    assert!(client.line().await.starts_with("a NO [PRIVACYREQUIRED]"));
    client.send(b"b AUTHENTICATE PLAIN\r\n").await;
    assert!(client.line().await.starts_with("b NO [PRIVACYREQUIRED]"));
    client.command("STARTTLS").await;
    let tls = ClientTls::opportunistic().unwrap();
    client.stream().start_tls_client("mail.example.com", &tls).await.unwrap();
    let lines = client.command("CAPABILITY").await;
    assert!(lines[0].contains("AUTH=SCRAM-SHA-256-PLUS"), "{lines:?}");
    assert!(!lines[0].contains("STARTTLS") && !lines[0].contains("LOGINDISABLED"), "{lines:?}");
    let lines = client.command("LOGIN alice secret").await;
    assert!(lines[0].contains("IDLE") && !lines[0].contains("NOTIFY"), "{lines:?}");
    client.send(b"c STARTTLS\r\n").await;
    assert!(client.line().await.starts_with("c BAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_together_with_starttls_is_not_believed() {
    let (site, directory) = (Site::new().await, tempfile::tempdir().unwrap());
    let mut client = connect(&with_tls(&site, directory.path()));
    client.line().await;
    client.send(b"a STARTTLS\r\nb NOOP\r\n").await;
    assert!(client.line().await.starts_with("a OK"));
    assert_eq!(client.next_line().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_after_the_login_are_timed_by_their_names() {
    let site = Site::new().await;
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&heard);
    let server = changed(&site, |server| {
        server.login_type = LoginType::PlainTextLogin;
        server.observer = Some(Arc::new(move |name, _| told.lock().unwrap().push(name.to_owned())));
    });
    let mut client = connect(&server);
    client.line().await;
    client.command("LOGIN alice secret").await;
    client.command("SELECT INBOX").await;
    client.command("uid search ALL").await;
    client.send(b"a NONSENSE\r\nb LOGOUT\r\n").await;
    while client.next_line().await.is_some() {}
    assert_eq!(*heard.lock().unwrap(), ["SELECT", "uid search", "LOGOUT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn compression() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    client.send(b"a COMPRESS LZW\r\n").await;
    assert!(client.line().await.starts_with("a NO"));
    client.command("COMPRESS DEFLATE").await;
    client.stream().start_deflate().unwrap();
    client.append("INBOX", "", &"x".repeat(100_000)).await;
    client.command("SELECT INBOX").await;
    let lines = client.command("FETCH 1 (RFC822.SIZE)").await;
    assert_eq!(lines[0], "* 1 FETCH (RFC822.SIZE 100000)");
    client.send(b"a COMPRESS DEFLATE\r\n").await;
    assert!(client.line().await.starts_with("a NO [COMPRESSIONACTIVE]"));
    let lines = client.command("CAPABILITY").await;
    assert!(!lines[0].contains("COMPRESS"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_stream_unchanged() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    let body: String = (0..60_000).map(|n| format!("line {n}\r\n")).collect();
    let message = format!("Subject: large\r\n\r\n{body}");
    client.append("INBOX", "", &message).await;
    client.append("INBOX", "", "Subject: small\r\n\r\nx").await;
    client.command("SELECT INBOX").await;
    let lines = client.command("FETCH 1:2 (BODY.PEEK[] UID)").await;
    assert_eq!(lines[0], format!("* 1 FETCH (BODY[] {{{}}}", message.len()));
    let got = lines[1..].join("\r\n");
    assert!(got.starts_with(&format!("{message} UID 1)\r\n* 2 FETCH")));
    let lines = client.command("FETCH 1 BODY.PEEK[TEXT]<300000.20>").await;
    assert_eq!(lines[1..].join("\r\n")[..20], body[300_000..300_020]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_come_in_batches_and_each_once() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    const ONE: &str = " {20+}\r\nSubject: x\r\n\r\n";
    for _ in 0..5 {
        let parts = format!("{ONE}123456").repeat(IMAP_BATCH_MESSAGES / 2);
        client.command(&format!("APPEND INBOX{parts}")).await;
    }
    client.command("SELECT INBOX").await;
    for items in ["(UID FLAGS)", "(UID ENVELOPE)", "(UID PREVIEW BODY.PEEK[HEADER.FIELDS (TO)])"] {
        let lines = client.command(&format!("FETCH 1:* {items}")).await;
        let heads: Vec<&String> = lines.iter().filter(|line| line.contains(" FETCH (")).collect();
        assert_eq!(heads.len(), 5 * (IMAP_BATCH_MESSAGES / 2), "{items}");
        for (n, head) in (1..).zip(heads) {
            assert!(head.starts_with(&format!("* {n} FETCH (UID {n} ")), "{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_elsewhere_is_handed_over() {
    struct Elsewhere;
    impl Homes for Elsewhere {
        fn home(&self, _: Guid, _: Guid) -> FindHome<'_> {
            Box::pin(async { Ok(Home::Remote("mbx2".into())) })
        }
    }
    let site = Site::new().await;
    let server = changed(&site, |server| {
        server.homes = Arc::new(Elsewhere);
        server.login_type = LoginType::PlainTextLogin;
    });
    let (mut ours, theirs) = Stream::pair(4096);
    ours.write_all(b"x6 NOOP\r\nx7 LOGIN bob secret\r\nx8 SELECT INBOX\r\n").await.unwrap();
    let (_trigger, shutdown) = Shutdown::new();
    let end = imap::run(theirs, "127.0.0.1:1".parse().unwrap(), shutdown, server).await;
    let End::Handover(handover) = end else { panic!("not handed over") };
    assert_eq!((handover.server.as_str(), handover.tag.as_str()), ("mbx2", "x7"));
    assert_eq!(handover.principal.primary.to_string(), "bob@example.com");
    assert_eq!(&handover.early[..], b"x8 SELECT INBOX\r\n");
    drop(handover);
    let mut answered = String::new();
    ours.read_to_string(&mut answered).await.unwrap();
    assert!(answered.ends_with("\r\nx6 OK Done\r\n"), "{answered}");
}

/// A client that another server has let in as this user.
fn brought(site: &Site, server: Arc<Server>, user: &str) -> Client {
    let (ours, theirs) = Stream::pair(64 * 1024);
    let snapshot = site.directory.snapshot();
    let account = snapshot.by_alias(user).unwrap();
    let principal = auth::Principal {
        recipient: account.id,
        mailbox: account.id,
        login: user.to_owned(),
        primary: account.primary.clone(),
        mechanism: auth::Mechanism::Plain,
        administrator: false,
    };
    let login = imap::LoggedIn { principal, tag: "x7".into() };
    let (trigger, shutdown) = Shutdown::new();
    tokio::spawn(async move {
        let _kept = trigger;
        let peer = "192.0.2.9:1".parse().unwrap();
        imap::run_logged_in(theirs, peer, shutdown, server, login).await;
    });
    Client::new(ours)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_where_another_server_has_logged_in() {
    let site = Site::new().await;
    let mut client = brought(&site, changed(&site, |_| {}), "bob");
    let answer = client.line().await;
    assert!(answer.starts_with("x7 OK [CAPABILITY IMAP4rev1"), "{answer}");
    assert!(!answer.contains("UNAUTHENTICATE"), "{answer}");
    client
        .send(b"x8 UNAUTHENTICATE\r\nx9 LOGIN bob secret\r\nx10 STATUS INBOX (MESSAGES)\r\n")
        .await;
    assert!(client.line().await.starts_with("x8 NO [CANNOT]"));
    assert!(client.line().await.starts_with("x9 BAD"));
    assert_eq!(client.line().await, "* STATUS INBOX (MESSAGES 0)");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_behind_a_front_end_has_to_go() {
    struct Nowhere(Option<&'static str>);
    impl Homes for Nowhere {
        fn home(&self, _: Guid, _: Guid) -> FindHome<'_> {
            let home = self.0.map(|server| Home::Remote(server.into()));
            Box::pin(async move { home.ok_or(mailbox::Fault::NotFound("mailbox")) })
        }
    }
    let site = Site::new().await;
    for (home, expected) in
        [(Some("mbx1"), "x7 NO [UNAVAILABLE]"), (None, "x7 NO [AUTHORIZATIONFAILED]")]
    {
        let server = changed(&site, |server| server.homes = Arc::new(Nowhere(home)));
        let mut client = brought(&site, server, "bob");
        let answer = client.line().await;
        assert!(answer.starts_with(expected), "{answer}");
        assert_eq!(client.line().await, "* BYE Not logged in");
        assert_eq!(client.next_line().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_says_goodbye() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    site.shut_down();
    assert!(client.line().await.starts_with("* BYE"));
    assert_eq!(client.next_line().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_talks_nonsense_is_let_go() {
    let site = Site::new().await;
    let mut client = site.connect();
    client.line().await;
    client.send(&b"nonsense\r\n".repeat(30)).await;
    let mut last = String::new();
    while let Some(line) = client.next_line().await {
        last = line;
    }
    assert_eq!(last, "* BYE Too many bad commands");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_line_ends_the_connection() {
    let site = Site::new().await;
    let mut client = site.connect();
    client.line().await;
    client.send(&b"a".repeat(types::limits::IMAP_LINE_OCTETS_MAX + 10)).await;
    assert!(client.line().await.starts_with("* BYE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_arrives_the_session_answers_or_ends() {
    let site = Site::new().await;
    for seed in [
        &b"\x00\xff\xfe\r\n"[..],
        b"{5}\r\nab",
        b"a LOGIN {1+}\r\n",
        b"a APPEND INBOX ({1+}\r\nx {3+}\r\nabc\r\n",
        b"a APPEND INBOX {3+}\r\nabc {3+}\r\nab",
        b"a SEARCH ((((((((((\r\n",
        b"a FETCH 4294967295:* (BODY[1.2.3.4.HEADER.FIELDS (\"\")]<4294967295.4294967295>)\r\n",
        b"a UID STORE *:1 FLAGS ()\r\n",
        b"a IDLE\r\nrubbish\r\n",
        b"a STORE $ +FLAGS (x)\r\na THREAD REFERENCES UTF-8 UID 1:*\r\n",
    ] {
        for before in ["", "t SELECT INBOX\r\n"] {
            let mut client = site.login("alice").await;
            client.send(before.as_bytes()).await;
            client.send(seed).await;
            client.stream().shutdown().await.unwrap();
            let mut rest = Vec::new();
            client.stream().read_to_end(&mut rest).await.unwrap();
        }
    }
    site.login("alice").await.command("NOOP").await;
}

/// Reads until this text has come. Without a timer: the clock is paused.
async fn read_until(stream: &mut Stream, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await.unwrap();
        assert!(count > 0, "closed after {all:?}");
        all.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
    }
    all
}

#[tokio::test]
async fn idle_shows_signs_of_life_and_ends() {
    let site = Site::new().await;
    let mut client = site.login("alice").await;
    client.send(b"a IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    tokio::time::pause();
    let all = read_until(client.stream(), "* BYE").await;
    let signs = (site.server.idle_timeout.as_secs() - 1) / IMAP_HEARTBEAT_SECS;
    assert_eq!(all.matches("* OK Still here").count() as u64, signs, "{all}");
}

#[tokio::test]
async fn who_does_not_log_in_is_let_go() {
    let site = Site::new().await;
    let mut client = site.connect();
    client.line().await;
    tokio::time::pause();
    read_until(client.stream(), "* BYE Idle for too long").await;
}

#[tokio::test]
async fn who_only_talks_and_does_not_log_in_is_let_go() {
    let site = Site::new().await;
    let mut client = site.connect();
    client.line().await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut said = 0;
    let last = loop {
        // Refused once the session has ended; its last word is still to be read.
        let _ = client.stream().write_all(b"a NOOP\r\n").await;
        match client.next_line().await {
            Some(line) if line == "a OK Done" => said += 1,
            other => break other,
        }
        tokio::time::advance(std::time::Duration::from_secs(30)).await;
        assert!(said < 100);
    };
    assert!(last.is_some_and(|line| line.starts_with("* BYE")));
    assert!(said > 2);
    let talked = begun.elapsed().as_secs();
    assert!((LOGIN_SECS_MAX..LOGIN_SECS_MAX + 60).contains(&talked), "{talked} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_so_many_sessions_at_a_time() {
    let site = Site::new().await;
    let server = changed(&site, |server| {
        server.login_type = LoginType::PlainTextLogin;
        server.sessions = auth::UserSessions::new(1);
    });
    let mut first = connect(&server);
    first.line().await;
    first.command("LOGIN alice@example.com secret").await;
    let mut second = connect(&server);
    second.line().await;
    second.send(b"b LOGIN alice@example.com secret\r\n").await;
    assert_eq!(second.line().await, "b NO [LIMIT] Too many connections of this user");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_login_type_allows_without_tls() {
    let site = Site::new().await;
    for (login_type, listed, login, scram) in [
        (LoginType::SecureLogin, false, "a NO [PRIVACYREQUIRED]", "b NO [PRIVACYREQUIRED]"),
        (LoginType::PlainTextAuthentication, true, "a NO [PRIVACYREQUIRED]", "+ "),
        (LoginType::PlainTextLogin, true, "a NO [AUTHENTICATIONFAILED]", "+ "),
    ] {
        let server = changed(&site, |server| server.login_type = login_type);
        let mut client = connect(&server);
        let greeting = client.line().await;
        assert_eq!(greeting.contains("AUTH=SCRAM-SHA-256"), listed, "{login_type}: {greeting}");
        client.send(b"a LOGIN alice wrong\r\n").await;
        let line = client.line().await;
        assert!(line.starts_with(login), "{login_type}: {line}");
        client.send(b"b AUTHENTICATE SCRAM-SHA-256\r\n").await;
        let line = client.line().await;
        assert!(line.starts_with(scram), "{login_type}: {line}");
    }
}

#[tokio::test]
async fn time_outs_are_those_of_the_settings() {
    let site = Site::new().await;
    let server = changed(&site, |server| {
        server.login_type = LoginType::PlainTextLogin;
        server.pre_authentication_timeout = std::time::Duration::from_secs(7);
        server.idle_timeout = std::time::Duration::from_secs(3000);
    });
    let mut late = connect(&server);
    late.line().await;
    late.command("LOGIN alice@example.com secret").await;
    late.send(b"a IDLE\r\n").await;
    assert_eq!(late.line().await, "+ idling");
    // What takes real time is over.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut early = connect(&server);
    early.line().await;
    read_until(early.stream(), "* BYE Idle for too long").await;
    assert_eq!(begun.elapsed().as_secs(), 7);
    read_until(late.stream(), "* BYE").await;
    assert_eq!(begun.elapsed().as_secs(), 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_share_the_memory_for_what_comes_in() {
    let site = Site::new().await;
    let budget = net::Budget::new(100 * 1024);
    let server = changed(&site, |server| {
        server.login_type = LoginType::PlainTextLogin;
        server.intake_memory = Arc::clone(&budget);
    });
    let mut client = connect(&server);
    client.line().await;
    client.command("LOGIN alice@example.com secret").await;
    let message = "x".repeat(60 * 1024);
    client.append("INBOX", "", &message).await;
    let mut other = net::budget::Held::new(budget);
    other.push(&[0; 60 * 1024]).unwrap();
    // Refused before it is asked for; sent unasked it is read past.
    client.send(b"a APPEND INBOX {61440}\r\n").await;
    assert!(client.line().await.starts_with("a NO [LIMIT]"));
    client.send(format!("b APPEND INBOX {{61440+}}\r\n{message}\r\n").as_bytes()).await;
    assert!(client.line().await.starts_with("b NO [LIMIT]"));
    // The memory goes while the message is on its way.
    client.send(b"c APPEND INBOX {40000}\r\n").await;
    assert_eq!(client.line().await, "+ OK");
    other.push(&[0; 30 * 1024]).unwrap();
    client.send(format!("{} {{5}}\r\n", &message[..40_000]).as_bytes()).await;
    assert!(client.line().await.starts_with("c NO [LIMIT]"));
    drop(other);
    client.append("INBOX", "", &message).await;
    let lines = client.command("STATUS INBOX (MESSAGES)").await;
    assert_eq!(lines[0], "* STATUS INBOX (MESSAGES 2)");
}

const DRAFTS: FolderId = FolderId::new(Special::Drafts as u64);

fn number(site: &Site, user: &str) -> MailboxNumber {
    let snapshot = site.directory.snapshot();
    MailboxNumber::new(snapshot.by_alias(user).unwrap().mailbox().unwrap().location.number)
}

/// Spoils a row.
async fn damage(site: &Site, key: Vec<u8>) {
    site.database.write(move |txn| txn.put(&key, 1, b"?")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_mailbox_of_others_leaves_the_rest_of_a_list() {
    let site = Site::new().await;
    let mut bob = site.login("bob").await;
    bob.command("SETACL INBOX alice@example.com lr").await;
    damage(&site, key::folder(number(&site, "team"), DRAFTS)).await;
    let mut alice = site.login("alice").await;
    for list in ["LIST \"\" *", "LIST \"\" (\"Other Users/*\") RETURN (STATUS (MESSAGES))"] {
        let lines = alice.command(list).await;
        let named = |name: &str| lines.iter().any(|line| line.contains(name));
        assert!(named("Other Users/bob@example.com/INBOX"), "{list}: {lines:?}");
        assert!(!named("team@example.com"), "{list}: {lines:?}");
    }
    alice.command("LSUB \"\" *").await;
    alice.send(b"x STATUS \"Other Users/team@example.com/INBOX\" (MESSAGES)\r\n").await;
    let answer = alice.line().await;
    assert!(answer.starts_with("x NO [SERVERBUG]"), "{answer}");
    alice.send(b"y APPEND \"Other Users/team@example.com/INBOX\" {3}\r\n").await;
    let answer = alice.line().await;
    assert!(answer.starts_with("y NO [SERVERBUG]"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_reads_the_folders_that_changed_and_no_others() {
    let site = Site::new().await;
    let (mut told, mut other) = (site.login("alice").await, site.login("alice").await);
    told.command("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))").await;
    damage(&site, key::folder_counters(number(&site, "alice"), DRAFTS, List::Items)).await;
    other.append("INBOX", "", "abc").await;
    let line = told.line().await;
    assert!(line.starts_with("* STATUS INBOX (MESSAGES 1 "), "{line}");
    other.command("SELECT INBOX").await;
    other.command("MOVE 1 Archive").await;
    for folder in ["Archive (MESSAGES 1 ", "INBOX (MESSAGES 0 "] {
        let line = told.line().await;
        assert!(line.starts_with(&format!("* STATUS {folder}")), "{line}");
    }
}

/// Somebody who wants to be told does not read on while so many events happen. Gives what it is
/// told then, besides what it had asked for.
async fn told_of(events: usize) -> String {
    let site = Site::new().await;
    let mut told = site.login("alice").await;
    told.append("Archive", "", &"x".repeat(200_000)).await;
    told.command("SELECT Archive").await;
    told.command("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))").await;
    damage(&site, key::folder_counters(number(&site, "alice"), DRAFTS, List::Items)).await;
    told.send(b"f FETCH 1 BODY.PEEK[]\r\n").await;
    told.line().await;
    let mailbox = Mailbox::open(site.database.clone(), number(&site, "alice"), Access::System);
    let staged = mailbox.stage(b"abc".to_vec()).await.unwrap();
    let item = NewItem {
        summary: content::derive(b"abc").encode().into(),
        prefix: Vec::new(),
        flags: Flags::NONE,
        keywords: Keywords::NONE,
        received: None,
        zone_minutes: 0,
    };
    for _ in 0..events {
        let (staged, item) = (staged.clone(), item.clone());
        let inbox = FolderId::new(Special::Inbox as u64);
        let append = move |change: &mut Change<'_, '_>| change.append(inbox, &staged, &item);
        mailbox.write(append).await.unwrap();
    }
    while !told.line().await.starts_with("f OK") {}
    told.next_line().await.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_goes_through_so_many_events_and_else_reads_the_folders() {
    let status = format!("* STATUS INBOX (MESSAGES {IMAP_NOTIFY_EVENTS_MAX} ");
    let counters = told_of(IMAP_NOTIFY_EVENTS_MAX).await;
    assert!(counters.starts_with(&status), "{counters}");
    // Reading all folders meets the damaged one.
    let folders = told_of(IMAP_NOTIFY_EVENTS_MAX + 1).await;
    assert!(!folders.contains("STATUS"), "{folders}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_opens_so_many_mailboxes_of_others() {
    struct Asked(AtomicUsize, Arc<dyn Homes>);
    impl Homes for Asked {
        fn home(&self, mailbox: Guid, principal: Guid) -> FindHome<'_> {
            self.1.home(mailbox, principal)
        }
        fn granted(&self, principal: Guid, most: usize) -> FindGranted<'_> {
            self.0.store(most, Ordering::SeqCst);
            self.1.granted(principal, most)
        }
    }
    let site = Site::new().await;
    let asked = Arc::new(Asked(AtomicUsize::new(0), Arc::clone(&site.server.homes)));
    let server = changed(&site, |server| {
        server.login_type = LoginType::PlainTextLogin;
        server.homes = Arc::clone(&asked) as Arc<dyn Homes>;
    });
    let mut client = connect(&server);
    client.line().await;
    client.command("LOGIN alice@example.com secret").await;
    client.command("LIST \"\" *").await;
    assert_eq!(asked.0.load(Ordering::SeqCst), IMAP_OTHER_MAILBOXES_MAX);
}
