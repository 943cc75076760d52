//! The categorizer against a naive walk of random directories full of loops.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;

use common::{Directory, address, connector, envelope};
use proptest::prelude::*;
use transport::categorize::{Categorized, MessageFacts, Surroundings, categorize};
use transport::*;

const PEOPLE: usize = 8;

/// An entry of a random directory; the numbers name other entries.
#[derive(Clone, Debug)]
enum Entry {
    Mailbox,
    MailboxAndForward(usize),
    Forward(usize),
    Group(Vec<usize>),
    Contact,
    Unknown,
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        Just(Entry::Mailbox),
        (0..PEOPLE).prop_map(Entry::MailboxAndForward),
        (0..PEOPLE).prop_map(Entry::Forward),
        proptest::collection::vec(0..PEOPLE, 0..5).prop_map(Entry::Group),
        Just(Entry::Contact),
        Just(Entry::Unknown),
    ]
}

fn name(number: usize) -> String {
    format!("p{number}@example.test")
}

fn directory(entries: &[Entry]) -> Directory {
    let directory = Directory::default();
    for (number, entry) in entries.iter().enumerate() {
        let own = name(number);
        let mailbox = || LocalMailbox::new(number as u32, address(&own));
        match entry {
            Entry::Mailbox => directory.set(&own, Resolved::Mailbox(mailbox())),
            Entry::MailboxAndForward(to) => {
                let also_forward_to = Some(address(&name(*to)));
                directory
                    .set(&own, Resolved::Mailbox(LocalMailbox { also_forward_to, ..mailbox() }));
            }
            Entry::Forward(to) => directory.forward(&own, &name(*to)),
            Entry::Group(members) => {
                let members: Vec<String> = members.iter().map(|member| name(*member)).collect();
                let members: Vec<&str> = members.iter().map(String::as_str).collect();
                directory.group(&own, &members, GroupReports::Originator);
            }
            Entry::Contact => directory.forward(&own, &format!("p{number}@far.test")),
            Entry::Unknown => {}
        }
    }
    directory
}

/// Everything that can be reached from these entries.
fn reachable(entries: &[Entry], from: &[usize]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut work = from.to_vec();
    while let Some(number) = work.pop() {
        if found.insert(number) {
            match &entries[number] {
                Entry::MailboxAndForward(to) | Entry::Forward(to) => work.push(*to),
                Entry::Group(members) => work.extend(members),
                Entry::Mailbox | Entry::Contact | Entry::Unknown => {}
            }
        }
    }
    found
}

fn run(entries: &[Entry], from: &[usize]) -> Categorized {
    let directory = directory(entries);
    let routes = RoutingTable::new([connector(1, "all", "*")]);
    let to: Vec<String> = from.iter().map(|number| name(*number)).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let around = Surroundings { recipients: &directory, routes: &routes };
    let facts = MessageFacts { octets: 1, internal: true };
    categorize(&envelope("s@far.test", &to), facts, around).unwrap()
}

proptest! {
    #[test]
    fn everybody_reachable_is_served_exactly_once(
        entries in proptest::collection::vec(entry(), PEOPLE),
        from in proptest::collection::vec(0..PEOPLE, 1..4),
    ) {
        let (entries, reached) = (&entries, reachable(&entries, &from));
        let sorted = run(entries, &from);
        let mailboxes: Vec<u32> = sorted.copies.iter().flat_map(|copy| &copy.local).map(|l| l.mailbox).collect();
        let remote: Vec<String> = sorted.copies.iter().flat_map(|copy| copy.remote.values().flatten())
            .map(|recipient| recipient.address.to_string()).collect();
        let of = |kind: fn(&Entry) -> bool| reached.iter().copied().filter(move |n| kind(&entries[*n]));
        let expected: BTreeSet<u32> =
            of(|e| matches!(e, Entry::Mailbox | Entry::MailboxAndForward(_))).map(|n| n as u32).collect();
        prop_assert_eq!(mailboxes.iter().copied().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(mailboxes.len(), mailboxes.iter().collect::<BTreeSet<_>>().len());
        let expected: BTreeSet<String> =
            of(|e| matches!(e, Entry::Contact)).map(|n| format!("p{n}@far.test")).collect();
        prop_assert_eq!(remote.iter().cloned().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(remote.len(), remote.iter().collect::<BTreeSet<_>>().len());
        let unknown = of(|e| matches!(e, Entry::Unknown)).count();
        prop_assert!(unknown == 0 || !sorted.failures.is_empty(), "an unknown recipient is never silent");
    }
}

#[test]
fn forward_only_cycles_fail_for_each_who_enters_them() {
    let entries = [Entry::Forward(1), Entry::Forward(2), Entry::Forward(0), Entry::Mailbox];
    let sorted = run(&entries, &[0, 1, 3]);
    assert_eq!(sorted.failures.len(), 2);
    assert!(sorted.failures.iter().all(|failure| failure.reply == status::forwarding_loop()));
    assert_eq!(sorted.copies[0].local.len(), 1);
}
