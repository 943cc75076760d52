//! Group C. Clients and services: what clients outside the organization reach.
//!
//! Topics the documents cite for these rows: Autodiscover, Exchange ActiveSync, EWS reference,
//! offline address books, Outlook Anywhere, MAPI over HTTP, POP3 and IMAP4, enable Internet
//! calendar publishing, client access protocol architecture, new in Outlook Web App. Rows C-15 and
//! C-16 and the second fact of C-13 are what the public documents add.

use super::build::*;

const HTTPS: &[PortSpec] = &[tcp(443, "HTTPS")];

/// What all client rows share (rows G-04 to G-06).
const fn client(id: &str) -> Row {
    Row {
        source: s("any place outside the organization: the Internet, an accounts forest"),
        destination: s(
            "Client Access services on a Mailbox server; a Client Access server in E2013",
        ),
        editions: SINCE_2013_ALL,
        ..row(id, Listener)
    }
}

/// A client service of the Client Access front end on 443.
const fn https_service(id: &str) -> Row {
    Row {
        ports: HTTPS,
        service: s("Client Access"),
        encryption: s("TLS"),
        default: s("on"),
        ..client(id)
    }
}

pub(super) static ROWS: &[Row] = &[
    Row { purpose: s("Autodiscover service"), ..https_service("C-01") },
    Row { purpose: s("Exchange ActiveSync (EAS)"), ..https_service("C-02") },
    Row { purpose: s("Exchange Web Services (EWS)"), ..https_service("C-03") },
    Row { purpose: s("Offline address book (OAB) distribution"), ..https_service("C-04") },
    Row {
        purpose: s("Outlook Anywhere (RPC over HTTP)"),
        notes: &[s("E2010 has it on 80 and 443 (row A-09)")],
        ..https_service("C-05")
    },
    Row {
        purpose: s("Outlook MAPI over HTTP"),
        notes: &[s(r#"E2013 writes "Outlook (MAPI over HTTP)""#)],
        ..https_service("C-06")
    },
    Row {
        purpose: s("Outlook on the web (OWA)"),
        notes: &[s(r#""Outlook Web App" in E2013"#)],
        ..https_service("C-07")
    },
    Row {
        purpose: s("Internet calendar publishing"),
        ports: &[tcp(80, "HTTP")],
        service: s("Client Access"),
        encryption: s("none"),
        default: s("off until enabled"),
        notes: &[s("its own enabling procedure is cited")],
        ..client("C-08")
    },
    Row {
        purpose: s("OWA redirect to 443"),
        ports: &[tcp(80, "HTTP")],
        service: s("Client Access"),
        encryption: s("none, redirect"),
        default: s("on"),
        ..client("C-09")
    },
    Row {
        purpose: s("Autodiscover fall-back when 443 is not reachable"),
        ports: &[tcp(80, "HTTP")],
        service: s("Client Access"),
        encryption: s("none (redirect)"),
        default: s("on"),
        ..client("C-10")
    },
    Row {
        purpose: s("IMAP4 clients"),
        ports: &[tcp(143, "IMAP4"), tcp(993, "IMAP4 over TLS")],
        service: s("IMAP4 front-end service"),
        encryption: s("none/STARTTLS on 143, TLS on 993"),
        default: s("off"),
        notes: &[
            s("front end: CAS (E2013), Client Access services on the Mailbox server (E2016+)"),
            s(
                "The IMAP4 front-end service, which proxies to the IMAP4 back-end service on a Mailbox server.",
            ),
        ],
        ..client("C-11")
    },
    Row {
        purpose: s("POP3 clients"),
        ports: &[tcp(110, "POP3"), tcp(995, "POP3 over TLS")],
        service: s("POP3 front-end service"),
        encryption: s("none/STLS on 110, TLS on 995"),
        default: s("off"),
        notes: &[
            s("front end: CAS (E2013), Client Access services on the Mailbox server (E2016+)"),
            s("The POP3 front-end service, which proxies to the POP3 back-end service."),
        ],
        ..client("C-12")
    },
    Row {
        purpose: s("SMTP clients (authenticated submission)"),
        ports: &[tcp(587, "SMTP")],
        service: s("Front End Transport"),
        connector: s("Client Frontend <Server name>"),
        encryption: s("STARTTLS, authentication required"),
        default: s("on"),
        notes: &[
            p("Source: Exchange Server, mail flow, connectors, Receive connectors"),
            s("E2013: the connector is on the CAS"),
            p(
                "Client Frontend: 587, TLS + Basic + Basic-only-after-TLS + Integrated; permission group Exchange users; protocol log off; bound to all IPv4 and IPv6",
            ),
        ],
        ..client("C-13")
    },
    Row {
        purpose: s(
            "The same submission on 25 for clients that can use only 25: add 25 to the network adapter bindings of the client Receive connector",
        ),
        ports: &[tcp(25, "SMTP")],
        service: s("Front End Transport"),
        connector: s("Client Frontend <Server name>"),
        encryption: s("STARTTLS, authentication required"),
        default: s("off"),
        notes: &[s(
            "needs several connectors on one port, told apart by remote range/authentication",
        )],
        ..client("C-14")
    },
    Row {
        purpose: p("Client connections that Front End Transport proxies, already authenticated"),
        ports: &[tcp(465, "SMTP").public()],
        source: p("Front End Transport"),
        destination: p("Transport service on a Mailbox server"),
        service: p("Transport"),
        connector: p("Client Proxy <Server name>"),
        editions: SINCE_2016,
        notes: &[
            p(
                "Client Proxy <Server name> in the Transport service: 465/TCP, takes the authenticated client connections that Front End Transport proxies. In E2016/E2019 this is what 465 is; it is not implicit-TLS submission",
            ),
            p("Source: Exchange Server, mail flow, connectors, Receive connectors"),
        ],
        ..row("C-15", Listener)
    },
    Row {
        purpose: p("How POP3 and IMAP4 behave"),
        ports: &[
            tcp(995, "POP3 over TLS").public(),
            tcp(110, "POP3").public(),
            tcp(993, "IMAP4 over TLS").public(),
            tcp(143, "IMAP4").public(),
        ],
        notes: &[
            p(
                "POP3 internal default 995 always TLS, 110 plain or STARTTLS; IMAP4 993 and 143 likewise; both proxied across sites; Anonymous, Guest and Administrator mailboxes refused; IMAP IDLE supported",
            ),
            p("Source: Exchange Server, clients, POP3 and IMAP4"),
        ],
        ..row("C-16", Rule)
    },
];
