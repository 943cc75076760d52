//! Where the boxes and arrows of the three diagrams stand.

use crate::id::row_id;

use super::{Arrow, Diagram, Node};

pub(super) const ALL: &[Diagram] = &[CLIENTS, WITHOUT_EDGE, WITH_EDGE];

const fn node(x: u32, y: u32, width: u32, height: u32, title: &'static str) -> Node {
    Node { x, y, width, height, title, subtitle: "" }
}

const fn titled(node: Node, subtitle: &'static str) -> Node {
    Node { subtitle, ..node }
}

const fn arrow(row: &str, from: u32, to: u32, y: u32) -> Arrow {
    Arrow { row: row_id(row), from, to, y, purpose: false }
}

// ---- Clients and services: three columns, one lane for each row ----

const CLIENTS_EDGE: u32 = 340;
const FRONT: u32 = 600;
const FRONT_EDGE: u32 = 860;
const BACK: u32 = 1020;

const fn lane(number: u32) -> u32 {
    62 + number * 30
}

const fn from_client(row: &str, number: u32) -> Arrow {
    Arrow { purpose: true, ..arrow(row, CLIENTS_EDGE, FRONT, lane(number)) }
}

const CLIENTS: Diagram = Diagram {
    title: "Clients and services",
    height: 520,
    nodes: &[
        titled(node(20, 0, 320, 510, "Clients"), "the Internet, an accounts forest"),
        titled(node(FRONT, 0, 260, 362, "Client Access services"), "front end on a Mailbox server"),
        node(FRONT, 370, 260, 26, "IMAP4 front-end service"),
        node(FRONT, 400, 260, 26, "POP3 front-end service"),
        node(FRONT, 430, 260, 80, "Front End Transport"),
        node(BACK, 370, 160, 26, "IMAP4 back end"),
        node(BACK, 400, 160, 26, "POP3 back end"),
        node(BACK, 430, 160, 80, "Transport"),
    ],
    arrows: &[
        from_client("C-01", 0),
        from_client("C-02", 1),
        from_client("C-03", 2),
        from_client("C-04", 3),
        from_client("C-05", 4),
        from_client("C-06", 5),
        from_client("C-07", 6),
        from_client("C-08", 7),
        from_client("C-09", 8),
        from_client("C-10", 9),
        from_client("C-11", 11),
        from_client("C-12", 12),
        from_client("C-13", 13),
        from_client("C-14", 14),
        arrow("Z-02", FRONT_EDGE, BACK, 392),
        arrow("Z-03", FRONT_EDGE, BACK, 422),
        arrow("C-15", FRONT_EDGE, BACK, 470),
    ],
};

// ---- Mail flow without Edge servers ----

const WITHOUT_EDGE: Diagram = Diagram {
    title: "Mail flow without Edge Transport servers",
    height: 300,
    nodes: &[
        titled(node(20, 0, 150, 210, "Internet"), "any mail server"),
        titled(node(20, 230, 150, 60, "DNS server"), "not pictured there"),
        titled(node(400, 0, 170, 160, "Front End Transport"), "on a Mailbox server"),
        titled(node(800, 0, 130, 290, "Transport"), "on a Mailbox server"),
        titled(node(1050, 0, 140, 160, "Mailbox Transport"), "Delivery"),
    ],
    arrows: &[
        arrow("M-01", 170, 400, 65),
        arrow("M-02", 570, 800, 65),
        arrow("P-07", 930, 1050, 65),
        arrow("M-04", 400, 170, 125),
        arrow("P-03", 800, 570, 125),
        arrow("M-03", 800, 170, 190),
        arrow("M-05", 800, 170, 262),
    ],
};

// ---- Mail flow with Edge servers ----

const WITH_EDGE: Diagram = Diagram {
    title: "Mail flow with Edge Transport servers",
    height: 470,
    nodes: &[
        titled(node(20, 0, 170, 140, "Internet"), "any mail server"),
        titled(node(20, 160, 170, 60, "DNS server"), "not pictured there"),
        titled(node(20, 240, 170, 220, "Sending host"), "not pictured there"),
        titled(node(470, 0, 180, 460, "Edge Transport server"), "perimeter network"),
        titled(node(950, 0, 230, 70, "Front End Transport"), "Mailbox server in the site"),
        titled(node(950, 80, 230, 70, "Transport"), "Mailbox server in the site"),
        titled(node(950, 160, 230, 60, "EdgeSync"), "Mailbox server in the site"),
    ],
    arrows: &[
        arrow("M-12", 190, 470, 52),
        arrow("M-13", 650, 950, 52),
        arrow("M-14", 950, 650, 120),
        arrow("M-15", 470, 190, 112),
        arrow("M-16", 950, 650, 192),
        arrow("M-17", 470, 190, 192),
        arrow("M-18", 470, 190, 300),
        arrow("M-19", 470, 190, 360),
        arrow("M-20", 470, 190, 420),
    ],
};
