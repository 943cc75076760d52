//! Python's imaplib, poplib and smtplib: each script in `scripts` is a session, and fails where
//! the server does not do what the library's user expects.

use crate::support::programs::{installed, program, run};
use crate::support::server::Data;

/// The folder of the scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/scripts");

fn script(name: &str) {
    if !installed("python3") {
        return;
    }
    let data = Data::new();
    let demo = data.demo();
    let mut python = program("python3");
    python.envs(demo.variables()).env("PYTHONDONTWRITEBYTECODE", "1");
    run(python.arg(format!("{SCRIPTS}/{name}.py"))).well();
}

#[test]
fn imap_login() {
    script("imap_login");
}

#[test]
fn imap_folders() {
    script("imap_folders");
}

#[test]
fn imap_messages() {
    script("imap_messages");
}

#[test]
fn imap_search() {
    script("imap_search");
}

#[test]
fn imap_shared() {
    script("imap_shared");
}

#[test]
fn imap_idle() {
    script("imap_idle");
}

#[test]
fn pop3() {
    script("pop3");
}

#[test]
fn smtp() {
    script("smtp");
}
