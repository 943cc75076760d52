//! Postfix: the mail server of another organization, both ways.

use std::net::SocketAddr;
use std::path::PathBuf;

use net::testing::{DnsServer, Zone};
use tokio::runtime::Runtime;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::ports::free_port;
use crate::support::postfix::{DOMAIN, Peer, Postfix, USER};
use crate::support::programs::{Ended, program, run};
use crate::support::server::{Data, PASSWORD, Process};

const ALICE: &str = "alice@example.test";

/// A name server for a test that is not asynchronous itself.
struct NameServer {
    server: DnsServer,
    _runtime: Runtime,
}

impl NameServer {
    fn start(zone: Zone) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(zone.serve()).unwrap();
        NameServer { server, _runtime: runtime }
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

/// Two organizations: Rialto's with alice, and Postfix's.
struct World {
    postfix: Postfix,
    rialto: Process,
    ports: Ports,
    settings: String,
    authority: PathBuf,
    data: Data,
    names: NameServer,
}

/// Where Rialto listens.
struct Ports {
    smtp: u16,
    submission: u16,
    imaps: u16,
}

impl World {
    /// `connector` is how mail leaves Rialto: the lines of a Send connector, where PORT stands
    /// for Postfix's.
    fn new(connector: &str) -> Option<Self> {
        Postfix::possible().then(|| {
            let data = Data::new();
            // The demonstration makes the users and the certificates.
            data.demo().stop();
            let ports = Ports { smtp: free_port(), submission: free_port(), imaps: free_port() };
            let authority = data.path().join("authority/ca.crt");
            let certificates = data.path().join("certificates");
            let peer =
                Peer { smtp_port: ports.smtp, authority: &authority, certificates: &certificates };
            let postfix = Postfix::start(data.path(), &peer);
            let host = format!("mx.{DOMAIN}");
            let zone = Zone::new().mx(DOMAIN, 10, &host).a(&host, "127.0.0.1");
            let names = NameServer::start(zone);
            let connector = connector.replace("PORT", &postfix.port().to_string());
            let settings = settings(&data, &ports);
            data.apply(&settings, &document(&connector));
            let rialto = data.server(&settings, names.address());
            World { postfix, rialto, ports, settings, authority, data, names }
        })
    }

    /// Kills Rialto and starts it again.
    fn kill_and_restart_rialto(&mut self) {
        self.rialto.kill();
        self.rialto = self.data.server(&self.settings, self.names.address());
    }

    fn imap(&self) -> Imap {
        Imap::login(&format!("127.0.0.1:{}", self.ports.imaps), &self.authority, ALICE)
    }

    /// alice sends a message.
    fn submit(&self, to: &str, subject: &str) -> Ended {
        let file = self.data.path().join("submitted.eml");
        std::fs::write(&file, message::text(ALICE, to, subject)).unwrap();
        let mut curl = program("curl");
        curl.args(["--silent", "--show-error", "--disable", "--ssl-reqd", "--cacert"]);
        curl.arg(&self.authority).args(["--user", &format!("{ALICE}:{PASSWORD}")]);
        curl.args(["--mail-from", ALICE, "--mail-rcpt", to, "--upload-file"]).arg(file);
        run(curl.arg(format!("smtp://127.0.0.1:{}/client.example", self.ports.submission)))
    }
}

fn settings(data: &Data, ports: &Ports) -> String {
    let listener = |row, port| format!("[[listener]]\nrow = \"{row}\"\nport = {port}\n");
    let listeners = [("P-01", ports.smtp), ("P-02", ports.submission), ("C-11+tls", ports.imaps)];
    let listeners: String = listeners.map(|(row, port)| listener(row, port)).concat();
    // What these tests do not need goes to ports that nobody has.
    let others: String = ["Z-01", "C-11"].map(|row| listener(row, free_port())).concat();
    format!(
        "server_name = \"mbx1.example.test\"
data_directory = \"{data}\"
addresses = [\"127.0.0.1\"]
[tls]
names = [\"localhost\"]
demo_authority = true
[resolver]
allow_loopback = true
{listeners}{others}",
        data = data.path().display(),
    )
}

/// What the directory has beside the demonstration's users.
fn document(connector: &str) -> String {
    format!(
        "[ImapSettings]
Enabled = true
[[SendConnector]]
Name = \"Internet\"
AddressSpaces = [\"SMTP:*;1\"]
{connector}"
    )
}

const BY_MX: &str = "Port = PORT\n";

#[test]
fn mail_leaves_to_where_the_mx_record_says() {
    let Some(world) = World::new(BY_MX) else { return };
    world.submit(USER, "To the world").well();
    let arrived = world.postfix.only("To the world");
    assert!(arrived.contains("Return-Path: <alice@example.test>\n"), "{arrived}");
    assert!(arrived.contains("from mbx1.example.test"), "{arrived}");
    assert!(arrived.contains("TLSv1.3"), "no opportunistic TLS: {arrived}");
    assert!(arrived.trim_end().ends_with("This is the text of: To the world"), "{arrived}");
}

#[test]
fn mail_leaves_to_a_smart_host() {
    let connector = "DNSRoutingEnabled = false
SmartHosts = [\"[127.0.0.1]\"]
Port = PORT
RequireTLS = true
";
    let Some(world) = World::new(connector) else { return };
    world.submit(USER, "By smart host").well();
    let arrived = world.postfix.only("By smart host");
    assert!(arrived.contains("TLSv1.3"), "{arrived}");
}

#[test]
fn who_sent_to_an_unknown_user_is_told() {
    let Some(world) = World::new(BY_MX) else { return };
    let nobody = format!("nobody@{DOMAIN}");
    world.submit(&nobody, "Nobody there").well();
    let report = world.imap().only("Undeliverable: Nobody there").message;
    for part in [
        "Return-Path: <>\r\n",
        "Content-Type: multipart/report",
        &format!("\r\nRemote-MTA: dns; mx.{DOMAIN}\r\n"),
        "\r\nAction: failed\r\n",
        "\r\nStatus: 5.1.1\r\n",
        &format!("Final-Recipient: rfc822; {nobody}\r\n"),
        "Diagnostic-Code: smtp; 550 5.1.1 ",
    ] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
}

#[test]
fn who_sent_to_an_unknown_domain_is_told() {
    let Some(world) = World::new(BY_MX) else { return };
    world.submit("someone@missing.example", "No such place").well();
    let report = world.imap().only("Undeliverable: No such place").message;
    assert!(report.contains("\r\nStatus: 5.4.4\r\n"), "{report}");
}

#[test]
fn queued_mail_survives_a_kill_and_leaves_once_when_the_other_server_is_back() {
    let Some(mut world) = World::new(BY_MX) else { return };
    world.postfix.pause();
    world.submit(USER, "Patience").well();
    world.kill_and_restart_rialto();
    world.postfix.resume();
    world.kill_and_restart_rialto();
    world.postfix.only("Patience");
}

#[test]
fn mail_arrives_from_another_server() {
    let Some(world) = World::new(BY_MX) else { return };
    let sent = message::large(USER, ALICE, "From the world", 200_000);
    world.postfix.sendmail(USER, ALICE, &sent);
    let kept = world.imap().only("From the world").message;
    assert_eq!(message::body(&kept), message::body(&sent));
    assert!(kept.contains(&format!("Return-Path: <{USER}>\r\n")), "{kept:.600}");
    let log = world.postfix.log();
    assert!(log.contains("Verified TLS connection established to localhost"), "{log}");
    assert!(log.contains("status=sent (250 2.6.0"), "{log}");
}

/// Row W-02: with the world the server speaks SMTP on 25 and DNS, and that is enough for a
/// message and its answer.
#[test]
fn mail_goes_both_ways_with_smtp_and_dns_alone() {
    let Some(world) = World::new(BY_MX) else { return };
    world.submit(USER, "A question").well();
    let question = world.postfix.only("A question");
    assert!(question.contains("Return-Path: <alice@example.test>\n"), "{question}");
    world.postfix.sendmail(USER, ALICE, &message::text(USER, ALICE, "An answer"));
    assert!(world.imap().only("An answer").message.contains("Subject: An answer\r\n"));
    for (row, port) in [("M-01", "25/TCP"), ("M-05", "53/UDP, 53/TCP")] {
        let row = world.data.row(row);
        assert_eq!((&row["state"], &row["port"]), (&"working".into(), &port.into()), "{row}");
    }
}

#[test]
fn another_server_learns_who_is_unknown_and_tells_its_sender() {
    let Some(world) = World::new(BY_MX) else { return };
    let nobody = "nobody@example.test";
    world.postfix.sendmail(USER, nobody, &message::text(USER, nobody, "Hello?"));
    let report = world.postfix.only("Undelivered Mail Returned to Sender");
    assert!(report.contains("550 5.1.1"), "{report}");
}
