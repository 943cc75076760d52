//! Automatic replies: what is kept of them, and of whom they went to.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use mailbox::automatic_replies::{is_answered, note_answered};
use mailbox::{AutoReplyState, AutomaticReplies, AutomaticReplyTexts, Fault, MailboxNumber};
use support::{Fixture, engines, fixture};
use types::limits::{
    AUTOMATIC_REPLY_OCTETS_MAX, AUTOMATIC_REPLY_SENDERS_MAX, AUTOMATIC_REPLY_SWEEP_ROWS,
};
use types::{Address, Timestamp};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn numbered(number: u64) -> Address {
    address(&format!("a{number}@example.test"))
}

async fn set(f: &Fixture, settings: AutomaticReplies) -> u32 {
    let texts = AutomaticReplyTexts { internal: "in".into(), external: "out".into() };
    f.write(move |change| change.set_automatic_replies(settings, &texts)).await;
    f.read(|view| view.automatic_replies()).await.period
}

async fn note(f: &Fixture, period: u32, senders: std::ops::Range<u64>) {
    let number: MailboxNumber = f.mailbox.number();
    let write = move |txn: &mut store::Txn<'_>| {
        let mut each = senders.clone().map(numbered);
        each.try_for_each(|sender| note_answered(txn, number, period, &sender))
    };
    f.mailbox.database().write(write).await.unwrap();
}

async fn answered(f: &Fixture, period: u32, sender: Address) -> bool {
    let number = f.mailbox.number();
    let database = f.mailbox.database();
    database.read(move |read| is_answered(read, number, period, &sender)).await.unwrap()
}

#[tokio::test]
async fn a_period_begins_when_replies_are_switched_on_or_their_time_changes() {
    use AutoReplyState::{Disabled, Enabled, Scheduled};
    for f in engines().await {
        let when = |state, start, end| AutomaticReplies {
            state,
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            ..AutomaticReplies::default()
        };
        assert_eq!(set(&f, when(Disabled, 0, 0)).await, 0);
        assert_eq!(set(&f, when(Enabled, 0, 0)).await, 1);
        assert_eq!(set(&f, when(Enabled, 5, 9)).await, 1, "a time that does not count");
        assert_eq!(set(&f, when(Disabled, 0, 0)).await, 1);
        assert_eq!(set(&f, when(Enabled, 0, 0)).await, 2);
        assert_eq!(set(&f, when(Scheduled, 5, 9)).await, 3);
        assert_eq!(set(&f, when(Scheduled, 5, 9)).await, 3);
        assert_eq!(set(&f, when(Scheduled, 5, 10)).await, 4);
        assert_eq!(f.read(|view| view.automatic_reply_texts()).await.external, "out");
    }
}

#[tokio::test]
async fn who_was_answered_is_known_by_period_and_in_any_case() {
    for f in engines().await {
        note(&f, 7, 1..2).await;
        assert!(answered(&f, 7, address("A1@Example.TEST")).await);
        assert!(!answered(&f, 7, numbered(11)).await, "no beginning of another");
        assert!(!answered(&f, 8, numbered(1)).await);
    }
}

#[tokio::test]
async fn earlier_periods_go_and_the_last_one_has_an_end() {
    let f = fixture().await;
    note(&f, 1, 0..30).await;
    let before = f.rows().await.len();
    // Each reply adds a row and takes more than that.
    note(&f, 2, 0..1).await;
    let rows = f.rows().await.len();
    assert_eq!(rows, before + 2 - AUTOMATIC_REPLY_SWEEP_ROWS, "the sender's and their number");
    note(&f, 2, 1..20).await;
    assert!(f.rows().await.len() < before, "rows of the first period stay");
    assert!(!answered(&f, 1, numbered(29)).await && answered(&f, 2, numbered(19)).await);
    let all = AUTOMATIC_REPLY_SENDERS_MAX;
    for from in (20..all - 1).step_by(1_000) {
        note(&f, 2, from..(from + 1_000).min(all - 1)).await;
    }
    assert!(!answered(&f, 2, address("last@example.test")).await);
    note(&f, 2, all - 1..all).await;
    assert!(answered(&f, 2, address("one-more@example.test")).await, "nobody else is answered");
}

#[tokio::test]
async fn a_text_has_its_length() {
    let f = fixture().await;
    let texts = |internal: usize, external: usize| AutomaticReplyTexts {
        internal: "x".repeat(internal),
        external: "x".repeat(external),
    };
    let most = AUTOMATIC_REPLY_OCTETS_MAX;
    let whole = texts(most, most);
    f.write(move |change| change.set_automatic_replies(Default::default(), &whole)).await;
    for long in [texts(most + 1, 0), texts(0, most + 1)] {
        let refused = f.mailbox.write(move |c| c.set_automatic_replies(Default::default(), &long));
        assert!(matches!(refused.await, Err(Fault::Limit(_))));
    }
}
