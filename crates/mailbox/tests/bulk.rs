//! Work on many messages: in slices, with other writes between them, and with one answer.

#![allow(clippy::unwrap_used)]

mod support;

use mailbox::{FlagChange, FlagOp, Flags, Keywords, Portions, Special, Uid, UidSet};
use support::{Fixture, fixture, fixture_on_disk};
use types::limits::INTERACTIVE_ITEMS_MAX;

const MANY: usize = 20_000;

async fn move_with_deliveries(f: &Fixture) {
    let from = f.large_folder("From", MANY).await;
    let to = f.write(|c| c.create_path(&["To"])).await.id;
    let before = f.read(move |view| Ok(view.status(from)?.content_cn)).await;
    let uids = f.read(move |view| Ok(view.uids(from)?.to_set())).await;
    let moving = f.commits_of(f.mailbox.move_items(from, uids, &f.mailbox, to));
    let delivering = async {
        let mut last = None;
        for _ in 0..20 {
            let entry = f.append(to, "new").await;
            assert!(last.is_none_or(|last| last < entry.uid));
            last = Some(entry.uid);
        }
    };
    let ((commits, moved), ()) = tokio::join!(moving, delivering);
    assert!(moved.fault.is_none());
    assert_eq!(moved.done.len(), MANY);
    assert!(commits > 20, "{commits} commits for {MANY} messages");
    f.check_folder(from, 0).await;
    f.check_folder(to, MANY + 20).await;
    let vanished = f.read(move |view| view.vanished_since(from, before)).await;
    assert!(vanished.complete && vanished.uids.len() == MANY as u64);
    let counters = f.read(|view| view.counters()).await;
    assert_eq!(counters.items as usize, MANY + 20);
}

#[tokio::test]
async fn a_large_move_runs_in_slices_with_deliveries_between_them() {
    move_with_deliveries(&fixture().await).await;
    let directory = tempfile::tempdir().unwrap();
    move_with_deliveries(&fixture_on_disk(directory.path()).await).await;
}

#[tokio::test]
async fn few_messages_are_moved_and_deleted_in_one_transaction() {
    let f = fixture().await;
    let few = INTERACTIVE_ITEMS_MAX as usize;
    let from = f.large_folder("From", few).await;
    let to = f.write(|c| c.create_path(&["To"])).await.id;
    let (commits, moved) = f.commits_of(f.move_all(from, to)).await;
    assert_eq!((commits, moved.done.len()), (1, few));
    let (commits, gone) = f.commits_of(f.mailbox.expunge(to, UidSet::all(), false)).await;
    assert_eq!((commits, gone.unwrap().len()), (1, INTERACTIVE_ITEMS_MAX));
}

#[tokio::test]
async fn a_move_whose_target_goes_away_says_what_it_did() {
    let f = fixture().await;
    let from = f.large_folder("From", 5000).await;
    let to = f.write(|c| c.create_path(&["To"])).await.id;
    let moving = f.move_all(from, to);
    let deleting = async {
        // Some slices in.
        while f.read(move |view| Ok(view.status(to)?.exists)).await == 0 {
            tokio::task::yield_now().await;
        }
        f.write(move |c| c.delete_folder(to)).await;
    };
    let (moved, ()) = tokio::join!(moving, deleting);
    let left = f.uids(from).await.len();
    assert_eq!(left + moved.done.len(), 5000);
    // The delete may come after the last slice.
    assert!(moved.fault.is_some() || left == 0);
}

#[tokio::test]
async fn all_deleted_messages_go_and_no_others() {
    let f = fixture().await;
    let folder = f.large_folder("Large", 5000).await;
    let odd: UidSet = (1..=5000).step_by(2).map(Uid::new).collect();
    let deleted = FlagChange { op: FlagOp::Add, flags: Flags::DELETED, keywords: Keywords::NONE };
    let mut portions = Portions::new(odd.clone());
    let mut changed = 0;
    while !portions.is_done() {
        let slice = f.mailbox.write_some(&mut portions, move |change, portions| {
            let mut changed = 0;
            while let Some(uids) = portions.next(change) {
                changed += change.store_flags(folder, &uids, &deleted, None)?.changed.len();
            }
            Ok(changed)
        });
        changed += slice.await.unwrap();
    }
    assert_eq!(changed, 2500);
    let gone = f.mailbox.expunge(folder, UidSet::all(), true).await.unwrap();
    assert_eq!(gone, odd);
    f.check_folder(folder, 2500).await;
    let deletions = f.special(Special::Deletions).await;
    f.check_folder(deletions, 2500).await;
}

#[tokio::test]
async fn a_large_folder_that_may_not_be_deleted_keeps_its_messages() {
    let f = fixture().await;
    let folder = f.large_folder("Large", 1000).await;
    f.write(|c| c.create_path(&["Large", "below"])).await;
    assert!(f.mailbox.delete_folder(folder).await.is_err());
    f.check_folder(folder, 1000).await;
}
