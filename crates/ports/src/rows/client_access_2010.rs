//! Group A. Exchange 2010 data paths of Client Access servers.
//!
//! Rows are lost in the copy at hand; of A-13 on, port and authentication cells are
//! partly lost, and of the notes only the heading is left.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: r("Active Directory access"),
        ports: &active_directory(Mark::Restored),
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: r("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-01", Outgoing)
    },
    Row {
        purpose: r("Autodiscover"),
        ports: &[tcp(80, "HTTP").restored(), tcp(443, "HTTPS").restored()],
        default_auth: r("Basic/Integrated (Negotiate)"),
        supported_auth: r("Basic, Digest, NTLM, Negotiate"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-02", Listener)
    },
    Row {
        purpose: r("Availability service"),
        ports: &[tcp(80, "HTTP").restored(), tcp(443, "HTTPS").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM, Kerberos"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-03", Listener)
    },
    Row {
        purpose: r("Mailbox Replication service"),
        ports: &[tcp(808, "mailbox replication").restored()],
        default_auth: r("Kerberos/NTLM"),
        supported_auth: r("Kerberos, NTLM"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-04", Listener)
    },
    Row {
        purpose: r("Outlook fetching the OAB"),
        ports: &[tcp(80, "HTTP").public(), tcp(443, "HTTPS").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-05", Listener)
    },
    Row {
        purpose: r("Outlook Web App"),
        ports: &[tcp(80, "HTTP").restored(), tcp(443, "HTTPS").restored()],
        default_auth: r("forms"),
        supported_auth: r("Basic, Digest, forms, NTLM v2, Kerberos, certificate"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("yes, self-signed"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-06", Listener)
    },
    Row {
        purpose: r("POP3"),
        ports: &[tcp(110, "POP3").public(), tcp(995, "POP3 over TLS").public()],
        default_auth: r("Basic, Kerberos"),
        supported_auth: r("Basic, Kerberos"),
        encryption: r("SSL, TLS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-07", Listener)
    },
    Row {
        purpose: r("IMAP4"),
        ports: &[tcp(143, "IMAP4").public(), tcp(993, "IMAP4 over TLS").restored()],
        default_auth: r("Basic, Kerberos"),
        supported_auth: r("Basic, Kerberos"),
        encryption: r("SSL, TLS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-08", Listener)
    },
    Row {
        purpose: r("Outlook Anywhere (RPC over HTTP)"),
        ports: &[tcp(80, "HTTP").restored(), tcp(443, "HTTPS").restored()],
        default_auth: r("Basic"),
        supported_auth: r("Basic or NTLM"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-09", Listener)
    },
    Row {
        purpose: r("Exchange ActiveSync application"),
        ports: &[tcp(80, "HTTP").restored(), tcp(443, "HTTPS").restored()],
        default_auth: r("Basic"),
        supported_auth: r("Basic, certificate"),
        encryption: r("HTTPS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-10", Listener)
    },
    Row {
        purpose: r("CAS -> UM server"),
        ports: &[
            tcp(5060, "SIP").restored(),
            tcp(5061, "SIP").restored(),
            tcp(5062, "SIP").restored(),
            tcp_described("dynamic", "SIP").restored(),
        ],
        default_auth: r("by IP address"),
        supported_auth: r("by IP address"),
        encryption: r("SIP over TLS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-11", Path)
    },
    Row {
        purpose: r(
            "CAS -> Mailbox server: earlier version 80, 443/TCP (Negotiate); 2010 RPC (Kerberos)",
        ),
        ports: &[
            tcp(80, "HTTP").restored(),
            tcp(443, "HTTPS").restored(),
            tcp_described("dynamic", "RPC").restored(),
        ],
        encryption: r("IPsec / RPC encryption"),
        encrypted_by_default: r("no / yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("A-12", Path)
    },
    Row {
        purpose: s("CAS -> CAS, ActiveSync"),
        ports: &[tcp(80, "HTTP"), tcp(443, "HTTPS")],
        default_auth: r("Kerberos"),
        supported_auth: s("Kerberos, certificate"),
        encryption: s("HTTPS"),
        encrypted_by_default: s("yes, self-signed certificate"),
        editions: ONLY_2010,
        ..row("A-13", Path)
    },
    Row {
        purpose: s("CAS -> CAS, OWA"),
        ports: &[tcp(80, "HTTP"), tcp(443, "HTTPS")],
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("A-14", Path)
    },
    Row {
        purpose: s("CAS -> CAS, EWS"),
        ports: &[tcp(443, "HTTPS").restored()],
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("A-15", Path)
    },
    Row {
        purpose: s("CAS -> CAS, POP3"),
        ports: &[tcp(995, "POP3 over TLS").restored()],
        default_auth: r("Basic"),
        supported_auth: r("Basic"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("A-16", Path)
    },
    Row {
        purpose: s("CAS -> CAS, IMAP4"),
        ports: &[tcp(993, "IMAP4 over TLS").restored()],
        default_auth: r("Basic"),
        supported_auth: r("Basic"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("A-17", Path)
    },
    Row {
        purpose: s("Office Communications Server <-> CAS (when its integration with OWA is on)"),
        ports: &[
            tcp_range(5075, 5077, "Office Communications Server, in"),
            tcp(5061, "Office Communications Server, out"),
        ],
        default_auth: s("mutual TLS (required)"),
        supported_auth: s("mutual TLS (required)"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("A-18", Listener)
    },
];
