//! Mail that leaves: the queue manager over SMTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use net::Shutdown;
use ports::Registry;
use tokio::task::JoinHandle;

use crate::server::{Parts, StartError};

/// Starts the queues.
pub(crate) async fn start(
    _parts: &Parts,
    _own_listeners: Vec<SocketAddr>,
    _registry: &Arc<Mutex<Registry>>,
    _shutdown: &Shutdown,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    Ok(Vec::new())
}
