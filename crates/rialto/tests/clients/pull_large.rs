//! A large mailbox comes over from Dovecot by IMAP, while both servers are killed: nothing is missing,
//! and nothing is there twice.

use std::thread;

use crate::migration::{statistics, verb};
use crate::support::dovecot::{Dovecot, PASSWORD, Stored, USER};
use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::server::{Data, Demo};

const MESSAGES: usize = 20_000;
const REQUEST: &str = "alice\\MailboxImport";

/// Folders as Maildir++ has them, and as they are called here.
const FOLDERS: [(&str, &str); 4] =
    [("", "INBOX"), (".Gesendet", "Sent Items"), (".Lists", "Lists"), (".Work.2024", "Work/2024")];

/// Half of them are in the Inbox.
fn folder(number: usize) -> (&'static str, &'static str) {
    FOLDERS[(number % 6).saturating_sub(2)]
}

fn text(number: usize) -> String {
    format!(
        "From: a@old.example\nMessage-ID: <{number}@old.example>\nSubject: {number}\n\n{}",
        "One line of a few.\n".repeat(number % 20)
    )
}

fn fill(dovecot: &Dovecot) {
    for number in 0..MESSAGES {
        let (text, flags) = (text(number), ["", "S"][number % 2]);
        let (folder, _) = folder(number);
        let received = 1_500_000_000 + number as u64;
        dovecot.store(&Stored { folder, number, flags, received, text: &text });
    }
}

/// What should be there: folder and octets.
fn expected() -> Vec<(String, String)> {
    let message = |number| (folder(number).1.to_owned(), text(number).replace('\n', "\r\n"));
    let mut all: Vec<_> = (0..MESSAGES).map(message).collect();
    all.sort_unstable();
    all
}

/// What is there, but for the demonstration's own.
fn kept(demo: &Demo<'_>) -> Vec<(String, String)> {
    let mut imap = Imap::of(demo, "alice");
    let mut all = Vec::new();
    for (_, folder) in FOLDERS {
        let messages = imap.folder(folder).into_iter().map(|kept| kept.message);
        let ours = messages.filter(|message| message.starts_with("From: a@old.example\r\n"));
        all.extend(ours.map(|message| (folder.to_owned(), message)));
    }
    all.sort_unstable();
    all
}

fn items(data: &Data) -> usize {
    let items = statistics(data, REQUEST)["ItemsTransferred"].as_u64().unwrap();
    usize::try_from(items).unwrap()
}

/// Waits until a sixth more has come than before; how many that are.
fn progress(data: &Data, before: usize) -> usize {
    let enough = before + MESSAGES / 6;
    let now = wait_for("progress", || Some(items(data)).filter(|now| *now >= enough));
    assert!(now < MESSAGES, "there is nothing left to interrupt");
    now
}

#[test]
fn twenty_thousand_messages_come_once_although_both_servers_are_killed() {
    let data = Data::new();
    data.demo().stop();
    let outside = tempfile::tempdir().unwrap();
    let Some(mut dovecot) = Dovecot::new(outside.path(), &data.path().join("authority")) else {
        return;
    };
    fill(&dovecot);
    dovecot.start();
    let address = dovecot.address();
    let new = ["New-MailboxImportRequest", "alice", "-SourceServer", &address];
    let login = ["-SourceUser", USER, "-SourcePassword", PASSWORD, "-AcceptUntrustedCertificates"];
    verb(&data, &[&new[..], &login[..]].concat());

    let mut before = 0;
    for _ in 0..2 {
        let demo = data.demo();
        before = progress(&data, before);
        dovecot.kill();
        // Meanwhile the server asks in vain.
        thread::sleep(std::time::Duration::from_millis(200));
        dovecot.start();
        before = progress(&data, before);
        demo.kill();
    }
    let demo = data.demo();
    let state = wait_for(REQUEST, || {
        let state = statistics(&data, REQUEST);
        (state["Status"] != "InProgress" && state["Status"] != "Queued").then_some(state)
    });
    assert_eq!(
        (&state["Status"], &state["ItemsTransferred"]),
        (&"Completed".into(), &MESSAGES.into()),
        "{state}"
    );
    let (kept, expected) = (kept(&demo), expected());
    assert_eq!(kept.len(), expected.len());
    assert!(kept == expected, "other messages than there were");
    demo.stop();
}
