//! Tables: order, restriction, categories, and what changes become in them.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use content::Bag;
use content::property::restriction::Relation;
use content::property::{PropertyKey, PropertyName, Restriction, SortKey, Value, names, tags};
use mailbox::key::List;
use mailbox::{
    Fault, FlagChange, FlagOp, Flags, FolderId, Keywords, Special, Table, TableEvent, TableQuery,
    Uid, UidSet,
};
use support::{Fixture, engines, fixture};
use types::limits::SORTED_ITEMS_MAX;

fn rank() -> PropertyKey {
    PropertyName::string(names::PS_PUBLIC_STRINGS, "Rank").into()
}

fn by(key: impl Into<PropertyKey>, descending: bool) -> SortKey {
    SortKey { key: key.into(), descending }
}

fn query(folder: FolderId, order: Vec<SortKey>) -> TableQuery {
    TableQuery { folder, list: List::Items, restriction: None, order }
}

async fn open(f: &Fixture, query: TableQuery) -> Table {
    f.read(move |view| Table::open(view, query)).await
}

async fn refresh(f: &Fixture, table: &mut Table) -> Vec<TableEvent> {
    let mut now = table.clone();
    let (now, events) = f
        .read(move |view| {
            let events = now.refresh(view)?;
            Ok((now, events))
        })
        .await;
    *table = now;
    events
}

fn uids(table: &Table) -> Vec<u32> {
    table.rows().iter().map(|row| row.uid.get()).collect()
}

async fn set(f: &Fixture, folder: FolderId, uid: u32, sets: Bag) {
    let change = f.mailbox.stage_properties(sets, Vec::new()).await.unwrap();
    f.write(move |c| c.set_properties(folder, List::Items, Uid::new(uid), &change)).await;
}

async fn ranked(f: &Fixture, ranks: &[i32]) -> FolderId {
    let inbox = f.inbox().await;
    for (uid, number) in (1..).zip(ranks) {
        f.append(inbox, &format!("m{uid}")).await;
        set(f, inbox, uid, [(rank(), *number)].into_iter().collect()).await;
    }
    inbox
}

#[tokio::test]
async fn items_stand_in_the_order_of_any_property() {
    for f in engines().await {
        let inbox = ranked(&f, &[7, 3]).await;
        f.append(inbox, "without").await;
        set(&f, inbox, 2, [(tags::SUBJECT, "Zebra")].into_iter().collect()).await;
        for (order, expected) in [
            (vec![by(rank(), false)], [3, 2, 1]),
            (vec![by(rank(), true)], [1, 2, 3]),
            (vec![by(tags::SUBJECT, false)], [1, 3, 2]),
            (vec![by(tags::READ, false), by(tags::SUBJECT, true)], [2, 3, 1]),
            (vec![], [1, 2, 3]),
        ] {
            assert_eq!(uids(&open(&f, query(inbox, order)).await), expected);
        }
    }
}

#[tokio::test]
async fn changes_reach_the_rows_one_by_one() {
    for f in engines().await {
        let inbox = ranked(&f, &[1, 2, 3]).await;
        let restriction = Some(Restriction::Property {
            key: rank(),
            relation: Relation::Less,
            value: Value::from(10),
        });
        let query = TableQuery { restriction, ..query(inbox, vec![by(rank(), false)]) };
        let mut table = open(&f, query.clone()).await;
        assert_eq!(refresh(&f, &mut table).await, []);
        let mid = |table: &Table, uid: u32| {
            table.rows().iter().find(|row| row.uid.get() == uid).unwrap().mid
        };
        let (first, second, third) = (mid(&table, 1), mid(&table, 2), mid(&table, 3));
        set(&f, inbox, 1, [(rank(), 5)].into_iter().collect()).await;
        let moved = TableEvent::Placed { mid: first, after: Some(third), new: false };
        assert_eq!(refresh(&f, &mut table).await, [moved]);
        set(&f, inbox, 2, [(rank(), 50)].into_iter().collect()).await;
        assert_eq!(refresh(&f, &mut table).await, [TableEvent::Deleted(second)]);
        set(&f, inbox, 2, [(rank(), 0)].into_iter().collect()).await;
        let back = TableEvent::Placed { mid: second, after: None, new: true };
        assert_eq!(refresh(&f, &mut table).await, [back]);
        f.append(inbox, "unranked").await;
        assert_eq!(refresh(&f, &mut table).await, []);
        f.write(move |c| c.expunge(inbox, &UidSet::from_iter([Uid::new(3)]), false)).await;
        assert_eq!(refresh(&f, &mut table).await, [TableEvent::Deleted(third)]);
        assert_eq!(table.rows(), open(&f, query).await.rows());
    }
}

#[tokio::test]
async fn after_much_change_it_is_made_again() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    f.append_many(inbox, "m", 300).await;
    let mut table = open(&f, query(inbox, vec![by(tags::READ, false)])).await;
    let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN, keywords: Keywords::NONE };
    f.write(move |c| c.store_flags(inbox, &UidSet::all(), &seen, None)).await;
    assert_eq!(refresh(&f, &mut table).await, [TableEvent::Reloaded]);
    assert!(table.rows().iter().all(|row| !row.unread));
    let archive = f.special(Special::Archive).await;
    f.write(move |c| c.move_items(inbox, &UidSet::all(), archive)).await;
    assert_eq!(refresh(&f, &mut table).await, [TableEvent::Reloaded]);
    assert!(table.rows().is_empty());
}

#[tokio::test]
async fn rows_that_agree_are_a_category() {
    let f = fixture().await;
    let inbox = ranked(&f, &[2, 1, 2, 1]).await;
    let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN, keywords: Keywords::NONE };
    let two = UidSet::from_iter([Uid::new(2), Uid::new(3)]);
    f.write(move |c| c.store_flags(inbox, &two, &seen, None)).await;
    let table = open(&f, query(inbox, vec![by(rank(), true), by(tags::READ, false)])).await;
    let shown = |depth| {
        let line = |c: &mailbox::Category| (c.depth, c.first, c.rows, c.unread);
        table.categories(depth).iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(shown(0), []);
    assert_eq!(shown(1), [(0, 0, 2, 1), (0, 2, 2, 1)]);
    let both = [(0, 0, 2, 1), (1, 0, 1, 1), (1, 1, 1, 0), (0, 2, 2, 1), (1, 2, 1, 1), (1, 3, 1, 0)];
    assert_eq!(shown(2), both);
    assert_eq!(shown(9), both);
}

#[tokio::test]
async fn a_table_has_at_most_its_number_of_rows() {
    let f = fixture().await;
    let folder = f.large_folder("Many", SORTED_ITEMS_MAX).await;
    let open = || {
        f.mailbox.read(move |view| {
            Table::open(view, query(folder, vec![])).map(|table| table.rows().len())
        })
    };
    assert_eq!(open().await.unwrap(), SORTED_ITEMS_MAX);
    f.append(folder, "one more").await;
    assert!(matches!(open().await, Err(Fault::Limit("rows of a table"))));
}

#[tokio::test]
async fn a_query_that_is_too_large_is_refused() {
    let f = fixture().await;
    let inbox = f.inbox().await;
    let order = vec![by(tags::SUBJECT, false); types::limits::SORT_KEYS_MAX + 1];
    let answer = f.mailbox.read(move |view| Table::open(view, query(inbox, order)).map(|_| ()));
    assert!(matches!(answer.await, Err(Fault::Limit(_))));
}
