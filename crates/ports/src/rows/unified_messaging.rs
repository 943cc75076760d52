//! Group U. Unified Messaging, Exchange 2010 to 2016.
//!
//! U-01 to U-13 are Exchange 2010; U-20 to U-25 the topic of Exchange 2013 and 2016 that the later
//! port documents refer to.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: s("Active Directory access"),
        ports: &active_directory(Mark::Source),
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: s("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("U-01", Outgoing)
    },
    Row {
        purpose: s("UM telephony (IP PBX / VoIP gateway)"),
        ports: &[
            tcp(5060, "SIP"),
            tcp(5065, "SIP"),
            tcp(5067, "SIP"),
            tcp(5061, "SIP over TLS"),
            tcp(5066, "SIP over TLS"),
            tcp(5068, "SIP over TLS"),
            tcp_range(16000, 17000, "control, dynamic"),
            udp_range(1024, 65535, "RTP, dynamic"),
        ],
        default_auth: s("by IP address"),
        supported_auth: s("by IP address, MTLS"),
        encryption: s("SIP/TLS, SRTP"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        ..row("U-02", Listener)
    },
    Row {
        purpose: s("UM web service"),
        ports: &[tcp(80, "HTTP"), tcp(443, "HTTPS")],
        default_auth: s("Integrated Windows (Negotiate)"),
        supported_auth: r("Basic, Digest, NTLM, Negotiate"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("U-03", Listener)
    },
    Row {
        purpose: s("UM -> CAS"),
        ports: &[tcp(5075, "HTTPS"), tcp(5076, "HTTPS"), tcp(5077, "HTTPS")],
        default_auth: s("Integrated Windows (Negotiate)"),
        supported_auth: s("Basic, Digest, NTLM, Negotiate (Kerberos)"),
        encryption: s("SSL"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("U-04", Path)
    },
    Row {
        purpose: s("UM -> CAS (Play on Phone)"),
        ports: &[tcp_described("dynamic", "RPC")],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("U-05", Path)
    },
    Row {
        purpose: s("UM -> Hub"),
        ports: &[tcp(25, "SMTP").public()],
        default_auth: p("Kerberos"),
        supported_auth: p("Kerberos"),
        encryption: s("TLS"),
        encrypted_by_default: p("yes"),
        editions: ONLY_2010,
        ..row("U-06", Path)
    },
    Row {
        purpose: s("UM -> Mailbox"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("U-07", Path)
    },
    Row {
        purpose: s(
            "Gateways and PBXs authenticate only by certificate (mutual TLS for SIP) or by IP address (unencrypted SIP/TCP); no NTLM, no Kerberos",
        ),
        editions: ONLY_2010,
        ..row("U-10", Rule)
    },
    Row {
        purpose: s(
            "A gateway object lists the allowed peer address and is tied to a dial plan; without it, or with a wrong address, connections are refused",
        ),
        editions: ONLY_2010,
        ..row("U-11", Rule)
    },
    Row {
        purpose: s("With mutual TLS the gateway object needs an FQDN and a DNS host record"),
        editions: ONLY_2010,
        ..row("U-12", Rule)
    },
    Row {
        purpose: s("The server can talk on 5060 (open), 5061 (secured) or both"),
        ports: &[tcp(5060, "SIP"), tcp(5061, "SIP over TLS")],
        editions: ONLY_2010,
        ..row("U-13", Rule)
    },
    Row {
        purpose: p("SIP, UM Call Router (front end)"),
        ports: &[tcp(5060, "SIP").public(), tcp(5061, "SIP over TLS").public()],
        editions: UM_2013,
        notes: &[p("no media"), p("Changeable: yes, `Set-UMCallRouterSettings`")],
        ..row("U-20", Listener)
    },
    Row {
        purpose: p("SIP, UM service (Mailbox)"),
        ports: &[tcp(5062, "SIP").public(), tcp(5063, "SIP over TLS").public()],
        editions: UM_2013,
        notes: &[p("accepts the redirected call"), p("Changeable: no")],
        ..row("U-21", Listener)
    },
    Row {
        purpose: p("SIP, UM worker process"),
        ports: &[
            tcp(5065, "SIP").public(),
            tcp(5067, "SIP").public(),
            tcp(5066, "SIP over TLS").public(),
            tcp(5068, "SIP over TLS").public(),
        ],
        editions: UM_2013,
        notes: &[p("in dual mode also 5066 and 5068"), p("Changeable: no")],
        ..row("U-22", Listener)
    },
    Row {
        purpose: p("RTP/SRTP, UM worker process"),
        ports: &[
            tcp_described("next odd port", "RTP/SRTP").public(),
            udp_range(1024, 65535, "RTP/SRTP").public(),
        ],
        editions: UM_2013,
        notes: &[
            p("the 2007 text: UDP 16384-32767; T.38 fax named there"),
            p("Changeable: configuration file"),
        ],
        ..row("U-23", Listener)
    },
    Row {
        purpose: p(
            "Firewall rules made by setup: SESWorker (GFW), UMCallRouter (GFW), UMCallRouter, UMService (GFW), UMService, UMWorkerProcess - RPC, UMWorkerProcess (GFW), UMWorkerProcess",
        ),
        editions: UM_2013,
        ..row("U-24", FirewallRule)
    },
    Row {
        purpose: p(
            r#"Exchange 2019 has no Unified Messaging: E2019 heads the section "in Exchange 2016""#,
        ),
        ..row("U-25", Rule)
    },
];
