//! Group P. Receive connectors of the transport pipeline, from the public connector reference.
//!
//! The port documents do not print these ports; they are needed to make M-01 to M-15 work as
//! named. The reference is that of Exchange 2016 and 2019.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: p("Receive connector for anonymous SMTP servers"),
        ports: &[tcp(25, "SMTP").public()],
        source: p("anonymous SMTP servers"),
        service: p("Front End Transport"),
        connector: p("Default Frontend <Server>"),
        supported_auth: p("TLS, Basic, Basic after TLS, Exchange Server, Integrated"),
        permission_groups: p("Anonymous, legacy Exchange servers, Exchange servers"),
        protocol_log: p("verbose"),
        editions: SINCE_2016,
        ..row("P-01", Listener)
    },
    Row {
        purpose: p("Receive connector for authenticated clients"),
        ports: &[tcp(587, "SMTP").public()],
        source: p("authenticated clients"),
        service: p("Front End Transport"),
        connector: p("Client Frontend <Server>"),
        supported_auth: p("TLS, Basic, Basic after TLS, Integrated"),
        permission_groups: p("Exchange users"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        ..row("P-02", Listener)
    },
    Row {
        purpose: p(
            "Receive connector for Transport service of Mailbox servers (only with outbound proxy)",
        ),
        ports: &[tcp(717, "SMTP").public()],
        source: p("Transport service of Mailbox servers (only with outbound proxy)"),
        service: p("Front End Transport"),
        connector: p("Outbound Proxy Frontend <Server>"),
        supported_auth: p("TLS, Basic, Basic after TLS, Exchange Server, Integrated"),
        permission_groups: p("Exchange servers"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        ..row("P-03", Listener)
    },
    Row {
        purpose: p("Receive connector for client connections proxied by Front End"),
        ports: &[tcp(465, "SMTP").public()],
        source: p("client connections proxied by Front End"),
        service: p("Transport"),
        connector: p("Client Proxy <Server>"),
        supported_auth: p("TLS, Basic, Basic after TLS, Exchange Server, Integrated"),
        permission_groups: p("Exchange servers, Exchange users"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        ..row("P-04", Listener)
    },
    Row {
        purpose: p(
            "Receive connector for Front End, other Transport services, Mailbox Transport, Edge",
        ),
        ports: &[tcp(2525, "SMTP").public()],
        source: p("Front End, other Transport services, Mailbox Transport, Edge"),
        service: p("Transport"),
        connector: p("Default <Server>"),
        supported_auth: p("TLS, Basic, Exchange Server, Integrated"),
        permission_groups: p("legacy Exchange servers, Exchange servers, Exchange users"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        ..row("P-05", Listener)
    },
    Row {
        purpose: p("Receive connector for anonymous SMTP servers (and the organization)"),
        ports: &[tcp(25, "SMTP").public()],
        source: p("anonymous SMTP servers (and the organization)"),
        service: p("Transport on Edge"),
        connector: p("Default internal receive connector <Edge>"),
        supported_auth: p("TLS, Exchange Server"),
        permission_groups: p("Anonymous, Exchange servers, Partners"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        roles: EDGE,
        ..row("P-06", Listener)
    },
    Row {
        purpose: p("Receive connector for Transport service"),
        ports: &[tcp(475, "SMTP").public()],
        source: p("Transport service"),
        service: p("Mailbox Transport Delivery"),
        connector: p("Mailbox delivery Receive connector (not visible)"),
        supported_auth: p("Exchange Server"),
        permission_groups: p("Exchange servers"),
        protocol_log: p("none"),
        editions: SINCE_2016,
        ..row("P-07", Listener)
    },
];
