//! Certificates as they should be, and each of their faults.

use std::fs;
use std::time::{Duration, SystemTime};

use net::tls::{Authority, CertificateStore, Issued, self_signed};
use types::Timestamp;

use super::super::certificate::certificates;
use super::*;
use Verdict::{Failed, Ok, Warning};

const SUBJECT: &str = "certificate mail.contoso.com";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder with certificates, and whom clients trust.
struct Tls {
    folder: TempDir,
    authority: Authority,
    settings: Settings,
}

impl Tls {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(&folder.path().join("ca"), "Contoso").unwrap();
        let mut settings = Settings {
            server_name: SERVER.to_owned(),
            data_directory: folder.path().to_owned(),
            ..Settings::default()
        };
        settings.tls.trusted_roots = Some(authority.certificate_file());
        fs::create_dir(settings.certificate_directory()).unwrap();
        Tls { folder, authority, settings }
    }

    /// One of the authority that clients trust.
    fn issued_for(self, name: &str) -> Self {
        let issued = self.authority.issue(&[name.to_owned()]).unwrap();
        self.with("own", &issued)
    }

    fn with(self, stem: &str, issued: &Issued) -> Self {
        self.put(&format!("{stem}.crt"), &issued.chain_pem)
            .put(&format!("{stem}.key"), &issued.key_pem)
    }

    fn put(self, name: &str, text: &str) -> Self {
        fs::write(self.settings.certificate_directory().join(name), text).unwrap();
        self
    }

    /// What is found so long from now.
    fn after(&self, span: Duration) -> Vec<Finding> {
        certificates(&self.settings, Timestamp::from(SystemTime::now() + span))
    }

    fn assert(&self, span: Duration, verdict: Verdict, words: &str) {
        assert_finding(&self.after(span), SUBJECT, verdict, words);
    }
}

/// One for the server that it has signed itself.
fn own_work() -> Issued {
    self_signed(&[SERVER.to_owned()]).unwrap()
}

#[test]
fn a_certificate_is_good_until_shortly_before_its_end() {
    let tls = Tls::new().issued_for(SERVER);
    let info = CertificateStore::open(&tls.settings.certificate_directory()).unwrap();
    let left = info.certificates()[0].not_after.duration_since(SystemTime::now()).unwrap();
    tls.assert(Duration::ZERO, Ok, "own.crt of CN=Contoso");
    tls.assert(left - 15 * DAY, Ok, "own.crt");
    tls.assert(left - 13 * DAY, Warning, "valid until 20");
    tls.assert(left + DAY, Failed, "own.crt was valid until 20");
    let before = certificates(&tls.settings, Timestamp::from(SystemTime::now() - 30 * DAY));
    assert_finding(&before, SUBJECT, Failed, "not valid yet");
}

#[test]
fn clients_have_to_trust_it() {
    let own = Tls::new().with("own", &own_work());
    own.assert(Duration::ZERO, Warning, "own.crt is self-signed");
    let mut foreign = Tls::new().issued_for(SERVER);
    foreign.settings.tls.trusted_roots = Tls::new().settings.tls.trusted_roots;
    foreign.assert(Duration::ZERO, Warning, "whom clients trust is not known");
    let other = Authority::open_or_create(&foreign.folder.path().join("other"), "Other").unwrap();
    foreign.settings.tls.trusted_roots = Some(other.certificate_file());
    foreign.assert(Duration::ZERO, Warning, "UnknownIssuer; is the authority's own");
}

/// The server makes its own one anew; an administrator's it leaves alone.
#[test]
fn nobody_has_to_renew_what_the_server_renews() {
    let almost = 10 * 365 * DAY - 5 * DAY;
    for (stem, words) in [("generated", "is self-signed"), ("own", "valid until")] {
        let tls = Tls::new().with(stem, &own_work());
        let info = CertificateStore::open(&tls.settings.certificate_directory()).unwrap();
        let left = info.certificates()[0].not_after.duration_since(SystemTime::now()).unwrap();
        assert!(left > 14 * DAY && left < almost, "{left:?}");
        tls.assert(left - DAY, Warning, words);
        tls.assert(left + DAY, Failed, "was valid until");
    }
}

#[test]
fn every_name_needs_one() {
    let mut tls = Tls::new().issued_for("other.contoso.com");
    let found = "own.crt is for other.contoso.com; get one for mail.contoso.com";
    tls.assert(Duration::ZERO, Failed, found);
    tls.settings.tls.names = vec!["other.contoso.com".to_owned(), "imap.contoso.com".to_owned()];
    let findings = tls.after(Duration::ZERO);
    assert_finding(&findings, "certificate other.contoso.com", Ok, "own.crt");
    assert_finding(&findings, "certificate imap.contoso.com", Failed, "get one for imap");
    let wild = Tls::new().issued_for("*.contoso.com");
    wild.assert(Duration::ZERO, Ok, "own.crt");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (one, other) = (own_work(), own_work());
    for (tls, words) in [
        (Tls::new(), "no certificate"),
        (Tls::new().put("own.crt", &one.chain_pem), "own.key"),
        (
            Tls::new().put("own.crt", &one.chain_pem).put("own.key", &other.key_pem),
            "own.key: not the key of this certificate",
        ),
        (Tls::new().put("own.crt", "nothing").put("own.key", &one.key_pem), "own.crt"),
    ] {
        assert_finding(&tls.after(Duration::ZERO), "certificates", Failed, words);
    }
}
