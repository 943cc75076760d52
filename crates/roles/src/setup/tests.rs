//! A whole setup, and what it tells, against golden texts.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use auth::VerifierOptions;
use config::Settings;
use expect_test::expect;
use net::tls::self_signed;
use types::{Domain, ManualClock, Timestamp};

use super::*;
use crate::dkim_keys;
use crate::storage::Storage;

/// 2026-11-23.
fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_micros(1_795_400_000_000_000))
}

fn plan(folder: &Path) -> Plan {
    Plan {
        domain: Domain::parse("contoso.com").unwrap(),
        server_name: Domain::parse("mail.contoso.com").unwrap(),
        directory: folder.join("data"),
        configuration: folder.join("etc/rialto.toml"),
        administrator: Address::parse("ann@contoso.com").unwrap(),
        password: Password::new("correct horse").unwrap(),
        certificate: Certificate::SelfSigned,
        addresses: vec!["127.0.0.1".parse().unwrap()],
        port_offset: 0,
    }
}

async fn set_up(plan: &Plan) -> Result<NewServer, SetupError> {
    run(plan.clone(), &clock()).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn refusal(plan: &Plan) -> String {
    match set_up(plan).await {
        Ok(_) => panic!("it was set up"),
        Err(error) => error.to_string(),
    }
}

/// A certificate for this name, as an administrator brings one.
fn own_certificate(folder: &Path, name: &str) -> Certificate {
    let issued = self_signed(&[name.to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    fs::write(&chain, issued.chain_pem).unwrap();
    fs::write(&key, issued.key_pem).unwrap();
    Certificate::Own { chain, key }
}

#[tokio::test]
async fn everything_a_server_needs_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    set_up(&plan).await.unwrap();
    let storage = Storage::open(&plan.directory, VerifierOptions::default()).await.unwrap();
    let file = Settings::load(&plan.configuration).unwrap();
    let settings = admin::organization::effective(&file, &storage.directory.snapshot()).unwrap();
    assert_eq!(settings, Settings { domains: Vec::new(), ..plan.settings() });
    storage.close().await;
    assert_eq!(mode(&plan.configuration), 0o644, "the service's user reads it");
    let data = &plan.directory;
    let keys = dkim_keys::of_domain(data, &plan.domain).unwrap();
    let selectors: Vec<_> = keys.iter().map(|key| key.selector.as_str()).collect();
    assert_eq!(selectors, ["202611e", "202611r"]);
    assert!(!dkim_keys::load(&plan.settings()).unwrap().is_empty());
    for secret in [
        "dkim/contoso.com.202611r.rsa",
        "dkim/contoso.com.202611e.ed25519",
        "certificates/generated.key",
    ] {
        assert_eq!(mode(&data.join(secret)), 0o600, "{secret}");
    }
    assert_eq!(mode(data), 0o700);
}

#[tokio::test]
async fn the_first_mailbox_is_the_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    set_up(&plan).await.unwrap();
    let storage = Storage::open(&plan.directory, VerifierOptions::default()).await.unwrap();
    let snapshot = storage.directory.snapshot();
    assert_eq!(snapshot.default_domain(), Some(&plan.domain));
    let recipient = snapshot.by_address(&plan.administrator).unwrap();
    assert!(recipient.account().unwrap().administrator);
    assert!(recipient.email_address_policy_enabled);
    let location = &recipient.mailbox().unwrap().location;
    assert_eq!(location.server, "MAIL");
    storage.close().await;
}

#[tokio::test]
async fn nothing_that_is_there_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    fs::create_dir(&plan.directory).unwrap();
    set_up(&plan).await.unwrap();
    assert!(refusal(&plan).await.contains("etc/rialto.toml is there already"));
    let configuration = folder.path().join("other.toml");
    let again = Plan { configuration, ..plan };
    assert!(refusal(&again).await.contains("data is not empty"));
    assert!(!again.configuration.exists());
}

#[tokio::test]
async fn a_setup_that_fails_leaves_no_configuration_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let good = plan(folder.path());
    let Certificate::Own { chain, key } = own_certificate(folder.path(), "mail.contoso.com") else {
        unreachable!()
    };
    fs::write(&key, self_signed(&["other".to_owned()]).unwrap().key_pem).unwrap();
    let bad = Plan { certificate: Certificate::Own { chain, key }, ..good.clone() };
    assert!(refusal(&bad).await.contains("not the key of this certificate"));
    let left: Vec<_> = fs::read_dir(folder.path().join("etc")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    set_up(&good).await.unwrap();
}

#[tokio::test]
async fn an_own_certificate_is_copied_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = own_certificate(folder.path(), "other.contoso.com");
    let plan = Plan { certificate, ..plan(folder.path()) };
    let report = set_up(&plan).await.unwrap().report().unwrap();
    assert!(report.contains("The certificate is not for mail.contoso.com"), "{report}");
    let certificates = plan.settings().certificate_directory();
    assert_eq!(mode(&certificates.join("mail.contoso.com.key")), 0o600);
    let names: BTreeSet<_> =
        fs::read_dir(&certificates).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn plans_that_make_no_sense_touch_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = plan(folder.path());
    let administrator = Address::parse("ann@fabrikam.com").unwrap();
    let foreign = Plan { administrator, ..good.clone() };
    assert!(refusal(&foreign).await.contains("ann@fabrikam.com is not in the domain"));
    let moved = Plan { port_offset: 65_000, ..good.clone() };
    assert!(refusal(&moved).await.contains("cannot be moved"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_report_tells_all_that_is_left_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = vec!["192.0.2.25".parse().unwrap()];
    let plan = Plan { addresses, ..plan(folder.path()) };
    let report = set_up(&plan).await.unwrap().report().unwrap();
    let report = report.replace(folder.path().to_str().unwrap(), "");
    expect![[r#"
        Configuration  /etc/rialto.toml
        Data           /data
        Certificate    /data/certificates
        DKIM keys      /data/dkim
        Administrator  ann@contoso.com
        The certificate is self-signed: mail programs will ask about it.

        DNS records, as a zone file has them
        contoso.com.                     IN  MX    10 mail.contoso.com.
        mail.contoso.com.                IN  A     192.0.2.25
        contoso.com.                     IN  TXT   "v=spf1 mx -all"
        mail.contoso.com.                IN  TXT   "v=spf1 a -all"
        _dmarc.contoso.com.              IN  TXT   "v=DMARC1; p=none; rua=mailto:ann@contoso.com"
        202611e._domainkey.contoso.com.  IN  TXT   "v=DKIM1; k=ed25519; p=...
        202611r._domainkey.contoso.com.  IN  TXT   "v=DKIM1; k=rsa; p=...
        _imaps._tcp.contoso.com.         IN  SRV   0 1 993 mail.contoso.com.
        _imap._tcp.contoso.com.          IN  SRV   10 1 143 mail.contoso.com.
        _submissions._tcp.contoso.com.   IN  SRV   0 1 465 mail.contoso.com.
        _submission._tcp.contoso.com.    IN  SRV   10 1 587 mail.contoso.com.
        ; Set by whoever gave you the addresses; many servers refuse mail without it:
        ; 25.2.0.192.in-addr.arpa.  IN  PTR   mail.contoso.com.

        Mail programs
          Incoming   IMAP4  mail.contoso.com   port 993   TLS
          Incoming   IMAP4  mail.contoso.com   port 143   STARTTLS
          Outgoing   SMTP   mail.contoso.com   port 465   TLS
          Outgoing   SMTP   mail.contoso.com   port 587   STARTTLS
          User name  ann@contoso.com   (the whole address), normal password

        Ports that it opens
          192.0.2.25:25          SMTP   STARTTLS  Default Frontend MAIL
          192.0.2.25:587         SMTP   STARTTLS  Client Frontend MAIL
          192.0.2.25:465         SMTP   TLS       Client Frontend MAIL
          192.0.2.25:143         IMAP4  STARTTLS  IMAP4 front-end service
          192.0.2.25:993         IMAP4  TLS       IMAP4 front-end service

        To start it
          rialto run --config /etc/rialto.toml
          or as a service: the unit rialto.service is for /etc/rialto/rialto.toml and /var/lib/rialto

        When the records are there, so that mail to other domains leaves
          rialto new-send-connector Internet --address-spaces 'SMTP:*;1' --config /etc/rialto.toml
    "#]]
    .assert_eq(&without_keys(&report));
}

/// Keys differ from setup to setup.
fn without_keys(report: &str) -> String {
    let line = |line: &str| match line.split_once("; p=") {
        Some((head, _)) if line.contains("_domainkey") => format!("{head}; p=...\n"),
        _ => format!("{line}\n"),
    };
    report.lines().map(line).collect()
}
