//! The targets, one file per crate whose decoders they call.

pub mod admin;
pub mod auth;
pub mod config;
pub mod content;
pub mod directory;
pub mod imap;
pub mod ldap;
pub mod mailbox;
pub mod migration;
pub mod net;
pub mod pop3;
pub mod roles;
pub mod smtp;
pub mod store;
pub mod transport;
pub mod types;

use std::fmt::Debug;

use ::store::Record;

/// Takes the first octet off as a choice of the fuzzer; nothing to choose means zero.
fn choice(octets: &[u8]) -> (usize, &[u8]) {
    octets.split_first().map_or((0, octets), |(first, rest)| (usize::from(*first), rest))
}

/// Cuts `octets` in two where `choice` says.
fn cut(octets: &[u8], choice: usize) -> (&[u8], &[u8]) {
    octets.split_at(choice % (octets.len() + 1))
}

/// What a row decodes to encodes and decodes to the same.
fn comes_back<R: Record + PartialEq + Debug>(payload: &[u8]) {
    if let Ok(record) = R::decode(R::VERSION, payload) {
        let mut encoded = Vec::new();
        record.encode(&mut encoded);
        assert_eq!(R::decode(R::VERSION, &encoded).ok(), Some(record));
    }
}
