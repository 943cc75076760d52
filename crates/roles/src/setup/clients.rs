//! What people enter into their mail programs.

use std::fmt::Write as _;

use config::Endpoint;
use ports::Listener;
use ports::listeners::{CLIENT_FRONTEND, IMAP4, IMAP4_TLS, POP3, POP3_TLS, SUBMISSION_TLS};
use types::{Address, Port};

use crate::open_ports::encryption;

/// A service for mail programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientService {
    /// What is listed, and how it is protected.
    pub listener: &'static Listener,
    /// Where it listens.
    pub port: Port,
    /// The service of its SRV record (RFC 6186 section 3, RFC 8314 section 5.1).
    pub srv: &'static str,
    /// The priority of that record: what is preferred has the lowest.
    pub priority: u16,
}

/// All there can be, what is recommended first: TLS from the first octet (RFC 8314 section 3).
const KNOWN: [(&Listener, &str, u16); 6] = [
    (&IMAP4_TLS, "imaps", 0),
    (&IMAP4, "imap", 10),
    (&POP3_TLS, "pop3s", 20),
    (&POP3, "pop3", 30),
    (&SUBMISSION_TLS, "submissions", 0),
    (&CLIENT_FRONTEND, "submission", 10),
];

/// Those of the endpoints that are for mail programs.
pub fn services(endpoints: &[Endpoint]) -> Vec<ClientService> {
    let known = KNOWN.iter().filter_map(|&(known, srv, priority)| {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.listener.id == known.id)?;
        let port = endpoint.bindings.first()?.port();
        Some(ClientService { listener: endpoint.listener, port, srv, priority })
    });
    known.collect()
}

/// The settings, one line a service.
pub fn text(services: &[ClientService], server: &str, user: &Address) -> String {
    let mut text = String::new();
    for service in services {
        let direction = if service.srv.starts_with("sub") { "Outgoing" } else { "Incoming" };
        let protocol = service.listener.protocol().split(' ').next().unwrap_or_default();
        let port = service.port.number();
        let protection = encryption(service.listener.encryption);
        let _ = writeln!(text, "{direction}   {protocol:<7}{server}   port {port:<6}{protection}");
    }
    let _ = writeln!(text, "User name  {user}   (the whole address), normal password");
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use config::Settings;
    use config::settings::ClientAccess;
    use expect_test::expect;

    #[test]
    fn what_people_enter() {
        let enabled = ClientAccess { enabled: true, ..ClientAccess::default() };
        let settings = Settings { imap4: enabled.clone(), pop3: enabled, ..Settings::default() };
        let open: Vec<_> =
            settings.endpoints().unwrap().into_iter().filter(|e| e.enabled).collect();
        let user = Address::parse("ann@contoso.com").unwrap();
        let text = text(&services(&open), "mail.contoso.com", &user);
        expect![[r#"
              Incoming   IMAP4  mail.contoso.com   port 993   TLS
              Incoming   IMAP4  mail.contoso.com   port 143   STARTTLS
              Incoming   POP3   mail.contoso.com   port 995   TLS
              Incoming   POP3   mail.contoso.com   port 110   STARTTLS
              Outgoing   SMTP   mail.contoso.com   port 465   TLS
              Outgoing   SMTP   mail.contoso.com   port 587   STARTTLS
              User name  ann@contoso.com   (the whole address), normal password
        "#]]
        .assert_eq(&text);
    }
}
