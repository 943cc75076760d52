//! Protocol logs: the conversations of connectors whose ProtocolLoggingLevel is Verbose.

use std::net::SocketAddr;
use std::sync::Arc;

use net::SessionId;
use smtp::protocol_log::{Entry, Event};
use types::{Clock, SystemClock};

use super::Logs;
use super::kind::Kind;
use super::row::Row;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoints {
    /// Ours; unknown before a connection out has come about.
    pub(crate) local: Option<SocketAddr>,
    /// The peer's.
    pub(crate) remote: SocketAddr,
}

/// The log of one connection. Dropping it ends the conversation in the log.
pub(crate) struct Protocol {
    logs: Arc<Logs>,
    kind: Kind,
    connector_id: String,
    session: String,
    sequence: u64,
    endpoints: Endpoints,
    ended: bool,
}

impl Protocol {
    pub(super) fn new(
        logs: Arc<Logs>,
        kind: Kind,
        connector_id: String,
        session: SessionId,
        endpoints: Endpoints,
    ) -> Self {
        let session = session.to_string();
        Protocol { logs, kind, connector_id, session, sequence: 0, endpoints, ended: false }
    }

    /// The connection has come about, from this address of ours.
    pub(crate) fn connected(&mut self, local: Option<SocketAddr>) {
        self.endpoints.local = local;
        self.log(&Entry { event: Event::Connect, ..Entry::information("", "") });
    }

    /// Writes an entry.
    pub(crate) fn log(&mut self, entry: &Entry) {
        if self.ended {
            return;
        }
        self.ended = entry.event == Event::Disconnect;
        let local = self.endpoints.local.map(|local| local.to_string()).unwrap_or_default();
        let fields: [&str; 8] = [
            &self.connector_id,
            &self.session,
            &self.sequence.to_string(),
            &local,
            &self.endpoints.remote.to_string(),
            entry.event.symbol(),
            &entry.data,
            &entry.context,
        ];
        self.logs.write(self.kind, Row::new(SystemClock.now(), &fields));
        self.sequence += 1;
    }
}

impl Drop for Protocol {
    /// The session broke off without a word, or never came about.
    fn drop(&mut self) {
        self.log(&Entry::disconnect(true));
    }
}

impl smtp::service::Journal for Protocol {
    fn log(&mut self, entry: Entry) {
        Protocol::log(self, &entry);
    }
}
