//! App passwords: what they open, until when, and what becomes of them.

use std::sync::Arc;

use auth::{Attempt, AuthFailure, Authenticator, ClientInfo, Mechanism, Protocol};
use directory::{Account, Directory, DirectoryError, Kind, NewAppPassword, RecipientId, Scopes};
use store::{Database, Options};
use types::limits::{APP_PASSWORD_NAME_OCTETS_MAX, APP_PASSWORDS_MAX};
use types::{ManualClock, Timestamp};

use crate::support::*;

const NOW: u64 = 1_700_000_000;

struct World {
    directory: Directory,
    clock: Arc<ManualClock>,
    alice: RecipientId,
}

/// Alice, who has a password of her own, at a time of ours.
async fn world() -> World {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(NOW as i64)));
    let database = Database::open(Options { clock: clock.clone(), ..Options::memory() }).unwrap();
    let directory = Directory::open(database, options()).await.unwrap();
    let ours = domain("here.test", directory::DomainKind::Authoritative);
    directory.add_domain(ours).await.unwrap();
    let new = with_password("alice@here.test", "wonderland", true);
    let alice = directory.create_mailbox(new).await.unwrap();
    World { directory, clock, alice }
}

impl World {
    async fn make(&self, name: &str, scopes: Scopes) -> String {
        self.make_until(name, scopes, None).await.unwrap()
    }

    async fn make_until(
        &self,
        name: &str,
        scopes: Scopes,
        expires: Option<u64>,
    ) -> Result<String, DirectoryError> {
        let new = NewAppPassword { name: name.to_owned(), scopes, expires };
        Ok(self.directory.new_app_password(self.alice, new).await?.to_string())
    }

    async fn login(&self, password: &str, protocol: Protocol) -> Result<RecipientId, AuthFailure> {
        let attempt = Attempt::password(Mechanism::Plain, "", "alice", password).unwrap();
        let client = ClientInfo { ip: "192.0.2.1".parse().unwrap(), protocol };
        Ok(self.directory.verify(attempt, client).await?.recipient)
    }

    fn names(&self) -> Vec<String> {
        let snapshot = self.directory.snapshot();
        let all = snapshot.app_passwords(self.alice).iter();
        all.map(|password| password.name.clone()).collect()
    }
}

const WRONG: Result<RecipientId, AuthFailure> = Err(AuthFailure::Credentials);

#[tokio::test]
async fn it_opens_its_services_and_no_other() {
    let world = world().await;
    let phone = world.make("phone", Scopes::IMAP.with(Scopes::SMTP)).await;
    let right = Ok(world.alice);
    for (protocol, expected) in [
        (Protocol::Imap4, right),
        (Protocol::Smtp, right),
        (Protocol::Pop3, WRONG),
        (Protocol::Admin, WRONG),
    ] {
        assert_eq!(world.login(&phone, protocol).await, expected, "{protocol}");
        assert_eq!(world.login("wonderland", protocol).await, right, "{protocol}");
    }
    let all = world.make("all", Scopes::ALL).await;
    assert_eq!(world.login(&all, Protocol::Pop3).await, right);
    assert_eq!(world.login(&all, Protocol::Admin).await, WRONG);
}

#[tokio::test]
async fn it_ends_when_it_was_said_to() {
    let world = world().await;
    let trial = world.make_until("trial", Scopes::ALL, Some(NOW + 60)).await.unwrap();
    let stays = world.make("stays", Scopes::ALL).await;
    world.clock.set(Timestamp::from_secs(NOW as i64 + 59));
    assert_eq!(world.login(&trial, Protocol::Imap4).await, Ok(world.alice));
    world.clock.set(Timestamp::from_secs(NOW as i64 + 60));
    assert_eq!(world.login(&trial, Protocol::Imap4).await, WRONG);
    assert_eq!(world.login(&stays, Protocol::Imap4).await, Ok(world.alice));
}

#[tokio::test]
async fn what_is_removed_works_no_more_and_the_others_do() {
    let world = world().await;
    let phone = world.make("Phone", Scopes::ALL).await;
    let tablet = world.make("tablet", Scopes::ALL).await;
    assert_eq!(world.login(&phone, Protocol::Imap4).await, Ok(world.alice));
    let remove = |name: &str| world.directory.remove_app_password(world.alice, name.to_owned());
    remove("pHONE").await.unwrap();
    assert_eq!(world.login(&phone, Protocol::Imap4).await, WRONG);
    assert_eq!(world.login(&tablet, Protocol::Imap4).await, Ok(world.alice));
    let gone = remove("phone").await;
    assert!(matches!(gone, Err(DirectoryError::NoAppPassword(_))), "{gone:?}");
}

#[tokio::test]
async fn one_that_is_not_good_counts_as_a_guess() {
    let world = world().await;
    let phone = world.make("phone", Scopes::IMAP).await;
    for _ in 0..5 {
        assert_eq!(world.login(&phone, Protocol::Pop3).await, WRONG);
    }
    for password in [phone.as_str(), "wonderland"] {
        let throttled = world.login(password, Protocol::Imap4).await;
        assert!(matches!(throttled, Err(AuthFailure::Throttled { .. })), "{throttled:?}");
    }
}

#[tokio::test]
async fn it_is_the_accounts_own() {
    let world = world().await;
    let phone = world.make("phone", Scopes::ALL).await;
    let bob = with_password("bob@here.test", "builder", false);
    world.directory.create_mailbox(bob).await.unwrap();
    let attempt = Attempt::password(Mechanism::Plain, "", "bob", &phone).unwrap();
    let client = ClientInfo { ip: "192.0.2.1".parse().unwrap(), protocol: Protocol::Imap4 };
    let refused = world.directory.verify(attempt, client).await;
    assert_eq!(refused.map(|principal| principal.recipient), WRONG);
}

#[tokio::test]
async fn bad_ones_are_not_made() {
    let world = world().await;
    world.make("phone", Scopes::ALL).await;
    let long = "x".repeat(APP_PASSWORD_NAME_OCTETS_MAX + 1);
    for (name, expires, expected) in [
        ("PHONE", None, "there is an app password \"PHONE\" already"),
        (" ", None, "\" \" is not a name of an app password"),
        ("a\nb", None, "\"a\\nb\" is not a name of an app password"),
        (&long, None, "octets of a name: at most 64"),
        ("old", Some(NOW), "an app password must expire later than now"),
    ] {
        let refused = world.make_until(name, Scopes::ALL, expires).await.unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    for number in 1..APP_PASSWORDS_MAX {
        world.make(&number.to_string(), Scopes::ALL).await;
    }
    let refused = world.make_until("more", Scopes::ALL, None).await.unwrap_err();
    assert_eq!(refused.to_string(), "app passwords: at most 20");
    assert_eq!(world.names().len(), APP_PASSWORDS_MAX);
}

#[tokio::test]
async fn without_a_login_or_a_mailbox_there_are_none() {
    let world = world().await;
    let sales = world.directory.create_mailbox(shared("sales@here.test")).await.unwrap();
    let new = NewAppPassword { name: "x".to_owned(), scopes: Scopes::ALL, expires: None };
    let refused = world.directory.new_app_password(sales, new.clone()).await;
    assert!(matches!(refused, Err(DirectoryError::WrongKind { .. })), "{refused:?}");

    let phone = world.make("phone", Scopes::ALL).await;
    let before = world.directory.snapshot().recipient(world.alice).unwrap().kind.clone();
    let kind = Kind::User(Account::default());
    world.directory.update(world.alice, |recipient| recipient.kind = kind).await.unwrap();
    assert!(world.names().is_empty(), "Disable-Mailbox");
    world.directory.update(world.alice, |recipient| recipient.kind = before).await.unwrap();
    assert_eq!(world.login(&phone, Protocol::Imap4).await, WRONG);
    assert_eq!(world.login("wonderland", Protocol::Imap4).await, Ok(world.alice));

    world.make("phone", Scopes::ALL).await;
    world.directory.remove(world.alice).await.unwrap();
    assert!(world.names().is_empty(), "Remove-Mailbox");
}

#[tokio::test]
async fn they_are_there_after_a_restart_and_so_is_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Database::open(Options::sqlite(folder.path())).unwrap();
    let database = open();
    let first = Directory::open(database.clone(), options()).await.unwrap();
    first.add_domain(domain("here.test", directory::DomainKind::Authoritative)).await.unwrap();
    let alice = first.create_mailbox(mailbox("alice@here.test")).await.unwrap();
    let bob = first.create_mailbox(mailbox("bob@here.test")).await.unwrap();
    let new = NewAppPassword { name: "x".to_owned(), scopes: Scopes::POP, expires: None };
    for id in [alice, bob] {
        first.new_app_password(id, new.clone()).await.unwrap();
    }
    first.remove(bob).await.unwrap();
    let before = first.snapshot();
    database.close().await;
    drop((first, database));

    let second = Directory::open(open(), options()).await.unwrap();
    let after = second.snapshot();
    assert_eq!(after.app_passwords(alice), before.app_passwords(alice));
    assert_eq!(after.app_passwords(alice).len(), 1);
    assert!(after.app_passwords(bob).is_empty());
}
