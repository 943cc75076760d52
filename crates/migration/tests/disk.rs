//! Mail from and to the server's disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use mailbox::flags::{KEYWORD_OCTETS_MAX, KEYWORDS_MAX};
use mailbox::{Flags, Mailbox};
use migration::{
    DiskFormat, DiskSource, Kind, MailboxSink, MigrationError, RequestStatus, transfer,
};
use support::{Cut, World, kept, network, octets, on_disk, put};
use types::limits::MIGRATION_BATCH_ITEMS;

const FROM: &str = "From a@b.example Mon Nov  2 08:30:00 2026\n";

const FORMATS: [DiskFormat; 3] = [DiskFormat::Mbox, DiskFormat::Maildir, DiskFormat::Eml];

fn message(subject: &str) -> String {
    format!("Subject: {subject}\r\n\r\nFrom here\r\n>From there\r\n\r\n")
}

async fn filled(world: &mut World) -> Mailbox {
    let mailbox = world.mailbox().await;
    let flags = [Flags::NONE, Flags::SEEN | Flags::ANSWERED, Flags::FLAGGED | Flags::MDN_SENT];
    for (number, flags) in flags.into_iter().cycle().take(MIGRATION_BATCH_ITEMS + 10).enumerate() {
        put(&mailbox, &[], &message(&number.to_string()), flags, "Red category").await;
    }
    put(&mailbox, &["Work", "v1.2 / Entwürfe"], &message("below"), Flags::DRAFT, "k").await;
    put(&mailbox, &["Work"], "Status: mine\r\nA: b\r\n\r\nx\r\n", Flags::FORWARDED, "k").await;
    put(&mailbox, &["Sent Items"], &message("sent"), Flags::SEEN, "100%").await;
    mailbox
}

#[tokio::test]
async fn what_is_exported_and_imported_is_the_same() {
    let mut world = World::new().await;
    let from = filled(&mut world).await;
    for format in FORMATS {
        let disk = tempfile::tempdir().unwrap();
        let path = disk.path().join("export");
        let state = world.run(on_disk(Kind::Export, &from, &path, format), &from).await;
        assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
        assert_eq!((state.items, state.percent()), (MIGRATION_BATCH_ITEMS as u64 + 13, 100));
        let to = world.mailbox().await;
        assert_eq!(migration::disk::detect(&path).await.unwrap(), format);
        let state = world.run(on_disk(Kind::Import, &to, &path, format), &to).await;
        assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
        assert_eq!(kept(&to).await, kept(&from).await, "{format:?}");
    }
}

#[tokio::test]
async fn binary_messages_keep_their_octets_in_files_of_their_own() {
    let mut world = World::new().await;
    let from = world.mailbox().await;
    put(&from, &[], "A: b\r\n\r\nlone\nLF and lone\rCR, no end", Flags::NONE, "k").await;
    for format in [DiskFormat::Maildir, DiskFormat::Eml] {
        let disk = tempfile::tempdir().unwrap();
        world.run(on_disk(Kind::Export, &from, disk.path(), format), &from).await;
        let to = world.mailbox().await;
        world.run(on_disk(Kind::Import, &to, disk.path(), format), &to).await;
        assert_eq!(octets(&to).await, octets(&from).await, "{format:?}");
    }
}

#[tokio::test]
async fn an_import_that_was_cut_off_anywhere_brings_everything_once() {
    let mut world = World::new().await;
    let from = filled(&mut world).await;
    for format in FORMATS {
        let disk = tempfile::tempdir().unwrap();
        world.run(on_disk(Kind::Export, &from, disk.path(), format), &from).await;
        for cut in 0..6 {
            let to = world.mailbox().await;
            let request = world.request(on_disk(Kind::Import, &to, disk.path(), format)).await;
            let mut source = DiskSource::open(disk.path(), format).await.unwrap();
            let mut sink = MailboxSink::new(&to, &request);
            let mut cut = Cut { sink: &mut sink, left: cut / 2, late: cut % 2 == 1 };
            let database = to.database();
            let ended = transfer(database, &request, &mut source, &mut cut).await;
            assert!(matches!(ended, Err(MigrationError::Stopped)), "{ended:?}");
            assert_eq!(world.state(&request).await.status, RequestStatus::InProgress);
            migration::run(&request, &to, &network()).await.unwrap();
            assert_eq!(kept(&to).await, kept(&from).await, "{format:?}");
        }
    }
}

#[tokio::test]
async fn an_export_that_goes_on_writes_only_what_is_missing() {
    let mut world = World::new().await;
    let from = filled(&mut world).await;
    for format in FORMATS {
        let disk = tempfile::tempdir().unwrap();
        let request = world.request(on_disk(Kind::Export, &from, disk.path(), format)).await;
        migration::run(&request, &from, &network()).await.unwrap();
        put(&from, &[], &message("new"), Flags::NONE, "k").await;
        leave_a_torn_batch(disk.path(), format);
        world.requests.resume(request.id).await.unwrap();
        migration::run(&request, &from, &network()).await.unwrap();
        let to = world.mailbox().await;
        world.run(on_disk(Kind::Import, &to, disk.path(), format), &to).await;
        assert_eq!(kept(&to).await, kept(&from).await, "{format:?}");
    }
}

/// What a kill leaves that came after files were written and before the ledger said so.
fn leave_a_torn_batch(disk: &Path, format: DiskFormat) {
    use std::io::Write;
    let text = b"From x\nA: torn\n\nhal";
    match format {
        DiskFormat::Mbox => {
            let mut file = File::options().append(true).open(disk.join("Inbox.mbox")).unwrap();
            file.write_all(text).unwrap();
        }
        DiskFormat::Maildir => {
            fs::write(disk.join("cur/1.R0000009999.rialto:2,S"), text).unwrap();
        }
        DiskFormat::Eml => fs::write(disk.join("Inbox/0000009999,S.eml"), text).unwrap(),
        DiskFormat::Pst => unreachable!("it is not written"),
    }
}

#[tokio::test]
async fn an_export_goes_where_nothing_is() {
    let mut world = World::new().await;
    let from = filled(&mut world).await;
    let disk = tempfile::tempdir().unwrap();
    fs::write(disk.path().join("precious"), "p").unwrap();
    let state = world.run(on_disk(Kind::Export, &from, disk.path(), DiskFormat::Eml), &from).await;
    assert_eq!(state.status, RequestStatus::Failed);
    assert!(state.message.contains("not an empty folder"), "{}", state.message);
}

/// A Maildir as Dovecot leaves it.
fn dovecot_maildir(at: &Path) {
    for folder in ["cur", "new", "tmp", ".Sent.2025/cur", ".Sent.2025/new", ".Entw&APw-rfe/cur"] {
        fs::create_dir_all(at.join(folder)).unwrap();
    }
    fs::write(at.join("dovecot-keywords"), "0 work\n1 $Forwarded\n").unwrap();
    let files = [
        ("cur/1600000001.M1P1.host,S=20:2,FSab", "A: 1\n\nx\n"),
        ("new/1600000002.M1P1.host", "A: 2\n\nx\n"),
        (".Sent.2025/cur/1600000003.M1P1.host:2,S", "A: 3\r\n\r\nx\r\n"),
        (".Entw&APw-rfe/cur/1600000004.M1P1.host:2,D", "A: 4\n\nx\n"),
        ("tmp/1600000005.M1P1.host", "unfinished"),
    ];
    for (name, text) in files {
        fs::write(at.join(name), text).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        File::options().write(true).open(at.join(name)).unwrap().set_modified(time).unwrap();
    }
}

#[tokio::test]
async fn a_maildir_of_another_server_comes_in_with_flags_folders_and_dates() {
    let mut world = World::new().await;
    let to = world.mailbox().await;
    let disk = tempfile::tempdir().unwrap();
    dovecot_maildir(disk.path());
    std::os::unix::fs::symlink("/etc", disk.path().join(".Linked")).unwrap();
    let state = world.run(on_disk(Kind::Import, &to, disk.path(), DiskFormat::Maildir), &to).await;
    assert_eq!((state.status, state.items), (RequestStatus::Completed, 4), "{}", state.message);
    let time = 1_600_000_000;
    let kept_as = |folder: &str, number: u32, flags, keywords: &[&str]| {
        let keywords: Vec<String> = keywords.iter().map(|name| (*name).to_owned()).collect();
        (folder.to_owned(), format!("A: {number}\r\n\r\nx\r\n"), flags, keywords, time)
    };
    let flagged = Flags::FLAGGED | Flags::SEEN | Flags::FORWARDED;
    assert_eq!(
        kept(&to).await,
        [
            kept_as("Entwürfe", 4, Flags::DRAFT, &[]),
            kept_as("Inbox", 1, flagged, &["work"]),
            kept_as("Inbox", 2, Flags::NONE, &[]),
            kept_as("Sent/2025", 3, Flags::SEEN, &[]),
        ]
    );
}

#[tokio::test]
async fn folders_go_below_the_target_and_only_those_that_are_meant() {
    let mut world = World::new().await;
    let to = world.mailbox().await;
    let disk = tempfile::tempdir().unwrap();
    dovecot_maildir(disk.path());
    let mut new = on_disk(Kind::Import, &to, disk.path(), DiskFormat::Maildir);
    new.target_root = "Old/Mail".to_owned();
    new.include = vec!["#Inbox#".to_owned(), "Sent/*".to_owned()];
    world.run(new, &to).await;
    let folders: Vec<String> = octets(&to).await.into_iter().map(|(folder, _)| folder).collect();
    assert_eq!(folders, ["Old/Mail/Inbox", "Old/Mail/Inbox", "Old/Mail/Sent/2025"]);
}

#[tokio::test]
async fn bad_items_are_counted_and_limited() {
    let mut world = World::new().await;
    let disk = tempfile::tempdir().unwrap();
    fs::write(disk.path().join("1.eml"), "A: 1\n\nx\n").unwrap();
    fs::write(disk.path().join("2.eml"), "").unwrap();
    fs::write(disk.path().join("3.eml"), "A: 3\n\nx\n").unwrap();
    for (limit, status, items) in [
        (Some(0), RequestStatus::Failed, 0),
        (Some(1), RequestStatus::CompletedWithWarning, 2),
        (None, RequestStatus::CompletedWithWarning, 2),
    ] {
        let to = world.mailbox().await;
        let mut new = on_disk(Kind::Import, &to, disk.path(), DiskFormat::Eml);
        new.bad_item_limit = limit;
        let state = world.run(new, &to).await;
        assert_eq!((state.status, state.items), (status, items));
        assert!(state.message.contains("2.eml is empty"), "{}", state.message);
        assert_eq!(kept(&to).await.len() as u64, items);
    }
}

#[tokio::test]
async fn keywords_that_a_mailbox_cannot_take_are_left_out_and_the_mail_is_not() {
    let mut world = World::new().await;
    let disk = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..KEYWORDS_MAX + 5).map(|at| format!("k{at}")).collect();
    let long = "x".repeat(KEYWORD_OCTETS_MAX + 1);
    let file = format!("{FROM}X-Keywords: {long} {}\n\nx\n", names.join(" "));
    fs::write(disk.path().join("Inbox"), file).unwrap();
    let to = world.mailbox().await;
    let state = world.run(on_disk(Kind::Import, &to, disk.path(), DiskFormat::Mbox), &to).await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    let kept = kept(&to).await;
    assert_eq!(kept[0].3, names[..KEYWORDS_MAX]);
}

#[tokio::test]
async fn a_folder_with_the_name_of_a_hidden_one_gets_another_name() {
    let mut world = World::new().await;
    let disk = tempfile::tempdir().unwrap();
    for folder in ["Recoverable Items", "Recoverable Items/Deletions"] {
        fs::create_dir_all(disk.path().join(folder)).unwrap();
        fs::write(disk.path().join(folder).join("1.eml"), "A: b\n\nx\n").unwrap();
    }
    let to = world.mailbox().await;
    let state = world.run(on_disk(Kind::Import, &to, disk.path(), DiskFormat::Eml), &to).await;
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    let folders: Vec<String> = octets(&to).await.into_iter().map(|(folder, _)| folder).collect();
    let named = "Recoverable Items (imported)";
    assert_eq!(folders, [named.to_owned(), format!("{named}/Deletions")]);
}

#[tokio::test]
async fn a_suspended_request_writes_nothing_until_it_is_resumed() {
    let mut world = World::new().await;
    let to = world.mailbox().await;
    let disk = tempfile::tempdir().unwrap();
    fs::write(disk.path().join("1.eml"), "A: 1\n\nx\n").unwrap();
    let mut new = on_disk(Kind::Import, &to, disk.path(), DiskFormat::Eml);
    new.suspended = true;
    let request = world.request(new).await;
    migration::run(&request, &to, &network()).await.unwrap();
    assert_eq!(world.state(&request).await.status, RequestStatus::Suspended);
    assert_eq!(kept(&to).await, []);
    world.requests.resume(request.id).await.unwrap();
    migration::run(&request, &to, &network()).await.unwrap();
    assert_eq!(kept(&to).await.len(), 1);
    let again = world.requests.suspend(request.id).await;
    assert!(matches!(again, Err(MigrationError::Status("Completed"))), "{again:?}");
    world.requests.remove(request.id).await.unwrap();
    assert!(world.requests.all().await.unwrap().is_empty());
    assert!(matches!(world.requests.remove(request.id).await, Err(MigrationError::NotFound)));
}

#[tokio::test]
async fn names_are_exchanges_and_unique_for_a_mailbox() {
    let mut world = World::new().await;
    let (one, two) = (world.mailbox().await, world.mailbox().await);
    let new = |mailbox| on_disk(Kind::Import, mailbox, Path::new("/x"), DiskFormat::Eml);
    assert_eq!(world.request(new(&one)).await.name, "MailboxImport");
    assert_eq!(world.request(new(&one)).await.name, "MailboxImport1");
    assert_eq!(world.request(new(&two)).await.name, "MailboxImport");
    let mut named = new(&one);
    named.name = Some("mailboximport".to_owned());
    let refused = world.requests.create(named).await;
    assert!(matches!(refused, Err(MigrationError::NameInUse(_))), "{refused:?}");
}

#[tokio::test]
async fn nothing_is_exported_as_pst() {
    let mut world = World::new().await;
    let from = filled(&mut world).await;
    let disk = tempfile::tempdir().unwrap();
    let state = world.run(on_disk(Kind::Export, &from, disk.path(), DiskFormat::Pst), &from).await;
    assert_eq!(state.status, RequestStatus::Failed);
    assert_eq!(state.message, "mail is not exported as Pst");
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
}
