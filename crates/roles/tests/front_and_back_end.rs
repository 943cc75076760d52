//! Two servers of one organization: a client comes to one of them and has its mailbox on the
//! other (rows C-11 and C-12, Z-02 and Z-03).
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use auth::Password;
use config::receive::ExtendedRight;
use config::settings::{ClientAccess, Location, LoginType, OtherServer};
use config::{Settings, TimeSpan};
use directory::{MailboxKind, NewMailbox, Recipient};
use mailbox::{Access, Mailbox, MailboxNumber, Special};
use net::connect::Rules;
use net::line::LineError;
use net::{CertificateStore, ClientTls, Connector, LineStream, Purpose, Stream};
use ports::Listener;
use ports::listeners::{DEFAULT_FRONTEND, IMAP4, IMAP4_BACK_END, POP3, POP3_BACK_END};
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use types::Address;

const FRONT: &str = "front.example.test";
const BACK: &str = "back.example.test";
const PASSWORD: &str = "wonderland";
/// Longest wait for an answer; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const LINE_OCTETS_MAX: usize = 8192;

/// alice and carol have their mailboxes on the back end: of alice the front end's settings say
/// so, of carol its directory. bob has his on the front end.
struct Site {
    front: MailboxServer,
    back: MailboxServer,
    data: [TempDir; 2],
}

impl Site {
    /// Both trust each other.
    async fn new() -> Self {
        let site = Site::of_strangers().await;
        trust(site.front.settings(), site.back.settings());
        trust(site.back.settings(), site.front.settings());
        site
    }

    /// Neither has the other's certificate.
    async fn of_strangers() -> Self {
        Site::with(|_| {}, |_| {}).await
    }

    /// The same with other settings.
    async fn with(change_front: fn(&mut Settings), change_back: fn(&mut Settings)) -> Self {
        let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let addresses = [own_address(), own_address()];
        let mut front = settings(FRONT, addresses[0], data[0].path(), (BACK, addresses[1]));
        let users = [("Alice@Example.test".to_owned(), BACK.to_owned())].into();
        front.location = Location { users };
        let mut back = settings(BACK, addresses[1], data[1].path(), (FRONT, addresses[0]));
        change_front(&mut front);
        change_back(&mut back);
        let front = MailboxServer::start(front).await.unwrap();
        for (user, server) in [("alice", "FRONT"), ("bob", "FRONT"), ("carol", "BACK")] {
            create(&front, user, server, Some(PASSWORD)).await;
        }
        // Nobody's credentials are known here: they are checked where the client comes in.
        let back = MailboxServer::start(back).await.unwrap();
        for user in ["alice", "carol"] {
            create(&back, user, "BACK", None).await;
        }
        Site { front, back, data }
    }

    async fn stop(self) {
        self.front.stop().await;
        self.back.stop().await;
    }
}

/// A loopback address that no other server uses: both have the same ports.
fn own_address() -> IpAddr {
    static NEXT: AtomicU8 = AtomicU8::new(100);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, NEXT.fetch_add(1, Ordering::Relaxed), high, low).into()
}

fn settings(name: &str, address: IpAddr, data: &Path, other: (&str, IpAddr)) -> Settings {
    const PORT_OFFSET: u16 = 20_000;
    let login_type = LoginType::PlainTextLogin;
    let access = ClientAccess { enabled: true, login_type, ..ClientAccess::default() };
    let other = OtherServer {
        name: other.0.to_owned(),
        address: other.1,
        port_offset: PORT_OFFSET,
        certificate: None,
    };
    let settings = Settings {
        server_name: name.to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: PORT_OFFSET,
        imap4: access.clone(),
        pop3: access,
        server: vec![other],
        ..Settings::default()
    };
    settings.validate().unwrap();
    settings
}

/// What an administrator does: the certificate that one server shows goes into the file that
/// the other trusts it by.
fn trust(who: &Settings, whom: &Settings) {
    let certificate = whom.certificate_directory().join("generated.crt");
    let trusted = who.trusted_certificate(&who.server[0]);
    fs::create_dir_all(trusted.parent().unwrap()).unwrap();
    fs::copy(certificate, trusted).unwrap();
}

async fn create(server: &MailboxServer, user: &str, on: &str, password: Option<&str>) {
    let password = password.map(|text| Password::new(text).unwrap());
    let new = NewMailbox {
        kind: MailboxKind::User { password, administrator: false },
        ..NewMailbox::user(address(user), on, MAILBOX_DATABASE)
    };
    server.storage().directory.create_mailbox(new).await.unwrap();
}

async fn change(server: &MailboxServer, user: &str, change: fn(&mut Recipient)) {
    let directory = &server.storage().directory;
    let id = directory.snapshot().by_address(&address(user)).unwrap().id;
    directory.update(id, change).await.unwrap();
}

fn address(user: &str) -> Address {
    Address::parse(&format!("{user}@example.test")).unwrap()
}

/// Messages in the Inbox of a user on this server; none while there is no mailbox.
async fn inbox(server: &MailboxServer, user: &str) -> Option<u32> {
    let snapshot = server.storage().directory.snapshot();
    let location = &snapshot.by_address(&address(user)).unwrap().mailbox().unwrap().location;
    let number = MailboxNumber::new(location.number);
    let mailbox = Mailbox::open(server.storage().mailboxes.clone(), number, Access::System);
    mailbox.read(|view| Ok(view.status(view.special(Special::Inbox)?.id)?.exists)).await.ok()
}

async fn connect(server: &MailboxServer, listener: &Listener) -> Stream {
    let address = server.registry().addresses(listener)[0];
    connect_to(address).await
}

async fn connect_to(address: SocketAddr) -> Stream {
    let connector = Connector::new(Rules::default());
    connector.connect(Purpose::Configured, address, None).await.unwrap()
}

/// A mail program that speaks in lines.
struct Client(LineStream);

impl Client {
    async fn connect(server: &MailboxServer, listener: &Listener) -> Self {
        Client(LineStream::new(connect(server, listener).await))
    }

    async fn send(&mut self, text: &str) {
        self.0.put(text.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// The next line, or `None` when the connection has ended.
    async fn next_line(&mut self) -> Option<String> {
        match self.0.line(LINE_OCTETS_MAX, Instant::now() + PATIENCE).await {
            Ok(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
            Err(LineError::Timeout) => panic!("no line in time"),
            Err(_) => None,
        }
    }

    async fn line(&mut self) -> String {
        self.next_line().await.unwrap()
    }

    /// Sends, and returns everything up to the line that begins like this.
    async fn until(&mut self, text: &str, last: &str) -> Vec<String> {
        self.send(text).await;
        let mut lines = vec![self.line().await];
        while !lines.last().unwrap().starts_with(last) {
            lines.push(self.line().await);
        }
        lines
    }

    /// Sends, and returns all that comes until the server closes.
    async fn until_close(&mut self, text: &str) -> Vec<String> {
        self.send(text).await;
        let mut lines = Vec::new();
        while let Some(line) = self.next_line().await {
            lines.push(line);
        }
        lines
    }
}

/// A mail program that was greeted.
async fn imap(server: &MailboxServer) -> Client {
    let mut client = Client::connect(server, &IMAP4).await;
    assert!(client.line().await.starts_with("* OK "));
    client
}

async fn pop3(server: &MailboxServer) -> Client {
    let mut client = Client::connect(server, &POP3).await;
    assert!(client.line().await.starts_with("+OK "));
    client
}

const MESSAGE: &str = "Subject: across\r\n\r\nHello\r\n.dot\r\n";

fn append(tag: &str) -> String {
    format!("{tag} APPEND INBOX {{{}+}}\r\n{MESSAGE}\r\n", MESSAGE.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn imap_reaches_the_mailbox_on_the_other_server() {
    let site = Site::new().await;
    for user in ["alice", "carol"] {
        let mut client = imap(&site.front).await;
        let login = format!("b LOGIN {user} {PASSWORD}\r\n");
        let lines = client.until(&format!("a NOOP\r\n{login}{}", append("c")), "c ").await;
        assert!(lines[0].starts_with("a OK") && lines[1].starts_with("b OK [CAPABILITY"));
        assert!(lines.last().unwrap().starts_with("c OK [APPENDUID"), "{lines:?}");
        client.until("d SELECT INBOX\r\n", "d OK").await;
        let lines = client.until("e FETCH 1 (BODY[])\r\n", "e OK").await;
        assert_eq!(lines[1..5], ["Subject: across", "", "Hello", ".dot"], "{lines:?}");
        assert_eq!(inbox(&site.back, user).await, Some(1));
        assert_eq!(inbox(&site.front, user).await, None);
        let lines = client.until_close("f LOGOUT\r\n").await;
        assert!(lines[0].starts_with("* BYE") && lines[1].starts_with("f OK"), "{lines:?}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_and_waiting_work_through_the_splice() {
    let site = Site::new().await;
    let mut client = imap(&site.front).await;
    client.until(&format!("a LOGIN alice {PASSWORD}\r\n"), "a OK").await;
    client.until("b COMPRESS DEFLATE\r\n", "b OK").await;
    client.0.start_deflate().await.unwrap();
    client.until("c SELECT INBOX\r\n", "c OK").await;
    client.until("d IDLE\r\n", "+ ").await;
    let mut other = imap(&site.front).await;
    other.until(&format!("a LOGIN alice {PASSWORD}\r\n{}", append("b")), "b OK").await;
    client.until("", "* 1 EXISTS").await;
    client.until("DONE\r\n", "d OK").await;
    // Both sessions are open: stopping the front end ends them.
    site.stop().await;
    assert!(client.until_close("").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pop3_reaches_the_mailbox_on_the_other_server() {
    let site = Site::new().await;
    let mut sender = imap(&site.front).await;
    sender.until(&format!("a LOGIN alice {PASSWORD}\r\n{}", append("b")), "b OK").await;
    let mut client = pop3(&site.front).await;
    let session = format!("USER alice\r\nPASS {PASSWORD}\r\nRETR 1\r\nQUIT\r\n");
    let lines = client.until_close(&session).await;
    assert!(lines[0].starts_with("+OK") && lines[1].starts_with("+OK 1 messages"), "{lines:?}");
    assert!(lines[2].starts_with("+OK"), "{lines:?}");
    assert_eq!(lines[3..8], ["Subject: across", "", "Hello", "..dot", "."], "{lines:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_by_pop3_happen_on_the_other_server() {
    let site = Site::new().await;
    let mut sender = imap(&site.front).await;
    sender.until(&format!("a LOGIN carol {PASSWORD}\r\n{}", append("b")), "b OK").await;
    let mut client = pop3(&site.front).await;
    let session = format!("USER carol\r\nPASS {PASSWORD}\r\nDELE 1\r\nQUIT\r\n");
    let lines = client.until_close(&session).await;
    assert!(lines.len() == 4 && lines.iter().all(|line| line.starts_with("+OK")), "{lines:?}");
    assert_eq!(inbox(&site.back, "carol").await, Some(0));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_of_this_server_takes_no_detour() {
    let site = Site::new().await;
    site.back.stop().await;
    let mut client = imap(&site.front).await;
    client.until(&format!("a LOGIN bob {PASSWORD}\r\n{}", append("b")), "b OK").await;
    assert_eq!(inbox(&site.front, "bob").await, Some(1));
    site.front.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_ends_at_the_front_end() {
    let site = Site::new().await;
    let mut client = imap(&site.front).await;
    let lines = client.until("a LOGIN alice wrong\r\n", "a ").await;
    assert!(lines[0].starts_with("a NO [AUTHENTICATIONFAILED]"), "{lines:?}");
    client.until(&format!("b LOGIN alice {PASSWORD}\r\n"), "b OK").await;
    site.stop().await;
}

/// What clients are told while the other server cannot be had.
async fn assert_unavailable(front: &MailboxServer) {
    let lines = imap(front).await.until_close(&format!("a LOGIN alice {PASSWORD}\r\n")).await;
    assert!(lines[0].starts_with("a NO [UNAVAILABLE] ") && lines[1].starts_with("* BYE "));
    let login = format!("USER alice\r\nPASS {PASSWORD}\r\n");
    let lines = pop3(front).await.until_close(&login).await;
    assert!(lines[1].starts_with("-ERR [SYS/TEMP] "), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_other_server_is_down_clients_are_told_to_come_back() {
    let Site { front, back, data: _data } = Site::new().await;
    let settings = back.settings().clone();
    back.stop().await;
    assert_unavailable(&front).await;
    let back = MailboxServer::start(settings).await.unwrap();
    imap(&front).await.until(&format!("a LOGIN alice {PASSWORD}\r\n"), "a OK").await;
    front.stop().await;
    back.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_must_trust_the_other() {
    let site = Site::of_strangers().await;
    assert_unavailable(&site.front).await;
    trust(site.front.settings(), site.back.settings());
    assert_unavailable(&site.front).await;
    fs::remove_dir_all(site.data[0].path().join("trusted")).unwrap();
    trust(site.back.settings(), site.front.settings());
    assert_unavailable(&site.front).await;
    trust(site.front.settings(), site.back.settings());
    imap(&site.front).await.until(&format!("a LOGIN alice {PASSWORD}\r\n"), "a OK").await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_end_decides_by_its_own_directory() {
    let site = Site::new().await;
    let protocols = |recipient: &mut Recipient| {
        let protocols = &mut recipient.account_mut().unwrap().protocols;
        (protocols.imap, protocols.pop) = (false, false);
    };
    change(&site.back, "alice", protocols).await;
    let lines = imap(&site.front).await.until_close(&format!("a LOGIN alice {PASSWORD}\r\n")).await;
    assert!(lines[0].starts_with("a NO [AUTHORIZATIONFAILED] "), "{lines:?}");
    let login = format!("USER alice\r\nPASS {PASSWORD}\r\n");
    let lines = pop3(&site.front).await.until_close(&login).await;
    assert!(lines[1].starts_with("-ERR [SYS/PERM] "), "{lines:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_in_circles() {
    let site = Site::new().await;
    let elsewhere = |recipient: &mut Recipient| {
        recipient.mailbox_mut().unwrap().location.server = "FRONT".to_owned();
    };
    change(&site.back, "alice", elsewhere).await;
    assert_unavailable(&site.front).await;
    site.stop().await;
}

/// Speaks to a back end like a front end, under this certificate if any; what it answers.
async fn introduce(
    site: &Site,
    listener: &Listener,
    certificates: Option<&Path>,
    preface: &[u8],
) -> String {
    let any = ClientTls::opportunistic().unwrap();
    let tls = match certificates {
        Some(directory) => any.presenting(Arc::new(CertificateStore::open(directory).unwrap())),
        None => any,
    };
    let mut stream = connect(&site.back, listener).await;
    stream.start_tls_client(BACK, &tls).await.unwrap();
    let mut answer = Vec::new();
    let talk = async {
        // Who is shown the door may find it shut while still speaking.
        let _ = stream.write_all(preface).await;
        let _ = stream.flush().await;
        while let Ok(octet) = stream.read_u8().await {
            answer.push(octet);
            if octet == b'\n' {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, talk).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The preface as its documentation has it.
fn preface(session: u8, fields: &[&str]) -> Vec<u8> {
    let mut body = vec![session];
    for field in fields {
        body.extend((field.len() as u16).to_be_bytes());
        body.extend(field.as_bytes());
    }
    let length = (body.len() as u16).to_be_bytes();
    [&[1], &length[..], &body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_with_a_trusted_certificate_gets_an_answer() {
    let site = Site::new().await;
    let own = site.front.settings().certificate_directory();
    let forged = tempfile::tempdir().unwrap();
    CertificateStore::open_or_generate(forged.path(), &[FRONT.to_owned()], None).unwrap();
    let alice = address("alice").to_string();
    let fields = [&alice, &alice, "alice", "192.0.2.7", "PLAIN", "x1"];
    let imap = preface(1, &fields);
    let pop3 = preface(2, &fields[..5]);
    for (listener, preface, expected) in
        [(&IMAP4_BACK_END, &imap, "x1 OK "), (&POP3_BACK_END, &pop3, "+OK ")]
    {
        for stranger in [None, Some(forged.path())] {
            assert_eq!(introduce(&site, listener, stranger, preface).await, "");
        }
        let answer = introduce(&site, listener, Some(&own), preface).await;
        assert!(answer.starts_with(expected), "{answer}");
    }
    let no_preface = b"a LOGIN alice wonderland\r\n";
    assert_eq!(introduce(&site, &IMAP4_BACK_END, Some(&own), no_preface).await, "");
    let other_protocol = introduce(&site, &IMAP4_BACK_END, Some(&own), &pop3).await;
    assert!(other_protocol.starts_with("-ERR [SYS/TEMP] "), "{other_protocol}");
    site.stop().await;
}

/// What strangers may do at "Default Frontend", without a tarpit.
fn for_strangers(settings: &mut Settings, rights: &[ExtendedRight]) {
    let mut connectors = settings.receive_connectors().unwrap();
    connectors.retain(|connector| connector.name.starts_with("Default Frontend"));
    connectors[0].tarpit_interval = TimeSpan::from_secs(0);
    connectors[0].anonymous_rights = rights.to_vec();
    settings.receive_connector = connectors;
}

/// Towards the Internet: no password in the clear, no relaying.
fn strict(settings: &mut Settings) {
    settings.pop3.login_type = LoginType::SecureLogin;
    for_strangers(settings, &[]);
}

/// For printers inside that know neither TLS nor passwords.
fn convenient(settings: &mut Settings) {
    for_strangers(settings, &[ExtendedRight::AcceptAnyRecipient]);
}

/// What a stranger hears who names a recipient elsewhere.
async fn relay(server: &MailboxServer) -> String {
    let mut client = Client::connect(server, &DEFAULT_FRONTEND).await;
    client.until("", "220 ").await;
    client.until("EHLO printer.example.test\r\n", "250 ").await;
    client.until("MAIL FROM:<a@elsewhere.test>\r\n", "250 ").await;
    client.until("RCPT TO:<b@elsewhere.test>\r\n", "").await.remove(0)
}

/// Row W-07: two servers of SMTP and POP3 on one machine, and behind both one mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_strict_and_a_convenient_server_stand_on_one_machine() {
    let site = Site::with(strict, convenient).await;
    trust(site.front.settings(), site.back.settings());
    trust(site.back.settings(), site.front.settings());
    for server in [&site.front, &site.back] {
        create(server, "dave", "BACK", Some(PASSWORD)).await;
    }
    assert!(relay(&site.front).await.starts_with("550 "));
    assert!(relay(&site.back).await.starts_with("250 "));

    let (login, stat) = (format!("USER dave\r\nPASS {PASSWORD}\r\n"), "STAT\r\nQUIT\r\n");
    let inside = pop3(&site.back).await.until_close(&format!("{login}{stat}")).await;
    assert_eq!(inside[2], "+OK 0 0", "{inside:?}");
    let mut outside = pop3(&site.front).await;
    let refused = outside.until(&login, "-ERR").await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(outside.line().await.starts_with("-ERR"));
    outside.until("STLS\r\n", "+OK").await;
    outside.0.start_tls_client(FRONT, &ClientTls::opportunistic().unwrap()).await.unwrap();
    let lines = outside.until_close(&format!("{login}{stat}")).await;
    assert_eq!(lines[2], "+OK 0 0", "{lines:?}");
    site.stop().await;
}
