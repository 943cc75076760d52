//! Role groups: what is kept of them, and who is in them.

use directory::{Directory, DirectoryError, RecipientId, RoleGroup};
use store::{Database, Options};
use types::limits::{
    ROLE_GROUP_MEMBERS_MAX, ROLE_GROUP_NAME_OCTETS_MAX, ROLE_GROUP_ROLES_MAX, ROLE_GROUPS_MAX,
};

use crate::support::*;

fn of(name: &str, members: Vec<RecipientId>) -> RoleGroup {
    RoleGroup { members, roles: Some(vec!["Mail Recipients".to_owned()]), ..RoleGroup::new(name) }
}

#[tokio::test]
async fn a_role_group_is_kept_and_loses_who_is_removed() {
    let database = Database::open(Options::memory()).unwrap();
    let directory = Directory::open(database.clone(), options()).await.unwrap();
    directory.add_domain(domain("here.test", directory::DomainKind::Authoritative)).await.unwrap();
    let ann = directory.create_mailbox(mailbox("ann@here.test")).await.unwrap();
    let bob = directory.create_mailbox(mailbox("bob@here.test")).await.unwrap();
    directory.create_role_group(of("Sales Desk", vec![ann, bob, ann])).await.unwrap();
    let again = Directory::open(database.clone(), options()).await.unwrap();
    let stored = again.snapshot().role_group("sales desk").cloned().unwrap();
    assert_eq!((stored.name.as_str(), &stored.members), ("Sales Desk", &vec![ann, bob]));
    assert_eq!(stored.roles.as_deref(), Some(&["Mail Recipients".to_owned()][..]));
    again.remove(ann).await.unwrap();
    assert_eq!(again.snapshot().role_group("Sales Desk").unwrap().members, [bob]);
    let last = Directory::open(database, options()).await.unwrap();
    assert_eq!(last.snapshot().role_group("Sales Desk").unwrap().members, [bob]);
}

#[tokio::test]
async fn a_new_name_takes_the_place_of_the_old_one() {
    let directory = empty().await;
    directory.create_role_group(of("One", vec![])).await.unwrap();
    directory.create_role_group(of("Two", vec![])).await.unwrap();
    let taken = directory.update_role_group("One", |group| group.name = "TWO".to_owned()).await;
    assert!(matches!(taken, Err(DirectoryError::RoleGroupExists(_))));
    directory.update_role_group("one", |group| group.name = "Three".to_owned()).await.unwrap();
    let snapshot = directory.snapshot();
    let names: Vec<_> = snapshot.role_groups().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Three", "Two"]);
    directory.remove_role_group("three").await.unwrap();
    let gone = directory.remove_role_group("three").await;
    assert!(matches!(gone, Err(DirectoryError::NoObject(..))));
}

#[tokio::test]
async fn what_is_missing_or_beyond_a_limit_is_refused() {
    let directory = empty().await;
    let nobody = RecipientId([9; 16]);
    let missing = directory.create_role_group(of("One", vec![nobody])).await;
    assert!(matches!(missing, Err(DirectoryError::NoRecipient(id)) if id == nobody));
    let long = "x".repeat(ROLE_GROUP_NAME_OCTETS_MAX + 1);
    let many = vec!["Mail Recipients".to_owned(); ROLE_GROUP_ROLES_MAX + 1];
    for group in [
        of(&long, vec![]),
        RoleGroup { description: long.clone(), ..of("One", vec![]) },
        RoleGroup { roles: Some(many), ..of("One", vec![]) },
        of("One", vec![nobody; ROLE_GROUP_MEMBERS_MAX + 1]),
    ] {
        let refused = directory.create_role_group(group).await;
        assert!(matches!(refused, Err(DirectoryError::TooMany { .. })));
    }
    for number in 0..ROLE_GROUPS_MAX {
        directory.create_role_group(of(&format!("Group {number}"), vec![])).await.unwrap();
    }
    let one_more = directory.create_role_group(of("One", vec![])).await;
    assert!(matches!(one_more, Err(DirectoryError::TooMany { what: "role groups", .. })));
    directory.update_role_group("Group 0", |group| group.description = "d".into()).await.unwrap();
}
