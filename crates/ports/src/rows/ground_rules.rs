//! Group G. Ground rules: requirements of the documents, not ports.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s(
            "Traffic between internal Exchange servers, between them and internal Lync/Skype for Business servers, and between them and internal Active Directory domain controllers must not be restricted or altered: any port (random RPC ports too), any protocol, no bit changed on the wire",
        ),
        editions: SINCE_2013,
        notes: &[s(
            "For this product: the internal mesh needs a checker that proves it is free; ours should need few, fixed, documented ports instead",
        )],
        roles: BOTH,
        ..row("G-01", Rule)
    },
    Row {
        purpose: s(
            "Edge Transport servers stand in a perimeter network; traffic Edge<->Internet and Edge<->organization is expected to be restricted to the listed ports",
        ),
        editions: SINCE_2013,
        notes: &[s("For this product: Edge works with only rows M-10..M-16 open")],
        roles: BOTH,
        ..row("G-02", Rule)
    },
    Row {
        purpose: s(
            "Traffic between external clients/services and the organization is expected to be restricted; restricting internal clients is allowed too",
        ),
        editions: SINCE_2013,
        notes: &[s("For this product: clients work with only rows C-01..C-13 open")],
        roles: BOTH,
        ..row("G-03", Rule)
    },
    Row {
        purpose: s(
            "Destination of all client rows: Client Access services on a Mailbox server (front end and back end installed together)",
        ),
        editions: SINCE_2016,
        notes: &[s(
            "For this product: front end proxies to the back end that holds the active copy",
        )],
        ..row("G-04", Rule)
    },
    Row {
        purpose: s(
            "Destination of all client rows: a Client Access server, alone or on one machine with the Mailbox server",
        ),
        editions: ONLY_2013,
        notes: &[s("For this product: front end must also run alone")],
        ..row("G-05", Rule)
    },
    Row {
        purpose: s(
            "The client rows have no source column: the source is any place outside the organization (Internet, an accounts forest); the same ideas hold for internal clients (accounts forest -> resource forest)",
        ),
        editions: SINCE_2013,
        notes: &[s("For this product: cross-forest (linked) accounts")],
        ..row("G-06", Rule)
    },
    Row {
        purpose: s("Edge servers have no part in client traffic"),
        editions: SINCE_2013,
        notes: &[s("For this product: Edge role opens no client listener")],
        roles: BOTH,
        ..row("G-07", Rule)
    },
    Row {
        purpose: s(
            "How mail flows depends on the topology; the deciding fact is whether a subscribed Edge server exists",
        ),
        editions: SINCE_2013_ALL,
        notes: &[s("For this product: routing table recomputed when a subscription appears")],
        roles: BOTH,
        ..row("G-08", Rule)
    },
    Row {
        purpose: s(
            "Name resolution of the next hop is fundamental: servers that receive inbound or deliver outbound mail must resolve internal and external names; all internal servers must resolve internal names",
        ),
        editions: SINCE_2013_ALL,
        notes: &[s("For this product: a name-resolution check per role")],
        roles: BOTH,
        ..row("G-09", Rule)
    },
    Row {
        purpose: s(
            "Prefer encrypted web connections on 443; some services must be configured to use plain 80",
        ),
        ports: &[tcp(443, "HTTPS"), tcp(80, "HTTP")],
        editions: SINCE_2013,
        notes: &[s(r#"For this product: per-service "allow 80" switch"#)],
        ..row("G-10", Rule)
    },
    Row {
        purpose: s(
            r#"Three diagrams go with the text: clients and services; mail flow without Edge; mail flow with Edge. DNS and open-proxy detection are said to be "not pictured""#,
        ),
        editions: SINCE_2013,
        notes: &[s("For this product: the live network map draws these three")],
        roles: BOTH,
        shown_by: Some(
            "crates/rialto/tests/clients/rows.rs::the_map_of_a_running_server_is_the_three_diagrams",
        ),
        ..row("G-11", Rule)
    },
];
