//! Others' port 25: reached, closed, or refusing.

use types::limits::CHECK_EXCHANGERS_MAX;

use super::super::outbound::outbound;
use super::smtp_server::{SmtpServer, closed_port};
use super::*;
use Verdict::{Failed, NotChecked, Ok};

/// What is found of mail to a domain in a zone, at this port.
async fn to(host: &str, port: u16, zone: Zone) -> Finding {
    let mut world = World::new(zone).await;
    world.settings.resolver.allow_loopback = true;
    let targets = [HostPort::smtp(&format!("{host}:{port}")).unwrap()];
    let mut findings = outbound(&world.settings, &world.resolver(), &targets).await;
    findings.pop().unwrap()
}

fn assert_is(finding: &Finding, verdict: Verdict, words: &str) {
    assert_finding(std::slice::from_ref(finding), &finding.subject, verdict, words);
}

#[tokio::test]
async fn one_exchanger_that_greets_is_enough() {
    let server = SmtpServer::saying("220 mx.other.test ESMTP\r\n");
    let zone = Zone::new()
        .mx("other.test", 10, "closed.other.test")
        .mx("other.test", 20, "mx.other.test")
        .a("closed.other.test", "127.0.0.99")
        .a("mx.other.test", "127.0.0.1");
    let finding = to("other.test", server.port(), zone).await;
    assert_is(&finding, Ok, &format!("mx.other.test at {}: 220 mx.other.test", server.address));
    let finding = to("127.0.0.1", server.port(), Zone::new()).await;
    assert_is(&finding, Ok, "220 mx.other.test");
}

#[tokio::test]
async fn what_does_not_take_mail_is_told_with_its_words() {
    let zone = || Zone::new().mx("other.test", 10, "mx.other.test").a("mx.other.test", "127.0.0.1");
    let closed = to("other.test", closed_port(), zone()).await;
    assert_is(&closed, Failed, "refused");
    assert_is(&closed, Failed, "provider close port 25");
    for (greeting, words) in [
        ("554 5.7.1 blocked by example\r\n", "554 5.7.1 blocked by example; the answer says why"),
        ("421 4.7.0 later\r\n", "421 4.7.0 later"),
        ("SSH-2.0\r\n", "malformed reply"),
    ] {
        let server = SmtpServer::saying(greeting);
        assert_is(&to("other.test", server.port(), zone()).await, Failed, words);
    }
}

#[tokio::test]
async fn domains_that_take_no_mail_are_the_wrong_ones_to_ask() {
    let zone = Zone::new().mx("null.test", 0, ".").servfail("broken.test");
    for (domain, words) in [
        ("null.test", "takes no mail"),
        ("unknown.test", "nonexistent domain"),
        ("broken.test", "SMTPSEND.DNS.Failed"),
    ] {
        assert_is(&to(domain, 25, zone.clone()).await, Failed, words);
    }
}

#[tokio::test]
async fn strangers_names_do_not_lead_to_this_host() {
    let server = SmtpServer::saying("220 mx.other.test ESMTP\r\n");
    let world = World::new(Zone::new().a("other.test", "127.0.0.1")).await;
    let targets = [HostPort::smtp(&format!("other.test:{}", server.port())).unwrap()];
    let findings = outbound(&world.settings, &world.resolver(), &targets).await;
    assert_is(&findings[0], Failed, "loopback addresses are not reached");
}

#[tokio::test]
async fn of_many_exchangers_the_first_are_tried() {
    let server = SmtpServer::saying("220 mx.other.test ESMTP\r\n");
    for (closed, verdict) in [(CHECK_EXCHANGERS_MAX - 1, Ok), (CHECK_EXCHANGERS_MAX, Failed)] {
        let last =
            Zone::new().mx("other.test", 99, "mx.other.test").a("mx.other.test", "127.0.0.1");
        let zone = (0..closed).fold(last, |zone, at| {
            let host = format!("{at}.other.test");
            zone.mx("other.test", 10, &host).a(&host, "127.0.0.99")
        });
        assert_is(&to("other.test", server.port(), zone).await, verdict, "other.test");
    }
}

#[tokio::test]
async fn nobody_is_tried_unasked() {
    let world = World::new(Zone::new()).await;
    let findings = outbound(&world.settings, &world.resolver(), &[]).await;
    assert_is(&findings[0], NotChecked, "--outbound DOMAIN");
}
