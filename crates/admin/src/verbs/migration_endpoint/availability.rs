//! Test-MigrationServerAvailability.

use std::time::Duration;

use migration::{MigrationEndpoint, Network};
use net::connect::Rules;
use net::tls::Roots;
use net::{Connector, Resolver};
use types::limits::CONNECTIVITY_SECS_MAX;

use super::super::mailbox_request::{SecurityWord, SourceServer};
use super::{MigrationName, described, find};
use crate::organization::Organization;
use crate::verb::{Cmdlet, Effect, Role, Session, Switch, VerbError, object, verb};

object! {
    /// Whether migration batches can bring mailboxes from a server.
    pub struct MigrationServerAvailabilityObject = "MigrationServerAvailability" [result, tested_endpoint, message] {
        /// Success or Failed.
        result: &'static str,
        /// The server and its port.
        tested_endpoint: String,
        /// What keeps mailboxes from coming over.
        message: String,
    }
}

verb! {
    /// Connects to a server that mailboxes are to come from, as a batch does, and sees whether it
    /// proves who it is and takes passwords. Nobody logs in.
    pub struct TestMigrationServerAvailability = "Test-MigrationServerAvailability" (Role::Migration, Effect::Read) {
        /// Taken for the sake of habit: there are no servers but those of IMAP.
        imap: Switch,
        /// The migration endpoint; in place of what follows.
        endpoint: Option<MigrationName>,
        /// The server: `mail.example.org`.
        remote_server: Option<SourceServer>,
        /// Where IMAP is there: 993, or 143 without Tls.
        port: Option<u16>,
        /// Tls (without it), StartTls or None, as New-MigrationEndpoint has them.
        security: Option<SecurityWord>,
        /// Takes any certificate.
        accept_untrusted_certificates: Switch,
    }
}

impl Cmdlet for TestMigrationServerAvailability {
    type Answer = Vec<MigrationServerAvailabilityObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        // With it or without, it is IMAP that is tried.
        let Switch(_imap) = self.imap;
        let endpoint = self.tested(session).await?;
        let outcome = probe(session.organization, &endpoint).await?;
        Ok(vec![MigrationServerAvailabilityObject {
            result: if outcome.is_ok() { "Success" } else { "Failed" },
            tested_endpoint: format!("{}:{}", endpoint.host, endpoint.port),
            message: outcome.err().unwrap_or_default(),
        }])
    }
}

impl TestMigrationServerAvailability {
    async fn tested(self, session: &Session<'_>) -> Result<MigrationEndpoint, VerbError> {
        let described_too =
            self.port.is_some() || self.security.is_some() || self.accept_untrusted_certificates.0;
        match (&self.endpoint, self.remote_server) {
            (Some(name), None) if !described_too => find(session, name).await,
            (None, Some(server)) => {
                let any_certificate = self.accept_untrusted_certificates.0;
                described(String::new(), (server, self.port), self.security, any_certificate)
            }
            _ => Err(VerbError::Invalid("either -Endpoint or -RemoteServer is needed".to_owned())),
        }
    }
}

/// Tries it. The inner error: what is wrong there.
async fn probe(
    organization: &Organization,
    endpoint: &MigrationEndpoint,
) -> Result<Result<(), String>, VerbError> {
    let network = network(organization)?;
    let limit = Duration::from_secs(CONNECTIVITY_SECS_MAX);
    Ok(match tokio::time::timeout(limit, endpoint.probe(&network)).await {
        Ok(probed) => probed.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {CONNECTIVITY_SECS_MAX} seconds")),
    })
}

/// The way that the server's own requests go.
fn network(organization: &Organization) -> Result<Network, VerbError> {
    let invalid = |error: &dyn std::error::Error| VerbError::Invalid(error.to_string());
    let settings = organization.settings_now().map_err(|error| invalid(&error))?;
    let resolver = Resolver::of(settings.resolver.server);
    let allow_loopback = settings.resolver.allow_loopback;
    Ok(Network {
        connector: Connector::new(Rules { allow_loopback, ..Rules::default() }),
        resolver: resolver.map_err(|error| invalid(&error))?,
        roots: settings.tls.trusted_roots.map_or(Roots::System, Roots::File),
    })
}
