//! Mailboxes out of a database that was restored from a backup.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use mailbox::{Access, Flags, Guid, Mailbox, MailboxNumber, Special, UidSet};
use migration::{Kind, NewRequest, Place, RecoveryMailbox, RequestState, RequestStatus};
use store::{Database, Options};
use support::{World, kept, on_place, put};

const NUMBER: MailboxNumber = MailboxNumber::new(7);
const OWNER: Guid = Guid([9; 16]);

fn message(subject: &str) -> String {
    format!("Subject: {subject}\r\n\r\n{}\r\n", "x".repeat(20_000))
}

async fn database(data: &Path) -> Database {
    let options = Options::sqlite(data.join("mailboxes"));
    tokio::task::spawn_blocking(|| Database::open(options)).await.unwrap().unwrap()
}

/// A mailbox in a data folder, and all that is in it.
async fn backed_up(data: &Path) -> Vec<support::Kept> {
    let database = database(data).await;
    Mailbox::create(&database, NUMBER, OWNER).await.unwrap();
    let mailbox = Mailbox::open(database.clone(), NUMBER, Access::System);
    put(&mailbox, &[], &message("one"), Flags::SEEN | Flags::FLAGGED, "Red category").await;
    put(&mailbox, &[], &message("two"), Flags::NONE, "k").await;
    put(&mailbox, &["Work", "2026"], &message("three"), Flags::ANSWERED, "k").await;
    let all = kept(&mailbox).await;
    database.close().await;
    all
}

fn restore(data: &Path, owner: Guid, to: &Mailbox) -> NewRequest {
    let from = RecoveryMailbox::new(data.to_owned(), NUMBER, owner, "alice@a.test".to_owned());
    let place = Place::Recovery(from);
    NewRequest { target_root: "Recovered".to_owned(), ..on_place(Kind::Restore, to, place) }
}

fn below(all: Vec<support::Kept>) -> Vec<support::Kept> {
    let put_below = |mut each: support::Kept| {
        each.0 = format!("Recovered/{}", each.0);
        each
    };
    all.into_iter().map(put_below).collect()
}

fn completed(state: &RequestState) -> u64 {
    assert_eq!(state.status, RequestStatus::Completed, "{}", state.message);
    state.items
}

#[tokio::test]
async fn a_mailbox_comes_back_as_it_was_and_nothing_comes_twice() {
    let (data, mut world) = (tempfile::tempdir().unwrap(), World::new().await);
    let there = below(backed_up(data.path()).await);
    let to = world.mailbox().await;
    let state = world.run(restore(data.path(), OWNER, &to), &to).await;
    assert_eq!(completed(&state), 3);
    assert_eq!(kept(&to).await, there, "folders, octets, flags, keywords, dates");
    let state = world.run(restore(data.path(), OWNER, &to), &to).await;
    assert_eq!((completed(&state), state.percent()), (0, 100));
    assert_eq!(kept(&to).await, there);
}

#[tokio::test]
async fn what_is_missing_in_its_own_folder_comes_back_there() {
    let (data, mut world) = (tempfile::tempdir().unwrap(), World::new().await);
    let there = backed_up(data.path()).await;
    let to = world.mailbox().await;
    let in_place =
        || NewRequest { target_root: "/".to_owned(), ..restore(data.path(), OWNER, &to) };
    assert_eq!(completed(&world.run(in_place(), &to).await), 3);
    assert_eq!(kept(&to).await, there);
    let expunged = to.write(|change| {
        let inbox = change.special_id(Special::Inbox);
        change.expunge(inbox, &UidSet::all(), false).map(drop)
    });
    expunged.await.unwrap();
    assert_eq!(kept(&to).await.len(), 1);
    assert_eq!(completed(&world.run(in_place(), &to).await), 2);
    assert_eq!(kept(&to).await, there);
}

#[tokio::test]
async fn requests_on_one_database_wait_for_each_other() {
    let (data, mut world) = (tempfile::tempdir().unwrap(), World::new().await);
    let there = below(backed_up(data.path()).await);
    let to = world.mailbox().await;
    let other = database(data.path()).await;
    let request = world.request(restore(data.path(), OWNER, &to)).await;
    let network = support::network();
    let (ended, ()) = tokio::join!(migration::run(&request, &to, &network), async {
        while world.state(&request).await.started.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(kept(&to).await, [], "it waits");
        drop(other);
    });
    ended.unwrap();
    let state = world.state(&request).await;
    assert_eq!(completed(&state), 3);
    assert_eq!(kept(&to).await, there);
}

#[tokio::test]
async fn what_is_not_there_fails_and_writes_nothing() {
    let (data, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut world = World::new().await;
    backed_up(data.path()).await;
    let to = world.mailbox().await;
    let of_another = restore(data.path(), Guid([8; 16]), &to);
    let nowhere = restore(empty.path(), OWNER, &to);
    for (new, why) in [(of_another, "mailbox"), (nowhere, "no data folder that a backup was")] {
        let state = world.run(new, &to).await;
        assert_eq!(state.status, RequestStatus::Failed);
        assert!(state.message.contains(why), "{}", state.message);
    }
    assert_eq!(kept(&to).await, []);
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is made there");
}
