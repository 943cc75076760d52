//! Folders of a hundred thousand messages: one command over all of them is one transaction.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use mailbox::{Fault, FlagChange, FlagOp, Flags, FolderId, Keywords, Special, UidSet};
use support::fixture;

const MANY: usize = 120_000;

/// A folder of so many copies of one message.
async fn large_folder(f: &support::Fixture) -> FolderId {
    let folder = f.write(|c| c.create_path(&["Large"])).await.id;
    let step = 10_000;
    f.append_many(folder, "m", step).await;
    let mut first = UidSet::new();
    first.insert_run(1..=step as u32);
    for _ in 1..MANY / step {
        let first = first.clone();
        f.write(move |c| c.copy(folder, &first, folder)).await;
    }
    folder
}

#[tokio::test]
async fn flags_of_all_messages_change_and_all_are_deleted() {
    let f = fixture().await;
    let folder = large_folder(&f).await;
    let (op, flags, keywords) = (FlagOp::Add, Flags::DELETED, Keywords::NONE);
    let deleted = FlagChange { op, flags, keywords };
    let stored = f.write(move |c| c.store_flags(folder, &UidSet::all(), &deleted, None)).await;
    assert_eq!(stored.changed.len(), MANY);
    let before = f.read(move |view| Ok(view.status(folder)?.content_cn)).await;
    f.write(move |c| c.expunge(folder, &UidSet::all(), true)).await;
    let status = f.read(move |view| view.status(folder)).await;
    assert_eq!((status.exists, status.deleted, status.octets), (0, 0, 0));
    let vanished = f.read(move |view| view.vanished_since(folder, before)).await;
    assert!(vanished.complete);
    assert_eq!(vanished.uids.len(), MANY as u64);
    purge_all(&f).await;
}

/// Time passes until nothing of the deleted messages is left.
async fn purge_all(f: &support::Fixture) {
    f.clock.advance(Duration::from_secs(15 * 86_400));
    f.purge_expired().await;
    f.sweep_contents().await;
    let deletions = f.special(Special::Deletions).await;
    assert_eq!(f.uids(deletions).await, []);
    assert_eq!(f.read(|view| view.counters()).await.unreferenced, 0);
}

#[tokio::test]
async fn a_large_folder_is_deleted() {
    let f = fixture().await;
    let folder = large_folder(&f).await;
    f.write(move |c| c.delete_folder(folder)).await;
    let gone = f.mailbox.read(move |view| view.status(folder)).await;
    assert!(matches!(gone, Err(Fault::NotFound(_))));
    while !f.mailbox.write_slice(|c| c.empty_deleted_folders()).await.unwrap() {}
    let deletions = f.special(Special::Deletions).await;
    assert_eq!(f.uids(deletions).await.len(), MANY);
}
