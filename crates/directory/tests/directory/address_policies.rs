//! Addresses that follow e-mail address policies.

use std::sync::Arc;

use directory::{
    AddressPolicies, AddressPolicy, Directory, NewContact, NewMailUser, NewMailbox, RecipientId,
};
use filter::RecipientFilter;

use crate::support::{address, empty, mailbox};

fn policy(filter: Option<&str>, primary: &str, others: &[&str]) -> AddressPolicy {
    AddressPolicy {
        name: primary.to_owned(),
        filter: filter.map(|text| RecipientFilter::parse(text).unwrap()),
        primary: primary.parse().unwrap(),
        others: others.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

fn policies() -> Arc<AddressPolicies> {
    Arc::new(AddressPolicies(vec![
        policy(Some("Department -eq 'Sales'"), "SMTP:%g.%s@here.test", &["sales-%m@here.test"]),
        policy(None, "SMTP:@here.test", &[]),
    ]))
}

async fn made(directory: &Directory, primary: &str, alias: &str) -> RecipientId {
    let (policies, alias) = (Some(policies()), Some(alias.to_owned()));
    let new = NewMailbox { policies, alias, ..mailbox(primary) };
    directory.create_mailbox(new).await.unwrap()
}

fn addresses(directory: &Directory, id: RecipientId) -> String {
    directory.snapshot().recipient(id).unwrap().email_addresses().join(" ")
}

#[tokio::test]
async fn the_first_policy_that_takes_a_recipient_makes_its_addresses() {
    let directory = empty().await;
    let id = made(&directory, "x@here.test", "anna").await;
    assert_eq!(addresses(&directory, id), "SMTP:anna@here.test");
    let edit = |recipient: &mut directory::Recipient| {
        for (name, value) in [("Department", "Sales"), ("FirstName", "Anna"), ("LastName", "Lang")]
        {
            recipient.attributes.set(name, value);
        }
    };
    directory.update_under(id, policies(), edit).await.unwrap();
    let all = "SMTP:Anna.Lang@here.test smtp:anna@here.test smtp:sales-anna@here.test";
    assert_eq!(addresses(&directory, id), all, "what was there stays");
    directory.update_under(id, policies(), |_| {}).await.unwrap();
    assert_eq!(addresses(&directory, id), all);
    let stop = |recipient: &mut directory::Recipient| {
        recipient.email_address_policy_enabled = false;
        recipient.alias = "annie".to_owned();
    };
    directory.update_under(id, policies(), stop).await.unwrap();
    assert_eq!(addresses(&directory, id), all, "who does not follow policies keeps all");
}

#[tokio::test]
async fn an_address_that_somebody_has_gets_a_number() {
    let directory = empty().await;
    directory.create_mailbox(mailbox("anna@here.test")).await.unwrap();
    let second = made(&directory, "x@here.test", "Anna.B").await;
    let third = made(&directory, "x@here.test", "Anna.C").await;
    for id in [second, third] {
        let set = |recipient: &mut directory::Recipient| {
            recipient.attributes.set("FirstName", "ANNA");
            recipient.attributes.set("Department", "Sales");
        };
        directory.update_under(id, policies(), set).await.unwrap();
    }
    let primary = |id| directory.snapshot().recipient(id).unwrap().primary.to_string();
    assert_eq!([primary(second), primary(third)], ["ANNA2@here.test", "ANNA3@here.test"]);
    directory.update_under(third, policies(), |_| {}).await.unwrap();
    assert_eq!(primary(third), "ANNA3@here.test", "it keeps the number");
}

#[tokio::test]
async fn a_primary_address_elsewhere_stays() {
    let directory = empty().await;
    let (primary, target) = (address("f@far.test"), address("f@far.test"));
    let alias = Some("frida".to_owned());
    let policies = Some(policies());
    let contact = NewContact { primary, policies, alias, display_name: String::new(), target };
    let id = directory.create_contact(contact.clone()).await.unwrap();
    assert_eq!(addresses(&directory, id), "SMTP:f@far.test smtp:frida@here.test");
    // One that is known by an address of ours keeps it: its mail goes there.
    let own = address("own@here.test");
    let alias = Some("fred".to_owned());
    let relayed = NewContact { primary: own.clone(), target: own, alias, ..contact };
    let user = NewMailUser { contact: relayed, password: None };
    let id = directory.create_mail_user(user).await.unwrap();
    assert_eq!(addresses(&directory, id), "SMTP:fred@here.test smtp:own@here.test");
}

#[tokio::test]
async fn many_follow_in_one_transaction_or_are_only_looked_at() {
    let directory = empty().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(made(&directory, "x@here.test", &format!("u{number}")).await);
    }
    ids.push(directory.create_mailbox(mailbox("own@here.test")).await.unwrap());
    let same = || Arc::new(AddressPolicies(vec![policy(None, "SMTP:same@here.test", &[])]));
    let before = directory.snapshot().change();
    let asked = directory.follow_policies(ids.clone(), same(), true).await.unwrap();
    assert_eq!((asked.len(), directory.snapshot().change()), (3, before));
    let done = directory.follow_policies(ids.clone(), same(), false).await.unwrap();
    let mut primaries: Vec<_> =
        done.iter().map(|(_, after)| after.as_ref().unwrap().primary.to_string()).collect();
    primaries.sort();
    assert_eq!(primaries, ["same2@here.test", "same3@here.test", "same@here.test"]);
    assert_eq!(directory.snapshot().change().0, before.0 + 1);
    assert_eq!(addresses(&directory, ids[3]), "SMTP:own@here.test");
    let again = directory.follow_policies(ids.clone(), same(), false).await.unwrap();
    assert!(again.is_empty());
    let foreign = Arc::new(AddressPolicies(vec![policy(None, "SMTP:@far.test", &[])]));
    let refused = directory.follow_policies(ids, foreign, false).await.unwrap();
    assert!(refused.iter().all(|(_, after)| after.is_err()) && refused.len() == 3);
    assert!(addresses(&directory, done[0].0.id).starts_with("SMTP:same"));
}

#[tokio::test]
async fn numbers_behind_an_address_end() {
    let directory = empty().await;
    let most = types::limits::ADDRESS_NUMBER_MAX;
    let new = (1..=most).map(|number| {
        let number = if number > 1 { number.to_string() } else { String::new() };
        mailbox(&format!("same{number}@here.test"))
    });
    let password = crate::support::password("secret");
    let all = directory.create_mailboxes(new.collect(), password).await.unwrap();
    let same = || Some(Arc::new(AddressPolicies(vec![policy(None, "SMTP:same@here.test", &[])])));
    let one_more = || NewMailbox { policies: same(), ..mailbox("one.more@here.test") };
    let refused = directory.create_mailbox(one_more()).await.unwrap_err();
    assert!(matches!(refused, directory::DirectoryError::AddressInUse(_)), "{refused}");
    directory.remove(all[all.len() - 1]).await.unwrap();
    let id = directory.create_mailbox(one_more()).await.unwrap();
    assert_eq!(addresses(&directory, id), format!("SMTP:same{most}@here.test"));
}
