//! Between snapshot and store: what a change writes, what a start reads.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use store::{Database, Direction, Read, ReadExt, Record, StoreError, Txn};
use types::limits::DIRECTORY_PAGE_RECIPIENTS;

use crate::app_password::AppPasswords;
use crate::domain::AcceptedDomain;
use crate::error::DirectoryError;
use crate::keys;
use crate::object::ConfigurationObject;
use crate::recipient::{ChangeNumber, Recipient};
use crate::role_group::RoleGroup;
use crate::settings::Settings;
use crate::snapshot::{Edit, Snapshot};

/// The transaction of a change. `before` is the fence against a second process.
pub(crate) fn write(
    txn: &mut Txn<'_>,
    before: ChangeNumber,
    settings: &Settings,
    edits: &[Edit],
) -> Result<(), DirectoryError> {
    let stored = txn.record::<Settings>(&keys::SETTINGS)?;
    if stored.is_none_or(|stored| stored.change != before) {
        return Err(DirectoryError::Conflict);
    }
    txn.put_record(&keys::SETTINGS, settings)?;
    for edit in edits {
        match edit {
            Edit::Put(recipient) => txn.put_record(&keys::recipient(recipient.id), &**recipient)?,
            Edit::Remove(id) => {
                txn.delete(&keys::recipient(*id))?;
                txn.delete(&keys::photo(*id))?;
            }
            Edit::PutPhoto(id, Some(photo)) => txn.put_record(&keys::photo(*id), &**photo)?,
            Edit::PutPhoto(id, None) => txn.delete(&keys::photo(*id))?,
            Edit::PutDomain(domain) => txn.put_record(&keys::domain(&domain.name), domain)?,
            Edit::RemoveDomain(name) => txn.delete(&keys::domain(name))?,
            Edit::PutObject(object) => {
                txn.put_record(&keys::object(&object.identity()), &**object)?
            }
            Edit::RemoveObject(identity) => txn.delete(&keys::object(identity))?,
            Edit::PutRoleGroup(group) => {
                txn.put_record(&keys::role_group(&group.folded()), &**group)?
            }
            Edit::RemoveRoleGroup(folded) => txn.delete(&keys::role_group(folded))?,
            Edit::AppPasswords(all) => app_passwords(txn, all)?,
        }
    }
    Ok(())
}

/// An account without app passwords has no row of them.
fn app_passwords(txn: &mut Txn<'_>, all: &AppPasswords) -> Result<(), StoreError> {
    let key = keys::app_passwords(all.account);
    match all.passwords.is_empty() {
        true => txn.delete(&key),
        false => txn.put_record(&key, all),
    }
}

/// Reads the whole directory, page by page; a fresh one is written first.
pub(crate) async fn load(database: &Database) -> Result<Snapshot, DirectoryError> {
    let settings = database.read(|read| read.record::<Settings>(&keys::SETTINGS)).await?;
    let settings = match settings {
        Some(settings) => settings,
        None => found(database).await?,
    };
    let mut snapshot = Snapshot::new(settings);
    for domain in database.read(|read| domains(read)).await? {
        snapshot.apply(Edit::PutDomain(domain));
    }
    for object in database.read(|read| objects(read)).await? {
        snapshot.apply(Edit::PutObject(Arc::new(object)));
    }
    for group in database.read(|read| role_groups(read)).await? {
        snapshot.apply(Edit::PutRoleGroup(Arc::new(group)));
    }
    for passwords in database.read(|read| all(read, keys::all_app_passwords())).await? {
        snapshot.apply(Edit::AppPasswords(Arc::new(passwords)));
    }
    let mut next = Some(keys::recipients().start);
    while let Some(from) = next {
        let (page, rest) = database.read(move |read| recipients(read, &from)).await?;
        page.into_iter().for_each(|recipient| snapshot.apply(Edit::Put(recipient)));
        next = rest;
    }
    Ok(snapshot)
}

/// Writes the settings of an empty directory.
async fn found(database: &Database) -> Result<Settings, DirectoryError> {
    let settings = Settings::fresh()?;
    let written = settings.clone();
    database.write(move |txn| txn.put_record(&keys::SETTINGS, &written)).await?;
    Ok(settings)
}

fn domains(read: &dyn Read) -> Result<Vec<AcceptedDomain>, StoreError> {
    all(read, keys::domains())
}

fn objects(read: &dyn Read) -> Result<Vec<ConfigurationObject>, StoreError> {
    all(read, keys::objects())
}

fn role_groups(read: &dyn Read) -> Result<Vec<RoleGroup>, StoreError> {
    all(read, keys::role_groups())
}

/// All rows of a range, of which there are few.
fn all<T: Record>(read: &dyn Read, range: Range<Vec<u8>>) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    read.records(&range.start, &range.end, Direction::Forward, &mut |_, row| {
        found.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// A page of recipients, and where the next one starts.
type Page = (Vec<Arc<Recipient>>, Option<Vec<u8>>);

fn recipients(read: &dyn Read, from: &[u8]) -> Result<Page, StoreError> {
    let (end, mut page, mut next) = (keys::recipients().end, Vec::new(), None);
    read.records(from, &end, Direction::Forward, &mut |key, recipient: Recipient| {
        if page.len() == DIRECTORY_PAGE_RECIPIENTS {
            next = Some(key.to_vec());
            return ControlFlow::Break(());
        }
        page.push(Arc::new(recipient));
        ControlFlow::Continue(())
    })?;
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use auth::{HashCost, Password, VerifierOptions};
    use store::Options;
    use types::{Address, Domain};

    use super::*;
    use crate::directory::Directory;
    use crate::domain::DomainKind;
    use crate::request::NewMailbox;

    #[tokio::test]
    async fn a_page_has_so_many_recipients() {
        let database = Database::open(Options::memory()).unwrap();
        let options = VerifierOptions { cost: HashCost::LEAST, ..VerifierOptions::default() };
        let directory = Directory::open(database.clone(), options).await.unwrap();
        let (name, kind) = (Domain::parse("here.test").unwrap(), DomainKind::Authoritative);
        let domain = AcceptedDomain { name, kind, match_sub_domains: false, catch_all: None };
        directory.add_domain(domain).await.unwrap();
        let new = (0..=DIRECTORY_PAGE_RECIPIENTS).map(|number| {
            let address = Address::parse(&format!("u{number}@here.test")).unwrap();
            NewMailbox::user(address, "ex1", "db")
        });
        directory.create_mailboxes(new.collect(), Password::new("x").unwrap()).await.unwrap();
        let snapshot = database.snapshot().unwrap();
        let (first, next) = recipients(&snapshot, &keys::recipients().start).unwrap();
        assert_eq!(first.len(), DIRECTORY_PAGE_RECIPIENTS);
        let (second, next) = recipients(&snapshot, &next.unwrap()).unwrap();
        assert_eq!((second.len(), next), (1, None));
    }
}
