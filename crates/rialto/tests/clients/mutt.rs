//! mutt and neomutt: a person at a terminal, reading over IMAP and sending over SMTP.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, Demo, PASSWORD};

/// alice's mutt, or what became of it.
struct Mutt {
    program: &'static str,
    folder: PathBuf,
}

impl Mutt {
    fn new(program: &'static str, data: &Data, demo: &Demo<'_>, more: &str) -> Self {
        let folder = data.path().join("mutt");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("certificates"), "").unwrap();
        fs::write(folder.join("muttrc"), muttrc(demo, &folder.display().to_string()) + more)
            .unwrap();
        Mutt { program, folder }
    }

    /// A command line with quoted arguments, for a shell or for `script`.
    fn command(&self, arguments: &str) -> String {
        let muttrc = self.folder.join("muttrc");
        format!("{} -n -F '{}' {arguments}", self.program, muttrc.display())
    }

    /// Opens a folder in a terminal and types; what the screen showed.
    fn types(&self, folder: &str, keys: &str) -> String {
        let command = self.command(&format!("-f '{folder}' -e 'push \"{keys}\"'"));
        let mut terminal = program("script");
        terminal.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        run(terminal.env("TERM", "xterm")).well()
    }

    /// Sends a line of text without a terminal.
    fn sends(&self, subject: &str, to: &str) {
        let mail = self.command(&format!("-s '{subject}' -- '{to}'"));
        let mut shell: Command = program("sh");
        run(shell.args(["-c", &format!("echo 'The text of {subject}' | {mail}")])).well();
    }
}

fn muttrc(demo: &Demo<'_>, folder: &str) -> String {
    format!(
        r#"
set ssl_ca_certificates_file="{authority}" certificate_file="{folder}/certificates"
set imap_user="{user}" imap_pass="{PASSWORD}" smtp_pass="{PASSWORD}"
set folder="imaps://localhost:{imaps}/" spoolfile="+INBOX" record="+Sent Items"
set smtp_url="smtps://{in_url}@localhost:{smtps}/"
set from="{user}" realname="Alice Andersson" use_envelope_from=yes
set tmpdir="{folder}" delete=yes quit=yes resolve=no wait_key=no confirmappend=no confirmcreate=no
"#,
        authority = demo.authority().display(),
        user = demo.user("alice"),
        in_url = in_url(&demo.user("alice")),
        imaps = demo.port("IMAPS_PORT"),
        smtps = demo.port("SMTPS_PORT"),
    )
}

fn in_url(user: &str) -> String {
    user.replace('@', "%40")
}

/// mutt takes the strongest mechanism it knows by name, SCRAM-SHA-256-PLUS, and cannot do
/// channel binding; when sending it tries no other unless told.
const SCRAM: &str = r#"
set imap_authenticators="scram-sha-256" smtp_authenticators="scram-sha-256"
"#;

/// neomutt with GNU SASL takes SCRAM-SHA-256-PLUS too, without the channel binding it needs.
const PLAIN: &str = r#"
set smtp_authenticators="plain"
"#;

#[test]
fn a_mailbox_is_read_and_changed() {
    for program in ["mutt", "neomutt"] {
        read_and_change(program);
    }
}

fn read_and_change(program: &'static str) {
    let data = Data::new();
    let Some((demo, mutt)) = demo(program, &data, "") else { return };
    let mut imap = Imap::of(&demo, "alice");
    let before = imap.folder("INBOX");
    let read = mutt.folder.join("read.eml");
    let keys = format!(
        "<first-entry><pipe-message>cat > {}<enter><delete-message>\
         <next-entry><set-flag>!<copy-message>+Archive<enter><quit>",
        read.display()
    );
    mutt.types("+INBOX", &keys);

    let read = fs::read_to_string(read).unwrap();
    assert_eq!(message::body(&read.replace('\n', "\r\n")), message::body(&before[0].message));
    let after = imap.folder("INBOX");
    assert_eq!(after.len(), before.len() - 1);
    assert!(after[0].flags.contains(&r"\Flagged".to_owned()), "{:?}", after[0].flags);
    let copies = imap.folder("Archive");
    assert_eq!(copies.len(), 1);
    assert_eq!(copies[0].message, before[1].message);
}

#[test]
fn the_list_shows_who_wrote_in_any_script() {
    let data = Data::new();
    let Some((_demo, mutt)) = demo("mutt", &data, SCRAM) else { return };
    let screen = mutt.types("+INBOX", "<exit>");
    for shown in ["Postmaster", "Jo Weiß", "山田 さくら"] {
        assert!(screen.contains(shown), "no {shown} in\n{screen}");
    }
}

#[test]
fn mail_is_sent_and_a_copy_is_kept() {
    let data = Data::new();
    let Some((demo, mutt)) = demo("mutt", &data, SCRAM) else { return };
    mutt.sends("From a terminal", &demo.user("bob"));
    let received = Imap::of(&demo, "bob").only("From a terminal").message;
    assert!(received.contains("\r\nFrom: Alice Andersson <alice@"), "{received}");
    let sent = Imap::of(&demo, "alice").folder("Sent Items");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].flags, [r"\Seen"]);
    assert_eq!(message::body(&sent[0].message), message::body(&received));
}

#[test]
fn mail_is_sent_after_starttls() {
    let data = Data::new();
    let Some((demo, mutt)) = demo("mutt", &data, SCRAM) else { return };
    let rc = mutt.folder.join("muttrc");
    let url = format!(
        "set smtp_url=\"smtp://{}@localhost:{}/\" ssl_force_tls=yes\n",
        in_url(&demo.user("alice")),
        demo.port("SUBMISSION_PORT")
    );
    fs::write(&rc, fs::read_to_string(&rc).unwrap() + &url).unwrap();
    mutt.sends("Out of the house", "someone@foreign.example");
    demo.sunk("Out of the house");
}

#[test]
fn neomutt_sends_and_lists() {
    let data = Data::new();
    let Some((demo, neomutt)) = demo("neomutt", &data, PLAIN) else { return };
    neomutt.sends("From a terminal", &demo.user("bob"));
    let received = Imap::of(&demo, "bob").only("From a terminal").message;
    assert!(received.contains("\r\nFrom: Alice Andersson <alice@"), "{received}");
    let screen = neomutt.types("+INBOX", "<exit>");
    for shown in ["Postmaster", "Jo Weiß", "山田 さくら"] {
        assert!(screen.contains(shown), "no {shown} in\n{screen}");
    }
}

fn demo<'d>(program: &'static str, data: &'d Data, more: &str) -> Option<(Demo<'d>, Mutt)> {
    (installed(program) && installed("script")).then(|| {
        let demo = data.demo();
        let mutt = Mutt::new(program, data, &demo, more);
        (demo, mutt)
    })
}
