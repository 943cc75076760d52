//! The administration interface over HTTPS (row Z-04) and on its socket, on a running server.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use auth::Password;
use config::Settings;
use config::settings::ListenerOverride;
use directory::{MailboxKind, NewMailbox};
use net::connect::Rules;
use net::{ClientTls, Connector, Purpose};
use ports::LISTENERS;
use ports::listeners::ADMIN;
use roles::MailboxServer;
use roles::storage::MAILBOX_DATABASE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Nothing is open but what is asked for, on any free port.
fn settings(data: &Path, open: bool) -> Settings {
    let listener = LISTENERS.into_iter().map(|listener| ListenerOverride {
        row: listener.id.to_owned(),
        enabled: Some(open && listener.id == ADMIN.id),
        addresses: Some(vec![LOOPBACK]),
        port: Some(0),
    });
    Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        listener: listener.collect(),
        ..Settings::default()
    }
}

/// What comes back over TLS for a request.
async fn exchange(server: &MailboxServer, request: &str) -> String {
    let address = server.registry().addresses(&ADMIN)[0];
    let connector = Connector::new(Rules::default());
    let mut stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
    stream
        .start_tls_client("mbx1.example.test", &ClientTls::opportunistic().unwrap())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn get_mailbox(authorization: &str) -> String {
    format!(
        "POST /v1/verbs/Get-Mailbox HTTP/1.1\r\nHost: mbx1.example.test\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n{authorization}\r\n{{}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_gets_in_over_https() {
    let data = tempfile::tempdir().unwrap();
    let server = MailboxServer::start(settings(data.path(), true)).await.unwrap();
    let mut new = NewMailbox::user("root@example.test".parse().unwrap(), "MBX1", MAILBOX_DATABASE);
    let password = Some(Password::new("secret").unwrap());
    new.kind = MailboxKind::User { password, administrator: true };
    server.storage().directory.create_mailbox(new).await.unwrap();
    let nobody = exchange(&server, &get_mailbox("")).await;
    assert!(nobody.starts_with("HTTP/1.1 401 "), "{nobody}");
    // root@example.test:secret
    let root = "Authorization: Basic cm9vdEBleGFtcGxlLnRlc3Q6c2VjcmV0\r\n";
    let shown = exchange(&server, &get_mailbox(root)).await;
    assert!(shown.starts_with("HTTP/1.1 200 "), "{shown}");
    assert!(shown.contains("root@example.test") && !shown.contains("secret"), "{shown}");
    let metrics = |authorization| {
        format!("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{authorization}\r\n")
    };
    let nobody = exchange(&server, &metrics("")).await;
    assert!(nobody.starts_with("HTTP/1.1 401 ") && !nobody.contains("rialto_"), "{nobody}");
    let ready = "GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let ready = exchange(&server, ready).await;
    assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
    let counted = exchange(&server, &metrics(root)).await;
    assert!(counted.contains("content-type: text/plain; version=0.0.4"), "{counted}");
    assert!(counted.contains("result=\"success\"} 2\n"), "{counted}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_there_while_the_server_runs_and_https_only_when_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let server = MailboxServer::start(settings(data.path(), false)).await.unwrap();
    assert!(server.registry().addresses(&ADMIN).is_empty());
    let socket = data.path().join(admin::api::SOCKET_NAME);
    assert!(net::local::connect_local(&socket).await.is_ok());
    server.stop().await;
    assert!(!socket.exists());
}
