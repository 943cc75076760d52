//! Groups of those whom a filter takes, and what filters see of recipients.

use directory::{Destination, Directory, Group, Kind, NewContact, NewGroup, RecipientId, expand};
use filter::RecipientFilter;
use types::limits::{ATTRIBUTE_CHARS_MAX, RECIPIENT_FILTER_OCTETS_MAX};

use crate::support::*;

fn filter(text: &str) -> RecipientFilter {
    RecipientFilter::parse(text).unwrap()
}

async fn dynamic(directory: &Directory, name: &str, text: &str) -> RecipientId {
    let primary = address(&format!("{name}@here.test"));
    let (group, filter) = (Group::default(), Some(filter(text)));
    let new = NewGroup {
        primary,
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter,
    };
    directory.create_group(new).await.unwrap()
}

/// Who gets mail for an address.
fn reached(directory: &Directory, to: &str) -> Vec<String> {
    let found = expand(&directory.snapshot(), &address(to));
    let name = |destination: Destination| match destination {
        Destination::Mailbox(recipient) => recipient.alias.clone(),
        Destination::Remote(address) => address.to_string(),
    };
    assert_eq!(found.refusals, []);
    found.destinations.into_iter().map(name).collect()
}

/// alice of Sales and bob, who reports to her; frida elsewhere.
async fn people() -> (Directory, RecipientId, RecipientId) {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let bob = directory.create_mailbox(mailbox("bob@here.test")).await.unwrap();
    let frida = NewContact {
        policies: None,
        primary: address("frida@here.test"),
        alias: None,
        display_name: String::new(),
        target: address("frida@there.test"),
    };
    directory.create_contact(frida).await.unwrap();
    directory.update(alice, |r| assert!(r.attributes.set("Department", "Sales"))).await.unwrap();
    directory.update(bob, move |r| r.manager = Some(alice)).await.unwrap();
    (directory, alice, bob)
}

#[tokio::test]
async fn a_filter_takes_who_fulfils_it_now() {
    let (directory, _, bob) = people().await;
    dynamic(&directory, "sales", "Department -eq 'sales'").await;
    assert_eq!(reached(&directory, "sales@here.test"), ["alice"]);
    directory.update(bob, |r| assert!(r.attributes.set("Department", "SALES"))).await.unwrap();
    assert_eq!(reached(&directory, "sales@here.test"), ["alice", "bob"]);
    directory.remove(bob).await.unwrap();
    assert_eq!(reached(&directory, "sales@here.test"), ["alice"]);
}

#[tokio::test]
async fn all_that_filters_may_name_has_its_value() {
    let (directory, alice, _) = people().await;
    let group = Group { members: vec![alice], ..Group::default() };
    let new = NewGroup {
        primary: address("board@here.test"),
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter: None,
    };
    directory.create_group(new).await.unwrap();
    for (text, expected) in [
        ("Alias -like 'al*'", vec!["alice"]),
        ("DisplayName -eq 'bob'", vec!["bob"]),
        ("Name -eq 'bob'", vec!["bob"]),
        ("PrimarySmtpAddress -eq 'bob@here.test'", vec!["bob"]),
        ("EmailAddresses -like 'SMTP:frida@*'", vec!["frida"]),
        ("HiddenFromAddressListsEnabled -eq $true", vec![]),
        ("RecipientType -eq 'UserMailbox'", vec!["alice", "bob"]),
        ("RecipientTypeDetails -eq 'MailContact'", vec!["frida"]),
        ("Database -eq 'mailbox database 1'", vec!["alice", "bob"]),
        ("ServerName -eq 'ex1'", vec!["alice", "bob"]),
        ("Manager -eq 'alice'", vec!["bob"]),
        ("MemberOfGroup -eq 'board'", vec!["alice"]),
        ("Department -ne $null", vec!["alice"]),
    ] {
        let snapshot = directory.snapshot();
        let taken = snapshot.taken_by(&filter(text));
        let taken: Vec<&str> = taken.iter().map(|recipient| recipient.alias.as_str()).collect();
        assert_eq!(taken, expected, "{text}");
    }
}

#[tokio::test]
async fn a_group_is_not_its_own_member_and_lists_of_rights_follow_filters() {
    let (directory, alice, bob) = people().await;
    let all = dynamic(&directory, "all", "Alias -ne $null").await;
    assert_eq!(reached(&directory, "all@here.test"), ["alice", "bob", "frida@there.test"]);
    let boss = dynamic(&directory, "boss", "Department -eq 'Sales'").await;
    directory.update(bob, move |r| r.send_as = vec![boss]).await.unwrap();
    let snapshot = directory.snapshot();
    let bob = snapshot.recipient(bob).unwrap();
    assert!(snapshot.may_send_as(alice, bob) && !snapshot.may_send_as(all, bob));
}

#[tokio::test]
async fn who_has_no_mail_is_nobody_to_senders() {
    let (directory, _, bob) = people().await;
    dynamic(&directory, "all", "Alias -ne $null").await;
    let group = Group { members: vec![bob], ..Group::default() };
    let primary = address("listed@here.test");
    let listed = NewGroup {
        primary,
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter: None,
    };
    directory.create_group(listed).await.unwrap();
    let disable = |r: &mut directory::Recipient| r.kind = Kind::User(r.account().cloned().unwrap());
    directory.update(bob, disable).await.unwrap();
    let found = expand(&directory.snapshot(), &address("bob@here.test"));
    assert_eq!(found.refusals, [directory::Refusal::Unknown(address("bob@here.test"))]);
    assert_eq!(reached(&directory, "listed@here.test"), [""; 0]);
    assert_eq!(reached(&directory, "all@here.test"), ["alice", "frida@there.test"]);
}

#[tokio::test]
async fn a_manager_who_goes_is_nobodys_any_more() {
    let (directory, alice, bob) = people().await;
    directory.remove(alice).await.unwrap();
    assert_eq!(directory.snapshot().recipient(bob).unwrap().manager, None);
    let nobody = directory.update(bob, move |r| r.manager = Some(alice)).await;
    assert!(matches!(nobody, Err(directory::DirectoryError::NoRecipient(_))));
}

#[tokio::test]
async fn attributes_and_filters_have_their_length() {
    let (directory, alice, _) = people().await;
    for (chars, fits) in [(ATTRIBUTE_CHARS_MAX, true), (ATTRIBUTE_CHARS_MAX + 1, false)] {
        let value = "é".repeat(chars);
        let set = directory.update(alice, move |r| assert!(r.attributes.set("Notes", &value)));
        assert_eq!(set.await.is_ok(), fits, "{chars}");
    }
    let sales = dynamic(&directory, "sales", "Alias -eq 'x'").await;
    for (octets, fits) in
        [(RECIPIENT_FILTER_OCTETS_MAX, true), (RECIPIENT_FILTER_OCTETS_MAX + 1, false)]
    {
        let long = filter(&format!("Alias -eq '{}'", "x".repeat(octets - "Alias -eq ''".len())));
        let set = directory.update(sales, move |r| {
            r.kind = Kind::DynamicGroup(Group::default(), long);
        });
        assert_eq!(set.await.is_ok(), fits, "{octets}");
    }
}

#[tokio::test]
async fn an_address_list_has_who_is_not_hidden_by_display_name() {
    let (directory, alice, bob) = people().await;
    directory.update(alice, |r| r.display_name = "Zoe".to_owned()).await.unwrap();
    let listed = || {
        let all = RecipientFilter::parse("Alias -ne $null").unwrap();
        let snapshot = directory.snapshot();
        let names = snapshot.listed_by(&all).into_iter().map(|each| each.display_name.clone());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(listed(), "bob frida Zoe");
    directory.update(bob, |r| r.hidden_from_address_lists = true).await.unwrap();
    assert_eq!(listed(), "frida Zoe");
}
