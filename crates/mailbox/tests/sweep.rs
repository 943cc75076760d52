//! Finding contents nobody refers to, in many snapshots, while the mailbox changes.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::sweep::{ContentSweep, Step};
use mailbox::{FlagChange, FlagOp, Flags, Keywords, Special, Uid, UidSet};
use support::{Fixture, engines, fixture};

fn run(first: u32, last: u32) -> UidSet {
    let mut uids = UidSet::new();
    uids.insert_run(first..=last);
    uids
}

async fn begun(f: &Fixture) -> ContentSweep {
    f.read(ContentSweep::begin).await.unwrap()
}

async fn step(f: &Fixture, mut sweep: ContentSweep, pages: usize) -> (ContentSweep, Step) {
    f.read(move |view| {
        let step = sweep.step(view, pages)?;
        Ok((sweep, step))
    })
    .await
}

/// Goes on to the end, a few pages in a snapshot; gives the rows it finds and how often it looked.
async fn finish(f: &Fixture, mut sweep: ContentSweep) -> (usize, usize) {
    let (mut dead, mut steps) = (0, 0);
    loop {
        let (next, step) = step(f, sweep, 8).await;
        sweep = next;
        steps += 1;
        match step {
            Step::More => {}
            Step::Dead(rows) => {
                dead += rows.len();
                f.write(move |c| c.delete_contents(&rows, 0)).await;
            }
            Step::Done => break,
            Step::GaveUp => panic!("nothing changes"),
        }
    }
    f.write(move |c| c.end_sweep(&sweep)).await;
    (dead, steps)
}

/// Deletes messages for good.
async fn destroy(f: &Fixture, folder: mailbox::FolderId, uids: UidSet) {
    let deletions = f.special(Special::Deletions).await;
    f.write(move |c| c.expunge(folder, &uids, false)).await;
    f.write(move |c| c.expunge(deletions, &UidSet::all(), false)).await;
}

/// Every content that an entry names can be read.
async fn check_contents(f: &Fixture) {
    for folder in f.read(|view| view.all_folders()).await {
        for entry in f.entries(folder.id).await {
            f.read(move |view| view.content(entry.content)).await;
        }
    }
}

#[tokio::test]
async fn a_sweep_takes_as_many_snapshots_as_it_needs() {
    for f in engines().await {
        let inbox = f.inbox().await;
        f.append_many(inbox, "m", 4000).await;
        destroy(&f, inbox, run(1, 300)).await;
        let (dead, steps) = finish(&f, begun(&f).await).await;
        assert_eq!(dead, 300);
        assert!(steps > 4000 / 128 / 8, "{steps} steps");
        check_contents(&f).await;
        assert!(f.read(ContentSweep::begin).await.is_none(), "all lost references were looked at");
    }
}

#[tokio::test]
async fn what_moves_past_the_cursor_is_seen() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let work = f.write(|c| c.create_path(&["Work"])).await.id;
    f.append_many(work, "m", 1000).await;
    f.append_many(inbox, "gone", 1).await;
    destroy(&f, inbox, UidSet::all()).await;
    // The Inbox is looked at, then one page of the folder behind it.
    let (sweep, found) = step(&f, begun(&f).await, 1).await;
    assert!(matches!(found, Step::More));
    f.write(move |c| c.move_items(work, &run(500, 1000), inbox)).await;
    assert_eq!(finish(&f, sweep).await.0, 1);
    check_contents(&f).await;
    f.check_folder(inbox, 501).await;
}

#[tokio::test]
async fn what_is_staged_and_published_meanwhile_is_seen() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 700).await;
    let (early, late) =
        f.write(|c| Ok((c.create_path(&["Early"])?.id, c.create_path(&["Late"])?.id))).await;
    let staged = f.write(move |c| c.begin_intent(early, Some(inbox))).await;
    f.append_many(late, "gone", 1).await;
    destroy(&f, late, UidSet::all()).await;
    let (sweep, _) = step(&f, begun(&f).await, 1).await;
    // Only the copies keep the second half alive, first unpublished, then rewritten elsewhere.
    f.write(move |c| c.stage_copies(staged, inbox, &run(301, 700))).await;
    destroy(&f, inbox, run(301, 700)).await;
    let (sweep, _) = step(&f, sweep, 1).await;
    f.write(move |c| c.publish(staged)).await;
    let flagged = FlagChange { op: FlagOp::Add, flags: Flags::FLAGGED, keywords: Keywords::NONE };
    f.write(move |c| c.store_flags(early, &UidSet::from_iter([Uid::new(200)]), &flagged, None))
        .await;
    let (sweep, _) = step(&f, sweep, 1).await;
    f.write(move |c| c.move_items(early, &run(1, 100), inbox)).await;
    assert_eq!(finish(&f, sweep).await.0, 1);
    check_contents(&f).await;
    f.check_folder(early, 300).await;
}

#[tokio::test]
async fn items_of_a_folder_that_is_being_emptied_are_alive() {
    let f = fixture().await;
    let folder = f.large_folder("Work", 2000).await;
    f.append(f.inbox().await, "gone").await;
    destroy(&f, f.inbox().await, UidSet::all()).await;
    let (sweep, _) = step(&f, begun(&f).await, 1).await;
    assert!(!f.write(move |c| c.delete_folder(folder)).await);
    assert_eq!(finish(&f, sweep).await.0, 1);
    while !f.mailbox.write_slice(|c| c.empty_deleted_folders()).await.unwrap() {}
    check_contents(&f).await;
}

#[tokio::test]
async fn a_mailbox_that_never_rests_is_left_to_a_later_round() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 400).await;
    destroy(&f, inbox, run(1, 1)).await;
    let mut sweep = begun(&f).await;
    for _ in 0..1000 {
        let all = FlagChange { op: FlagOp::Add, flags: Flags::NONE, keywords: Keywords::NONE };
        let op = if f.entries(inbox).await[0].flags.contains(Flags::SEEN) {
            FlagOp::Remove
        } else {
            FlagOp::Add
        };
        let change = FlagChange { op, flags: Flags::SEEN, ..all };
        f.write(move |c| c.store_flags(inbox, &UidSet::all(), &change, None)).await;
        let (next, found) = step(&f, sweep, 1).await;
        sweep = next;
        if matches!(found, Step::GaveUp) {
            assert!(f.read(ContentSweep::begin).await.is_some(), "it is tried again");
            return;
        }
        assert!(matches!(found, Step::More));
    }
    panic!("no end");
}
