//! POP3 for clients (row C-12).

use std::sync::Arc;

use net::{Connection, ServerTls};
use pop3::{Start, service::Outcome};

use crate::backend::{BackEnds, Client, Session};
use crate::listeners::Protocol;
use crate::server::Parts;

/// Serves connections of one POP3 listener.
#[derive(Clone)]
pub(crate) struct Pop3 {
    server: Arc<pop3::Server>,
    /// For a listener that begins with TLS.
    implicit: Option<ServerTls>,
    /// For who has the mailbox on another server.
    back_ends: Arc<BackEnds>,
}

/// A listener that begins with TLS, or one that offers it.
pub(crate) fn protocol(parts: &Parts, implicit: bool) -> Protocol<Pop3> {
    let tls = |wanted: bool| Some(parts.tls.clone()).filter(|_| wanted);
    Protocol {
        implementation: "pop3::service",
        gate: Arc::clone(&parts.pop3_gate),
        farewell: if implicit { b"" } else { b"-ERR [SYS/TEMP] too many connections\r\n" },
        closed: if implicit { b"" } else { b"-ERR [SYS/TEMP] service not active\r\n" },
        handler: Pop3 {
            server: server(parts, tls(!implicit)),
            implicit: tls(implicit),
            back_ends: Arc::clone(&parts.back_ends),
        },
    }
}

/// What the sessions of a listener share. `start_tls` is for those that begin without.
pub(crate) fn server(parts: &Parts, start_tls: Option<ServerTls>) -> Arc<pop3::Server> {
    let settings = &parts.settings.pop3;
    Arc::new(pop3::Server {
        authenticator: Arc::clone(&parts.authenticator),
        homes: parts.homes.clone(),
        sessions: Arc::clone(&parts.pop3_sessions),
        tls: start_tls,
        login_type: settings.login_type,
        pre_authentication_timeout: settings.pre_authenticated_connection_timeout.duration(),
        idle_timeout: settings.authenticated_connection_timeout.duration(),
    })
}

impl net::listener::Handler for Pop3 {
    async fn handle(&self, mut connection: Connection) {
        if let Some(tls) = &self.implicit
            && let Err(error) = connection.stream.start_tls_server(tls).await
        {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
        let Connection { stream, peer, shutdown, .. } = connection;
        let outcome = tokio::select! {
            () = shutdown.requested() => return,
            outcome = pop3::run(stream, peer.ip(), &self.server, Start::Greeting) => outcome,
        };
        if let Outcome::Remote { stream, principal, server } = outcome {
            let (stream, early) = stream.into_parts();
            let (ip, principal) = (peer.ip(), *principal);
            let client = Client { stream, early, ip, principal, session: Session::Pop3 };
            Box::pin(self.back_ends.splice(client, &server, &shutdown)).await;
        }
    }
}
