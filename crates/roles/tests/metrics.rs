//! What a server counts, after a scripted run with exact numbers.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use admin::api::{Client, SOCKET_NAME};
use admin::exposition::Exposition;
use auth::Password;
use config::Settings;
use config::settings::{ClientAccess, LoginType};
use directory::{MailboxKind, NewMailbox};
use net::connect::Rules;
use net::{Connector, LineStream, Purpose};
use ports::Listener;
use ports::listeners::{ADMIN, DEFAULT_FRONTEND, IMAP4};
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tokio::time::Instant;
use transport::envelope::{NetworkMessageId, Origin, Source};
use transport::{Envelope, Submission};
use types::{Address, ReversePath};

const PASSWORD: &str = "wonderland";
/// Longest wait for what must come; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LINE_OCTETS_MAX: usize = 8192;

/// A server on a loopback address of its own, with alice and bob.
async fn server(data: &Path) -> MailboxServer {
    static NEXT: AtomicU8 = AtomicU8::new(170);
    let [.., high, low] = std::process::id().to_be_bytes();
    let own = NEXT.fetch_add(1, Ordering::Relaxed);
    let address: IpAddr = Ipv4Addr::new(127, own, high, low).into();
    let login_type = LoginType::PlainTextLogin;
    let settings = Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        imap4: ClientAccess { enabled: true, login_type, ..ClientAccess::default() },
        ..Settings::default()
    };
    settings.validate().unwrap();
    let server = MailboxServer::start(settings).await.unwrap();
    for user in ["alice", "bob"] {
        let password = Some(Password::new(PASSWORD).unwrap());
        let new = NewMailbox {
            kind: MailboxKind::User { password, administrator: false },
            ..NewMailbox::user(address_of(user), "MBX1", MAILBOX_DATABASE)
        };
        server.storage().directory.create_mailbox(new).await.unwrap();
    }
    server
}

fn address_of(user: &str) -> Address {
    Address::parse(&format!("{user}@example.test")).unwrap()
}

/// What the server counts, as it says on its socket.
async fn counts(data: &Path) -> Exposition {
    let client = Client::connect(&data.join(SOCKET_NAME)).await.unwrap().unwrap();
    let text = client.get("/metrics").await.unwrap();
    Exposition::parse(&text).unwrap_or_else(|malformed| panic!("{malformed}\n{text}"))
}

/// A client that speaks in lines.
struct Lines(LineStream);

impl Lines {
    async fn connect(server: &MailboxServer, listener: &Listener) -> Self {
        let address = server.registry().addresses(listener)[0];
        let connector = Connector::new(Rules::default());
        let stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
        Lines(LineStream::new(stream))
    }

    /// Sends a line, and returns the first that comes back and begins so.
    async fn ask(&mut self, text: &str, beginning: &str) -> String {
        self.0.put(format!("{text}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        self.wait_for(beginning).await
    }

    async fn wait_for(&mut self, beginning: &str) -> String {
        loop {
            let line = self.0.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await.unwrap();
            let line = String::from_utf8(line.to_vec()).unwrap();
            if line.starts_with(beginning) {
                return line;
            }
        }
    }
}

/// A message to alice and bob.
async fn deliver(server: &MailboxServer) {
    let mut client = Lines::connect(server, &DEFAULT_FRONTEND).await;
    client.wait_for("220 ").await;
    for (line, answer) in [
        ("EHLO client.example", "250 "),
        ("MAIL FROM:<stranger@elsewhere.example>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 2.1.5"),
        ("RCPT TO:<bob@example.test>", "250 2.1.5"),
        ("DATA", "354 "),
        ("Subject: Hello\r\n\r\nText\r\n.", "250 "),
        ("QUIT", "221 "),
    ] {
        client.ask(line, answer).await;
    }
}

/// A message of alice's that nobody can take: there is no Send connector.
async fn send_in_vain(server: &MailboxServer) {
    let transport = server.transport();
    let content = transport.content(b"Subject: Away\r\n\r\nText\r\n".to_vec()).await.unwrap();
    let to = Address::parse("someone@elsewhere.example").unwrap();
    let submission = Submission {
        id: transport.next_id(),
        network_id: NetworkMessageId::generate(),
        envelope: Envelope::new(ReversePath::Address(address_of("alice")), [to]),
        origin: Origin::own(Source::StoreDriver),
        content,
    };
    transport.submit(submission).await.unwrap();
}

const SMTP: &str = "Front End Transport";

/// Waits for the end of the server's side of connections that clients have closed.
async fn until_closed(data: &Path, service: &str) {
    let closed = async {
        while counts(data).await.value("rialto_sessions", &[("service", service)]) != Some(0.0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let before = counts(data.path()).await;
    let mut alice = Lines::connect(&server, &IMAP4).await;
    alice.ask("a LOGIN alice guess", "a NO").await;
    alice.ask(&format!("b LOGIN alice {PASSWORD}"), "b OK").await;
    deliver(&server).await;
    send_in_vain(&server).await;
    until_closed(data.path(), SMTP).await;
    let counts = counts(data.path()).await;
    let imap = IMAP4.service;
    let logins = |result| {
        let labels = [("service", imap), ("result", result)];
        counts.value("rialto_authentications_total", &labels)
    };
    assert_eq!([logins("success"), logins("credentials")], [Some(1.0); 2]);
    assert_eq!(counts.sum("rialto_authentications_total"), 2.0);
    for (name, label, value, count) in [
        ("rialto_sessions", "service", imap, 1.0),
        ("rialto_connections_total", "service", imap, 1.0),
        ("rialto_connections_total", "service", SMTP, 1.0),
        // The one that asks.
        ("rialto_sessions", "service", ADMIN.service, 1.0),
        ("rialto_messages_received_total", "connector", "Default Frontend MBX1", 1.0),
        ("rialto_messages_received_total", "connector", "StoreDriver", 1.0),
    ] {
        assert_eq!(counts.value(name, &[(label, value)]), Some(count), "{name} {value}");
    }
    assert_eq!(counts.value("rialto_messages_delivered_total", &[]), Some(2.0));
    assert_eq!(counts.value("rialto_delivery_reports_total", &[]), Some(1.0));
    assert_eq!(counts.sum("rialto_queue_messages"), 0.0);
    assert_eq!(counts.sum("rialto_store_writes_waiting"), 0.0);
    for name in ["rialto_disk_free_octets", "process_open_fds", "process_resident_memory_bytes"] {
        assert!(counts.value(name, &[]).unwrap() > 0.0, "{name}");
    }
    every_sync_is_timed(&before, &counts);
    server.stop().await;
}

fn every_sync_is_timed(before: &Exposition, after: &Exposition) {
    let labels = [("database", "mailboxes")];
    let more = |name| after.value(name, &labels).unwrap() - before.value(name, &labels).unwrap();
    let syncs = more("rialto_store_syncs_total");
    assert!(syncs >= 1.0, "{syncs}");
    assert_eq!(more("rialto_store_sync_seconds_count"), syncs);
    assert!(more("rialto_store_commits_total") >= syncs);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_one_process_count_apart() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (server(here.path()).await, server(there.path()).await);
    deliver(&one).await;
    for (data, delivered, connections) in [(&here, 2.0, 1.0), (&there, 0.0, 0.0)] {
        let counts = counts(data.path()).await;
        assert_eq!(counts.value("rialto_messages_delivered_total", &[]), Some(delivered));
        let smtp = [("service", SMTP)];
        assert_eq!(counts.value("rialto_connections_total", &smtp), Some(connections));
    }
    one.stop().await;
    other.stop().await;
}
