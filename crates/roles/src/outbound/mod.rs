//! Mail that leaves: Send connectors from the settings, and the queue manager over SMTP
//! (rows M-03 and M-05).
//!
//! Without a Send connector nothing leaves: transport answers Internet recipients with a
//! routing report, as Exchange does.

mod message;
mod protection;
mod routes;
pub(crate) mod send;
pub(crate) mod targets;

use std::sync::{Arc, Mutex, PoisonError};

use admin::monitor::{ComponentKind, Service};
use config::Settings;
use net::Shutdown;
use net::connect::{OwnListeners, Rules};
use ports::Registry;
use ports::capability::{INTERNET_SEND_CONNECTOR, RESOLVER};
use tokio::task::JoinHandle;
use transport::{QueueManager, RoutingTable, Transport};

use crate::health::Part;
use crate::server::{Parts, StartError};

/// Outgoing mail of a running server.
pub(crate) struct Outbound {
    transport: Transport,
    connectors: routes::InUse,
    registry: Arc<Mutex<Registry>>,
}

/// Loads the routes and starts the queues.
pub(crate) async fn start(
    parts: &Parts,
    own_listeners: OwnListeners,
    registry: &Arc<Mutex<Registry>>,
    shutdown: &Shutdown,
) -> Result<(Outbound, JoinHandle<()>), StartError> {
    let outbound = Outbound {
        transport: parts.transport.clone(),
        connectors: routes::InUse::default(),
        registry: Arc::clone(registry),
    };
    outbound.reload(&parts.settings);
    let rules = Rules { allow_loopback: parts.settings.resolver.allow_loopback, own_listeners };
    let next_hop = send::SmtpNextHop::new(parts, outbound.connectors.clone(), rules)?;
    let manager = QueueManager::start(&parts.transport, Arc::new(next_hop)).await?;
    let shutdown = shutdown.clone();
    let run = async move { manager.run(async move { shutdown.requested().await }).await };
    let task = tokio::spawn(run);
    let queues = Part::new(ComponentKind::Transport, "queues", Some(Service::Transport));
    parts.health.watch(queues, &task);
    Ok((outbound, task))
}

/// The Send connectors of these settings as transport chooses from them.
pub(crate) fn routing_table(settings: &Settings) -> RoutingTable {
    routes::table(&routes::connectors(&settings.send_connector))
}

impl Outbound {
    /// Takes the Send connectors of these settings for messages and connections from now on.
    pub(crate) fn reload(&self, settings: &Settings) {
        let connectors = routes::connectors(&settings.send_connector);
        self.transport.set_routes(routes::table(&connectors));
        self.connectors.set(connectors);
        let sends = settings.send_connector.iter().any(|connector| connector.enabled);
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.capability(&INTERNET_SEND_CONNECTOR, sends, "roles::outbound");
        registry.capability(&RESOLVER, true, "net::resolve");
    }
}
