//! SMTP in: the Receive connectors of Front End Transport (rows P-01, P-02, C-13, C-14), from
//! an accepted connection to transport's submission.
//!
//! In one process Front End Transport and Transport are one: the front end's proxy hop (row
//! M-02) is a function call, and the 250 is the back end's.

mod connectors;
mod envelope;
mod intake;
mod rate;
mod room;
mod session;
mod throttle;
mod trace;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use config::Settings;
use config::receive::ReceiveConnector;
use config::settings::Invalid;
use net::{Budget, Connection, Gate, ServerTls};
use smtp::server::{ConnectorPolicy, Peer, Server};
use types::{Domain, Timestamp};

use crate::listeners::gate;
use crate::logs::{self, Logs};
use crate::server::Parts;
use crate::tls::{self, StreamTls};
pub(crate) use intake::Intake;
use session::{Counting, Session};
use throttle::Throttle;
use trace::Trace;

/// Serves connections of all SMTP listeners: which connector a connection belongs to is
/// decided by where it came in and where from.
#[derive(Clone)]
pub(crate) struct SmtpIn(Arc<Shared>);

struct Shared {
    doors: RwLock<Arc<Doors>>,
    domain: Domain,
    intake: Arc<Intake>,
    authenticator: Arc<dyn auth::Authenticator>,
    budget: Arc<Budget>,
    tls: ServerTls,
    logs: Arc<Logs>,
    throttle: Arc<Throttle>,
    /// Listeners that begin with TLS.
    implicit: Vec<SocketAddr>,
}

/// The connectors in use, all at once: they change while the server runs.
struct Doors {
    connectors: Vec<ReceiveConnector>,
    by_name: HashMap<String, Arc<Door>>,
}

/// A connector in use.
struct Door {
    connector: ReceiveConnector,
    policy: Arc<ConnectorPolicy>,
    gate: Arc<Gate>,
    rate: Option<Arc<Counting>>,
    trace: Arc<Trace>,
}

impl SmtpIn {
    pub(crate) fn new(parts: &Parts, server: Domain) -> Result<Self, Invalid> {
        let domain = parts.default_domain();
        let connectors = parts.settings.receive_connectors()?;
        let doors = Doors::new(connectors, &parts.settings, &domain, &server, None);
        let intake = Intake {
            transport: parts.transport.clone(),
            database: parts.storage.mailboxes.clone(),
            directory: parts.storage.directory.clone(),
            homes: parts.homes.clone(),
            server,
            room: room::Room::default(),
            slow: Arc::clone(&parts.slow),
        };
        Ok(SmtpIn(Arc::new(Shared {
            doors: RwLock::new(Arc::new(doors)),
            domain,
            intake: Arc::new(intake),
            authenticator: Arc::clone(&parts.authenticator),
            budget: Arc::clone(&parts.intake_memory),
            tls: parts.tls.clone(),
            logs: Arc::clone(&parts.logs),
            throttle: Arc::new(Throttle::new(&parts.throttling)),
            implicit: implicit_addresses(parts),
        })))
    }

    /// Takes the Receive connectors of these settings for connections that come from now on.
    /// A connector that stays as it is keeps counting where it was.
    pub(crate) fn reload(&self, settings: &Settings) -> Result<(), Invalid> {
        let shared = &self.0;
        let (old, connectors) = (shared.doors(), settings.receive_connectors()?);
        let server = &shared.intake.server;
        let doors = Doors::new(connectors, settings, &shared.domain, server, Some(&old));
        *shared.doors.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(doors);
        Ok(())
    }
}

impl Doors {
    fn new(
        connectors: Vec<ReceiveConnector>,
        settings: &Settings,
        domain: &Domain,
        server: &Domain,
        old: Option<&Doors>,
    ) -> Self {
        let door = |connector: &ReceiveConnector| {
            let kept = old.and_then(|old| old.by_name.get(&connector.name));
            match kept.filter(|door| door.connector == *connector) {
                Some(door) => door.offering(connectors::mechanisms(settings)),
                None => Arc::new(Door::new(connector, settings, domain, server)),
            }
        };
        let by_name = connectors.iter().map(|one| (one.name.clone(), door(one))).collect();
        Doors { connectors, by_name }
    }
}

impl Door {
    fn new(
        connector: &ReceiveConnector,
        settings: &Settings,
        domain: &Domain,
        server: &Domain,
    ) -> Self {
        let trace = Trace::of(connector, server);
        let rate = Counting::of(connector).filter(|_| !settings.unthrottled);
        Door {
            policy: Arc::new(connectors::policy(connector, settings, domain.clone(), &trace)),
            gate: gate(settings, connectors::connections(connector)),
            rate: rate.map(Arc::new),
            trace: Arc::new(trace),
            connector: connector.clone(),
        }
    }

    /// The same one, with its counts, for clients that may log in by these mechanisms.
    fn offering(self: &Arc<Self>, sasl: Vec<String>) -> Arc<Self> {
        if self.policy.sasl == sasl {
            return Arc::clone(self);
        }
        Arc::new(Door {
            connector: self.connector.clone(),
            policy: Arc::new(ConnectorPolicy { sasl, ..ConnectorPolicy::clone(&self.policy) }),
            gate: Arc::clone(&self.gate),
            rate: self.rate.clone(),
            trace: Arc::clone(&self.trace),
        })
    }
}

/// Addresses of the listener for submission with implicit TLS (row Z-01).
fn implicit_addresses(parts: &Parts) -> Vec<SocketAddr> {
    let endpoint = parts.settings.endpoint(&ports::listeners::SUBMISSION_TLS);
    let bindings = endpoint.map(|endpoint| endpoint.bindings).unwrap_or_default();
    bindings.into_iter().map(|binding| binding.socket_address()).collect()
}

impl net::listener::Handler for SmtpIn {
    async fn handle(&self, mut connection: Connection) {
        let shared = &self.0;
        let Some(door) = shared.door(&connection) else {
            tracing::info!(peer = %connection.peer, "no Receive connector is for this client");
            return;
        };
        let log = shared.log(&door.connector, &connection);
        let Ok(_permit) = door.gate.admit(connection.peer.ip()) else {
            return tls::farewell(connection.stream, TOO_MANY).await;
        };
        let upgrade = StreamTls(&shared.tls);
        let secured = match shared.is_implicit(connection.local) {
            false => None,
            true => match tls::accept(&mut connection.stream, &shared.tls).await {
                Ok(info) => Some(info),
                Err(error) => return tracing::debug!(%error, "TLS handshake failed"),
            },
        };
        let peer = Peer { address: connection.peer, connected_at: now(shared), tls: secured };
        let server = Server::new(Arc::clone(&door.policy), peer, std::time::Instant::now());
        let session = Session::new(shared, &door, log);
        let shutdown = connection.shutdown.clone();
        let ended =
            smtp::service::serve(&mut connection.stream, &upgrade, server, session, async move {
                shutdown.requested().await;
            });
        if let Err(error) = ended.await {
            tracing::debug!(%error, "SMTP session broke off");
        }
    }
}

/// 421 4.3.2, as Exchange refuses beyond MaxInboundConnection.
/// What a client reads while FrontendTransport or HubTransport is not active.
pub(crate) const NOT_ACTIVE: &[u8] = b"421 4.3.2 Service not active\r\n";
const TOO_MANY: &[u8] = b"421 4.3.2 Too many connections\r\n";

impl Shared {
    fn doors(&self) -> Arc<Doors> {
        Arc::clone(&self.doors.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The connector that a connection belongs to.
    fn door(&self, connection: &Connection) -> Option<Arc<Door>> {
        let (doors, from) = (self.doors(), connection.peer.ip());
        let connector = config::select(&doors.connectors, connection.local, from)?;
        doors.by_name.get(&connector.name).cloned()
    }

    /// The connection's protocol log, where there is one, begun.
    fn log(&self, connector: &ReceiveConnector, connection: &Connection) -> Option<logs::Protocol> {
        let local = Some(connection.local);
        let endpoints = logs::Endpoints { local, remote: connection.peer };
        let mut log = self.logs.receive(connector, connection.id, endpoints)?;
        log.connected(local);
        Some(log)
    }

    /// A listener on all addresses shows its connections with the address they came to.
    fn is_implicit(&self, local: SocketAddr) -> bool {
        self.implicit.iter().any(|address| {
            address.port() == local.port()
                && (address.ip().is_unspecified() || address.ip() == local.ip().to_canonical())
        })
    }
}

fn now(shared: &Shared) -> Timestamp {
    shared.intake.database.now()
}
