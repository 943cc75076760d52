//! msmtp and s-nail: mail that leaves from scripts, without a mail server of one's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

const FOREIGN: &str = "someone@foreign.example";

/// The exit code of msmtp for an account that may not do this (EX_NOPERM).
const NO_PERMISSION: i32 = 77;

/// TLS from the first octet, and after STARTTLS.
const SUBMISSION: [(&str, &str); 2] = [("SMTPS_PORT", "off"), ("SUBMISSION_PORT", "on")];

/// msmtp of alice, with a message to send on standard input.
fn msmtp(data: &Data, demo: &Demo<'_>, port: (&str, &str), password: &str, mail: &str) -> Command {
    let (settings, file) = (data.path().join("msmtprc"), data.path().join("message.eml"));
    let text = format!(
        "account default
host localhost
port {port}
tls on
tls_starttls {starttls}
tls_trust_file {authority}
auth on
user {user}
password \"{password}\"
from {user}
",
        port = demo.port(port.0),
        starttls = port.1,
        authority = demo.authority().display(),
        user = demo.user("alice"),
    );
    fs::write(&settings, text).unwrap();
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, mail.replace("\r\n", "\n")).unwrap();
    let mut msmtp = program("msmtp");
    msmtp.arg("--file").arg(settings).arg("--read-recipients");
    msmtp.stdin(fs::File::open(file).unwrap());
    msmtp
}

#[test]
fn msmtp_sends_to_users_and_elsewhere() {
    let data = Data::new();
    let Some(demo) = demo(&data, "msmtp") else { return };
    let (alice, both) = (demo.user("alice"), format!("{}, {FOREIGN}", demo.user("bob")));
    for port in SUBMISSION {
        let sent = message::text(&alice, &both, port.0);
        run(&mut msmtp(&data, &demo, port, PASSWORD, &sent)).well();
        assert_eq!(message::body(&demo.sunk(port.0)), message::body(&sent));
        Imap::of(&demo, "bob").only(port.0);
    }
}

#[test]
fn msmtp_sends_nothing_with_a_wrong_password() {
    let data = Data::new();
    let Some(demo) = demo(&data, "msmtp") else { return };
    let mail = message::text(&demo.user("alice"), FOREIGN, "Guess");
    let mut msmtp = msmtp(&data, &demo, SUBMISSION[0], "guess", &mail);
    let text = run(&mut msmtp).with(NO_PERMISSION);
    assert!(text.contains("535 5.7.3"), "{text}");
    assert_eq!(demo.sink(), Vec::<String>::new());
}

/// A word for the URLs of s-nail, which takes no more escapes than are needed.
fn in_url(text: &str) -> String {
    let escaped = |octet: u8| match octet {
        plain if plain.is_ascii_alphanumeric() || plain == b'.' => char::from(plain).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[test]
fn s_nail_sends() {
    let data = Data::new();
    let Some(demo) = demo(&data, "s-nail") else { return };
    let user = format!("{}:{}", in_url(&demo.user("alice")), in_url(PASSWORD));
    let url = |scheme, port| format!("{scheme}://{user}@localhost:{}", demo.port(port));
    let mut nail = program("s-nail");
    nail.arg("-:/").args(["-S", "v15-compat=yes", "-S", "smtp-auth=plain"]);
    nail.arg("-S").arg(format!("tls-ca-file={}", demo.authority().display()));
    nail.arg("-S").arg(format!("mta={}", url("smtps", "SMTPS_PORT")));
    nail.args(["-S", "tls-verify=strict", "-S", &format!("from={}", demo.user("alice"))]);
    let file = data.path().join("body");
    fs::write(&file, "The text of a script\n").unwrap();
    nail.stdin(fs::File::open(&file).unwrap());
    run(nail.args(["-s", "From a script", FOREIGN])).well();
    let sunk = demo.sunk("From a script");
    assert!(message::body(&sunk).starts_with("The text of a script"), "{sunk}");
}

fn demo<'d>(data: &'d Data, name: &str) -> Option<Demo<'d>> {
    installed(name).then(|| data.demo())
}
