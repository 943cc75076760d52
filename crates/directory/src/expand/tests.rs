#![allow(clippy::unwrap_used, clippy::panic)]
//! Expansion over small organizations written as text.

use super::*;
use crate::domain::{AcceptedDomain, DomainKind};
use crate::recipient::Group;
use crate::recipient::{
    Account, ChangeNumber, MailboxLocation, Quotas, RecoverableItems, Restrictions,
};
use crate::settings::Settings;
use crate::snapshot::Edit;
use types::Domain;

fn address(text: &str) -> Address {
    let text = if text.contains('@') { text.to_owned() } else { format!("{text}@here.test") };
    Address::parse(&text).unwrap()
}

/// The id of a name: its letters.
fn id(name: &str) -> RecipientId {
    let mut octets = [0; 16];
    octets[..name.len()].copy_from_slice(name.as_bytes());
    RecipientId(octets)
}

fn mailbox(forwarding: Option<Forwarding>) -> Kind {
    let location = MailboxLocation { server: String::new(), database: String::new(), number: 1 };
    let quotas = Quotas::default();
    let mailbox = Mailbox {
        location,
        quotas,
        forwarding,
        full_access: Vec::new(),
        use_database_quota_defaults: true,
        recoverable_items: RecoverableItems::default(),
    };
    Kind::UserMailbox(Account::default(), mailbox)
}

/// Mail goes on to an address, or to one of ours.
fn forwarding(to: &str, keep_copy: bool) -> Option<Forwarding> {
    let to = match to.contains('@') {
        true => ForwardTo::Address(address(to)),
        false => ForwardTo::Recipient(id(to)),
    };
    Some(Forwarding { to, keep_copy })
}

fn recipient(name: &str, kind: Kind) -> Edit {
    Edit::Put(Arc::new(Recipient {
        id: id(name),
        changed: ChangeNumber(1),
        alias: name.to_owned(),
        display_name: name.to_owned(),
        primary: address(name),
        proxies: Vec::new(),
        send_as: Vec::new(),
        send_on_behalf: Vec::new(),
        kind,
        hidden_from_address_lists: false,
        restrictions: Restrictions::default(),
        attributes: crate::Attributes::default(),
        manager: None,
        email_address_policy_enabled: false,
        throttling_policy: None,
    }))
}

/// `a` is a mailbox, `a > b` forwards, `a +> b` keeps a copy, `a = x@y` is a contact,
/// `a : b c` a group.
fn statement(text: &str) -> Edit {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [name] => recipient(name, mailbox(None)),
        [name, ">", to] => recipient(name, mailbox(forwarding(to, false))),
        [name, "+>", to] => recipient(name, mailbox(forwarding(to, true))),
        [name, "=", target] => recipient(name, Kind::MailContact(address(target))),
        [name, ":", ref members @ ..] => group(name, members.iter().map(|name| id(name))),
        _ => panic!("{text}"),
    }
}

fn group(name: &str, members: impl Iterator<Item = RecipientId>) -> Edit {
    let group = Group { members: members.collect(), ..Group::default() };
    recipient(name, Kind::Group(group))
}

fn organization(statements: impl IntoIterator<Item = Edit>) -> Snapshot {
    let mut snapshot = Snapshot::new(Settings::fresh().unwrap());
    snapshot.apply(Edit::PutDomain(AcceptedDomain {
        name: Domain::parse("here.test").unwrap(),
        kind: DomainKind::Authoritative,
        match_sub_domains: false,
        catch_all: None,
    }));
    statements.into_iter().for_each(|edit| snapshot.apply(edit));
    snapshot
}

/// Destinations and refusals as words, in the order in which they were found.
fn words(expansion: &Expansion) -> String {
    let destinations = expansion.destinations.iter().map(|destination| match destination {
        Destination::Mailbox(recipient) => recipient.alias.clone(),
        Destination::Remote(address) => address.to_string(),
    });
    let refusals = expansion.refusals.iter().map(|refusal| {
        let (word, address) = match refusal {
            Refusal::Unknown(address) => ("unknown", address),
            Refusal::Loop(address) => ("loop", address),
            Refusal::TooDeep(address) => ("deep", address),
            Refusal::TooMany(address) => ("many", address),
        };
        format!("{word}!{}", address.local.as_str())
    });
    destinations.chain(refusals).collect::<Vec<_>>().join(" ")
}

#[test]
fn small_organizations() {
    for (organization_text, start, expected) in [
        ("a", "a", "a"),
        ("a", "A", "a"),
        ("a", "a+tag", "a"),
        ("a", "b", "unknown!b"),
        ("a", "x@there.test", "x@there.test"),
        ("a, b, g : a b", "g", "a b"),
        ("a, g : a h, h : a", "g", "a"),
        ("g :", "g", ""),
        ("c = x@there.test, a, g : c a", "g", "x@there.test a"),
        ("c = x@there.test, d = x@there.test, g : c d", "g", "x@there.test"),
        ("c = a@here.test, a, g : a c", "g", "a"),
        ("a > b, b", "a", "b"),
        ("a +> b, b", "a", "a b"),
        ("a > x@there.test", "a", "x@there.test"),
        ("a > nobody@here.test", "a", "unknown!nobody"),
        ("a +> nobody@here.test", "a", "a unknown!nobody"),
        ("a > gone", "a", "a"),
        ("a > g, g :", "a", "a"),
        ("a > g, b, g : b", "a", "b"),
    ] {
        check(organization_text, start, expected);
    }
}

#[test]
fn loops() {
    for (organization_text, start, expected) in [
        // Harmless: somebody is reached.
        ("a, g : a h, h : g a", "g", "a"),
        ("a +> b, b +> a", "a", "a b"),
        ("a +> b, b > a", "a", "a"),
        ("a +> b, b > a", "b", "a"),
        ("a > g, b, g : a b", "a", "b"),
        ("a > g, b, g : a b", "g", "b"),
        ("a > g, b, g : b a", "g", "b"),
        ("a +> a", "a", "a"),
        // Broken: nobody is.
        ("a > a", "a", "loop!a"),
        ("a > b, b > a", "a", "loop!b"),
        ("a > b, b > a, c, g : c a", "g", "c loop!b"),
        ("a > g, g : a", "a", "loop!a"),
        ("a > g, g : a", "g", "loop!g"),
        ("c = d@here.test, d = c@here.test", "c", "loop!d"),
        // Groups that hold each other and nobody else.
        ("g : h, h : g", "g", "loop!g"),
    ] {
        check(organization_text, start, expected);
    }
}

fn check(organization_text: &str, start: &str, expected: &str) {
    let snapshot = organization(organization_text.split(", ").map(statement));
    let found = words(&expand(&snapshot, &address(start)));
    assert_eq!(found, expected, "{start} in {organization_text}");
}

#[test]
fn a_long_chain_is_refused_where_it_becomes_too_deep() {
    let chain = |length: usize| {
        let links = (0..length).map(|link| statement(&format!("m{link} > m{}", link + 1)));
        let snapshot = organization(links.chain([statement(&format!("m{length}"))]));
        words(&expand(&snapshot, &address("m0")))
    };
    assert_eq!(chain(EXPANSION_DEPTH_MAX - 1), format!("m{}", EXPANSION_DEPTH_MAX - 1));
    assert_eq!(chain(EXPANSION_DEPTH_MAX), format!("deep!m{EXPANSION_DEPTH_MAX}"));
}

#[test]
fn too_many_destinations_are_none() {
    let count = EXPANSION_RECIPIENTS_MAX + 1;
    let contacts = (0..count).map(|number| statement(&format!("c{number} = x{number}@there.test")));
    let everybody = group("all", (0..count).map(|number| id(&format!("c{number}"))));
    let snapshot = organization(contacts.chain([everybody]));
    let expansion = expand(&snapshot, &address("all"));
    assert_eq!(expansion.destinations, []);
    assert_eq!(expansion.refusals, [Refusal::TooMany(address("all"))]);
}
