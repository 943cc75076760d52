//! Group M. Mail flow without and with Edge Transport servers.
//!
//! Rows M-01 to M-05 are the flow without Edge servers, M-10 to M-21 the flow with them, M-30 to
//! M-36 the details of Edge servers from the public documents.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("Inbound mail"),
        ports: &[tcp(25, "SMTP")],
        source: s("Internet (any)"),
        destination: s("Mailbox server (E2016, E2019); Client Access server (E2013)"),
        service: s("Front End Transport"),
        connector: s("Default Frontend <Mailbox server name>"),
        supported_auth: s("anonymous"),
        encryption: s("STARTTLS offered"),
        default: s("on"),
        editions: SINCE_2013,
        notes: &[
            s("Editions: lost in E2016s"),
            s(
                r#"E2013: the connector is "Default Frontend <Client Access server name>" on the CAS"#,
            ),
        ],
        ..row("M-01", Listener)
    },
    Row {
        purpose: s("Front End Transport -> Transport service"),
        ports: &[tcp_described("inside the organization", "SMTP")],
        source: s("Front End Transport (E2013: CAS)"),
        destination: s("Transport service on a Mailbox server"),
        service: s("Transport"),
        connector: s("implicit, invisible intra-organization Send connector"),
        supported_auth: s("Exchange Server authentication"),
        encryption: s("TLS"),
        default: s("on"),
        editions: SINCE_2013,
        notes: &[s("the documents give no port; 2525 in the public documents, row P-05")],
        ..row("M-02", Path)
    },
    Row {
        purpose: s("Outbound mail"),
        ports: &[tcp(25, "SMTP")],
        source: s("Mailbox server"),
        destination: s("Internet (any)"),
        service: s("Transport"),
        connector: s(
            "an explicit Send connector; none exists by default, the administrator creates it",
        ),
        encryption: s("opportunistic TLS"),
        default: s("off until created"),
        editions: SINCE_2013_ALL,
        notes: &[s(r#""Create a Send connector to send mail to the Internet""#)],
        ..row("M-03", Outgoing)
    },
    Row {
        purpose: s("Outbound mail proxied through the front end"),
        ports: &[tcp(25, "SMTP")],
        source: s("Mailbox server (E2016, E2016s, E2019); Client Access server (E2013)"),
        destination: s("Internet (any)"),
        service: s("Front End Transport"),
        connector: s("Outbound Proxy Frontend <Mailbox server name>"),
        supported_auth: s("Exchange Server authentication"),
        encryption: s("TLS"),
        default: s("off"),
        editions: SINCE_2013_ALL,
        notes: &[
            s("port 717 in the public documents, row P-03"),
            s(
                r#"A Send connector with "Proxy through Client Access server" / `-FrontEndProxyEnabled $true` uses it; the Receive connector listens for mail from the Transport service"#,
            ),
            s(r#"E2013: "Outbound Proxy Frontend <Client Access server name>""#),
        ],
        ..row("M-04", Path)
    },
    Row {
        purpose: s("DNS for the next mail hop (not pictured)"),
        ports: &[udp(53, "DNS"), tcp(53, "DNS")],
        source: s(
            r#"Mailbox server (E2016+); "Internet-facing Exchange server, CAS or Mailbox" (E2013)"#,
        ),
        destination: s("DNS server"),
        service: s("resolver"),
        default: s("on"),
        editions: SINCE_2013_ALL,
        notes: &[s("G-09")],
        ..row("M-05", Outgoing)
    },
    Row {
        purpose: s(
            "Outbound mail never passes Front End Transport (CAS in E2013); it always goes from the Transport service on a Mailbox server in the subscribed AD site to the Edge server, whatever version the Edge runs",
        ),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        roles: BOTH,
        ..row("M-10", Rule)
    },
    Row {
        purpose: s("Inbound mail goes from Edge to a Mailbox server in the subscribed AD site"),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        notes: &[s(
            "E2019: from an Edge 2013 or later first to Front End Transport, then Transport. E2016: same for 2016/2013 Edge; an Edge 2010 delivers straight to Transport. E2013: never through a stand-alone CAS; with both roles on one machine a 2013 Edge goes to Front End Transport first; Edge 2007/2010 always straight to Transport. E2019: no coexistence with 2010",
        )],
        roles: BOTH,
        ..row("M-11", Rule)
    },
    Row {
        purpose: s("Inbound: Internet -> Edge"),
        ports: &[tcp(25, "SMTP")],
        source: s("Internet (any)"),
        destination: s("Edge server"),
        service: s("Transport"),
        connector: s("Default internal Receive connector <Edge server name>"),
        supported_auth: s("anonymous"),
        encryption: s("STARTTLS"),
        default: s("on"),
        editions: SINCE_2013_ALL,
        roles: EDGE,
        ..row("M-12", Listener)
    },
    Row {
        purpose: s("Inbound: Edge -> organization"),
        ports: &[tcp(25, "SMTP")],
        source: s("Edge server"),
        destination: s("Mailbox servers in the subscribed AD site"),
        connector: s("EdgeSync - Inbound to <AD site name>"),
        supported_auth: s("direct trust"),
        encryption: s("mutual TLS"),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        notes: &[
            s(
                r#"E2013: on a stand-alone Mailbox server "Default <Mailbox server name>" receives on 25; with both roles on one machine "Default Frontend <Server name>". The Portuguese copy says in row M-12 that the Edge connector is "on the Client Access server": translation error, the Chinese copy and all other editions say Edge server"#,
            ),
            s(
                r#"The Send connector sends to any Mailbox server of the site; "Default Frontend <Mailbox server name>" receives"#,
            ),
        ],
        roles: BOTH,
        ..row("M-13", Path)
    },
    Row {
        purpose: s("Outbound: organization -> Edge"),
        ports: &[tcp(25, "SMTP")],
        source: s("Mailbox servers in the subscribed AD site"),
        destination: s("Edge servers"),
        connector: s("implicit intra-organization Send connector"),
        supported_auth: s("direct trust"),
        encryption: s("mutual TLS"),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        notes: &[
            s("always bypasses Front End Transport"),
            s(r#""Default internal Receive connector <Edge server name>" receives"#),
        ],
        roles: BOTH,
        ..row("M-14", Path)
    },
    Row {
        purpose: s("Outbound: Edge -> Internet"),
        ports: &[tcp(25, "SMTP")],
        source: s("Edge server"),
        destination: s("Internet (any)"),
        connector: s("EdgeSync - <AD site name> to Internet"),
        encryption: s("opportunistic TLS"),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        roles: EDGE,
        ..row("M-15", Outgoing)
    },
    Row {
        purpose: s("EdgeSync synchronization"),
        ports: &[tcp(50636, "secure LDAP")],
        source: s("Mailbox servers in the subscribed site that take part in EdgeSync"),
        destination: s("Edge servers (AD LDS)"),
        service: s("EdgeSync service"),
        supported_auth: s("mutual authentication"),
        encryption: s("secure LDAP"),
        default: s("when subscribed"),
        editions: SINCE_2013_ALL,
        notes: &[s(
            "all Mailbox servers in the site at subscription time take part; servers added later do not join automatically",
        )],
        roles: BOTH,
        ..row("M-16", Path)
    },
    Row {
        purpose: s("DNS for the next mail hop (not pictured)"),
        ports: &[udp(53, "DNS"), tcp(53, "DNS")],
        source: s("Edge server"),
        destination: s("DNS server"),
        service: s("resolver"),
        default: s("on"),
        editions: SINCE_2013_ALL,
        roles: EDGE,
        ..row("M-17", Outgoing)
    },
    Row {
        purpose: s("Open-proxy detection in sender reputation (not pictured): SOCKS4, SOCKS5"),
        ports: &[tcp(1081, "SOCKS4, SOCKS5"), tcp(1080, "SOCKS4, SOCKS5")],
        source: s("Edge server"),
        destination: s("Internet (the sending host)"),
        service: s("Protocol Analysis agent"),
        default: s("on, can be disabled"),
        editions: SINCE_2016,
        notes: &[
            s("Editions: table lost in E2016s"),
            s("The agent feeds the sender reputation level (SRL)"),
        ],
        roles: EDGE,
        ..row("M-18", Outgoing)
    },
    Row {
        purpose: s(
            "Open-proxy detection in sender reputation (not pictured): Wingate, Telnet, Cisco",
        ),
        ports: &[tcp(23, "Wingate, Telnet, Cisco")],
        source: s("Edge server"),
        destination: s("Internet (the sending host)"),
        service: s("Protocol Analysis agent"),
        default: s("on"),
        editions: SINCE_2016,
        roles: EDGE,
        ..row("M-19", Outgoing)
    },
    Row {
        purpose: s(
            "Open-proxy detection in sender reputation (not pictured): HTTP CONNECT, HTTP POST",
        ),
        ports: &[
            tcp(6588, "HTTP CONNECT, HTTP POST"),
            tcp(3128, "HTTP CONNECT, HTTP POST"),
            tcp(80, "HTTP CONNECT, HTTP POST"),
        ],
        source: s("Edge server"),
        destination: s("Internet (the sending host)"),
        service: s("Protocol Analysis agent"),
        default: s("on"),
        editions: SINCE_2016,
        roles: EDGE,
        ..row("M-20", Outgoing)
    },
    Row {
        purpose: s(
            "Outbound proxy for sender reputation: define name, type and port of the organization's proxy",
        ),
        ports: &[tcp_described("user-defined", "proxy")],
        source: s("Edge server"),
        destination: s("Internet"),
        service: s("Protocol Analysis agent"),
        default: s("off"),
        editions: ONLY_2013,
        notes: &[
            s("Editions: E2016 and E2019 have it as a note"),
            s(
                "E2013 gives no probe ports; E2016+ also says open-proxy detection can be switched off",
            ),
            s("Editions: its only row on the matter"),
            s(
                "`Set-SenderReputationConfig` with `ProxyServerName`, `ProxyServerPort`, `ProxyServerType`",
            ),
        ],
        roles: EDGE,
        ..row("M-21", Outgoing)
    },
    Row {
        purpose: p("Plain LDAP to AD LDS"),
        ports: &[tcp(50389, "LDAP").public()],
        source: p("the Edge server itself"),
        destination: p("Edge server (AD LDS)"),
        encryption: p("none"),
        notes: &[p(
            "local only on the Edge, need not be open on the firewall; ports can be changed before subscribing (a script)",
        )],
        roles: EDGE,
        ..row("M-30", Listener)
    },
    Row {
        purpose: p(
            "Subscription: file made on the Edge (`New-EdgeSubscription`), imported on a Mailbox server within 24 hours (bootstrap credential expires), bound to one AD site; one Edge = one site, several Edges per site allowed",
        ),
        roles: BOTH,
        ..row("M-31", Rule)
    },
    Row {
        purpose: p(
            "On import both EdgeSync Send connectors are made (`CreateInboundSendConnector`, `CreateInternetSendConnector`); several Edges of one site share one Internet connector, which balances load",
        ),
        roles: BOTH,
        ..row("M-32", Rule)
    },
    Row {
        purpose: p(
            "Inbound connector: address space `--` (all authoritative and internal-relay domains), smart host `--` (all Mailbox servers of the site; servers added later do join this list)",
        ),
        roles: BOTH,
        ..row("M-33", Rule)
    },
    Row {
        purpose: p(
            "Replicated one way, AD -> AD LDS: Send connectors, accepted domains, remote domains, safe senders (hashed), recipients (hashed), internal SMTP servers, secured domains, topology; every 3 min configuration, 5 min recipients, 5 min topology; `Start-EdgeSynchronization` forces it, `Test-EdgeSynchronization` checks it",
        ),
        roles: BOTH,
        ..row("M-34", Rule)
    },
    Row {
        purpose: p(
            "Subscribed, the Edge refuses local changes to replicated objects (cmdlets disabled)",
        ),
        roles: EDGE,
        ..row("M-35", Rule)
    },
    Row {
        purpose: p("The Receive connector of the Edge"),
        ports: &[tcp(25, "SMTP").public()],
        notes: &[p(
            "TLS + Exchange Server authentication; permission groups Anonymous, Exchange servers, Partners; 25; IPv4 only",
        )],
        roles: EDGE,
        ..row("M-36", Rule)
    },
];
