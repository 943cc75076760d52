//! Group X. TCP and UDP ports of Exchange 2000 and 2003.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("LDAP: AD, AD Connector, Exchange 5.5 directory"),
        ports: &[tcp(389, "LDAP")],
        editions: ONLY_2000,
        ..row("X-01", Listener)
    },
    Row {
        purpose: s(
            "LDAP/SSL: needs a computer certificate on the domain controller or the 5.5 server",
        ),
        ports: &[tcp(636, "LDAP over TLS")],
        editions: ONLY_2000,
        ..row("X-02", Listener)
    },
    Row {
        purpose: s("LDAP (SRS): Site Replication Service"),
        ports: &[tcp(379, "LDAP")],
        editions: ONLY_2000,
        notes: &[p("Exchange 2003: SRS 379; AD connector 379 and 389 outbound")],
        ..row("X-03", Listener)
    },
    Row {
        purpose: s(
            "LDAP: not standard: advised alternative for Exchange 5.5 LDAP when 5.5 runs on a Windows 2000 domain controller",
        ),
        ports: &[tcp(390, "LDAP")],
        editions: ONLY_2000,
        ..row("X-04", Listener)
    },
    Row {
        purpose: s("LDAP GC: global catalog; troubleshoot by connecting to it with an LDAP tool"),
        ports: &[tcp(3268, "LDAP global catalog")],
        editions: ONLY_2000,
        ..row("X-05", Listener)
    },
    Row {
        purpose: s("LDAP GC/SSL: needs a computer certificate on the GC"),
        ports: &[tcp(3269, "LDAP global catalog over TLS")],
        editions: ONLY_2000,
        ..row("X-06", Listener)
    },
    Row {
        purpose: s(
            "IMAP4: standards-based clients into the information store; runs on the IIS admin service (Inetinfo.exe)",
        ),
        ports: &[tcp(143, "IMAP4")],
        editions: ONLY_2000,
        ..row("X-07", Listener)
    },
    Row {
        purpose: s("IMAP4/SSL: needs a computer certificate"),
        ports: &[tcp(993, "IMAP4 over TLS")],
        editions: ONLY_2000,
        ..row("X-08", Listener)
    },
    Row {
        purpose: s("POP3: as X-07"),
        ports: &[tcp(110, "POP3")],
        editions: ONLY_2000,
        ..row("X-09", Listener)
    },
    Row {
        purpose: s("POP3/SSL: needs a certificate"),
        ports: &[tcp(995, "POP3 over TLS")],
        editions: ONLY_2000,
        ..row("X-10", Listener)
    },
    Row {
        purpose: s("NNTP: news clients into public folders"),
        ports: &[tcp(119, "NNTP")],
        editions: ONLY_2000,
        ..row("X-11", Listener)
    },
    Row {
        purpose: s("NNTP/SSL: needs a certificate"),
        ports: &[tcp(563, "NNTP over TLS")],
        editions: ONLY_2000,
        ..row("X-12", Listener)
    },
    Row {
        purpose: s("HTTP: OWA, and some administration in the System Manager"),
        ports: &[tcp(80, "HTTP")],
        editions: ONLY_2000,
        notes: &[s("WWW publishing service")],
        ..row("X-13", Listener)
    },
    Row {
        purpose: s("HTTP/SSL: needs a certificate"),
        ports: &[tcp(443, "HTTPS")],
        editions: ONLY_2000,
        ..row("X-14", Listener)
    },
    Row {
        purpose: s("SMTP: base of all transport; no separate secure port, TLS in-band"),
        ports: &[tcp(25, "SMTP")],
        editions: ONLY_2000,
        ..row("X-15", Listener)
    },
    Row {
        purpose: s(
            "SMTP/SSL: reserved by industry practice for SMTP over SSL; not used by Exchange 2000, which does TLS in-band and needs a certificate for it",
        ),
        ports: &[tcp(465, "SMTP over TLS")],
        editions: ONLY_2000,
        notes: &[s("today: implicit-TLS submission; and see C-15")],
        ..row("X-16", Listener)
    },
    Row {
        purpose: s(
            "SMTP/LSA: routing engine: link-state routing information; link-state algorithm after OSPF; between routing groups the command verb X-LSA-2 over SMTP, inside a routing group TCP 691",
        ),
        ports: &[tcp(691, "link-state routing")],
        editions: ONLY_2000,
        ..row("X-17", Listener)
    },
    Row {
        purpose: s("RVP: instant messaging; a firewall problem because the second port is unknown"),
        ports: &[tcp(80, "RVP"), tcp_described("dynamic, above 1024", "RVP")],
        editions: ONLY_2000,
        ..row("X-18", Listener)
    },
    Row {
        purpose: s("IRC/IRCX: chat, with Microsoft's extension"),
        ports: &[tcp(6667, "IRC/IRCX"), tcp(7000, "IRC/IRCX")],
        editions: ONLY_2000,
        notes: &[s("7000 is also common")],
        ..row("X-19", Listener)
    },
    Row {
        purpose: s("IRC/SSL: not supported in Exchange 2000"),
        ports: &[tcp(994, "IRC over TLS")],
        editions: ONLY_2000,
        ..row("X-20", Listener)
    },
    Row {
        purpose: s("X.400: MTA to other X.400 MTAs; OSI over TCP, RFC 1006"),
        ports: &[tcp(102, "X.400")],
        editions: ONLY_2000,
        notes: &[p("Exchange 2003: MTA stacks 102 only with an active X.400 connection")],
        ..row("X-21", Listener)
    },
    Row {
        purpose: s(
            "MS-RPC: RPC locator; the routing group connector uses RPC instead of SMTP when the target bridgehead runs 5.5; some administration needs it; a firewall needs many more ports than 135",
        ),
        ports: &[tcp(135, "RPC")],
        editions: ONLY_2000,
        notes: &[
            s(
                "two knowledge-base topics: fixed TCP ports for Internet firewalls; fixed MTA ports for X.400 and RPC",
            ),
            p(
                "A public table for Exchange 2003 adds: System Attendant RPC, 6002 (DSProxy over RPC/HTTP) and 6004 (DS referral over RPC/HTTP); information store 6001 (store over RPC/HTTP) and outbound UDP to random client ports for new-mail notification",
            ),
            p(
                "That table swaps 993 and 995, and its comment says 6003 where its port column says 6004: 6002 and 6004 agree with row F-15",
            ),
        ],
        ..row("X-22", Listener)
    },
    Row {
        purpose: s(
            "T.120: data conferencing (chat, application sharing, whiteboard, file transfer), on the MCU of Conferencing Server; client NetMeeting",
        ),
        ports: &[tcp(1503, "T.120")],
        editions: ONLY_2000,
        ..row("X-23", Listener)
    },
    Row {
        purpose: s("ULS: user locator service; not implemented: Exchange uses AD on 389"),
        ports: &[tcp(522, "ULS")],
        editions: ONLY_2000,
        shown_by: Some("crates/ports/tests/table.rs::nothing_listens_for_the_user_locator_service"),
        ..row("X-24", Rule)
    },
    Row {
        purpose: s("H.323 video: call set-up, then a negotiated UDP port"),
        ports: &[tcp(1720, "H.323"), udp_described("dynamic", "video")],
        editions: ONLY_2000,
        ..row("X-25", Listener)
    },
    Row {
        purpose: s("Audio: audio conferencing, as X-25"),
        ports: &[tcp(1731, "audio call control"), tcp_described("dynamic", "audio")],
        editions: ONLY_2000,
        ..row("X-26", Listener)
    },
];
