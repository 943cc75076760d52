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
use migration::pst::{Checksums, messages};
use migration::{
    DiskFormat, DiskSource, Kind, Ledger, MailboxSink, MigrationError, NewRequest, RequestStatus,
    disk, transfer,
};
use support::outlook::{
    RECEIVED, categories, embedded, file, folder, lid, mail, named, time, with,
};
use support::{Cut, World, kept, network, on_disk};
use testkit::pst::{Attached, Folder, Format, Item, Name, Value, write};
use types::limits::{MIGRATION_BATCH_ITEMS, PST_EMBEDDED_DEPTH_MAX};

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

#[tokio::test]
async fn signed_and_enciphered_mail_is_as_it_was() {
    let entity =
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nsigned\r\n--b--\r\n";
    let class = |class: &str| vec![(0x001A, class.into())];
    let mut signed = with(mail("signed", "x"), class("IPM.Note.SMIME.MultipartSigned"));
    signed.attachments.push(file("smime.p7m", entity.to_vec()));
    let mut enciphered = with(mail("enciphered", "x"), class("IPM.Note.SMIME"));
    let (mut about, data) = file("smime.p7m", vec![0x30, 0x80]);
    about.retain(|(id, _)| *id != 0x370E);
    about.push((0x370E, "application/pkcs7-mime".into()));
    enciphered.attachments.push((about, data));
    let old = imported(Format::Unicode, &[folder("Inbox", "", vec![signed, enciphered])]).await;
    let kept = kept(&old.to).await;
    let end = std::str::from_utf8(entity).unwrap();
    assert!(kept[0].1.ends_with(&format!("MIME-Version: 1.0\r\n{end}")), "{}", kept[0].1);
    assert!(kept[1].1.contains("MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime"));
    let bags = properties(&old.to, "Inbox").await;
    let classes: Vec<_> = bags.iter().map(|bag| bag.text(tags::MESSAGE_CLASS).unwrap()).collect();
    assert_eq!(classes, ["IPM.Note.SMIME.MultipartSigned", "IPM.Note.SMIME"]);
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
    assert_eq!(shown[1], shown[2]);
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

#[tokio::test]
async fn an_import_that_was_cut_off_anywhere_brings_everything_once() {
    let many = |folder: &'static str, count: usize| {
        let mut items: Vec<Item> =
            (0..count).map(|at| mail(&format!("{folder}{at}"), "x")).collect();
        items.iter_mut().for_each(|item| item.named.push(categories(&["Work"])));
        items
    };
    let folders = [
        folder("Inbox", "", many("i", MIGRATION_BATCH_ITEMS + 5)),
        folder("Work", "", many("w", MIGRATION_BATCH_ITEMS + 5)),
    ];
    let octets = write(Format::Unicode, &folders);
    let whole = Old::with(&octets).await;
    whole.run().await;
    let whole = kept(&whole.to).await;
    assert_eq!(whole.len(), 2 * MIGRATION_BATCH_ITEMS + 10);
    for cut in 0..8 {
        let old = Old::with(&octets).await;
        let request = old.world.request(old.request()).await;
        let mut source = DiskSource::open(&old.path(), DiskFormat::Pst).await.unwrap();
        let mut sink = MailboxSink::new(&old.to, &request);
        let mut cut = Cut { sink: &mut sink, left: cut / 2, late: cut % 2 == 1 };
        let database = old.to.database();
        let ended = transfer(database, &request, &mut source, &mut cut).await;
        assert!(matches!(ended, Err(MigrationError::Stopped)), "{ended:?}");
        migration::run(&request, &old.to, &network()).await.unwrap();
        assert_eq!(kept(&old.to).await, whole);
    }
}

#[tokio::test]
async fn a_damaged_item_is_a_bad_item_and_the_others_come() {
    let folders =
        [folder("Inbox", "", vec![mail("one", "x"), mail("two", "MARKED"), mail("three", "x")])];
    let mut octets = write(Format::Ansi, &folders);
    let at = octets.windows(6).position(|it| it == b"MARKED").unwrap();
    octets[at] ^= 1;
    let old = Old::with(&octets).await;
    let state = old.run().await;
    assert_eq!(state.status, RequestStatus::Failed);
    assert!(state.message.contains("Inbox: item 200044: it is damaged: a block"), "{state:?}");
    let new = NewRequest { bad_item_limit: Some(1), ..old.request() };
    let state = old.world.run(new, &old.to).await;
    assert_eq!((state.status, state.items), (RequestStatus::CompletedWithWarning, 2));
    assert_eq!(state.bad_items, 1);
}

#[tokio::test]
async fn what_cannot_be_kept_is_counted() {
    let mut item = mail("s", "x");
    let nothing = vec![(0x3705, Value::Integer(5)), (0x3001, "gone".into())];
    item.attachments.push((nothing, Attached::File(Vec::new())));
    item.properties.push((0x1009, Value::Binary(vec![1, 2, 3])));
    item.properties.retain(|(id, _)| *id != 0x1000);
    let old = imported(Format::Unicode, &[folder("Inbox", "", vec![item])]).await;
    let (request, _) = old.world.requests.all().await.unwrap().remove(0);
    let folders = Ledger::of(&request).folders(old.to.database()).await.unwrap();
    assert_eq!(folders.values().map(|it| (it.items, it.left_out)).collect::<Vec<_>>(), [(1, 2)]);
}

#[tokio::test]
async fn attached_messages_go_down_to_pst_embedded_depth_max() {
    let nested = |depth: usize| {
        (0..depth).fold(mail("in", "x"), |inner, _| {
            let mut outer = mail("out", "x");
            outer.attachments.push(embedded(inner));
            outer
        })
    };
    let deepest = nested(PST_EMBEDDED_DEPTH_MAX);
    imported(Format::Unicode, &[folder("Inbox", "", vec![deepest])]).await;
    let deeper = nested(PST_EMBEDDED_DEPTH_MAX + 1);
    let old = Old::with(&write(Format::Unicode, &[folder("Inbox", "", vec![deeper])])).await;
    let state = old.run().await;
    assert_eq!(state.status, RequestStatus::Failed);
    assert!(state.message.contains("attached to attached messages"), "{}", state.message);
}

/// An item of every kind.
fn everything() -> Vec<Folder> {
    let mut outer = mail("outer", "around");
    outer.named.push(categories(&["Work", "Home"]));
    outer.attachments.push(file("a.pdf", vec![7; 9000]));
    outer.attachments.push(embedded(mail("inner", "within")));
    outer.properties.push((0x1009, rtf(r"{\rtf1 x}")));
    vec![below(folder("Inbox", "", vec![outer]), vec![folder("Below", "", vec![mail("s", "x")])])]
}

#[test]
fn whatever_octets_say_nothing_panics_and_it_ends() {
    for format in FORMATS {
        let octets = write(format, &everything());
        let found = messages(octets.clone(), Checksums::Ignored).unwrap();
        assert!(found.iter().all(|(_, item)| item.body.is_ok()) && found.len() == 2);
        let said = (0..octets.len()).filter(|at| octets[*at] != 0).step_by(5);
        for at in said {
            for number in [0, 1, 0x7f, 0xff] {
                let mut hostile = octets.clone();
                hostile[at] = number;
                let _ = messages(hostile, Checksums::Ignored);
            }
        }
        for at in (8..octets.len() - 8).step_by(31) {
            let mut hostile = octets.clone();
            hostile[at..at + 4].fill(0xff);
            let _ = messages(hostile, Checksums::Ignored);
        }
    }
}

/// Why a file cannot be opened.
async fn refused(octets: &[u8]) -> String {
    let old = Old::with(octets).await;
    match DiskSource::open(&old.path(), DiskFormat::Pst).await {
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
    let missing = DiskSource::open(Path::new("/missing/x.pst"), DiskFormat::Pst).await;
    assert!(matches!(missing, Err(MigrationError::File { .. })));
}
