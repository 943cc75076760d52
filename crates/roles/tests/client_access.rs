//! What IMAP4 and POP3 clients of one server may do to each other: whom they can make it write
//! for, and whose connections count together.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use auth::{Password, RecipientId};
use config::Settings;
use config::settings::{ClientAccess, LoginType};
use directory::{MailboxKind, NewMailbox};
use mailbox::{Access, Mailbox, MailboxNumber};
use net::connect::Rules;
use net::line::LineError;
use net::{ClientTls, Connector, LineStream, Purpose};
use ports::Listener;
use ports::listeners::{IMAP4, IMAP4_TLS, POP3, POP3_TLS};
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tokio::time::Instant;
use types::Address;
use types::limits::{INTAKE_OCTETS_MAX, MESSAGE_OCTETS_MAX};

const NAME: &str = "mbx1.example.test";
const PASSWORD: &str = "wonderland";
/// Longest wait for an answer; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LINE_OCTETS_MAX: usize = 8192;

/// A server on a loopback address of its own, with alice and bob, whose mailboxes nobody has
/// used yet.
async fn server(data: &Path, access: ClientAccess) -> MailboxServer {
    static NEXT: AtomicU8 = AtomicU8::new(150);
    let [.., high, low] = std::process::id().to_be_bytes();
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    let address: IpAddr = Ipv4Addr::new(127, own, high, low).into();
    let login_type = LoginType::PlainTextLogin;
    let access = ClientAccess { enabled: true, login_type, ..access };
    let settings = Settings {
        server_name: NAME.to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        imap4: access.clone(),
        pop3: access,
        ..Settings::default()
    };
    settings.validate().unwrap();
    let server = MailboxServer::start(settings).await.unwrap();
    for user in ["alice", "bob"] {
        let password = Some(Password::new(PASSWORD).unwrap());
        let address = Address::parse(&format!("{user}@example.test")).unwrap();
        let new = NewMailbox {
            kind: MailboxKind::User { password, administrator: false },
            ..NewMailbox::user(address, "MBX1", MAILBOX_DATABASE)
        };
        server.storage().directory.create_mailbox(new).await.unwrap();
    }
    server
}

fn id(server: &MailboxServer, user: &str) -> RecipientId {
    server.storage().directory.snapshot().by_alias(user).unwrap().id
}

/// Whether a user's mailbox has rows.
async fn exists(server: &MailboxServer, user: &str) -> bool {
    let snapshot = server.storage().directory.snapshot();
    let location = &snapshot.by_alias(user).unwrap().mailbox().unwrap().location;
    let number = MailboxNumber::new(location.number);
    let mailbox = Mailbox::open(server.storage().mailboxes.clone(), number, Access::System);
    mailbox.read(|view| view.meta()).await.is_ok()
}

/// A mail program that speaks in lines.
struct Client(LineStream);

impl Client {
    async fn connect(server: &MailboxServer, listener: &Listener) -> Self {
        let address = server.registry().addresses(listener)[0];
        let connector = Connector::new(Rules::default());
        let mut stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
        if listener.id == IMAP4_TLS.id || listener.id == POP3_TLS.id {
            let tls = ClientTls::opportunistic().unwrap();
            // Who is refused finds it closed before a handshake.
            let _ = stream.start_tls_client(NAME, &tls).await;
        }
        Client(LineStream::new(stream))
    }

    /// The next line, empty when the connection has ended.
    async fn line(&mut self) -> String {
        match self.0.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await {
            Ok(line) => String::from_utf8(line.to_vec()).unwrap(),
            Err(LineError::Timeout) => panic!("no line in time"),
            Err(_) => String::new(),
        }
    }

    /// Sends a line, and returns the first that comes back and begins so.
    async fn ask(&mut self, text: &str, beginning: &str) -> String {
        self.0.put(format!("{text}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "{text}: the connection has ended");
            if line.starts_with(beginning) {
                return line;
            }
        }
    }
}

/// An IMAP4 client that has logged in.
async fn imap(server: &MailboxServer, user: &str) -> Client {
    let mut client = Client::connect(server, &IMAP4).await;
    client.ask(&format!("a LOGIN {user} {PASSWORD}"), "a OK").await;
    client
}

/// What alice is told who names bob's mailbox.
async fn name_bob(client: &mut Client) -> Vec<String> {
    let mut answers = Vec::new();
    for command in [
        "EXAMINE \"Other Users/bob@example.test/INBOX\"",
        "STATUS \"Other Users/bob@example.test/INBOX\" (MESSAGES)",
        "CREATE \"Other Users/bob@example.test/Mine\"",
        "GETQUOTAROOT \"Other Users/bob@example.test/INBOX\"",
        "LIST \"\" \"Other Users/bob@example.test/*\"",
    ] {
        answers.push(client.ask(&format!("x {command}"), "x ").await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn naming_a_mailbox_that_nobody_has_used_writes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), ClientAccess::default()).await;
    let mut alice = imap(&server, "alice").await;
    let unused = name_bob(&mut alice).await;
    assert!(unused[0].starts_with("x NO [NONEXISTENT]"), "{unused:?}");
    assert!(!exists(&server, "bob").await);
    let _bob = imap(&server, "bob").await;
    assert!(exists(&server, "bob").await);
    assert_eq!(name_bob(&mut alice).await, unused, "no way to tell the difference");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn full_access_opens_a_mailbox_that_nobody_has_used() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), ClientAccess::default()).await;
    let (alice, bob) = (id(&server, "alice"), id(&server, "bob"));
    let share = move |recipient: &mut directory::Recipient| {
        recipient.mailbox_mut().unwrap().full_access.push(alice);
    };
    server.storage().directory.update(bob, share).await.unwrap();
    let mut alice = imap(&server, "alice").await;
    alice.ask("b SELECT \"Other Users/bob@example.test/INBOX\"", "b OK").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_count_over_both_listeners_of_a_service() {
    let limits = [
        ClientAccess { max_connections: 1, ..ClientAccess::default() },
        ClientAccess { max_connections_from_single_ip: 1, ..ClientAccess::default() },
    ];
    for limit in limits {
        let data = tempfile::tempdir().unwrap();
        let server = server(data.path(), limit).await;
        for (begins_plain, begins_with_tls) in [(&IMAP4, &IMAP4_TLS), (&POP3, &POP3_TLS)] {
            let mut inside = Client::connect(&server, begins_plain).await;
            assert!(inside.line().await.contains("ready"));
            let mut refused = Client::connect(&server, begins_with_tls).await;
            assert_eq!(refused.line().await, "");
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_user_count_over_both_listeners_of_a_service() {
    let data = tempfile::tempdir().unwrap();
    let limit = ClientAccess { max_connections_per_user: 1, ..ClientAccess::default() };
    let server = server(data.path(), limit).await;
    let _first = imap(&server, "alice").await;
    let mut second = Client::connect(&server, &IMAP4_TLS).await;
    let refused = second.ask(&format!("a LOGIN alice {PASSWORD}"), "a ").await;
    assert!(refused.starts_with("a NO [LIMIT]"), "{refused}");
    // The other service has a count of its own.
    let _first = pop3(&server, &POP3, "+OK 0 messages").await;
    let _second = pop3(&server, &POP3_TLS, "-ERR [SYS/TEMP]").await;
    server.stop().await;
}

/// A POP3 client that has logged in as alice, and was answered so.
async fn pop3(server: &MailboxServer, listener: &Listener, answer: &str) -> Client {
    let mut client = Client::connect(server, listener).await;
    client.ask("USER alice", "+OK").await;
    client.ask(&format!("PASS {PASSWORD}"), answer).await;
    client
}

/// All messages that come in share the memory, whichever service they come by.
#[tokio::test(flavor = "multi_thread")]
async fn messages_coming_in_take_so_much_memory_together() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path(), ClientAccess::default()).await;
    let whole = INTAKE_OCTETS_MAX / MESSAGE_OCTETS_MAX;
    let piece = vec![b'x'; MESSAGE_OCTETS_MAX - 1];
    let mut halfway = Vec::new();
    for _ in 0..whole {
        let mut client = imap(&server, "alice").await;
        client.ask(&format!("b APPEND INBOX {{{MESSAGE_OCTETS_MAX}}}"), "+").await;
        client.0.put(&piece).await.unwrap();
        client.0.flush().await.unwrap();
        halfway.push(client);
    }
    let mut late = imap(&server, "alice").await;
    let left = INTAKE_OCTETS_MAX - whole * MESSAGE_OCTETS_MAX;
    // What was sent may still be on its way to the last of them.
    let refused = async {
        while !late.ask(&format!("c APPEND INBOX {{{}}}", left + 1), "").await.starts_with("c NO") {
            late = imap(&server, "alice").await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
    let asked = late.ask(&format!("d APPEND INBOX {{{}}}", left / 2), "").await;
    assert!(asked.starts_with('+'), "{asked}");
    server.stop().await;
}
