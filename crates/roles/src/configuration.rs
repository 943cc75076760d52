//! The configuration of a running server: what the file says, as the directory's objects change
//! it, and what a change does at once.
//!
//! Connectors and states of components change while the server runs. The other objects count at the
//! next start, as their services do in Exchange.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use admin::organization::effective;
use config::Settings;
use directory::Directory;
use net::connect::OwnListeners;
use net::listener::BindError;
use net::{Gate, Listener, Shutdown, ShutdownTrigger, serve};
use ports::Registry;
use ports::listeners::DEFAULT_FRONTEND;
use tokio::task::JoinHandle;

use crate::components::Components;
use crate::health::{Health, Part};
use crate::linked::Linked;
use crate::listeners;
use crate::metrics::Counted;
use crate::outbound::Outbound;
use crate::smtp_in::{NOT_ACTIVE, SmtpIn};
use crate::throttling::Throttling;

/// When a binding that could not be opened is tried again: somebody else has the port, or the
/// address is not this machine's yet.
const BIND_RETRY: Duration = Duration::from_secs(60);

/// Brings changes of the directory's configuration objects into the running server.
pub(crate) struct Configuration {
    /// What the file says.
    pub file: Settings,
    /// What the server runs by.
    pub current: Settings,
    pub directory: Directory,
    pub smtp: SmtpIn,
    pub listeners: ConnectorListeners,
    pub outbound: Outbound,
    pub components: Components,
    pub health: Arc<Health>,
    pub throttling: Arc<Throttling>,
    pub linked: Arc<Linked>,
}

impl Configuration {
    /// Follows the directory until shutdown is asked for.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        let mut changes = self.directory.changes();
        self.components.apply(&self.current);
        loop {
            self.bring_up_to_date();
            tokio::select! {
                () = shutdown.requested() => break,
                changed = changes.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(BIND_RETRY), if self.listeners.lack_some => {
                    self.open_listeners();
                }
            }
        }
        self.listeners.close().await;
    }

    fn bring_up_to_date(&mut self) {
        let snapshot = self.directory.snapshot();
        match effective(&self.file, &snapshot) {
            Ok(settings) if settings == self.current => {}
            Ok(settings) => self.apply(settings),
            Err(error) => tracing::error!(%error, "the directory's configuration is refused"),
        }
        self.health.configured(snapshot.change());
    }

    /// Connectors that are refused stay as they are and are tried again at the next change.
    fn apply(&mut self, mut settings: Settings) {
        self.components.apply(&settings);
        self.throttling.reload(&settings);
        if settings.send_connector != self.current.send_connector {
            self.outbound.reload(&settings);
        }
        self.linked.reload(&settings);
        let changes_logins =
            settings.has_linked_directories() != self.current.has_linked_directories();
        if (settings.receive_connector != self.current.receive_connector || changes_logins)
            && let Err(error) = self.smtp.reload(&settings)
        {
            tracing::error!(%error, "Receive connectors stay as they are");
            settings.receive_connector.clone_from(&self.current.receive_connector);
        }
        let has_bindings = settings.receive_connector != self.current.receive_connector;
        self.current = settings;
        if has_bindings {
            self.open_listeners();
        }
        tracing::info!("the configuration has changed");
    }

    /// Opens and closes what the settings say, as far as that is possible now.
    fn open_listeners(&mut self) {
        if let Err(error) = self.listeners.apply(&self.current) {
            tracing::error!(%error, "a binding of a Receive connector cannot be opened yet");
        }
        self.listeners.save_registry(&self.current);
    }
}

/// Listeners on bindings of Receive connectors that no row of the port table has opened. They
/// count as the row of mail from other servers.
pub(crate) struct ConnectorListeners {
    handler: Counted<SmtpIn>,
    /// The one of all SMTP listeners.
    gate: Arc<Gate>,
    health: Arc<Health>,
    registry: Arc<Mutex<Registry>>,
    /// What the rows have opened.
    rows: Vec<SocketAddr>,
    /// Where this server sends no mail.
    own_listeners: OwnListeners,
    open: HashMap<SocketAddr, Open>,
    /// Something wanted could not be opened.
    lack_some: bool,
    /// Closed, with sessions that may still go on.
    ending: Vec<JoinHandle<()>>,
}

/// A listener that can be closed alone.
struct Open {
    address: SocketAddr,
    trigger: ShutdownTrigger,
    task: JoinHandle<()>,
}

impl ConnectorListeners {
    pub(crate) fn new(
        handler: Counted<SmtpIn>,
        gate: Arc<Gate>,
        health: Arc<Health>,
        registry: Arc<Mutex<Registry>>,
        rows: Vec<SocketAddr>,
        own_listeners: OwnListeners,
    ) -> Self {
        let (open, ending) = (HashMap::new(), Vec::new());
        let lack_some = false;
        ConnectorListeners {
            handler,
            gate,
            health,
            registry,
            rows,
            own_listeners,
            open,
            lack_some,
            ending,
        }
    }

    /// Opens what these settings need and closes what they do not. Errors: the first binding
    /// that cannot be opened; the others are, and it is lacking.
    pub(crate) fn apply(&mut self, settings: &Settings) -> Result<(), BindError> {
        let wanted = self.wanted(settings);
        let gone: Vec<_> =
            self.open.keys().filter(|open| !wanted.contains(open)).copied().collect();
        for binding in gone {
            self.shut(binding);
        }
        let new = wanted.into_iter().filter(|binding| !self.open.contains_key(binding));
        let new: Vec<_> = new.collect();
        let opened: Vec<_> = new.into_iter().map(|binding| self.open(binding, settings)).collect();
        self.lack_some = opened.iter().any(Result::is_err);
        opened.into_iter().collect()
    }

    /// What other programs read of open listeners.
    pub(crate) fn save_registry(&self, settings: &Settings) {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = registry.save(&settings.data_directory) {
            tracing::error!(%error, "the list of open listeners is out of date");
        }
    }

    /// Closes all and waits for their sessions.
    pub(crate) async fn close(mut self) {
        let all: Vec<_> = self.open.keys().copied().collect();
        all.into_iter().for_each(|binding| self.shut(binding));
        for task in self.ending {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener failed");
            }
        }
    }

    /// Bindings of enabled connectors beside those of the rows, each once.
    fn wanted(&self, settings: &Settings) -> Vec<SocketAddr> {
        let mut wanted: Vec<SocketAddr> = Vec::new();
        let enabled = settings.receive_connector.iter().filter(|connector| connector.enabled);
        for binding in enabled.flat_map(|connector| &connector.bindings) {
            let address = binding.socket_address();
            let mut taken = self.rows.iter().chain(&wanted);
            if !taken.any(|other| overlap(*other, address)) {
                wanted.push(address);
            }
        }
        wanted
    }

    fn open(&mut self, binding: SocketAddr, settings: &Settings) -> Result<(), BindError> {
        let listener = Listener::bind(binding)?;
        let address = listener.local();
        self.registry().register(&DEFAULT_FRONTEND, address, "smtp::service");
        let gate = Arc::clone(&self.gate);
        let service = listeners::service(settings, &DEFAULT_FRONTEND, gate, [b"", NOT_ACTIVE]);
        let (trigger, shutdown) = Shutdown::new();
        let task = tokio::spawn(serve(listener, service, shutdown, self.handler.clone()));
        self.health.watch(Part::listener(&DEFAULT_FRONTEND, address), &task);
        self.own_listeners.add(address);
        self.open.insert(binding, Open { address, trigger, task });
        Ok(())
    }

    fn shut(&mut self, binding: SocketAddr) {
        let Some(open) = self.open.remove(&binding) else { return };
        self.health.forget(&DEFAULT_FRONTEND, open.address);
        open.trigger.shut_down();
        self.own_listeners.remove(open.address);
        self.registry().closed_at(&DEFAULT_FRONTEND, open.address);
        self.ending.retain(|task| !task.is_finished());
        self.ending.push(open.task);
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a connection may come to both.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port()
        && a.is_ipv4() == b.is_ipv4()
        && (a == b || a.is_unspecified() || b.is_unspecified())
}
