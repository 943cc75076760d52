//! A small organization.

use auth::{HashCost, Password, RecipientId, VerifierOptions};
use directory::{AcceptedDomain, Directory, DomainKind, MailboxKind, NewMailbox};
use store::{Database, Options};
use types::{Address, Domain};

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

pub fn options() -> VerifierOptions {
    VerifierOptions { cost: HashCost::LEAST, ..VerifierOptions::default() }
}

pub fn domain(text: &str, kind: DomainKind) -> AcceptedDomain {
    AcceptedDomain { name: name(text), kind, match_sub_domains: false, catch_all: None }
}

pub fn mailbox(primary: &str) -> NewMailbox {
    NewMailbox::user(address(primary), "ex1", "Mailbox Database 1")
}

pub fn with_password(primary: &str, text: &str, administrator: bool) -> NewMailbox {
    let kind = MailboxKind::User { password: Some(password(text)), administrator };
    NewMailbox { kind, ..mailbox(primary) }
}

pub fn shared(primary: &str) -> NewMailbox {
    NewMailbox { kind: MailboxKind::Shared, ..mailbox(primary) }
}

/// `here.test` is ours; nobody is in it yet.
pub async fn empty() -> Directory {
    let database = Database::open(Options::memory()).unwrap();
    let directory = Directory::open(database, options()).await.unwrap();
    directory.add_domain(domain("here.test", DomainKind::Authoritative)).await.unwrap();
    directory
}

/// Gives `who` full access to the mailbox of `owner`.
pub async fn open_to(directory: &Directory, owner: RecipientId, who: RecipientId) {
    let grant = move |recipient: &mut directory::Recipient| {
        recipient.mailbox_mut().unwrap().full_access.push(who);
    };
    directory.update(owner, grant).await.unwrap();
}
