//! mbsync (isync): a mailbox and a Maildir kept the same, over IMAP with TLS.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::imap::{Imap, Kept};
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

/// A Maildir that is synchronized with alice's mailbox.
struct Maildir {
    folder: PathBuf,
    settings: PathBuf,
}

impl Maildir {
    fn new(data: &Data, demo: &Demo<'_>) -> Self {
        let folder = data.path().join("mail");
        fs::create_dir(&folder).unwrap();
        let settings = data.path().join("mbsyncrc");
        fs::write(&settings, mbsyncrc(demo, &folder)).unwrap();
        Maildir { folder, settings }
    }

    fn sync(&self) {
        run(program("mbsync").arg("--config").arg(&self.settings).arg("--all")).well();
    }

    /// The files of a folder's messages.
    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let states = ["cur", "new"].map(|state| self.folder.join(folder).join(state));
        let entries = states.iter().flat_map(|state| fs::read_dir(state).unwrap());
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The file of the message of the Inbox with a subject.
    fn file(&self, subject: &str) -> Option<PathBuf> {
        let line = format!("\nSubject: {subject}\n");
        self.files("INBOX").into_iter().find(|file| read(file).contains(&line))
    }

    /// Puts a message into the Inbox as a mail program does.
    fn put(&self, name: &str, message: &str) {
        fs::write(self.folder.join("INBOX/new").join(name), message).unwrap();
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

/// The flags in the name of a file: the letters after `:2,`.
fn flags(file: &Path) -> &str {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.split_once(":2,").map_or("", |(_, flags)| flags)
}

fn mbsyncrc(demo: &Demo<'_>, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "IMAPAccount alice
Host localhost
Port {port}
User {user}
Pass \"{PASSWORD}\"
SSLType IMAPS
SystemCertificates no
CertificateFile {authority}

IMAPStore server
Account alice

MaildirStore maildir
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :server:
Near :maildir:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
",
        port = demo.port("IMAPS_PORT"),
        user = demo.user("alice"),
        authority = demo.authority().display(),
    )
}

fn subject(kept: &Kept) -> &str {
    let (_, rest) = kept.message.split_once("\nSubject: ").unwrap();
    rest.split_once("\r\n").unwrap().0
}

/// Everything the server has, and the change number it had when it last changed.
fn state(imap: &mut Imap) -> (Vec<Kept>, Vec<String>) {
    (imap.folder("INBOX"), imap.command("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)"))
}

#[test]
fn a_mailbox_is_pulled_whole_and_a_second_time_there_is_nothing_to_do() {
    let data = Data::new();
    let Some(Pair { mut imap, maildir, kept, demo: _demo }) = synchronized(&data) else { return };
    assert!(kept.len() > 1);
    let before = state(&mut imap);
    let files = maildir.files("INBOX");
    let mut theirs: Vec<String> = files.iter().map(|file| without_mark(&read(file))).collect();
    let mut ours: Vec<String> =
        kept.iter().map(|kept| kept.message.replace("\r\n", "\n")).collect();
    theirs.sort();
    ours.sort();
    assert_eq!(theirs, ours);
    assert!(maildir.folder.join("Sent Items/cur").is_dir());

    maildir.sync();
    assert_eq!(maildir.files("INBOX"), files);
    assert_eq!(state(&mut imap), before);
}

#[test]
fn flags_change_on_both_sides() {
    let data = Data::new();
    let Some(Pair { mut imap, maildir, kept, demo: _demo }) = synchronized(&data) else { return };
    let (first, second) = (subject(&kept[0]), subject(&kept[1]));

    let file = maildir.file(first).unwrap();
    let flagged = format!("{}FS", file.file_name().unwrap().to_str().unwrap());
    fs::rename(&file, maildir.folder.join("INBOX/cur").join(flagged)).unwrap();
    imap.command("SELECT INBOX");
    imap.command(&format!(r"UID STORE {} +FLAGS (\Answered \Seen)", kept[1].uid));
    maildir.sync();

    assert_eq!(imap.folder("INBOX")[0].flags, [r"\Flagged", r"\Seen"]);
    assert_eq!(flags(&maildir.file(second).unwrap()), "RS");
}

#[test]
fn removals_happen_on_both_sides() {
    let data = Data::new();
    let Some(Pair { mut imap, maildir, kept, demo: _demo }) = synchronized(&data) else { return };
    let (first, second) = (subject(&kept[0]), subject(&kept[1]));

    fs::remove_file(maildir.file(first).unwrap()).unwrap();
    imap.command("SELECT INBOX");
    imap.command(&format!(r"UID STORE {} +FLAGS (\Deleted)", kept[1].uid));
    imap.command(&format!("UID EXPUNGE {}", kept[1].uid));
    maildir.sync();

    assert_eq!(imap.folder("INBOX"), kept[2..]);
    assert_eq!(maildir.file(second), None);
    assert_eq!(maildir.files("INBOX").len(), kept.len() - 2);
}

#[test]
fn new_messages_and_folders_are_pushed() {
    let data = Data::new();
    let Some(Pair { mut imap, maildir, demo, .. }) = synchronized(&data) else { return };
    let note = message::text(&demo.user("alice"), &demo.user("alice"), "A note");
    maildir.put("1.note", &note.replace("\r\n", "\n"));
    for state in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.folder.join("Projects").join(state)).unwrap();
    }
    maildir.sync();

    assert_eq!(without_mark(&imap.only("A note").message), note);
    assert!(imap.folder("Projects").is_empty());
    let before = state(&mut imap);
    maildir.sync();
    assert_eq!(state(&mut imap), before);
}

/// Without the field by which mbsync finds again what it has stored.
fn without_mark(message: &str) -> String {
    let lines = message.split_inclusive('\n').filter(|line| !line.starts_with("X-TUID: "));
    lines.collect()
}

/// A mailbox and its Maildir, the same for now.
struct Pair<'d> {
    imap: Imap,
    maildir: Maildir,
    /// What is in both.
    kept: Vec<Kept>,
    demo: Demo<'d>,
}

fn synchronized(data: &Data) -> Option<Pair<'_>> {
    installed("mbsync").then(|| {
        let demo = data.demo();
        let maildir = Maildir::new(data, &demo);
        maildir.sync();
        let mut imap = Imap::of(&demo, "alice");
        let kept = imap.folder("INBOX");
        Pair { imap, maildir, kept, demo }
    })
}
