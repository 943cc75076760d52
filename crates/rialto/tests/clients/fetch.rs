//! fetchmail and getmail: mail that is taken away from the server, for good.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::imap::{Imap, Kept};
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

/// The exit code of fetchmail that says: no new mail.
const NOTHING_NEW: i32 = 1;

/// How each protocol is spoken, in the words of fetchmail and of getmail.
const PROTOCOLS: [(&str, &str, &str); 2] = [
    ("imap", "IMAPS_PORT", "SimpleIMAPSSLRetriever"),
    ("pop3", "POP3S_PORT", "SimplePOP3SSLRetriever"),
];

/// A file with a password in it: both programs insist that nobody else reads it.
fn secret(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// fetchmail, which hands each message to a program; here to one that appends to a file.
fn fetchmail(data: &Data, demo: &Demo<'_>, protocol: &str, port: &str) -> (PathBuf, PathBuf) {
    let (settings, fetched) = (data.path().join("fetchmailrc"), data.path().join("fetched"));
    let text = format!(
        "set idfile \"{ids}\"
set pidfile \"{lock}\"
poll localhost protocol {protocol} port {port}
  user \"{user}\" password \"{PASSWORD}\" mda \"cat >> {fetched}\"
  ssl sslcertck sslcertfile \"{authority}\" nokeep fetchall
",
        ids = data.path().join("ids").display(),
        lock = data.path().join("lock").display(),
        port = demo.port(port),
        user = demo.user("alice"),
        fetched = fetched.display(),
        authority = demo.authority().display(),
    );
    secret(&settings, &text);
    (settings, fetched)
}

#[test]
fn fetchmail_takes_everything_away_once() {
    for (protocol, port, _) in PROTOCOLS {
        let data = Data::new();
        let Some(demo) = demo(&data, "fetchmail") else { return };
        let mut imap = Imap::of(&demo, "alice");
        let kept = imap.folder("INBOX");
        let (settings, fetched) = fetchmail(&data, &demo, protocol, port);
        let fetch = || {
            let mut fetchmail = program("fetchmail");
            fetchmail.env("HOME", data.path()).arg("--fetchmailrc").arg(&settings);
            run(fetchmail.args(["--nosyslog", "--nodetach"]))
        };
        fetch().well();
        assert_all(&kept, &fetched);
        assert!(imap.folder("INBOX").is_empty(), "{protocol}");
        fetch().with(NOTHING_NEW);
    }
}

/// getmail's settings: as those of fetchmail.
fn getmailrc(demo: &Demo<'_>, retriever: &str, port: &str, fetched: &Path) -> String {
    format!(
        "[retriever]
type = {retriever}
server = localhost
port = {port}
username = {user}
password = {PASSWORD}
ca_certs = {authority}
[destination]
type = MDA_external
path = /bin/sh
arguments = (\"-c\", \"cat >> {fetched}\")
allow_root_commands = true
[options]
delete = true
delivered_to = false
received = false
",
        port = demo.port(port),
        user = demo.user("alice"),
        authority = demo.authority().display(),
        fetched = fetched.display(),
    )
}

#[test]
fn getmail_takes_everything_away() {
    for (protocol, port, retriever) in PROTOCOLS {
        let data = Data::new();
        let Some(demo) = demo(&data, "getmail") else { return };
        let mut imap = Imap::of(&demo, "alice");
        let kept = imap.folder("INBOX");
        let (folder, fetched) = (data.path().join("getmail"), data.path().join("fetched"));
        fs::create_dir(&folder).unwrap();
        secret(&folder.join("getmailrc"), &getmailrc(&demo, retriever, port, &fetched));
        let mut getmail = program("getmail");
        getmail.env("HOME", data.path()).arg("--getmaildir").arg(&folder);
        run(getmail.arg("--quiet")).well();
        assert_all(&kept, &fetched);
        assert!(imap.folder("INBOX").is_empty(), "{protocol}");
    }
}

/// Every message is in the file.
fn assert_all(kept: &[Kept], fetched: &Path) {
    let text = fs::read_to_string(fetched).unwrap();
    assert!(kept.len() > 1);
    for message in kept {
        let body = message::body(&message.message).replace("\r\n", "\n");
        assert!(text.contains(body.trim_end()), "no {body}");
    }
}

fn demo<'d>(data: &'d Data, name: &str) -> Option<Demo<'d>> {
    installed(name).then(|| data.demo())
}
