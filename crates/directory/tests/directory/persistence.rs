//! What was acknowledged is there after the next start.

use directory::{Directory, DirectoryError, DomainKind, Group, NewGroup};
use store::{Database, Options};

use crate::support::*;

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Database::open(Options::sqlite(folder.path())).unwrap();
    let database = open();
    let first = Directory::open(database.clone(), options()).await.unwrap();
    first.add_domain(domain("here.test", DomainKind::Authoritative)).await.unwrap();
    let alice =
        first.create_mailbox(with_password("alice@here.test", "secret", true)).await.unwrap();
    let gone = first.create_mailbox(mailbox("gone@here.test")).await.unwrap();
    let primary = address("staff@here.test");
    let group = Group { members: vec![alice, gone], ..Group::default() };
    let staff = NewGroup {
        primary,
        policies: None,
        alias: None,
        display_name: String::new(),
        group,
        filter: None,
    };
    let staff = first.create_group(staff).await.unwrap();
    first.remove(gone).await.unwrap();
    let before = first.snapshot();
    database.close().await;
    drop((first, database));

    let second = Directory::open(open(), options()).await.unwrap();
    let after = second.snapshot();
    assert_eq!(after.change(), before.change());
    assert_eq!(after.recipients().len(), 2);
    for id in [alice, staff] {
        assert_eq!(after.recipient(id), before.recipient(id));
    }
    assert_eq!(after.default_domain(), Some(&name("here.test")));
    assert_eq!(
        auth::Authenticator::scram_secret(&second, "nobody"),
        auth::Authenticator::scram_secret(&second, "Nobody")
    );
    let next = second.create_mailbox(mailbox("next@here.test")).await.unwrap();
    let number = second.snapshot().recipient(next).unwrap().mailbox().unwrap().location.number;
    assert_eq!(number, 3, "the number of a removed mailbox is not handed out again");
}

#[tokio::test]
async fn more_recipients_than_a_page_are_read_back() {
    let database = Database::open(Options::memory()).unwrap();
    let first = Directory::open(database.clone(), options()).await.unwrap();
    first.add_domain(domain("here.test", DomainKind::Authoritative)).await.unwrap();
    let count = types::limits::DIRECTORY_PAGE_RECIPIENTS * 2;
    let new = (0..count).map(|number| mailbox(&format!("u{number}@here.test"))).collect();
    first.create_mailboxes(new, password("x")).await.unwrap();
    let second = Directory::open(database, options()).await.unwrap();
    assert_eq!(second.snapshot().recipients().len(), count);
}

#[tokio::test]
async fn two_writers_do_not_overwrite_each_other() {
    let database = Database::open(Options::memory()).unwrap();
    let first = Directory::open(database.clone(), options()).await.unwrap();
    let second = Directory::open(database, options()).await.unwrap();
    first.add_domain(domain("here.test", DomainKind::Authoritative)).await.unwrap();
    let late = second.add_domain(domain("two.test", DomainKind::Authoritative)).await;
    assert!(matches!(late, Err(DirectoryError::Conflict)));
    assert_eq!(second.snapshot().domains().len(), 0);
}
