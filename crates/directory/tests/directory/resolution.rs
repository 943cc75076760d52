//! Addresses and what they stand for.

use directory::{
    AcceptedDomain, DomainKind, Group, NewContact, NewGroup, ProxyAddress, Resolution, Snapshot,
};

use crate::support::*;

fn words(snapshot: &Snapshot, text: &str) -> String {
    match snapshot.resolve(&address(text)) {
        Resolution::Mailbox(recipient) => recipient.alias.clone(),
        Resolution::Group(recipient) => format!("group {}", recipient.alias),
        Resolution::Contact { target, .. } => format!("contact {target}"),
        Resolution::UnknownInAuthoritative => "unknown".to_owned(),
        Resolution::Relay(kind) => format!("{kind:?}"),
        Resolution::External => "external".to_owned(),
    }
}

#[tokio::test]
async fn every_kind_of_address() {
    let directory = empty().await;
    let mut alice = with_password("alice@here.test", "secret", true);
    alice.proxies = vec![
        ProxyAddress::Smtp(address("al+ice@here.test")),
        ProxyAddress::X500("/o=Old/cn=Recipients/cn=alice".to_owned()),
    ];
    let alice = directory.create_mailbox(alice).await.unwrap();
    let staff = NewGroup {
        primary: address("staff@here.test"),
        policies: None,
        alias: None,
        display_name: String::new(),
        group: Group { members: vec![alice], ..Group::default() },
        filter: None,
    };
    directory.create_group(staff).await.unwrap();
    let friend = NewContact {
        policies: None,
        primary: address("friend@here.test"),
        alias: None,
        display_name: String::new(),
        target: address("friend@there.test"),
    };
    directory.create_contact(friend).await.unwrap();
    let parent = AcceptedDomain {
        match_sub_domains: true,
        ..domain("parent.test", DomainKind::Authoritative)
    };
    let caught = AcceptedDomain {
        catch_all: Some(alice),
        ..domain("caught.test", DomainKind::Authoritative)
    };
    for domain in [
        parent,
        caught,
        domain("relay.parent.test", DomainKind::InternalRelay),
        domain("outer.test", DomainKind::ExternalRelay),
        domain("例え.test", DomainKind::Authoritative),
    ] {
        directory.add_domain(domain).await.unwrap();
    }
    directory.create_mailbox(mailbox("carol@relay.parent.test")).await.unwrap();
    let snapshot = directory.snapshot();
    for (text, expected) in [
        ("alice@here.test", "alice"),
        ("ALICE@Here.Test", "alice"),
        ("alice+shop@here.test", "alice"),
        ("alice+a+b@here.test", "alice"),
        ("al+ice@here.test", "alice"),
        ("al@here.test", "unknown"),
        ("bob+alice@here.test", "unknown"),
        ("\"+tag\"@here.test", "unknown"),
        ("staff@here.test", "group staff"),
        ("friend@here.test", "contact friend@there.test"),
        ("friend@there.test", "external"),
        ("postmaster@here.test", "alice"),
        ("PostMaster@relay.parent.test", "alice"),
        ("postmaster@outer.test", "ExternalRelay"),
        ("postmaster@there.test", "external"),
        ("nobody@parent.test", "unknown"),
        ("nobody@deep.parent.test", "unknown"),
        ("carol@relay.parent.test", "carol"),
        ("nobody@relay.parent.test", "InternalRelay"),
        ("nobody@below.relay.parent.test", "unknown"),
        ("nobody@caught.test", "alice"),
        ("nobody@sub.caught.test", "external"),
        ("nobody@outer.test", "ExternalRelay"),
        ("nobody@xn--r8jz45g.test", "unknown"),
        ("alice@[192.0.2.1]", "external"),
    ] {
        assert_eq!(words(&snapshot, text), expected, "{text}");
    }
    let by_x500 = snapshot.by_x500("/O=OLD/cn=recipients/CN=alice").unwrap();
    assert_eq!(by_x500.id, alice);
}

#[tokio::test]
async fn postmaster_goes_to_who_is_named_or_to_the_first_administrator() {
    let directory = empty().await;
    let postmaster =
        |directory: &directory::Directory| words(&directory.snapshot(), "postmaster@here.test");
    assert_eq!(postmaster(&directory), "unknown");
    directory.create_mailbox(with_password("zoe@here.test", "z", true)).await.unwrap();
    directory.create_mailbox(with_password("adam@here.test", "a", true)).await.unwrap();
    let bob = directory.create_mailbox(mailbox("bob@here.test")).await.unwrap();
    assert_eq!(postmaster(&directory), "adam");
    directory.set_postmaster(Some(bob)).await.unwrap();
    assert_eq!(postmaster(&directory), "bob");
    directory.remove(bob).await.unwrap();
    assert_eq!(postmaster(&directory), "adam");
    directory.create_mailbox(mailbox("postmaster@here.test")).await.unwrap();
    assert_eq!(postmaster(&directory), "postmaster");
}
