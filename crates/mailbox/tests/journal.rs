//! The journal as its readers see it: ids and old ids, and where it ends.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::{
    ChangeNumber, EventKind, Fault, FlagChange, FlagOp, Flags, Keywords, Special, UidSet,
};
use std::time::Duration;
use support::{Fixture, again_on_disk, engines, fixture, fixture_on_disk};
use types::Clock;

async fn last(f: &Fixture) -> ChangeNumber {
    f.read(|view| Ok(ChangeNumber::new(view.counters()?.change))).await
}

fn mids(view: &mailbox::View<'_>, folder: mailbox::FolderId) -> Result<Vec<u64>, Fault> {
    let mut mids = Vec::new();
    view.entries(folder, &UidSet::all(), &mut |entry| {
        mids.push(entry.mid.get());
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(mids)
}

/// What happened since, as kind, folder, other folder, ids and old ids.
async fn events(f: &Fixture, since: ChangeNumber) -> Vec<String> {
    let events = f.read(move |view| view.events_after(since, 100)).await;
    assert!(!events.more);
    let text = |event: mailbox::Event| {
        let other = event.other.map_or(0, |folder| folder.get());
        let (kind, folder) = (event.kind, event.folder);
        format!("{kind:?} {folder} {other} {:?} {:?}", event.mids, event.old_mids)
    };
    events.events.into_iter().map(|entry| text(entry.event)).collect()
}

#[tokio::test]
async fn every_kind_of_event_names_its_ids() {
    for f in engines().await {
        let (inbox, archive) = (f.inbox().await, f.special(Special::Archive).await);
        let start = last(&f).await;
        let a = f.append(inbox, "a").await.mid;
        let b = f.append(inbox, "b").await.mid;
        assert_eq!(
            events(&f, start).await,
            [format!("Created 2 0 [{a}] []"), format!("Created 2 0 [{b}] []")]
        );
        let at = last(&f).await;
        let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN, keywords: Keywords::NONE };
        f.write(move |c| c.store_flags(inbox, &UidSet::all(), &seen, None)).await;
        assert_eq!(events(&f, at).await, [format!("Modified 2 0 [{a}, {b}] []")]);

        let at = last(&f).await;
        f.write(move |c| c.copy(inbox, &UidSet::all(), archive)).await;
        let copies = f.read(move |view| mids(view, archive)).await;
        let expected = format!("Copied 8 2 [{}, {}] [{a}, {b}]", copies[0], copies[1]);
        assert_eq!(events(&f, at).await, [expected]);

        let at = last(&f).await;
        f.write(move |c| c.move_items(inbox, &UidSet::all(), archive)).await;
        let moved = f.read(move |view| mids(view, archive)).await;
        let expected = format!("Moved 8 2 [{}, {}] [{a}, {b}]", moved[2], moved[3]);
        assert_eq!(events(&f, at).await, [expected]);

        let at = last(&f).await;
        f.write(move |c| c.expunge(archive, &UidSet::from_iter([mailbox::Uid::new(1)]), false))
            .await;
        assert_eq!(events(&f, at).await, [format!("Deleted 8 0 [{}] []", copies[0])]);
    }
}

#[tokio::test]
async fn folders_are_made_renamed_moved_and_deleted() {
    for f in engines().await {
        let start = last(&f).await;
        let (one, two) =
            f.write(|c| Ok((c.create_path(&["One"])?, c.create_path(&["Two"])?))).await;
        let (root, (one, two)) = (one.parent, (one.id, two.id));
        f.write(move |c| c.rename_folder(one, root, "Three")).await;
        f.write(move |c| c.rename_folder(one, two, "Three")).await;
        f.write(move |c| c.delete_folder(one)).await;
        let expected = [
            format!("FolderCreated {one} {root} [] []"),
            format!("FolderCreated {two} {root} [] []"),
            format!("FolderModified {one} {root} [] []"),
            format!("FolderMoved {one} {root} [] []"),
            format!("FolderDeleted {one} {two} [] []"),
        ];
        assert_eq!(events(&f, start).await, expected);
    }
}

#[tokio::test]
async fn a_reader_goes_on_where_it_stopped() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let mut at = last(&f).await;
    for _ in 0..5 {
        f.append(inbox, "m").await;
    }
    let mut sizes = Vec::new();
    loop {
        let events = f.read(move |view| view.events_after(at, 2)).await;
        sizes.push(events.events.len());
        at = events.up_to;
        assert!(events.events.iter().all(|event| event.event.kind == EventKind::Created));
        if !events.more {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(at, last(&f).await);
}

#[tokio::test]
async fn below_the_floor_the_reader_is_told() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let start = last(&f).await;
    f.append(inbox, "a").await;
    let kept = last(&f).await;
    f.clock.advance(Duration::from_secs(8 * 86_400));
    f.append(inbox, "b").await;
    purge_journal(&f).await;
    let too_late = f.mailbox.read(move |view| view.events_after(start, 9)).await;
    assert!(matches!(too_late, Err(Fault::BelowFloor)));
    assert_eq!(f.read(move |view| view.events_after(kept, 9)).await.events.len(), 1);
    let future = ChangeNumber::new(last(&f).await.get() + 1);
    let unknown = f.mailbox.read(move |view| view.events_after(future, 9)).await;
    assert!(matches!(unknown, Err(Fault::BelowFloor)));
}

#[tokio::test]
async fn rows_of_a_clock_that_was_ahead_go_in_their_turn() {
    const DAY: Duration = Duration::from_secs(86_400);
    let directory = tempfile::tempdir().unwrap();
    let f = fixture_on_disk(directory.path()).await;
    let (inbox, right) = (f.inbox().await, f.clock.now());
    f.clock.advance(365 * DAY);
    one_comes_and_goes(&f, inbox).await;
    f.mailbox.database().close().await;
    let clock = f.clock.clone();
    drop(f);
    clock.set(right);
    let f = again_on_disk(directory.path(), clock).await;
    one_comes_and_goes(&f, inbox).await;
    assert!(!f.read(move |view| view.has_expired_rows(right)).await);
    assert_eq!(purge_journal(&f).await, 0);
    assert_eq!(purge_tombstones(&f, inbox).await, 0);

    let later = right.plus(61 * DAY);
    f.clock.set(later);
    assert!(f.read(move |view| view.has_expired_rows(later)).await);
    // All but the newest: the mailbox's making, two messages, one of two deletions.
    assert_eq!(purge_journal(&f).await, 4);
    assert_eq!(purge_tombstones(&f, inbox).await, 2);
    assert!(!f.read(move |view| view.has_expired_rows(later)).await);
}

#[tokio::test]
async fn a_clock_set_right_while_the_process_lives_drops_nothing_early() {
    const DAY: Duration = Duration::from_secs(86_400);
    for f in engines().await {
        let inbox = f.inbox().await;
        f.write(|c| c.create_path(&["Gone"])).await;
        f.clock.advance(50 * DAY);
        one_comes_and_goes(&f, inbox).await;
        let gone = f.read(|view| Ok(view.folder_by_path(&["Gone"])?.unwrap().id)).await;
        f.write(move |c| c.delete_folder(gone)).await;
        let right = f.clock.now();
        f.clock.advance(365 * DAY);
        // The time of transactions stays here.
        one_comes_and_goes(&f, inbox).await;
        f.clock.set(right);
        one_comes_and_goes(&f, inbox).await;
        // One row is due: the mailbox's making.
        assert!(f.read(move |view| view.has_expired_rows(right)).await);
        assert!(purge_journal(&f).await <= 2, "the making of the mailbox and of a folder");
        assert_eq!(purge_tombstones(&f, inbox).await, 0);
        assert_eq!(f.write(move |c| c.purge_deleted_folders(right, 100)).await, 0);
    }
}

/// Purges by the clock, as the janitor does.
async fn purge_journal(f: &Fixture) -> usize {
    let now = f.clock.now();
    f.write(move |c| c.purge_journal(now, 100)).await
}

async fn purge_tombstones(f: &Fixture, folder: mailbox::FolderId) -> usize {
    let now = f.clock.now();
    f.write(move |c| c.purge_tombstones(folder, now, 100)).await
}

async fn one_comes_and_goes(f: &Fixture, folder: mailbox::FolderId) {
    f.append(folder, "m").await;
    f.write(move |c| c.expunge(folder, &UidSet::all(), false)).await;
}
