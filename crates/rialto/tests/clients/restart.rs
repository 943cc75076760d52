//! What was acknowledged, after kill -9 and a new start.

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::server::{Data, Demo};
use crate::support::smtp;

const STRANGER: &str = "stranger@elsewhere.example";

#[test]
fn what_was_acknowledged_is_there_once_after_a_kill() {
    const KILLS: usize = 3;
    let data = Data::new();
    let subject = |number| format!("Before kill {number}");
    for number in 0..KILLS {
        let demo = data.demo();
        let alice = demo.user("alice");
        let message = message::text(STRANGER, &alice, &subject(number));
        smtp::deliver(&demo.address("SMTP_PORT"), STRANGER, &alice, &message);
        demo.kill();
    }
    let demo = data.demo();
    let mut imap = Imap::of(&demo, "alice");
    for number in 0..KILLS {
        assert!(imap.only(&subject(number)).flags.is_empty());
    }
}

#[test]
fn flags_and_removals_stay_after_a_kill() {
    let data = Data::new();
    let demo = data.demo();
    let mut imap = Imap::of(&demo, "alice");
    imap.command("SELECT INBOX");
    imap.command(r"STORE 1 +FLAGS (\Flagged $Forwarded)");
    imap.command(r"STORE 2 +FLAGS (\Deleted)");
    imap.command("EXPUNGE");
    let before = imap.folder("INBOX");
    demo.kill();

    let demo = data.demo();
    let after = Imap::of(&demo, "alice").folder("INBOX");
    assert_eq!(after, before);
    assert_eq!(after[0].flags, ["$Forwarded", r"\Flagged"]);
}

#[test]
fn a_shared_folder_is_found_after_a_kill() {
    let data = Data::new();
    let seen = |demo: &Demo<'_>| {
        let folder = format!("\"Other Users/{}/Plans\"", demo.user("alice"));
        let mut bob = Imap::of(demo, "bob");
        let listed = bob.command("LIST \"\" \"Other Users/*\"");
        let status = bob.command(&format!("STATUS {folder} (UIDVALIDITY MAILBOXID)"));
        (listed, status)
    };
    let demo = data.demo();
    let mut alice = Imap::of(&demo, "alice");
    alice.command("CREATE Plans");
    alice.command(&format!("SETACL Plans {} lr", demo.user("bob")));
    let before = seen(&demo);
    assert!(before.0.iter().any(|line| line.ends_with("/Plans\"\r\n")), "{before:?}");
    demo.kill();

    let demo = data.demo();
    assert_eq!(seen(&demo), before);
    Imap::of(&demo, "alice").command(&format!("DELETEACL Plans {}", demo.user("bob")));
    demo.kill();
    let left = Imap::of(&data.demo(), "bob").command("LIST \"\" \"Other Users/*\"");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn sample_mail_comes_once_however_often_the_server_starts() {
    let data = Data::new();
    let count = || Imap::of(&data.demo(), "carol").folder("INBOX").len();
    let first = count();
    assert!(first > 0);
    assert_eq!(count(), first);
    data.demo().stop();
    assert_eq!(count(), first);
}
