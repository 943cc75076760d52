//! IMAP4 for clients (row C-11).

use std::sync::Arc;

use imap::server::CommandObserver;
use imap::{End, Handover};
use net::{Connection, ServerTls};
use ports::listeners::IMAP4;

use crate::backend::{BackEnds, Client, Session};
use crate::listeners::Protocol;
use crate::server::Parts;

/// Serves connections of one IMAP4 listener.
#[derive(Clone)]
pub(crate) struct Imap4 {
    server: Arc<imap::Server>,
    /// For a listener that begins with TLS.
    implicit: Option<ServerTls>,
    /// For who has the mailbox on another server.
    back_ends: Arc<BackEnds>,
}

/// A listener that begins with TLS, or one that offers it.
pub(crate) fn protocol(parts: &Parts, implicit: bool) -> Protocol<Imap4> {
    let tls = |wanted: bool| Some(parts.tls.clone()).filter(|_| wanted);
    Protocol {
        implementation: "imap::service",
        gate: Arc::clone(&parts.imap_gate),
        farewell: if implicit { b"" } else { b"* BYE Too many connections\r\n" },
        closed: if implicit { b"" } else { b"* BYE [UNAVAILABLE] Service not active\r\n" },
        handler: Imap4 {
            server: server(parts, tls(!implicit)),
            implicit: tls(implicit),
            back_ends: Arc::clone(&parts.back_ends),
        },
    }
}

/// What the sessions of a listener share. `start_tls` is for those that begin without.
pub(crate) fn server(parts: &Parts, start_tls: Option<ServerTls>) -> Arc<imap::Server> {
    let settings = &parts.settings.imap4;
    Arc::new(imap::Server {
        name: parts.settings.server_name.clone(),
        authenticator: Arc::clone(&parts.authenticator),
        directory: parts.storage.directory.clone(),
        homes: parts.homes.clone(),
        tls: start_tls,
        login_type: settings.login_type,
        pre_authentication_timeout: settings.pre_authenticated_connection_timeout.duration(),
        idle_timeout: settings.authenticated_connection_timeout.duration(),
        sessions: Arc::clone(&parts.imap_sessions),
        message_octets_max: parts.settings.transport_config.max_receive_size.bytes(),
        intake_memory: Arc::clone(&parts.intake_memory),
        hidden_capabilities: Vec::new(),
        observer: Some(observer(parts)),
    })
}

fn observer(parts: &Parts) -> CommandObserver {
    let slow = Arc::clone(&parts.slow);
    Arc::new(move |command, took| slow.took(IMAP4.service, command, took))
}

impl net::listener::Handler for Imap4 {
    async fn handle(&self, mut connection: Connection) {
        if let Some(tls) = &self.implicit
            && let Err(error) = connection.stream.start_tls_server(tls).await
        {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
        let server = Arc::clone(&self.server);
        let Connection { stream, peer, shutdown, .. } = connection;
        // A session of many states makes a large future; on the heap it costs an idle
        // connection only what its state needs.
        let session = Box::pin(imap::run(stream, peer, shutdown.clone(), server));
        if let End::Handover(handover) = session.await {
            let Handover { stream, early, server, principal, tag } = *handover;
            let session = Session::Imap4 { tag };
            let client = Client { stream, early, ip: peer.ip(), principal, session };
            Box::pin(self.back_ends.splice(client, &server, &shutdown)).await;
        }
    }
}
