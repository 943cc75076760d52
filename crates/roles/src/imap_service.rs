//! IMAP4 for clients (row C-11).

use std::sync::Arc;

use auth::{Authenticator, UserSessions};
use config::settings::{ClientAccess, LoginType};
use directory::Directory;
use imap::service::End;
use mailbox::Homes;
use net::{Connection, ServerTls};
use types::limits::MESSAGE_OCTETS_MAX;

/// Serves connections of one IMAP4 listener.
#[derive(Clone)]
pub(crate) struct Imap4 {
    server: Arc<imap::Server>,
    /// For a listener that begins with TLS.
    implicit: Option<ServerTls>,
}

/// What an IMAP4 listener is made of.
pub(crate) struct Imap4Parts<'p> {
    pub name: &'p str,
    pub settings: &'p ClientAccess,
    pub authenticator: Arc<dyn Authenticator>,
    pub directory: Directory,
    pub homes: Arc<dyn Homes>,
    pub sessions: Arc<UserSessions>,
    pub tls: ServerTls,
    pub implicit: bool,
}

impl Imap4 {
    pub(crate) fn new(parts: Imap4Parts<'_>) -> Self {
        let Imap4Parts { name, settings, authenticator, directory, homes, sessions, tls, implicit } =
            parts;
        let server = imap::Server {
            name: name.to_owned(),
            authenticator,
            directory,
            homes,
            tls: Some(tls.clone()).filter(|_| !implicit),
            plaintext_login: settings.login_type == LoginType::PlainTextLogin,
            sessions,
            message_octets_max: MESSAGE_OCTETS_MAX as u64,
            hidden_capabilities: Vec::new(),
        };
        Imap4 { server: Arc::new(server), implicit: Some(tls).filter(|_| implicit) }
    }
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
        if let End::Handover(handover) =
            Box::pin(imap::service::run(stream, peer, shutdown, server)).await
        {
            let user = &handover.principal.login;
            tracing::warn!(user, server = handover.server, "no back end to pass the session to");
        }
    }
}
