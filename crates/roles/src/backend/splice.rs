//! The front end's side: from a good login to the back end of the server that has the mailbox.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Principal;
use bytes::{Bytes, BytesMut};
use config::settings::OtherServer;
use config::{OffsetError, Settings};
use directory::{Directory, Vouched};
use net::connect::{ConnectError, Rules};
use net::stream::UpgradeError;
use net::{CertificateStore, ClientTls, Connector, Purpose, Shutdown, Stream, read_chunk};
use ports::Listener;
use ports::listeners::{IMAP4_BACK_END, POP3_BACK_END};
use tokio::time::timeout;
use types::limits::{BACK_END_ANSWER_SECS_MAX, READ_CHUNK_OCTETS, SPLICE_SILENCE_MARGIN_SECS};

use super::preface::{Preface, Session, TooLong};
use super::refusal::Refusal;
use super::relay;
use super::trust::Trust;
use crate::server::StartError;
use crate::tls::farewell;

/// The way to the back ends of the other servers.
pub(crate) struct BackEnds {
    settings: Settings,
    directory: Directory,
    trust: Trust,
    connector: Connector,
    /// Shows our certificate. The other's is compared afterwards.
    tls: ClientTls,
}

/// A client whose login is good and not yet answered.
pub(crate) struct Client {
    /// Its connection.
    pub stream: Stream,
    /// What it has sent after the login.
    pub early: Bytes,
    /// Its address.
    pub ip: IpAddr,
    /// Who it is.
    pub principal: Principal,
    /// The session it is in.
    pub session: Session,
}

/// Why there is no back end for a client.
#[derive(Debug, thiserror::Error)]
enum NoBackEnd {
    #[error("the settings name no such server")]
    Unknown,
    #[error("the mailbox is gone")]
    NoMailbox,
    #[error(transparent)]
    Endpoint(#[from] OffsetError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Tls(#[from] UpgradeError),
    #[error("it does not show the certificate it is trusted by")]
    Untrusted,
    #[error(transparent)]
    Preface(#[from] TooLong),
    #[error("it closed the connection; does it trust this server's certificate?")]
    Closed,
    #[error("no answer in {BACK_END_ANSWER_SECS_MAX} s")]
    Timeout,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BackEnds {
    /// `certificates` holds what this server shows to others.
    pub(crate) fn new(
        settings: &Settings,
        directory: Directory,
        certificates: &Arc<CertificateStore>,
    ) -> Result<Arc<Self>, StartError> {
        let tls = ClientTls::opportunistic().map_err(|error| StartError::Tls(error.to_string()))?;
        Ok(Arc::new(BackEnds {
            settings: settings.clone(),
            directory,
            trust: Trust::new(settings),
            connector: Connector::new(Rules::default()),
            tls: tls.presenting(Arc::clone(certificates)),
        }))
    }

    /// Splices a client to the back end of the server with this short name, until either ends
    /// or this server stops. When that server cannot be had, the client is told so.
    pub(crate) async fn splice(&self, client: Client, server: &str, shutdown: &Shutdown) {
        let user = client.principal.login.as_str();
        let (back_end, answer) = match in_time(self.begin(&client, server)).await {
            Ok(begun) => begun,
            Err(reason) => {
                tracing::warn!(user, server, %reason, "no back end");
                let answer = Refusal::Unavailable.answer(&client.session);
                return farewell(client.stream, answer.as_bytes()).await;
            }
        };
        tracing::info!(user, server, "spliced");
        let silence_max = self.silence_max(&client.session);
        let ended = tokio::select! {
            () = shutdown.requested() => Ok(()),
            ended = run(client.stream, back_end, &answer, silence_max) => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "splice ended");
        }
    }

    /// A connection to the back end, and the first of its answer: only with that is it clear
    /// that it serves the client.
    async fn begin(&self, client: &Client, server: &str) -> Result<(Stream, BytesMut), NoBackEnd> {
        let server = self.settings.other_server(server).ok_or(NoBackEnd::Unknown)?;
        let preface = self.preface(client)?.encode()?;
        let mut stream = self.connect(server, back_end_of(&client.session)).await?;
        relay::write(&mut stream, &[&preface, &client.early[..]].concat()).await?;
        let mut answer = BytesMut::new();
        match read_chunk(&mut stream, &mut answer, READ_CHUNK_OCTETS).await {
            Ok(0) => Err(NoBackEnd::Closed),
            Err(error) if is_end(&error) => Err(NoBackEnd::Closed),
            read => read.map(|_| (stream, answer)).map_err(NoBackEnd::from),
        }
    }

    fn preface(&self, client: &Client) -> Result<Preface, NoBackEnd> {
        let principal = &client.principal;
        let snapshot = self.directory.snapshot();
        let owner = snapshot.recipient(principal.mailbox).ok_or(NoBackEnd::NoMailbox)?;
        let vouched = Vouched {
            account: principal.primary.clone(),
            mailbox: owner.primary.clone(),
            login: principal.login.clone(),
            mechanism: principal.mechanism,
        };
        Ok(Preface { session: client.session.clone(), client: client.ip, vouched })
    }

    /// Inside TLS, with the right server at the other end.
    async fn connect(
        &self,
        server: &OtherServer,
        listener: &Listener,
    ) -> Result<Stream, NoBackEnd> {
        let address = server.endpoint(listener)?;
        let mut stream = self.connector.connect(Purpose::Internal, address, None).await?;
        stream.start_tls_client(&server.name, &self.tls).await?;
        match self.trust.is(&server.name, &stream).await {
            true => Ok(stream),
            false => Err(NoBackEnd::Untrusted),
        }
    }

    /// The session itself is ended by the back end, which says why; this is for a back end
    /// that is gone.
    fn silence_max(&self, session: &Session) -> Duration {
        let settings = match session {
            Session::Imap4 { .. } => &self.settings.imap4,
            Session::Pop3 => &self.settings.pop3,
        };
        beyond(settings.authenticated_connection_timeout.duration())
    }
}

/// What a back end says before the client would give up.
async fn in_time<T>(begun: impl Future<Output = Result<T, NoBackEnd>>) -> Result<T, NoBackEnd> {
    let patience = Duration::from_secs(BACK_END_ANSWER_SECS_MAX);
    timeout(patience, begun).await.unwrap_or(Err(NoBackEnd::Timeout))
}

/// How long both may be silent, so that it is the session that ends first.
fn beyond(of_session: Duration) -> Duration {
    of_session + Duration::from_secs(SPLICE_SILENCE_MARGIN_SECS)
}

/// A back end that does not know this server closes as soon as it sees the certificate, which
/// reaches us as an end or as a reset, whatever we are doing.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

fn back_end_of(session: &Session) -> &'static Listener {
    match session {
        Session::Imap4 { .. } => &IMAP4_BACK_END,
        Session::Pop3 => &POP3_BACK_END,
    }
}

async fn run(
    mut client: Stream,
    back_end: Stream,
    answer: &[u8],
    silence_max: Duration,
) -> io::Result<()> {
    relay::write(&mut client, answer).await?;
    relay::both_ways(client, back_end, silence_max).await
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_back_end_that_does_not_answer_is_given_up() {
        let begun = Instant::now();
        let never = in_time(std::future::pending::<Result<(), _>>()).await;
        assert!(matches!(never, Err(NoBackEnd::Timeout)));
        assert_eq!(begun.elapsed().as_secs(), BACK_END_ANSWER_SECS_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn the_session_ends_before_the_splice() {
        let (client, _client) = Stream::pair(64);
        let (back_end, _back_end) = Stream::pair(64);
        let (begun, of_session) = (Instant::now(), Duration::from_secs(1800));
        let ended = run(client, back_end, b"", beyond(of_session)).await;
        assert!(ended.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut));
        assert_eq!((begun.elapsed() - of_session).as_secs(), SPLICE_SILENCE_MARGIN_SECS);
    }
}
