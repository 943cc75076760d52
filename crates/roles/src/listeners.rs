//! Opening listeners and serving them, each against its row of the port table.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::{Endpoint, Settings};
use net::listener::BindError;
use net::{ConnectionLimits, Gate, Listener, Service, Shutdown, serve};
use ports::Registry;
use tokio::task::JoinHandle;
use types::limits::DRAIN_SECS_MAX;

use crate::health::Part;
use crate::metrics::{Counted, Sessions};
use crate::server::Parts;

/// How long sessions may go on once the server stops.
pub(crate) const DRAIN: Duration = Duration::from_secs(DRAIN_SECS_MAX);

/// What a protocol brings to its listeners.
pub(crate) struct Protocol<H> {
    /// Crate and module that serve it, for the port table.
    pub implementation: &'static str,
    /// Who is let in. Listeners of one service share it.
    pub gate: Arc<Gate>,
    /// What a refused client reads.
    pub farewell: &'static [u8],
    /// What a client reads while the gate is closed.
    pub closed: &'static [u8],
    /// Serves connections.
    pub handler: H,
}

/// Counts connections, against no limits where the settings say so.
pub(crate) fn gate(settings: &Settings, limits: ConnectionLimits) -> Arc<Gate> {
    Gate::new(match settings.unthrottled {
        true => ConnectionLimits::UNLIMITED,
        false => limits,
    })
}

/// The listeners of a server, opened one after the other.
pub(crate) struct Listeners<'s> {
    parts: &'s Parts,
    registry: Arc<Mutex<Registry>>,
    shutdown: Shutdown,
    /// Those that serve; they are the caller's, also when a later listener cannot be opened.
    tasks: &'s mut Vec<JoinHandle<()>>,
    addresses: Vec<SocketAddr>,
}

impl<'s> Listeners<'s> {
    pub(crate) fn new(
        parts: &'s Parts,
        registry: Arc<Mutex<Registry>>,
        shutdown: Shutdown,
        tasks: &'s mut Vec<JoinHandle<()>>,
    ) -> Self {
        Listeners { parts, registry, shutdown, tasks, addresses: Vec::new() }
    }

    /// Opens an endpoint on all its addresses, if it is enabled.
    pub(crate) fn open<H: net::listener::Handler + Clone>(
        &mut self,
        endpoint: &Endpoint,
        protocol: Protocol<H>,
    ) -> Result<(), BindError> {
        self.with_registry(|r| r.built(endpoint.listener, protocol.implementation));
        if !endpoint.enabled {
            return Ok(());
        }
        for binding in &endpoint.bindings {
            let listener = Listener::bind(binding.socket_address())?;
            let address = listener.local();
            self.with_registry(|r| {
                r.register(endpoint.listener, address, protocol.implementation);
            });
            self.addresses.push(address);
            let service = service(
                &self.parts.settings,
                endpoint.listener,
                Arc::clone(&protocol.gate),
                [protocol.farewell, protocol.closed],
            );
            let sessions = Sessions::new(&self.parts.metrics, endpoint.listener.service);
            let handler = Counted { sessions, handler: protocol.handler.clone() };
            let served = serve(listener, service, self.shutdown.clone(), handler);
            let task = tokio::spawn(served);
            self.parts.health.watch(Part::listener(endpoint.listener, address), &task);
            self.tasks.push(task);
        }
        Ok(())
    }

    /// Every address that was opened.
    pub(crate) fn into_addresses(self) -> Vec<SocketAddr> {
        self.addresses
    }

    fn with_registry(&self, change: impl FnOnce(&mut Registry)) {
        change(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// How a listener is served: what all have in common.
pub(crate) fn service(
    settings: &Settings,
    listener: &'static ports::Listener,
    gate: Arc<Gate>,
    [farewell, closed]: [&'static [u8]; 2],
) -> Service {
    Service {
        name: listener.display_name(&settings.short_name()).into(),
        gate,
        farewell: Cow::Borrowed(farewell),
        closed: Cow::Borrowed(closed),
        proxies: settings.proxy.trusted.clone(),
        drain: DRAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_get_so_long_once_the_server_stops() {
        let gate = gate(&Settings::default(), ConnectionLimits::UNLIMITED);
        let service = service(&Settings::default(), &ports::listeners::IMAP4, gate, [b"", b""]);
        assert_eq!(service.drain, Duration::from_secs(DRAIN_SECS_MAX));
    }
}
