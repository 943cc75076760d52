//! What other clients wrote over the properties of messages, as IMAP shows it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use content::property::tags;
use mailbox::key::List;
use mailbox::{Access, Mailbox, MailboxNumber, PropertyChange, Special, Uid};
use support::Site;

#[tokio::test]
async fn a_subject_written_over_is_searched_and_sorted_by() {
    let site = Site::new().await;
    let mut client = site.login("alice@example.com").await;
    for subject in ["beta", "gamma"] {
        client.append("INBOX", "", &format!("Subject: {subject}\r\n\r\nHi\r\n")).await;
    }
    client.command("SELECT INBOX").await;
    let number = alice(&site).await;
    let mailbox = Mailbox::open(site.database.clone(), number, Access::System);
    let sets = [(tags::SUBJECT, "Re: alpha")].into_iter().collect();
    let change = PropertyChange { sets, ..PropertyChange::default() };
    let written = mailbox.write(move |c| {
        let inbox = c.special_id(Special::Inbox);
        c.set_properties(inbox, List::Items, Uid::new(2), &change)
    });
    written.await.unwrap();
    for (command, answer) in [
        ("SEARCH SUBJECT alpha", "* SEARCH 2"),
        ("SEARCH SUBJECT gamma", "* SEARCH"),
        ("SORT (SUBJECT) UTF-8 ALL", "* SORT 2 1"),
    ] {
        let lines = client.command(command).await;
        assert!(lines.iter().any(|line| line == answer), "{command}: {lines:?}");
    }
}

/// The mailbox with mail in it.
async fn alice(site: &Site) -> MailboxNumber {
    for number in (1..10).map(MailboxNumber::new) {
        let mailbox = Mailbox::open(site.database.clone(), number, Access::System);
        let items = mailbox.read(|view| Ok(view.counters()?.items)).await;
        if items.is_ok_and(|items| items == 2) {
            return number;
        }
    }
    panic!("no mailbox has the two messages");
}
