//! Changes and the rules they must keep.

use directory::{
    AcceptedDomain, Directory, DirectoryError, DomainKind, ForwardTo, Forwarding, Group,
    NewContact, NewGroup, ProxyAddress, Quotas, RecipientId,
};

use crate::support::*;

fn group(primary: &str, members: Vec<RecipientId>) -> NewGroup {
    let group = Group { members, ..Group::default() };
    NewGroup {
        primary: address(primary),
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter: None,
    }
}

#[tokio::test]
async fn addresses_and_aliases_are_unique_over_all_kinds_and_cases() {
    let directory = empty().await;
    directory.add_domain(domain("two.test", DomainKind::Authoritative)).await.unwrap();
    let mut alice = mailbox("alice@here.test");
    alice.proxies =
        vec![ProxyAddress::Smtp(address("al@here.test")), ProxyAddress::X500("/cn=al".into())];
    directory.create_mailbox(alice).await.unwrap();
    let change = directory.snapshot().change();
    let refused = |error| match error {
        DirectoryError::AddressInUse(_) => "address",
        DirectoryError::AliasInUse(_) => "alias",
        other => panic!("{other}"),
    };
    let mut x500 = mailbox("b@here.test");
    x500.proxies = vec![ProxyAddress::X500("/CN=AL".into())];
    for (new, expected) in [
        (mailbox("AL@here.test"), "address"),
        (mailbox("Alice@two.test"), "alias"),
        (x500, "address"),
    ] {
        assert_eq!(refused(directory.create_mailbox(new).await.unwrap_err()), expected);
    }
    let error = directory.create_group(group("al@HERE.test", vec![])).await.unwrap_err();
    assert_eq!(refused(error), "address");
    assert_eq!(directory.snapshot().change(), change, "refused changes take no number");
    assert_eq!(directory.snapshot().recipients().len(), 1);
}

#[tokio::test]
async fn one_of_a_hundred_concurrent_creators_wins() {
    let directory = empty().await;
    let creators: Vec<_> = (0..100)
        .map(|number| {
            let (directory, mut new) =
                (directory.clone(), mailbox(&format!("u{number}@here.test")));
            new.proxies = vec![ProxyAddress::Smtp(address("wanted@here.test"))];
            tokio::spawn(async move { directory.create_mailbox(new).await })
        })
        .collect();
    let mut winners = 0;
    for creator in creators {
        winners += usize::from(creator.await.unwrap().is_ok());
    }
    assert_eq!((winners, directory.snapshot().recipients().len()), (1, 1));
}

#[tokio::test]
async fn many_at_once_are_all_or_none_and_share_a_hash() {
    let directory = empty().await;
    let names = |range: std::ops::Range<u32>| {
        range.map(|number| mailbox(&format!("u{number}@here.test"))).collect::<Vec<_>>()
    };
    let change = directory.snapshot().change();
    let ids = directory.create_mailboxes(names(0..500), password("bench")).await.unwrap();
    let snapshot = directory.snapshot();
    assert_eq!(snapshot.change().0, change.0 + 1);
    let of = |id: &RecipientId| snapshot.recipient(*id).unwrap();
    let numbers: Vec<_> = ids.iter().map(|id| of(id).mailbox().unwrap().location.number).collect();
    assert_eq!(numbers, (1..=500).collect::<Vec<u32>>());
    let credentials = |id| of(id).account().unwrap().credentials.clone();
    assert_eq!(credentials(&ids[0]), credentials(&ids[499]));
    let twice = [names(500..600), names(550..551)].concat();
    assert!(directory.create_mailboxes(twice, password("bench")).await.is_err());
    assert_eq!(directory.snapshot().recipients().len(), 500);
}

#[tokio::test]
async fn an_address_given_up_can_be_taken() {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let rename = |recipient: &mut directory::Recipient| {
        recipient.alias = "alicia".into();
        recipient.primary = address("alicia@here.test");
    };
    directory.update(alice, rename).await.unwrap();
    assert!(directory.snapshot().by_address(&address("alice@here.test")).is_none());
    let other = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    assert_ne!(other, alice);
    directory.remove(other).await.unwrap();
    directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
}

#[tokio::test]
async fn what_is_refused() {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let nobody = RecipientId([0; 16]);
    let foreign = directory.create_mailbox(mailbox("x@there.test")).await;
    assert!(matches!(foreign, Err(DirectoryError::DomainNotAccepted(_))));
    let alias = directory.create_mailbox(mailbox("a/b@here.test")).await;
    assert!(matches!(alias, Err(DirectoryError::Alias(_))));
    let member = directory.create_group(group("g@here.test", vec![nobody])).await;
    assert!(matches!(member, Err(DirectoryError::NoRecipient(id)) if id == nobody));
    let quotas = Quotas { warn: Some(2), prohibit_send: Some(1), prohibit_send_receive: None };
    let falling = directory.update(alice, move |r| r.mailbox_mut().unwrap().quotas = quotas).await;
    assert!(matches!(falling, Err(DirectoryError::Quotas)));
    let id = directory.update(alice, move |r| r.id = nobody).await;
    assert!(matches!(id, Err(DirectoryError::IdChanged)));
    let proxy = ProxyAddress::Smtp(address("a@there.test"));
    let outside = directory.update(alice, move |r| r.proxies.push(proxy)).await;
    assert!(matches!(outside, Err(DirectoryError::DomainNotAccepted(_))));
    for unknown in [
        directory.remove(nobody).await,
        directory.set_password(nobody, password("x")).await,
        directory.set_postmaster(Some(nobody)).await,
    ] {
        assert!(matches!(unknown, Err(DirectoryError::NoRecipient(_))));
    }
    let staff = directory.create_group(group("staff@here.test", vec![alice])).await.unwrap();
    let no_account = directory.set_password(staff, password("x")).await;
    assert!(matches!(no_account, Err(DirectoryError::WrongKind { what: "account", .. })));
}

#[tokio::test]
async fn domains_in_use_stay() {
    let directory = empty().await;
    directory.add_domain(domain("two.test", DomainKind::Authoritative)).await.unwrap();
    let bob = directory.create_mailbox(mailbox("bob@two.test")).await.unwrap();
    let again = directory.add_domain(domain("two.test", DomainKind::InternalRelay)).await;
    assert!(matches!(again, Err(DirectoryError::DomainExists(_))));
    for (text, expected) in [
        ("here.test", "here.test is in use"),
        ("two.test", "two.test is in use"),
        ("three.test", "three.test is not an accepted domain"),
    ] {
        assert_eq!(directory.remove_domain(name(text)).await.unwrap_err().to_string(), expected);
    }
    directory.remove(bob).await.unwrap();
    directory.set_default_domain(name("two.test")).await.unwrap();
    directory.remove_domain(name("here.test")).await.unwrap();
    assert_eq!(directory.snapshot().default_domain(), Some(&name("two.test")));
    assert_eq!(directory.snapshot().domains().len(), 1);
}

#[tokio::test]
async fn who_is_removed_is_nowhere_mentioned() {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let bob = directory.create_mailbox(mailbox("bob@here.test")).await.unwrap();
    let staff = directory.create_group(group("staff@here.test", vec![bob, alice])).await.unwrap();
    let mention = move |recipient: &mut directory::Recipient| {
        recipient.send_as = vec![bob];
        recipient.send_on_behalf = vec![bob];
        let mailbox = recipient.mailbox_mut().unwrap();
        mailbox.full_access = vec![bob];
        mailbox.forwarding = Some(Forwarding { to: ForwardTo::Recipient(bob), keep_copy: false });
    };
    directory.update(alice, mention).await.unwrap();
    let caught =
        AcceptedDomain { catch_all: Some(bob), ..domain("here.test", DomainKind::Authoritative) };
    directory.update_domain(caught).await.unwrap();
    directory.remove(bob).await.unwrap();
    let snapshot = directory.snapshot();
    let group = snapshot.recipient(staff).unwrap().group().unwrap();
    assert_eq!(group.members, [alice]);
    let alice = snapshot.recipient(alice).unwrap();
    assert!(alice.send_as.is_empty() && alice.send_on_behalf.is_empty());
    let mailbox = alice.mailbox().unwrap();
    assert!(mailbox.full_access.is_empty() && mailbox.forwarding.is_none());
    assert_eq!(snapshot.domain(&name("here.test")).unwrap().catch_all, None);
    assert!(snapshot.recipients().all(|recipient| recipient.id != bob));
}

#[tokio::test]
async fn permissions_reach_through_groups() {
    let directory = empty().await;
    let ids = directory
        .create_mailboxes(
            ["a", "b", "c"].map(|n| mailbox(&format!("{n}@here.test"))).into(),
            password("x"),
        )
        .await
        .unwrap();
    let inner = directory.create_group(group("inner@here.test", vec![ids[0]])).await.unwrap();
    let outer = directory.create_group(group("outer@here.test", vec![inner])).await.unwrap();
    let cycle = move |recipient: &mut directory::Recipient| {
        recipient.group_mut().unwrap().members.push(outer);
    };
    directory.update(inner, cycle).await.unwrap();
    let sales = directory.create_mailbox(shared("sales@here.test")).await.unwrap();
    let helper = ids[1];
    let grant = move |recipient: &mut directory::Recipient| {
        recipient.mailbox_mut().unwrap().full_access = vec![outer];
        recipient.send_as = vec![helper];
        recipient.send_on_behalf = vec![outer, helper];
    };
    directory.update(sales, grant).await.unwrap();
    let snapshot = directory.snapshot();
    let sales = snapshot.recipient(sales).unwrap();
    let expected = [(true, false, true), (false, true, true), (false, false, false)];
    for (who, (open, send_as, on_behalf)) in ids.into_iter().zip(expected) {
        assert_eq!(snapshot.may_open(who, sales), open);
        assert_eq!(snapshot.may_send_as(who, sales), send_as);
        assert_eq!(snapshot.may_send_on_behalf(who, sales), on_behalf);
    }
}

#[tokio::test]
async fn a_snapshot_in_hand_does_not_change() {
    let directory = empty().await;
    let before = directory.snapshot();
    let contact = NewContact {
        policies: None,
        primary: address("c@there.test"),
        alias: None,
        display_name: String::new(),
        target: address("c@there.test"),
    };
    directory.create_contact(contact).await.unwrap();
    assert_eq!((before.recipients().len(), directory.snapshot().recipients().len()), (0, 1));
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_store_and_snapshot_in_step() {
    let directory = empty().await;
    let abandon = |directory: Directory, number: u32| async move {
        let create = directory.create_mailbox(mailbox(&format!("u{number}@here.test")));
        tokio::select! { biased; _ = create => {}, () = tokio::task::yield_now() => {} }
    };
    for number in 0..20 {
        abandon(directory.clone(), number).await;
    }
    // A conflict would show that the snapshot has fallen behind.
    directory.create_mailbox(mailbox("last@here.test")).await.unwrap();
}
