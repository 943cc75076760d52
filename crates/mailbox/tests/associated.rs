//! Associated items: made, changed, deleted, and never among the others.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use content::Bag;
use content::compose::Item;
use content::property::tags;
use mailbox::key::List;
use mailbox::{Change, ChangeNumber, Entry, Flags, FolderId, Special, Uid, UidSet};
use std::ops::ControlFlow;
use support::{Fixture, engines, fixture};

async fn settings(f: &Fixture, folder: FolderId, name: &str) -> Entry {
    let properties: Bag = [(tags::SUBJECT, name)].into_iter().collect();
    let item = Item { properties, ..Item::default() };
    let class = "IPM.Configuration.Test";
    let new = f.mailbox.prepare_item(List::Associated, item, class, Flags::SEEN).await.unwrap();
    f.write(move |c| c.create_item(folder, List::Associated, &new)).await
}

async fn mids(f: &Fixture, folder: FolderId) -> Vec<u64> {
    f.read(move |view| {
        let mut mids = Vec::new();
        view.associated(folder, &mut |entry| {
            mids.push(entry.mid.get());
            ControlFlow::Continue(())
        })?;
        Ok(mids)
    })
    .await
}

#[tokio::test]
async fn associated_items_are_a_list_of_their_own() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let before = f.read(move |view| view.status(inbox)).await;
        let first = settings(&f, inbox, "one").await;
        let second = settings(&f, inbox, "two").await;
        assert_eq!(mids(&f, inbox).await, [first.mid.get(), second.mid.get()]);
        assert_eq!(f.read(move |view| view.associated_count(inbox)).await, 2);
        let bag = f.read(move |view| view.properties(&first, List::Associated)).await.bag;
        assert_eq!(bag.text(tags::SUBJECT), Some("one"));
        assert_eq!(bag.text(tags::MESSAGE_CLASS), Some("IPM.Configuration.Test"));
        assert_eq!(bag.integer(tags::MESSAGE_FLAGS), Some(0x41));
        assert_eq!(f.read(move |view| view.status(inbox)).await, before);
        assert!(f.uids(inbox).await.is_empty());
        let (found, other) = f
            .read(move |view| {
                let found = view.associated_by_mid(inbox, second.mid)?;
                Ok((found, view.entry_by_mid(inbox, second.mid)?))
            })
            .await;
        assert_eq!((found.map(|entry| entry.uid), other), (Some(second.uid), None));
    }
}

#[tokio::test]
async fn they_change_and_go() {
    for f in engines().await {
        let inbox = f.inbox().await;
        let empty = f.read(|view| view.counters()).await;
        let entry = settings(&f, inbox, "one").await;
        let sets: Bag = [(tags::ROAMING_DICTIONARY, vec![7u8; 5000])].into_iter().collect();
        let change = f.mailbox.stage_properties(sets, vec![tags::SUBJECT.into()]).await.unwrap();
        let uid = entry.uid;
        let changed =
            f.write(move |c| c.set_properties(inbox, List::Associated, uid, &change)).await;
        assert!(changed.size > entry.size && changed.modseq() > entry.modseq());
        let now = changed.clone();
        let item = f.read(move |view| view.properties(&now, List::Associated)).await;
        assert_eq!((item.streams.len(), item.bag.get(tags::SUBJECT)), (1, None));
        let counters = f.read(|view| view.counters()).await;
        assert_eq!(counters.octets - empty.octets, u64::from(changed.size));
        assert_eq!(counters.items, empty.items);

        let gone = f.write(move |c| c.delete_associated(inbox, &UidSet::all())).await;
        assert_eq!(gone.iter().collect::<Vec<Uid>>(), [uid]);
        assert!(mids(&f, inbox).await.is_empty());
        assert_eq!(f.read(|view| view.counters()).await.octets, empty.octets);
        let vanished =
            f.read(move |view| view.vanished_since(inbox, ChangeNumber::default())).await;
        assert!(vanished.uids.is_empty(), "no tombstone of the other list");
    }
}

#[tokio::test]
async fn what_they_hold_is_kept_while_they_live() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = settings(&f, inbox, "one").await;
    f.append(inbox, "m").await;
    f.write(move |c| c.expunge(inbox, &UidSet::all(), false)).await;
    let deletions = f.special(mailbox::Special::Deletions).await;
    f.write(move |c| c.expunge(deletions, &UidSet::all(), false)).await;
    f.sweep_contents().await;
    let bag = f.read(move |view| view.properties(&entry, List::Associated)).await.bag;
    assert_eq!(bag.text(tags::SUBJECT), Some("one"));
}

#[tokio::test]
async fn they_go_with_their_folder() {
    let f = fixture().await;
    let folder = f.write(|c| c.create_path(&["Views"])).await.id;
    settings(&f, folder, "one").await;
    f.write(move |c| c.delete_folder(folder)).await;
    let again = f.mailbox.write(move |c| c.delete_associated(folder, &UidSet::all())).await;
    assert!(matches!(again, Err(mailbox::Fault::NotFound(_))));
    assert_eq!(f.read(|view| view.counters()).await.octets, 0);
}

#[tokio::test]
async fn they_count_where_they_are_kept() {
    for f in engines().await {
        for special in [Special::Inbox, Special::Deletions] {
            let folder = f.special(special).await;
            f.append(folder, "beside it").await;
            let before = f.read(|view| view.quota()).await;
            let uid = settings(&f, folder, "name").await.uid;
            let sets: Bag = [(tags::SUBJECT, "a longer name")].into_iter().collect();
            let change = f.mailbox.stage_properties(sets, Vec::new()).await.unwrap();
            let set = move |c: &mut Change<'_, '_>| {
                c.set_properties(folder, List::Associated, uid, &change)
            };
            let size = u64::from(f.write(set).await.size);
            let quota = f.read(|view| view.quota()).await;
            let added = (quota.octets - before.octets)
                + (quota.recoverable_octets - before.recoverable_octets);
            assert_eq!(added, size, "{special:?}");
            f.write(move |c| c.delete_associated(folder, &UidSet::all())).await;
            assert_eq!(f.read(|view| view.quota()).await, before, "{special:?}");
        }
    }
}

#[tokio::test]
async fn the_journal_names_all_that_go_at_once() {
    const MANY: usize = 9000;
    let f = fixture().await;
    let inbox = f.inbox().await;
    let item = Item::default();
    let class = "IPM.Configuration.Test";
    let new = f.mailbox.prepare_item(List::Associated, item, class, Flags::SEEN).await.unwrap();
    let create = move |c: &mut Change<'_, '_>| -> Result<Vec<Entry>, mailbox::Fault> {
        (0..MANY).map(|_| c.create_item(inbox, List::Associated, &new)).collect()
    };
    let made = f.write(create).await;
    let before = f.read(|view| view.counters()).await.change;
    f.write(move |c| c.delete_associated(inbox, &UidSet::all())).await;
    let f = &f;
    let since =
        move |change| f.read(move |view| view.events_after(ChangeNumber::new(change), MANY));
    let named = |events: mailbox::Events| -> usize {
        events.events.iter().map(|event| event.event.mids.len()).sum()
    };
    assert_eq!(made.len(), MANY);
    assert_eq!(named(since(before).await), MANY);
    assert_eq!(named(since(before - MANY as u64).await), 2 * MANY);
}
