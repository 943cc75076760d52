//! Recoverable Items: retention, quotas, single item recovery, and the way back.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::ops::ControlFlow;
use std::time::Duration;

use mailbox::{
    Access, Entry, ExpiredFrom, Fault, Folder, FolderId, Grantee, Guid, Mailbox, QuotaLimits,
    RecoverableItem, Retention, Rights, Special, Uid, UidSet,
};
use support::{Fixture, engines};
use types::Clock;

const DAY: Duration = Duration::from_secs(86_400);

fn all() -> UidSet {
    UidSet::all()
}

async fn each(test: impl AsyncFn(Fixture)) {
    for f in engines().await {
        test(f).await;
    }
}

async fn all_of(f: &Fixture, folder: FolderId) -> UidSet {
    f.read(move |view| Ok(view.uids(folder)?.to_set())).await
}

/// The subjects in a folder, in UID order.
async fn subjects(f: &Fixture, folder: FolderId) -> Vec<String> {
    f.read(move |view| {
        let mut entries: Vec<Entry> = Vec::new();
        view.entries(folder, &all(), &mut |entry| {
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })?;
        let subject = |entry: Entry| {
            let summary = view.content(entry.content)?.summary()?;
            Ok(summary.envelope.subject.unwrap_or_default())
        };
        entries.into_iter().map(subject).collect()
    })
    .await
}

async fn items(f: &Fixture) -> Vec<RecoverableItem> {
    f.read(|view| {
        let mut items = Vec::new();
        view.recoverable_items(&mut |item| {
            items.push(item);
            ControlFlow::Continue(())
        })?;
        Ok(items)
    })
    .await
}

async fn delete(f: &Fixture, folder: FolderId) {
    f.write(move |c| c.expunge(folder, &all(), false)).await;
}

async fn create(f: &Fixture, path: &'static [&'static str]) -> Folder {
    f.write(move |c| c.create_path(path)).await
}

async fn purge_notes(f: &Fixture) -> usize {
    let now = f.clock.now();
    f.write(move |c| c.purge_deleted_folders(now, 10)).await
}

/// The octets of one test message in a mailbox.
async fn size_of_one(f: &Fixture) -> u64 {
    let inbox = f.inbox().await;
    let size = u64::from(f.append(inbox, "0").await.size);
    delete(f, inbox).await;
    f.clock.advance(15 * DAY);
    assert_eq!(f.purge_expired().await, 1);
    size
}

#[tokio::test]
async fn retention_is_the_mailboxs_own_and_calendar_items_stay_longer() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        f.write(|c| {
            c.set_retention(&Retention { deleted_item_secs: 3 * 86_400, ..Default::default() })
        })
        .await;
        f.append(inbox, "mail").await;
        append_meeting(&f, inbox).await;
        delete(&f, inbox).await;
        f.clock.advance(2 * DAY);
        assert_eq!(f.purge_expired().await, 0);
        f.clock.advance(2 * DAY);
        assert_eq!(f.purge_expired().await, 1);
        assert_eq!(subjects(&f, deletions).await, ["meeting"]);
        f.clock.advance(115 * DAY);
        assert_eq!(f.purge_expired().await, 0);
        f.clock.advance(2 * DAY);
        assert_eq!(f.purge_expired().await, 1);
        assert_eq!(f.read(|view| view.quota()).await.recoverable_octets, 0);
    })
    .await;
}

#[tokio::test]
async fn a_delegate_deletes_while_recoverable_items_are_full() {
    const DELEGATE: Guid = Guid([7; 16]);
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let size = size_of_one(&f).await;
        f.write(move |c| {
            c.set_quota(&QuotaLimits { recoverable: Some(size), ..Default::default() })?;
            c.set_acl(inbox, Grantee::Recipient(DELEGATE), Some(Rights::ROLE_EDITOR))
        })
        .await;
        f.append(inbox, "1").await;
        delete(&f, inbox).await;
        f.append(inbox, "2").await;
        let database = f.mailbox.database().clone();
        let mailbox = Mailbox::open(database, f.mailbox.number(), Access::Delegate(DELEGATE));
        delete(&f.with(mailbox), inbox).await;
        assert_eq!(subjects(&f, deletions).await, ["2"]);
        assert_eq!(f.read(|view| view.quota()).await.recoverable_octets, size);
    })
    .await;
}

#[tokio::test]
async fn very_many_expired_items_are_found_in_several_snapshots() {
    const MANY: usize = 20_000;
    each(async |f| {
        let work = f.large_folder("Work", MANY).await;
        f.mailbox.expunge(work, all_of(&f, work).await, false).await.unwrap();
        f.clock.advance(15 * DAY);
        let now = f.clock.now();
        let some = f.read(move |view| view.expired_items(now, ExpiredFrom::default())).await;
        assert!(!some.is_empty() && some.next().is_some());
        assert_eq!(f.purge_expired().await, MANY);
        let quota = f.read(|view| view.quota()).await;
        assert_eq!(quota.recoverable_octets, 0);
    })
    .await;
}

#[tokio::test]
async fn a_large_surplus_goes_in_several_searches() {
    const MANY: usize = 20_000;
    each(async |f| {
        let work = f.large_folder("Work", MANY).await;
        f.mailbox.expunge(work, all_of(&f, work).await, false).await.unwrap();
        f.write(|c| {
            c.set_quota(&QuotaLimits { recoverable_warning: Some(0), ..Default::default() })
        })
        .await;
        assert_eq!(f.purge_expired().await, MANY);
    })
    .await;
}

async fn append_meeting(f: &Fixture, folder: FolderId) {
    let bytes = b"Subject: meeting\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n\
        BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
        .to_vec();
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    f.write(move |c| c.append(folder, &staged, &item)).await;
}

#[tokio::test]
async fn a_clock_set_back_purges_nothing_early() {
    each(async |f| {
        let inbox = f.inbox().await;
        f.append(inbox, "mail").await;
        delete(&f, inbox).await;
        let deleted = f.clock.now().secs();
        f.clock.set(types::Timestamp::from_secs(deleted - 100 * 86_400));
        assert_eq!(f.purge_expired().await, 0);
        f.clock.set(types::Timestamp::from_secs(deleted + 15 * 86_400));
        assert_eq!(f.purge_expired().await, 1);
    })
    .await;
}

#[tokio::test]
async fn above_the_warning_quota_the_oldest_go_before_their_time() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let size = size_of_one(&f).await;
        let limits = QuotaLimits { recoverable_warning: Some(2 * size), ..Default::default() };
        f.write(move |c| c.set_quota(&limits)).await;
        for subject in ["1", "2", "3"] {
            f.append(inbox, subject).await;
            delete(&f, inbox).await;
            f.clock.advance(DAY);
        }
        assert_eq!(f.read(|view| view.quota()).await.recoverable_surplus(), size);
        assert_eq!(f.purge_expired().await, 1);
        assert_eq!(subjects(&f, deletions).await, ["2", "3"]);
        assert_eq!(f.purge_expired().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_deletion_into_full_recoverable_items_takes_the_oldest_along() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let size = size_of_one(&f).await;
        let limits = QuotaLimits { recoverable: Some(2 * size), ..Default::default() };
        f.write(move |c| c.set_quota(&limits)).await;
        for subject in ["1", "2", "3"] {
            f.append(inbox, subject).await;
            delete(&f, inbox).await;
        }
        assert_eq!(subjects(&f, deletions).await, ["2", "3"]);
        assert_eq!(f.read(|view| view.quota()).await.recoverable_octets, 2 * size);
        f.sweep_contents().await;
        assert_eq!(subjects(&f, deletions).await, ["2", "3"]);
    })
    .await;
}

#[tokio::test]
async fn single_item_recovery_keeps_what_its_owner_removes() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let purges = f.special(Special::Purges).await;
        f.write(|c| {
            c.set_retention(&Retention { single_item_recovery: true, ..Default::default() })
        })
        .await;
        f.append(inbox, "mail").await;
        delete(&f, inbox).await;
        delete(&f, deletions).await;
        assert_eq!(subjects(&f, purges).await, ["mail"]);
        let denied = f.mailbox.write(move |c| c.expunge(purges, &all(), false)).await;
        assert!(matches!(denied, Err(Fault::Denied)));
        let item = items(&f).await.remove(0);
        assert_eq!((item.source, item.entry.origin), (Special::Purges, Some(inbox)));
        f.clock.advance(15 * DAY);
        assert_eq!(f.purge_expired().await, 1);
        assert_eq!(items(&f).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn without_single_item_recovery_it_goes_for_good() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        f.append(inbox, "mail").await;
        delete(&f, inbox).await;
        delete(&f, deletions).await;
        assert_eq!(items(&f).await.len(), 0);
        assert_eq!(f.sweep_contents().await, 1);
    })
    .await;
}

#[tokio::test]
async fn items_come_back_to_where_they_were() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let work = create(&f, &["Work"]).await.id;
        f.append(inbox, "a").await;
        f.append(work, "b").await;
        delete(&f, inbox).await;
        delete(&f, work).await;
        let found = items(&f).await;
        let paths: Vec<_> = found.iter().map(|item| item.last_parent_path.clone()).collect();
        assert_eq!(paths, [Some(vec!["Inbox".to_owned()]), Some(vec!["Work".to_owned()])]);
        let restored = f.write(move |c| c.restore(deletions, &all())).await;
        assert_eq!(restored.iter().map(|r| r.folder).collect::<Vec<_>>(), [inbox, work]);
        assert_eq!(subjects(&f, inbox).await, ["a"]);
        assert_eq!(subjects(&f, work).await, ["b"]);
        let quota = f.read(|view| view.quota()).await;
        assert_eq!((quota.items, quota.recoverable_octets), (2, 0));
        let entry = f.read(move |view| view.entry(work, Uid::new(2))).await.unwrap();
        assert_eq!((entry.origin, entry.item), (None, found[1].entry.item));
    })
    .await;
}

#[tokio::test]
async fn deleted_folders_are_made_again_once() {
    each(async |f| {
        let deletions = f.special(Special::Deletions).await;
        let inner = create(&f, &["Work", "2024"]).await;
        let outer = inner.parent;
        f.append(inner.id, "b").await;
        f.append(inner.id, "c").await;
        f.write(move |c| c.delete_folder(inner.id)).await;
        f.write(move |c| c.delete_folder(outer)).await;
        let found = items(&f).await;
        assert!(!found[0].original_folder_exists);
        assert_eq!(found[0].last_parent_path, Some(vec!["Work".to_owned(), "2024".to_owned()]));
        for item in found {
            let uids = UidSet::from_iter([item.entry.uid]);
            f.write(move |c| c.restore(deletions, &uids)).await;
        }
        let again = f.read(|view| view.folder_by_path(&["Work", "2024"])).await.unwrap();
        assert_ne!(again.id, inner.id);
        assert_eq!(subjects(&f, again.id).await, ["b", "c"]);
    })
    .await;
}

#[tokio::test]
async fn without_a_trace_of_the_folder_items_come_into_the_inbox() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        let retention = Retention { deleted_item_secs: 400 * 86_400, ..Default::default() };
        f.write(move |c| c.set_retention(&retention)).await;
        let work = create(&f, &["Work"]).await.id;
        f.append(work, "b").await;
        f.write(move |c| c.delete_folder(work)).await;
        f.clock.advance(399 * DAY);
        assert_eq!(purge_notes(&f).await, 0);
        f.write(|c| c.set_retention(&Retention::default())).await;
        assert_eq!(purge_notes(&f).await, 1);
        assert_eq!(items(&f).await[0].last_parent_path, None);
        f.write(move |c| c.restore(deletions, &all())).await;
        assert_eq!(subjects(&f, inbox).await, ["b"]);
    })
    .await;
}

#[tokio::test]
async fn a_full_mailbox_takes_nothing_back() {
    each(async |f| {
        let (inbox, deletions) = (f.inbox().await, f.special(Special::Deletions).await);
        f.append(inbox, "a").await;
        delete(&f, inbox).await;
        let limits = QuotaLimits { prohibit_send_receive: Some(1), ..Default::default() };
        f.write(move |c| c.set_quota(&limits)).await;
        let refused = f.mailbox.write(move |c| c.restore(deletions, &all())).await;
        assert!(matches!(refused, Err(Fault::OverQuota)));
        assert_eq!(subjects(&f, deletions).await, ["a"]);
        let nothing = f.mailbox.write(move |c| c.restore(inbox, &all())).await;
        assert!(matches!(nothing, Err(Fault::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn a_notice_comes_although_the_mailbox_is_full() {
    each(async |f| {
        let inbox = f.inbox().await;
        let limits = QuotaLimits { prohibit_send_receive: Some(1), ..Default::default() };
        f.write(move |c| c.set_quota(&limits)).await;
        let bytes = support::message("full");
        let item = support::new_item(&bytes);
        let staged = f.mailbox.stage(bytes).await.unwrap();
        f.write(move |c| c.deliver_notice(inbox, &staged, &item)).await;
        assert_eq!(subjects(&f, inbox).await, ["full"]);
    })
    .await;
}

#[tokio::test]
async fn a_delegate_restores_nothing() {
    use mailbox::{Access, Guid};
    each(async |f| {
        let deletions = f.special(Special::Deletions).await;
        let (database, number) = (f.mailbox.database().clone(), f.mailbox.number());
        let stranger = Mailbox::open(database, number, Access::Delegate(Guid([7; 16])));
        let refused = stranger.write(move |c| c.restore(deletions, &all())).await;
        assert!(matches!(refused, Err(Fault::Denied | Fault::NotFound(_))));
    })
    .await;
}
