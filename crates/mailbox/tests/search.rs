//! Search decides by entry, summary and text, and gives each match once, in UID order.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use content::search::Needle;
use mailbox::search::{Criteria, Relation};
use mailbox::{FlagChange, FlagOp, Flags, Keywords, Uid, UidSet};
use support::fixture;

fn text(needle: &str) -> Criteria {
    Criteria::Text(Needle::new(needle))
}

fn header(name: &str, needle: &str) -> Criteria {
    Criteria::Header(name.to_owned(), Needle::new(needle))
}

#[tokio::test]
async fn every_criterion_finds_what_it_should() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    for word in ["apple", "BANANA", "cherry"] {
        f.append(inbox, word).await;
    }
    let flagged = FlagChange { op: FlagOp::Add, flags: Flags::FLAGGED, keywords: Keywords::NONE };
    f.write(move |c| c.store_flags(inbox, &UidSet::from_iter([Uid::new(2)]), &flagged, None)).await;
    let today = 1_700_000_000 / 86_400;
    let not = |inner| Criteria::Not(Box::new(inner));
    for (criteria, expected) in [
        (Criteria::All, vec![1, 2, 3]),
        (Criteria::Nothing, vec![]),
        (text("banana"), vec![2]),
        (text("an"), vec![2]),
        (text("nowhere"), vec![]),
        (Criteria::Body(Needle::new("CHERRY")), vec![3]),
        (Criteria::Body(Needle::new("return-path")), vec![]),
        (header("Subject", "apple"), vec![1]),
        (header("return-path", "a@example.test"), vec![1, 2, 3]),
        (header("X-None", ""), vec![]),
        (header("Subject", ""), vec![1, 2, 3]),
        (not(text("a")), vec![]),
        (not(header("Subject", "banana")), vec![1, 3]),
        (Criteria::Flags(Flags::FLAGGED, true), vec![2]),
        (Criteria::Flags(Flags::FLAGGED, false), vec![1, 3]),
        (Criteria::And(vec![text("e"), Criteria::Flags(Flags::FLAGGED, false)]), vec![1, 3]),
        (Criteria::Or(vec![header("Subject", "cherry"), text("apple")]), vec![1, 3]),
        (Criteria::Received(Relation::On, today), vec![1, 2, 3]),
        (Criteria::Received(Relation::Before, today), vec![]),
        (Criteria::Sent(Relation::Since, 0), vec![]),
        (Criteria::Larger(1), vec![1, 2, 3]),
        (Criteria::Smaller(1), vec![]),
        (Criteria::Uids(UidSet::from_iter([Uid::new(3)])), vec![3]),
    ] {
        assert_eq!(f.search(inbox, criteria.clone()).await, expected, "{criteria:?}");
    }
}
