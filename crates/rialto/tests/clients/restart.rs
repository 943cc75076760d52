//! What was acknowledged, after kill -9 and a new start.

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::server::Data;
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
fn sample_mail_comes_once_however_often_the_server_starts() {
    let data = Data::new();
    let count = || Imap::of(&data.demo(), "carol").folder("INBOX").len();
    let first = count();
    assert!(first > 0);
    assert_eq!(count(), first);
    data.demo().stop();
    assert_eq!(count(), first);
}
