//! Listeners, limits and shutdown over loopback sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use net::connect::Rules;
use net::{
    Connection, ConnectionLimits, Connector, Gate, Listener, Purpose, Service, Shutdown,
    ShutdownTrigger, Stream, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

struct Running {
    address: SocketAddr,
    gate: Arc<Gate>,
    trigger: ShutdownTrigger,
    task: JoinHandle<()>,
}

/// A server that sends a greeting and then echoes, until the client or the shutdown ends it.
fn start(limits: ConnectionLimits, proxies: &[&str]) -> Running {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (address, gate) = (listener.local(), Gate::new(limits));
    let service = Service {
        name: "test".into(),
        gate: Arc::clone(&gate),
        farewell: Cow::Borrowed(b"421 4.3.2 too many\r\n"),
        closed: Cow::Borrowed(b""),
        proxies: proxies.iter().map(|range| range.parse().unwrap()).collect(),
        drain: Duration::from_millis(50),
    };
    let (trigger, shutdown) = Shutdown::new();
    let task = tokio::spawn(serve(listener, service, shutdown, echo));
    Running { address, gate, trigger, task }
}

async fn echo(mut connection: Connection) {
    let greeting = format!("220 {}\r\n", connection.peer);
    connection.stream.write_all(greeting.as_bytes()).await.unwrap();
    let mut octet = [0];
    loop {
        tokio::select! {
            () = connection.shutdown.requested() => break,
            read = connection.stream.read(&mut octet) => match read {
                Ok(1) if octet == *b"!" => std::future::pending().await,
                Ok(1) => connection.stream.write_all(&octet).await.unwrap(),
                _ => break,
            },
        }
    }
}

async fn connect(address: SocketAddr) -> Stream {
    let connector = Connector::new(Rules::default());
    connector.connect(Purpose::Configured, address, None).await.unwrap()
}

async fn line(stream: &mut Stream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap()
}

async fn rest(mut stream: Stream) -> String {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    String::from_utf8(rest).unwrap()
}

#[tokio::test]
async fn over_the_limit_a_farewell_and_then_the_next_one_gets_in() {
    let server =
        start(ConnectionLimits { total: 1, per_source: None, per_source_percent: 100 }, &[]);
    let mut first = connect(server.address).await;
    assert!(line(&mut first).await.starts_with("220 127.0.0.1:"));
    assert_eq!(rest(connect(server.address).await).await, "421 4.3.2 too many\r\n");
    drop(first);
    while server.gate.open() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(line(&mut connect(server.address).await).await.starts_with("220 "));
}

#[tokio::test]
async fn shutdown_ends_polite_sessions_and_cuts_off_the_others() {
    let server = start(ConnectionLimits::UNLIMITED, &[]);
    let (mut polite, mut rude) = (connect(server.address).await, connect(server.address).await);
    line(&mut polite).await;
    line(&mut rude).await;
    rude.write_all(b"!").await.unwrap();
    // The echo of the other connection proves nothing about this one; let it be read.
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.trigger.shut_down();
    assert_eq!(rest(polite).await, "");
    server.task.await.unwrap();
    assert_eq!(rest(rude).await, "");
    assert_eq!(server.gate.open(), 0);
    let refused =
        Connector::new(Rules::default()).connect(Purpose::Configured, server.address, None).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_listed_balancer_names_the_client_and_must_do_so() {
    let server = start(ConnectionLimits::UNLIMITED, &["127.0.0.0/8"]);
    let mut named = connect(server.address).await;
    named.write_all(b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\nx").await.unwrap();
    assert_eq!(line(&mut named).await, "220 192.0.2.7:4711\r\n");
    assert_eq!(named.read_u8().await.unwrap(), b'x', "what follows the header is the session's");
    let mut unnamed = connect(server.address).await;
    unnamed.write_all(b"EHLO client.example\r\n").await.unwrap();
    let mut got = Vec::new();
    // Closed with input unread: an end of stream or a reset, and never a greeting.
    let _ended = unnamed.read_to_end(&mut got).await;
    assert!(got.is_empty());
}

#[tokio::test]
async fn the_limit_per_source_counts_the_balancers_clients_apart() {
    let limits = ConnectionLimits { total: 10, per_source: Some(1), per_source_percent: 100 };
    let server = start(limits, &["127.0.0.1"]);
    let mut held = Vec::new();
    for (client, expected) in [("192.0.2.1", "220"), ("192.0.2.2", "220"), ("192.0.2.1", "421")] {
        let mut stream = connect(server.address).await;
        let header = format!("PROXY TCP4 {client} 198.51.100.1 4711 25\r\n");
        stream.write_all(header.as_bytes()).await.unwrap();
        assert!(line(&mut stream).await.starts_with(expected), "{client}");
        held.push(stream);
    }
}

#[tokio::test]
async fn both_families_can_have_the_same_port() {
    let v4 = Listener::bind("0.0.0.0:0".parse().unwrap()).unwrap();
    let port = v4.local().port();
    assert_eq!(v4.reachable(), SocketAddr::new("127.0.0.1".parse().unwrap(), port));
    match Listener::bind(SocketAddr::new("::".parse().unwrap(), port)) {
        Ok(v6) => assert_eq!(v6.reachable(), SocketAddr::new("::1".parse().unwrap(), port)),
        // A host without IPv6, or somebody else's port by chance; never because of ours.
        Err(error) => eprintln!("IPv6 half of the test skipped: {error}"),
    }
    let taken = Listener::bind(v4.reachable()).unwrap_err();
    assert_eq!(taken.source.kind(), std::io::ErrorKind::AddrInUse);
}
