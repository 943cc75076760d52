//! Sessions as text files, played over connections on loopback.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use net::{Connection, ConnectionLimits, Gate, Listener, Service, Shutdown, serve};
use pop3::Start;
use testkit::dialogue::Protocol;
use testkit::sockets::Sockets;
use testkit::transcript::check_directory;
use tokio::runtime::Runtime;

use crate::support::Fixture;

const ONE: &str = "Subject: one\r\n\r\nfirst\r\n.dot\r\n";
const TWO: &str = "Subject: zw\u{f6}lf\r\n\r\nsecond\r\n";

#[test]
fn all_transcripts() {
    let runtime = Runtime::new().unwrap();
    let running = RefCell::new(Vec::new());
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    check_directory(&directory, |_| {
        // The server of the replay before is not needed any more.
        running.borrow_mut().clear();
        let (server, trigger) = runtime.block_on(start());
        running.borrow_mut().push(trigger);
        Sockets::new(server, Protocol::Pop3)
    });
}

/// A server with two messages, until its trigger is dropped.
async fn start() -> (std::net::SocketAddr, net::ShutdownTrigger) {
    let server = Fixture::new(&[ONE, TWO]).await.server;
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local();
    let service = Service {
        name: "POP3".into(),
        gate: Gate::new(ConnectionLimits::UNLIMITED),
        farewell: b"".into(),
        closed: b"".as_slice().into(),
        proxies: Vec::new(),
        drain: std::time::Duration::ZERO,
    };
    let (trigger, shutdown) = Shutdown::new();
    let handler = move |connection: Connection| {
        let server = Arc::clone(&server);
        async move {
            let peer = connection.peer.ip();
            pop3::run(connection.stream, peer, &server, Start::Greeting).await;
        }
    };
    tokio::spawn(serve(listener, service, shutdown, handler));
    (address, trigger)
}
