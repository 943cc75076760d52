//! Every listener this product knows, built or not, and the rows each of them makes true.

use crate::id::row_ids;
use crate::listener::{Encryption, Listener, Opens, Reach};
use crate::port_spec::{PortSpec, tcp, tcp_described, tcp_range, udp, udp_range};
use crate::{Role, Row, RowId};

use Encryption::{Plain, StartTls, Tls};
use Opens::{ByDefault, WhenEnabled, WhenSubscribed, WithOneServer};
use Reach::{Anywhere, Organization, SameMachine};

const MAILBOX: &[Role] = &[Role::Mailbox];
const EDGE: &[Role] = &[Role::Edge];
const BOTH: &[Role] = &[Role::Mailbox, Role::Edge];

/// A listener for clients of a Mailbox server, off until it is switched on.
const fn client(
    id: &'static str,
    service: &'static str,
    port: PortSpec,
    encryption: Encryption,
    rows: &'static [RowId],
) -> Listener {
    Listener {
        id,
        connector: None,
        service,
        port,
        encryption,
        opens: WhenEnabled,
        reach: Anywhere,
        roles: MAILBOX,
        rows,
    }
}

/// A listener for other servers of the organization, off until it is switched on.
const fn internal(
    id: &'static str,
    service: &'static str,
    port: PortSpec,
    encryption: Encryption,
    rows: &'static [RowId],
) -> Listener {
    Listener { reach: Organization, ..client(id, service, port, encryption, rows) }
}

/// A Receive connector: SMTP with STARTTLS, open by default.
const fn receive(
    id: &'static str,
    connector: &'static str,
    service: &'static str,
    port: u16,
    rows: &'static [RowId],
) -> Listener {
    Listener {
        connector: Some(connector),
        opens: ByDefault,
        ..client(id, service, tcp(port, "SMTP"), StartTls, rows)
    }
}

// ---- Transport ----

/// Mail from the Internet, and from a subscribed Edge server.
pub static DEFAULT_FRONTEND: Listener = receive(
    "P-01",
    "Default Frontend <Server>",
    "Front End Transport",
    25,
    row_ids!["P-01" "M-01" "M-13" "T-03" "T-11" "X-15" "H-01" "F-44" "F-45"],
);

/// Authenticated submission by clients.
pub static CLIENT_FRONTEND: Listener = receive(
    "P-02",
    "Client Frontend <Server>",
    "Front End Transport",
    587,
    row_ids!["P-02" "C-13" "T-11" "F-44" "F-45"],
);

/// The same connector bound to 25 as well, for clients that can use only 25.
pub static CLIENT_FRONTEND_25: Listener = Listener {
    opens: WhenEnabled,
    ..receive("C-14", "Client Frontend <Server>", "Front End Transport", 25, row_ids!["C-14"])
};

/// Submission with implicit TLS. Shares its number with [`CLIENT_PROXY`].
pub static SUBMISSION_TLS: Listener = Listener {
    opens: WithOneServer,
    connector: Some("Client Frontend <Server>"),
    ..client("Z-01", "Front End Transport", tcp(465, "SMTP over TLS"), Tls, row_ids!["Z-01" "X-16"])
};

/// Mail from the Transport service on its way out through the front end.
pub static OUTBOUND_PROXY_FRONTEND: Listener = Listener {
    opens: WhenEnabled,
    reach: Organization,
    ..receive(
        "P-03",
        "Outbound Proxy Frontend <Server>",
        "Front End Transport",
        717,
        row_ids!["P-03" "M-04"],
    )
};

/// Authenticated client connections that Front End Transport passes on.
pub static CLIENT_PROXY: Listener = Listener {
    opens: WhenEnabled,
    reach: Organization,
    ..receive("P-04", "Client Proxy <Server>", "Transport", 465, row_ids!["P-04" "C-15"])
};

/// Mail from front ends, other Transport services and Mailbox Transport.
pub static DEFAULT: Listener = Listener {
    reach: Organization,
    ..receive(
        "P-05",
        "Default <Server>",
        "Transport",
        2525,
        row_ids!["P-05" "M-02" "T-01" "T-07" "U-06"],
    )
};

/// Mail from the Internet and from the organization, on an Edge server.
pub static EDGE_DEFAULT_INTERNAL: Listener = Listener {
    roles: EDGE,
    ..receive(
        "P-06",
        "Default internal receive connector <Edge>",
        "Transport on Edge",
        25,
        row_ids!["P-06" "M-12" "M-14" "T-02"],
    )
};

/// Deliveries from the Transport service into mailboxes of this server.
pub static MAILBOX_DELIVERY: Listener = Listener {
    opens: WhenEnabled,
    connector: None,
    reach: Organization,
    ..receive("P-07", "", "Mailbox Transport Delivery", 475, row_ids!["P-07"])
};

/// Link-state routing information inside a routing group.
pub static LINK_STATE: Listener =
    internal("X-17", "Routing engine", tcp(691, "link-state routing"), Plain, row_ids!["X-17"]);

/// X.400 between message transfer agents (RFC 1006).
pub static X400: Listener =
    client("X-21", "Message transfer agent", tcp(102, "X.400"), Plain, row_ids!["X-21"]);

/// Where the demonstration's outbound mail ends.
pub static DEMO_SINK: Listener = Listener {
    reach: SameMachine,
    ..client("Z-05", "Demo", tcp_described("any free port", "SMTP"), Plain, row_ids!["Z-05"])
};

// ---- IMAP4 and POP3 ----

/// IMAP4 with STARTTLS.
pub static IMAP4: Listener = client(
    "C-11",
    "IMAP4 front-end service",
    tcp(143, "IMAP4"),
    StartTls,
    row_ids!["C-11" "C-16" "A-08" "X-07" "F-07" "F-08"],
);

/// IMAP4 over TLS.
pub static IMAP4_TLS: Listener = client(
    "C-11+tls",
    "IMAP4 front-end service",
    tcp(993, "IMAP4 over TLS"),
    Tls,
    row_ids!["C-11" "C-16" "A-08" "A-17" "X-08" "F-07" "F-08"],
);

/// IMAP4 between front end and back end.
pub static IMAP4_BACK_END: Listener =
    internal("Z-02", "IMAP4 back-end service", tcp(1993, "IMAP4 over TLS"), Tls, row_ids!["Z-02"]);

/// POP3 with STLS.
pub static POP3: Listener = client(
    "C-12",
    "POP3 front-end service",
    tcp(110, "POP3"),
    StartTls,
    row_ids!["C-12" "C-16" "A-07" "X-09" "F-09" "F-10"],
);

/// POP3 over TLS.
pub static POP3_TLS: Listener = client(
    "C-12+tls",
    "POP3 front-end service",
    tcp(995, "POP3 over TLS"),
    Tls,
    row_ids!["C-12" "C-16" "A-07" "A-16" "X-10" "F-09" "F-10"],
);

/// POP3 between front end and back end.
pub static POP3_BACK_END: Listener =
    internal("Z-03", "POP3 back-end service", tcp(1995, "POP3 over TLS"), Tls, row_ids!["Z-03"]);

// ---- HTTP ----

/// HTTPS of the Client Access front end: all web services.
pub static HTTPS: Listener = Listener {
    opens: ByDefault,
    ..client(
        "X-14",
        "Client Access",
        tcp(443, "HTTPS"),
        Tls,
        row_ids![
            "X-14" "C-01" "C-02" "C-03" "C-04" "C-05" "C-06" "C-07" "A-02" "A-03" "A-05" "A-06"
            "A-09" "A-10" "A-12" "A-13" "A-14" "A-15" "U-03" "H-03" "H-04" "H-05" "H-06" "H-07"
            "H-08"
        ],
    )
};

/// Plain HTTP of the Client Access front end: redirects, published calendars.
pub static HTTP: Listener = Listener {
    opens: ByDefault,
    ..client(
        "X-13",
        "Client Access",
        tcp(80, "HTTP"),
        Plain,
        row_ids![
            "X-13" "C-08" "C-09" "C-10" "A-02" "A-03" "A-05" "A-06" "A-09" "A-10" "A-12" "A-13"
            "A-14" "U-03" "X-18"
        ],
    )
};

/// Outlook on the web for a communications server and for Unified Messaging.
pub static OWA_INTEGRATION: Listener = internal(
    "U-04",
    "Client Access",
    tcp_range(5075, 5077, "HTTPS"),
    Tls,
    row_ids!["U-04" "A-18" "F-11" "F-12"],
);

/// Administration, on loopback addresses unless the settings say otherwise.
pub static ADMIN: Listener = Listener {
    roles: BOTH,
    reach: SameMachine,
    ..internal("Z-04", "Admin", tcp(9443, "HTTPS"), Tls, row_ids!["Z-04"])
};

/// Where a certificate authority asks for tokens (RFC 8555 section 8.3): port 80, while nothing
/// else of this server has it.
pub static ACME: Listener = client("Z-06", "ACME", tcp(80, "HTTP"), Plain, row_ids!["Z-06"]);

/// Where a certificate authority asks for a challenge in TLS (RFC 8737): port 443.
pub static ACME_TLS: Listener = client("Z-07", "ACME", tcp(443, "HTTPS"), Tls, row_ids!["Z-07"]);

// ---- Directory ----

/// LDAP.
pub static LDAP: Listener =
    internal("X-01", "Directory", tcp(389, "LDAP"), StartTls, row_ids!["X-01"]);

/// LDAP over TLS.
pub static LDAP_TLS: Listener =
    internal("X-02", "Directory", tcp(636, "LDAP over TLS"), Tls, row_ids!["X-02"]);

/// LDAP of the Site Replication Service.
pub static LDAP_SRS: Listener =
    internal("X-03", "Site Replication Service", tcp(379, "LDAP"), Plain, row_ids!["X-03"]);

/// The alternative port of LDAP beside a domain controller.
pub static LDAP_ALTERNATIVE: Listener =
    internal("X-04", "Directory", tcp(390, "LDAP"), StartTls, row_ids!["X-04"]);

/// LDAP of the global catalog.
pub static GLOBAL_CATALOG: Listener =
    internal("X-05", "Global catalog", tcp(3268, "LDAP"), StartTls, row_ids!["X-05"]);

/// LDAP of the global catalog over TLS.
pub static GLOBAL_CATALOG_TLS: Listener =
    internal("X-06", "Global catalog", tcp(3269, "LDAP over TLS"), Tls, row_ids!["X-06"]);

/// LDAP of the Edge directory, for tools on the Edge server itself.
pub static EDGE_LDAP: Listener = Listener {
    roles: EDGE,
    opens: ByDefault,
    reach: SameMachine,
    ..internal("M-30", "AD LDS", tcp(50389, "LDAP"), Plain, row_ids!["M-30"])
};

/// Secure LDAP of the Edge directory, which EdgeSync writes to.
pub static EDGE_LDAP_TLS: Listener = Listener {
    roles: EDGE,
    opens: WhenSubscribed,
    ..internal("M-16", "AD LDS", tcp(50636, "secure LDAP"), Tls, row_ids!["M-16" "T-08"])
};

// ---- RPC and the data paths of Exchange 2010 ----

/// The RPC endpoint mapper.
pub static RPC_ENDPOINT_MAPPER: Listener = internal(
    "X-22",
    "RPC endpoint mapper",
    tcp(135, "RPC"),
    StartTls,
    row_ids![
        "X-22" "T-05" "T-06" "B-02" "B-04" "B-05" "B-06" "B-10" "B-11" "B-12" "B-13" "B-15"
        "U-07" "F-04" "F-05" "F-14" "F-18" "F-23" "F-27" "F-29" "F-31" "F-34" "F-37" "F-39"
        "F-41" "F-43" "F-47"
    ],
);

/// RPC endpoints on dynamic ports.
pub static RPC_DYNAMIC: Listener = internal(
    "F-06",
    "RPC services",
    tcp_described("dynamic", "RPC"),
    StartTls,
    row_ids![
        "F-06" "A-12" "U-05" "F-01" "F-02" "F-03" "F-13" "F-16" "F-17" "F-22" "F-26" "F-28"
        "F-30" "F-33" "F-35" "F-36" "F-38" "F-40" "F-42" "F-46" "F-54"
    ],
);

/// The store behind RPC over HTTP.
pub static RPC_HTTP_STORE: Listener = internal(
    "F-19",
    "RPC Client Access",
    tcp(6001, "RPC over HTTP"),
    StartTls,
    row_ids!["F-19" "F-24" "F-25"],
);

/// The address book behind RPC over HTTP: DSProxy.
pub static RPC_HTTP_DSPROXY: Listener =
    internal("F-15", "Address Book", tcp(6002, "RPC over HTTP"), StartTls, row_ids!["F-15" "F-24"]);

/// The address book behind RPC over HTTP: directory referral and NSPI.
pub static RPC_HTTP_REFERRAL: Listener = internal(
    "F-15+referral",
    "Address Book",
    tcp(6004, "RPC over HTTP"),
    StartTls,
    row_ids!["F-15" "F-24"],
);

/// The fourth port of the information store's rule.
pub static INFORMATION_STORE: Listener =
    internal("F-24", "Information Store", tcp(6003, "RPC over HTTP"), StartTls, row_ids!["F-24"]);

/// Mailbox moves.
pub static MAILBOX_REPLICATION: Listener = internal(
    "A-04",
    "Mailbox Replication",
    tcp(808, "mailbox replication"),
    Tls,
    row_ids!["A-04" "F-20" "F-21"],
);

/// Log copying and seeding between the copies of a database.
pub static LOG_COPIER: Listener =
    internal("F-32", "Replication", tcp(64327, "log copying"), Tls, row_ids!["F-32" "B-07" "B-08"]);

/// Cluster heart-beat.
pub static CLUSTER: Listener =
    internal("B-05", "Cluster", udp(3343, "cluster heart-beat"), Plain, row_ids!["B-05"]);

/// File access by administrators.
pub static FILES: Listener =
    internal("B-03", "File server", tcp(445, "SMB"), Plain, row_ids!["B-03"]);

// ---- Unified Messaging ----

/// SIP of the call router.
pub static UM_CALL_ROUTER: Listener = client(
    "U-20",
    "UM Call Router",
    tcp(5060, "SIP"),
    Plain,
    row_ids!["U-20" "U-02" "U-24" "A-11" "F-50" "F-51"],
);

/// SIP over TLS of the call router.
pub static UM_CALL_ROUTER_TLS: Listener = client(
    "U-20+tls",
    "UM Call Router",
    tcp(5061, "SIP over TLS"),
    Tls,
    row_ids!["U-20" "U-02" "U-24" "A-11" "A-18" "F-50" "F-51"],
);

/// SIP of the UM service.
pub static UM_SERVICE: Listener =
    client("U-21", "UM", tcp(5062, "SIP"), Plain, row_ids!["U-21" "U-24" "A-11"]);

/// SIP over TLS of the UM service.
pub static UM_SERVICE_TLS: Listener =
    client("U-21+tls", "UM", tcp(5063, "SIP over TLS"), Tls, row_ids!["U-21" "U-24"]);

const UM_WORKER_ROWS: &[RowId] = row_ids!["U-22" "U-02" "U-24" "F-52" "F-53"];

/// SIP of the first UM worker process.
pub static UM_WORKER: Listener =
    client("U-22", "UM worker", tcp(5065, "SIP"), Plain, UM_WORKER_ROWS);

/// SIP over TLS of the first UM worker process.
pub static UM_WORKER_TLS: Listener =
    client("U-22+tls", "UM worker", tcp(5066, "SIP over TLS"), Tls, UM_WORKER_ROWS);

/// SIP of the second UM worker process, which takes over when the first is recycled.
pub static UM_WORKER_2: Listener =
    client("U-22+second", "UM worker", tcp(5067, "SIP"), Plain, UM_WORKER_ROWS);

/// SIP over TLS of the second UM worker process.
pub static UM_WORKER_2_TLS: Listener =
    client("U-22+second-tls", "UM worker", tcp(5068, "SIP over TLS"), Tls, UM_WORKER_ROWS);

/// Control connections of UM telephony.
pub static UM_CONTROL: Listener =
    client("U-02", "UM", tcp_range(16000, 17000, "UM control"), Plain, row_ids!["U-02"]);

/// Voice of UM telephony.
pub static UM_MEDIA: Listener = client(
    "U-23",
    "UM worker",
    udp_range(1024, 65535, "RTP/SRTP"),
    Plain,
    row_ids!["U-23" "U-02" "U-24" "F-48" "F-49"],
);

// ---- News, chat, conferences ----

/// News clients into public folders.
pub static NNTP: Listener = client("X-11", "News", tcp(119, "NNTP"), StartTls, row_ids!["X-11"]);

/// News over TLS.
pub static NNTP_TLS: Listener =
    client("X-12", "News", tcp(563, "NNTP over TLS"), Tls, row_ids!["X-12"]);

/// The second port of instant messaging (RVP).
pub static INSTANT_MESSAGING: Listener =
    client("X-18", "Instant messaging", tcp_described("dynamic", "RVP"), Plain, row_ids!["X-18"]);

/// Chat.
pub static CHAT: Listener = client("X-19", "Chat", tcp(6667, "IRC/IRCX"), Plain, row_ids!["X-19"]);

/// The second common port of chat.
pub static CHAT_SECOND: Listener =
    client("X-19+second", "Chat", tcp(7000, "IRC/IRCX"), Plain, row_ids!["X-19"]);

/// Chat over TLS.
pub static CHAT_TLS: Listener =
    client("X-20", "Chat", tcp(994, "IRC over TLS"), Tls, row_ids!["X-20"]);

/// Data conferences.
pub static CONFERENCE: Listener =
    client("X-23", "Conferencing", tcp(1503, "T.120"), Plain, row_ids!["X-23"]);

/// Video conferences.
pub static VIDEO: Listener =
    client("X-25", "Conferencing", tcp(1720, "H.323"), Plain, row_ids!["X-25"]);

/// Audio conferences.
pub static AUDIO: Listener =
    client("X-26", "Conferencing", tcp(1731, "audio call control"), Plain, row_ids!["X-26"]);

/// Every listener, those of a service together.
pub static LISTENERS: [&Listener; 61] = [
    &DEFAULT_FRONTEND,
    &CLIENT_FRONTEND,
    &CLIENT_FRONTEND_25,
    &SUBMISSION_TLS,
    &OUTBOUND_PROXY_FRONTEND,
    &CLIENT_PROXY,
    &DEFAULT,
    &EDGE_DEFAULT_INTERNAL,
    &MAILBOX_DELIVERY,
    &LINK_STATE,
    &X400,
    &DEMO_SINK,
    &IMAP4,
    &IMAP4_TLS,
    &IMAP4_BACK_END,
    &POP3,
    &POP3_TLS,
    &POP3_BACK_END,
    &HTTPS,
    &HTTP,
    &OWA_INTEGRATION,
    &ADMIN,
    &ACME,
    &ACME_TLS,
    &LDAP,
    &LDAP_TLS,
    &LDAP_SRS,
    &LDAP_ALTERNATIVE,
    &GLOBAL_CATALOG,
    &GLOBAL_CATALOG_TLS,
    &EDGE_LDAP,
    &EDGE_LDAP_TLS,
    &RPC_ENDPOINT_MAPPER,
    &RPC_DYNAMIC,
    &RPC_HTTP_STORE,
    &RPC_HTTP_DSPROXY,
    &RPC_HTTP_REFERRAL,
    &INFORMATION_STORE,
    &MAILBOX_REPLICATION,
    &LOG_COPIER,
    &CLUSTER,
    &FILES,
    &UM_CALL_ROUTER,
    &UM_CALL_ROUTER_TLS,
    &UM_SERVICE,
    &UM_SERVICE_TLS,
    &UM_WORKER,
    &UM_WORKER_TLS,
    &UM_WORKER_2,
    &UM_WORKER_2_TLS,
    &UM_CONTROL,
    &UM_MEDIA,
    &NNTP,
    &NNTP_TLS,
    &INSTANT_MESSAGING,
    &CHAT,
    &CHAT_SECOND,
    &CHAT_TLS,
    &CONFERENCE,
    &VIDEO,
    &AUDIO,
];

/// The listener with this id (`P-01`, `C-11+tls`).
pub fn listener(id: &str) -> Option<&'static Listener> {
    LISTENERS.into_iter().find(|listener| listener.id == id)
}

/// The listeners that the row needs.
pub fn serving(row: &Row) -> impl Iterator<Item = &'static Listener> {
    LISTENERS.into_iter().filter(|listener| listener.rows.contains(&row.id))
}
