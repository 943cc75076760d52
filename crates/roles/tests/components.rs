//! What the states of components do to a running server, at once and after a restart.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use config::Settings;
use config::component_state::ServerComponent;
use config::settings::ClientAccess;
use directory::ConfigurationObject;
use net::connect::Rules;
use net::{Connector, LineStream, Purpose};
use ports::Listener;
use ports::listeners::{DEFAULT_FRONTEND, IMAP4, POP3};
use roles::MailboxServer;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(60);

async fn server(data: &Path) -> MailboxServer {
    let [.., high, low] = std::process::id().to_be_bytes();
    let address: IpAddr = Ipv4Addr::new(127, 99, high, low).into();
    let service = ClientAccess { enabled: true, ..ClientAccess::default() };
    let settings: Settings = Settings {
        server_name: "mbx1.example.test".to_owned(),
        domains: vec!["example.test".to_owned()],
        data_directory: data.to_owned(),
        addresses: vec![address],
        port_offset: 20_000,
        imap4: service.clone(),
        pop3: service,
        ..Settings::default()
    };
    MailboxServer::start(settings).await.unwrap()
}

/// What one requester wants of a component.
async fn set(server: &MailboxServer, component: ServerComponent, state: &str) {
    let name = component.name();
    let document = format!("Name = \"{name}\"\nRequests = [\"Maintenance:{state}\"]\n");
    let object = ConfigurationObject::new("ServerComponentState", name, document);
    server.storage().directory.put_object(object, |_| Ok(())).await.unwrap();
}

async fn greeting(server: &MailboxServer, listener: &Listener) -> String {
    let address = server.registry().addresses(listener)[0];
    let connector = Connector::new(Rules::default());
    let stream = connector.connect(Purpose::Configured, address, None).await.unwrap();
    let line = LineStream::new(stream).line(8192, Instant::now() + PATIENCE).await;
    String::from_utf8(line.unwrap().to_vec()).unwrap()
}

/// Waits for the greeting that a service gives in its state.
async fn greets(server: &MailboxServer, listener: &Listener, begin: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let line = greeting(server, listener).await;
        if line.starts_with(begin) {
            return;
        }
        assert!(Instant::now() < until, "{line} instead of {begin}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const SERVICES: [(&Listener, ServerComponent, &str, &str); 4] = [
    (&IMAP4, ServerComponent::ImapProxy, "* OK", "* BYE [UNAVAILABLE] Service not active"),
    (&POP3, ServerComponent::PopProxy, "+OK", "-ERR [SYS/TEMP] service not active"),
    (&DEFAULT_FRONTEND, ServerComponent::FrontendTransport, "220 ", "421 4.3.2 Service not active"),
    (&DEFAULT_FRONTEND, ServerComponent::HubTransport, "220 ", "421 4.3.2 Service not active"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_active_takes_nobody_in() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    for (listener, component, active, closed) in SERVICES {
        for state in ["Inactive", "Draining"] {
            set(&server, component, state).await;
            greets(&server, listener, closed).await;
            for (other, its, open, _) in SERVICES {
                if other.id != listener.id && its != component {
                    assert!(greeting(&server, other).await.starts_with(open), "{}", its.name());
                }
            }
        }
        set(&server, component, "Active").await;
        greets(&server, listener, active).await;
    }
    set(&server, ServerComponent::ServerWideOffline, "Inactive").await;
    for (listener, _, _, closed) in SERVICES {
        greets(&server, listener, closed).await;
    }
    server.stop().await;
    let server = self::server(data.path()).await;
    greets(&server, &IMAP4, "* BYE [UNAVAILABLE]").await;
    server.stop().await;
}
