//! The first ten minutes: a server that `rialto setup` made takes mail, and its administrator reads
//! and administers.

use std::fs;
use std::time::Instant;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{program, run};
use crate::support::server::RIALTO;
use crate::support::site::{ADMINISTRATOR, SERVER, Site};
use crate::support::smtp;

const STRANGER: &str = "stranger@elsewhere.example";

#[test]
fn a_server_that_was_set_up_takes_mail_and_its_administrator_reads_it() {
    let site = Site::new();
    let begun = Instant::now();
    let told = run(&mut site.setup()).well();
    assert!(
        told.contains("example.test.") && told.contains(" MX    10 mail.example.test."),
        "{told}"
    );
    let server = site.data().serve(&site.path("rialto.toml"), &[]);
    let message = message::text(STRANGER, ADMINISTRATOR, "First");
    smtp::deliver(&site.at(25), STRANGER, ADMINISTRATOR, &message);
    println!("from setup to the first mail: {} ms", begun.elapsed().as_millis());
    let certificate = site.path("data/certificates/generated.crt");
    let mut imap = Imap::login_to(SERVER, &site.at(993), &certificate, ADMINISTRATOR);
    assert!(imap.only("First").message.contains("This is the text of: First"));
    let mut verb = program(RIALTO);
    let verb = verb.args(["get-mailbox", "ann", "--config"]).arg(site.path("rialto.toml"));
    assert!(run(verb).well().contains(ADMINISTRATOR));
    server.stop();
}

#[test]
fn a_second_setup_touches_nothing() {
    let site = Site::new();
    run(&mut site.setup()).well();
    let before = fs::read(site.path("rialto.toml")).unwrap();
    let output = site.setup().output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("is there already") && output.status.code() == Some(2), "{told}");
    assert_eq!(fs::read(site.path("rialto.toml")).unwrap(), before);
}

#[test]
fn nobody_to_ask_is_told_what_is_missing() {
    let site = Site::new();
    for (words, missing) in [
        (&["setup", "example.test"][..], "say --yes"),
        (&["setup", "--yes"], "DOMAIN is missing"),
        (&["setup", "example.test", "--yes"], "--password-file is missing"),
        (&["setup", "example.test", "--key-file", "k"], "--certificate-file"),
        (&["setup", "example.test", "--yes", "--acme", "http-01"], "--agree-to-terms is missing"),
        (&["setup", "example.test", "--yes", "--acme", "dns"], "http-01, tls-alpn-01 or dns-01"),
    ] {
        let mut setup = program(RIALTO);
        setup.args(words).arg("--dir").arg(site.path("data"));
        let output = setup.arg("--config").arg(site.path("rialto.toml")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(missing) && output.status.code() == Some(2), "{words:?}: {told}");
    }
    assert!(!site.path("data").exists() && !site.path("rialto.toml").exists());
}
