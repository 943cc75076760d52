//! DNS as it should be, and each of its faults.

use expect_test::expect;

use super::*;
use Verdict::{Failed, NotChecked, Ok, Warning};

const IMAPS: &str = "_imaps._tcp.contoso.com";
const KEY: &str = "2026e._domainkey.contoso.com";

/// All that a server wants but for DKIM.
fn zone() -> Zone {
    with_services(Zone::new())
        .mx(DOMAIN, 10, SERVER)
        .a(SERVER, "192.0.2.25")
        .txt(DOMAIN, "google-site-verification=x")
        .txt(DOMAIN, "v=spf1 mx -all")
        .txt(SERVER, "v=spf1 a -all")
        .txt("_dmarc.contoso.com", "v=DMARC1; p=none")
        .ptr("192.0.2.25", SERVER)
}

fn with_services(zone: Zone) -> Zone {
    let services = [("imaps", 993), ("imap", 143), ("submissions", 465), ("submission", 587)];
    services.into_iter().fold(zone, |zone, (service, port)| {
        zone.srv(&format!("_{service}._tcp.{DOMAIN}"), 0, 1, port, SERVER)
    })
}

/// What the findings are about this in a zone.
async fn assert_in(zone: Zone, subject: &str, verdict: Verdict, words: &str) {
    let world = World::new(zone).await;
    assert_finding(&world.check().await, subject, verdict, words);
}

#[tokio::test]
async fn a_zone_as_the_setup_prints_it_is_good() {
    let data = tempfile::tempdir().unwrap();
    let key = new_key(data.path(), "2026e");
    let mut world = World::new(zone().txt(KEY, &key)).await;
    world.settings.data_directory = data.path().to_owned();
    let findings = world.check().await;
    expect![[r#"
        A/AAAA mail.contoso.com            ok           192.0.2.25
        MX contoso.com                     ok           10 mail.contoso.com
        SPF contoso.com                    ok           v=spf1 mx -all
        SPF mail.contoso.com               ok           v=spf1 a -all
        DMARC contoso.com                  ok           v=DMARC1; p=none
        DKIM 2026e._domainkey.contoso.com  ok           the key of this server
        SRV _imaps._tcp.contoso.com        ok           0 1 993 mail.contoso.com.
        SRV _imap._tcp.contoso.com         ok           0 1 143 mail.contoso.com.
        SRV _submissions._tcp.contoso.com  ok           0 1 465 mail.contoso.com.
        SRV _submission._tcp.contoso.com   ok           0 1 587 mail.contoso.com.
        PTR 192.0.2.25                     ok           mail.contoso.com
        11 ok, 0 warning, 0 failed, 0 not checked
    "#]]
    .assert_eq(&text(&findings));
    assert!(is_good(&findings));
}

#[tokio::test]
async fn an_empty_zone_is_told_what_to_add() {
    let world = World::new(Zone::new().a("contoso.com", "192.0.2.80")).await;
    let findings = world.check().await;
    assert!(!is_good(&findings));
    for (subject, verdict, words) in [
        ("A/AAAA mail.contoso.com", Failed, "add address records of mail.contoso.com"),
        ("MX contoso.com", Failed, "no record; add contoso.com. IN MX 10 mail.contoso.com."),
        ("SPF contoso.com", Failed, r#"no record; add contoso.com. IN TXT "v=spf1 mx -all""#),
        ("SPF mail.contoso.com", Warning, r#"add mail.contoso.com. IN TXT "v=spf1 a -all""#),
        ("DMARC contoso.com", Warning, r#"add _dmarc.contoso.com. IN TXT "v=DMARC1; p=none"#),
        ("DKIM contoso.com", Warning, "mail is not signed"),
        ("SRV _imaps._tcp.contoso.com", Warning, "IN SRV 0 1 993 mail.contoso.com."),
    ] {
        assert_finding(&findings, subject, verdict, words);
    }
}

#[tokio::test]
async fn mail_has_to_lead_to_the_server() {
    let other = || Zone::new().a(SERVER, "192.0.2.25").a("mx.other.test", "198.51.100.1");
    let subject = "MX contoso.com";
    for (zone, verdict, words) in [
        (other().mx(DOMAIN, 10, "mx.other.test"), Failed, "10 mx.other.test; it should be"),
        (other().mx(DOMAIN, 0, "."), Failed, "0 .; it should be"),
        (other(), Failed, "no such domain"),
        (other().servfail(DOMAIN), Failed, "name servers answer"),
        (other().a(DOMAIN, "192.0.2.25"), Warning, "by the domain's address"),
        (other().a(DOMAIN, "192.0.2.80"), Failed, "no record"),
        (
            other().mx(DOMAIN, 20, SERVER).mx(DOMAIN, 10, "mx.other.test"),
            Warning,
            "10 mx.other.test, 20 mail.contoso.com; mail goes to the others first",
        ),
        (other().mx(DOMAIN, 10, SERVER).mx(DOMAIN, 10, "mx.other.test"), Ok, "10 mail.contoso"),
        (other().mx(DOMAIN, 5, "mx.contoso.com").a("mx.contoso.com", "192.0.2.25"), Ok, "5 mx."),
    ] {
        assert_in(zone, subject, verdict, words).await;
    }
}

#[tokio::test]
async fn spf_has_to_let_every_address_of_the_server_send() {
    let with = |record| {
        let zone = Zone::new().mx(DOMAIN, 10, SERVER).a(SERVER, "192.0.2.25");
        zone.a(SERVER, "2001:db8::25").txt(DOMAIN, record)
    };
    let subject = "SPF contoso.com";
    for (zone, verdict, words) in [
        (with("v=spf1 ip4:192.0.2.25 ip6:2001:db8::/64 -all"), Ok, "ip6:2001"),
        (with("v=spf1 ip4:192.0.2.25 -all"), Failed, "2001:db8::25 may not send"),
        (
            with("v=spf1 -all"),
            Failed,
            "may not send: v=spf1 -all; it should be contoso.com. IN TXT",
        ),
        (with("v=spf1 mx -all").txt(DOMAIN, "v=spf1 a -all"), Failed, "several records"),
        (with("v=spf1 +all"), Warning, "everybody may send"),
        (with("v=spf1 exists:%{i}.test -all"), Warning, "depends on the message"),
        (with("v=spf1 include:none.test -all"), Failed, "none.test does not exist"),
        (with("v=spf1 mx -all").servfail(DOMAIN), Failed, "name service failed"),
        (Zone::new().txt(DOMAIN, "v=spf1 mx -all"), NotChecked, "an address first"),
    ] {
        assert_in(zone, subject, verdict, words).await;
    }
}

/// Then its record is the one that other servers ask for.
#[tokio::test]
async fn a_server_may_have_the_name_of_its_domain() {
    let mut world = World::new(Zone::new().a(DOMAIN, "192.0.2.25")).await;
    world.settings.server_name = DOMAIN.to_owned();
    let findings = world.check().await;
    assert_finding(&findings, "SPF contoso.com", Failed, r#"TXT "v=spf1 mx -all""#);
    assert_finding(&findings, "MX contoso.com", Warning, "add contoso.com. IN MX 10 contoso.com.");
}

#[tokio::test]
async fn the_dkim_key_in_dns_has_to_be_the_one_that_signs() {
    let subject = format!("DKIM {KEY}");
    let data = tempfile::tempdir().unwrap();
    let key = new_key(data.path(), "2026e");
    let other = new_key(tempfile::tempdir().unwrap().path(), "2026e");
    let spaced = key.replace("; p=", " ;\t p = ").replace("v=DKIM1; ", "");
    let as_rsa = key.replace("k=ed25519; ", "");
    for (texts, verdict, words) in [
        (vec![&key], Ok, "the key of this server"),
        (vec![&spaced], Ok, "the key of this server"),
        (vec![&other], Failed, "another key; it should be 2026e._domainkey.contoso.com. IN TXT"),
        (vec![&as_rsa], Failed, "another key"),
        (vec![&"v=DKIM1; k=ed25519; p=".to_owned()], Failed, "revoked"),
        (vec![&key, &other], Failed, "several records"),
        (vec![], Failed, "no record; add 2026e._domainkey.contoso.com. IN TXT"),
    ] {
        let zone = texts.into_iter().fold(Zone::new(), |zone, text| zone.txt(KEY, text));
        let mut world = World::new(zone).await;
        world.settings.data_directory = data.path().to_owned();
        assert_finding(&world.check().await, &subject, verdict, words);
    }
}

#[tokio::test]
async fn dmarc_may_be_said_above_the_domain() {
    let above = Zone::new().txt("_dmarc.contoso.com", "v=DMARC1; p=reject");
    let mut world = World::new(above).await;
    world.domains = vec![Domain::parse("sales.contoso.com").unwrap()];
    assert_finding(&world.check().await, "DMARC sales.contoso.com", Ok, "p=reject");
    for (zone, verdict, words) in [
        (Zone::new().txt("_dmarc.contoso.com", "v=DMARC1; rua=x"), Warning, "it should be"),
        (zone().txt("_dmarc.contoso.com", "v=DMARC1; p=none"), Warning, "several records"),
        (Zone::new().txt("_dmarc.contoso.com", "v=DMARC10; p=none"), Warning, "no record"),
        (Zone::new().servfail("_dmarc.contoso.com"), Failed, "name service failed"),
    ] {
        assert_in(zone, "DMARC contoso.com", verdict, words).await;
    }
}

#[tokio::test]
async fn services_have_to_be_at_the_server_and_its_port() {
    let subject = "SRV _imaps._tcp.contoso.com";
    let with = |port, host| Zone::new().a(SERVER, "192.0.2.25").srv(IMAPS, 0, 1, port, host);
    let alias = || with(993, "imap.contoso.com").a("imap.contoso.com", "192.0.2.25");
    for (zone, verdict, words) in [
        (with(993, "imap.other.test"), Failed, "0 1 993 imap.other.test.; it should be"),
        (with(994, SERVER), Failed, "0 1 994 mail.contoso.com."),
        (with(0, "."), Failed, "it should be"),
        (alias(), Ok, "imap.contoso.com"),
        (Zone::new().servfail(IMAPS), Failed, "name service failed"),
    ] {
        assert_in(zone, subject, verdict, words).await;
    }
}

#[tokio::test]
async fn the_address_is_named_after_the_server() {
    let with = |zone: Zone| zone.a(SERVER, "192.0.2.25");
    let subject = "PTR 192.0.2.25";
    let host = "25.2.0.192.host.test";
    for (zone, verdict, words) in [
        (Zone::new(), Failed, "25.2.0.192.in-addr.arpa. PTR mail.contoso.com.: many servers"),
        (Zone::new().ptr("192.0.2.25", host), Failed, "host.test; whoever"),
        (Zone::new().ptr("192.0.2.25", host).a(host, "192.0.2.25"), Warning, "better mail."),
        (Zone::new().ptr("192.0.2.25", host).ptr("192.0.2.25", SERVER), Ok, "mail.contoso.com"),
    ] {
        assert_in(with(zone), subject, verdict, words).await;
    }
    let private = Zone::new().a(SERVER, "10.0.0.5");
    assert_in(private, "PTR 10.0.0.5", NotChecked, "does not know").await;
}

#[tokio::test]
async fn the_server_has_an_address_that_the_internet_reaches() {
    let subject = "A/AAAA mail.contoso.com";
    assert_in(Zone::new().a(SERVER, "10.0.0.5"), subject, Warning, "reach 10.0.0.5").await;
    assert_in(Zone::new().servfail(SERVER), subject, Failed, "name servers answer").await;
    let mut world = World::new(Zone::new().a(SERVER, "192.0.2.26")).await;
    world.settings.addresses = vec![address("192.0.2.25")];
    assert_finding(&world.check().await, subject, Warning, "does not listen on 192.0.2.26");
    world.settings.addresses = vec![address("10.0.0.5")];
    assert_finding(&world.check().await, subject, Ok, "192.0.2.26");
    let mut world = World::new(Zone::new()).await;
    world.settings.addresses = vec![address("192.0.2.25")];
    assert_finding(&world.check().await, subject, Failed, "mail.contoso.com with 192.0.2.25");
}

#[tokio::test]
async fn what_is_about_the_server_is_told_once() {
    let mut world = World::new(zone()).await;
    world.domains.push(Domain::parse("fabrikam.com").unwrap());
    let findings = world.check().await;
    about(&findings, "SPF mail.contoso.com");
    assert_finding(&findings, "MX fabrikam.com", Failed, "no such domain");
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_is_silent_is_told_of_once() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut world = World::new(zone()).await;
    world.settings.resolver.server = Some(silent.local_addr().unwrap());
    let findings = world.check().await;
    assert_eq!(findings.len(), 1, "{}", text(&findings));
    assert_finding(&findings, "DNS", Failed, "no answer");
}
