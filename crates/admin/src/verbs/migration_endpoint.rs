//! MigrationEndpoint: servers that migration batches bring mailboxes from, by IMAP.

mod availability;

use migration::{MigrationEndpoint, Security};
use types::limits::MIGRATION_NAME_CHARS_MAX;

use super::mailbox_request::{SecurityWord, SourceServer};
use crate::verb::{
    Cmdlet, Effect, Expected, Object, Role, Scalar, Session, Shape, Switch, Verb, VerbError,
    object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<GetMigrationEndpoint>(),
    Verb::of::<NewMigrationEndpoint>(),
    Verb::of::<RemoveMigrationEndpoint>(),
    Verb::of::<SetMigrationEndpoint>(),
    Verb::of::<availability::TestMigrationServerAvailability>(),
];

/// MaxConcurrentMigrations unless it is given; Exchange's.
const CONCURRENT: u32 = 20;

const WHAT: &str = "migration endpoint";

object! {
    /// A server that migration batches bring mailboxes from.
    pub struct MigrationEndpointObject = "MigrationEndpoint" [identity, endpoint_type, remote_server, max_concurrent_migrations] {
        /// Its name.
        identity: String,
        /// Imap.
        endpoint_type: &'static str,
        /// The server.
        remote_server: String,
        /// Where IMAP is there.
        port: u16,
        /// Tls, StartTls or None.
        security: &'static str,
        /// Takes any certificate.
        accept_untrusted_certificates: bool,
        /// Mailboxes that are brought from there at a time.
        max_concurrent_migrations: u32,
    }
}

verb! {
    /// Names a server that migration batches bring mailboxes from. It is not connected to yet.
    pub struct NewMigrationEndpoint = "New-MigrationEndpoint" (Role::Migration, Effect::Change) {
        /// Its name.
        name: MigrationName = first,
        /// Taken for the sake of habit: there are no endpoints but those of IMAP.
        imap: Switch,
        /// The server: `mail.example.org`.
        remote_server: SourceServer,
        /// Where IMAP is there: 993, or 143 without Tls.
        port: Option<u16>,
        /// Tls (without it): in TLS from the beginning, which is Ssl in Exchange. StartTls, which
        /// is Tls there. None: passwords too go in the clear.
        security: Option<SecurityWord>,
        /// Takes any certificate: whoever is in between reads the passwords.
        accept_untrusted_certificates: Switch,
        /// Mailboxes that are brought from there at a time; 20 without it. The server has a limit
        /// of its own besides.
        max_concurrent_migrations: Option<Concurrent>,
    }
}

verb! {
    /// Shows migration endpoints.
    pub struct GetMigrationEndpoint = "Get-MigrationEndpoint" (Role::Migration, Effect::Read) {
        /// Only this one.
        identity: Option<MigrationName> = first,
    }
}

verb! {
    /// Changes a migration endpoint. While a batch uses it, only MaxConcurrentMigrations.
    pub struct SetMigrationEndpoint = "Set-MigrationEndpoint" (Role::Migration, Effect::Change) {
        /// Its name.
        identity: MigrationName = first,
        /// The server.
        remote_server: Option<SourceServer>,
        /// Where IMAP is there.
        port: Option<u16>,
        /// Tls, StartTls or None.
        security: Option<SecurityWord>,
        /// Takes any certificate.
        accept_untrusted_certificates: Option<bool>,
        /// Mailboxes that are brought from there at a time.
        max_concurrent_migrations: Option<Concurrent>,
    }
}

verb! {
    /// Removes a migration endpoint that no batch uses.
    pub struct RemoveMigrationEndpoint = "Remove-MigrationEndpoint" (Role::Migration, Effect::Destroy) {
        /// Its name.
        identity: MigrationName = first,
    }
}

/// The name of an endpoint or of a batch. Requests of a batch have its name, in which the backslash
/// ends the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationName(pub(super) String);

impl Scalar for MigrationName {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let text = text.trim();
        let wrong = text.is_empty()
            || text.chars().count() > MIGRATION_NAME_CHARS_MAX
            || text.contains(|sign: char| sign == '\\' || sign.is_control());
        match wrong {
            true => Err(Expected(format!(
                "a name of at most {MIGRATION_NAME_CHARS_MAX} characters without a backslash"
            ))),
            false => Ok(MigrationName(text.to_owned())),
        }
    }
}

/// MaxConcurrentMigrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrent(u32);

impl Scalar for Concurrent {
    const SHAPE: Shape = Shape::Number;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.parse() {
            Ok(0) | Err(_) => Err(Expected("a whole number above 0".to_owned())),
            Ok(number) => Ok(Concurrent(number)),
        }
    }
}

impl Cmdlet for NewMigrationEndpoint {
    type Answer = Vec<MigrationEndpointObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        // With it or without, an endpoint is one of IMAP.
        let Switch(_imap) = self.imap;
        let any_certificate = self.accept_untrusted_certificates.0;
        let place = (self.remote_server, self.port);
        let mut endpoint = described(self.name.0, place, self.security, any_certificate)?;
        endpoint.concurrent_max = self.max_concurrent_migrations.map_or(CONCURRENT, |it| it.0);
        session.may_make(&endpoint.name)?;
        if !session.should_process(format!("Creating {WHAT} {}", endpoint.name)) {
            return Ok(Vec::new());
        }
        session.organization.requests.create_endpoint(endpoint.clone()).await?;
        let made = shown(&endpoint);
        session.modified(endpoint.name, None, Some(&Object::of(&made)?));
        Ok(vec![made])
    }
}

impl Cmdlet for GetMigrationEndpoint {
    type Answer = Vec<MigrationEndpointObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        match self.identity {
            Some(name) => Ok(vec![shown(&find(session, &name).await?)]),
            None => {
                Ok(session.organization.requests.endpoints().await?.iter().map(shown).collect())
            }
        }
    }
}

impl Cmdlet for SetMigrationEndpoint {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let before = find(session, &self.identity).await?;
        let mut endpoint = before.clone();
        if let Some(SecurityWord(security)) = self.security {
            endpoint.security = security;
        }
        if let Some(any) = self.accept_untrusted_certificates {
            endpoint.any_certificate = any;
        }
        if let Some(Concurrent(number)) = self.max_concurrent_migrations {
            endpoint.concurrent_max = number;
        }
        place(&mut endpoint, self.remote_server, self.port)?;
        session.may_make(&endpoint.name)?;
        if !session.should_process(format!("Changing {WHAT} {}", endpoint.name)) {
            return Ok(());
        }
        session.organization.requests.change_endpoint(endpoint.clone()).await?;
        let (before, after) = (Object::of(&shown(&before))?, Object::of(&shown(&endpoint))?);
        session.modified(endpoint.name, Some(&before), Some(&after));
        Ok(())
    }
}

impl Cmdlet for RemoveMigrationEndpoint {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let endpoint = find(session, &self.identity).await?;
        session.may_make(&endpoint.name)?;
        if !session.should_process(format!("Removing {WHAT} {}", endpoint.name)) {
            return Ok(());
        }
        session.organization.requests.remove_endpoint(&endpoint.name).await?;
        session.modified(endpoint.name.clone(), Some(&Object::of(&shown(&endpoint))?), None);
        Ok(())
    }
}

/// An endpoint as it was written.
fn described(
    name: String,
    (server, port): (SourceServer, Option<u16>),
    security: Option<SecurityWord>,
    any_certificate: bool,
) -> Result<MigrationEndpoint, VerbError> {
    let security = security.unwrap_or(SecurityWord(Security::Tls));
    let mut endpoint = MigrationEndpoint {
        name,
        host: String::new(),
        port: security.usual_port(),
        security: security.0,
        any_certificate,
        concurrent_max: CONCURRENT,
    };
    place(&mut endpoint, Some(server), port)?;
    Ok(endpoint)
}

/// Says where an endpoint is. A port may stand behind the server as well.
fn place(
    endpoint: &mut MigrationEndpoint,
    server: Option<SourceServer>,
    port: Option<u16>,
) -> Result<(), VerbError> {
    let behind = server.as_ref().and_then(|server| server.port);
    if port == Some(0) || (port.is_some() && behind.is_some()) {
        return Err(VerbError::Invalid("one port above 0 is needed".to_owned()));
    }
    if let Some(server) = server {
        endpoint.host = server.host;
    }
    if let Some(port) = port.or(behind) {
        endpoint.port = port;
    }
    Ok(())
}

/// The endpoint of that name. Errors: NotFound.
pub(super) async fn find(
    session: &Session<'_>,
    MigrationName(name): &MigrationName,
) -> Result<MigrationEndpoint, VerbError> {
    let all = session.organization.requests.endpoints().await?;
    let found = all.into_iter().find(|each| each.name.to_lowercase() == name.to_lowercase());
    found.ok_or_else(|| not_found(WHAT, name))
}

/// What of batches and endpoints is not there under its name.
pub(super) fn not_found(what: &'static str, name: &str) -> VerbError {
    VerbError::NotFound { what, identity: name.to_owned() }
}

fn shown(endpoint: &MigrationEndpoint) -> MigrationEndpointObject {
    MigrationEndpointObject {
        identity: endpoint.name.clone(),
        endpoint_type: "Imap",
        remote_server: endpoint.host.clone(),
        port: endpoint.port,
        security: SecurityWord(endpoint.security).name(),
        accept_untrusted_certificates: endpoint.any_certificate,
        max_concurrent_migrations: endpoint.concurrent_max,
    }
}
