//! Connections of the listeners.

use metrics::{Counter, Gauge};
use net::Connection;
use net::listener::Handler;

use super::Metrics;
use super::catalogue::{CONNECTIONS, SESSIONS};

/// Counts the connections of one service.
#[derive(Clone)]
pub(crate) struct Sessions {
    open: Gauge,
    begun: Counter,
}

/// A connection that is counted as open until this is dropped.
pub(crate) struct Open(Gauge);

impl Sessions {
    pub(crate) fn new(metrics: &Metrics, service: &str) -> Self {
        let open = metrics.gauge(&SESSIONS, &[service]);
        Sessions { open, begun: metrics.counter(&CONNECTIONS, &[service]) }
    }

    /// A connection begins.
    pub(crate) fn begin(&self) -> Open {
        self.begun.increment(1);
        self.open.increment(1.0);
        Open(self.open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// A handler whose connections are counted.
#[derive(Clone)]
pub(crate) struct Counted<H> {
    pub(crate) sessions: Sessions,
    pub(crate) handler: H,
}

impl<H: Handler> Handler for Counted<H> {
    async fn handle(&self, connection: Connection) {
        let _open = self.sessions.begin();
        self.handler.handle(connection).await;
    }
}
