//! What a change of the directory's configuration objects does to a running server.
#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use config::Settings;
use config::settings::ListenerOverride;
use directory::ConfigurationObject;
use net::connect::Rules;
use net::{Connector, Purpose};
use ports::LISTENERS;
use roles::MailboxServer;

/// Longest wait for the server; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than it takes until a binding is tried again.
const LATER: Duration = Duration::from_secs(100);

/// A server whose rows are closed.
async fn server(data: &Path) -> MailboxServer {
    let closed = LISTENERS.into_iter().map(|listener| ListenerOverride {
        row: listener.id.to_owned(),
        enabled: Some(false),
        addresses: None,
        port: None,
    });
    let settings = Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        listener: closed.collect(),
        ..Settings::default()
    };
    MailboxServer::start(settings).await.unwrap()
}

/// A Receive connector with one binding.
fn connector(name: &str, binding: SocketAddr) -> ConfigurationObject {
    let document = format!("Name = \"{name}\"\nBindings = [\"{binding}\"]\n");
    ConfigurationObject::new("ReceiveConnector", name, document)
}

async fn is_open(address: SocketAddr) -> bool {
    Connector::new(Rules::default()).connect(Purpose::Configured, address, None).await.is_ok()
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_binding_that_is_taken_is_opened_when_it_is_free() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (taken_at, other) = (taken.local_addr().unwrap(), free());
    let directory = &server.storage().directory;
    directory.put_object(connector("Taken", taken_at), |_| Ok(())).await.unwrap();
    directory.put_object(connector("Other", other), |_| Ok(())).await.unwrap();
    admin::organization::effective(&Settings::default(), &directory.snapshot()).unwrap();
    let opened = async {
        while !is_open(other).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, opened).await.unwrap();
    drop(taken);
    assert!(!is_open(taken_at).await);
    // What takes real time is over.
    tokio::time::pause();
    tokio::time::sleep(LATER).await;
    tokio::time::resume();
    assert!(is_open(taken_at).await);
    server.stop().await;
}
