//! A mailbox comes over from Dovecot by IMAP, and the server is killed meanwhile.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::migration::{statistics, verb};
use crate::support::dovecot::{Dovecot, PASSWORD, Stored, USER};
use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::programs::{program, run};
use crate::support::server::{Data, Demo, RIALTO};
use crate::support::site::Site;

const REQUEST: &str = "alice\\MailboxImport";
const KILLS: usize = 3;
/// Seconds since 1970 of the first message; each is a minute later.
const FIRST: u64 = 1_500_000_000;

/// Folders as Maildir++ has them, and as they are called here.
const FOLDERS: [(&str, &str); 4] = [
    ("", "INBOX"),
    (".Gesendet", "Sent Items"),
    (".Entw&APw-rfe.2024", "Entw&APw-rfe/2024"),
    (".Lists", "Lists"),
];

/// Messages in all folders; `RIALTO_PULL_MESSAGES` says another number, for measuring.
fn messages() -> usize {
    env::var("RIALTO_PULL_MESSAGES").map_or(400, |number| number.parse().unwrap())
}

fn store(dovecot: &Dovecot, number: usize) {
    let (folder, _) = FOLDERS[number % FOLDERS.len()];
    let text = format!(
        "Subject: {number}\nFrom: a@old.example\n\n{}",
        "One line of many.\n".repeat(number % 500)
    );
    // The letter is the keyword of dovecot-keywords.
    let flags = ["", "S", "FS", "RSa"][number / FOLDERS.len() % 4];
    let received = FIRST + 60 * number as u64;
    dovecot.store(&Stored { folder, number, flags, received, text: &text });
}

/// What the server has: folder, number, flags, date.
type Kept = BTreeSet<(String, usize, Vec<String>, u64)>;

fn expected(numbers: impl Iterator<Item = usize>) -> Kept {
    numbers
        .map(|number| {
            let flags: &[&str] = match number / FOLDERS.len() % 4 {
                0 => &[],
                1 => &["\\Seen"],
                2 => &["\\Flagged", "\\Seen"],
                _ => &["Work", "\\Answered", "\\Seen"],
            };
            let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            let (_, folder) = FOLDERS[number % FOLDERS.len()];
            (folder.to_owned(), number, flags, FIRST + 60 * number as u64)
        })
        .collect()
}

fn kept(demo: &Demo<'_>) -> (usize, Kept) {
    let mut imap = Imap::of(demo, "alice");
    let (mut count, mut all) = (0, Kept::new());
    for (_, folder) in FOLDERS {
        let messages = imap.folder(folder);
        let dates = dates(imap.command("UID FETCH 1:* (INTERNALDATE)"));
        for message in messages {
            let number = message.message.lines().next().unwrap().strip_prefix("Subject: ");
            let Some(number) = number.and_then(|number| number.parse().ok()) else { continue };
            assert_eq!(message.message.lines().count(), 3 + number % 500, "{number}");
            count += 1;
            all.insert((folder.to_owned(), number, message.flags, dates[&message.uid]));
        }
    }
    (count, all)
}

/// INTERNALDATE by UID, in seconds since 1970.
fn dates(fetched: Vec<String>) -> HashMap<u32, u64> {
    let date = |line: &String| {
        let uid = line.split_once("UID ")?.1.split([' ', ')']).next()?.parse().ok()?;
        let date =
            jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", line.split('"').nth(1)?.trim());
        Some((uid, date.unwrap().to_timestamp().unwrap().as_second() as u64))
    };
    fetched.iter().filter_map(date).collect()
}

fn done(data: &Data) -> Value {
    let state = wait_for(REQUEST, || {
        let state = statistics(data, REQUEST);
        (state["Status"] != "InProgress" && state["Status"] != "Queued").then_some(state)
    });
    assert_eq!(state["Status"], "Completed", "{state}");
    state
}

fn source(data: &Data) -> Option<(tempfile::TempDir, Dovecot)> {
    let outside = tempfile::tempdir().unwrap();
    let mut dovecot = Dovecot::new(outside.path(), &data.path().join("authority"))?;
    (0..messages()).for_each(|number| store(&dovecot, number));
    FOLDERS.iter().for_each(|(folder, _)| dovecot.beside(folder, "dovecot-keywords", "0 Work\n"));
    dovecot.start();
    Some((outside, dovecot))
}

fn new_request(data: &Data, dovecot: &Dovecot, more: &[&str]) {
    let address = dovecot.address();
    let new = ["New-MailboxImportRequest", "alice", "-SourceServer", &address];
    let login = ["-SourceUser", USER, "-SourcePassword", PASSWORD];
    verb(data, &[&new[..], &login[..], more].concat());
}

#[test]
fn a_mailbox_of_dovecot_comes_once_however_often_the_server_is_killed() {
    let data = Data::new();
    data.demo().stop();
    let Some((_outside, dovecot)) = source(&data) else { return };
    let rate = (messages() / 4).to_string();
    let more = ["-AcceptUntrustedCertificates", "-SourceMessagesPerSecond", &rate];
    new_request(&data, &dovecot, &more);
    let shown = verb(&data, &["Get-MailboxImportRequest", "-Mailbox", "alice", "--list"]);
    assert!(shown.contains(&dovecot.address()) && !shown.contains(PASSWORD), "{shown}");
    let items = || statistics(&data, REQUEST)["ItemsTransferred"].as_u64().unwrap();
    let mut after_kills = Vec::new();
    for _ in 0..KILLS {
        let demo = data.demo();
        let before = after_kills.last().copied().unwrap_or(0);
        wait_for("items", || (items() > before).then_some(()));
        demo.kill();
        after_kills.push(items());
    }
    assert!(after_kills[KILLS - 1] < messages() as u64, "killed too late: {after_kills:?}");
    let demo = data.demo();
    assert_eq!(done(&data)["ItemsTransferred"], messages());
    assert_eq!(kept(&demo), (messages(), expected(0..messages())));

    store(&dovecot, messages());
    verb(&data, &["Resume-MailboxImportRequest", REQUEST]);
    let after = messages() + 1;
    assert_eq!(done(&data)["ItemsTransferred"], after);
    assert_eq!(kept(&demo), (after, expected(0..after)));
    let report = ["Get-MailboxImportRequestStatistics", REQUEST, "-IncludeReport", "--list"];
    let report = verb(&data, &report);
    assert!(report.contains("Entw\u{fc}rfe/2024: "), "{report}");
    demo.stop();
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let data = Data::new();
    data.demo().stop();
    let outside = tempfile::tempdir().unwrap();
    let Some(mut dovecot) = Dovecot::new(outside.path(), outside.path()) else { return };
    dovecot.start();
    new_request(&data, &dovecot, &[]);
    let demo = data.demo();
    let state = wait_for("the end", || {
        let state = statistics(&data, REQUEST);
        (state["Status"] == "Failed").then_some(state)
    });
    assert!(state["Message"].as_str().unwrap().contains("certificate"), "{state}");
    demo.stop();
}

/// A server that was set up, and trusts an authority of the tests.
pub struct Trusting(pub Site);

impl Trusting {
    pub fn new(authority: &Path) -> Self {
        let site = Site::new();
        run(&mut site.setup()).well();
        let settings = format!("[tls]\ntrusted_roots = {:?}", authority.display().to_string());
        let mut file = File::options().append(true).open(site.path("rialto.toml")).unwrap();
        writeln!(file, "{settings}").unwrap();
        Trusting(site)
    }

    pub fn verb(&self, words: &[&str]) -> String {
        let mut command = program(RIALTO);
        run(command.args(words).arg("--dir").arg(self.0.path("data"))).well()
    }

    /// The request of that name, once it has ended.
    fn ended(&self, name: &str) -> Value {
        let identity = format!("ann\\{name}");
        wait_for(name, || {
            let get = ["Get-MailboxImportRequestStatistics", &identity, "--json"];
            let state = serde_json::from_str::<Value>(&self.verb(&get)).unwrap()[0].take();
            ["Completed", "Failed"].contains(&state["Status"].as_str().unwrap()).then_some(state)
        })
    }
}

#[test]
fn starttls_with_a_trusted_root_and_without_one() {
    let outside = tempfile::tempdir().unwrap();
    let (ours, theirs) = (outside.path().join("ours"), outside.path().join("theirs"));
    let Some(mut dovecot) = Dovecot::new(&ours, &ours) else { return };
    let Some(mut stranger) = Dovecot::new(&theirs, &theirs) else { return };
    for dovecot in [&mut dovecot, &mut stranger] {
        store(dovecot, 0);
        dovecot.start();
    }
    let root = net::tls::Authority::open_or_create(&ours, "Tests").unwrap().certificate_file();
    let server = Trusting::new(&root);
    let process = server.0.data().serve(&server.0.path("rialto.toml"), &[]);
    let new = |name: &str, at: &str| {
        let new = ["New-MailboxImportRequest", "ann", "-Name", name, "-SourceServer", at];
        let login = ["-SourceUser", USER, "-SourcePassword", PASSWORD, "-Security", "StartTls"];
        server.verb(&[&new[..], &login[..]].concat());
    };
    new("Ours", &dovecot.starttls_address());
    new("Theirs", &stranger.starttls_address());
    // Its certificate is for another name.
    new("Address", &dovecot.starttls_address().replace("localhost", "127.0.0.1"));
    assert_eq!(server.ended("Ours")["Status"], "Completed");
    for name in ["Theirs", "Address"] {
        let state = server.ended(name);
        assert_eq!(state["Status"], "Failed", "{state}");
        assert!(state["Message"].as_str().unwrap().contains("certificate"), "{state}");
    }
    process.stop();
}
