//! Checks against name servers, servers and files of the tests' own.
#![allow(clippy::unwrap_used)]

mod certificate;
mod clock;
mod dns;
mod outbound;
mod reach;
mod smtp_server;

use std::net::IpAddr;
use std::path::Path;

use net::testing::{DnsServer, Zone};
use tempfile::TempDir;
use transport::dkim::{Algorithm, SelectorKey};

use super::*;
use crate::dkim_keys;

const DOMAIN: &str = "contoso.com";
const SERVER: &str = "mail.contoso.com";

/// A server of which there is no more than settings and keys, and the DNS it asks.
struct World {
    _folder: TempDir,
    settings: Settings,
    domains: Vec<Domain>,
    _dns: DnsServer,
}

impl World {
    async fn new(zone: Zone) -> Self {
        let dns = zone.serve().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            server_name: SERVER.to_owned(),
            data_directory: folder.path().to_owned(),
            ..Settings::default()
        };
        settings.resolver.server = Some(dns.address());
        settings.imap4.enabled = true;
        World {
            _folder: folder,
            settings,
            domains: vec![Domain::parse(DOMAIN).unwrap()],
            _dns: dns,
        }
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let (settings, domains) = (&self.settings, &self.domains[..]);
        Surroundings { settings, domains, outbound: &[], time_server: None }
    }

    fn resolver(&self) -> Resolver {
        resolver(&self.settings).unwrap()
    }

    /// Only DNS: the zones of its tests have addresses of others.
    async fn check(&self) -> Vec<Finding> {
        let resolver = self.resolver();
        let dns = Dns::new(&resolver, &server_name(&self.settings).unwrap()).await;
        self.surroundings().dns(&dns).await.unwrap()
    }
}

fn new_key(data: &Path, selector: &str) -> String {
    let domain = Domain::parse(DOMAIN).unwrap();
    let key = SelectorKey::generate(selector, Algorithm::Ed25519).unwrap();
    dkim_keys::save(data, &domain, &key).unwrap();
    key.txt_record(&domain).unwrap().1
}

/// The one finding about this.
fn about<'f>(findings: &'f [Finding], subject: &str) -> &'f Finding {
    let mut found = findings.iter().filter(|finding| finding.subject == subject);
    match (found.next(), found.next()) {
        (Some(finding), None) => finding,
        other => panic!("{subject}: {other:?} in\n{}", text(findings)),
    }
}

/// A finding has this verdict, and these words are in what was found or in the advice.
fn assert_finding(findings: &[Finding], subject: &str, verdict: Verdict, words: &str) {
    let finding = about(findings, subject);
    let told = text(std::slice::from_ref(finding));
    assert!(finding.verdict == verdict && told.contains(words), "{verdict}, {words}: {told}");
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}
