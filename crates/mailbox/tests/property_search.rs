//! Searching by properties of content, overlay, entry and message.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use content::Bag;
use content::property::restriction::{ContentRestriction, Extent, Ignore, Relation};
use content::property::{PropertyKey, PropertyName, Restriction, Value, names, tags};
use mailbox::key::List;
use mailbox::{Fault, FolderId, Uid, UidSet};
use std::ops::ControlFlow;
use support::{Fixture, engines, fixture};

fn custom(name: &str) -> PropertyKey {
    PropertyName::string(names::PS_PUBLIC_STRINGS, name).into()
}

fn property(
    key: impl Into<PropertyKey>,
    relation: Relation,
    value: impl Into<Value>,
) -> Restriction {
    Restriction::Property { key: key.into(), relation, value: value.into() }
}

fn contains(key: impl Into<PropertyKey>, text: &str) -> Restriction {
    let ignore = Ignore { case: true, non_space: false };
    let (key, value) = (key.into(), text.into());
    Restriction::Content(ContentRestriction { key, value, extent: Extent::Substring, ignore })
}

async fn find(f: &Fixture, folder: FolderId, restriction: Restriction) -> Vec<u32> {
    f.read(move |view| {
        let mut uids = Vec::new();
        view.search_properties(folder, List::Items, &restriction, &UidSet::all(), &mut |entry| {
            uids.push(entry.uid.get());
            ControlFlow::Continue(())
        })?;
        Ok(uids)
    })
    .await
}

async fn set(f: &Fixture, folder: FolderId, uid: u32, sets: Bag) {
    let change = f.mailbox.stage_properties(sets, Vec::new()).await.unwrap();
    f.write(move |c| c.set_properties(folder, List::Items, Uid::new(uid), &change)).await;
}

/// Three messages: "alpha" with a number, "beta" with another subject, "gamma" with a long text.
async fn filled(f: &Fixture) -> FolderId {
    let inbox = f.inbox().await;
    for subject in ["alpha", "beta", "gamma"] {
        f.append(inbox, subject).await;
    }
    set(f, inbox, 1, [(custom("Rank"), 7)].into_iter().collect()).await;
    set(f, inbox, 2, [(tags::SUBJECT, "Aardvark")].into_iter().collect()).await;
    let long = format!("{} needle", "x".repeat(9000));
    set(f, inbox, 3, [(custom("Notes"), long)].into_iter().collect()).await;
    inbox
}

#[tokio::test]
async fn any_property_can_be_asked_for() {
    for f in engines().await {
        let inbox = filled(&f).await;
        let header = PropertyName::string(names::PS_INTERNET_HEADERS, "Return-Path");
        for (restriction, expected) in [
            (contains(tags::SUBJECT, "LPH"), vec![1]),
            (contains(tags::SUBJECT, "beta"), vec![]),
            (contains(tags::SUBJECT, "aard"), vec![2]),
            (property(custom("Rank"), Relation::Greater, 6), vec![1]),
            (Restriction::Exist(custom("Notes")), vec![3]),
            (contains(custom("Notes"), "needle"), vec![3]),
            (
                Restriction::Size {
                    key: custom("Notes"),
                    relation: Relation::Greater,
                    octets: 18_000,
                },
                vec![3],
            ),
            (property(tags::READ, Relation::Equal, false), vec![1, 2, 3]),
            (contains(tags::BODY, "GAMMA"), vec![3]),
            (contains(tags::TRANSPORT_MESSAGE_HEADERS, "subject: beta"), vec![2]),
            (contains(header, "a@example.test"), vec![1, 2, 3]),
            (
                Restriction::Not(Box::new(Restriction::Or(vec![
                    Restriction::Exist(custom("Rank")),
                    Restriction::Exist(custom("Notes")),
                ]))),
                vec![2],
            ),
        ] {
            assert_eq!(find(&f, inbox, restriction.clone()).await, expected, "{restriction:?}");
        }
    }
}

#[tokio::test]
async fn a_restriction_that_is_too_complex_is_refused() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let leaf = || Restriction::Exist(tags::SUBJECT.into());
    let deep = (0..40).fold(leaf(), |inner, _| Restriction::Not(Box::new(inner)));
    let answer = f.mailbox.read(move |view| {
        let visit = &mut |_: &mailbox::Entry| ControlFlow::Continue(());
        view.search_properties(inbox, List::Items, &deep, &UidSet::all(), visit)
    });
    assert!(matches!(answer.await, Err(Fault::Limit(_))));
}
