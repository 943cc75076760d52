//! The logs of transport in Exchange's form, in `logs` below the data directory: message
//! tracking, connectivity, and the protocol logs of Receive and Send connectors.
//!
//! Comma-separated values behind a header of `#` lines, one file after the other
//! (`MSGTRK2026112310-1.LOG`). One thread writes them all (`writer`).
//!
//! Invariants: whoever has a line to write never waits for the disk; what the disk cannot keep
//! up with is dropped and counted. The files are for the server's account only, and bounded in
//! age and size as `config::TransportService` says.

mod connectivity;
mod file;
mod kind;
mod protocol;
mod row;
mod tracking;
mod tracking_files;
mod writer;

use std::sync::Arc;

use config::Settings;
use config::receive::{ProtocolLoggingLevel, ReceiveConnector};
use config::send::SendConnector;
use net::SessionId;

pub(crate) use connectivity::Connectivity;
pub(crate) use protocol::{Endpoints, Protocol};
pub(crate) use tracking_files::TrackingFiles;

use kind::{Kind, Limits, Tree};
use row::Row;
use writer::Writer;

/// The folder in the data directory.
pub const FOLDER_NAME: &str = "logs";

/// The logs of a running server.
pub(crate) struct Logs {
    server: String,
    settings: config::TransportService,
    writer: Writer,
}

impl Logs {
    /// Starts the writer. Files and folders come into being with their first line.
    pub(crate) fn start(settings: &Settings) -> Arc<Self> {
        let transport = settings.transport_service.clone();
        let limits = move |kind| Limits::of(kind, &transport);
        let root = settings.data_directory.join(FOLDER_NAME);
        Arc::new(Logs {
            server: settings.short_name(),
            settings: settings.transport_service.clone(),
            writer: Writer::start(root, limits),
        })
    }

    /// Waits until the files have every line so far. Blocks.
    fn flush(&self) {
        self.writer.flush();
    }

    /// Waits until everything is written, and takes no more.
    pub(crate) async fn close(self: Arc<Self>) {
        let closed = tokio::task::spawn_blocking(move || self.writer.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "logs were not closed");
        }
    }

    /// The protocol log of a connection to a Receive connector, if its level asks for one.
    pub(crate) fn receive(
        self: &Arc<Self>,
        connector: &ReceiveConnector,
        session: SessionId,
        endpoints: Endpoints,
    ) -> Option<Protocol> {
        let kind = Kind::Receive(Tree::of(connector.transport_role));
        let wanted = connector.protocol_logging_level == ProtocolLoggingLevel::Verbose;
        wanted.then(|| self.protocol(kind, &connector.name, session, endpoints))
    }

    /// The protocol log of a connection of a Send connector, if its level asks for one.
    pub(crate) fn send(
        self: &Arc<Self>,
        connector: &SendConnector,
        session: SessionId,
        endpoints: Endpoints,
    ) -> Option<Protocol> {
        let wanted = connector.protocol_logging_level == ProtocolLoggingLevel::Verbose;
        wanted.then(|| self.protocol(Kind::Send, &connector.name, session, endpoints))
    }

    fn protocol(
        self: &Arc<Self>,
        kind: Kind,
        connector: &str,
        session: SessionId,
        endpoints: Endpoints,
    ) -> Protocol {
        let connector_id = self.connector_id(connector);
        Protocol::new(Arc::clone(self), kind, connector_id, session, endpoints)
    }

    /// `SERVER\Default Frontend SERVER`, as Exchange names connectors in logs.
    fn connector_id(&self, connector: &str) -> String {
        match connector.is_empty() {
            true => String::new(),
            false => format!("{}\\{connector}", self.server),
        }
    }

    fn write(&self, kind: Kind, row: Row) {
        self.writer.write(kind, row);
    }
}
