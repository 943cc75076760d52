//! What fuzzers call: one function per decoder, from octets to nothing.
//!
//! A [`Target`] hands octets to one decoder and asserts what must hold whatever they are:
//! no panic; what is decoded encodes and decodes to the same; a stream cut elsewhere means the
//! same. The workspace in `fuzz/` runs the targets under libFuzzer; [`mutate`] and [`corpus`]
//! do it on a stable compiler, without coverage, for the smoke test.
//!
//! What it is not: part of the server. Assertions here panic by design.

pub mod corpus;
pub mod mutate;
pub mod targets;

/// One decoder under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its corpus under `fuzz/corpus` and of its program in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Panics when something that must hold does not.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "admin_arguments", run: targets::admin::arguments },
    Target { name: "admin_request", run: targets::admin::request },
    Target { name: "auth_exchange", run: targets::auth::exchange },
    Target { name: "auth_line", run: targets::auth::line },
    Target { name: "config_document", run: targets::config::document },
    Target { name: "content_bag", run: targets::content::bag },
    Target { name: "content_derive", run: targets::content::derive },
    Target { name: "content_interchange", run: targets::content::interchange },
    Target { name: "content_rtf", run: targets::content::rtf },
    Target { name: "content_summary", run: targets::content::summary },
    Target { name: "directory_records", run: targets::directory::records },
    Target { name: "imap_command", run: targets::imap::command },
    Target { name: "imap_frames", run: targets::imap::frames },
    Target { name: "ldap_filter", run: targets::ldap::filter },
    Target { name: "ldap_message", run: targets::ldap::message },
    Target { name: "mailbox_pages", run: targets::mailbox::pages },
    Target { name: "mailbox_records", run: targets::mailbox::records },
    Target { name: "migration_csv", run: targets::migration::csv },
    Target { name: "migration_mbox", run: targets::migration::mbox },
    Target { name: "migration_pst", run: targets::migration::pst },
    Target { name: "migration_responses", run: targets::migration::responses },
    Target { name: "net_proxy", run: targets::net::proxy },
    Target { name: "net_time", run: targets::net::time },
    Target { name: "pop3_command", run: targets::pop3::command },
    Target { name: "roles_preface", run: targets::roles::preface },
    Target { name: "smtp_command", run: targets::smtp::command },
    Target { name: "smtp_data", run: targets::smtp::data },
    Target { name: "smtp_reply", run: targets::smtp::reply },
    Target { name: "store_rows", run: targets::store::rows },
    Target { name: "transport_rows", run: targets::transport::rows },
    Target { name: "types_address", run: targets::types::address },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
