//! Listeners that are there, are not, or are somebody else's.

use ::ports::Listener;
use ::ports::listeners::{CLIENT_FRONTEND, DEFAULT_FRONTEND, IMAP4, IMAP4_TLS, SUBMISSION_TLS};
use config::ReceiveConnector;
use config::settings::ListenerOverride;
use net::testing::SilentPort;
use types::limits::{CHECK_CONNECT_SECS_MAX, CHECK_GREETING_SECS_MAX};

use super::super::reach;
use super::smtp_server::{SmtpServer, closed_port};
use super::*;
use Verdict::{Failed, NotChecked, Ok, Warning};

/// Settings that open these listeners only.
fn settings(open: &[(&Listener, u16)]) -> Settings {
    let mut settings = Settings { server_name: SERVER.to_owned(), ..Settings::default() };
    settings.imap4.enabled = true;
    for listener in [&DEFAULT_FRONTEND, &CLIENT_FRONTEND, &SUBMISSION_TLS, &IMAP4, &IMAP4_TLS] {
        let port = open.iter().find(|(open, _)| open.id == listener.id).map(|(_, port)| *port);
        let (row, enabled) = (listener.id.to_owned(), Some(port.is_some()));
        settings.listener.push(ListenerOverride { row, enabled, addresses: None, port });
    }
    settings
}

/// What is found at this host.
async fn found(settings: &Settings) -> Vec<Finding> {
    let opened = listeners::opened(settings).unwrap();
    reach::listeners(settings, &opened, &[address("127.0.0.1")]).await.unwrap()
}

/// What is found of the listener for other servers.
async fn of_smtp(port: u16) -> Finding {
    let findings = found(&settings(&[(&DEFAULT_FRONTEND, port)])).await;
    about(&findings, &format!("port 127.0.0.1:{port} SMTP")).clone()
}

fn assert_is(finding: &Finding, verdict: Verdict, words: &str) {
    assert_finding(std::slice::from_ref(finding), &finding.subject, verdict, words);
}

#[tokio::test]
async fn a_server_greets_with_its_name() {
    for (greeting, verdict, words) in [
        ("220 mail.contoso.com Microsoft ESMTP\r\n", Ok, "220 mail.contoso.com Microsoft"),
        ("220-MAIL.contoso.com hello\r\n220 you\r\n", Ok, "220 MAIL"),
        ("220 mx.other.test ESMTP\r\n", Warning, "this is not mail.contoso.com"),
        ("554 5.3.2 go away\r\n", Failed, "554 5.3.2 go away; its log"),
        ("421 4.3.2 later\r\n", Failed, "421"),
        ("* OK IMAP4\r\n", Failed, "malformed reply"),
        ("220 mail\u{1b}[31m\r\n", Warning, "220 mail [31m"),
    ] {
        let server = SmtpServer::saying(greeting);
        assert_is(&of_smtp(server.port()).await, verdict, words);
    }
}

#[tokio::test]
async fn a_connector_may_introduce_itself_otherwise() {
    let server = SmtpServer::saying("220 mx.contoso.com ESMTP\r\n");
    let with = |fqdn: &str, banner: &str| {
        let mut settings = settings(&[(&DEFAULT_FRONTEND, server.port())]);
        settings.receive_connector = vec![ReceiveConnector {
            name: "Other".to_owned(),
            fqdn: fqdn.to_owned(),
            banner: banner.to_owned(),
            ..ReceiveConnector::default()
        }];
        settings
    };
    for (fqdn, banner, verdict) in [
        ("mx.contoso.com", "", Ok),
        ("", "220 mx.contoso.com welcomes you", Ok),
        ("", "220 hello", Warning),
    ] {
        let findings = found(&with(fqdn, banner)).await;
        assert_is(&findings[0], verdict, "220 mx.contoso.com");
    }
}

#[tokio::test]
async fn ports_that_are_closed_are_told() {
    let (imap, closed) = (SmtpServer::saying(""), closed_port());
    let settings = settings(&[(&IMAP4, imap.port()), (&IMAP4_TLS, closed)]);
    let findings = found(&settings).await;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert_is(&findings[0], Ok, "open");
    assert_is(&findings[1], Failed, "refused");
    assert_is(&findings[1], Failed, "let this port through");
}

#[tokio::test(start_paused = true)]
async fn silence_is_not_waited_for() {
    let silent = SilentPort::open().unwrap();
    let began = tokio::time::Instant::now();
    assert_is(&of_smtp(silent.address().port()).await, Failed, "no answer");
    assert_eq!(began.elapsed().as_secs(), CHECK_CONNECT_SECS_MAX);
    let began = tokio::time::Instant::now();
    let mute = SmtpServer::saying("220-mail.contoso.com and then\r\n");
    assert_is(&of_smtp(mute.port()).await, Failed, "no greeting");
    assert_eq!(began.elapsed().as_secs(), CHECK_GREETING_SECS_MAX);
}

#[tokio::test]
async fn tls_from_the_first_octet_comes_before_the_greeting() {
    let plain = SmtpServer::saying("220 mail.contoso.com\r\n");
    let findings = found(&settings(&[(&SUBMISSION_TLS, plain.port())])).await;
    assert_is(&findings[0], Failed, "TLS handshake failed");
    let secure = SmtpServer::in_tls("220 mail.contoso.com in TLS\r\n");
    let findings = found(&settings(&[(&SUBMISSION_TLS, secure.port())])).await;
    assert_is(&findings[0], Ok, "in TLS");
}

#[tokio::test]
async fn what_listens_for_this_host_alone_is_not_for_others() {
    let server = SmtpServer::saying("220 mail.contoso.com\r\n");
    let mut settings = settings(&[(&DEFAULT_FRONTEND, server.port())]);
    settings.listener[0].addresses = Some(vec![address("127.0.0.1")]);
    assert_is(&found(&settings).await[0], Ok, "220");
    let opened = listeners::opened(&settings).unwrap();
    let elsewhere = [address("192.0.2.25")];
    assert!(reach::listeners(&settings, &opened, &elsewhere).await.unwrap().is_empty());
    let nowhere = reach::listeners(&settings, &opened, &[]).await.unwrap();
    assert_is(&nowhere[0], NotChecked, "no address");
}

#[tokio::test]
async fn ports_of_further_connectors_are_tried_too() {
    let server = SmtpServer::saying("220 mail.contoso.com\r\n");
    let with = |bindings: &[&str]| {
        let bindings = bindings.iter().map(|at| format!("{at}:{}", server.port()).parse().unwrap());
        let mut settings = settings(&[]);
        settings.receive_connector = vec![ReceiveConnector {
            name: "Relay".to_owned(),
            enabled: true,
            bindings: bindings.collect(),
            ..ReceiveConnector::default()
        }];
        settings
    };
    for bindings in [&["0.0.0.0", "[::]"][..], &["127.0.0.1"]] {
        let findings = found(&with(bindings)).await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_is(&findings[0], Ok, "220");
    }
    assert!(found(&with(&["10.0.0.5"])).await.is_empty(), "not for everybody");
    let mut off = with(&["0.0.0.0"]);
    off.receive_connector[0].enabled = false;
    assert!(found(&off).await.is_empty());
}
