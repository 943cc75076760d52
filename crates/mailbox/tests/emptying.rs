//! Deleting folders of many items: gone at once, emptied in slices.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use content::Bag;
use content::compose::Item;
use content::property::tags;
use mailbox::key::{self, List};
use mailbox::{Fault, Flags, FolderId, Grantee, Guid, Rights, Special, UidSet};
use support::{Fixture, engines, fixture, fixture_on_disk};
use types::limits::INTERACTIVE_ITEMS_MAX;

const MANY: usize = 20_000;
const BOB: Guid = Guid([5; 16]);

/// Rows that differ, those that are gone among them.
fn changed(before: &BTreeMap<Vec<u8>, Vec<u8>>, after: &BTreeMap<Vec<u8>, Vec<u8>>) -> usize {
    let put = after.iter().filter(|(key, row)| before.get(*key) != Some(row)).count();
    put + before.keys().filter(|key| !after.contains_key(*key)).count()
}

/// The rows that the transaction of a DELETE changes.
async fn rows_of_delete(f: &Fixture, folder: FolderId) -> usize {
    let before = f.rows().await;
    assert!(!f.write(move |c| c.delete_folder(folder)).await);
    changed(&before, &f.rows().await)
}

/// One slice of what the janitor does; true when nothing is left.
async fn slice(f: &Fixture) -> bool {
    f.mailbox.write_slice(|c| c.empty_deleted_folders()).await.unwrap()
}

async fn octets_in(f: &Fixture, folder: FolderId) -> u64 {
    f.entries(folder).await.iter().map(|entry| entry.octets()).sum()
}

/// Counts what is in use again, and compares with the counters.
async fn recount(f: &Fixture, recoverable_octets: u64) {
    let (mut items, mut octets) = (0, 0);
    for folder in f.read(|view| view.folders()).await {
        items += f.uids(folder.id).await.len() as u64;
        octets += octets_in(f, folder.id).await;
    }
    let quota = f.read(|view| view.quota()).await;
    let counted = (quota.items, quota.octets, quota.recoverable_octets);
    assert_eq!(counted, (items, octets, recoverable_octets));
}

/// No row of a folder is left but the note of what it was.
async fn assert_erased(f: &Fixture, folder: FolderId) {
    let number = folder.get().to_be_bytes();
    let tables = 0x10..=0x18;
    let left = f.rows().await.into_keys().filter(|key| {
        tables.contains(&key[5]) && key[5] != 0x16 && key.get(6..14) == Some(&number)
    });
    let note = key::deleted_folder(f.mailbox.number(), folder);
    assert_eq!(left.collect::<Vec<_>>(), [note]);
}

#[tokio::test]
async fn deleting_many_items_changes_as_few_rows_as_deleting_some() {
    for f in engines().await {
        let some = f.large_folder("Some", 1000).await;
        let many = f.large_folder("Many", MANY).await;
        let rows = rows_of_delete(&f, some).await;
        assert_eq!(rows_of_delete(&f, many).await, rows);
        assert!(rows <= 6, "{rows} rows");
    }
}

#[tokio::test]
async fn a_deleted_folder_is_gone_at_once() {
    for f in engines().await {
        let inbox = f.inbox().await;
        f.append(inbox, "m").await;
        let folder = f.large_folder("Work", 1000).await;
        let grantee = Grantee::Recipient(BOB);
        f.write(move |c| c.set_acl(folder, grantee, Some(Rights::ROLE_REVIEWER))).await;
        let before = f.read(move |view| view.folder(folder)).await;
        f.write(move |c| c.delete_folder(folder)).await;
        assert!(f.read(|view| view.all_folders()).await.iter().all(|f| f.id != folder));
        assert_eq!(mailbox::granted(f.mailbox.database(), BOB, 10).await.unwrap(), []);
        let read = f.mailbox.read(move |view| view.status(folder)).await;
        assert!(matches!(read, Err(Fault::NotFound(_))));
        // Nothing goes in or out by its id either.
        let one = UidSet::from_iter([mailbox::Uid::new(1)]);
        let (into, out) = (one.clone(), one);
        let copied = f.mailbox.write(move |c| c.copy(inbox, &into, folder)).await;
        assert!(matches!(copied, Err(Fault::NotFound(_))));
        let moved = f.mailbox.write(move |c| c.move_items(folder, &out, inbox)).await;
        assert!(matches!(moved, Err(Fault::NotFound(_))));
        let again = f.write(|c| c.create_path(&["Work"])).await;
        assert!(again.id != folder && again.uid_validity > before.uid_validity);
        while !slice(&f).await {}
        f.check_folder(again.id, 0).await;
        assert_erased(&f, folder).await;
    }
}

#[tokio::test]
async fn counters_are_right_after_every_slice() {
    for f in engines().await {
        let inbox = f.inbox().await;
        f.append_many(inbox, "m", 3).await;
        let folder = f.large_folder("Work", MANY).await;
        let octets = octets_in(&f, folder).await;
        f.write(move |c| c.delete_folder(folder)).await;
        recount(&f, octets).await;
        let mut slices = 1;
        while !slice(&f).await {
            recount(&f, octets).await;
            slices += 1;
        }
        assert!(slices > 2, "{slices} slices");
        recount(&f, octets).await;
        let deletions = f.special(Special::Deletions).await;
        f.check_folder(deletions, MANY).await;
        assert_eq!(octets_in(&f, deletions).await, octets);
    }
}

#[tokio::test]
async fn items_come_back_while_others_are_still_to_go() {
    for f in engines().await {
        let folder = f.large_folder("Work", MANY).await;
        let octets = octets_in(&f, folder).await;
        f.write(move |c| c.delete_folder(folder)).await;
        assert!(!slice(&f).await);
        let deletions = f.special(Special::Deletions).await;
        let gone = f.uids(deletions).await.len();
        assert!(0 < gone && gone < MANY, "{gone} items");
        let restored = f.write(move |c| c.restore(deletions, &UidSet::all())).await;
        assert_eq!(restored.len(), gone);
        let again = f.read(|view| Ok(view.folder_by_path(&["Work"])?.unwrap().id)).await;
        recount(&f, octets - octets_in(&f, again).await).await;
        while !slice(&f).await {}
        f.write(move |c| c.restore(deletions, &UidSet::all())).await;
        f.check_folder(again, MANY).await;
        recount(&f, 0).await;
    }
}

#[tokio::test]
async fn all_that_belongs_to_the_folder_goes() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let folder = f.large_folder("Work", 1000).await;
        let properties: Bag = [(tags::SUBJECT, "view")].into_iter().collect();
        let item = Item { properties, ..Item::default() };
        let class = "IPM.Configuration.Test";
        let new = f.mailbox.prepare_item(List::Associated, item, class, Flags::SEEN);
        let new = new.await.unwrap();
        f.write(move |c| {
            c.create_item(folder, List::Associated, &new)?;
            c.annotate(Some(folder), "/shared/comment", Some(b"ours"))?;
            let some: UidSet = (1..=10).map(mailbox::Uid::new).collect();
            c.move_items(folder, &some, inbox)
        })
        .await;
        assert_eq!(aliases(&f).await, 10);
        f.write(move |c| c.delete_folder(folder)).await;
        while !slice(&f).await {}
        assert_erased(&f, folder).await;
        assert_eq!(aliases(&f).await, 0);
        recount(&f, octets_in(&f, f.special(Special::Deletions).await).await).await;
    }
}

#[tokio::test]
async fn what_a_stop_left_is_finished_later() {
    let directory = tempfile::tempdir().unwrap();
    let f = fixture_on_disk(directory.path()).await;
    let folder = f.large_folder("Work", MANY).await;
    let octets = octets_in(&f, folder).await;
    f.write(move |c| c.delete_folder(folder)).await;
    assert!(!slice(&f).await);
    let f = f.reopened(directory.path()).await;
    assert_eq!(f.read(|view| view.folder_to_empty()).await, Some(folder));
    recount(&f, octets).await;
    while !slice(&f).await {}
    recount(&f, octets).await;
    assert_erased(&f, folder).await;
    f.check_folder(f.special(Special::Deletions).await, MANY).await;
}

#[tokio::test]
async fn the_rest_follows_behind_the_answer() {
    for f in engines().await {
        let folder = f.large_folder("Work", 5000).await;
        f.mailbox.delete_folder(folder).await.unwrap();
        while f.read(|view| view.folder_to_empty()).await.is_some() {
            tokio::task::yield_now().await;
        }
        f.check_folder(f.special(Special::Deletions).await, 5000).await;
    }
}

#[tokio::test]
async fn a_small_folder_goes_in_one_transaction() {
    let f = fixture().await;
    let small = INTERACTIVE_ITEMS_MAX as usize;
    let folder = f.large_folder("Work", small).await;
    let (commits, deleted) = f.commits_of(f.mailbox.delete_folder(folder)).await;
    assert!(deleted.is_ok() && commits == 1);
    assert_eq!(f.read(|view| view.folder_to_empty()).await, None);
    f.check_folder(f.special(Special::Deletions).await, small).await;
}

/// Rows that lead from old MIDs to where the items went.
async fn aliases(f: &Fixture) -> usize {
    f.rows().await.keys().filter(|key| key[5] == 0x22).count()
}

#[tokio::test]
async fn what_led_out_of_a_small_folder_goes_with_it() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let folder = f.large_folder("Work", 300).await;
        let some: UidSet = (1..=200).map(mailbox::Uid::new).collect();
        f.write(move |c| c.move_items(folder, &some, inbox)).await;
        assert_eq!(aliases(&f).await, 200);
        assert!(f.write(move |c| c.delete_folder(folder)).await, "it is small");
        assert_eq!(aliases(&f).await, 0);
        assert_erased(&f, folder).await;
    }
}

#[tokio::test]
async fn a_folder_that_many_items_left_is_emptied_in_slices() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let folder = f.large_folder("Work", 5000).await;
        f.write(move |c| c.move_items(folder, &UidSet::all(), inbox)).await;
        f.append(folder, "last").await;
        assert!(rows_of_delete(&f, folder).await <= 6);
        while !slice(&f).await {}
        assert_eq!(aliases(&f).await, 0);
        assert_erased(&f, folder).await;
        f.check_folder(f.special(Special::Deletions).await, 1).await;
    }
}
