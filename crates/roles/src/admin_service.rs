//! The administration interface: on a socket in the data directory, and over HTTPS (row Z-04).

use std::path::PathBuf;
use std::sync::Arc;

use admin::api::{Api, SOCKET_NAME, Who, local_caller};
use admin::monitor::Monitor;
use auth::Authenticator;
use net::local::{LocalConnection, LocalListener, serve_local};
use net::{Connection, ConnectionLimits, ServerTls, Shutdown};
use ports::listeners::ADMIN;
use tokio::task::JoinHandle;
use types::limits::{ADMIN_CONNECTIONS_MAX, ADMIN_CONNECTIONS_PER_SOURCE_MAX};

use crate::health::Part;
use crate::listeners::{DRAIN, Protocol, gate};
use crate::metrics::Sessions;
use crate::monitor::ServerMonitor;
use crate::organization::{Running, organization};
use crate::server::{Parts, StartError};

/// The interface to this server and its data.
pub(crate) fn api(parts: &Parts) -> Arc<Api> {
    let (homes, transport) = (Arc::clone(&parts.homes), parts.transport.clone());
    let monitor: Arc<dyn Monitor> = Arc::new(ServerMonitor::new(parts));
    let running = Running { monitor, logs: Arc::clone(&parts.logs) };
    Arc::new(Api {
        organization: organization(&parts.file, &parts.storage, homes, transport, Some(running)),
    })
}

/// Serves the socket until shutdown is asked for. The databases are open, so nobody else
/// listens there.
pub(crate) fn serve_socket(
    parts: &Parts,
    api: Arc<Api>,
    shutdown: Shutdown,
) -> Result<JoinHandle<()>, StartError> {
    let path: PathBuf = parts.settings.data_directory.join(SOCKET_NAME);
    let listener = LocalListener::bind(&path)
        .map_err(|source| StartError::Folder { path: path.clone(), source })?;
    let connections_max = ADMIN_CONNECTIONS_MAX as usize;
    let sessions = Sessions::new(&parts.metrics, ADMIN.service);
    let handle = move |connection: LocalConnection| {
        let (open, api) = (sessions.begin(), Arc::clone(&api));
        let who = Who::Known(local_caller(connection.user));
        async move {
            let _open = open;
            admin::api::serve(connection.stream, api, who, connection.shutdown).await;
        }
    };
    let served = serve_local(listener, connections_max, DRAIN, shutdown, handle);
    let task = tokio::spawn(served);
    parts.health.watch(Part::listener(&ADMIN, SOCKET_NAME), &task);
    Ok(task)
}

const CONNECTIONS: ConnectionLimits = ConnectionLimits {
    total: ADMIN_CONNECTIONS_MAX,
    per_source: Some(ADMIN_CONNECTIONS_PER_SOURCE_MAX),
    per_source_percent: 100,
};

/// The interface over HTTPS, for who has a password.
pub(crate) fn protocol(parts: &Parts, api: Arc<Api>) -> Protocol<AdminHttps> {
    Protocol {
        implementation: "admin::api",
        gate: gate(&parts.settings, CONNECTIONS),
        farewell: b"",
        closed: b"",
        handler: AdminHttps {
            api,
            authenticator: Arc::clone(&parts.authenticator),
            tls: parts.tls.clone(),
        },
    }
}

/// Serves connections of the HTTPS listener.
#[derive(Clone)]
pub(crate) struct AdminHttps {
    api: Arc<Api>,
    authenticator: Arc<dyn Authenticator>,
    tls: ServerTls,
}

impl net::listener::Handler for AdminHttps {
    async fn handle(&self, mut connection: Connection) {
        if let Err(error) = connection.stream.start_tls_server(&self.tls).await {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
        let authenticator = Arc::clone(&self.authenticator);
        let who = Who::Password { authenticator, ip: connection.peer.ip() };
        let Connection { stream, shutdown, .. } = connection;
        admin::api::serve(stream, Arc::clone(&self.api), who, shutdown).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use net::Gate;

    use super::*;

    #[test]
    fn connections_have_limits_per_source_and_in_all() {
        let gate = Gate::new(CONNECTIONS);
        let mut taken = Vec::new();
        for source in 0..ADMIN_CONNECTIONS_MAX as u8 {
            let address = Ipv4Addr::new(192, 0, 2, source).into();
            let admitted = (0..=ADMIN_CONNECTIONS_PER_SOURCE_MAX).map(|_| gate.admit(address));
            let admitted: Vec<_> = admitted.filter_map(Result::ok).collect();
            assert!(admitted.len() <= ADMIN_CONNECTIONS_PER_SOURCE_MAX as usize);
            taken.extend(admitted);
        }
        assert_eq!(taken.len(), ADMIN_CONNECTIONS_MAX as usize);
        assert_eq!(gate.open(), ADMIN_CONNECTIONS_MAX);
    }
}
