//! Passes that do not come to their end, and passes that meet.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;

use content::search::Needle;
use store::{Bulk, Database, Options, Txn};

use super::publish::Writing;
use super::*;
use crate::change::Change;
use crate::search::Criteria;
use crate::{Access, Guid, NewItem, Special, UidSet};

const MAILBOX: MailboxNumber = MailboxNumber::new(1);

fn open(options: Options) -> Database {
    Database::open(options).unwrap()
}

async fn create(options: Options) -> Database {
    let database = open(options);
    crate::Mailbox::create(&database, MAILBOX, Guid([1; 16])).await.unwrap();
    database
}

async fn append(database: &Database, text: &str) {
    let bytes = format!("Subject: s\r\n\r\n{text}\r\n").into_bytes();
    let item = NewItem {
        summary: content::derive(&bytes).encode().into(),
        prefix: Vec::new(),
        flags: Default::default(),
        keywords: Default::default(),
        received: None,
        zone_minutes: 0,
    };
    let staged = database.stage(bytes).await.unwrap();
    let write = move |txn: &mut Txn<'_>| {
        let mut change = Change::begin(txn, MAILBOX, Access::System)?;
        let inbox = change.special_id(Special::Inbox);
        change.append(inbox, &staged, &item)?;
        change.finish()
    };
    database.write(write).await.unwrap();
}

fn found(database: &Database, needle: &str) -> Vec<u32> {
    let snapshot = database.snapshot().unwrap();
    let view = View::new(&snapshot, MAILBOX, Access::System);
    let inbox = view.special(Special::Inbox).unwrap().id;
    let mut uids = Vec::new();
    let criteria = Criteria::Text(Needle::new(needle));
    view.search(inbox, &criteria, &UidSet::all(), &mut |entry| {
        uids.push(entry.uid.get());
        ControlFlow::Continue(())
    })
    .unwrap();
    uids
}

fn stats(database: &Database) -> FullTextStats {
    let snapshot = database.snapshot().unwrap();
    View::new(&snapshot, MAILBOX, Access::System).fulltext_stats().unwrap()
}

fn draft(database: &Database) -> Draft {
    match Work::find(&database.snapshot().unwrap(), MAILBOX).unwrap() {
        Work::Publish(draft) => draft,
        Work::None | Work::Clear(_) => panic!("there is something to publish"),
    }
}

async fn finish(database: &Database) -> Vec<Progress> {
    let mut steps = Vec::new();
    loop {
        match index_pass(database, MAILBOX).await.unwrap() {
            Progress::UpToDate => return steps,
            step => steps.push(step),
        }
    }
}

/// More different words than one slice takes.
fn long_text() -> String {
    (0..60_000).fold(String::new(), |mut text, word| {
        write!(text, "word{word} ").unwrap();
        text
    })
}

/// Writes one slice of a publication and no more.
async fn write_slice(database: &Database, writing: Writing) -> (Writing, Bulk<Progress>) {
    let mut held = Some(writing);
    let slice = move |txn: &mut Txn<'_>| {
        let mut writing = held.take().unwrap();
        let outcome = writing.slice(txn)?;
        Ok::<_, Fault>(Bulk::Done((writing, outcome)))
    };
    database.write_bulk(slice).await.unwrap()
}

async fn begin(database: &Database) -> Writing {
    let (writing, outcome) = write_slice(database, Writing::new(MAILBOX, draft(database))).await;
    assert_eq!(outcome, Bulk::More, "the text is too short for this test");
    writing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_cut_short_by_a_restart_is_made_good() {
    let directory = tempfile::tempdir().unwrap();
    let options = |path: &Path| Options::sqlite(path);
    let database = create(options(directory.path())).await;
    append(&database, &long_text()).await;
    begin(&database).await;
    database.close().await;
    drop(database);

    let database = open(options(directory.path()));
    assert_eq!(stats(&database).segments, 0, "half a segment is none");
    assert_eq!(found(&database, "word4711"), [1]);
    let steps = finish(&database).await;
    assert!(matches!(steps[..], [Progress::Indexed(1), Progress::Cleared(_)]), "{steps:?}");
    assert_eq!(stats(&database).segments, 1);
    assert_eq!(found(&database, "word4711"), [1]);
    assert!(found(&database, "word60000").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_passes_one_publishes() {
    let database = create(Options::memory()).await;
    append(&database, "apple").await;
    let slow = draft(&database);
    append(&database, "banana").await;
    assert_eq!(index_pass(&database, MAILBOX).await.unwrap(), Progress::Indexed(2));
    let outcome = publish::publish(&database, MAILBOX, slow).await.unwrap();
    assert_eq!(outcome, Progress::Outrun);
    assert_eq!(finish(&database).await, []);
    assert_eq!((stats(&database).documents, stats(&database).segments), (2, 1));
    assert_eq!(found(&database, "an"), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_during_a_pass_is_found_and_indexed_next() {
    let database = create(Options::memory()).await;
    append(&database, "apple").await;
    let pass = draft(&database);
    append(&database, "pineapple").await;
    publish::publish(&database, MAILBOX, pass).await.unwrap();
    assert_eq!(stats(&database).mark, ContentNumber::new(1));
    assert_eq!(found(&database, "apple"), [1, 2]);
    assert_eq!(finish(&database).await, [Progress::Indexed(1)]);
    assert_eq!(found(&database, "apple"), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_gives_way_to_one_begun_later() {
    let database = create(Options::memory()).await;
    append(&database, &long_text()).await;
    let first = begin(&database).await;
    let second = begin(&database).await;
    let (_, outcome) = write_slice(&database, first).await;
    assert_eq!(outcome, Bulk::Done(Progress::Outrun));
    let mut second = write_slice(&database, second).await;
    while second.1 == Bulk::More {
        second = write_slice(&database, second.0).await;
    }
    assert_eq!(second.1, Bulk::Done(Progress::Indexed(1)));
    let steps = finish(&database).await;
    assert!(matches!(steps[..], [Progress::Cleared(_)]), "{steps:?}");
    assert_eq!(found(&database, "word59999"), [1]);
}
