//! Which crate may know which. A new edge between crates is a decision about the
//! architecture: it is made here, in a change of its own, and in ARCHITECTURE.md.

use super::Complaint;
use crate::workspace::Crate;

/// What a crate may name among `[dependencies]`.
enum Knows {
    Only(&'static [&'static str]),
    /// Composition: puts the others together.
    Everything,
}

use Knows::{Everything, Only};

/// Values and tables, then platform, domain, protocols, composition, tools.
const EDGES: &[(&str, Knows)] = &[
    ("types", Only(&[])),
    ("ports", Only(&["types"])),
    ("filter", Only(&["types"])),
    ("config", Only(&["types", "ports", "filter"])),
    ("store", Only(&["types"])),
    ("net", Only(&["types"])),
    ("auth", Only(&["types"])),
    ("content", Only(&["types"])),
    ("directory", Only(&["types", "filter", "store", "auth"])),
    ("mailbox", Only(&["types", "store", "content"])),
    ("transport", Only(&["types", "store"])),
    ("migration", Only(&["types", "store", "mailbox", "content", "net"])),
    ("backup", Only(&["types", "store"])),
    ("http1", Only(&["net"])),
    ("acme", Only(&["types", "net", "http1"])),
    ("ldap", Only(&["types", "filter", "net"])),
    ("telemetry", Only(&["types", "net", "http1"])),
    ("smtp", Only(&["types"])),
    ("imap", Only(&["types", "net", "auth", "store", "mailbox", "content", "directory"])),
    ("pop3", Only(&["types", "net", "auth", "mailbox"])),
    ("admin", Everything),
    ("roles", Everything),
    ("rialto", Everything),
    ("testkit", Only(&[])),
    ("lostwrites", Only(&[])),
    ("fuzzing", Everything),
    ("xtask", Only(&["testkit"])),
];

/// What only tests, and each other, may depend on.
const FOR_TESTS: &[&str] = &["testkit", "lostwrites", "fuzzing", "xtask"];

/// Crates from outside that belong to one crate of ours.
const OWNED: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("hickory-resolver", &["net"]),
    ("hickory-proto", &["net"]),
    ("socket2", &["net"]),
    // xtask: its crash clients submit mail, which is taken in TLS only.
    ("rustls", &["net", "xtask"]),
    ("tokio-rustls", &["net"]),
    ("rcgen", &["net"]),
    ("mail-parser", &["content"]),
    ("mail-auth", &["transport"]),
    ("argon2", &["auth"]),
    ("fuser", &["lostwrites"]),
    ("clap", &["admin", "rialto"]),
    ("clap_complete", &["rialto"]),
    ("clap_mangen", &["admin"]),
    ("metrics", &["roles"]),
    ("metrics-exporter-prometheus", &["roles"]),
    ("instant-acme", &["acme"]),
    ("opentelemetry-proto", &["telemetry"]),
    ("prost", &["telemetry"]),
    ("hyper", &["http1", "acme", "admin", "telemetry"]),
    ("hyper-util", &["http1", "acme", "admin"]),
    ("http-body-util", &["http1", "acme", "admin", "telemetry"]),
];

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    crates.iter().flat_map(|each| complaints(&each.name, &each.names_in("dependencies"))).collect()
}

fn complaints(name: &str, dependencies: &[&str]) -> Vec<Complaint> {
    let Some((_, knows)) = EDGES.iter().find(|(each, _)| *each == name) else {
        return vec![Complaint::new(name, "not in the table of xtask/src/tidy/edges.rs")];
    };
    let about = dependencies.iter().filter_map(|other| complaint(name, knows, other));
    about.collect()
}

fn complaint(name: &str, knows: &Knows, other: &str) -> Option<Complaint> {
    let is_ours = EDGES.iter().any(|(each, _)| *each == other);
    let text = if is_ours && FOR_TESTS.contains(&other) && !FOR_TESTS.contains(&name) {
        format!("{other} is for tests only")
    } else if is_ours && !knows.allows(other) {
        format!("may not depend on {other}")
    } else if let Some((_, owners)) = OWNED.iter().find(|(each, _)| *each == other)
        && !owners.contains(&name)
    {
        format!("{other} is the business of {}", owners.join(", "))
    } else {
        return None;
    };
    Some(Complaint::new(name, text))
}

impl Knows {
    fn allows(&self, other: &str) -> bool {
        match self {
            Only(known) => known.contains(&other),
            Everything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOLS: &[&str] = &["smtp", "imap", "pop3"];
    const DOMAIN: &[&str] =
        &["auth", "content", "directory", "mailbox", "migration", "transport", "store", "net"];

    fn allows(name: &str, other: &str) -> bool {
        complaints(name, &[other]).is_empty()
    }

    #[test]
    fn protocols_know_no_other_protocol() {
        for (one, other) in PROTOCOLS.iter().flat_map(|one| PROTOCOLS.iter().map(move |o| (one, o)))
        {
            assert!(!allows(one, other), "{one} -> {other}");
        }
    }

    #[test]
    fn the_domain_knows_no_protocol() {
        for (domain, protocol) in DOMAIN.iter().flat_map(|d| PROTOCOLS.iter().map(move |p| (d, p)))
        {
            assert!(!allows(domain, protocol), "{domain} -> {protocol}");
        }
    }

    #[test]
    fn nobody_knows_the_composition() {
        for (name, knows) in EDGES {
            if let Only(known) = knows {
                assert!(
                    !["roles", "rialto", "admin"].iter().any(|each| known.contains(each)),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn tests_only_crates_stay_out_of_the_server() {
        assert!(!allows("roles", "testkit"));
        assert!(!allows("rialto", "fuzzing"));
    }

    #[test]
    fn engines_and_sockets_have_one_owner() {
        assert!(allows("store", "rusqlite"));
        assert!(!allows("mailbox", "rusqlite"));
        assert!(!allows("roles", "hickory-resolver"));
    }

    #[test]
    fn a_crate_outside_the_table_is_a_complaint() {
        assert_eq!(complaints("gopher", &[]).len(), 1);
    }
}
