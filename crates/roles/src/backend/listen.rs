//! The back end's side: sessions of clients that have logged in at another server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Principal;
use config::Settings;
use directory::Directory;
use imap::LoggedIn;
use net::stream::UpgradeError;
use net::tls::ServerTlsOptions;
use net::{Connection, ConnectionLimits, ServerTls, Stream};
use pop3::{Start, service::Outcome};
use ports::Listener;
use ports::listeners::{IMAP4_BACK_END, POP3_BACK_END};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use types::limits::PREFACE_SECS_MAX;

use super::preface::{HEADER_OCTETS, Malformed, Preface, Session, body_octets};
use super::refusal::Refusal;
use super::trust::Trust;
use crate::listeners::{Protocol, gate};
use crate::server::{Parts, StartError};
use crate::tls::farewell;
use crate::{imap_service, pop3_service};

/// Serves connections of one back-end listener.
#[derive(Clone)]
pub(crate) struct BackEnd {
    /// Asks for a certificate.
    tls: ServerTls,
    /// Whose certificates are taken.
    trust: Trust,
    /// Says what an account may do.
    directory: Directory,
    service: Service,
}

/// What a back-end listener serves.
#[derive(Clone)]
pub(crate) enum Service {
    Imap4(Arc<imap::Server>),
    Pop3(Arc<pop3::Server>),
}

impl Service {
    /// What this listener serves, if it is one of a back end.
    pub(crate) fn of(listener: &Listener, parts: &Parts) -> Option<Self> {
        match listener.id {
            id if id == IMAP4_BACK_END.id => {
                Some(Service::Imap4(imap_service::server(parts, None)))
            }
            id if id == POP3_BACK_END.id => Some(Service::Pop3(pop3_service::server(parts, None))),
            _ => None,
        }
    }

    /// MaxConnections counts here as at the front end; where clients come from does not, as
    /// they all come from there.
    fn limits(&self, settings: &Settings) -> ConnectionLimits {
        let settings = match self {
            Service::Imap4(_) => &settings.imap4,
            Service::Pop3(_) => &settings.pop3,
        };
        ConnectionLimits { total: settings.max_connections, ..ConnectionLimits::UNLIMITED }
    }
}

/// A back-end listener.
pub(crate) fn protocol(parts: &Parts, service: Service) -> Result<Protocol<BackEnd>, StartError> {
    let options = ServerTlsOptions { ask_client_certificate: true, ..Default::default() };
    let tls = ServerTls::new(Arc::clone(&parts.certificates), &options)
        .map_err(|error| StartError::Tls(error.to_string()))?;
    Ok(Protocol {
        implementation: "roles::backend",
        gate: gate(&parts.settings, service.limits(&parts.settings)),
        farewell: b"",
        closed: b"",
        handler: BackEnd {
            tls,
            trust: Trust::new(&parts.settings),
            directory: parts.storage.directory.clone(),
            service,
        },
    })
}

/// Why a connection is closed without a word.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error(transparent)]
    Tls(#[from] UpgradeError),
    #[error("the peer shows no certificate of another server")]
    Stranger,
    #[error("no preface in {PREFACE_SECS_MAX} s")]
    Timeout,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl net::listener::Handler for BackEnd {
    async fn handle(&self, mut connection: Connection) {
        match self.introduction(&mut connection.stream).await {
            Ok(preface) => Box::pin(self.admit(connection, preface)).await,
            Err(reason) => tracing::warn!(%reason, "connection to the back end rejected"),
        }
    }
}

impl BackEnd {
    /// Waits to hear from a server of the organization whom it brings.
    async fn introduction(&self, stream: &mut Stream) -> Result<Preface, Rejected> {
        stream.start_tls_server(&self.tls).await?;
        let server = self.trust.identify(stream).await.ok_or(Rejected::Stranger)?;
        let preface = preface_in_time(stream).await?;
        let user = &preface.vouched.login;
        tracing::info!(user, client = %preface.client, server, "brought by a front end");
        Ok(preface)
    }

    /// Decides by this server's own directory, and serves.
    async fn admit(&self, connection: Connection, preface: Preface) {
        let Preface { session, client, vouched } = preface;
        match self.directory.admit(vouched, session.protocol()) {
            Ok(principal) => {
                let peer = SocketAddr::new(client, connection.peer.port());
                self.serve(Connection { peer, ..connection }, session, principal).await;
            }
            Err(failure) => {
                tracing::warn!(%failure, "not let in by the back end");
                let answer = Refusal::Denied(failure).answer(&session);
                farewell(connection.stream, answer.as_bytes()).await;
            }
        }
    }

    async fn serve(&self, connection: Connection, session: Session, principal: Principal) {
        match (&self.service, session) {
            (Service::Imap4(server), Session::Imap4 { tag }) => {
                let Connection { stream, peer, shutdown, .. } = connection;
                let login = LoggedIn { principal, tag };
                imap::run_logged_in(stream, peer, shutdown, Arc::clone(server), login).await;
            }
            (Service::Pop3(server), Session::Pop3) => pop3(connection, server, principal).await,
            (_, session) => {
                let answer = Refusal::Unavailable.answer(&session);
                farewell(connection.stream, answer.as_bytes()).await;
            }
        }
    }
}

async fn pop3(connection: Connection, server: &pop3::Server, principal: Principal) {
    let start = Start::LoggedIn(Box::new(principal));
    let session = pop3::run(connection.stream, connection.peer.ip(), server, start);
    let outcome = tokio::select! {
        () = connection.shutdown.requested() => return,
        outcome = session => outcome,
    };
    // The front end and this server disagree on where the mailbox is.
    if let Outcome::Remote { stream, .. } = outcome {
        let (stream, _) = stream.into_parts();
        farewell(stream, Refusal::Unavailable.answer(&Session::Pop3).as_bytes()).await;
    }
}

async fn preface_in_time(stream: &mut Stream) -> Result<Preface, Rejected> {
    let limit = Duration::from_secs(PREFACE_SECS_MAX);
    timeout(limit, read_preface(stream)).await.map_err(|_| Rejected::Timeout)?
}

/// Reads exactly the preface; what follows is the client's.
async fn read_preface(stream: &mut Stream) -> Result<Preface, Rejected> {
    let mut header = [0; HEADER_OCTETS];
    stream.read_exact(&mut header).await?;
    let mut body = vec![0; body_octets(header)?];
    stream.read_exact(&mut body).await?;
    Ok(Preface::decode(&body)?)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_say_whom_it_brings_is_waited_for_a_moment() {
        let (mut stream, _silent) = Stream::pair(64);
        let begun = Instant::now();
        assert!(matches!(preface_in_time(&mut stream).await, Err(Rejected::Timeout)));
        assert_eq!(begun.elapsed().as_secs(), PREFACE_SECS_MAX);
    }
}
