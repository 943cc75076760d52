//! Every property of a Receive connector changes what its listener does, or is refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use auth::Password;
use config::{ReceiveConnector, Settings};
use directory::{MailboxKind, NewMailbox};
use ports::firewall::{self, Format};
use ports::{OpenListener, Registry};
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use types::Address;

const SERVER: &str = "mbx.example.test";
/// Longest wait for an answer; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_PORT: usize = 30_000;

/// What a text in the conversation proves.
#[derive(Clone, Copy)]
enum Shows {
    /// It is there with the property only.
    With(&'static str),
    /// It is there without the property only.
    Without(&'static str),
}
use Shows::{With, Without};

/// A property, what both connectors of the comparison have besides, and a conversation.
struct Case {
    property: &'static str,
    value: &'static str,
    base: &'static str,
    says: &'static str,
    shows: Shows,
}

const fn case(
    property: &'static str,
    value: &'static str,
    says: &'static str,
    shows: Shows,
) -> Case {
    Case { property, value, base: "", says, shows }
}

const fn beside(base: &'static str, case: Case) -> Case {
    Case { base, ..case }
}

/// A line that opens a second connection and goes on there.
const SECOND: &str = "[second connection]";
/// A line that waits until the server closes.
const WAIT: &str = "[wait]";
const MAIL: &str = "EHLO c\nMAIL FROM:<a@there.test>";
const RCPT: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<x@elsewhere.test>";
/// alice and her password.
const LOGIN: &str = "EHLO c\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB3b25kZXJsYW5k";
const WRONG: &str = "EHLO c\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB3cm9uZw==\nNOOP";
const TWO_HOPS: &str = "MAIL FROM:<alice@example.test>\nRCPT TO:<alice@example.test>\nDATA\n\
    Received: by a.test\\r\\nReceived: by a.test\\r\\n\\r\\nx\\r\\n.";
const LOGIN_TWO_HOPS: &str = "[login]";
const STRANGER_TWO_HOPS: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<alice@example.test>\n\
    DATA\nReceived: by a.test\\r\\nReceived: by a.test\\r\\n\\r\\nx\\r\\n.";
const TWO_LOCAL_HOPS: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<alice@example.test>\n\
    DATA\nReceived: by MBX.example.test; x\\r\\nReceived: by mbx.example.test\\r\\n\\r\\nx\\r\\n.";
const LARGE_HEADER: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<alice@example.test>\n\
    DATA\nX: [2000 octets]\\r\\n\\r\\nx\\r\\n.";
const BARE_LINE_FEED: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<alice@example.test>\n\
    DATA\na\\nb\\r\\n.";
const TWO_RECIPIENTS: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRCPT TO:<alice@example.test>\n\
    RCPT TO:<postmaster@example.test>";
const TWO_MESSAGES: &str = "EHLO c\nMAIL FROM:<a@there.test>\nRSET\nMAIL FROM:<a@there.test>";
/// A line that keeps the connection busy until the server closes.
const NOOPS: &str = "[noops]";

const CASES: &[Case] = &[
    case("RemoteIPRanges", "[\"192.0.2.1\"]", "", Without("220 ")),
    case("AuthMechanism", "[\"None\"]", "EHLO c", Without("STARTTLS")),
    case("PermissionGroups", "[\"None\"]", MAIL, With("530 5.7.57")),
    case("AnonymousRights", "[\"ms-Exch-SMTP-Accept-Any-Recipient\"]", RCPT, With("250 2.1.5")),
    case("RequireTLS", "true", MAIL, With("530 5.7.0")),
    case("Fqdn", "\"other.test\"", "EHLO c", With("250-other.test Hello")),
    beside(
        "MaxLocalHopCount = 1",
        case("Fqdn", "\"a.test\"", STRANGER_TWO_HOPS, With("554 5.4.6")),
    ),
    case("Banner", "\"220 welcome\"", "", With("220 welcome")),
    case("MaxMessageSize", "\"64 KB\"", "EHLO c", With("SIZE 65536")),
    case("MaxHeaderSize", "\"1 KB\"", LARGE_HEADER, With("552 5.3.4")),
    case("MaxRecipientsPerMessage", "1", TWO_RECIPIENTS, With("452 4.5.3")),
    case("MaxInboundConnection", "1", SECOND, With("421 4.3.2")),
    case("MaxInboundConnectionPerSource", "1", SECOND, With("421 4.3.2")),
    beside(
        "MaxInboundConnection = 60",
        case("MaxInboundConnectionPercentagePerSource", "100", SECOND, Without("421 4.3.2")),
    ),
    case("MessageRateLimit", "1", TWO_MESSAGES, With("421 4.4.2")),
    beside(
        "MessageRateLimit = 1",
        case("MessageRateSource", "\"None\"", TWO_MESSAGES, Without("421 4.4.2")),
    ),
    case("ConnectionInactivityTimeout", "\"00:00:01\"", WAIT, With("421 4.4.1")),
    beside(
        "ConnectionInactivityTimeout = \"00:00:01\"",
        case("ConnectionTimeout", "\"00:00:02\"", NOOPS, With("421 4.4.2")),
    ),
    case("MaxProtocolErrors", "1", "X\nY", With("421 4.7.0")),
    case("MaxLogonFailures", "1", WRONG, Without("250 2.0.0 OK")),
    case("MaxHopCount", "1", LOGIN_TWO_HOPS, With("554 5.4.6")),
    case("MaxLocalHopCount", "1", TWO_LOCAL_HOPS, With("554 5.4.6")),
    case("RequireEHLODomain", "true", "EHLO", With("501 5.5.4")),
    beside(
        "AnonymousRights = [\"ms-Exch-SMTP-Accept-Any-Recipient\"]",
        case("BareLinefeedRejectionEnabled", "true", BARE_LINE_FEED, With("550 5.6.11")),
    ),
    beside(
        "BinaryMimeEnabled = false",
        case("ChunkingEnabled", "false", "EHLO c", Without("CHUNKING")),
    ),
    case("BinaryMimeEnabled", "false", "EHLO c", Without("BINARYMIME")),
    case("EightBitMimeEnabled", "false", "EHLO c", Without("8BITMIME")),
    case("DeliveryStatusNotificationEnabled", "false", "EHLO c", Without("DSN")),
    case("EnhancedStatusCodesEnabled", "false", "EHLO c", Without("ENHANCEDSTATUSCODES")),
    case("PipeliningEnabled", "false", "EHLO c", Without("PIPELINING")),
    case("SmtpUtf8Enabled", "false", "EHLO c", Without("SMTPUTF8")),
    case("SizeEnabled", "\"Disabled\"", "EHLO c", Without("SIZE")),
];

/// Properties that other tests show: of what is refused those of crate `config`.
const SHOWN_ELSEWHERE: [&str; 8] = [
    // `every_property_has_an_effect`: connectors are told apart by these two.
    "Name",
    "Bindings",
    // `what_is_off_does_not_listen`
    "Enabled",
    // `conversations_are_logged_without_secrets`
    "ProtocolLoggingLevel",
    "TransportRole",
    "TarpitInterval",
    "AuthTarpitInterval",
    // config::receive::validate, `switches_need_what_they_rest_on`
    "DomainSecureEnabled",
];

/// A loopback address that no other server uses.
fn own_address(last: u8) -> IpAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 60 + last, high, low).into()
}

struct Site {
    server: MailboxServer,
    data: tempfile::TempDir,
    address: IpAddr,
}

impl Site {
    /// A server with these connectors beside the default ones, and alice.
    async fn new(last: u8, connectors: &str) -> Self {
        let (data, address) = (tempfile::tempdir().unwrap(), own_address(last));
        let text = format!(
            "server_name = \"{SERVER}\"\ndomains = [\"example.test\"]\nport_offset = 20000\n\
             addresses = [\"{address}\"]\ndata_directory = \"{}\"\n{connectors}",
            data.path().display()
        );
        let settings: Settings =
            toml::from_str(&text.replace("ADDRESS", &address.to_string())).unwrap();
        settings.validate().unwrap();
        let server = MailboxServer::start(settings).await.unwrap();
        let alice = Address::parse("alice@example.test").unwrap();
        let password = Some(Password::new("wonderland").unwrap());
        let new = NewMailbox {
            kind: MailboxKind::User { password, administrator: false },
            ..NewMailbox::user(alice, "MBX", MAILBOX_DATABASE)
        };
        server.storage().directory.create_mailbox(new).await.unwrap();
        Site { server, data, address }
    }

    async fn talk(&self, port: usize, says: &str) -> String {
        tokio::time::timeout(PATIENCE, conversation(self.address, port, says)).await.unwrap()
    }
}

/// A connector on a port of its own.
fn connector(name: &str, port: usize, properties: &str) -> String {
    let given = |key: &str| properties.lines().any(|line| line.starts_with(key));
    let defaults = [
        ("AuthMechanism", "[\"Tls\", \"BasicAuth\"]"),
        ("PermissionGroups", "[\"AnonymousUsers\", \"ExchangeUsers\"]"),
        ("TarpitInterval", "\"00:00:00\""),
        ("AuthTarpitInterval", "\"00:00:00\""),
    ];
    let defaults = defaults.iter().filter(|(key, _)| !given(key));
    let defaults: String = defaults.map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!(
        "[[ReceiveConnector]]\nName = \"{name}\"\nBindings = [\"ADDRESS:{port}\"]\n\
         {defaults}{properties}\n"
    )
}

/// Everything the server says to these lines.
async fn conversation(address: IpAddr, port: usize, says: &str) -> String {
    let port = u16::try_from(port).unwrap();
    let mut stream = TcpStream::connect((address, port)).await.unwrap();
    let mut first = None;
    let mut heard = reply(&mut stream).await;
    let says = says.replace("[login]", &format!("{LOGIN}\n{TWO_HOPS}"));
    for line in says.lines() {
        match line {
            SECOND => {
                let next = TcpStream::connect((address, port)).await.unwrap();
                first = Some(std::mem::replace(&mut stream, next));
            }
            WAIT => {}
            NOOPS => {
                while stream.write_all(b"NOOP\r\n").await.is_ok() && !heard.contains("421 ") {
                    heard += &reply(&mut stream).await;
                }
            }
            line => {
                let line = line.replace("[2000 octets]", &"x".repeat(2000));
                let line = line.replace("\\r", "\r").replace("\\n", "\n");
                // The server may have closed; then nothing more is heard.
                let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
            }
        }
        heard += &reply(&mut stream).await;
    }
    drop(first);
    heard
}

/// One reply, or what came before the end.
async fn reply(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let last = |text: &str| {
        let line = text.strip_suffix("\r\n").and_then(|text| text.rsplit("\r\n").next());
        line.is_some_and(|line| line.as_bytes().get(3) == Some(&b' '))
    };
    while !last(&text) {
        let mut octets = [0; 4096];
        match stream.read(&mut octets).await {
            Ok(0) | Err(_) => break,
            Ok(count) => text.push_str(&String::from_utf8_lossy(&octets[..count])),
        }
    }
    text
}

#[tokio::test]
async fn every_property_has_an_effect() {
    let mut connectors = String::new();
    for (number, case) in CASES.iter().enumerate() {
        let port = FIRST_PORT + 2 * number;
        let changed = format!("{}\n{} = {}", case.base, case.property, case.value);
        connectors += &connector(&format!("without {number}"), port, case.base);
        connectors += &connector(&format!("with {number}"), port + 1, &changed);
    }
    let site = Site::new(0, &connectors).await;
    for (number, case) in CASES.iter().enumerate() {
        let port = FIRST_PORT + 2 * number;
        let with = site.talk(port + 1, case.says).await;
        let (text, expected) = match case.shows {
            With(text) => (text, true),
            Without(text) => (text, false),
        };
        assert_eq!(with.contains(text), expected, "{}: {with}", case.property);
        let waits = [WAIT, NOOPS].contains(&case.says);
        if !waits {
            let without = site.talk(port, case.says).await;
            assert_eq!(without.contains(text), !expected, "without {}: {without}", case.property);
        }
    }
    site.server.stop().await;
}

#[test]
fn no_property_is_forgotten() {
    let all = toml::Table::try_from(ReceiveConnector::default()).unwrap();
    let all: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    let shown = CASES.iter().map(|case| case.property).chain(SHOWN_ELSEWHERE);
    assert_eq!(all, shown.collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn what_is_off_does_not_listen() {
    let off = connector("off", FIRST_PORT, "Enabled = false");
    let site = Site::new(1, &off).await;
    let port = u16::try_from(FIRST_PORT).unwrap();
    assert!(TcpStream::connect((site.address, port)).await.is_err());
    site.server.stop().await;
}

/// The rules of the firewall if the server listened on every address.
fn rules(server: &MailboxServer) -> String {
    let registry = server.registry();
    let mut open = Registry::new(registry.server(), registry.roles());
    for OpenListener { listener, address } in registry.open() {
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        open.register(listener, everywhere, "tests");
    }
    firewall::rules(&open, Format::Nftables, "rialto")
}

/// Row W-08: what a message may be is one thing, where octets may come from another. The rules
/// of the firewall are the same whatever messages are refused, and refuse none themselves.
#[tokio::test]
async fn the_firewall_knows_nothing_of_messages() {
    let mut seen = Vec::new();
    for (filter, reply) in
        [("MaxHeaderSize = \"256 KB\"", "250 2.6.0"), ("MaxHeaderSize = \"1 KB\"", "552 5.3.4")]
    {
        let filter = format!("{filter}\nPermissionGroups = [\"AnonymousUsers\"]");
        let site = Site::new(5, &connector("Internet", FIRST_PORT, &filter)).await;
        let heard = site.talk(FIRST_PORT, LARGE_HEADER).await;
        assert!(heard.contains(reply), "{heard}");
        seen.push(rules(&site.server));
        site.server.stop().await;
    }
    assert_eq!(seen[0], seen[1]);
    let closed = connector("Internet", FIRST_PORT, "Enabled = false");
    let site = Site::new(5, &closed).await;
    let of_port = format!("dport {FIRST_PORT} accept");
    assert!(seen[0].contains(&of_port) && !rules(&site.server).contains(&of_port), "{}", seen[0]);
    site.server.stop().await;
}

fn log(folder: &Path, prefix: &str) -> String {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_log =
        |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
    let mut files: Vec<_> = files.filter(is_log).collect();
    files.sort();
    files.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test]
async fn conversations_are_logged_without_secrets() {
    let verbose = "ProtocolLoggingLevel = \"Verbose\"";
    let slow = "TarpitInterval = \"00:00:01\"\nAuthTarpitInterval = \"00:00:02\"";
    let front = connector("Front", FIRST_PORT, verbose);
    let hub = format!("{verbose}\n{slow}\nTransportRole = \"HubTransport\"");
    let hub = connector("Hub", FIRST_PORT + 1, &hub);
    let site = Site::new(2, &format!("{front}{hub}")).await;
    let message = "MAIL FROM:<alice@example.test>\nRCPT TO:<alice@example.test>\nDATA\n\
        Subject: hush\\r\\n\\r\\nmum's the word\\r\\n.\nQUIT";
    let said = site.talk(FIRST_PORT, &format!("{LOGIN}\n{message}")).await;
    assert!(said.contains("250 2.6.0"), "{said}");
    let refused = format!("{RCPT}\nRSET\n{}", WRONG.strip_prefix("EHLO c\n").unwrap());
    site.talk(FIRST_PORT + 1, &refused).await;
    let logs = site.data.path().join("logs");
    site.server.stop().await;

    let front = log(&logs.join("FrontEnd/ProtocolLog/SmtpReceive"), "RECV");
    let mut lines = front.lines();
    let head: Vec<_> = lines.by_ref().take(5).collect();
    assert!(
        head[0].starts_with("#Software: ") && head[2] == "#Log-type: SMTP Receive Protocol Log"
    );
    assert_eq!(
        head[4],
        "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,\
         remote-endpoint,event,data,context"
    );
    let rows: Vec<Vec<&str>> = lines.map(|line| line.splitn(8, ',').collect()).collect();
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    assert_eq!((first[1], first[3], first[6]), ("MBX\\Front", "0", "+"));
    assert_eq!(first[4], format!("{}:{FIRST_PORT}", site.address));
    assert_eq!((last[3], last[6], last[7]), (&*(rows.len() - 1).to_string(), "-", ",Local"));
    assert!(rows.iter().all(|row| row[2] == first[2] && row[2].len() == 16));
    let has = |event: &str, text: &str| {
        rows.iter().any(|row| row[6] == event && row[7].starts_with(text))
    };
    assert!(
        has("<", "EHLO c,") && has("<", "AUTH PLAIN,") && has("<", "RCPT TO:<alice@example.test>,")
    );
    assert!(has("*", "alice") && has(">", "\"250 2.6.0 "));
    for secret in ["AGFsaWNl", "wonderland", "hush", "mum"] {
        assert!(!front.contains(secret), "{secret}");
    }

    let hub = log(&logs.join("Hub/ProtocolLog/SmtpReceive"), "RECV");
    assert!(hub.contains("Tarpit for 1 s") && hub.contains("Tarpit for 2 s"), "{hub}");
    let tracking = log(&logs.join("MessageTracking"), "MSGTRK");
    for event in [",SMTP,RECEIVE,", ",STOREDRIVER,DELIVER,"] {
        let line = tracking.lines().find(|line| line.contains(event)).unwrap();
        assert!(line.contains("MBX\\Front") && line.contains(",hush,"), "{line}");
        assert_eq!(line.split(',').count(), 30, "{line}");
    }
}

/// `[TransportConfig]` holds for every connector, whatever more it allows.
#[tokio::test]
async fn the_organization_has_limits_of_its_own() {
    const LARGE: &str = "EHLO c\nMAIL FROM:<a@far.test>\nRCPT TO:<alice@example.test>\nDATA\n\
        Subject: s\\r\\n\\r\\n[2000 octets]\\r\\n.";
    const LIMITS: &str =
        "[TransportConfig]\nMaxReceiveSize = \"1 KB\"\nMaxRecipientEnvelopeLimit = 1\n";
    for (limits, are_set) in [("", false), (LIMITS, true)] {
        let settings = format!("{}{limits}", connector("Internet", FIRST_PORT, ""));
        let site = Site::new(7, &settings).await;
        let heard = site.talk(FIRST_PORT, TWO_RECIPIENTS).await;
        assert_eq!(heard.contains("452 4.5.3"), are_set, "{limits}: {heard}");
        let heard = site.talk(FIRST_PORT, LARGE).await;
        let reply = if are_set { "552 5.3.4" } else { "250 2.6.0" };
        assert!(heard.contains(reply), "{limits}: {heard}");
        site.server.stop().await;
    }
}
