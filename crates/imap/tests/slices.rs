//! Reading all of a folder: in slices, whose number and borders show in no answer.
#![allow(clippy::unwrap_used)]

mod support;

use store::{Database, Options};
use support::Site;

const MESSAGES: u32 = 60;

const COMMANDS: [&str; 7] = [
    "SEARCH BODY \"even\"",
    "SEARCH OR 1:7,50:* FROM \"3@example.com\"",
    "UID SEARCH RETURN (MIN MAX COUNT) NOT DELETED",
    "SORT (REVERSE SUBJECT FROM) UTF-8 ALL",
    "SORT (SIZE) UTF-8 BODY \"odd\"",
    "THREAD REFERENCES UTF-8 ALL",
    "UID THREAD ORDEREDSUBJECT UTF-8 BODY \"even\"",
];

/// A message that answers the one seven before it.
fn message(at: u32) -> String {
    let answered = at.saturating_sub(7);
    let parity = if at.is_multiple_of(2) { "even" } else { "odd" };
    format!(
        "From: {}@example.com\r\nSubject: Re: s{}\r\nMessage-ID: <{at}@a>\r\n\
         References: <{answered}@a>\r\n\r\nThe number is {parity}.\r\n",
        at % 10,
        at * 7 % 13,
    )
}

/// What the commands answer where a snapshot should live so long, and how many did longer.
async fn answers(snapshot_ms_max: u64) -> (Vec<Vec<String>>, u64) {
    let options = Options { snapshot_ms_max, ..Options::memory() };
    let site = Site::in_database(Database::open(options).unwrap()).await;
    let mut client = site.login("alice").await;
    for at in 0..MESSAGES {
        client.append("INBOX", "", &message(at)).await;
    }
    client.command("SELECT INBOX").await;
    let before = site.database.stats().overdue_snapshots;
    let mut answers = Vec::new();
    for command in COMMANDS {
        answers.push(client.command(command).await);
    }
    (answers, site.database.stats().overdue_snapshots - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_for_each_message_finds_what_one_for_all_does() {
    let (whole, _) = answers(u64::MAX).await;
    assert!(whole.iter().all(|lines| lines.len() == 2 && lines[0].len() > 20), "{whole:?}");
    let (sliced, snapshots) = answers(0).await;
    assert_eq!(sliced, whole);
    // Each message is searched in all commands, and read once more in four of them.
    assert!(snapshots > u64::from(7 * MESSAGES), "{snapshots} snapshots");
}
