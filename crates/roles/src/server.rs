//! A running server: everything opened in order, and closed in the reverse one.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use admin::monitor::{ComponentKind, Service};
use admin::organization::effective;
use auth::{Authenticator, UserSessions, VerifierOptions};
use config::{Endpoint, EndpointError, Settings};
use directory::{AcceptedDomain, DomainKind, LinkedDirectories};
use net::connect::OwnListeners;
use net::listener::BindError;
use net::tls::{Authority, CertificateError, IssueError, RootsError, ServerTlsOptions};
use net::{
    Budget, CertificateStore, ConnectionLimits, Gate, Resolver, ServerTls, Shutdown,
    ShutdownTrigger,
};
use ports::listeners::{
    ACME, ACME_TLS, ADMIN, CLIENT_FRONTEND, CLIENT_FRONTEND_25, DEFAULT_FRONTEND, DEMO_SINK, IMAP4,
    IMAP4_TLS, POP3, POP3_TLS, SUBMISSION_TLS,
};
use ports::{Registry, RegistryError};
use tokio::task::JoinHandle;
use transport::Transport;
use transport::dkim::Signers;
use transport::queue::schedule::{RetryPolicy, Step};
use transport::queue::scheduler::Limits as OutboundLimits;
use transport::tracking::Tracking;
use types::Domain;
use types::limits::INTAKE_OCTETS_MAX;

use crate::acme_service::{self, Answers};
use crate::backend::{self, BackEnds};
use crate::components::Components;
use crate::configuration::{Configuration, ConnectorListeners};
use crate::delivery::MailboxDelivery;
use crate::demo::sink;
use crate::health::{Health, Part, Phase};
use crate::homes::ServerHomes;
use crate::janitor::Janitor;
use crate::linked::Linked;
use crate::listeners::{Listeners, Protocol, gate};
use crate::locations::Locations;
use crate::logs::Logs;
use crate::metrics::{Counted, CountedLogins, Mail, Metrics, Sessions};
use crate::policy::DatabaseDefaults;
use crate::recipients::DirectoryRecipients;
use crate::slow_operations::SlowOperations;
use crate::smtp_in::{NOT_ACTIVE, SmtpIn};
use crate::storage::{MAILBOX_DATABASE, Storage, StorageError};
use crate::throttling::Throttling;
use crate::{admin_service, imap_service, migrations, pop3_service, private, submission};

/// Why a server does not start. Each names what to mend.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The settings name no server.
    #[error("server_name {0:?} is no domain name")]
    ServerName(String),
    /// The listeners as the settings have them.
    #[error(transparent)]
    Endpoints(#[from] EndpointError),
    /// A listener that cannot be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Certificates.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// The demonstration's certificate authority.
    #[error(transparent)]
    Authority(#[from] IssueError),
    /// TLS itself.
    #[error("TLS: {0}")]
    Tls(String),
    /// The name service.
    #[error("resolver: {0}")]
    Resolver(String),
    /// A setting.
    #[error(transparent)]
    Settings(#[from] config::Invalid),
    /// Settings that verbs made.
    #[error("configuration of the directory: {0}")]
    Configuration(#[from] config::object::ObjectError),
    /// Trusted roots for outgoing TLS.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] directory::DirectoryError),
    /// The mail queue.
    #[error("mail queue: {0}")]
    Queue(#[from] store::StoreError),
    /// The file that tells other programs what is open.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A file among the DKIM keys.
    #[error("{path}: {what}")]
    DkimKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// What counts.
    #[error("metrics: {0}")]
    Metrics(String),
    /// The data directory.
    #[error("{path}: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A Mailbox server: client access, transport and mailboxes in one process.
pub struct MailboxServer {
    settings: Settings,
    transport: Transport,
    registry: Arc<Mutex<Registry>>,
    certificates: Arc<CertificateStore>,
    authority_file: Option<PathBuf>,
    running: Running,
}

/// What must be ended in order, whether the start succeeds or fails.
struct Running {
    storage: Storage,
    logs: Arc<Logs>,
    health: Arc<Health>,
    serving: Tasks,
    /// The administration interface, which watches the others stop.
    administration: Tasks,
}

/// Tasks that end together.
struct Tasks {
    trigger: ShutdownTrigger,
    handles: Vec<JoinHandle<()>>,
}

impl Tasks {
    fn none() -> Self {
        Tasks { trigger: Shutdown::new().0, handles: Vec::new() }
    }

    async fn stop(self) {
        self.trigger.shut_down();
        for task in self.handles {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the server failed");
            }
        }
    }
}

impl Running {
    fn over(storage: Storage, logs: Arc<Logs>) -> Self {
        let (serving, administration) = (Tasks::none(), Tasks::none());
        Running { storage, logs, health: Health::new(), serving, administration }
    }

    async fn stop(self) {
        self.health.enter(Phase::Stopping);
        self.serving.stop().await;
        self.administration.stop().await;
        self.storage.close().await;
        self.logs.close().await;
    }
}

/// What the protocols are made of.
pub(crate) struct Parts {
    pub settings: Settings,
    /// The settings before the directory's objects change them.
    pub file: Settings,
    pub storage: Storage,
    pub transport: Transport,
    pub homes: Arc<ServerHomes>,
    pub authenticator: Arc<dyn Authenticator>,
    pub tls: ServerTls,
    pub certificates: Arc<CertificateStore>,
    pub back_ends: Arc<BackEnds>,
    pub signers: Arc<Signers>,
    /// For messages on their way in, by whatever protocol.
    pub intake_memory: Arc<Budget>,
    pub logs: Arc<Logs>,
    pub metrics: Arc<Metrics>,
    pub health: Arc<Health>,
    pub slow: Arc<SlowOperations>,
    pub resolver: Resolver,
    /// Connections and sessions of both IMAP4 listeners together: Exchange's limits are those of
    /// the service.
    pub imap_gate: Arc<Gate>,
    pub imap_sessions: Arc<UserSessions>,
    /// Of all SMTP listeners; limits are the connectors'.
    pub smtp_gate: Arc<Gate>,
    /// Of both POP3 listeners together.
    pub pop3_gate: Arc<Gate>,
    pub pop3_sessions: Arc<UserSessions>,
    pub throttling: Arc<Throttling>,
    /// Directories that know passwords of accounts here.
    pub linked: Arc<Linked>,
}

impl Parts {
    /// The organization's default domain; the server's own name until there is one.
    pub(crate) fn default_domain(&self) -> Domain {
        let snapshot = self.storage.directory.snapshot();
        let own = || Domain::parse(&self.settings.server_name).ok();
        snapshot.default_domain().cloned().or_else(own).unwrap_or_else(Domain::invalid)
    }
}

impl MailboxServer {
    /// Opens data, certificates and listeners. When it returns, every listener accepts; when it
    /// fails, nothing stays open.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let name = server_name(&settings)?;
        let file = settings;
        let storage = open_storage(&file).await?;
        let settings = match effective(&file, &storage.directory.snapshot()) {
            Ok(settings) => settings,
            Err(error) => {
                storage.close().await;
                return Err(error.into());
            }
        };
        warn(&settings);
        let mut running = Running::over(storage, Logs::start(&settings));
        match Opened::open(file, &settings, name, &mut running).await {
            Ok(Opened { transport, registry, certificates, authority_file }) => {
                running.health.enter(Phase::Running);
                Ok(MailboxServer {
                    settings,
                    transport,
                    registry,
                    certificates,
                    authority_file,
                    running,
                })
            }
            Err(error) => {
                running.stop().await;
                Err(error)
            }
        }
    }

    /// Stops accepting, lets sessions end, closes the data.
    pub async fn stop(self) {
        self.running.stop().await;
    }

    /// Reads the certificates again; true when they changed. After an error the old ones stay.
    pub fn reload(&self) -> Result<bool, CertificateError> {
        self.certificates.reload()
    }

    /// What is open, against the port table.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        lock(&self.registry)
    }

    /// The directory, mailboxes and queue.
    pub fn storage(&self) -> &Storage {
        &self.running.storage
    }

    /// The pipeline.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// What it was started by, the directory's objects of that moment included.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The root certificate of the demonstration's authority.
    pub fn authority_file(&self) -> Option<&PathBuf> {
        self.authority_file.as_ref()
    }
}

/// What a start makes beside the tasks that serve.
struct Opened {
    transport: Transport,
    registry: Arc<Mutex<Registry>>,
    certificates: Arc<CertificateStore>,
    authority_file: Option<PathBuf>,
}

impl Opened {
    async fn open(
        file: Settings,
        settings: &Settings,
        name: Domain,
        running: &mut Running,
    ) -> Result<Self, StartError> {
        let storage = running.storage.clone();
        accept_domains(settings, &storage).await?;
        let (certificates, authority_file) = certificates(settings)?;
        let locations = Locations::new(settings);
        let logs = Arc::clone(&running.logs);
        let metrics = Metrics::new().map_err(|error| StartError::Metrics(error.to_string()))?;
        let tracking = Mail::new(&metrics).tracking(logs.tracking());
        let options = transport_options(name.clone(), settings, tracking);
        let transport = open_transport(options, settings, &locations, &storage)?;
        let throttling = Throttling::new(storage.directory.clone(), settings);
        let resolver = resolver(settings)?;
        let linked = Linked::new(settings, resolver.clone());
        storage.directory.link(Arc::clone(&linked) as Arc<dyn LinkedDirectories>);
        let parts = Parts {
            homes: homes(settings, locations, &storage),
            back_ends: BackEnds::new(settings, storage.directory.clone(), &certificates)?,
            certificates: Arc::clone(&certificates),
            authenticator: CountedLogins::new(&metrics, Arc::new(storage.directory.clone())),
            tls: tls(&certificates)?,
            signers: crate::dkim_keys::load(settings)?,
            logs,
            slow: SlowOperations::new(&metrics),
            metrics,
            health: Arc::clone(&running.health),
            resolver,
            intake_memory: Budget::new(INTAKE_OCTETS_MAX),
            imap_gate: gate(settings, client_limits(&settings.imap4)),
            imap_sessions: UserSessions::with(
                settings.imap4.max_connections_per_user,
                throttling.sessions(|policy| policy.imap_max_concurrency),
            ),
            smtp_gate: Gate::new(ConnectionLimits::UNLIMITED),
            pop3_gate: gate(settings, client_limits(&settings.pop3)),
            pop3_sessions: UserSessions::with(
                settings.pop3.max_connections_per_user,
                throttling.sessions(|policy| policy.pop_max_concurrency),
            ),
            throttling,
            linked,
            settings: settings.clone(),
            file,
            storage,
            transport: transport.clone(),
        };
        let registry = Registry::new(settings.short_name(), &[settings.role]);
        let registry = Arc::new(Mutex::new(registry));
        serve(&parts, name, &registry, running).await?;
        lock(&registry).save(&settings.data_directory)?;
        Ok(Opened { transport, registry, certificates, authority_file })
    }
}

/// Opens the listeners and starts what works in the background.
async fn serve(
    parts: &Parts,
    name: Domain,
    registry: &Arc<Mutex<Registry>>,
    running: &mut Running,
) -> Result<(), StartError> {
    let (settings, shutdown) = (&parts.settings, running.serving.trigger.subscribe());
    let tasks = &mut running.serving.handles;
    let smtp = SmtpIn::new(parts, name.clone())?;
    let answers = Answers::default();
    let mut listeners = Listeners::new(parts, Arc::clone(registry), shutdown.clone(), tasks);
    for endpoint in settings.endpoints()? {
        open(&mut listeners, &endpoint, parts, &smtp, &answers)?;
    }
    let smtp_rows = listeners.into_addresses();
    let rows = [smtp_rows.clone(), administer(parts, registry, &mut running.administration)?];
    let own_listeners = OwnListeners::default();
    let own = own_listeners.clone();
    let sessions = Sessions::new(&parts.metrics, DEFAULT_FRONTEND.service);
    let handler = Counted { sessions, handler: smtp.clone() };
    let (health, gate) = (Arc::clone(&parts.health), Arc::clone(&parts.smtp_gate));
    let mut connectors =
        ConnectorListeners::new(handler, gate, health, Arc::clone(registry), smtp_rows, own);
    connectors.apply(settings)?;
    // Mail that goes to the sink does not run in circles.
    let sink = settings.endpoint(&DEMO_SINK)?.bindings;
    rows.into_iter()
        .flatten()
        .filter(|own| !sink.iter().any(|binding| binding.socket_address() == *own))
        .for_each(|own| own_listeners.add(own));
    let (outbound, queues) =
        crate::outbound::start(parts, own_listeners.clone(), registry, &shutdown).await?;
    tasks.push(queues);
    let components = Components {
        imap: Arc::clone(&parts.imap_gate),
        pop: Arc::clone(&parts.pop3_gate),
        smtp: Arc::clone(&parts.smtp_gate),
        transport: parts.transport.clone(),
    };
    let configuration = Configuration {
        file: parts.file.clone(),
        current: settings.clone(),
        directory: parts.storage.directory.clone(),
        smtp,
        listeners: connectors,
        outbound,
        components,
        health: Arc::clone(&parts.health),
        throttling: Arc::clone(&parts.throttling),
        linked: Arc::clone(&parts.linked),
    };
    tasks.push(tokio::spawn(Arc::clone(&parts.metrics).keep_up(shutdown.clone())));
    let reload = settings.tls.reload_interval.duration();
    let (watched, until) = (Arc::clone(&parts.certificates), shutdown.clone());
    tasks.push(tokio::spawn(async move { watched.watch(reload, until).await }));
    let background = background(parts, name, configuration, &own_listeners, &shutdown)?;
    for (part, task) in background {
        parts.health.watch(part, &task);
        tasks.push(task);
    }
    if let Some(task) = acme_service::start(parts, answers, own_listeners, shutdown)? {
        parts.health.watch(Part::new(ComponentKind::Certificate, "acme", None), &task);
        tasks.push(task);
    }
    Ok(())
}

/// Starts what works without a listener, each with the part of the server that it is.
fn background(
    parts: &Parts,
    name: Domain,
    configuration: Configuration,
    own_listeners: &OwnListeners,
    shutdown: &Shutdown,
) -> Result<[(Part, JoinHandle<()>); 4], StartError> {
    let database = &parts.settings.mailbox_database;
    let janitor = Janitor::new(&parts.storage, database, name.clone());
    Ok([
        (
            Part::new(ComponentKind::Configuration, "directory", None),
            tokio::spawn(configuration.run(shutdown.clone())),
        ),
        (
            Part::new(ComponentKind::Janitor, "maintenance", Some(Service::MailboxAssistants)),
            tokio::spawn(janitor.run(shutdown.clone())),
        ),
        (
            Part::new(ComponentKind::Migration, "requests", Some(Service::MailboxReplication)),
            migrations::start(parts, own_listeners.clone(), shutdown.clone())?,
        ),
        (
            Part::new(ComponentKind::Transport, "outboxes", Some(Service::MailboxSubmission)),
            submission::start(parts, name, shutdown.clone()),
        ),
    ])
}

/// Opens the administration interface; answers with the addresses of its listeners.
fn administer(
    parts: &Parts,
    registry: &Arc<Mutex<Registry>>,
    tasks: &mut Tasks,
) -> Result<Vec<SocketAddr>, StartError> {
    let (api, shutdown) = (admin_service::api(parts), tasks.trigger.subscribe());
    let handles = &mut tasks.handles;
    let mut listeners = Listeners::new(parts, Arc::clone(registry), shutdown.clone(), handles);
    let https = admin_service::protocol(parts, Arc::clone(&api));
    listeners.open(&parts.settings.endpoint(&ADMIN)?, https)?;
    let addresses = listeners.into_addresses();
    handles.push(admin_service::serve_socket(parts, api, shutdown)?);
    Ok(addresses)
}

fn resolver(settings: &Settings) -> Result<Resolver, StartError> {
    Resolver::of(settings.resolver.server).map_err(|error| StartError::Resolver(error.to_string()))
}

fn lock(registry: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn server_name(settings: &Settings) -> Result<Domain, StartError> {
    let name = &settings.server_name;
    Domain::parse(name).map_err(|_| StartError::ServerName(name.clone()))
}

async fn open_storage(settings: &Settings) -> Result<Storage, StartError> {
    let path = settings.data_directory.clone();
    private::create_folder(&path).map_err(|source| StartError::Folder { path, source })?;
    let verifier =
        VerifierOptions { unthrottled: settings.unthrottled, ..VerifierOptions::default() };
    Ok(Storage::open(&settings.data_directory, verifier).await?)
}

/// The domains of the settings, unless the directory has them already.
pub(crate) async fn accept_domains(
    settings: &Settings,
    storage: &Storage,
) -> Result<(), StartError> {
    for name in &settings.domains {
        let name = Domain::parse(name).map_err(|_| StartError::ServerName(name.clone()))?;
        if storage.directory.snapshot().domain(&name).is_some() {
            continue;
        }
        let domain = AcceptedDomain {
            name,
            kind: DomainKind::Authoritative,
            match_sub_domains: false,
            catch_all: None,
        };
        storage.directory.add_domain(domain).await?;
    }
    Ok(())
}

/// The server's certificates, and the demonstration authority's root where there is one.
fn certificates(
    settings: &Settings,
) -> Result<(Arc<CertificateStore>, Option<PathBuf>), StartError> {
    let mut names = vec![settings.server_name.clone()];
    names.extend(settings.tls.names.iter().cloned());
    let authority = match settings.tls.demo_authority {
        true => Some(Authority::open_or_create(
            &settings.data_directory.join("authority"),
            "Rialto demonstration CA",
        )?),
        false => None,
    };
    let directory = settings.certificate_directory();
    let store = CertificateStore::open_or_generate(&directory, &names, authority.as_ref())?;
    Ok((Arc::new(store), authority.map(|authority| authority.certificate_file())))
}

fn tls(certificates: &Arc<CertificateStore>) -> Result<ServerTls, StartError> {
    ServerTls::new(Arc::clone(certificates), &ServerTlsOptions::default())
        .map_err(|error| StartError::Tls(error.to_string()))
}

/// Tells what the settings ask for and this server does not have.
fn warn(settings: &Settings) {
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
}

/// Transport with the settings' retries and connections, and its log.
pub(crate) fn transport_options(
    name: Domain,
    settings: &Settings,
    tracking: Tracking,
) -> transport::Settings {
    let from = &settings.transport_service;
    let most = |limit: config::Unlimited<u32>| {
        limit.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    };
    transport::Settings {
        retry: RetryPolicy {
            glitch: Step {
                count: from.queue_glitch_retry_count,
                interval: from.queue_glitch_retry_interval.duration(),
            },
            transient: Step {
                count: from.transient_failure_retry_count,
                interval: from.transient_failure_retry_interval.duration(),
            },
            outbound_connection_failure: from.outbound_connection_failure_retry_interval.duration(),
            message: from.message_retry_interval.duration(),
            delay_notification: from.delay_notification_timeout.duration(),
            expiration: from.message_expiration_timeout.duration(),
        },
        connections: OutboundLimits {
            total: most(from.max_outbound_connections),
            per_hop: most(from.max_per_domain_outbound_connections),
        },
        max_message_octets: settings.transport_config.max_receive_size.bytes(),
        tracking,
        ..transport::Settings::new(name)
    }
}

pub(crate) fn open_transport(
    options: transport::Settings,
    settings: &Settings,
    locations: &Arc<Locations>,
    storage: &Storage,
) -> Result<Transport, StartError> {
    let directory = &storage.directory;
    let recipients = DirectoryRecipients::new(Arc::clone(locations), directory.clone());
    let defaults = DatabaseDefaults::new(&settings.mailbox_database);
    let delivery = MailboxDelivery::new(directory.clone(), defaults);
    Ok(Transport::open(storage.mailboxes.clone(), recipients, delivery, options)?)
}

pub(crate) fn homes(
    settings: &Settings,
    locations: Arc<Locations>,
    storage: &Storage,
) -> Arc<ServerHomes> {
    let defaults = DatabaseDefaults::new(&settings.mailbox_database);
    let databases = HashMap::from([(MAILBOX_DATABASE.to_owned(), storage.mailboxes.clone())]);
    ServerHomes::new(locations, storage.directory.clone(), databases, defaults)
}

/// Opens one endpoint with the code that serves it; what is not built stays closed.
fn open(
    listeners: &mut Listeners<'_>,
    endpoint: &Endpoint,
    parts: &Parts,
    smtp: &SmtpIn,
    answers: &Answers,
) -> Result<(), StartError> {
    let id = endpoint.listener.id;
    if SMTP.iter().any(|listener| listener.id == id) {
        listeners.open(endpoint, smtp_in(parts, smtp, id == SUBMISSION_TLS.id))?;
    }
    if id == DEMO_SINK.id {
        listeners.open(endpoint, sink::protocol(parts))?;
    }
    if [IMAP4.id, IMAP4_TLS.id].contains(&id) {
        listeners.open(endpoint, imap_service::protocol(parts, id == IMAP4_TLS.id))?;
    }
    if [POP3.id, POP3_TLS.id].contains(&id) {
        listeners.open(endpoint, pop3_service::protocol(parts, id == POP3_TLS.id))?;
    }
    if id == ACME.id {
        listeners.open(endpoint, answers.over_http(parts))?;
    }
    if id == ACME_TLS.id {
        listeners.open(endpoint, answers.in_tls(parts)?)?;
    }
    if let Some(service) = backend::Service::of(endpoint.listener, parts) {
        listeners.open(endpoint, backend::protocol(parts, service)?)?;
    }
    Ok(())
}

/// The listeners of Front End Transport.
const SMTP: [&ports::Listener; 4] =
    [&DEFAULT_FRONTEND, &CLIENT_FRONTEND, &CLIENT_FRONTEND_25, &SUBMISSION_TLS];

/// Limits are the connectors', of which several may share a listener.
fn smtp_in(parts: &Parts, smtp: &SmtpIn, implicit: bool) -> Protocol<SmtpIn> {
    Protocol {
        implementation: "smtp::service",
        gate: Arc::clone(&parts.smtp_gate),
        farewell: b"",
        closed: if implicit { b"" } else { NOT_ACTIVE },
        handler: smtp.clone(),
    }
}

/// MaxConnections and MaxConnectionFromSingleIP.
fn client_limits(settings: &config::settings::ClientAccess) -> ConnectionLimits {
    ConnectionLimits {
        total: settings.max_connections,
        per_source: Some(settings.max_connections_from_single_ip),
        per_source_percent: 100,
    }
}
