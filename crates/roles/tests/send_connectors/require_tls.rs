//! REQUIRETLS on the way out (RFC 8689 section 4.2.1).

use transport::Envelope;
use types::{Address, ReversePath};

use crate::next_hop::{NextHop, Script};
use crate::site::{ALICE, BOB, Site, Trust, by_mx, own_address, until, zone};

#[tokio::test]
async fn the_first_host_that_promises_protection_gets_the_message() {
    let (trust, addresses) = (Trust::new(), [own_address(), own_address(), own_address()]);
    let hosts = ["clear.there.test", "tls.there.test", "mx.there.test"];
    let clear = NextHop::start(addresses[0], Script::PLAIN);
    let certificates = Some(trust.certificates(hosts[1]));
    let promises_in_the_clear = Script { certificates, offers: &["REQUIRETLS"], ..Script::PLAIN };
    let tls = NextHop::start(addresses[1], promises_in_the_clear);
    let there = Site::receiver(addresses[2], hosts[2], &trust).await;
    let zone = zone(&[0, 1, 2].map(|at| (hosts[at], addresses[at])));
    let here = Site::sender(zone, &trust, &by_mx("ProtocolLoggingLevel = \"Verbose\"")).await;

    here.send_protected("promised").await;
    let message = there.received(BOB, "Subject: promised").await;
    assert!(message.contains("The secret text."), "{message}");
    for refused in [&clear, &tls] {
        assert!(refused.heard_any("QUIT") && !refused.heard_any("MAIL"), "{:?}", refused.heard());
    }
    let log = here.stop_and_read("Hub/ProtocolLog/SmtpSend", "SEND").await;
    let mail = log.lines().find(|line| line.contains("MAIL FROM:")).unwrap();
    assert!(mail.contains("REQUIRETLS") && mail.contains(&addresses[2].to_string()), "{log}");
    there.server.stop().await;
    clear.stop().await;
    tls.stop().await;
}

#[tokio::test]
async fn a_host_that_is_asked_for_protection_and_has_none_is_a_report() {
    let (trust, strangers) = (Trust::new(), Trust::new());
    for (certified_by, status, reason) in [
        (None, "5.7.10", "does not offer TLS"),
        (Some(&strangers), "5.7.10", "UnknownIssuer"),
        (Some(&trust), "5.7.30", "REQUIRETLS support required"),
    ] {
        let address = own_address();
        let certificates = certified_by.map(|trust| trust.certificates("mx.there.test"));
        let hop = NextHop::start(address, Script { certificates, ..Script::PLAIN });
        // Nobody listens at the second host: what cannot be reached changes nothing.
        let hosts = [("mx.there.test", address), ("down.there.test", own_address())];
        let here = Site::sender(zone(&hosts), &trust, &by_mx("")).await;

        here.send_protected("hush").await;
        let report = here.received(ALICE, "Undeliverable: hush").await;
        assert!(report.contains(&format!("\r\nStatus: {status}\r\n")), "{report}");
        // Not the host that was tried last.
        assert!(report.contains("\r\nRemote-MTA: dns; mx.there.test\r\n"), "{report}");
        let diagnostic = report.split("\r\nDiagnostic-Code: ").nth(1).unwrap();
        assert!(diagnostic.lines().next().unwrap().contains(reason), "{report}");
        assert!(report.contains("Subject: hush") && !report.contains("secret"), "{report}");
        assert!(!hop.heard_any("MAIL"), "{:?}", hop.heard());
        here.server.stop().await;
        hop.stop().await;
    }
}

#[tokio::test]
async fn tls_that_is_out_of_order_keeps_protected_messages_waiting_and_no_others() {
    let (trust, address) = (Trust::new(), own_address());
    let answers = &[("STARTTLS", Some("454 4.7.0 not now"))];
    let hop = NextHop::start(address, Script { offers: &["STARTTLS"], answers, ..Script::PLAIN });
    let here = Site::sender(zone(&[("mx.there.test", address)]), &trust, &by_mx("")).await;

    here.send_protected("hush").await;
    let reply = here.waits_because("hush").await;
    assert_eq!(reply.to_string(), "454 4.7.0 not now");
    assert!(!hop.heard_any("MAIL"), "{:?}", hop.heard());
    here.send("loud").await;
    until("the other message", || hop.heard_any("Subject: loud")).await;
    assert!(!hop.heard_any("Subject: hush"));
    here.server.stop().await;
    hop.stop().await;
}

#[tokio::test]
async fn one_connection_carries_messages_of_one_kind() {
    let (trust, address) = (Trust::new(), own_address());
    let certificates = Some(trust.certificates("mx.there.test"));
    let script = Script { certificates, offers_in_tls: &["REQUIRETLS"], ..Script::PLAIN };
    let zone = zone(&[("mx.there.test", address)]);
    let one_at_a_time = "[TransportService]\nMaxPerDomainOutboundConnections = 1\n";
    let here = Site::sender(zone, &trust, &format!("{}{one_at_a_time}", by_mx(""))).await;
    // They gather while nobody listens.
    here.send("1").await;
    here.waits_because("1").await;
    here.send_protected("2").await;
    here.send("3").await;
    let hop = NextHop::start(address, script);
    let transport = here.server.transport();
    let queue = transport.queues().await.unwrap().remove(0);
    transport.retry_queue(queue.number).await.unwrap();

    until("three messages", || {
        hop.heard().iter().filter(|line| line.starts_with("Subject: ")).count() == 3
    })
    .await;
    let heard = hop.heard();
    let connections: Vec<_> = heard.split(|line| line == "[tls]").skip(1).collect();
    let kinds = connections.iter().map(|lines| {
        let mail: Vec<_> = lines.iter().filter(|line| line.starts_with("MAIL")).collect();
        let protected = mail.iter().filter(|line| line.contains("REQUIRETLS")).count();
        assert!(protected == 0 || protected == mail.len(), "{lines:?}");
        protected
    });
    assert_eq!(kinds.sum::<usize>(), 1, "{heard:?}");
    here.server.stop().await;
    hop.stop().await;
}

#[tokio::test]
async fn a_report_leaves_in_tls_also_where_protection_is_not_promised() {
    let (trust, address) = (Trust::new(), own_address());
    let certificates = Some(trust.certificates("mx.there.test"));
    let hop = NextHop::start(address, Script { certificates, ..Script::PLAIN });
    let here = Site::sender(zone(&[("mx.there.test", address)]), &trust, &by_mx("")).await;

    let envelope = Envelope::new(ReversePath::Null, [Address::parse(BOB).unwrap()]);
    here.submit("report", Envelope { require_tls: true, ..envelope }).await;
    until("the report", || hop.heard_any("Subject: report")).await;
    let heard = hop.heard();
    let place = |text: &str| heard.iter().position(|line| line.starts_with(text)).unwrap();
    assert!(place("[tls]") < place("MAIL FROM:<>"), "{heard:?}");
    assert!(!heard.iter().any(|line| line.contains("REQUIRETLS")), "{heard:?}");
    here.server.stop().await;
    hop.stop().await;
}
