//! What the protocol log of a Send connector (SEND) and the connectivity log (CONNECTLOG) say.

use crate::next_hop::{NextHop, Script};
use crate::site::{PORT, Site, Trust, by_mx, own_address, until, zone};

const SEND: (&str, &str) = ("Hub/ProtocolLog/SmtpSend", "SEND");
const CONNECT: (&str, &str) = ("Hub/Connectivity", "CONNECTLOG");

/// The fields of each row behind the header; the last has what remains.
fn rows(log: &str, fields: usize) -> Vec<Vec<String>> {
    let rows = log.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.splitn(fields, ',').map(str::to_owned).collect()).collect()
}

/// A server that logs in at its smart host; in the log of its delivery are these rows.
async fn delivery(log: (&str, &str), fields: usize) -> (String, Vec<Vec<String>>, String) {
    let (trust, address) = (Trust::new(), own_address());
    let certificates = Some(trust.certificates("mx.there.test"));
    let answers = &[("AUTH ", Some("235 2.7.0 welcome"))];
    let script = Script { certificates, offers_in_tls: &["AUTH PLAIN"], answers, ..Script::PLAIN };
    let hop = NextHop::start(address, script);
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "wonderland").unwrap();
    let properties = format!(
        "DNSRoutingEnabled = false\nSmartHosts = [\"mx.there.test\"]\n\
         SmartHostAuthMechanism = \"BasicAuthRequireTLS\"\nAuthenticationUserName = \"us\"\n\
         AuthenticationPasswordFile = \"{}\"\nProtocolLoggingLevel = \"Verbose\"",
        password.path().display()
    );
    let zone = zone(&[("mx.there.test", address)]);
    let here = Site::sender(zone, &trust, &by_mx(&properties)).await;
    here.send("hush").await;
    until("the end of the session", || hop.heard_any("QUIT")).await;
    let text = here.stop_and_read(log.0, log.1).await;
    hop.stop().await;
    let rows = rows(&text, fields);
    (text, rows, format!("{address}:{PORT}"))
}

/// The log of a server whose mail goes to a host where nobody listens.
async fn failure(log: (&str, &str)) -> (String, String) {
    let (trust, address) = (Trust::new(), own_address());
    let zone = zone(&[("mx.there.test", address)]);
    let verbose = by_mx("ProtocolLoggingLevel = \"Verbose\"");
    let here = Site::sender(zone, &trust, &verbose).await;
    here.send("hush").await;
    here.waits_because("hush").await;
    (here.stop_and_read(log.0, log.1).await, format!("{address}:{PORT}"))
}

#[tokio::test]
async fn a_delivery_is_in_the_protocol_log_without_secrets() {
    let (text, rows, remote) = delivery(SEND, 8).await;
    let head: Vec<_> = text.lines().take(5).collect();
    assert!(head[0].starts_with("#Software: ") && head[2] == "#Log-type: SMTP Send Protocol Log");
    assert_eq!(
        head[4],
        "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,\
         remote-endpoint,event,data,context"
    );
    for (number, row) in rows.iter().enumerate() {
        assert_eq!((&*row[1], &*row[2]), ("MBX\\Out", &*rows[0][2]), "{text}");
        assert_eq!((&*row[3], &*row[5]), (&*number.to_string(), &*remote), "{text}");
    }
    let said: Vec<_> = rows.iter().map(|row| format!("{}{}", row[6], row[7])).collect();
    let expected = [
        "*,attempting to connect",
        "+,",
        "<220 next hop,",
        ">EHLO mbx.example.test,",
        "<250-next hop,",
        "<250-STARTTLS,",
        "<250 HELP,",
        ">STARTTLS,",
        "<220 2.0.0 go,",
        "*,TLS negotiation succeeded",
        ">EHLO mbx.example.test,",
        "<250-next hop,",
        "<250-AUTH PLAIN,",
        "<250 HELP,",
        ">AUTH PLAIN,",
        "<235 2.7.0 welcome,",
        ">MAIL FROM:<alice@example.test>,",
        "<250 2.0.0 fine,",
        ">RCPT TO:<bob@there.test>,",
        "<250 2.0.0 fine,",
        ">DATA,",
        "<354 go,",
        "<250 2.6.0 taken,",
        ">QUIT,",
        "<221 2.0.0 bye,",
        "-,Local",
    ];
    assert_eq!(said, expected, "{text}");
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_in_the_protocol_log() {
    let (text, remote) = failure(SEND).await;
    let rows = rows(&text, 8);
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[0][7] == ",attempting to connect" && rows[0][5] == remote, "{text}");
    assert!(rows[1][6] == "*" && rows[1][7].contains("refused"), "{text}");
    assert_eq!((&*rows[2][6], &*rows[2][7]), ("-", ",Remote"), "{text}");
}

#[tokio::test]
async fn a_delivery_is_in_the_connectivity_log() {
    let (text, rows, remote) = delivery(CONNECT, 6).await;
    assert!(text.contains("#Fields: date-time,session,source,destination,direction,description"));
    let said: Vec<_> = rows.iter().map(|row| format!("{}{}", row[4], row[5])).collect();
    assert_eq!(said[0], "+SmartHostConnectorDelivery Out", "{text}");
    assert_eq!(said[1], format!(">mx.there.test[{remote}]"), "{text}");
    assert_eq!(said[2], format!(">Established connection to {remote}"), "{text}");
    assert!(said[3].starts_with("-Messages: 1 Bytes: ") && said.len() == 4, "{text}");
    for row in &rows {
        assert_eq!((&row[1], &*row[2], &*row[3]), (&rows[0][1], "SMTP", "mx.there.test"), "{text}");
    }
}

#[tokio::test]
async fn why_a_handshake_failed_is_in_both_logs_and_in_the_queue() {
    const HOST: &str = "mx.there.test";
    let (trust, strangers) = (Trust::new(), Trust::new());
    let other = "other.there.test";
    for (certificates, reason) in [
        (trust.expired(HOST), "certificate expired"),
        (strangers.certificates(HOST), "UnknownIssuer"),
        (trust.certificates(other), "certificate not valid for name \"mx.there.test\""),
    ] {
        let address = own_address();
        let certificates = Some(certificates);
        let hop = NextHop::start(address, Script { certificates, ..Script::PLAIN });
        let verified = by_mx(
            "ProtocolLoggingLevel = \"Verbose\"\nRequireTLS = true\n\
             TlsAuthLevel = \"CertificateValidation\"",
        );
        let here = Site::sender(zone(&[(HOST, address)]), &trust, &verified).await;
        here.send("hush").await;
        let reply = here.waits_because("hush").await;
        assert!(reply.text.contains(reason), "{reply}");
        assert_eq!(reply.status.to_string(), "4.7.5", "{reply}");
        let quoted = reason.replace('"', "\"\"");
        for log in here.stop_and_read_all([SEND, CONNECT]).await {
            let row = log.lines().find(|row| row.contains("TLS handshake failed: "));
            assert!(row.is_some_and(|row| row.contains(&quoted)), "{reason}: {log}");
        }
        hop.stop().await;
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_in_the_connectivity_log() {
    let (text, remote) = failure(CONNECT).await;
    let rows = rows(&text, 6);
    let said: Vec<_> = rows.iter().map(|row| format!("{}{}", row[4], row[5])).collect();
    assert_eq!(said[0], "+DnsConnectorDelivery Out", "{text}");
    let failed = format!(">Failed connection to {remote} (421 4.4.1 SMTPSEND.Connect; ");
    assert!(said[2].starts_with(&failed), "{text}");
    assert!(said[3].starts_with("-Messages: 0 Bytes: 0 (421 4.4.1 "), "{text}");
    assert!(rows.iter().all(|row| row[3] == "there.test") && rows.len() == 4, "{text}");
}
