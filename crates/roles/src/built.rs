//! What this program could open, for who asks without a running server.

use ports::capability::{INTERNET_SEND_CONNECTOR, RESOLVER};
use ports::listeners::{
    ACME, ACME_TLS, ADMIN, CLIENT_FRONTEND, CLIENT_FRONTEND_25, DEFAULT_FRONTEND, DEMO_SINK, IMAP4,
    IMAP4_BACK_END, IMAP4_TLS, POP3, POP3_BACK_END, POP3_TLS, SUBMISSION_TLS,
};
use ports::{Capability, Listener, Registry, Role};

/// Every listener that [`crate::MailboxServer`] can open, and what serves it. A test compares
/// this list with what a running server registers.
const LISTENERS: [(&Listener, &str); 14] = [
    (&DEFAULT_FRONTEND, "smtp::service"),
    (&CLIENT_FRONTEND, "smtp::service"),
    (&CLIENT_FRONTEND_25, "smtp::service"),
    (&SUBMISSION_TLS, "smtp::service"),
    (&IMAP4, "imap::service"),
    (&IMAP4_TLS, "imap::service"),
    (&POP3, "pop3::service"),
    (&POP3_TLS, "pop3::service"),
    (&IMAP4_BACK_END, "roles::backend"),
    (&POP3_BACK_END, "roles::backend"),
    (&ADMIN, "admin::api"),
    (&ACME, "acme"),
    (&ACME_TLS, "acme"),
    (&DEMO_SINK, "roles::demo::sink"),
];

/// What it can do besides.
const CAPABILITIES: [(&Capability, &str); 2] =
    [(&INTERNET_SEND_CONNECTOR, "roles::outbound"), (&RESOLVER, "net::resolve")];

/// The program's side of the port table: everything it has, nothing of it open. The server
/// has no name, so connectors keep the placeholder of the documents.
pub fn built() -> Registry {
    built_for("<Server>")
}

/// Whether the program can open it.
pub(crate) fn serves(listener: &Listener) -> bool {
    LISTENERS.iter().any(|(built, _)| built.id == listener.id)
}

/// The same for a server of this name.
pub(crate) fn built_for(server: &str) -> Registry {
    let mut registry = Registry::new(server, &[Role::Mailbox]);
    for (listener, implementation) in LISTENERS {
        registry.built(listener, implementation);
    }
    for (capability, implementation) in CAPABILITIES {
        registry.capability(capability, false, implementation);
    }
    registry
}
