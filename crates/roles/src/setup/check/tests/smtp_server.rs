//! A server that greets and does nothing else.

use std::borrow::Cow;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use net::tls::ServerTlsOptions;
use net::{
    CertificateStore, Connection, ConnectionLimits, Gate, Listener, ServerTls, Service, Shutdown,
    ShutdownTrigger, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// It ends when this is dropped.
pub(super) struct SmtpServer {
    pub address: SocketAddr,
    _trigger: ShutdownTrigger,
}

impl SmtpServer {
    /// One that says this to everybody, and then waits until they are gone.
    pub fn saying(greeting: &'static str) -> Self {
        SmtpServer::start(greeting, None)
    }

    /// The same in TLS from the first octet.
    pub fn in_tls(greeting: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = CertificateStore::open_or_generate(folder.path(), &["a.test".into()], None);
        let tls = ServerTls::new(Arc::new(store.unwrap()), &ServerTlsOptions::default()).unwrap();
        SmtpServer::start(greeting, Some(tls))
    }

    fn start(greeting: &'static str, tls: Option<ServerTls>) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local();
        let service = Service {
            name: "greeting".into(),
            gate: Gate::new(ConnectionLimits::UNLIMITED),
            farewell: Cow::Borrowed(b""),
            closed: Cow::Borrowed(b""),
            proxies: Vec::new(),
            drain: Duration::ZERO,
        };
        let handler = move |connection: Connection| greet(connection, greeting, tls.clone());
        let (trigger, shutdown) = Shutdown::new();
        tokio::spawn(serve(listener, service, shutdown, handler));
        SmtpServer { address, _trigger: trigger }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

async fn greet(mut connection: Connection, greeting: &str, tls: Option<ServerTls>) {
    let stream = &mut connection.stream;
    if let Some(tls) = tls
        && stream.start_tls_server(&tls).await.is_err()
    {
        return;
    }
    // The peer may hang up at any time.
    let _ = stream.write_all(greeting.as_bytes()).await;
    let _ = stream.flush().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A port of this host at which nobody listens.
pub(super) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
