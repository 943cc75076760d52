//! Accepting connections: bind, let in what the limits allow, hand each connection to a
//! handler, and end in order.

use std::borrow::Cow;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tracing::{Instrument, debug, error, error_span, warn};
use types::IpRange;
use types::limits::{ACCEPT_BACKLOG, ACCEPT_PAUSE_SECS, KEEPALIVE_SECS};

use crate::gate::{Gate, Refusal};
use crate::proxy;
use crate::session_id::SessionId;
use crate::shutdown::Shutdown;
use crate::stream::Stream;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// The system's answer.
    #[source]
    pub source: io::Error,
}

/// A bound TCP socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    local: SocketAddr,
}

impl Listener {
    /// Binds. Port 0 takes any free port; [`Listener::local`] tells which. `[::]` takes IPv6
    /// only, so that it and `0.0.0.0` can stand side by side, as Exchange's bindings do.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        bind(address).map_err(|source| BindError { address, source })
    }

    /// The address it is bound to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The address, with the wildcard replaced by loopback: how this host reaches it.
    pub fn reachable(&self) -> SocketAddr {
        let mut address = self.local;
        match address {
            SocketAddr::V4(_) if address.ip().is_unspecified() => {
                address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
            }
            SocketAddr::V6(_) if address.ip().is_unspecified() => {
                address.set_ip(Ipv6Addr::LOCALHOST.into());
            }
            _ => {}
        }
        address
    }
}

fn bind(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Without it a restart fails while old connections linger in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    let local = socket.local_addr()?;
    Ok(Listener { socket, local })
}

/// What a listener serves, apart from the handler.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in logs, such as the connector's.
    pub name: Arc<str>,
    /// Who is let in.
    pub gate: Arc<Gate>,
    /// Line that tells a refused client why, in the protocol's words; empty where the
    /// protocol begins with TLS.
    pub farewell: Cow<'static, [u8]>,
    /// What a client reads while the gate is closed.
    pub closed: Cow<'static, [u8]>,
    /// Balancers whose connections begin with a PROXY protocol header.
    pub proxies: Vec<IpRange>,
    /// How long sessions may go on after shutdown was asked for.
    pub drain: Duration,
}

/// One accepted connection.
#[derive(Debug)]
pub struct Connection {
    /// The bytes.
    pub stream: Stream,
    /// The client, as the balancer names it where there is one.
    pub peer: SocketAddr,
    /// The address the client connected to.
    pub local: SocketAddr,
    /// The name of its session in all logs.
    pub id: SessionId,
    /// Goes up when the session should end at its next good moment.
    pub shutdown: Shutdown,
}

/// Serves one connection to its end.
pub trait Handler: Send + Sync + 'static {
    /// Runs the session. Dropping the future ends the connection.
    fn handle(&self, connection: Connection) -> impl Future<Output = ()> + Send;
}

impl<F, R> Handler for F
where
    F: Fn(Connection) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send,
{
    fn handle(&self, connection: Connection) -> impl Future<Output = ()> + Send {
        self(connection)
    }
}

/// Accepts until shutdown is asked for, then waits for the sessions, at most `service.drain`.
pub async fn serve<H: Handler>(
    listener: Listener,
    service: Service,
    shutdown: Shutdown,
    handler: H,
) {
    let door = Arc::new(Door { service, shutdown, handler });
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = door.shutdown.requested() => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.socket.accept() => match accepted {
                Ok((socket, peer)) => { sessions.spawn(Arc::clone(&door).session(socket, peer)); }
                Err(error) => pause(&door.service.name, &error).await,
            },
        }
    }
    drop(listener);
    drain(sessions, door.service.drain).await;
}

/// Everything a session of one listener shares.
struct Door<H> {
    service: Service,
    shutdown: Shutdown,
    handler: H,
}

impl<H: Handler> Door<H> {
    async fn session(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        let id = SessionId::next();
        // Of the highest level, or a filter that keeps warnings would take the session off them.
        let span = error_span!("connection", service = %self.service.name, session = %id, %peer);
        async move {
            match self.open(socket, peer, id).await {
                Ok(connection) => self.admit(connection).await,
                Err(error) => debug!(%error, "connection dropped before it began"),
            }
        }
        .instrument(span)
        .await;
    }

    /// Learns who is there, from the balancer where one is in front.
    async fn open(
        &self,
        socket: TcpStream,
        peer: SocketAddr,
        id: SessionId,
    ) -> io::Result<Connection> {
        set_options(&socket)?;
        let mut ends =
            proxy::Ends { peer: canonical(peer), local: canonical(socket.local_addr()?) };
        let mut stream = Stream::from_tcp(socket);
        if self.service.proxies.iter().any(|range| range.contains(peer.ip())) {
            let header = proxy::read_header(&mut stream).await.map_err(io::Error::other)?;
            ends = header.ends.unwrap_or(ends);
        }
        let shutdown = self.shutdown.clone();
        Ok(Connection { stream, peer: ends.peer, local: ends.local, id, shutdown })
    }

    async fn admit(&self, connection: Connection) {
        match self.service.gate.admit(connection.peer.ip()) {
            Ok(_permit) => self.handler.handle(connection).await,
            Err(refusal) => self.refuse(connection, refusal).await,
        }
    }

    /// Says why and closes. The line fits into an empty send buffer, so this does not wait.
    async fn refuse(&self, mut connection: Connection, refusal: Refusal) {
        use tokio::io::AsyncWriteExt;
        warn!(%refusal, peer = %connection.peer, "connection refused");
        let line = match refusal {
            Refusal::Total | Refusal::Source => &self.service.farewell,
            Refusal::Closed => &self.service.closed,
        };
        let written = connection.stream.write_all(line).await;
        let closed = connection.stream.shutdown().await;
        if let Err(error) = written.and(closed) {
            debug!(%error, "the refused client did not wait for the answer");
        }
    }
}

/// Small answers go out at once, and dead peers are noticed.
fn set_options(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(KEEPALIVE_SECS));
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

/// IPv4 clients look like IPv4, whatever socket they came through.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// After a failed accept. A client that left already is no reason to wait; lack of
/// descriptors is, or the loop would spin.
pub(crate) async fn pause(service: &str, error: &io::Error) {
    if error.kind() == io::ErrorKind::ConnectionAborted {
        return;
    }
    warn!(service, %error, "cannot accept");
    tokio::time::sleep(Duration::from_secs(ACCEPT_PAUSE_SECS)).await;
}

/// A session that panicked took only itself down; say so.
pub(crate) fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a session panicked");
    }
}

/// Waits for the sessions, and cuts off those that do not end in time.
pub(crate) async fn drain(mut sessions: JoinSet<()>, limit: Duration) {
    let all_ended = async {
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(limit, all_ended).await.is_err() {
        warn!(sessions = sessions.len(), "sessions cut off by shutdown");
        sessions.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gate::ConnectionLimits;
    use std::os::fd::AsFd;
    use tokio::time::Instant;
    use types::limits::DRAIN_SECS_MAX;

    #[tokio::test(start_paused = true)]
    async fn sessions_that_do_not_end_are_cut_off() {
        let mut sessions = JoinSet::new();
        sessions.spawn(std::future::pending());
        let begun = Instant::now();
        drain(sessions, Duration::from_secs(DRAIN_SECS_MAX)).await;
        assert_eq!(begun.elapsed().as_secs(), DRAIN_SECS_MAX);
    }

    fn door() -> Door<impl Handler> {
        let service = Service {
            name: "test".into(),
            gate: Gate::new(ConnectionLimits::UNLIMITED),
            farewell: Cow::Borrowed(b""),
            closed: Cow::Borrowed(b""),
            proxies: Vec::new(),
            drain: Duration::ZERO,
        };
        let shutdown = Shutdown::new().1;
        Door { service, shutdown, handler: |_: Connection| async {} }
    }

    #[tokio::test]
    async fn the_kernel_asks_after_silent_peers() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let _client = TcpStream::connect(listener.local()).await.unwrap();
        let (socket, peer) = listener.socket.accept().await.unwrap();
        let same_socket = Socket::from(socket.as_fd().try_clone_to_owned().unwrap());
        let _connection = door().open(socket, peer, SessionId::next()).await.unwrap();
        assert!(same_socket.keepalive().unwrap());
        let silence = same_socket.tcp_keepalive_time().unwrap();
        assert_eq!(silence, Duration::from_secs(KEEPALIVE_SECS));
    }

    #[tokio::test(start_paused = true)]
    async fn accepting_rests_only_when_trying_again_at_once_is_no_use() {
        for (kind, secs) in
            [(io::ErrorKind::ConnectionAborted, 0), (io::ErrorKind::OutOfMemory, ACCEPT_PAUSE_SECS)]
        {
            let began = Instant::now();
            pause("test", &kind.into()).await;
            assert_eq!(began.elapsed().as_secs(), secs, "{kind}");
        }
    }

    /// The clients leave at once, so they cost no descriptors; the queue keeps their places.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_kernel_queues_a_burst_of_clients() {
        const UNANSWERED: Duration = Duration::from_millis(200);
        let of_system = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let places = ACCEPT_BACKLOG.min(of_system.trim().parse().unwrap());
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let connect =
            |_: &i32| std::net::TcpStream::connect_timeout(&listener.local(), UNANSWERED).is_ok();
        // Linux gives one place more than it was asked for.
        let queued = (0..places + 2).take_while(connect).count();
        assert_eq!(queued, places as usize + 1);
    }
}
