//! PST files of Outlook.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use content::property::{Guid, PropertyName, names, tags};
use mailbox::key::List;
use mailbox::{Flags, Mailbox, UidSet};
use migration::{DiskFormat, Kind, MigrationError, NewRequest, RequestStatus, disk};
use support::outlook::{
    RECEIVED, categories, embedded, file, folder, lid, mail, named, time, with,
};
use support::{World, kept, network, on_disk};
use testkit::pst::{Folder, Format, Name, Value, write};
use types::limits::MIGRATION_BATCH_ITEMS;

const FORMATS: [Format; 2] = [Format::Ansi, Format::Unicode];

/// A mailbox, and the path of a PST file with these folders.
struct Old {
    folder: tempfile::TempDir,
    world: World,
    to: Mailbox,
}

impl Old {
    async fn with(octets: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.pst"), octets).unwrap();
        let mut world = World::new().await;
        let to = world.mailbox().await;
        Old { folder, world, to }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("old.pst")
    }

    fn request(&self) -> NewRequest {
        on_disk(Kind::Import, &self.to, &self.path(), DiskFormat::Pst)
    }

    async fn run(&self) -> migration::RequestState {
        self.world.run(self.request(), &self.to).await
    }
}

async fn imported(format: Format, folders: &[Folder]) -> Old {
    let old = Old::with(&write(format, folders)).await;
    assert_eq!(disk::detect(&old.path()).await.unwrap(), DiskFormat::Pst);
    let state = old.run().await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    assert_eq!(state.percent(), 100);
    old
}

fn below(mut folder: Folder, folders: Vec<Folder>) -> Folder {
    folder.folders = folders;
    folder
}

#[tokio::test]
async fn mail_comes_with_its_folders_flags_and_dates() {
    for format in FORMATS {
        let unread = with(mail("u", "unread"), vec![(0x0E07, Value::Integer(0))]);
        let flagged = vec![(0x1090, Value::Integer(2)), (0x1081, Value::Integer(103))];
        let flagged = with(mail("f", "Gr\u{fc}\u{df}e"), flagged);
        let mut forwarded = with(mail("w", "x"), vec![(0x1080, Value::Integer(0x106))]);
        forwarded.named.push(categories(&["Work", "Red category"]));
        let draft = with(mail("d", "x"), vec![(0x0E07, Value::Integer(9))]);
        let folders = [
            below(
                folder("Inbox", "IPF.Note", vec![unread, flagged]),
                vec![folder("L\u{fc}neburg", "", vec![forwarded])],
            ),
            folder("Deleted Items", "", vec![mail("gone", "x")]),
            folder("Drafts", "IPF.Note", vec![draft]),
            folder("Empty", "IPF.Note", Vec::new()),
        ];
        let old = imported(format, &folders).await;
        let kept = kept(&old.to).await;
        let shown: Vec<_> = kept
            .iter()
            .map(|(folder, octets, flags, keywords, received)| {
                let summary = content::derive(octets.as_bytes());
                let subject = summary.envelope.subject_text().to_string();
                (folder.as_str(), subject, *flags, keywords.join(","), *received)
            })
            .collect();
        let of = |folder, subject: &str, flags, keywords: &str| {
            (folder, subject.to_owned(), flags, keywords.to_owned(), RECEIVED)
        };
        let answered = Flags::SEEN | Flags::FLAGGED | Flags::ANSWERED;
        assert_eq!(
            shown,
            [
                of("Deleted Items", "gone", Flags::SEEN, ""),
                of("Drafts", "d", Flags::SEEN | Flags::DRAFT, ""),
                of("Inbox", "u", Flags::NONE, ""),
                of("Inbox", "f", answered, ""),
                of("Inbox/L\u{fc}neburg", "w", Flags::SEEN | Flags::FORWARDED, "Work"),
            ],
            "{format:?}"
        );
        assert!(kept[3].1.contains("Gr=C3=BC=C3=9Fe"), "{}", kept[3].1);
        let empty = old.to.read(|view| view.folder_by_path(&["Empty"])).await.unwrap();
        assert!(empty.is_some());
    }
}

#[tokio::test]
async fn a_message_is_composed_of_its_properties() {
    for format in FORMATS {
        let old = imported(format, &[folder("Inbox", "IPF.Note", vec![mail("s", "body")])]).await;
        let kept = kept(&old.to).await;
        let expected = "Date: Tue, 14 Nov 2023 22:12:20 +0000\r\n\
                        From: =?UTF-8?B?QsO2c3MsIFRoZQ==?= <boss@x.example>\r\n\
                        To: Alice <alice@y.example>\r\n\
                        Cc: <bob@y.example>\r\n\
                        Subject: s\r\n\
                        Message-ID: <s@x.example>\r\n\
                        MIME-Version: 1.0\r\n\
                        Content-Type: text/plain; charset=utf-8\r\n\
                        Content-Transfer-Encoding: 7bit\r\n\r\n\
                        body\r\n";
        assert_eq!(kept[0].1, expected, "{format:?}");
    }
}

#[tokio::test]
async fn a_message_keeps_the_header_it_came_with() {
    let header = "Microsoft Mail Internet Headers Version 2.0\r\nReceived: from a by b\r\nFrom: c@d\r\n\
                  Content-Type: text/html\r\nX-Own: kept\r\n\r\n";
    let item = with(mail("s", "body"), vec![(0x007D, header.into())]);
    let old = imported(Format::Unicode, &[folder("Inbox", "", vec![item])]).await;
    let kept = kept(&old.to).await;
    let expected = "Received: from a by b\r\nFrom: c@d\r\nX-Own: kept\r\nMIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nbody\r\n";
    assert_eq!(kept[0].1, expected);
}

#[tokio::test]
async fn attachments_and_attached_messages_come_along() {
    for format in FORMATS {
        // Long enough for a list of lists of blocks.
        let large: Vec<u8> = (0..9_000_000u32).map(|at| (at % 251) as u8).collect();
        let mut inner = mail("inner", "within");
        inner.attachments.push(file("deep.pdf", vec![1, 2, 3]));
        let mut outer = mail("outer", "around");
        outer.attachments.push(file("B\u{fc}cher.pdf", large.clone()));
        outer.attachments.push(embedded(inner));
        let old = imported(format, &[folder("Inbox", "", vec![outer])]).await;
        let kept = kept(&old.to).await;
        let octets = kept[0].1.as_bytes();
        let root = content::derive(octets).structure;
        let part = |path: &[u32]| root.section(path).unwrap();
        assert_eq!(part(&[2]).file_name().as_deref(), Some("B\u{fc}cher.pdf"));
        assert_eq!(part(&[2]).decoded(octets).unwrap(), large, "{format:?}");
        assert!(part(&[3]).is("message", "rfc822"));
        assert_eq!(part(&[3, 1]).decoded(octets).unwrap(), b"within");
        assert_eq!(part(&[3, 2]).file_name().as_deref(), Some("deep.pdf"));
        assert_eq!(part(&[3, 2]).decoded(octets).unwrap(), [1, 2, 3]);
    }
}

/// A PidTagRtfCompressed that is not compressed.
fn rtf(text: &str) -> Value {
    let length = (text.len() as u32).to_le_bytes();
    let header = [(text.len() as u32 + 12).to_le_bytes(), length, *b"MELA", [0; 4]].concat();
    Value::Binary([&header[..], text.as_bytes()].concat())
}

#[tokio::test]
async fn bodies_are_html_text_or_both() {
    let none = (0x1000, "".into());
    let html = Value::Binary(b"<p>Gr\xfc\xdfe".to_vec());
    let from_html = r"{\rtf1\ansi\ansicpg1252\fromhtml1{\*\htmltag64 <p>}Gr\'fc\'dfe}";
    let items = vec![
        with(mail("both", "plain"), vec![(0x1013, html.clone()), (0x3FDE, Value::Integer(28591))]),
        with(mail("html", ""), vec![(0x1013, html), (0x3FDE, Value::Integer(28591))]),
        with(mail("wrapped", ""), vec![none.clone(), (0x1009, rtf(from_html))]),
        with(mail("rich", ""), vec![none, (0x1009, rtf(r"{\rtf1\ansi\b Gr\'fc\'dfe}"))]),
    ];
    let old = imported(Format::Unicode, &[folder("Inbox", "", items)]).await;
    let shown: Vec<_> = kept(&old.to)
        .await
        .iter()
        .map(|(_, octets, ..)| {
            let root = content::derive(octets.as_bytes()).structure;
            let leaf = |part: &content::Part| {
                let text = part.decoded(octets.as_bytes()).unwrap();
                (part.subtype.clone(), String::from_utf8(text).unwrap().trim_end().to_owned())
            };
            match root.children.is_empty() {
                true => vec![leaf(&root)],
                false => root.children.iter().map(leaf).collect(),
            }
        })
        .collect();
    let of = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    let html = of("html", "<p>Gr\u{fc}\u{df}e");
    assert_eq!(shown[0], [of("plain", "plain"), html.clone()]);
    assert_eq!(shown[1], [html.clone()]);
    assert_eq!(shown[2], [html]);
    assert_eq!(shown[3], [of("plain", "Gr\u{fc}\u{df}e")]);
}

#[tokio::test]
async fn what_is_resumed_brings_only_what_is_new() {
    let some = |count: usize| {
        let items = (0..count).map(|at| mail(&at.to_string(), "x")).collect();
        write(Format::Unicode, &[folder("Inbox", "", items)])
    };
    let old = Old::with(&some(MIGRATION_BATCH_ITEMS + 3)).await;
    let request = old.world.request(old.request()).await;
    migration::run(&request, &old.to, &network()).await.unwrap();
    assert_eq!(kept(&old.to).await.len(), MIGRATION_BATCH_ITEMS + 3);
    fs::write(old.path(), some(MIGRATION_BATCH_ITEMS + 5)).unwrap();
    old.world.requests.resume(request.id).await.unwrap();
    migration::run(&request, &old.to, &network()).await.unwrap();
    let state = old.world.state(&request).await;
    assert_eq!(state.items, MIGRATION_BATCH_ITEMS as u64 + 5);
    assert_eq!(kept(&old.to).await.len(), MIGRATION_BATCH_ITEMS + 5);
}

/// The properties that items of a folder have now.
async fn properties(mailbox: &Mailbox, folder: &'static str) -> Vec<content::Bag> {
    let read = mailbox.read(move |view| {
        let id = view.folder_by_path(&[folder])?.unwrap().id;
        let mut entries = Vec::new();
        view.entries(id, &UidSet::all(), &mut |entry| {
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })?;
        entries.iter().map(|entry| Ok(view.properties(entry, List::Items)?.bag)).collect()
    });
    read.await.unwrap()
}

/// The last part of a message, decoded.
fn file_of(octets: &str) -> (String, String) {
    let root = content::derive(octets.as_bytes()).structure;
    let part = root.children.last().unwrap();
    let text = String::from_utf8(part.decoded(octets.as_bytes()).unwrap()).unwrap();
    (format!("{}/{}", part.media_type, part.subtype), text)
}

#[tokio::test]
async fn appointments_contacts_and_tasks_keep_their_properties_and_are_files_as_well() {
    for format in FORMATS {
        let (start, due) = (time(1_470_117_600), time(1_470_096_000));
        let mut appointment = with(mail("tea", "x"), vec![(0x001A, "IPM.Appointment".into())]);
        appointment.named.push(lid(names::PSETID_APPOINTMENT, 0x820D, start));
        appointment.named.push(lid(names::PSETID_APPOINTMENT, 0x8208, "Room"));
        let own = named(Guid([9; 16]), Name::Text("Own".into()), Value::Integer(7));
        appointment.named.push(own);
        let card = vec![(0x001A, "IPM.Contact".into()), (0x3A11, "M\u{fc}ller".into())];
        let mut contact = with(mail("M\u{fc}ller", "x"), card);
        contact.named.push(lid(names::PSETID_ADDRESS, 0x8083, "m@x.example"));
        let mut task = with(mail("mow", "x"), vec![(0x001A, "IPM.Task".into())]);
        task.named.push(lid(names::PSETID_TASK, 0x8105, due));
        task.named.push(categories(&["Home", "Two words"]));
        let folders = [
            folder("Calendar", "IPF.Appointment", vec![appointment]),
            folder("Contacts", "IPF.Contact", vec![contact]),
            folder("Tasks", "IPF.Task", vec![task]),
            folder("Other tasks", "IPF.Task", Vec::new()),
        ];
        let old = imported(format, &folders).await;
        let kept = kept(&old.to).await;
        let in_folders: Vec<_> = kept.iter().map(|(folder, ..)| folder.as_str()).collect();
        assert_eq!(in_folders, ["Calendar", "Contacts", "Tasks"]);
        for (at, media_type, line) in [
            (0, "text/calendar", "\r\nDTSTART:20160802T060000Z\r\n"),
            (1, "text/vcard", "\r\nN:M\u{fc}ller;;;;\r\n"),
            (2, "text/calendar", "\r\nDUE;VALUE=DATE:20160802\r\n"),
        ] {
            let (found, text) = file_of(&kept[at].1);
            assert_eq!(found, media_type);
            assert!(text.contains(line), "{text}");
        }
        assert_eq!(kept[2].3, ["Home"]);

        let bags = properties(&old.to, "Calendar").await;
        let location = PropertyName::id(names::PSETID_APPOINTMENT, 0x8208);
        assert_eq!(bags[0].text(location), Some("Room"));
        assert_eq!(bags[0].text(tags::MESSAGE_CLASS), Some("IPM.Appointment"));
        assert_eq!(bags[0].integer(PropertyName::string(Guid([9; 16]), "Own")), Some(7));
        let bags = properties(&old.to, "Contacts").await;
        assert_eq!(bags[0].text(tags::SURNAME), Some("M\u{fc}ller"));
        let email = PropertyName::id(names::PSETID_ADDRESS, 0x8083);
        assert_eq!(bags[0].text(email), Some("m@x.example"));
        let bags = properties(&old.to, "Tasks").await;
        let keywords = PropertyName::string(names::PS_PUBLIC_STRINGS, "Keywords");
        let Some(content::property::Value::MultipleString(words)) = bags[0].get(keywords) else {
            panic!("no categories: {bags:?}");
        };
        let words: BTreeSet<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(words, BTreeSet::from(["Home", "Two words"]));

        let others = old.to.read(|view| view.folder_by_path(&["Other tasks"])).await.unwrap();
        assert_eq!(others.unwrap().class, "IPF.Task");
    }
}

/// Why a file cannot be opened.
async fn refused(octets: &[u8]) -> String {
    let old = Old::with(octets).await;
    match migration::DiskSource::open(&old.path(), DiskFormat::Pst).await {
        Err(error @ MigrationError::Pst { .. }) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

#[tokio::test]
async fn files_that_are_cut_or_not_known_are_refused() {
    for format in FORMATS {
        let whole = write(format, &[folder("Inbox", "", vec![mail("s", "x")])]);
        assert!(refused(&whole[..whole.len() - 1]).await.contains("cut off"));
        assert!(refused(&whole[..100]).await.ends_with("the checksum of the header"));
        assert!(refused(b"!BDN").await.ends_with("it is no PST file"));
        let mut other = whole.clone();
        other[0] = b'?';
        assert!(refused(&other).await.ends_with("it is no PST file"));
        let mut newer = whole.clone();
        newer[10] = 36;
        assert!(refused(&newer).await.contains("version 36"));
        let mut damaged = whole.clone();
        damaged[40] ^= 1;
        assert!(refused(&damaged).await.ends_with("the checksum of the header"));
    }
    let missing = migration::DiskSource::open(Path::new("/missing/x.pst"), DiskFormat::Pst).await;
    assert!(matches!(missing, Err(MigrationError::File { .. })));
}
