//! Group F. The Windows Firewall rules that Exchange 2010 setup makes.
//!
//! 54 rules, all TCP inbound, and what the documents say about them (F-60 to F-65). For this
//! product: one rule per listener, bound to our program and role, made from the running
//! configuration; the names are the vocabulary an administrator searches for.

use super::build::*;

const MAPPER: PortSpec = tcp(135, "RPC endpoint mapper");
const DYNAMIC: &[PortSpec] = &[tcp_described("dynamic", "RPC")];

/// One rule: its name, the roles that get it (CA Client Access, HT Hub Transport, ET Edge
/// Transport, MB Mailbox, UM Unified Messaging), its ports, the program it is bound to.
const fn rule(
    id: &'static str,
    name: &'static str,
    firewall_roles: Cell,
    ports: &'static [PortSpec],
    program: Cell,
) -> Row {
    Row {
        purpose: s(name),
        ports,
        firewall_roles,
        program,
        editions: ONLY_2010,
        ..row(id, FirewallRule)
    }
}

pub(super) static ROWS: &[Row] = &[
    rule(
        "F-01",
        "MSExchangeADTopology - RPC",
        p("CA HT MB UM"),
        DYNAMIC,
        s(r"Bin\MSExchangeADTopologyService.exe"),
    ),
    rule(
        "F-02",
        "MSExchangeMonitoring - RPC",
        s("CA HT ET UM"),
        DYNAMIC,
        s(r"Bin\Microsoft.Exchange.Management.Monitoring.exe"),
    )
    .on_both(),
    rule(
        "F-03",
        "MSExchangeServiceHost - RPC",
        p("all"),
        DYNAMIC,
        s(r"Bin\Microsoft.Exchange.ServiceHost.exe"),
    )
    .on_both(),
    rule(
        "F-04",
        "MSExchangeServiceHost - RPCEPMap",
        p("all"),
        &[MAPPER.public()],
        s(r"Bin\Microsoft.Exchange.Service.Host"),
    )
    .on_both(),
    rule("F-05", "MSExchangeRPCEPMap (GFW)", p("all"), &[MAPPER.public()], p("any")).on_both(),
    rule("F-06", "MSExchangeRPC (GFW)", s("CA HT MB UM"), DYNAMIC, p("any")),
    rule(
        "F-07",
        "MSExchange - IMAP4 (GFW)",
        s("CA"),
        &[tcp(143, "IMAP4").public(), tcp(993, "IMAP4 over TLS").public()],
        p("all"),
    ),
    rule(
        "F-08",
        "MSExchangeIMAP4",
        s("CA"),
        &[tcp(143, "IMAP4").public(), tcp(993, "IMAP4 over TLS").public()],
        s(r"ClientAccess\PopImap\Microsoft.Exchange.Imap4Service.exe"),
    ),
    rule(
        "F-09",
        "MSExchange - POP3 (FGW)",
        s("CA"),
        &[tcp(110, "POP3").public(), tcp(995, "POP3 over TLS").public()],
        p("all"),
    )
    .noting(&[s("FGW: so spelt")]),
    rule(
        "F-10",
        "MSExchange - POP3",
        s("CA"),
        &[tcp(110, "POP3").public(), tcp(995, "POP3 over TLS").public()],
        s(r"ClientAccess\PopImap\Microsoft.Exchange.Pop3Service.exe"),
    ),
    rule(
        "F-11",
        "MSExchange - OWA (GFW)",
        s("CA"),
        &[tcp(5075, "HTTPS"), tcp(5076, "HTTPS"), tcp(5077, "HTTPS")],
        p("all"),
    ),
    rule(
        "F-12",
        "MSExchangeOWAAppPool",
        s("CA"),
        &[tcp(5075, "HTTPS"), tcp(5076, "HTTPS"), tcp(5077, "HTTPS")],
        s(r"Inetsrv\w3wp.exe"),
    ),
    rule(
        "F-13",
        "MSExchangeAB RPC",
        s("CA"),
        DYNAMIC,
        r(r"Bin\Microsoft.Exchange.AddressBook.Service.exe"),
    ),
    rule(
        "F-14",
        "MSExchangeAB-RPCEPMap",
        s("CA"),
        &[MAPPER.restored()],
        s(r"Bin\Microsoft.Exchange.AddressBook.Service.exe"),
    ),
    rule(
        "F-15",
        "MSExchangeAB-RpcHttp",
        s("CA"),
        &[tcp(6002, "RPC over HTTP"), tcp(6004, "RPC over HTTP")],
        s(r"Bin\Microsoft.Exchange.AddressBook.Service.exe"),
    ),
    rule("F-16", "RpcHttpLBS", s("CA"), DYNAMIC, s(r"System32\Svchost.exe")),
    rule(
        "F-17",
        "MSExchangeRPC - RPC",
        r("CA MB"),
        DYNAMIC,
        r(r"Bin\Microsoft.Exchange.RpcClientAccess.Service.exe"),
    ),
    rule(
        "F-18",
        "MSExchangeRPC - PRCEPMap",
        s("CA MB"),
        &[MAPPER.restored()],
        s(r"Bin\Microsoft.Exchange.RpcClientAccess.Service.exe"),
    )
    .noting(&[s("PRCEPMap: so spelt"), s(r#"Program path printed "Bing\""#)]),
    rule(
        "F-19",
        "MSExchangeRPC",
        s("CA MB"),
        &[tcp(6001, "RPC over HTTP").restored()],
        s(r"Bin\Microsoft.Exchange.RpcClientAccess.Service.exe"),
    )
    .noting(&[s(r#"Program path printed "Bing\""#)]),
    rule(
        "F-20",
        "MSExchangeMailboxReplication (GFW)",
        s("CA"),
        &[tcp(808, "mailbox replication").restored()],
        r("any"),
    ),
    rule(
        "F-21",
        "MSExchangeMailboxReplication",
        s("CA"),
        &[tcp(808, "mailbox replication").restored()],
        s(r"Bin\MSExchangeMailboxReplication.exe"),
    ),
    rule("F-22", "MSExchangeIS - RPC", s("MB"), DYNAMIC, r(r"Bin\Store.exe")),
    rule("F-23", "MSExchangeIS RPCEPMap", s("MB"), &[MAPPER.restored()], r(r"Bin\Store.exe")),
    rule(
        "F-24",
        "MSExchangeIS (GFW)",
        s("MB"),
        &[
            tcp(6001, "RPC over HTTP"),
            tcp(6002, "RPC over HTTP"),
            tcp(6003, "RPC over HTTP"),
            tcp(6004, "RPC over HTTP"),
        ],
        r("any"),
    ),
    rule(
        "F-25",
        "MSExchangeIS",
        s("MB"),
        &[tcp(6001, "RPC over HTTP").restored()],
        r(r"Bin\Store.exe"),
    ),
    rule(
        "F-26",
        "MSExchangeMailboxAssistants - RPC",
        s("MB"),
        DYNAMIC,
        r(r"Bin\MSExchangeMailboxAssistants.exe"),
    ),
    rule(
        "F-27",
        "MSExchangeMailboxAssistants - RPCEPMap",
        s("MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeMailboxAssistants.exe"),
    ),
    rule(
        "F-28",
        "MSExchangeMailSubmission - RPC",
        s("MB"),
        DYNAMIC,
        r(r"Bin\MSExchangeMailSubmission.exe"),
    ),
    rule(
        "F-29",
        "MSExchangeMailSubmission - RPCEPMap",
        s("MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeMailSubmission.exe"),
    ),
    rule("F-30", "MSExchangeMigration - RPC", s("MB"), DYNAMIC, s(r"Bin\MSExchangeMigration.exe")),
    rule(
        "F-31",
        "MSExchangeMigration - RPCEPMap",
        s("MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeMigration.exe"),
    ),
    rule(
        "F-32",
        "MSExchangerepl - Log Copier",
        s("MB"),
        &[tcp(64327, "log copying").public()],
        s(r"Bin\MSExchangeRepl.exe"),
    ),
    rule("F-33", "MSExchangerepl - RPC", s("MB"), DYNAMIC, s(r"Bin\MSExchangeRepl.exe")),
    rule(
        "F-34",
        "MSExchangerepl - RPC-EPMap",
        s("MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeRepl.exe"),
    ),
    rule(
        "F-35",
        "MSExchangeSearch - RPC",
        s("MB"),
        DYNAMIC,
        s(r"Bin\Microsoft.Exchange.Search.ExSearch.exe"),
    ),
    rule(
        "F-36",
        "MSExchangeThrottling - RPC",
        s("MB"),
        DYNAMIC,
        s(r"Bin\MSExchangeThrottling.exe"),
    ),
    rule(
        "F-37",
        "MSExchangeThrottling - RPCEPMap",
        s("MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeThrottling.exe"),
    ),
    rule("F-38", "MSFTED - RPC", s("MB"), DYNAMIC, r(r"Bin\MSFTED.exe")),
    rule("F-39", "MSFTED - RPCEPMap", s("MB"), &[MAPPER.restored()], r(r"Bin\MSFTED.exe")),
    rule(
        "F-40",
        "MSExchangeEdgeSync - RPC",
        s("HT"),
        DYNAMIC,
        r(r"Bin\Microsoft.Exchange.EdgeSyncSvc.exe"),
    ),
    rule(
        "F-41",
        "MSExchangeEdgeSync RPCEPMap",
        s("HT"),
        &[MAPPER.restored()],
        s(r"Bin\Microsoft.Exchange.EdgeSyncSvc.exe"),
    ),
    rule("F-42", "MSExchangeTransportWorker - RPC", s("HT"), DYNAMIC, s(r"Bin\edgetransport.exe")),
    rule(
        "F-43",
        "MSExchangeTransportWorker - RPCEPMap",
        s("HT"),
        &[MAPPER.restored()],
        s(r"Bin\edgetransport.exe"),
    ),
    rule(
        "F-44",
        "MSExchangeTransportWorker (GFW)",
        s("HT"),
        &[tcp(25, "SMTP").restored(), tcp(587, "SMTP").restored()],
        r("any"),
    ),
    rule(
        "F-45",
        "MSExchangeTransportWorker",
        s("HT"),
        &[tcp(25, "SMTP").restored(), tcp(587, "SMTP").restored()],
        s(r"Bin\edgetransport.exe"),
    ),
    rule(
        "F-46",
        "MSExchangeTransportLogSearch - RPC",
        r("HT ET MB"),
        DYNAMIC,
        r(r"Bin\MSExchangeTransportLogSearch.exe"),
    )
    .on_both(),
    rule(
        "F-47",
        "MSExchangeTransportLogSearch - RPCEPMap",
        s("HT ET MB"),
        &[MAPPER.restored()],
        s(r"Bin\MSExchangeTransportLogSearch.exe"),
    )
    .on_both(),
    rule(
        "F-48",
        "SESWorker (GFW)",
        s("UM"),
        &[tcp_described("any", "UM worker").restored()],
        r("any"),
    ),
    rule(
        "F-49",
        "SESWorker",
        s("UM"),
        &[tcp_described("any", "UM worker").restored()],
        s(r"UnifiedMessaging\SESWorker.exe"),
    ),
    rule(
        "F-50",
        "UMService (GFW)",
        s("UM"),
        &[tcp(5060, "SIP").public(), tcp(5061, "SIP over TLS").public()],
        r("any"),
    ),
    rule(
        "F-51",
        "UMService",
        s("UM"),
        &[tcp(5060, "SIP").public(), tcp(5061, "SIP over TLS").public()],
        s(r"Bin\UMService.exe"),
    ),
    rule(
        "F-52",
        "UMWorkerProcess (GFW)",
        s("UM"),
        &[tcp(5065, "SIP"), tcp(5066, "SIP over TLS"), tcp(5067, "SIP"), tcp(5068, "SIP over TLS")],
        r("any"),
    ),
    rule(
        "F-53",
        "UMWorkerProcess",
        s("UM"),
        &[tcp(5065, "SIP"), tcp(5066, "SIP over TLS"), tcp(5067, "SIP"), tcp(5068, "SIP over TLS")],
        s(r"Bin\UMWorkerProcess.exe"),
    ),
    rule("F-54", "UMWorkerProcess - RPC", s("UM"), DYNAMIC, s(r"Bin\UMWorkerProcess.exe")),
    Row {
        purpose: s(
            "80 and 443 are opened by Windows when IIS is installed, not by Exchange setup, so they are not in the table",
        ),
        ports: &[tcp(80, "HTTP"), tcp(443, "HTTPS")],
        editions: ONLY_2010,
        shown_by: Some("crates/ports/tests/table.rs::no_rule_of_setup_is_for_the_web"),
        ..row("F-60", Rule)
    },
    Row {
        purpose: s(
            r#"Rules name a process, so only that process may use the port; a second, unbound rule ("(GFW)" in its name) exists for compatibility and may be switched off or deleted when the bound one suffices"#,
        ),
        editions: ONLY_2010,
        shown_by: Some("crates/ports/tests/firewall.rs::windows_rules_are_bound_to_the_program"),
        ..row("F-61", Rule)
    },
    Row {
        purpose: s(
            "Services that use RPC register dynamic endpoints with the endpoint mapper on 135/TCP; setup makes two rules for such a process, one for the mapper and one for the dynamic port",
        ),
        ports: &[tcp(135, "RPC endpoint mapper")],
        editions: ONLY_2010,
        ..row("F-62", Rule)
    },
    Row {
        purpose: s(
            "Setup makes the rules, so the Security Configuration Wizard is no longer needed",
        ),
        editions: ONLY_2010,
        shown_by: Some("crates/ports/tests/firewall.rs::whatever_is_open_has_its_rule"),
        ..row("F-63", Rule)
    },
    Row {
        purpose: s("The rules can be listed in the Windows Firewall console"),
        editions: ONLY_2010,
        shown_by: Some(
            "crates/ports/tests/firewall.rs::the_windows_console_lists_the_rules_by_row",
        ),
        ..row("F-64", Rule)
    },
    Row {
        purpose: s("Knowledge-base article 179442 is cited for the ports Windows itself needs"),
        editions: ONLY_2010,
        ..row("F-65", Rule)
    },
];
