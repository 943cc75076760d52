//! What grows with use, at its limit and past it.

use directory::{
    AuditEntry, ConfigurationObject, Directory, DirectoryError, Group, ModifiedProperty, NewGroup,
    ObjectChange, ProxyAddress, Recipient, RecipientId,
};
use types::limits::{
    AUDIT_PURGE_ENTRIES_MAX, AUDIT_TEXT_OCTETS_MAX, CONFIGURATION_OBJECT_OCTETS_MAX,
    CONFIGURATION_OBJECTS_MAX, DISPLAY_NAME_CHARS_MAX, GROUP_MEMBERS_MAX, PERMISSION_ENTRIES_MAX,
    PROXY_ADDRESSES_MAX,
};

use crate::support::*;

/// The limit is reached and not passed.
async fn bounded(
    directory: &Directory,
    id: RecipientId,
    limit: usize,
    edit: fn(&mut Recipient, usize),
) {
    directory.update(id, move |recipient| edit(recipient, limit)).await.unwrap();
    let refused = directory.update(id, move |recipient| edit(recipient, limit + 1)).await;
    match refused {
        Err(DirectoryError::TooMany { max, .. }) => assert_eq!(max, limit),
        other => panic!("{limit}: {other:?}"),
    }
}

#[tokio::test]
async fn of_a_recipient() {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    bounded(&directory, alice, DISPLAY_NAME_CHARS_MAX, |r, n| r.display_name = "é".repeat(n)).await;
    bounded(&directory, alice, PROXY_ADDRESSES_MAX, |r, n| {
        r.proxies = (0..n).map(|n| ProxyAddress::X500(format!("/cn=alice{n}"))).collect();
    })
    .await;
    let permissions: [fn(&mut Recipient, usize); 5] = [
        |r, n| r.send_as = vec![r.id; n],
        |r, n| r.send_on_behalf = vec![r.id; n],
        |r, n| r.restrictions.accept_only_from = vec![r.id; n],
        |r, n| r.restrictions.reject_from = vec![r.id; n],
        |r, n| r.mailbox_mut().unwrap().full_access = vec![r.id; n],
    ];
    for edit in permissions {
        bounded(&directory, alice, PERMISSION_ENTRIES_MAX, edit).await;
    }
}

#[tokio::test]
async fn of_a_group() {
    let directory = empty().await;
    let alice = directory.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let group = Group { members: vec![alice], managed_by: vec![alice], ..Group::default() };
    let primary = address("staff@here.test");
    let new = NewGroup {
        primary,
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter: None,
    };
    let staff = directory.create_group(new).await.unwrap();
    bounded(&directory, staff, GROUP_MEMBERS_MAX, |r, n| {
        let group = r.group_mut().unwrap();
        group.members = vec![group.managed_by[0]; n];
    })
    .await;
    bounded(&directory, staff, PERMISSION_ENTRIES_MAX, |r, n| {
        let group = r.group_mut().unwrap();
        group.managed_by = vec![group.managed_by[0]; n];
    })
    .await;
}

fn object(name: &str, octets: usize) -> ObjectChange {
    ObjectChange::Put(ConfigurationObject::new("Kind", name, "x".repeat(octets - name.len())))
}

#[tokio::test]
async fn of_configuration_objects() {
    let directory = empty().await;
    let put = |changes| directory.change_objects(changes, |_| Ok(()));
    put(vec![object("long", CONFIGURATION_OBJECT_OCTETS_MAX)]).await.unwrap();
    let longer = put(vec![object("longer", CONFIGURATION_OBJECT_OCTETS_MAX + 1)]).await;
    assert!(matches!(longer, Err(DirectoryError::TooMany { .. })), "{longer:?}");
    let names: Vec<String> = (1..CONFIGURATION_OBJECTS_MAX).map(|n| n.to_string()).collect();
    put(names.iter().map(|name| object(name, 10)).collect()).await.unwrap();
    let further = put(vec![object("1", 20), object("further", 10)]).await;
    assert!(matches!(further, Err(DirectoryError::TooMany { .. })), "{further:?}");
    put(vec![object("1", 20)]).await.unwrap();
    assert_eq!(directory.snapshot().objects().len(), CONFIGURATION_OBJECTS_MAX);
}

fn entry(time: u64, text: &str) -> AuditEntry {
    let name = "Alias".to_owned();
    AuditEntry {
        time,
        caller: "root".to_owned(),
        verb: "Set-Mailbox".to_owned(),
        parameters: vec![(name.clone(), text.to_owned())],
        object: "alice".to_owned(),
        modified: vec![ModifiedProperty { name, old: text.to_owned(), new: String::new() }],
        error: None,
        server: "ex1".to_owned(),
    }
}

#[tokio::test]
async fn of_texts_in_the_audit_log() {
    let directory = empty().await;
    let whole = "x".repeat(AUDIT_TEXT_OCTETS_MAX);
    directory.audit(entry(1, &whole)).await.unwrap();
    directory.audit(entry(2, &format!("{}é", &whole[1..]))).await.unwrap();
    let entries = directory.audit_entries(0..9, 9, |_| true).await.unwrap();
    let lengths = |entry: &AuditEntry| [entry.parameters[0].1.len(), entry.modified[0].old.len()];
    assert_eq!(lengths(&entries[1]), [AUDIT_TEXT_OCTETS_MAX; 2]);
    assert_eq!(lengths(&entries[0]), [AUDIT_TEXT_OCTETS_MAX - 1; 2], "between characters");
}

#[tokio::test]
async fn of_audit_entries_removed_at_a_time() {
    let directory = empty().await;
    for time in 0..=AUDIT_PURGE_ENTRIES_MAX as u64 {
        directory.audit(entry(time, "")).await.unwrap();
    }
    assert!(directory.purge_audit(u64::MAX).await.unwrap(), "some are left");
    assert_eq!(directory.audit_entries(0..u64::MAX, 9, |_| true).await.unwrap().len(), 1);
    assert!(!directory.purge_audit(u64::MAX).await.unwrap());
}
