//! Quotas of a running server, as a sending server and the owner meet them.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use auth::Password;
use config::settings::{ClientAccess, LoginType};
use config::{ByteQuantity, Settings, Unlimited};
use directory::{MailboxKind, NewMailbox};
use net::connect::Rules;
use net::{Connector, LineStream, Purpose};
use ports::Listener;
use ports::listeners::{DEFAULT_FRONTEND, IMAP4};
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tokio::time::Instant;
use types::Address;

const PASSWORD: &str = "wonderland";
/// Longest wait for an answer; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LINE_OCTETS_MAX: usize = 8192;

struct Client(LineStream);

impl Client {
    async fn connect(server: &MailboxServer, listener: &Listener) -> Self {
        let address = server.registry().addresses(listener)[0];
        let connector = Connector::new(Rules::default());
        let stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
        let mut client = Client(LineStream::new(stream));
        client.line().await;
        client
    }

    async fn line(&mut self) -> String {
        let line = self.0.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await.unwrap();
        String::from_utf8(line.to_vec()).unwrap()
    }

    /// Sends a line, and returns the answer's last one.
    async fn ask(&mut self, text: &str, last: &[&str]) -> String {
        self.0.put(format!("{text}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        loop {
            let line = self.line().await;
            if last.iter().any(|last| line.starts_with(last)) {
                return line;
            }
        }
    }

    async fn smtp(&mut self, text: &str) -> String {
        self.ask(text, &["220 ", "250 ", "354 ", "4", "5"]).await
    }

    /// The answer to RCPT for a message of that size.
    async fn rcpt(&mut self, size: usize) -> String {
        self.smtp("RSET").await;
        self.smtp(&format!("MAIL FROM:<a@elsewhere.test> SIZE={size}")).await;
        self.smtp("RCPT TO:<alice@example.test>").await
    }
}

/// A server on a loopback address of its own, with alice in it.
async fn server(data: &std::path::Path) -> MailboxServer {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let own = 200 + NEXT.fetch_add(1, Ordering::Relaxed);
    let address: IpAddr = Ipv4Addr::new(127, own, high, low).into();
    let login_type = LoginType::PlainTextLogin;
    let mut settings = Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        imap4: ClientAccess { enabled: true, login_type, ..ClientAccess::default() },
        ..Settings::default()
    };
    let database = &mut settings.mailbox_database;
    database.issue_warning_quota = Unlimited::Limited(ByteQuantity::from_kb(10));
    database.prohibit_send_quota = Unlimited::Unlimited;
    database.prohibit_send_receive_quota = Unlimited::Limited(ByteQuantity::from_kb(20));
    settings.validate().unwrap();
    let server = MailboxServer::start(settings).await.unwrap();
    if server.storage().directory.snapshot().by_alias("alice").is_some() {
        return server;
    }
    let password = Some(Password::new(PASSWORD).unwrap());
    let alice = Address::parse("alice@example.test").unwrap();
    let new = NewMailbox {
        kind: MailboxKind::User { password, administrator: false },
        ..NewMailbox::user(alice, "MBX1", MAILBOX_DATABASE)
    };
    server.storage().directory.create_mailbox(new).await.unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_early_and_a_new_quota_holds_at_once() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let mut imap = Client::connect(&server, &IMAP4).await;
    imap.ask(&format!("a LOGIN alice {PASSWORD}"), &["a OK"]).await;
    let text = format!("Subject: m\r\n\r\n{}\r\n", "x".repeat(12_000));
    let append = format!("b APPEND INBOX {{{}+}}\r\n{text}", text.len());
    imap.ask(&append, &["b OK"]).await;
    let quota = imap.ask("c GETQUOTA \"\"", &["* QUOTA"]).await;
    assert_eq!(quota, "* QUOTA \"\" (STORAGE 12 20)");
    imap.ask(&append.replace("b APPEND", "d APPEND"), &["d NO [OVERQUOTA]"]).await;
    let mut smtp = Client::connect(&server, &DEFAULT_FRONTEND).await;
    smtp.smtp("EHLO elsewhere.test").await;
    assert!(smtp.rcpt(1000).await.starts_with("250 "));
    assert!(smtp.rcpt(10_000).await.starts_with("552 5.2.2 "));
    let directory = &server.storage().directory;
    let alice = directory.snapshot().by_alias("alice").unwrap().id;
    let lift = |recipient: &mut directory::Recipient| {
        recipient.mailbox_mut().unwrap().use_database_quota_defaults = false;
    };
    directory.update(alice, lift).await.unwrap();
    let until = Instant::now() + PATIENCE;
    while !smtp.rcpt(10_000).await.starts_with("250 ") {
        assert!(Instant::now() < until, "the new quota does not hold");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_tells_the_owner_what_was_missed() {
    let data = tempfile::tempdir().unwrap();
    let text = format!("Subject: m\r\n\r\n{}\r\n", "x".repeat(12_000));
    let append = format!("b APPEND INBOX {{{}+}}\r\n{text}", text.len());
    for expected in [1, 2, 2] {
        let server = server(data.path()).await;
        let mut imap = Client::connect(&server, &IMAP4).await;
        imap.ask(&format!("a LOGIN alice {PASSWORD}"), &["a OK"]).await;
        if expected == 1 {
            imap.ask(&append, &["b OK"]).await;
        }
        imap.ask("c EXAMINE INBOX", &["c OK"]).await;
        let status = format!("* STATUS INBOX (MESSAGES {expected})");
        let until = Instant::now() + PATIENCE;
        while imap.ask("d STATUS INBOX (MESSAGES)", &["* STATUS"]).await != status {
            assert!(Instant::now() < until, "{status}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.stop().await;
    }
}
