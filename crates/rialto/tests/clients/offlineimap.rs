//! offlineimap: a mailbox and Maildirs kept the same, by a client that trusts UIDs alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::imap::{Imap, Kept};
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

/// Maildirs that are synchronized with alice's mailbox.
struct Maildirs {
    folder: PathBuf,
    settings: PathBuf,
}

impl Maildirs {
    fn new(data: &Data, demo: &Demo<'_>) -> Self {
        let folder = data.path().join("mail");
        let settings = data.path().join("offlineimaprc");
        fs::write(&settings, offlineimaprc(demo, data.path())).unwrap();
        Maildirs { folder, settings }
    }

    /// Synchronizes; what it told.
    fn sync(&self) -> String {
        run(program("offlineimap").arg("-o").arg("-c").arg(&self.settings)).well()
    }

    /// The files of a folder's messages.
    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let states = ["cur", "new"].map(|state| self.folder.join(folder).join(state));
        let entries = states.iter().flat_map(|state| fs::read_dir(state).unwrap());
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The file of the Inbox that stands for a message.
    fn file(&self, uid: u32) -> Option<PathBuf> {
        let mark = format!(",U={uid},");
        self.files("INBOX").into_iter().find(|file| name(file).contains(&mark))
    }
}

fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

fn offlineimaprc(demo: &Demo<'_>, folder: &Path) -> String {
    format!(
        "[general]
accounts = alice
metadata = {folder}/metadata
ui = basic

[Account alice]
localrepository = maildirs
remoterepository = server

[Repository maildirs]
type = Maildir
localfolders = {folder}/mail

[Repository server]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = yes
sslcacertfile = {authority}
",
        folder = folder.display(),
        port = demo.port("IMAPS_PORT"),
        user = demo.user("alice"),
        password = PASSWORD.replace('%', "%%"),
        authority = demo.authority().display(),
    )
}

#[test]
fn a_mailbox_is_pulled_whole_and_a_second_time_there_is_nothing_to_do() {
    let data = Data::new();
    let Some(Pair { mut imap, maildirs, kept, demo: _demo }) = synchronized(&data) else { return };
    assert!(kept.len() > 1);
    assert_eq!(maildirs.files("INBOX").len(), kept.len());
    for Kept { uid, message, .. } in &kept {
        let file = fs::read_to_string(maildirs.file(*uid).unwrap()).unwrap();
        assert_eq!(file, message.replace("\r\n", "\n"));
    }
    assert!(maildirs.folder.join("Sent Items/cur").is_dir());

    let files = maildirs.files("INBOX");
    maildirs.sync();
    assert_eq!(maildirs.files("INBOX"), files);
    assert_eq!(imap.folder("INBOX"), kept);
}

#[test]
fn changes_happen_on_both_sides() {
    let data = Data::new();
    let Some(Pair { mut imap, maildirs, kept, demo }) = synchronized(&data) else { return };
    let file = maildirs.file(kept[0].uid).unwrap();
    let base = name(&file).split(":2,").next().unwrap().to_owned();
    fs::rename(&file, maildirs.folder.join("INBOX/cur").join(base + ":2,FS")).unwrap();
    fs::remove_file(maildirs.file(kept[1].uid).unwrap()).unwrap();
    let note = message::text(&demo.user("alice"), &demo.user("alice"), "A note");
    fs::write(maildirs.folder.join("INBOX/new/1.note"), note.replace("\r\n", "\n")).unwrap();
    imap.command("SELECT INBOX");
    imap.command(&format!(r"UID STORE {} +FLAGS (\Answered \Seen)", kept[2].uid));
    imap.command(&format!(r"UID STORE {} +FLAGS (\Deleted)", kept[3].uid));
    imap.command(&format!("UID EXPUNGE {}", kept[3].uid));
    imap.command("CREATE Projects/Bridge");
    maildirs.sync();

    let now = imap.folder("INBOX");
    assert_eq!(now[0].flags, [r"\Flagged", r"\Seen"]);
    assert!(now.iter().all(|message| message.uid != kept[1].uid));
    assert!(imap.only("A note").message.contains("\r\nSubject: A note\r\n"));
    assert!(name(&maildirs.file(kept[2].uid).unwrap()).ends_with(":2,RS"));
    assert_eq!(maildirs.file(kept[3].uid), None);
    assert!(maildirs.folder.join("Projects.Bridge/cur").is_dir());
    maildirs.sync();
    assert_eq!(imap.folder("INBOX"), now);
}

/// A mailbox and its Maildirs, the same for now.
struct Pair<'d> {
    imap: Imap,
    maildirs: Maildirs,
    /// What is in both.
    kept: Vec<Kept>,
    demo: Demo<'d>,
}

fn synchronized(data: &Data) -> Option<Pair<'_>> {
    installed("offlineimap").then(|| {
        let demo = data.demo();
        let maildirs = Maildirs::new(data, &demo);
        maildirs.sync();
        let mut imap = Imap::of(&demo, "alice");
        let kept = imap.folder("INBOX");
        Pair { imap, maildirs, kept, demo }
    })
}
