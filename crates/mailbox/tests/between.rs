//! COPY and MOVE between mailboxes, of one database and of two.

#![allow(clippy::unwrap_used)]

mod support;

use mailbox::{Access, Fault, FolderId, Guid, Mailbox, MailboxNumber, QuotaLimits, Uid, UidSet};
use support::{Fixture, fixture};

/// Another mailbox of the same database.
async fn other_mailbox(f: &Fixture) -> Fixture {
    let number = MailboxNumber::new(2);
    let database = f.mailbox.database();
    Mailbox::create(database, number, Guid([8; 16])).await.unwrap();
    let mailbox = Mailbox::open(database.clone(), number, Access::Owner(support::OWNER));
    f.with(mailbox)
}

/// A folder with messages that carry flags and keywords.
async fn filled(f: &Fixture, count: usize) -> FolderId {
    let folder = f.write(|c| c.create_path(&["From"])).await.id;
    let bytes = support::message("m");
    let staged = f.mailbox.stage(bytes.clone()).await.unwrap();
    f.write(move |c| {
        let mut item = support::new_item(&bytes);
        item.flags = mailbox::Flags::SEEN;
        item.received = Some(1_600_000_000);
        for name in ["Work", "Home"] {
            item.keywords = c.keyword(name)?;
            for _ in 0..count / 2 {
                c.append(folder, &staged, &item)?;
            }
        }
        Ok(())
    })
    .await;
    folder
}

fn all(count: usize) -> UidSet {
    (1..=count as u32).map(Uid::new).collect()
}

/// The items of the second folder are those of the first.
async fn check_same(f: &Fixture, from: FolderId, g: &Fixture, to: FolderId) {
    let (there, here) = (f.entries(from).await, g.entries(to).await);
    assert_eq!(there.len(), here.len());
    g.check_folder(to, here.len()).await;
    let names = f.read(|view| view.keywords()).await;
    let names_here = g.read(|view| view.keywords()).await;
    for (old, new) in there.into_iter().zip(here) {
        assert_eq!((old.flags, old.received, old.size), (new.flags, new.received, new.size));
        let keywords: Vec<_> = names.names_of(old.keywords).collect();
        assert_eq!(keywords, names_here.names_of(new.keywords).collect::<Vec<_>>());
        let content = f.read(move |view| view.content(old.content)).await;
        let copy = g.read(move |view| view.content(new.content)).await;
        assert_eq!(content.encoded_summary(), copy.encoded_summary());
        let bytes = f.read(move |view| view.message(&content)).await;
        assert_eq!(g.read(move |view| view.message(&copy)).await, bytes);
    }
}

#[tokio::test]
async fn copies_in_one_database_share_the_bytes() {
    for count in [20, 600] {
        let f = fixture().await;
        let g = other_mailbox(&f).await;
        let from = filled(&f, count).await;
        g.write(|c| c.keyword("Other")).await;
        let inbox = g.inbox().await;
        let copy = f.mailbox.copy_items(from, all(count), &g.mailbox, inbox, false);
        let (commits, pairs) = f.commits_of(copy).await;
        assert_eq!(pairs.unwrap().len(), count);
        assert_eq!(commits > 1, count > 64, "{commits} commits for {count}");
        check_same(&f, from, &g, inbox).await;
        let blob = f.read(move |view| Ok(view.content(mailbox::ContentNumber::new(1))?.blob)).await;
        let copy = g.read(move |view| Ok(view.content(mailbox::ContentNumber::new(1))?.blob)).await;
        assert_eq!(blob, copy);
    }
}

#[tokio::test]
async fn copies_in_another_database_have_bytes_of_their_own() {
    let (f, g) = (fixture().await, fixture().await);
    let from = filled(&f, 400).await;
    let inbox = g.inbox().await;
    let pairs = f.mailbox.copy_items(from, all(400), &g.mailbox, inbox, false).await.unwrap();
    assert_eq!(pairs.len(), 400);
    check_same(&f, from, &g, inbox).await;
    let moved = f.mailbox.move_items(from, all(100), &g.mailbox, inbox).await;
    assert!(moved.fault.is_none() && moved.done.len() == 100);
    f.check_folder(from, 300).await;
    g.check_folder(inbox, 500).await;
}

#[tokio::test]
async fn a_move_leaves_each_message_in_one_mailbox() {
    let f = fixture().await;
    let g = other_mailbox(&f).await;
    let from = filled(&f, 600).await;
    let inbox = g.inbox().await;
    let mailboxes = (f.mailbox.clone(), g.mailbox.clone());
    let watching = async move {
        let mut sums = Vec::new();
        for _ in 0..200 {
            // One snapshot over both.
            let access = Access::System;
            let (one, two) = (mailboxes.0.number(), mailboxes.1.number());
            let read = mailboxes.0.database().read(move |snapshot| {
                let there = mailbox::View::new(snapshot, one, access).status(from)?.exists;
                let here = mailbox::View::new(snapshot, two, access).status(inbox)?.exists;
                Ok::<_, Fault>(there + here)
            });
            sums.push(read.await.unwrap());
        }
        sums
    };
    let moving = f.mailbox.move_items(from, all(600), &g.mailbox, inbox);
    let (moved, sums) = tokio::join!(moving, watching);
    assert!(moved.fault.is_none() && moved.done.len() == 600);
    assert!(sums.iter().all(|sum| *sum == 600));
    f.check_folder(from, 0).await;
    g.check_folder(inbox, 600).await;
}

#[tokio::test]
async fn a_full_mailbox_takes_none_of_the_copies() {
    let f = fixture().await;
    let g = other_mailbox(&f).await;
    let from = filled(&f, 200).await;
    let octets = f.read(move |view| Ok(view.status(from)?.octets)).await;
    let limits = QuotaLimits { prohibit_send_receive: Some(octets - 1), ..Default::default() };
    g.write(move |c| c.set_quota(&limits)).await;
    let inbox = g.inbox().await;
    let copied = f.mailbox.copy_items(from, all(200), &g.mailbox, inbox, false).await;
    assert!(matches!(copied, Err(Fault::OverQuota)));
    let moved = f.mailbox.move_items(from, all(200), &g.mailbox, inbox).await;
    assert!(matches!(moved.fault, Some(Fault::OverQuota)) && moved.done.is_empty());
    g.check_folder(inbox, 0).await;
    f.check_folder(from, 200).await;
}

#[tokio::test]
async fn where_all_are_required_a_missing_one_leaves_no_copy() {
    let f = fixture().await;
    let (g, h) = (other_mailbox(&f).await, fixture().await);
    let from = filled(&f, 600).await;
    f.write(move |c| c.expunge(from, &UidSet::from_iter([Uid::new(3)]), false)).await;
    for target in [&f, &g, &h] {
        let inbox = target.inbox().await;
        for count in [20, 600] {
            let copied = f.mailbox.copy_items(from, all(count), &target.mailbox, inbox, true).await;
            assert!(matches!(copied, Err(Fault::NotFound("message"))), "{count}: {copied:?}");
            target.check_folder(inbox, 0).await;
        }
        let copied = f.mailbox.copy_items(from, all(2), &target.mailbox, inbox, true).await;
        assert_eq!(copied.unwrap().len(), 2);
    }
}
