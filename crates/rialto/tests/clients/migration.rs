//! An administrator brings mail in and out, and the server is killed meanwhile.

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::pst;

use crate::support::imap::Imap;
use crate::support::patience::wait_for;
use crate::support::programs::{installed, program, run};
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

/// A mail and an appointment, as Outlook keeps them.
pub fn outlook_file() -> Vec<u8> {
    let item = |class: &str, subject: &str| pst::Item {
        properties: vec![
            (0x001A, class.into()),
            (0x0037, subject.into()),
            (0x0E06, pst::Value::Time(133_000_000_000_000_000)),
            (0x0E07, pst::Value::Integer(1)),
            (0x0C1F, "boss@x.example".into()),
            (0x1000, "The body.".into()),
        ],
        ..pst::Item::default()
    };
    let mut mail = item("IPM.Note", "Old mail");
    let attached = vec![(0x3705, pst::Value::Integer(1)), (0x3707, "plan.txt".into())];
    mail.attachments.push((attached, pst::Attached::File(b"the plan".to_vec())));
    let mut appointment = item("IPM.Appointment", "Tea");
    appointment.named.push(pst::Named {
        // PSETID_Appointment, PidLidAppointmentStartWhole.
        set: [2, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46],
        name: pst::Name::Id(0x820D),
        value: pst::Value::Time(133_000_000_000_000_000),
    });
    let folder = |name: &str, class: &str, items| {
        let (name, class) = (name.to_owned(), Some(class.to_owned()));
        pst::Folder { name, class, items, folders: Vec::new() }
    };
    let folders = [
        folder("Inbox", "IPF.Note", vec![mail]),
        folder("Calendar", "IPF.Appointment", vec![appointment]),
    ];
    pst::write(pst::Format::Unicode, &folders)
}

#[test]
fn a_file_of_outlook_is_shown_by_imap_once() {
    let data = Data::new();
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("alice.pst");
    fs::write(&path, outlook_file()).unwrap();
    let path = path.display().to_string();
    let demo = data.demo();
    let before = Imap::of(&demo, "alice").folder("Calendar").len();
    verb(&data, &["New-MailboxImportRequest", "alice", "-FilePath", &path]);
    let request = "alice\\MailboxImport";
    let done = |items: u64| {
        let state = wait_for(request, || {
            let state = statistics(&data, request);
            (state["Status"] != "InProgress" && state["Status"] != "Queued").then_some(state)
        });
        assert_eq!(
            (&state["Status"], &state["ItemsTransferred"]),
            (&"Completed".into(), &items.into())
        );
    };
    done(2);
    let shown = || {
        let mut imap = Imap::of(&demo, "alice");
        let old = imap.folder("INBOX");
        let old = old.iter().filter(|kept| kept.message.contains("\r\nSubject: Old mail\r\n"));
        let old: Vec<_> = old.cloned().collect();
        (old, imap.folder("Calendar"))
    };
    let (mail, calendar) = shown();
    let [mail] = &mail[..] else { panic!("{mail:?}") };
    assert_eq!(mail.flags, [r"\Seen"]);
    for part in ["From: <boss@x.example>", "The body.", "filename=\"plan.txt\"", "dGhlIHBsYW4="] {
        assert!(mail.message.contains(part), "{}", mail.message);
    }
    assert_eq!(calendar.len(), before + 1);
    assert!(calendar.last().unwrap().message.contains("Content-Type: text/calendar"));

    verb(&data, &["Resume-MailboxImportRequest", request]);
    done(2);
    assert_eq!(shown().0.len(), 1);

    let refused = run(program(RIALTO)
        .args([
            "New-MailboxExportRequest",
            "alice",
            "-FilePath",
            "/nowhere",
            "-TargetFormat",
            "Pst",
        ])
        .arg("--dir")
        .arg(data.path()));
    assert_ne!(refused.code, Some(0));
    assert!(refused.text.contains("mail is not exported as Pst"), "{}", refused.text);
    demo.stop();
}

/// What the other tests call a PST file is one for others, too.
#[test]
fn a_file_of_outlook_is_one_for_readpst() {
    if !installed("readpst") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.pst");
    fs::write(&path, outlook_file()).unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let store = out.join("old mail");
    run(program("readpst").arg("-e").arg("-o").arg(&out).arg(&path)).well();
    let mail = fs::read_dir(store.join("Inbox")).unwrap().next().unwrap().unwrap().path();
    let mail = fs::read_to_string(mail).unwrap();
    assert!(mail.contains("Subject: Old mail") && mail.contains("plan.txt"), "{mail}");
    let event = fs::read_to_string(store.join("Calendar/1.ics")).unwrap();
    assert!(event.contains("SUMMARY:Tea"), "{event}");
}
