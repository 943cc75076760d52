//! What is all or nothing and large: staged in slices, visible by one transaction, in order with
//! everything that happens meanwhile.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use mailbox::{
    Appending, Change, ChangeNumber, Fault, FlagChange, FlagOp, Flags, FolderId, IntentNumber,
    Keywords, Parcel, QuotaLimits, Special, Uid, UidSet,
};
use support::{Fixture, fixture, fixture_on_disk};
use types::limits::BULK_SLICE_OCTETS;

const MANY: usize = 20_000;

fn run(first: u32, last: u32) -> UidSet {
    let mut uids = UidSet::new();
    uids.insert_run(first..=last);
    uids
}

/// Two folders, and an intent to copy from the first to the second.
async fn begun(f: &Fixture, count: usize) -> (FolderId, FolderId, IntentNumber) {
    let from = f.large_folder("From", count).await;
    let to = f.write(|c| c.create_path(&["To"])).await.id;
    let intent = f.write(move |c| c.begin_intent(to, Some(from))).await;
    (from, to, intent)
}

async fn stage(f: &Fixture, intent: IntentNumber, from: FolderId, first: u32, last: u32) {
    let staged = f.write(move |c| c.stage_copies(intent, from, &run(first, last))).await;
    assert_eq!(staged.len() as u32, last - first + 1);
}

#[tokio::test]
async fn what_is_delivered_while_a_copy_is_staged_has_the_smaller_numbers() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, 600).await;
    f.append(to, "before").await;
    let mut told = f.read(move |view| Ok(view.status(to)?.content_cn)).await;
    for slice in 0..3 {
        stage(&f, intent, from, slice * 200 + 1, slice * 200 + 200).await;
        let delivered = f.append(to, "meanwhile").await;
        let since = told;
        let seen = f.read(move |view| changed(view, to, since)).await;
        assert_eq!(seen, [delivered.uid.get()]);
        told = f.read(move |view| Ok(view.status(to)?.content_cn)).await;
    }
    assert_eq!(f.uids(to).await, [1, 2, 3, 4]);
    let published = f.write(move |c| c.publish(intent)).await;
    assert_eq!(published, run(5, 604));
    let seen = f.read(move |view| changed(view, to, told)).await;
    assert_eq!(seen, (5..=604).collect::<Vec<_>>());
    f.append(to, "behind").await;
    f.check_folder(to, 605).await;
    f.check_folder(from, 600).await;
}

fn changed(
    view: &mailbox::View<'_>,
    folder: FolderId,
    since: ChangeNumber,
) -> Result<Vec<u32>, Fault> {
    let mut uids = Vec::new();
    view.changed_since(folder, since, &mut |entry| {
        uids.push(entry.uid.get());
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(uids)
}

async fn copies_at_once(f: &Fixture) {
    let from = f.large_folder("From", MANY).await;
    let to = f.write(|c| c.create_path(&["To"])).await.id;
    let uids = f.read(move |view| Ok(view.uids(from)?.to_set())).await;
    let copying = async { f.mailbox.copy_items(from, uids, &f.mailbox, to, false).await.unwrap() };
    let delivering = async {
        let mut seen = Vec::new();
        while seen.len() < 200 && seen.iter().all(|exists| *exists < MANY) {
            f.append(to, "new").await;
            seen.push(f.read(move |view| Ok(view.status(to)?.exists as usize)).await);
        }
        seen
    };
    let ((commits, pairs), seen) = tokio::join!(f.commits_of(copying), delivering);
    assert!(commits > 4, "{commits} commits");
    assert_eq!(pairs.len(), MANY);
    assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
    // Never a part of the copies.
    for (at, exists) in (1..).zip(&seen) {
        assert!(*exists == at || *exists == at + MANY, "{exists} after {at} deliveries");
    }
    f.check_folder(to, MANY + seen.len()).await;
    assert_eq!(f.read(|view| view.counters()).await.items as usize, 2 * MANY + seen.len());
}

#[tokio::test]
async fn a_large_copy_is_visible_at_once() {
    copies_at_once(&fixture().await).await;
    let directory = tempfile::tempdir().unwrap();
    copies_at_once(&fixture_on_disk(directory.path()).await).await;
}

#[tokio::test]
async fn copies_are_items_like_others() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, 1000).await;
    stage(&f, intent, from, 1, 1000).await;
    f.write(move |c| c.publish(intent)).await;
    let copies = f.entries(to).await;
    let flagged = FlagChange { op: FlagOp::Add, flags: Flags::FLAGGED, keywords: Keywords::NONE };
    let stored = f.write(move |c| c.store_flags(to, &run(300, 309), &flagged, None)).await;
    assert_eq!(stored.changed.len(), 10);
    assert!(stored.changed.iter().all(|entry| entry.modseq() > copies[999].modseq()));
    f.write(move |c| c.expunge(to, &run(500, 700), false)).await;
    let left = f.entries(to).await;
    for (entry, copy) in
        left.iter().zip(copies.iter().filter(|c| !(500..=700).contains(&c.uid.get())))
    {
        let (uid, mid) = (copy.uid, copy.mid);
        assert_eq!((entry.uid, entry.item, entry.mid), (uid, copy.item, mid));
        assert_eq!(entry.cn_created, copy.cn_created);
        if uid.get() % 50 == 0 {
            let found = f.read(move |view| view.entry_by_mid(to, mid)).await;
            assert_eq!(found.as_ref(), Some(entry));
        }
    }
    f.check_folder(to, 799).await;
    let moved = f.move_all(to, from).await;
    assert_eq!(moved.done.len(), 799);
    f.check_folder(from, 1799).await;
}

/// The day after: what the janitor does.
async fn janitor(f: &Fixture) {
    f.clock.advance(Duration::from_secs(2 * 86_400));
    let now = f.mailbox.database().now();
    while let Some(intent) = f.read(move |view| view.forgotten_intent(now)).await {
        f.write(move |c| c.abandon(intent)).await;
    }
    f.sweep_contents().await;
}

#[tokio::test]
async fn an_intent_nobody_goes_on_with_leaves_nothing() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, 300).await;
    f.write(move |c| c.abandon(intent)).await;
    let before = f.rows().await;
    let intent = f.write(move |c| c.begin_intent(to, Some(from))).await;
    stage(&f, intent, from, 1, 300).await;
    let now = f.mailbox.database().now();
    assert_eq!(f.read(move |view| view.forgotten_intent(now)).await, None);
    janitor(&f).await;
    assert_eq!(f.uids(to).await, []);
    f.check_folder(from, 300).await;
    let after = f.rows().await;
    let counters = |key: &[u8]| key.len() == 6 && key[5] == 0x02;
    assert!(after.iter().all(|(key, row)| counters(key) || before.get(key) == Some(row)));
    let late = f.mailbox.write(move |c| c.publish(intent)).await;
    assert!(matches!(late, Err(Fault::NotFound(_))));
}

#[tokio::test]
async fn contents_of_staged_items_are_not_collected() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, 200).await;
    stage(&f, intent, from, 1, 200).await;
    f.write(move |c| c.expunge(from, &UidSet::all(), false)).await;
    let deletions = f.special(Special::Deletions).await;
    f.write(move |c| c.expunge(deletions, &UidSet::all(), false)).await;
    f.sweep_contents().await;
    f.write(move |c| c.publish(intent)).await;
    f.sweep_contents().await;
    for entry in f.entries(to).await {
        let message = f.read(move |view| view.message(&view.content(entry.content)?)).await;
        assert!(message.ends_with(b"\r\nm\r\n"));
    }
}

#[tokio::test]
async fn after_a_crash_a_copy_is_there_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let f = fixture_on_disk(directory.path()).await;
    let (from, to, intent) = begun(&f, 1000).await;
    let other = f.write(move |c| c.begin_intent(to, Some(from))).await;
    stage(&f, intent, from, 1, 700).await;
    stage(&f, other, from, 1, 400).await;
    f.write(move |c| c.publish(intent)).await;
    let f = f.reopened(directory.path()).await;
    f.check_folder(to, 700).await;
    janitor(&f).await;
    f.check_folder(to, 700).await;
    f.check_folder(from, 1000).await;
    let message = f.read(move |view| {
        let entry = view.entry(to, Uid::new(700))?.unwrap();
        view.message(&view.content(entry.content)?)
    });
    assert!(message.await.ends_with(b"\r\nm\r\n"));
}

#[tokio::test]
async fn room_and_rights_are_asked_again_at_the_end() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, 1000).await;
    stage(&f, intent, from, 1, 1000).await;
    let used = f.read(|view| Ok(view.quota()?.octets)).await;
    let limit = |octets| QuotaLimits { prohibit_send_receive: Some(octets), ..Default::default() };
    f.write(move |c| c.set_quota(&limit(used))).await;
    let full = f.mailbox.write(move |c| c.publish(intent)).await;
    assert!(matches!(full, Err(Fault::OverQuota)));
    let all = run(1, 1000);
    let full = f.mailbox.copy_items(from, all, &f.mailbox, to, false).await;
    assert!(matches!(full, Err(Fault::OverQuota)));
    f.write(move |c| c.set_quota(&limit(3 * used))).await;
    f.write(move |c| c.delete_folder(to)).await;
    let gone = f.mailbox.write(move |c| c.publish(intent)).await;
    assert!(matches!(gone, Err(Fault::NotFound(_))));
    f.check_folder(from, 1000).await;
}

#[tokio::test]
async fn many_new_messages_are_visible_at_once_or_not_at_all() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let text = "x".repeat(15_000);
    for finished in [false, true] {
        let mut appending = Appending::new(f.mailbox.clone(), inbox);
        for at in 0..60 {
            let bytes = support::message(&format!("{at} {text}"));
            let item = support::new_item(&bytes);
            let staged = f.mailbox.stage(bytes).await.unwrap();
            let keywords = vec![format!("k{}", at % 3)];
            appending.add(Parcel { staged, item, keywords }).await.unwrap();
            assert_eq!(f.uids(inbox).await, []);
        }
        if finished {
            assert_eq!(appending.finish().await.unwrap(), run(1, 60));
        } else {
            appending.abandon().await;
            f.sweep_contents().await;
            let contents = f.rows().await.into_keys().filter(|key| key[5] == 0x20).count();
            assert_eq!(contents, 0);
        }
    }
    f.check_folder(inbox, 60).await;
    let table = f.read(|view| view.keywords()).await;
    for (at, entry) in f.entries(inbox).await.into_iter().enumerate() {
        let names: Vec<_> = table.names_of(entry.keywords).collect();
        assert_eq!(names, [format!("k{}", at % 3)]);
        let message = f.read(move |view| view.message(&view.content(entry.content)?)).await;
        let expected = format!("Subject: {at} x");
        assert!(String::from_utf8_lossy(&message).contains(&expected));
    }
}

#[tokio::test]
async fn what_waits_to_be_written_is_a_slice() {
    let f = fixture().await;
    let bytes = support::message(&"x".repeat(15_000));
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    let parcel = Parcel { staged, item, keywords: Vec::new() };
    let slice = BULK_SLICE_OCTETS.div_ceil(parcel.row_octets());
    let mut appending = Appending::new(f.mailbox.clone(), f.inbox().await);
    for waiting in (1..=slice).chain(1..=slice).chain([1]) {
        appending.add(parcel.clone()).await.unwrap();
        assert_eq!(appending.waiting(), waiting);
    }
    assert_eq!(appending.finish().await.unwrap(), run(1, 2 * slice as u32 + 1));
}

#[tokio::test]
async fn what_was_published_is_no_longer_abandoned() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, MANY).await;
    stage(&f, intent, from, 1, MANY as u32).await;
    // The janitor has found the intent; before it writes, the copy ends after all.
    f.write(move |c| c.publish(intent)).await;
    assert!(f.write(move |c| one_slice(c, intent)).await);
    f.check_folder(to, MANY).await;
}

/// [`Change::abandon`] in a slice that is full already.
fn one_slice(change: &mut Change<'_, '_>, intent: IntentNumber) -> Result<bool, Fault> {
    while !change.slice_full() {
        std::hint::spin_loop();
    }
    change.abandon(intent)
}

#[tokio::test]
async fn what_is_being_abandoned_is_not_published() {
    let f = fixture().await;
    let (from, to, intent) = begun(&f, MANY).await;
    stage(&f, intent, from, 1, MANY as u32).await;
    assert!(!f.write(move |c| one_slice(c, intent)).await);
    let more = f.mailbox.write(move |c| c.stage_copies(intent, from, &run(1, 10))).await;
    assert!(matches!(more, Err(Fault::NotFound(_))));
    let published = f.mailbox.write(move |c| c.publish(intent)).await;
    assert!(matches!(published, Err(Fault::NotFound(_))));
    janitor(&f).await;
    f.check_folder(to, 0).await;
    let staged = mailbox::key::intent(f.mailbox.number(), intent);
    let rows = f.rows().await;
    assert!(!rows.contains_key(&staged));
    let number = &staged[6..];
    assert!(
        !rows
            .keys()
            .any(|key| [0x11, 0x12, 0x13].contains(&key[5]) && key[6..].starts_with(number))
    );
}

#[tokio::test]
async fn what_is_staged_counts_in_the_quota_until_it_is_given_up() {
    let f = fixture().await;
    let (from, to, one) = begun(&f, 1000).await;
    let two = f.write(move |c| c.begin_intent(to, Some(from))).await;
    let used = f.read(|view| view.quota()).await;
    let room = used.octets * 3 / 2;
    f.write(move |c| {
        c.set_quota(&QuotaLimits {
            prohibit_send_receive: Some(used.octets + room),
            ..Default::default()
        })
    })
    .await;
    // Either of them has room; both have not.
    stage(&f, one, from, 1, 1000).await;
    stage(&f, two, from, 1, 400).await;
    let refused = f.mailbox.write(move |c| c.stage_copies(two, from, &run(401, 1000))).await;
    assert!(matches!(refused, Err(Fault::OverQuota)));
    let refused = f.mailbox.write(move |c| c.copy(from, &run(1, 200), to)).await;
    assert!(matches!(refused, Err(Fault::OverQuota)), "nor has a copy beside them");
    assert_eq!(f.read(|view| view.quota()).await.octets, used.octets, "nobody sees them yet");
    while !f.mailbox.write_slice(move |c| c.abandon(one)).await.unwrap() {}
    stage(&f, two, from, 401, 1000).await;
    f.write(move |c| c.publish(two)).await;
    let quota = f.read(|view| view.quota()).await;
    assert_eq!((quota.octets, quota.staged_octets), (2 * used.octets, 0));
}

#[tokio::test]
async fn abandoning_in_slices_takes_the_octets_off_once() {
    let f = fixture().await;
    let (from, _, intent) = begun(&f, 20_000).await;
    let other = f.large_folder("Other", 10).await;
    let small = f.write(move |c| c.begin_intent(other, Some(from))).await;
    stage(&f, small, from, 1, 100).await;
    let staged = f.read(|view| view.quota()).await.staged_octets;
    for first in (1..=20_000).step_by(1000) {
        stage(&f, intent, from, first, first + 999).await;
    }
    let mut slices = 0;
    while !f.mailbox.write_slice(move |c| c.abandon(intent)).await.unwrap() {
        slices += 1;
        assert_eq!(f.read(|view| view.quota()).await.staged_octets, staged);
    }
    f.write(move |c| c.abandon(intent)).await;
    assert_eq!(f.read(|view| view.quota()).await.staged_octets, staged, "after {slices} slices");
}
