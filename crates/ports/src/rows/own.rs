//! Group Z. Listeners of this product that no document names.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("SMTP submission with implicit TLS"),
        ports: &[tcp(465, "SMTP over TLS")],
        source: s("SMTP clients"),
        destination: s("Mailbox server"),
        service: s("Front End Transport"),
        encryption: s("TLS (RFC 8314 section 3.3)"),
        default: s("on while the organization has one server"),
        notes: &[s(
            "Exchange gives 465 to Client Proxy (rows C-15, P-04), which an organization of one server does not need; with several servers the port is the connector's",
        )],
        ..row("Z-01", Listener)
    },
    Row {
        purpose: s("IMAP4 back-end service"),
        ports: &[tcp(1993, "IMAP4 over TLS")],
        source: s("IMAP4 front-end services"),
        destination: s("Mailbox server that holds the active copy"),
        service: s("IMAP4 back-end service"),
        encryption: s("TLS"),
        default: s("off"),
        notes: &[s("Exchange's back-end port; the documents name only the service (row C-11)")],
        ..row("Z-02", Listener)
    },
    Row {
        purpose: s("POP3 back-end service"),
        ports: &[tcp(1995, "POP3 over TLS")],
        source: s("POP3 front-end services"),
        destination: s("Mailbox server that holds the active copy"),
        service: s("POP3 back-end service"),
        encryption: s("TLS"),
        default: s("off"),
        notes: &[s("Exchange's back-end port; the documents name only the service (row C-12)")],
        ..row("Z-03", Listener)
    },
    Row {
        purpose: s("Administration and metrics"),
        ports: &[tcp(9443, "HTTPS")],
        source: s("administrators, monitoring"),
        destination: s("the server itself"),
        service: s("Admin"),
        encryption: s("TLS"),
        default: s("off; loopback addresses unless told otherwise"),
        ..row("Z-04", Listener).on_both()
    },
    Row {
        purpose: s("The demonstration's sink for outbound mail"),
        ports: &[tcp_described("any free port", "SMTP")],
        source: s("the Transport service of the demonstration"),
        destination: s("the same process, loopback only"),
        service: s("Demo"),
        encryption: s("none"),
        default: s("off; only the demonstration opens it"),
        ..row("Z-05", Listener)
    },
    Row {
        purpose: s("Proof of a name to a certificate authority, http-01 (RFC 8555)"),
        ports: &[tcp(80, "HTTP")],
        source: s("certificate authorities"),
        destination: s("Mailbox server"),
        service: s("ACME"),
        encryption: s("none"),
        default: s("off; on while certificates come by this challenge"),
        ..row("Z-06", Listener)
    },
    Row {
        purpose: s("Proof of a name to a certificate authority, tls-alpn-01 (RFC 8737)"),
        ports: &[tcp(443, "HTTPS")],
        source: s("certificate authorities"),
        destination: s("Mailbox server"),
        service: s("ACME"),
        encryption: s("TLS"),
        default: s("off; on while certificates come by this challenge"),
        ..row("Z-07", Listener)
    },
];
