//! A search gives the same with an index, with half of one, and without.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::time::Duration;

use content::search::{Needle, SearchText};
use mailbox::fulltext::{FullTextStats, Progress, index_pass};
use mailbox::search::Criteria;
use mailbox::{FolderId, Uid, UidSet};
use proptest::prelude::*;
use support::{Fixture, fixture, new_item};

const DAY_SECS: u64 = 86_400;

async fn pass(f: &Fixture) -> Progress {
    index_pass(f.mailbox.database(), f.mailbox.number()).await.unwrap()
}

async fn finish(f: &Fixture) {
    while pass(f).await != Progress::UpToDate {}
}

async fn stats(f: &Fixture) -> FullTextStats {
    f.read(|view| view.fulltext_stats()).await
}

async fn append_bytes(f: &Fixture, folder: FolderId, bytes: Vec<u8>) {
    let item = new_item(&bytes);
    let staged = f.mailbox.stage(bytes).await.unwrap();
    f.write(move |change| change.append(folder, &staged, &item)).await;
}

fn text(needle: &str) -> Criteria {
    Criteria::Text(Needle::new(needle))
}

fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
    uids.into_iter().map(Uid::new).collect()
}

/// What a search is measured by: the text of the message as it stands.
struct Plain {
    text: SearchText,
    subject: String,
}

impl Plain {
    fn of(bytes: &[u8]) -> Plain {
        let summary = content::derive(bytes);
        let mut text = content::search::text(bytes, &summary.structure);
        text.add_header(&new_item(bytes).prefix);
        Plain { text, subject: summary.envelope.subject_text().into_owned() }
    }

    fn matches(&self, criteria: &Criteria) -> bool {
        match criteria {
            Criteria::Text(needle) => self.text.text_contains(needle),
            Criteria::Body(needle) => self.text.body_contains(needle),
            Criteria::Header(name, needle) if name == "subject" && !needle.as_str().is_empty() => {
                needle.is_in(&self.subject)
            }
            Criteria::Header(name, needle) => self.text.header_contains(name, needle),
            Criteria::Not(inner) => !self.matches(inner),
            Criteria::And(list) => list.iter().all(|part| self.matches(part)),
            Criteria::Or(list) => list.iter().any(|part| self.matches(part)),
            other => panic!("{other:?} is not asked for here"),
        }
    }
}

/// Words that contain each other, fold, or are longer than a term.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[abAB]{1,4}",
        2 => "[a-c\u{fc}\u{dc}\u{df}\u{3c3}\u{3c2}\u{301}]{1,6}",
        1 => "[ab]{60,150}",
        1 => "[a\u{fc}]{30,80}",
        1 => "[ab0-9]{1,3}[-@.:][ab]{1,3}",
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let subject = prop_oneof!["[abS ]{0,8}", Just("=?utf-8?q?Gr=C3=BC=C3=9Fe_ab?=".to_owned())];
    let kind = prop_oneof![Just("plain"), Just("html")];
    (subject, kind, any_text(), any_text()).prop_map(|(subject, kind, note, body)| {
        let note = note.replace(|c: char| !c.is_ascii(), "x");
        let head = format!("Subject: {subject}\r\nX-Note: {note}\r\nX-Ab: 1\r\n");
        let kind = format!("Content-Type: text/{kind}; charset=utf-8\r\n\r\n");
        format!("{head}{kind}<p>{body}</p>\r\n").into_bytes()
    })
}

fn any_needle() -> impl Strategy<Value = String> {
    let piece = (any_text(), 0usize..40, 1usize..40)
        .prop_map(|(text, from, count)| text.chars().skip(from).take(count).collect());
    prop_oneof![
        3 => piece,
        3 => "[abAB]{1,3}",
        1 => "[ab]{30,70}",
        1 => "[ab \u{fc}:.]{0,5}",
        1 => Just("x-ab: 1".to_owned()),
        1 => Just("gr\u{dc}SSE".to_owned()),
    ]
}

fn any_leaf() -> impl Strategy<Value = Criteria> {
    let name = prop_oneof![Just("subject"), Just("x-note"), Just("x-ab"), Just("x-none")];
    prop_oneof![
        any_needle().prop_map(|needle| Criteria::Text(Needle::new(&needle))),
        any_needle().prop_map(|needle| Criteria::Body(Needle::new(&needle))),
        (name, any_needle())
            .prop_map(|(name, needle)| Criteria::Header(name.to_owned(), Needle::new(&needle))),
    ]
}

fn any_criteria() -> impl Strategy<Value = Criteria> {
    let pair = || (any_leaf(), any_leaf());
    prop_oneof![
        4 => any_leaf(),
        1 => any_leaf().prop_map(|leaf| Criteria::Not(Box::new(leaf))),
        1 => pair().prop_map(|(a, b)| Criteria::And(vec![a, Criteria::Not(Box::new(b))])),
        1 => pair().prop_map(|(a, b)| Criteria::Or(vec![a, b])),
    ]
}

/// Fills a mailbox, with passes after some of the messages.
async fn fill(messages: &[(Vec<u8>, bool)]) -> (Fixture, FolderId) {
    let f = fixture().await;
    let inbox = f.inbox().await;
    for (bytes, index) in messages {
        append_bytes(&f, inbox, bytes.clone()).await;
        if *index {
            pass(&f).await;
        }
    }
    (f, inbox)
}

async fn compare(messages: &[(Vec<u8>, bool)], searches: &[Criteria]) -> Result<(), TestCaseError> {
    let (f, inbox) = fill(messages).await;
    let plain: Vec<Plain> = messages.iter().map(|(bytes, _)| Plain::of(bytes)).collect();
    for whole in [false, true] {
        if whole {
            finish(&f).await;
        }
        for criteria in searches {
            let expected = (1..).zip(&plain).filter(|(_, plain)| plain.matches(criteria));
            let expected: Vec<u32> = expected.map(|(uid, _)| uid).collect();
            let found = f.search(inbox, criteria.clone()).await;
            prop_assert_eq!(found, expected, "{:?}, whole index: {}", criteria, whole);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn an_index_changes_no_answer(
        messages in proptest::collection::vec((any_message(), any::<bool>()), 1..24),
        searches in proptest::collection::vec(any_criteria(), 20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(&messages, &searches))?;
    }
}

#[tokio::test]
async fn segments_are_merged_and_their_rows_removed() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let mut most = 0;
    for number in 0..70 {
        f.append(inbox, &format!("number{number}x")).await;
        assert_eq!(pass(&f).await, Progress::Indexed(1));
        finish(&f).await;
        most = most.max(stats(&f).await.segments);
    }
    assert!((2..=14).contains(&most), "{most} segments at a time");
    assert_eq!(stats(&f).await.documents, 70);
    for (needle, expected) in [
        ("number0x", vec![1]),
        ("number69x", vec![70]),
        ("ber4", [&[5][..], &(41..=50).collect::<Vec<_>>()].concat()),
        ("number", (1..=70).collect()),
        ("number70x", vec![]),
    ] {
        assert_eq!(f.search(inbox, text(needle)).await, expected, "{needle}");
    }
}

#[tokio::test]
async fn deleted_contents_leave_the_index() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    for number in 0..20 {
        f.append(inbox, &format!("number{number}x")).await;
    }
    finish(&f).await;
    let before = stats(&f).await;
    delete_for_good(&f, inbox, 1..=15).await;
    assert_eq!((stats(&f).await.documents, stats(&f).await.dead), (20, 15));
    assert_eq!(f.search(inbox, text("number")).await, [16, 17, 18, 19, 20]);
    assert_eq!(pass(&f).await, Progress::Merged(1));
    finish(&f).await;
    let after = stats(&f).await;
    assert_eq!((after.documents, after.dead, after.mark), (5, 0, before.mark));
    assert!(after.octets < before.octets);
    assert_eq!(f.search(inbox, text("number17x")).await, [18]);
    delete_for_good(&f, inbox, 16..=20).await;
    finish(&f).await;
    assert_eq!((stats(&f).await.segments, stats(&f).await.mark), (0, before.mark));
    f.append(inbox, "later").await;
    assert_eq!(f.search(inbox, text("later")).await, [21]);
    assert_eq!(pass(&f).await, Progress::Indexed(1));
    assert_eq!(f.search(inbox, text("later")).await, [21]);
}

async fn delete_for_good(f: &Fixture, folder: FolderId, uids: std::ops::RangeInclusive<u32>) {
    let uids = set(uids);
    f.write(move |c| c.expunge(folder, &uids, false)).await;
    f.clock.advance(Duration::from_secs(15 * DAY_SECS));
    f.purge_expired().await;
    f.sweep_contents().await;
}

#[tokio::test]
async fn contents_deleted_before_their_turn_are_passed_over() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append(inbox, "gone").await;
    delete_for_good(&f, inbox, 1..=1).await;
    assert_eq!(pass(&f).await, Progress::Indexed(0));
    assert_eq!(pass(&f).await, Progress::UpToDate);
    assert_eq!((stats(&f).await.mark, stats(&f).await.segments), (stats(&f).await.last, 0));
}

#[tokio::test]
async fn moves_and_copies_need_no_indexing() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let drafts = f.special(mailbox::Special::Drafts).await;
    f.append(inbox, "apple").await;
    f.append(inbox, "banana").await;
    finish(&f).await;
    f.write(move |c| c.copy(inbox, &set([1]), drafts)).await;
    f.write(move |c| c.move_items(inbox, &set([2]), drafts)).await;
    assert_eq!(pass(&f).await, Progress::UpToDate);
    assert_eq!(f.search(inbox, text("a")).await, [1]);
    assert_eq!(f.search(drafts, text("banana")).await, [2]);
    assert_eq!(f.search(drafts, text("apple")).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_found_at_once_while_passes_run() {
    const MESSAGES: u32 = 120;
    let f = fixture().await;
    let inbox = f.inbox().await;
    let (database, number) = (f.mailbox.database().clone(), f.mailbox.number());
    let (end, mut ended) = tokio::sync::watch::channel(false);
    let indexing = tokio::spawn(async move {
        while !*ended.borrow_and_update() {
            index_pass(&database, number).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    for uid in 1..=MESSAGES {
        f.append(inbox, &format!("number{uid}x")).await;
        assert_eq!(f.search(inbox, text(&format!("number{uid}x"))).await, [uid]);
        let all: Vec<u32> = (1..=uid).collect();
        assert_eq!(f.search(inbox, text("number")).await, all);
    }
    end.send(true).unwrap();
    indexing.await.unwrap();
    finish(&f).await;
    assert_eq!(stats(&f).await.documents, u64::from(MESSAGES));
    assert_eq!(f.search(inbox, text("number7x")).await, [7]);
}
