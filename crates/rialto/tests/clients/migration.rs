//! An administrator brings mail in and out, and the server is killed meanwhile.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::programs::{program, run};
use crate::support::server::{Data, RIALTO};

const MESSAGES: usize = 2_000;
const KILLS: usize = 3;
/// So that every message is more than the database keeps in its rows, and takes its time.
const LINES: usize = 800;

pub fn verb(data: &Data, words: &[&str]) -> String {
    let mut command = program(RIALTO);
    run(command.args(words).arg("--dir").arg(data.path())).well()
}

pub fn statistics(data: &Data, request: &str) -> Value {
    let noun = request.split_once("Mailbox").unwrap().1;
    let get = format!("Get-Mailbox{noun}RequestStatistics");
    let shown = verb(data, &[&get, request, "--json"]);
    serde_json::from_str::<Value>(&shown).unwrap()[0].take()
}

fn maildir(at: &Path) {
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(at.join(folder)).unwrap();
    }
    for number in 0..MESSAGES {
        let text = format!("Subject: {number}\n\n{}", "This is one line of many.\n".repeat(LINES));
        fs::write(at.join(format!("cur/{number:08}.M1.host:2,S")), text).unwrap();
    }
}

fn wait_until_done(data: &Data, request: &str) {
    let state = wait_for(request, || {
        let state = statistics(data, request);
        (state["Status"] != "InProgress" && state["Status"] != "Queued").then_some(state)
    });
    assert_eq!(state["Status"], "Completed", "{state}");
    assert_eq!(state["ItemsTransferred"], MESSAGES, "{state}");
    assert_eq!(state["PercentComplete"], 100);
}

#[test]
fn an_import_that_is_killed_again_and_again_brings_everything_once() {
    let data = Data::new();
    // Not below the data directory, which is refused.
    let outside = tempfile::tempdir().unwrap();
    let source = outside.path().join("source");
    maildir(&source);
    let path = source.display().to_string();
    data.demo().stop();
    let new = ["New-MailboxImportRequest", "alice", "-FilePath", &path];
    verb(&data, &[&new[..], &["-TargetRootFolder", "Old"]].concat());
    let items = || statistics(&data, "alice\\MailboxImport")["ItemsTransferred"].as_u64().unwrap();
    let mut after_kills = Vec::new();
    for _ in 0..KILLS {
        let demo = data.demo();
        let before = after_kills.last().copied().unwrap_or(0);
        wait_for("items", || (items() > before).then_some(()));
        demo.kill();
        after_kills.push(items());
    }
    assert!(after_kills[0] < MESSAGES as u64, "killed too late: {after_kills:?}");
    let demo = data.demo();
    wait_until_done(&data, "alice\\MailboxImport");
    let mut subjects: Vec<usize> = Imap::of(&demo, "alice")
        .folder("Old/Inbox")
        .iter()
        .map(|kept| {
            assert_eq!(kept.flags, [r"\Seen"]);
            let line = kept.message.lines().next().unwrap();
            line.strip_prefix("Subject: ").unwrap().parse().unwrap()
        })
        .collect();
    subjects.sort_unstable();
    assert_eq!(subjects, (0..MESSAGES).collect::<Vec<_>>());

    let target = outside.path().join("target").display().to_string();
    let new = ["New-MailboxExportRequest", "alice", "-FilePath", &target];
    verb(&data, &[&new[..], &["-TargetFormat", "Eml", "-IncludeFolders", "Old/*"]].concat());
    wait_until_done(&data, "alice\\MailboxExport");
    assert_eq!(fs::read_dir(Path::new(&target).join("Old/Inbox")).unwrap().count(), MESSAGES);
    verb(&data, &["Remove-MailboxExportRequest", "alice\\MailboxExport", "-Confirm:$false"]);
    assert_eq!(verb(&data, &["Get-MailboxExportRequest"]), "");
    demo.stop();
}
