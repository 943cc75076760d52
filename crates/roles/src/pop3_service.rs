//! POP3 for clients (row C-12).

use std::sync::Arc;

use auth::{Authenticator, UserSessions};
use config::settings::{ClientAccess, LoginType};
use mailbox::Homes;
use net::{Connection, ServerTls};
use pop3::{Start, service::Outcome};

/// Serves connections of one POP3 listener.
#[derive(Clone)]
pub(crate) struct Pop3 {
    server: Arc<pop3::Server>,
    /// For a listener that begins with TLS.
    implicit: Option<ServerTls>,
}

impl Pop3 {
    pub(crate) fn new(
        settings: &ClientAccess,
        authenticator: Arc<dyn Authenticator>,
        homes: Arc<dyn Homes>,
        sessions: Arc<UserSessions>,
        tls: ServerTls,
        implicit: bool,
    ) -> Self {
        let server = pop3::Server {
            authenticator,
            homes,
            sessions,
            tls: Some(tls.clone()).filter(|_| !implicit),
            plaintext_login: settings.login_type == LoginType::PlainTextLogin,
            pre_authentication_timeout: settings.pre_authenticated_connection_timeout.duration(),
            idle_timeout: settings.authenticated_connection_timeout.duration(),
        };
        Pop3 { server: Arc::new(server), implicit: Some(tls).filter(|_| implicit) }
    }
}

impl net::listener::Handler for Pop3 {
    async fn handle(&self, mut connection: Connection) {
        if let Some(tls) = &self.implicit
            && let Err(error) = connection.stream.start_tls_server(tls).await
        {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
        let peer = connection.peer.ip();
        let session = pop3::run(connection.stream, peer, &self.server, Start::Greeting);
        tokio::select! {
            () = connection.shutdown.requested() => {}
            outcome = session => splice(outcome),
        }
    }
}

/// A mailbox of another server: its back end would take over here.
fn splice(outcome: Outcome) {
    if let Outcome::Remote { server, principal, .. } = outcome {
        tracing::warn!(user = %principal.login, server, "no back end to pass the session to");
    }
}
