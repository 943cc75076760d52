//! The requests of a server: made, listed, suspended, resumed, removed.

use std::ops::ControlFlow;

use store::{Database, Direction, Read, ReadExt, Txn, Watch};
use types::limits::MIGRATION_REQUESTS_MAX;

use crate::error::MigrationError;
use crate::keys;
use crate::record::Json;
use crate::request::{Kind, NewRequest, Request, RequestId, RequestState, RequestStatus};

/// The requests in one database. Cloning is cheap.
#[derive(Clone)]
pub struct Requests {
    database: Database,
}

/// Wakes who waits for work; numbers of mailboxes end far below.
pub(crate) const TOPIC: u64 = 1 << 40;

impl Requests {
    /// Those in the database of the mailboxes.
    pub fn new(database: Database) -> Self {
        Requests { database }
    }

    /// Where they are.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Wakes when a request was made, resumed, suspended or removed.
    pub fn watch(&self) -> Watch {
        self.database.watch(TOPIC)
    }

    /// Makes a request. Errors: NameInUse; Limit.
    pub async fn create(&self, new: NewRequest) -> Result<Request, MigrationError> {
        let id = RequestId::random()?;
        self.database
            .write(move |txn| {
                let others = requests(&*txn)?;
                check_room(others.len())?;
                let (name, now) = (free_name(&new, &others)?, txn.now().secs());
                let status = match new.suspended {
                    true => RequestStatus::Suspended,
                    false => RequestStatus::Queued,
                };
                let request = new.clone().named(id, name, now);
                txn.put_record(&keys::request(id), &Json(request.clone()))?;
                txn.put_record(&keys::state(id), &Json(RequestState::new(status, now)))?;
                txn.wake(TOPIC);
                Ok(request)
            })
            .await
    }

    /// All requests with their states, the oldest first.
    pub async fn all(&self) -> Result<Vec<(Request, RequestState)>, MigrationError> {
        self.database
            .read(|snapshot| {
                let mut all = Vec::new();
                for request in requests(snapshot)? {
                    let state = state(snapshot, request.id)?;
                    all.push((request, state));
                }
                all.sort_by_key(|(request, _)| (request.created, request.id));
                Ok(all)
            })
            .await
    }

    /// The state of one. Errors: NotFound.
    pub async fn state(&self, id: RequestId) -> Result<RequestState, MigrationError> {
        self.database.read(move |snapshot| state(snapshot, id)).await
    }

    /// Stops a request until it is resumed. Errors: NotFound; Status, of one that has ended.
    pub async fn suspend(&self, id: RequestId) -> Result<(), MigrationError> {
        self.set(id, |state| match state.status.is_active() {
            true => {
                state.suspend();
                Ok(())
            }
            false => Err(MigrationError::Status(state.status.name())),
        })
        .await
    }

    /// Lets a request go on that was suspended or has failed; one that is completed looks for what
    /// is new at its source. Errors: NotFound; Status, of one that is under way.
    pub async fn resume(&self, id: RequestId) -> Result<(), MigrationError> {
        self.set(id, |state| match state.status.is_active() {
            true => Err(MigrationError::Status(state.status.name())),
            false => {
                state.resume();
                Ok(())
            }
        })
        .await
    }

    /// Forgets a request, and stops it if it is under way. What it has carried over stays.
    /// Errors: NotFound.
    pub async fn remove(&self, id: RequestId) -> Result<(), MigrationError> {
        self.database
            .write(move |txn| {
                state(&*txn, id)?;
                txn.permit_growth();
                delete(txn, id)?;
                txn.wake(TOPIC);
                Ok(())
            })
            .await
    }

    async fn set(
        &self,
        id: RequestId,
        change: impl Fn(&mut RequestState) -> Result<(), MigrationError> + Send + 'static,
    ) -> Result<(), MigrationError> {
        self.database
            .write(move |txn: &mut Txn<'_>| {
                let mut state = state(&*txn, id)?;
                change(&mut state)?;
                state.updated = txn.now().secs();
                txn.put_record(&keys::state(id), &Json(state))?;
                txn.wake(TOPIC);
                Ok(())
            })
            .await
    }
}

/// Takes the rows of a request away.
pub(crate) fn delete(txn: &mut Txn<'_>, id: RequestId) -> Result<(), MigrationError> {
    for key in folder_keys(&*txn, id)? {
        txn.delete(&key)?;
    }
    txn.delete(&keys::state(id))?;
    Ok(txn.delete(&keys::request(id))?)
}

pub(crate) fn requests(read: &dyn Read) -> Result<Vec<Request>, MigrationError> {
    let range = keys::requests();
    let mut all = Vec::new();
    let visit = &mut |_: &[u8], Json(request): Json<Request>| {
        all.push(request);
        ControlFlow::Continue(())
    };
    read.records(&range.start, &range.end, Direction::Forward, visit)?;
    Ok(all)
}

pub(crate) fn state(read: &dyn Read, id: RequestId) -> Result<RequestState, MigrationError> {
    let state: Option<Json<RequestState>> = read.record(&keys::state(id))?;
    state.map(|Json(state)| state).ok_or(MigrationError::NotFound)
}

fn folder_keys(read: &dyn Read, id: RequestId) -> Result<Vec<Vec<u8>>, MigrationError> {
    let range = keys::folders(id);
    let mut found = Vec::new();
    read.range(&range.start, &range.end, Direction::Forward, &mut |key, _| {
        found.push(key.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

pub(crate) fn check_room(requests: usize) -> Result<(), MigrationError> {
    match requests >= MIGRATION_REQUESTS_MAX {
        true => Err(MigrationError::Limit("import and export requests")),
        false => Ok(()),
    }
}

/// The name asked for, or the first of Exchange's that is free: MailboxImport, MailboxImport1.
fn free_name(new: &NewRequest, others: &[Request]) -> Result<String, MigrationError> {
    let taken = |name: &str| {
        others.iter().any(|other| {
            other.kind == new.kind
                && other.mailbox() == new.mailbox
                && other.name.eq_ignore_ascii_case(name)
        })
    };
    if let Some(name) = &new.name {
        let in_use = || MigrationError::NameInUse(name.clone());
        return (!taken(name)).then(|| name.clone()).ok_or_else(in_use);
    }
    let stem = match new.kind {
        Kind::Import => "MailboxImport",
        Kind::Export => "MailboxExport",
        Kind::Restore => "MailboxRestore",
    };
    let numbered = (1..=others.len()).map(|number| format!("{stem}{number}"));
    let mut names = std::iter::once(stem.to_owned()).chain(numbered);
    names.find(|name| !taken(name)).ok_or_else(|| MigrationError::NameInUse(stem.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_at_most_migration_requests_max() {
        assert!(check_room(MIGRATION_REQUESTS_MAX - 1).is_ok());
        assert!(matches!(check_room(MIGRATION_REQUESTS_MAX), Err(MigrationError::Limit(_))));
    }
}
