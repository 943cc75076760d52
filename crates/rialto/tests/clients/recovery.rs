//! One mailbox out of a backup, into the server that has lost the mail and runs on.

use std::path::Path;

use tempfile::TempDir;

use crate::backup::{back_up, deliver, restore};
use crate::migration::{statistics, verb};
use crate::support::imap::{Imap, Kept};
use crate::support::patience::wait_for;
use crate::support::programs::{Ended, program, run};
use crate::support::server::{Data, RIALTO};

const REQUEST: &str = r"alice\MailboxRestore";
const MESSAGES: usize = 4;

fn new_request(from: &Path, mailbox: &str) -> [String; 5] {
    let path = from.display().to_string();
    ["New-MailboxRestoreRequest", "-SourceDatabase", &path, "-SourceStoreMailbox", mailbox]
        .map(str::to_owned)
}

/// Restores a mailbox into that of alice, and gives how many messages came.
fn restored(data: &Data, from: &Path, mailbox: &str) -> u64 {
    let new = new_request(from, mailbox);
    let words: Vec<&str> =
        new.iter().map(String::as_str).chain(["-TargetMailbox", "alice"]).collect();
    verb(data, &words);
    let state = wait_for(REQUEST, || {
        let state = statistics(data, REQUEST);
        (state["Status"] != "InProgress" && state["Status"] != "Queued").then_some(state)
    });
    assert_eq!(state["Status"], "Completed", "{state}");
    verb(data, &["Remove-MailboxRestoreRequest", REQUEST, "-Confirm:$false"]);
    state["ItemsTransferred"].as_u64().unwrap()
}

/// Flags without \Recent, and octets.
fn plain(all: Vec<Kept>) -> Vec<(Vec<String>, String)> {
    all.into_iter().map(|kept| (kept.flags, kept.message)).collect()
}

#[test]
fn one_mailbox_of_a_backup_comes_into_the_running_server() {
    let (data, repository) = (Data::new(), TempDir::new().unwrap());
    let demo = data.unthrottled_demo();
    (0..MESSAGES).for_each(|number| deliver(&demo, number));
    let mut alice = Imap::of(&demo, "alice");
    alice.command("SELECT INBOX");
    alice.command(r"STORE 1:2 +FLAGS (\Seen \Flagged Red)");
    alice.command("CREATE Work");
    alice.command("COPY 1:* Work");
    let (inbox, work) = (plain(alice.folder("INBOX")), plain(alice.folder("Work")));
    let bob = plain(Imap::of(&demo, "bob").folder("INBOX"));
    assert!(inbox.len() >= MESSAGES && work.len() == inbox.len() && !bob.is_empty());
    back_up(data.path(), repository.path());
    alice.command("SELECT INBOX");
    alice.command(r"STORE 1:* +FLAGS (\Deleted)");
    alice.command("EXPUNGE");
    alice.command("DELETE Work");
    let recovery = restore(repository.path(), &[]);
    let id = std::fs::read_to_string(recovery.path().join("restored")).unwrap();

    let count = restored(&data, recovery.path(), "alice");
    assert!(count >= 2 * inbox.len() as u64, "{count}");
    let folder = |name: &str| format!("Recovered {}/{name}", id.trim());
    let mut alice = Imap::of(&demo, "alice");
    assert_eq!(plain(alice.folder(&folder("Inbox"))), inbox);
    assert_eq!(plain(alice.folder(&folder("Work"))), work);
    assert_eq!(plain(alice.folder("INBOX")), [], "nothing else changes");
    assert_eq!(restored(&data, recovery.path(), "alice"), 0, "nothing comes twice");
    assert_eq!(plain(alice.folder(&folder("Inbox"))), inbox);
    assert_eq!(plain(Imap::of(&demo, "bob").folder("INBOX")), bob);

    let nobody = new_request(recovery.path(), "nobody");
    let refused = run(program(RIALTO).args(nobody).arg("--dir").arg(data.path()));
    assert_ne!(refused.code, Some(0));
    assert!(refused.text.contains("could not be found"), "{}", refused.text);
    verb(&data, &["Remove-Mailbox", "bob", "-Confirm:$false"]);
    assert_eq!(restored(&data, recovery.path(), "bob"), bob.len() as u64, "also when it is gone");
    assert_eq!(plain(alice.folder(&format!("Recovered {} bob/Inbox", id.trim()))), bob);
    demo.stop();
}

/// `rialto restore` of one mailbox.
fn one(data: &Data, repository: &Path, words: &[&str]) -> Ended {
    let mut restore = program(RIALTO);
    restore.arg("restore").arg("--from").arg(repository).arg("--dir").arg(data.path());
    run(restore.args(words))
}

#[test]
fn one_command_brings_a_mailbox_back() {
    let (outside, repository) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let data = Data::new();
    let demo = data.unthrottled_demo();
    (0..MESSAGES).for_each(|number| deliver(&demo, number));
    let mut alice = Imap::of(&demo, "alice");
    let inbox = plain(alice.folder("INBOX"));
    back_up(data.path(), repository.path());
    alice.command("SELECT INBOX");
    alice.command(r"STORE 1:* +FLAGS (\Deleted)");
    alice.command("EXPUNGE");

    let to = outside.path().display().to_string();
    let told = one(&data, repository.path(), &["--mailbox", "alice", "--to", &to]).well();
    let folder = told.rsplit_once("into ").unwrap().1.trim();
    assert!(folder.starts_with("Recovered 2"), "{told}");
    assert!(told.contains(&format!("messages of {} were brought", demo.user("alice"))), "{told}");
    assert_eq!(plain(alice.folder(&format!("{folder}/Inbox"))), inbox);
    let back = ["--mailbox", "alice", "--target-root-folder", "/", "--to", &to];
    one(&data, repository.path(), &back).well();
    assert_eq!(plain(alice.folder("INBOX")), inbox);
    let again = one(&data, repository.path(), &back).well();
    assert!(again.contains(": 0 messages of "), "{again}");
    let elsewhere = ["--mailbox", "bob", "--target-mailbox", "alice", "--to", &to];
    let told = one(&data, repository.path(), &elsewhere).well();
    let folder = told.rsplit_once("into ").unwrap().1.trim();
    let bob = plain(Imap::of(&demo, "bob").folder("INBOX"));
    assert_eq!(plain(alice.folder(&format!("{folder}/Inbox"))), bob);

    let nobody = one(&data, repository.path(), &["--mailbox", "nobody", "--to", &to]);
    assert_ne!(nobody.code, Some(0));
    assert!(nobody.text.contains("could not be found"), "{}", nobody.text);
    let unknown = ["--mailbox", "alice", "--backup", "19990101T000000Z", "--to", &to];
    assert_ne!(one(&data, repository.path(), &unknown).code, Some(0));
    demo.stop();
    let stopped = one(&data, repository.path(), &["--mailbox", "alice", "--to", &to]);
    assert_ne!(stopped.code, Some(0));
    assert!(stopped.text.contains("no server listens"), "{}", stopped.text);
    assert_eq!(outside.path().read_dir().unwrap().count(), 0, "nothing is left behind");
    assert_eq!(verb(&data, &["Get-MailboxRestoreRequest"]), "");
}
