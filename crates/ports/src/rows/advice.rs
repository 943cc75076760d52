//! Group W. Firewall and perimeter advice.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s(
            "Three layouts: (a) mail server on the machine that is also proxy/firewall, needed ports open on its Internet side (small sites); (b) mail server in the LAN behind a proxy/firewall, by a public address or port mapping, often with ready-made publishing rules (most sites); (c) a DMZ with an Exchange front-end server (since 2000) or an SMTP relay, another Exchange or sendmail (large sites)",
        ),
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        ..row("W-01", Advice)
    },
    Row {
        purpose: s("In any layout at least 25/TCP and 53/UDP"),
        ports: &[tcp(25, "SMTP"), udp(53, "DNS")],
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        shown_by: Some(
            "crates/rialto/tests/clients/postfix.rs::mail_goes_both_ways_with_smtp_and_dns_alone",
        ),
        ..row("W-02", Advice)
    },
    Row {
        purpose: s(
            "Further, by configuration (TCP): 80 OWA; 88 Kerberos (rarely); 102 X.400 connector between routing groups; 110 POP3; 119 news; 135 RPC remote administration; 143 IMAP; 389 directory; 443, 563, 636, 993, 995 the same over SSL; 3268 and 3269 global catalog (search, universal group membership)",
        ),
        ports: &[
            tcp(80, "HTTP"),
            tcp(88, "Kerberos"),
            tcp(102, "X.400"),
            tcp(110, "POP3"),
            tcp(119, "NNTP"),
            tcp(135, "RPC"),
            tcp(143, "IMAP4"),
            tcp(389, "LDAP"),
            tcp(443, "HTTPS"),
            tcp(563, "NNTP over TLS"),
            tcp(636, "LDAP over TLS"),
            tcp(993, "IMAP4 over TLS"),
            tcp(995, "POP3 over TLS"),
            tcp(3268, "global catalog"),
            tcp(3269, "global catalog over TLS"),
        ],
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        ..row("W-03", Advice)
    },
    Row {
        purpose: s(
            "Do not firewall the side that faces the organization (domain controllers, administration, backup)",
        ),
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        ..row("W-04", Advice)
    },
    Row {
        purpose: s("On the Internet side leave only 53 (if it resolves names itself) and 25"),
        ports: &[tcp(53, "DNS"), udp(53, "DNS"), tcp(25, "SMTP")],
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        ..row("W-05", Advice)
    },
    Row {
        purpose: s(
            "For access from outside, the best choice is OWA over SSL with only 443 open: solves authentication, encryption and relay at once, and avoids mail being taken away by a home client",
        ),
        ports: &[tcp(443, "HTTPS")],
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        ..row("W-06", Advice)
    },
    Row {
        purpose: s(
            "Several virtual SMTP and POP3 servers with different security settings on one machine: a strict one towards the Internet, a convenient one for inside users",
        ),
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        shown_by: Some(
            "crates/roles/tests/front_and_back_end.rs::a_strict_and_a_convenient_server_stand_on_one_machine",
        ),
        ..row("W-07", Advice)
    },
    Row {
        purpose: s(
            r#""Firewall for Exchange" often means message filtering: keep the two ideas apart"#,
        ),
        editions: FIREWALL_ADVICE,
        roles: BOTH,
        shown_by: Some(
            "crates/roles/tests/receive_connectors.rs::the_firewall_knows_nothing_of_messages",
        ),
        ..row("W-08", Advice)
    },
];
