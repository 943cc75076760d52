//! Mail that leaves: Send connectors from the settings, and the queue manager over SMTP
//! (rows M-03 and M-05).
//!
//! Without a Send connector nothing leaves: transport answers Internet recipients with a
//! routing report, as Exchange does.

mod message;
mod routes;
mod send;
mod targets;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use net::Shutdown;
use net::connect::Rules;
use ports::Registry;
use ports::capability::{INTERNET_SEND_CONNECTOR, RESOLVER};
use tokio::task::JoinHandle;
use transport::QueueManager;

use crate::server::{Parts, StartError};

/// Loads the routes and starts the queues.
pub(crate) async fn start(
    parts: &Parts,
    own_listeners: Vec<SocketAddr>,
    registry: &Arc<Mutex<Registry>>,
    shutdown: &Shutdown,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let connectors = routes::connectors(&parts.settings.send_connector);
    parts.transport.set_routes(routes::table(&connectors));
    register(parts, registry);
    let rules = Rules { allow_loopback: parts.settings.resolver.allow_loopback, own_listeners };
    let next_hop = send::SmtpNextHop::new(parts, connectors, rules)?;
    let manager = QueueManager::start(&parts.transport, Arc::new(next_hop)).await?;
    let shutdown = shutdown.clone();
    let run = async move { manager.run(async move { shutdown.requested().await }).await };
    Ok(vec![tokio::spawn(run)])
}

fn register(parts: &Parts, registry: &Arc<Mutex<Registry>>) {
    let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    let sends = parts.settings.send_connector.iter().any(|connector| connector.enabled);
    registry.capability(&INTERNET_SEND_CONNECTOR, sends, "roles::outbound");
    registry.capability(&RESOLVER, true, "net::resolve");
}
