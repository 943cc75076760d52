//! Group B. Exchange 2010 data paths of Mailbox servers.
//!
//! In the copy at hand the table breaks off after "Clustering" and goes on in the middle of the
//! Client Access table; the notes for Mailbox servers are lost.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: r("Active Directory access"),
        ports: &active_directory(Mark::Source),
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: s("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: &[s("The name is lost in the copy at hand")],
        ..row("B-01", Outgoing)
    },
    Row {
        purpose: s("Admin remote access (remote registry)"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("IPsec"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        ..row("B-02", Listener)
    },
    Row {
        purpose: s("Admin remote access (SMB, files)"),
        ports: &[tcp(445, "SMB").public()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("IPsec"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        ..row("B-03", Listener)
    },
    Row {
        purpose: s("Availability web service (Client Access -> Mailbox)"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: s("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        ..row("B-04", Path)
    },
    Row {
        purpose: s("Clustering"),
        ports: &[
            tcp(135, "RPC endpoint mapper").restored(),
            udp(3343, "cluster heart-beat").public(),
        ],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("IPsec"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: &[
            p("3343/UDP between nodes"),
            s(
                r#"The copy at hand shows "RPC encryption" under encryption, which probably belongs to the next, lost row"#,
            ),
        ],
        ..row("B-05", Path)
    },
    Row {
        purpose: r("Content indexing"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-06", Path)
    },
    Row {
        purpose: r("Log shipping"),
        ports: &[tcp(64327, "log copying and seeding").public()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("yes"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: &[p("The port can be changed"), s("The row is lost in the copy at hand")],
        ..row("B-07", Path)
    },
    Row {
        purpose: r("Seeding"),
        ports: &[tcp(64327, "log copying and seeding").public()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("yes"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: &[p("The port can be changed"), s("The row is lost in the copy at hand")],
        ..row("B-08", Path)
    },
    Row {
        purpose: r("Volume shadow copy (VSS) backup"),
        ports: &[tcp_described("local message block", "SMB").public()],
        default_auth: p("NTLM/Kerberos"),
        supported_auth: p("NTLM/Kerberos"),
        encryption: p("no"),
        encrypted_by_default: p("no"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-09", Path)
    },
    Row {
        purpose: r("Mailbox Assistants"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("no"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-10", Path)
    },
    Row {
        purpose: r("MAPI access"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-11", Path)
    },
    Row {
        purpose: r("Active Directory Topology service access"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-12", Path)
    },
    Row {
        purpose: r("System Attendant legacy access, listening"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("no"),
        encrypted_by_default: r("no"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-13", Path)
    },
    Row {
        purpose: r("System Attendant legacy access to AD"),
        ports: &active_directory(Mark::Restored),
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: r("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-14", Outgoing)
    },
    Row {
        purpose: r("System Attendant legacy access, as MAPI client"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("NTLM/Kerberos"),
        supported_auth: r("NTLM/Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-15", Path)
    },
    Row {
        purpose: r("OAB generation reading AD"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-16", Outgoing)
    },
    Row {
        purpose: r("Recipient Update Service RPC access"),
        ports: &[tcp(135, "RPC endpoint mapper").restored()],
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: r("RPC encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-17", Outgoing)
    },
    Row {
        purpose: r("Recipient update to AD"),
        ports: &active_directory(Mark::Restored),
        default_auth: r("Kerberos"),
        supported_auth: r("Kerberos"),
        encryption: r("Kerberos encryption"),
        encrypted_by_default: r("yes"),
        editions: ONLY_2010,
        notes: LOST,
        ..row("B-18", Outgoing)
    },
    Row {
        purpose: p("CCR/SCR log shipping"),
        ports: &[tcp(445, "SMB").public()],
        default_auth: p("NTLM/Kerberos"),
        supported_auth: p("NTLM/Kerberos"),
        encryption: p("IPsec"),
        encrypted_by_default: p("no"),
        editions: ONLY_2010,
        notes: &[p("An earlier text of the same page, in the terms of 2007")],
        ..row("B-19", Path)
    },
    Row {
        purpose: p("CCR/SCR seeding; legacy streaming backup"),
        ports: &[tcp_described("random port", "streaming").public()],
        default_auth: p("NTLM/Kerberos"),
        supported_auth: p("NTLM/Kerberos"),
        encryption: p("IPsec"),
        encrypted_by_default: p("no"),
        editions: ONLY_2010,
        notes: &[p("An earlier text of the same page, in the terms of 2007")],
        ..row("B-20", Path)
    },
    Row {
        purpose: s(
            "The authentication depends on the consumer of the business-logic layer: as Local System always Kerberos (two-way trust with the machine account), otherwise NTLM (a management-shell cmdlet, for instance)",
        ),
        editions: ONLY_2010,
        ..row("B-30", Rule)
    },
    Row { purpose: s("RPC traffic is always encrypted"), editions: ONLY_2010, ..row("B-31", Rule) },
];
