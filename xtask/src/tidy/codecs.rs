//! A codec turns octets into values and back. It knows the value types, no crate of ours
//! beside them, no runtime, no files and no clock.

use super::Complaint;
use crate::workspace::{Crate, File};

/// Folders and crates that hold nothing but codecs.
const CODECS: &[&str] = &[
    "crates/smtp/src/codec",
    "crates/imap/src/codec",
    "crates/pop3/src/command",
    "crates/pop3/src/response",
    "crates/content/src/",
    "crates/types/src/address",
];

/// Paths that a codec may not name.
const IMPURE: &[&str] = &[
    "tokio::",
    "net::",
    "store::",
    "mailbox::",
    "auth::",
    "directory::",
    "transport::",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    let files = crates.iter().flat_map(|each| &each.files);
    files.filter(|file| !file.is_test && is_codec(&file.path)).flat_map(in_file).collect()
}

fn is_codec(path: &str) -> bool {
    CODECS.iter().any(|codec| path.starts_with(codec))
}

fn in_file(file: &File) -> Vec<Complaint> {
    let lines = file.source.production_lines();
    let impure = lines.filter_map(|(number, code)| Some((number, first_impure(code)?)));
    impure
        .map(|(number, name)| Complaint::at(file, number, format!("a codec names {name}")))
        .collect()
}

fn first_impure(code: &str) -> Option<&'static str> {
    let begins = |at: usize| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
    };
    IMPURE.iter().copied().find(|name| code.match_indices(name).any(|(at, _)| begins(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_runtime_and_clock_are_impure() {
        for code in ["use mailbox::View;", "tokio::spawn(x)", "let now = Instant::now();"] {
            assert!(first_impure(code).is_some(), "{code}");
        }
    }

    #[test]
    fn modules_of_the_same_name_are_not_meant() {
        for code in ["use crate::store::Store;", "use std::net::IpAddr;", "use types::Address;"] {
            assert_eq!(first_impure(code), None, "{code}");
        }
    }

    #[test]
    fn codecs_are_found_by_path() {
        assert!(is_codec("crates/imap/src/codec/lexer.rs"));
        assert!(!is_codec("crates/imap/src/session.rs"));
    }
}
