//! Where the demonstration's outgoing mail ends (row Z-05): an SMTP server that takes
//! everything from this host and puts it into a folder.

mod folder;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use net::{Connection, ConnectionLimits};
use smtp::codec::{Enhanced, MailParams, RcptParams, Reply};
use smtp::server::{
    AuthMechanisms, ConnectorPolicy, Peer, PermissionGroups, Rights, Server, SessionInfo,
    Transaction, Verdict,
};
use smtp::service::{Backend, NoTls};
use types::limits::DEMO_SINK_CONNECTIONS_MAX;
use types::{Address, Clock, ReversePath, SystemClock};

pub use folder::{FOLDER_NAME, Folder};

use crate::listeners::{Protocol, gate};
use crate::server::Parts;

/// More than a demonstration needs.
const CONNECTIONS: ConnectionLimits =
    ConnectionLimits { total: DEMO_SINK_CONNECTIONS_MAX, ..ConnectionLimits::UNLIMITED };

/// The sink as its listener serves it. It writes below the data directory of the settings.
pub(crate) fn protocol(parts: &Parts) -> Protocol<Sink> {
    let folder = Folder::new(&parts.settings.data_directory);
    Protocol {
        implementation: "roles::demo::sink",
        gate: gate(&parts.settings, CONNECTIONS),
        farewell: b"421 4.3.2 Too many connections\r\n",
        closed: b"",
        handler: Sink { folder: Arc::new(folder), policy: Arc::new(policy(parts)) },
    }
}

/// A relay for whoever reaches it, and only this host does.
fn policy(parts: &Parts) -> ConnectorPolicy {
    ConnectorPolicy {
        auth: AuthMechanisms::NONE,
        permission_groups: PermissionGroups::ANONYMOUS_USERS,
        anonymous_rights: Rights::ACCEPT_ANY_RECIPIENT,
        unthrottled: true,
        ..ConnectorPolicy::custom("Demo sink", &parts.settings.server_name, parts.default_domain())
    }
}

/// Serves connections to the sink.
#[derive(Clone)]
pub(crate) struct Sink {
    folder: Arc<Folder>,
    policy: Arc<ConnectorPolicy>,
}

impl net::listener::Handler for Sink {
    async fn handle(&self, mut connection: Connection) {
        let peer = Peer { address: connection.peer, connected_at: SystemClock.now(), tls: None };
        let server = Server::new(Arc::clone(&self.policy), peer, Instant::now());
        let backend = Everything { folder: Arc::clone(&self.folder) };
        let shutdown = connection.shutdown.clone();
        let stopping = async move { shutdown.requested().await };
        let session =
            smtp::service::serve(&mut connection.stream, &NoTls, server, backend, stopping);
        if let Err(error) = session.await {
            tracing::debug!(%error, "a session with the sink broke off");
        }
    }
}

/// Takes everything.
struct Everything {
    folder: Arc<Folder>,
}

impl Backend for Everything {
    type Sink = Message;

    async fn mail_from(
        &mut self,
        _session: &SessionInfo,
        _reverse_path: &ReversePath,
        _params: &MailParams,
    ) -> Verdict {
        Verdict::Accept
    }

    async fn rcpt_to(
        &mut self,
        _session: &SessionInfo,
        _transaction: &Transaction,
        _recipient: &Address,
        _params: &RcptParams,
    ) -> Verdict {
        Verdict::Accept
    }

    async fn begin(
        &mut self,
        _session: &SessionInfo,
        transaction: &Transaction,
    ) -> Result<Message, Reply> {
        let content = envelope_fields(transaction).into_bytes();
        Ok(Message { folder: Arc::clone(&self.folder), content })
    }
}

/// What the envelope said, as header fields before the message's own: Return-Path (RFC 5321
/// section 4.4), and one Delivered-To for each recipient.
fn envelope_fields(transaction: &Transaction) -> String {
    let recipients = transaction.recipients.iter();
    let delivered: String =
        recipients.map(|(address, _)| format!("Delivered-To: {address}\r\n")).collect();
    format!("Return-Path: {}\r\n{delivered}", transaction.reverse_path)
}

/// A message on its way into the folder. In memory: the session bounds it, and the listener
/// the number of sessions.
struct Message {
    folder: Arc<Folder>,
    content: Vec<u8>,
}

impl smtp::service::Sink for Message {
    async fn write(&mut self, piece: Vec<u8>) -> Result<(), Reply> {
        self.content.extend_from_slice(&piece);
        Ok(())
    }

    async fn finish(self, _session: &SessionInfo, _transaction: &Transaction) -> Vec<Reply> {
        let Message { folder, content } = self;
        let kept = tokio::task::spawn_blocking(move || folder.keep(&content)).await;
        vec![match kept {
            Ok(Ok(_)) => Reply::new(250, Enhanced(2, 6, 0), "Kept"),
            Ok(Err(error)) => not_kept(&error),
            Err(error) => not_kept(&error),
        }]
    }
}

fn not_kept(error: &dyn fmt::Display) -> Reply {
    tracing::error!(%error, "the sink cannot keep a message");
    Reply::new(451, Enhanced(4, 3, 0), "The sink cannot write")
}

#[cfg(test)]
mod tests {
    use net::Gate;

    use super::*;

    #[test]
    fn so_many_connections_are_taken() {
        let gate = Gate::new(CONNECTIONS);
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        let taken: Vec<_> = (0..DEMO_SINK_CONNECTIONS_MAX).map(|_| gate.admit(here)).collect();
        assert!(taken.iter().all(Result::is_ok) && gate.admit(here).is_err());
    }
}
