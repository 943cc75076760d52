//! The users of a demonstration.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use auth::{Password, PasswordHash};
use directory::{Directory, MailboxKind, NewMailbox, Recipient};
use types::{Address, Domain};

use super::{DemoError, Options};
use crate::MailboxServer;
use crate::storage::MAILBOX_DATABASE;

/// Local part and display name of those who have sample mail.
const NAMED: [(&str, &str); 3] =
    [("alice", "Alice Andersson"), ("bob", "Bob Bianchi"), ("carol", "Carol Černá")];

/// A user as the demonstration wants it.
pub(super) struct User {
    pub primary: Address,
    pub display_name: String,
}

/// alice, bob and carol.
pub(super) fn named(domain: &Domain) -> Vec<User> {
    let address = |local| Address::parse(&format!("{local}@{domain}"));
    let users = NAMED.iter().filter_map(|&(local, display_name)| {
        Some(User { primary: address(local).ok()?, display_name: display_name.to_owned() })
    });
    users.collect()
}

fn numbered(domain: &Domain, count: u16) -> Result<Vec<User>, DemoError> {
    let user = |number| {
        let text = format!("u{number:03}@{domain}");
        match Address::parse(&text) {
            Ok(primary) => Ok(User { primary, display_name: format!("User {number:03}") }),
            Err(error) => Err(DemoError::Address(text, error)),
        }
    };
    (0..count).map(user).collect()
}

/// Makes the users who are not there, in one transaction and with one hash. Those who are
/// there must fit: their address and password are about to be printed.
pub(super) async fn create_missing(
    server: &MailboxServer,
    options: &Options,
    password: Password,
) -> Result<(), DemoError> {
    let directory = &server.storage().directory;
    let mut users = named(&options.domain);
    let known = known(directory, &users, options)?;
    check_password(known, password.clone(), &options.directory).await?;
    users.extend(numbered(&options.domain, options.numbered_users)?);
    let snapshot = directory.snapshot();
    let missing = users.into_iter().filter(|user| snapshot.by_address(&user.primary).is_none());
    let server_name = server.settings().short_name();
    let missing: Vec<_> = missing.map(|user| new_mailbox(user, &server_name)).collect();
    if !missing.is_empty() {
        directory.create_mailboxes(missing, password).await?;
    }
    Ok(())
}

fn new_mailbox(user: User, server: &str) -> NewMailbox {
    let administrator = user.primary.local.as_str() == NAMED[0].0;
    NewMailbox {
        display_name: user.display_name,
        kind: MailboxKind::User { password: None, administrator },
        ..NewMailbox::user(user.primary, server, MAILBOX_DATABASE)
    }
}

/// Those of the users who are in the directory already.
fn known(
    directory: &Directory,
    users: &[User],
    options: &Options,
) -> Result<Vec<Arc<Recipient>>, DemoError> {
    let snapshot = directory.snapshot();
    let mut known = Vec::new();
    for user in users {
        let Some(recipient) = snapshot.by_alias(user.primary.local.as_str()) else { continue };
        if recipient.primary.domain != options.domain {
            let (directory, found) = (options.directory.clone(), recipient.primary.domain.clone());
            return Err(DemoError::OtherDomain { directory, found });
        }
        known.push(Arc::clone(recipient));
    }
    Ok(known)
}

/// Checks each different hash once: users made together share one.
async fn check_password(
    known: Vec<Arc<Recipient>>,
    password: Password,
    directory: &Path,
) -> Result<(), DemoError> {
    let hashes: Vec<PasswordHash> = known.iter().filter_map(|user| hash(user)).collect();
    let check = move || {
        let mut seen = HashSet::new();
        let mut different = hashes.iter().filter(|hash| seen.insert(hash.as_str()));
        different.all(|hash| hash.matches(&password))
    };
    match tokio::task::spawn_blocking(check).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(DemoError::OtherPassword(directory.to_owned())),
        Err(_) => Err(DemoError::Interrupted),
    }
}

fn hash(user: &Recipient) -> Option<PasswordHash> {
    user.account()?.credentials.as_ref().map(|credentials| credentials.password.clone())
}
