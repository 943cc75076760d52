//! A certificate from a certificate authority: got at the start, renewed in time.
//!
//! What it is not: the protocol is crate `acme`'s; which certificate a client is shown is the
//! certificate store's, which takes this one in as it takes in any file of its folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use acme::{Authority, DnsProgram, Network, Proof, Tokens};
use config::{Acme, AcmeChallenge, Settings};
use net::connect::{OwnListeners, Rules};
use net::tls::{CertificateInfo, ChallengeCertificates};
use net::{
    CertificateStore, ClientTls, Connection, ConnectionLimits, Connector, ServerTls, Shutdown,
};
use tokio::task::JoinHandle;
use types::Domain;
use types::limits::{ACME_CONNECTIONS_MAX, ACME_CONNECTIONS_PER_SOURCE_MAX};

use crate::listeners::{Protocol, gate};
use crate::outbound::send::trusted_roots;
use crate::server::{Parts, StartError};

/// A certificate is renewed after two thirds of its time, as authorities recommend.
const RENEW_AFTER: (u32, u32) = (2, 3);
/// Longest time until somebody looks again: clocks are set, files are removed.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 60 * 60);
/// After the first failure; each further one waits longer. Authorities count failures, the usual
/// one to five in an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// How much longer each further pause is.
const PAUSE_FACTOR: u32 = 5;

const CONNECTIONS: ConnectionLimits = ConnectionLimits {
    total: ACME_CONNECTIONS_MAX,
    per_source: Some(ACME_CONNECTIONS_PER_SOURCE_MAX),
    per_source_percent: 100,
};

/// What an authority finds here while an order goes on.
#[derive(Clone, Default)]
pub(crate) struct Answers {
    tokens: Arc<Tokens>,
    certificates: Arc<ChallengeCertificates>,
}

impl Answers {
    /// What the listener on port 80 answers.
    pub(crate) fn over_http(&self, parts: &Parts) -> Protocol<OverHttp> {
        protocol(parts, OverHttp(Arc::clone(&self.tokens)))
    }

    /// What the listener on port 443 shows.
    pub(crate) fn in_tls(&self, parts: &Parts) -> Result<Protocol<InTls>, StartError> {
        let tls = ServerTls::for_challenges(Arc::clone(&self.certificates))
            .map_err(|error| StartError::Tls(error.to_string()))?;
        Ok(protocol(parts, InTls(tls)))
    }

    fn proof(&self, settings: &Acme) -> Proof {
        match settings.challenge {
            AcmeChallenge::Http01 => Proof::Http(Arc::clone(&self.tokens)),
            AcmeChallenge::TlsAlpn01 => Proof::TlsAlpn(Arc::clone(&self.certificates)),
            AcmeChallenge::Dns01 => {
                Proof::Dns(DnsProgram(settings.dns_program.clone().unwrap_or_default()))
            }
        }
    }
}

fn protocol<H>(parts: &Parts, handler: H) -> Protocol<H> {
    let gate = gate(&parts.settings, CONNECTIONS);
    Protocol { implementation: "acme", gate, farewell: b"", closed: b"", handler }
}

/// Serves connections of the plain listener.
#[derive(Clone)]
pub(crate) struct OverHttp(Arc<Tokens>);

impl net::listener::Handler for OverHttp {
    async fn handle(&self, connection: Connection) {
        acme::respond(connection.stream, &self.0).await;
    }
}

/// Serves connections of the TLS listener: the handshake is all there is (RFC 8737 section 3).
#[derive(Clone)]
pub(crate) struct InTls(ServerTls);

impl net::listener::Handler for InTls {
    async fn handle(&self, mut connection: Connection) {
        if let Err(error) = connection.stream.start_tls_server(&self.0).await {
            tracing::debug!(%error, "no challenge to show in TLS");
        }
    }
}

/// Keeps a certificate until shutdown is asked for; None, where the settings ask for none.
pub(crate) fn start(
    parts: &Parts,
    answers: Answers,
    own_listeners: OwnListeners,
    shutdown: Shutdown,
) -> Result<Option<JoinHandle<()>>, StartError> {
    let settings = &parts.settings;
    if !settings.acme.enabled {
        return Ok(None);
    }
    let keeper = Keeper {
        authority: authority(settings),
        network: network(parts, own_listeners)?,
        names: names(settings)?,
        proof: answers.proof(&settings.acme),
        certificates: Arc::clone(&parts.certificates),
        directory: settings.certificate_directory(),
    };
    Ok(Some(tokio::spawn(keeper.run(shutdown))))
}

fn authority(settings: &Settings) -> Authority {
    let contact = settings.acme.contact.as_ref();
    Authority {
        directory_url: settings.acme.directory_url.clone(),
        contact: contact.and_then(|contact| contact.parse().ok()),
        account_file: settings.data_directory.join("acme/account.json"),
    }
}

fn network(parts: &Parts, own_listeners: OwnListeners) -> Result<Network, StartError> {
    let allow_loopback = parts.settings.resolver.allow_loopback;
    Ok(Network {
        connector: Connector::new(Rules { allow_loopback, own_listeners }),
        resolver: parts.resolver.clone(),
        tls: ClientTls::verified(&trusted_roots(&parts.settings))?,
    })
}

fn names(settings: &Settings) -> Result<Vec<Domain>, StartError> {
    let names = [&settings.server_name].into_iter().chain(&settings.tls.names);
    names
        .map(|name| Domain::parse(name).map_err(|_| StartError::ServerName(name.clone())))
        .collect()
}

struct Keeper {
    authority: Authority,
    network: Network,
    names: Vec<Domain>,
    proof: Proof,
    certificates: Arc<CertificateStore>,
    directory: PathBuf,
}

impl Keeper {
    async fn run(self, shutdown: Shutdown) {
        let mut failures = 0;
        loop {
            let wait = tokio::select! {
                () = shutdown.requested() => return,
                wait = self.look(&mut failures) => wait,
            };
            if tokio::time::timeout(wait, shutdown.requested()).await.is_ok() {
                return;
            }
        }
    }

    /// Gets a certificate where one is due; answers with the time until the next look.
    async fn look(&self, failures: &mut u32) -> Duration {
        let wait = due_in(self.kept().as_ref(), &self.names, SystemTime::now());
        if !wait.is_zero() {
            return wait.min(LOOK_AGAIN);
        }
        match self.obtain().await {
            Ok(info) => {
                tracing::info!(names = ?info.names, issuer = info.issuer, "certificate obtained");
                *failures = 0;
                due_in(Some(&info), &self.names, SystemTime::now()).clamp(FIRST_PAUSE, LOOK_AGAIN)
            }
            Err(error) => {
                let pause = pause(*failures);
                *failures += 1;
                tracing::error!(error, next_attempt = ?pause, "no certificate by ACME");
                pause
            }
        }
    }

    /// The certificate there is; one that cannot be read is none.
    fn kept(&self) -> Option<CertificateInfo> {
        CertificateStore::obtained(&self.directory).unwrap_or_else(|error| {
            tracing::warn!(%error, "the certificate obtained last cannot be used");
            None
        })
    }

    async fn obtain(&self) -> Result<CertificateInfo, String> {
        let issued = acme::obtain(&self.authority, &self.network, &self.names, &self.proof);
        let issued = issued.await.map_err(|error| error.to_string())?;
        let put = CertificateStore::put_obtained(&self.directory, &issued);
        let info = put.map_err(|error| error.to_string())?;
        if !has_all(&info, &self.names) {
            return Err(format!("it was issued for {} only", info.names.join(", ")));
        }
        self.certificates.reload().map_err(|error| error.to_string())?;
        Ok(info)
    }
}

/// How long until a certificate for these names is due; nothing: now.
fn due_in(kept: Option<&CertificateInfo>, names: &[Domain], now: SystemTime) -> Duration {
    let Some(kept) = kept.filter(|kept| has_all(kept, names)) else { return Duration::ZERO };
    let lifetime = kept.not_after.duration_since(kept.not_before).unwrap_or_default();
    let (part, whole) = RENEW_AFTER;
    let due = kept.not_before + lifetime / whole * part;
    due.duration_since(now).unwrap_or_default()
}

fn has_all(certificate: &CertificateInfo, names: &[Domain]) -> bool {
    names.iter().all(|name| certificate.is_for(&name.to_ascii()))
}

/// How long nothing is tried after so many failures before this one.
fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(PAUSE_FACTOR.saturating_pow(failures)).min(LOOK_AGAIN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn certificate(names: &[&str], begun: SystemTime) -> CertificateInfo {
        CertificateInfo {
            file: "acme-1.crt".into(),
            subject: String::new(),
            issuer: String::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            not_before: begun,
            not_after: begun + 90 * DAY,
        }
    }

    #[test]
    fn a_certificate_is_due_after_two_thirds_of_its_time() {
        let begun = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let certificate = certificate(&["mail.example.test"], begun);
        let names = [Domain::parse("mail.example.test").unwrap()];
        let due = |now| due_in(Some(&certificate), &names, now);
        assert_eq!(due(begun), 60 * DAY);
        assert_eq!(due(begun + 59 * DAY), DAY);
        assert_eq!(due(begun + 60 * DAY), Duration::ZERO);
        assert_eq!(due(begun + 100 * DAY), Duration::ZERO);
        assert_eq!(due(begun - DAY), 61 * DAY);
    }

    #[test]
    fn one_that_lacks_a_name_is_due_at_once() {
        let begun = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let certificate = certificate(&["mail.example.test"], begun);
        let names = ["mail.example.test", "imap.example.test"].map(|it| Domain::parse(it).unwrap());
        assert_eq!(due_in(Some(&certificate), &names, begun), Duration::ZERO);
        assert_eq!(due_in(None, &names, begun), Duration::ZERO);
    }

    #[test]
    fn at_most_four_attempts_fail_in_the_first_hour() {
        let mut at = Duration::ZERO;
        let attempts = (0..40).map(|failures| {
            let now = at;
            at += pause(failures);
            now
        });
        let attempts: Vec<_> = attempts.collect();
        let within = attempts.iter().filter(|at| **at < Duration::from_secs(3_600));
        assert_eq!(within.count(), 4);
        assert_eq!(attempts[39] - attempts[38], LOOK_AGAIN);
    }

    #[test]
    fn connections_have_limits_per_source_and_in_all() {
        let gate = gate(&Settings::default(), CONNECTIONS);
        let mut taken = Vec::new();
        for source in 0..ACME_CONNECTIONS_MAX as u8 {
            let address = std::net::Ipv4Addr::new(192, 0, 2, source).into();
            let admitted = (0..=ACME_CONNECTIONS_PER_SOURCE_MAX).map(|_| gate.admit(address));
            let admitted: Vec<_> = admitted.filter_map(Result::ok).collect();
            assert!(admitted.len() <= ACME_CONNECTIONS_PER_SOURCE_MAX as usize);
            taken.extend(admitted);
        }
        assert_eq!(taken.len(), ACME_CONNECTIONS_MAX as usize);
    }
}
