//! A server gets its certificate from a certificate authority, proves its name in each of the three
//! ways, and mail programs trust it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::pebble::{Pebble, Proven};
use crate::support::programs::run;
use crate::support::server::{Process, row};
use crate::support::site::{ADMINISTRATOR, SERVER, Site};

/// A server that was set up to prove its name so, and the authority.
struct Certified {
    site: Site,
    pebble: Pebble,
}

impl Certified {
    fn set_up(challenge: &str) -> Option<Self> {
        let site = Site::new();
        let proven =
            Proven { address: site.address(), http_port: site.port(80), tls_port: site.port(443) };
        let pebble = Pebble::start(site.data().path(), &proven)?;
        let mut setup = site.setup();
        setup.args(["--acme", challenge, "--agree-to-terms"]);
        setup.args(["--acme-directory", &pebble.directory_url()]);
        if challenge == "dns-01" {
            setup.arg("--acme-dns-program").arg(pebble.dns_program());
        }
        let told = run(&mut setup).well();
        assert!(told.contains("The server gets a certificate from https://"), "{told}");
        let certified = Certified { site, pebble };
        certified.configure("[tls]");
        let root = certified.pebble.https_root();
        certified.configure(&format!("trusted_roots = {:?}", root.display().to_string()));
        Some(certified)
    }

    /// Adds a line to the configuration file.
    fn configure(&self, line: &str) {
        let mut file = File::options().append(true).open(self.site.path("rialto.toml")).unwrap();
        writeln!(file, "{line}").unwrap();
    }

    fn serve(&self) -> Process {
        self.site.data().serve(&self.site.path("rialto.toml"), &[])
    }

    fn certificate(&self, number: u32) -> PathBuf {
        self.site.path(&format!("data/certificates/acme-{number}.crt"))
    }

    /// How the rows of http-01 and tls-alpn-01 are.
    fn states(&self) -> [String; 2] {
        let data = self.site.path("data");
        ["Z-06", "Z-07"].map(|id| row(&data, id)["state"].as_str().unwrap().to_owned())
    }

    /// A mail program that trusts the authority, and knows the server by a name.
    fn log_in(&self, name: &str) {
        let root = self.pebble.root();
        Imap::login_to(name, &self.site.at(993), &root, ADMINISTRATOR).command("NOOP");
    }
}

fn wait_until_obtained(server: &Process) {
    wait_for("the certificate", || {
        let log = server.log();
        assert!(!log.contains("no certificate by ACME"), "{log}");
        log.contains("certificate obtained").then_some(())
    });
}

fn exists(path: &Path) -> bool {
    path.exists() && path.with_extension("key").exists()
}

#[test]
fn a_name_is_proven_over_http_and_the_certificate_grows_by_a_name() {
    let Some(certified) = Certified::set_up("http-01") else { return };
    let server = certified.serve();
    wait_until_obtained(&server);
    certified.log_in(SERVER);
    assert_eq!(certified.states(), ["working", "off"]);
    server.stop();
    let account = || fs::read(certified.site.path("data/acme/account.json")).unwrap();
    let before = account();
    let again = certified.serve();
    certified.log_in(SERVER);
    again.stop();
    assert!(exists(&certified.certificate(1)) && !certified.certificate(2).exists());
    certified.configure("names = [\"imap.example.test\"]");
    let more = certified.serve();
    wait_until_obtained(&more);
    certified.log_in(SERVER);
    certified.log_in("imap.example.test");
    more.stop();
    assert!(exists(&certified.certificate(2)) && !certified.certificate(1).exists());
    assert_eq!(account(), before);
}

#[test]
fn a_name_is_proven_in_tls() {
    let Some(certified) = Certified::set_up("tls-alpn-01") else { return };
    let server = certified.serve();
    wait_until_obtained(&server);
    certified.log_in(SERVER);
    assert_eq!(certified.states(), ["off", "working"]);
    server.stop();
}

#[test]
fn a_name_is_proven_in_dns() {
    let Some(certified) = Certified::set_up("dns-01") else { return };
    let server = certified.serve();
    wait_until_obtained(&server);
    certified.log_in(SERVER);
    server.stop();
    let expected = "present _acme-challenge.mail.example.test\n\
                    cleanup _acme-challenge.mail.example.test\n";
    assert_eq!(certified.pebble.dns_calls(), expected);
}

#[test]
fn a_name_that_leads_elsewhere_gets_no_certificate_and_the_reason_is_told() {
    let Some(certified) = Certified::set_up("http-01") else { return };
    certified.configure("[[listener]]\nrow = \"Z-06\"\nport = 0");
    let server = certified.serve();
    let log = wait_for("the refusal", || {
        Some(server.log()).filter(|log| log.contains("no certificate by ACME"))
    });
    assert!(log.contains("does not see that mail.example.test is ours"), "{log}");
    assert!(!certified.certificate(1).exists());
    let generated = certified.site.path("data/certificates/generated.crt");
    Imap::login_to(SERVER, &certified.site.at(993), &generated, ADMINISTRATOR).command("NOOP");
    server.stop();
}
