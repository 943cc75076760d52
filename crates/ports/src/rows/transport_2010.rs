//! Group T. Exchange 2010 data paths of transport servers.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("Hub -> Hub"),
        ports: &[tcp(25, "SMTP").public()],
        default_auth: p("Kerberos"),
        supported_auth: p("Kerberos"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        ..row("T-01", Path)
    },
    Row {
        purpose: s("Hub -> Edge"),
        ports: &[tcp(25, "SMTP").public()],
        default_auth: s("direct trust"),
        supported_auth: s("direct trust"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-02", Path)
    },
    Row {
        purpose: s("Edge -> Hub"),
        ports: &[tcp(25, "SMTP").public()],
        default_auth: s("direct trust"),
        supported_auth: s("direct trust"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-03", Path)
    },
    Row {
        purpose: s("Edge -> Edge (other organization)"),
        ports: &[
            tcp(25, "SMTP").public(),
            tcp(389, "LDAP").public(),
            udp(389, "LDAP").public(),
            tcp(80, "HTTP").public(),
        ],
        default_auth: s("anonymous, certificate"),
        supported_auth: s("anonymous, certificate"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        roles: EDGE,
        notes: &[p("The 2007 text adds 389/TCP+UDP and 80/TCP for certificate authentication")],
        ..row("T-04", Outgoing)
    },
    Row {
        purpose: s("Mailbox -> Hub through the Mail Submission service"),
        ports: &[tcp(135, "RPC endpoint mapper").public()],
        default_auth: s("NTLM; Kerberos when both roles share a machine"),
        supported_auth: p("NTLM/Kerberos"),
        encryption: s("RPC encryption"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        ..row("T-05", Path)
    },
    Row {
        purpose: s("Hub -> Mailbox through MAPI"),
        ports: &[tcp(135, "RPC endpoint mapper").public()],
        default_auth: s("NTLM; Kerberos when both roles share a machine"),
        supported_auth: p("NTLM/Kerberos"),
        encryption: s("RPC encryption"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        ..row("T-06", Path)
    },
    Row {
        purpose: r("UM -> Hub"),
        ports: &[tcp(25, "SMTP").public()],
        default_auth: p("Kerberos"),
        supported_auth: p("Kerberos"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        notes: &[s("The name is lost in the copy at hand")],
        ..row("T-07", Path)
    },
    Row {
        purpose: s("EdgeSync service: Hub -> Edge"),
        ports: &[tcp(50636, "secure LDAP").public()],
        default_auth: p("Basic"),
        supported_auth: p("Basic"),
        encryption: s("LDAP over SSL"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-08", Path)
    },
    Row {
        purpose: s("Active Directory access from Hub"),
        ports: &active_directory(Mark::Public),
        default_auth: p("Kerberos"),
        supported_auth: p("Kerberos"),
        encryption: p("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("T-09", Outgoing)
    },
    Row {
        purpose: s("AD RMS access from Hub"),
        ports: &[tcp(443, "HTTPS").public()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("T-10", Outgoing)
    },
    Row {
        purpose: s("SMTP clients -> Hub (end users, e.g. Windows Live Mail)"),
        ports: &[tcp(587, "SMTP").public(), tcp(25, "SMTP").restored()],
        default_auth: p("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("TLS"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("T-11", Listener)
    },
    Row {
        purpose: s(
            "All Hub-Hub traffic is TLS with the self-signed certificates made at installation",
        ),
        editions: ONLY_2010,
        ..row("T-20", Rule)
    },
    Row {
        purpose: s(
            "Edge-Hub traffic is authenticated and encrypted by mutual TLS with direct trust: the certificate's presence in AD or AD LDS proves it; self-signed or CA-signed makes no difference. The subscription publishes the Edge certificate in AD; EdgeSync puts the Hub certificates into AD LDS",
        ),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-21", Rule)
    },
    Row {
        purpose: s(
            "EdgeSync: secure LDAP on 50636; AD LDS also listens on 50389 without SSL, for LDAP tools to inspect the data",
        ),
        ports: &[tcp(50636, "secure LDAP"), tcp(50389, "LDAP")],
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-22", Rule)
    },
    Row {
        purpose: s(
            "Edge-Edge between organizations is TLS by default; setup makes a self-signed certificate; Exchange tries TLS on every remote connection",
        ),
        editions: ONLY_2010,
        roles: EDGE,
        ..row("T-23", Rule)
    },
    Row {
        purpose: s("Local delivery uses Kerberos, remote NTLM"),
        editions: ONLY_2010,
        ..row("T-24", Rule)
    },
    Row {
        purpose: s(
            r#"Domain Security: mutual-TLS paths between domains; mail from them is shown to users as "domain secured""#,
        ),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-25", Rule)
    },
    Row {
        purpose: s(
            "Anti-spam agents use local data; the exception is recipient filtering, which needs AD LDS or AD; recommended on Edge, where AD LDS is local; on a Hub it needs AD",
        ),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-26", Rule)
    },
    Row {
        purpose: s(
            "Sender reputation (Protocol Analysis agent) connects to outside proxies to test inbound paths",
        ),
        editions: ONLY_2010,
        roles: EDGE,
        ..row("T-27", Rule)
    },
    Row {
        purpose: s(
            "Safe-sender aggregation and recipient data reach the local AD LDS through EdgeSync",
        ),
        editions: ONLY_2010,
        roles: BOTH,
        ..row("T-28", Rule)
    },
    Row {
        purpose: s(
            "IRM agents on the Hub talk HTTPS to AD RMS, Kerberos or NTLM by its configuration",
        ),
        editions: ONLY_2010,
        ..row("T-29", Rule)
    },
    Row {
        purpose: s(
            "Journal rules, transport rules and message classifications live in AD, read by the Journaling and Transport Rules agents on the Hub",
        ),
        editions: ONLY_2010,
        ..row("T-30", Rule)
    },
];
