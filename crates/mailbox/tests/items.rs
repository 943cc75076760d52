//! Items: UIDs, change numbers, flags, copies, moves, deletion.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::{
    ChangeNumber, Fault, FlagChange, FlagOp, Flags, FolderId, Keywords, QuotaLimits, Special, Uid,
    UidSet,
};
use std::ops::ControlFlow;
use std::time::Duration;
use support::{Fixture, fixture};
use types::Clock;

fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
    uids.into_iter().map(Uid::new).collect()
}

fn add(flags: Flags) -> FlagChange {
    FlagChange { op: FlagOp::Add, flags, keywords: Keywords::NONE }
}

#[tokio::test]
async fn a_new_message_is_there_whole() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "hello").await;
    assert_eq!(entry.uid.get(), 1);
    let (text, size) = f
        .read(move |view| {
            let content = view.content(entry.content)?;
            Ok((view.message(&content)?, content.octets()))
        })
        .await;
    let expected = [b"Return-Path: <a@example.test>\r\n".to_vec(), support::message("hello")];
    assert_eq!(text, expected.concat());
    assert_eq!((size, u64::from(entry.size)), (text.len() as u64, text.len() as u64));
}

#[tokio::test]
async fn parts_of_a_message_cross_the_prefix() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "hello").await;
    let whole = f
        .read(move |view| {
            let content = view.content(entry.content)?;
            let whole = view.message(&content)?;
            for start in 0..whole.len() {
                for end in start..=whole.len() + 2 {
                    let part = view.message_part(&content, start as u64..end as u64)?;
                    assert_eq!(part, whole[start..end.min(whole.len())]);
                }
            }
            Ok(whole)
        })
        .await;
    assert!(!whole.is_empty());
}

#[tokio::test]
async fn uids_and_change_numbers_rise_over_many_pages() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    for _ in 0..5 {
        f.append_many(inbox, "m", 100).await;
    }
    assert_eq!(f.uids(inbox).await, (1..=500).collect::<Vec<_>>());
    let mut last = ChangeNumber::default();
    let highest = f
        .read(move |view| {
            view.entries(inbox, &UidSet::all(), &mut |entry| {
                assert!(entry.modseq() > last);
                last = entry.modseq();
                ControlFlow::Continue(())
            })?;
            assert_eq!(view.status(inbox)?.exists, 500);
            Ok((view.status(inbox)?.content_cn, last))
        })
        .await;
    assert_eq!(highest.0, highest.1);
}

#[tokio::test]
async fn flags_change_only_what_they_change() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 300).await;
    let before = f.read(move |view| Ok(view.status(inbox)?.content_cn)).await;
    let stored =
        f.write(move |c| c.store_flags(inbox, &set(100..=102), &add(Flags::SEEN), None)).await;
    assert_eq!(stored.changed.len(), 3);
    let again =
        f.write(move |c| c.store_flags(inbox, &set(101..=103), &add(Flags::SEEN), None)).await;
    assert_eq!(again.changed.iter().map(|e| e.uid.get()).collect::<Vec<_>>(), [103]);
    let (changed, unseen) = f
        .read(move |view| {
            let mut changed = Vec::new();
            view.changed_since(inbox, before, &mut |entry| {
                changed.push(entry.uid.get());
                ControlFlow::Continue(())
            })?;
            Ok((changed, view.status(inbox)?.unseen))
        })
        .await;
    assert_eq!((changed, unseen), (vec![100, 101, 102, 103], 296));
}

#[tokio::test]
async fn unchanged_since_leaves_newer_ones_alone() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 3).await;
    let at = f.read(move |view| Ok(view.status(inbox)?.content_cn)).await;
    f.write(move |c| c.store_flags(inbox, &set([2]), &add(Flags::FLAGGED), None)).await;
    let stored =
        f.write(move |c| c.store_flags(inbox, &set(1..=3), &add(Flags::SEEN), Some(at))).await;
    assert_eq!(stored.modified, set([2]));
    assert_eq!(stored.changed.iter().map(|e| e.uid.get()).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn seen_and_the_rest_have_change_numbers_of_their_own() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    let seen = f.write(move |c| c.store_flags(inbox, &set([1]), &add(Flags::SEEN), None)).await;
    assert!(seen.changed[0].cn_read > entry.cn_created);
    assert_eq!(seen.changed[0].cn_other, entry.cn_other.max(entry.cn_created));
}

#[tokio::test]
async fn expunge_keeps_the_item_recoverable() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 200).await;
    f.write(move |c| c.store_flags(inbox, &set([3, 150]), &add(Flags::DELETED), None)).await;
    let before = f.read(move |view| Ok(view.status(inbox)?.content_cn)).await;
    let gone = f.write(move |c| c.expunge(inbox, &UidSet::all(), true)).await;
    assert_eq!(gone, set([3, 150]));
    let deletions = f.special(Special::Deletions).await;
    let kept = f
        .read(move |view| {
            let vanished = view.vanished_since(inbox, before)?;
            assert!(vanished.complete);
            assert_eq!(vanished.uids, set([3, 150]));
            assert_eq!(view.status(inbox)?.exists, 198);
            assert!(view.status(inbox)?.content_cn > before);
            view.entry(deletions, Uid::new(1))
        })
        .await
        .unwrap();
    assert_eq!(kept.origin, Some(inbox));
    assert!(!kept.flags.contains(Flags::DELETED));
}

#[tokio::test]
async fn retention_purges_and_sweeps() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let entry = f.append(inbox, "m").await;
    f.write(move |c| c.copy(inbox, &set([1]), inbox)).await;
    f.write(move |c| c.expunge(inbox, &set([1]), false)).await;
    assert_eq!(f.purge_expired().await, 0);
    f.clock.advance(Duration::from_secs(15 * 86_400));
    assert_eq!(f.purge_expired().await, 1);
    f.sweep_contents().await;
    f.read(move |view| view.content(entry.content).map(|_| ())).await;
    f.write(move |c| c.expunge(inbox, &set([2]), false)).await;
    f.clock.advance(Duration::from_secs(15 * 86_400));
    assert_eq!(f.purge_expired().await, 1, "the copy still referred to the content");
    f.sweep_contents().await;
    let content = f.mailbox.read(move |view| view.content(entry.content)).await;
    assert!(matches!(content, Err(Fault::Damaged(_))));
}

#[tokio::test]
async fn old_tombstones_raise_the_floor() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 4).await;
    let before = f.read(move |view| Ok(view.status(inbox)?.content_cn)).await;
    f.write(move |c| c.expunge(inbox, &set([2]), false)).await;
    f.clock.advance(Duration::from_secs(61 * 86_400));
    assert_eq!(purge_tombstones(&f, inbox).await, 1);
    let vanished = f.read(move |view| view.vanished_since(inbox, before)).await;
    assert!(!vanished.complete);
    assert_eq!(vanished.uids, set([2]));
}

#[tokio::test]
async fn copies_share_content_and_moves_keep_the_item() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let archive = f.special(Special::Archive).await;
    let original = f.append(inbox, "m").await;
    let copied = f.write(move |c| c.copy(inbox, &set([1]), archive)).await;
    let moved = f.write(move |c| c.move_items(inbox, &set([1]), archive)).await;
    assert_eq!((copied[0].1.get(), moved[0].1.get()), (1, 2));
    let (copy, moved) = f
        .read(move |view| {
            Ok((view.entry(archive, Uid::new(1))?, view.entry(archive, Uid::new(2))?))
        })
        .await;
    let (copy, moved) = (copy.unwrap(), moved.unwrap());
    assert_eq!((copy.content, moved.content), (original.content, original.content));
    assert_ne!(copy.item, original.item);
    assert_eq!(moved.item, original.item);
    assert_ne!(moved.mid, original.mid);
    assert_eq!(f.uids(inbox).await, Vec::<u32>::new());
}

#[tokio::test]
async fn a_move_within_a_folder_gives_new_uids() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 3).await;
    f.write(move |c| c.move_items(inbox, &set([1, 2]), inbox)).await;
    assert_eq!(f.uids(inbox).await, [3, 4, 5]);
}

#[tokio::test]
async fn replacing_gives_a_new_uid_and_keeps_the_mid() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let old = f.append(inbox, "old").await;
    let bytes = support::message("new");
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    let new = f.write(move |c| c.replace(inbox, Uid::new(1), &staged, &item)).await;
    assert_eq!((new.uid.get(), new.mid, new.item), (2, old.mid, old.item));
    assert_ne!(new.content, old.content);
    let found = f.read(move |view| view.entry_by_mid(inbox, old.mid)).await;
    assert_eq!(found.map(|entry| entry.uid.get()), Some(2));
}

#[tokio::test]
async fn a_full_mailbox_takes_nothing_more() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let size = u64::from(f.append(inbox, "m").await.size);
    let limits = QuotaLimits { prohibit_send_receive: Some(size + 1), ..Default::default() };
    f.write(move |c| c.set_quota(&limits)).await;
    let bytes = support::message("m");
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    let refused = f.mailbox.write(move |c| c.append(inbox, &staged, &item)).await;
    assert!(matches!(refused, Err(Fault::OverQuota)));
    let refused = f.mailbox.write(move |c| c.copy(inbox, &set([1]), inbox)).await;
    assert!(matches!(refused, Err(Fault::OverQuota)));
    assert_eq!(f.read(|view| Ok(view.quota()?.items)).await, 1);
}

#[tokio::test]
async fn a_fault_leaves_nothing_behind() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append(inbox, "m").await;
    let before = f.read(|view| view.counters()).await;
    let failed: Result<(), Fault> = f
        .mailbox
        .write(move |c| {
            c.copy(inbox, &set([1]), inbox)?;
            Err(Fault::Invalid("changed my mind"))
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(f.read(|view| view.counters()).await, before);
    assert_eq!(f.uids(inbox).await, [1]);
}

#[tokio::test]
async fn keywords_are_numbered_once_and_bounded() {
    let f = fixture().await;
    let (a, b, again) =
        f.write(|c| Ok((c.keyword("Work")?, c.keyword("Home")?, c.keyword("wORK")?))).await;
    assert_eq!(a, again);
    assert_ne!(a, b);
    let names: Vec<_> =
        f.read(move |view| Ok(view.keywords()?.names_of(a).map(str::to_owned).collect())).await;
    assert_eq!(names, ["Work"]);
    for n in 2..128 {
        f.write(move |c| c.keyword(&format!("k{n}"))).await;
    }
    let full = f.mailbox.write(|c| c.keyword("one too many")).await;
    assert!(matches!(full, Err(Fault::Limit(_))));
}

#[tokio::test]
async fn a_delivery_writes_five_rows() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append(inbox, "first").await;
    let before = f.rows().await;
    let entry = f.append(inbox, "second").await;
    let after = f.rows().await;
    let written = after.iter().filter(|(key, value)| before.get(*key) != Some(value)).count();
    assert_eq!(entry.uid.get(), 2);
    assert!(written <= 5, "{written} rows");
}

#[tokio::test]
async fn a_message_with_very_many_recipients_is_kept() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let to: Vec<_> = (0..5000).map(|n| format!("recipient{n:05}@example.test")).collect();
    let text = format!("Subject: all\r\nTo: {}\r\n\r\nhello\r\n", to.join(",\r\n "));
    let item = support::new_item(text.as_bytes());
    assert!(item.summary.len() > 100_000, "{}", item.summary.len());
    let staged = f.mailbox.stage(text.clone().into_bytes()).await.unwrap();
    let entries = f
        .write(move |c| {
            (0..3).map(|_| c.append(inbox, &staged, &item)).collect::<Result<Vec<_>, _>>()
        })
        .await;
    let numbers: Vec<_> = entries.iter().map(|entry| entry.content).collect();
    let seen = f
        .read(move |view| {
            let mut seen = Vec::new();
            view.contents(&numbers, &mut |number, content| {
                seen.push((number, content.summary().unwrap().envelope.to.len()));
                ControlFlow::Continue(())
            })?;
            assert_eq!(view.message(&view.content(numbers[1])?)?.len() as u32, entries[1].size);
            Ok(seen)
        })
        .await;
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|(_, recipients)| *recipients > 1000));
}

#[tokio::test]
async fn contents_that_went_since_they_were_found_are_left_out() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let mut numbers = Vec::new();
    for subject in ["one", "two", "three"] {
        numbers.push(f.append(inbox, subject).await.content);
    }
    f.write(move |c| c.expunge(inbox, &set([2]), false)).await;
    f.clock.advance(Duration::from_secs(15 * 86_400));
    f.purge_expired().await;
    f.sweep_contents().await;
    numbers.swap(0, 2);
    let all = numbers.clone();
    let left = f.read(move |view| {
        let mut left = Vec::new();
        view.contents_left(&all, &mut |at, _| {
            left.push(at);
            ControlFlow::Continue(())
        })?;
        Ok(left)
    });
    assert_eq!(left.await, [0, 2]);
    let visit =
        f.mailbox.read(move |view| view.contents(&numbers, &mut |_, _| ControlFlow::Continue(())));
    assert!(matches!(visit.await, Err(Fault::Damaged(_))));
}

#[tokio::test]
async fn reclaiming_takes_only_what_no_content_refers_to() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append(inbox, "kept").await;
    f.append(inbox, "gone").await;
    f.write(move |c| c.expunge(inbox, &set([2]), false)).await;
    f.clock.advance(Duration::from_secs(15 * 86_400));
    f.purge_expired().await;
    f.sweep_contents().await;
    assert_eq!(reclaim(&f).await, (1, 0), "the first mark only says from when on");
    f.clock.advance(Duration::from_secs(1));
    assert_eq!(reclaim(&f).await, (1, 1));
    let entry = f.read(move |view| view.entry(inbox, Uid::new(1))).await.unwrap();
    let text = f.read(move |view| view.message(&view.content(entry.content)?)).await;
    assert!(text.ends_with(b"kept\r\n"));
}

/// Blobs that are referred to, and blobs that were deleted.
async fn reclaim(f: &support::Fixture) -> (usize, u64) {
    let database = f.mailbox.database();
    let mark = database.mark(Duration::ZERO).await.unwrap();
    let live = database.read(|snapshot| {
        let mut live = Vec::new();
        mailbox::visit_blobs(snapshot, b"", &mut |blob| live.push(blob))?;
        Ok::<_, store::StoreError>(live)
    });
    let live = live.await.unwrap();
    let count = live.len();
    (count, database.sweep(mark, live).await.unwrap().blobs_deleted as u64)
}

#[tokio::test]
async fn what_a_replacement_leaves_behind_is_swept() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let old = f.append(inbox, "old").await;
    let bytes = support::message("new");
    let item = support::new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    f.write(move |c| c.replace(inbox, Uid::new(1), &staged, &item)).await;
    f.sweep_contents().await;
    let content = f.mailbox.read(move |view| view.content(old.content)).await;
    assert!(matches!(content, Err(Fault::Damaged(_))));
}

#[tokio::test]
async fn what_leads_to_moved_items_goes_with_the_tombstones() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let junk = f.special(Special::JunkEmail).await;
    f.append_many(inbox, "m", 3).await;
    f.write(move |c| c.move_items(inbox, &set([1, 2]), junk)).await;
    assert_eq!(aliases(&f), 2);
    f.clock.advance(Duration::from_secs(61 * 86_400));
    purge_tombstones(&f, inbox).await;
    assert_eq!(aliases(&f), 0);
}

/// Rows that lead from an old MID to where its item is.
fn aliases(f: &support::Fixture) -> usize {
    use mailbox::key::{self, Table};
    let from = key::table(f.mailbox.number(), Table::Alias);
    let mut count = 0;
    let snapshot = f.mailbox.database().snapshot().unwrap();
    let visit = &mut |_: &[u8], _| {
        count += 1;
        ControlFlow::Continue(())
    };
    store::Read::range(&snapshot, &from, &key::after(&from), store::Direction::Forward, visit)
        .unwrap();
    count
}

async fn purge_tombstones(f: &Fixture, folder: FolderId) -> usize {
    let now = f.clock.now();
    f.write(move |c| c.purge_tombstones(folder, now, 10)).await
}
