//! The batches of a server: made, listed, started, stopped, completed, removed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use mailbox::Guid;
use store::{Bulk, Direction, Read, ReadExt, Txn};
use types::limits::{MIGRATION_BATCH_USERS_MAX, MIGRATION_BATCHES_MAX};

use super::batch::{
    Batch, BatchChange, BatchCounts, BatchPhase, BatchStatus, BatchTag, BatchUser, NewBatch,
};
use super::endpoint::MigrationEndpoint;
use super::endpoints::endpoint;
use crate::error::MigrationError;
use crate::keys;
use crate::record::Json;
use crate::request::{Kind, NewRequest, Place, Request, RequestId, RequestState, RequestStatus};
use crate::requests::{Requests, TOPIC, check_room, delete, requests, state};

/// A batch, and how many of its mailboxes stand how.
pub type Counted = (Batch, BatchCounts);

impl Requests {
    /// Makes a batch with a request for each of its mailboxes, or nothing. Errors: Exists;
    /// NotFound, of the endpoint; InBatch; NameInUse; Limit.
    pub async fn create_batch(&self, new: NewBatch) -> Result<Batch, MigrationError> {
        check_size(new.users.len())?;
        let ids = new.users.iter().map(|_| RequestId::random()).collect::<Result<Vec<_>, _>>()?;
        self.database()
            .write(move |txn| {
                let endpoint = check_new(&*txn, &new)?;
                let batch = new.batch(txn.now().secs());
                txn.put_record(&keys::batch(&batch.name), &Json(batch.clone()))?;
                let status =
                    if new.started { RequestStatus::Queued } else { RequestStatus::Suspended };
                for (user, id) in new.users.iter().zip(&ids) {
                    let request = batch.request(*id, user, &endpoint);
                    txn.put_record(&keys::request(*id), &Json(request))?;
                    let state = RequestState::new(status, batch.created);
                    txn.put_record(&keys::state(*id), &Json(state))?;
                }
                txn.wake(TOPIC);
                Ok(batch)
            })
            .await
    }

    /// Changes a batch with its requests, or nothing; those under way go by it when they begin
    /// anew. Mailboxes that come into a batch under way begin at once. Errors: NotFound; Status, of
    /// one that is or was completed; InBatch; NameInUse; Limit.
    pub async fn change_batch(
        &self,
        name: &str,
        change: BatchChange,
    ) -> Result<Batch, MigrationError> {
        let name = name.to_owned();
        let ids =
            change.users.iter().map(|_| RequestId::random()).collect::<Result<Vec<_>, _>>()?;
        self.database()
            .write(move |txn| {
                let mut batch = batch(&*txn, &name)?.ok_or(MigrationError::NotFound)?;
                if batch.phase == BatchPhase::Completing {
                    return Err(MigrationError::BatchStatus(status_of(&*txn, &batch)?.name()));
                }
                batch.bad_item_limit = change.bad_item_limit.unwrap_or(batch.bad_item_limit);
                apply(txn, &batch, &change.users, &ids)?;
                txn.put_record(&keys::batch(&batch.name), &Json(batch.clone()))?;
                txn.wake(TOPIC);
                Ok(batch)
            })
            .await
    }

    /// All batches, by name.
    pub async fn batches(&self) -> Result<Vec<Counted>, MigrationError> {
        self.database()
            .read(|snapshot| {
                let mut all: Vec<Counted> = batches(snapshot)?
                    .into_iter()
                    .map(|batch| (batch, BatchCounts::default()))
                    .collect();
                for request in requests(snapshot)? {
                    let Some(tag) = &request.batch else { continue };
                    let batch = all.iter_mut().find(|(batch, _)| batch.name == tag.batch);
                    let Some((_, counts)) = batch else { continue };
                    counts.add(state(snapshot, request.id)?.status);
                }
                Ok(all)
            })
            .await
    }

    /// Lets the mailboxes of a batch come over: those that have not, and what is new in those that
    /// have. Of one under way those that failed or were suspended go on. Errors: NotFound;
    /// Status, of one that is completed or has nothing to go on with.
    pub async fn start_batch(&self, name: &str) -> Result<(), MigrationError> {
        self.tell(name, |batch, status, now| match status {
            BatchStatus::Completing | BatchStatus::Completed | BatchStatus::CompletedWithErrors => {
                Err(MigrationError::BatchStatus(status.name()))
            }
            _ => {
                batch.phase = BatchPhase::Started;
                batch.started = Some(now);
                let again = status != BatchStatus::Syncing;
                Ok(Tell::Go { done_as_well: again, at_least_one: !again })
            }
        })
        .await
    }

    /// Stops the mailboxes of a batch that have not come over. Errors: NotFound; Status, when
    /// none is under way.
    pub async fn stop_batch(&self, name: &str) -> Result<(), MigrationError> {
        self.tell(name, |batch, status, _| match status {
            BatchStatus::Syncing | BatchStatus::Completing => {
                batch.phase = BatchPhase::Stopped;
                Ok(Tell::Stop)
            }
            _ => Err(MigrationError::BatchStatus(status.name())),
        })
        .await
    }

    /// Brings for the last time what has come at the source since. Errors: NotFound; Status, when
    /// the mailboxes have not come over yet.
    pub async fn complete_batch(&self, name: &str) -> Result<(), MigrationError> {
        self.tell(name, |batch, status, _| match status {
            BatchStatus::Synced | BatchStatus::SyncedWithErrors => {
                batch.phase = BatchPhase::Completing;
                Ok(Tell::Go { done_as_well: true, at_least_one: false })
            }
            _ => Err(MigrationError::BatchStatus(status.name())),
        })
        .await
    }

    /// Forgets a batch with its requests, and stops those that are under way. What has come stays.
    /// Errors: NotFound.
    pub async fn remove_batch(&self, name: &str) -> Result<(), MigrationError> {
        let name = name.to_owned();
        // Nothing comes to them any more.
        let mut members = self.members(&name).await?.into_iter();
        self.database()
            .write_bulk(move |txn| {
                batch(&*txn, &name)?.ok_or(MigrationError::NotFound)?;
                txn.permit_growth();
                for id in members.by_ref() {
                    delete(txn, id)?;
                    if txn.slice_full() {
                        return Ok(Bulk::More);
                    }
                }
                // Last, so that after a kill there is something left to remove.
                txn.delete(&keys::batch(&name))?;
                txn.wake(TOPIC);
                Ok(Bulk::Done(()))
            })
            .await
    }

    /// The requests of a batch. Errors: NotFound.
    async fn members(&self, name: &str) -> Result<Vec<RequestId>, MigrationError> {
        let name = name.to_owned();
        self.database()
            .read(move |snapshot| {
                let batch = batch(snapshot, &name)?.ok_or(MigrationError::NotFound)?;
                Ok(members(snapshot, &batch)?.into_iter().map(|request| request.id).collect())
            })
            .await
    }

    /// Tells a batch and its requests something, in one transaction.
    async fn tell(
        &self,
        name: &str,
        decide: impl Fn(&mut Batch, BatchStatus, i64) -> Result<Tell, MigrationError> + Send + 'static,
    ) -> Result<(), MigrationError> {
        let name = name.to_owned();
        self.database()
            .write(move |txn| {
                let mut batch = batch(&*txn, &name)?.ok_or(MigrationError::NotFound)?;
                let states = states(&*txn, &batch)?;
                let (status, now) = (status_of(&*txn, &batch)?, txn.now().secs());
                let tell = decide(&mut batch, status, now)?;
                if pass_on(txn, tell, states, now)? == 0 && tell.needs_one() {
                    return Err(MigrationError::BatchStatus(status.name()));
                }
                txn.put_record(&keys::batch(&batch.name), &Json(batch))?;
                txn.wake(TOPIC);
                Ok(())
            })
            .await
    }
}

/// What the requests of a batch are told.
#[derive(Clone, Copy)]
enum Tell {
    /// To go on.
    Go {
        /// Those that are done look for what is new.
        done_as_well: bool,
        /// It is an error when there is none.
        at_least_one: bool,
    },
    /// To stop.
    Stop,
}

impl Tell {
    fn needs_one(self) -> bool {
        matches!(self, Tell::Go { at_least_one: true, .. })
    }

    /// Whether it changes a request that stands like that.
    fn concerns(self, status: RequestStatus) -> bool {
        let done = matches!(status, RequestStatus::Completed | RequestStatus::CompletedWithWarning);
        match self {
            Tell::Stop => status.is_active(),
            Tell::Go { done_as_well, .. } => !status.is_active() && (done_as_well || !done),
        }
    }

    fn apply(self, state: &mut RequestState) {
        match self {
            Tell::Stop => state.suspend(),
            Tell::Go { .. } => state.resume(),
        }
    }
}

/// How many requests were concerned.
fn pass_on(
    txn: &mut Txn<'_>,
    tell: Tell,
    states: Vec<(RequestId, RequestState)>,
    now: i64,
) -> Result<usize, MigrationError> {
    let mut concerned = 0;
    for (id, mut state) in states.into_iter().filter(|(_, state)| tell.concerns(state.status)) {
        tell.apply(&mut state);
        state.updated = now;
        txn.put_record(&keys::state(id), &Json(state))?;
        concerned += 1;
    }
    Ok(concerned)
}

/// The batch of that name, in capitals or not.
fn batch(read: &dyn Read, name: &str) -> Result<Option<Batch>, MigrationError> {
    let found: Option<Json<Batch>> = read.record(&keys::batch(name))?;
    Ok(found.map(|Json(batch)| batch))
}

pub(super) fn batches(read: &dyn Read) -> Result<Vec<Batch>, MigrationError> {
    let range = keys::batches();
    let mut all = Vec::new();
    let visit = &mut |_: &[u8], Json(batch): Json<Batch>| {
        all.push(batch);
        ControlFlow::Continue(())
    };
    read.records(&range.start, &range.end, Direction::Forward, visit)?;
    Ok(all)
}

fn members(read: &dyn Read, batch: &Batch) -> Result<Vec<Request>, MigrationError> {
    let mut members = requests(read)?;
    members.retain(|request| request.batch.as_ref().is_some_and(|tag| tag.batch == batch.name));
    Ok(members)
}

fn states(
    read: &dyn Read,
    batch: &Batch,
) -> Result<Vec<(RequestId, RequestState)>, MigrationError> {
    let members = members(read, batch)?;
    members.iter().map(|request| Ok((request.id, state(read, request.id)?))).collect()
}

fn status_of(read: &dyn Read, batch: &Batch) -> Result<BatchStatus, MigrationError> {
    let mut counts = BatchCounts::default();
    states(read, batch)?.iter().for_each(|(_, state)| counts.add(state.status));
    Ok(BatchStatus::of(batch.phase, &counts))
}

/// Brings the requests of a batch in line with it, and these users into it; `ids` are for those
/// that are new.
fn apply(
    txn: &mut Txn<'_>,
    batch: &Batch,
    users: &[BatchUser],
    ids: &[RequestId],
) -> Result<(), MigrationError> {
    let endpoint = endpoint(&*txn, &batch.endpoint)?.ok_or(MigrationError::NotFound)?;
    let members = members(&*txn, batch)?;
    let of = |mailbox: Guid| users.iter().find(|user| user.mailbox == mailbox);
    let is_new = |user: &BatchUser| members.iter().all(|member| member.mailbox() != user.mailbox);
    let (users_new, now) = (users.iter().zip(ids).filter(|(user, _)| is_new(user)), txn.now());
    let users_new: Vec<_> = users_new.collect();
    check_size(members.len() + users_new.len())?;
    let mut others = requests(&*txn)?;
    check_room((others.len() + users_new.len()).saturating_sub(1))?;
    others.retain(|other| members.iter().all(|member| member.id != other.id));
    check_users(&batch.name, users, &others)?;
    for mut request in members.iter().cloned() {
        request.bad_item_limit = batch.bad_item_limit;
        if let Some(user) = of(request.mailbox()) {
            request.place = Place::Imap(endpoint.mailbox(user.user.clone(), user.password.clone()));
            request.source_root.clone_from(&user.root);
        }
        txn.put_record(&keys::request(request.id), &Json(request))?;
    }
    let status = match batch.phase {
        BatchPhase::Started => RequestStatus::Queued,
        _ => RequestStatus::Suspended,
    };
    for (user, id) in users_new {
        let request = batch.request(*id, user, &endpoint);
        txn.put_record(&keys::request(*id), &Json(request))?;
        txn.put_record(&keys::state(*id), &Json(RequestState::new(status, now.secs())))?;
    }
    Ok(())
}

fn check_size(users: usize) -> Result<(), MigrationError> {
    match users > MIGRATION_BATCH_USERS_MAX {
        true => Err(MigrationError::Limit("mailboxes of a batch")),
        false => Ok(()),
    }
}

/// Whether a batch can be made; its endpoint.
fn check_new(read: &dyn Read, new: &NewBatch) -> Result<MigrationEndpoint, MigrationError> {
    if batch(read, &new.name)?.is_some() {
        return Err(MigrationError::Exists("batch"));
    }
    if batches(read)?.len() >= MIGRATION_BATCHES_MAX {
        return Err(MigrationError::Limit("migration batches"));
    }
    let others = requests(read)?;
    check_room(others.len() + new.users.len().saturating_sub(1))?;
    check_users(&new.name, &new.users, &others)?;
    endpoint(read, &new.endpoint)?.ok_or(MigrationError::NotFound)
}

/// Each mailbox is in one batch, and has one request of a name.
fn check_users(batch: &str, users: &[BatchUser], others: &[Request]) -> Result<(), MigrationError> {
    let users: HashSet<[u8; 16]> = users.iter().map(|user| user.mailbox.0).collect();
    let imports = others.iter().filter(|other| other.kind == Kind::Import);
    for other in imports.filter(|other| users.contains(&other.mailbox().0)) {
        match &other.batch {
            Some(tag) => return Err(MigrationError::InBatch(tag.batch.clone())),
            None if other.name.eq_ignore_ascii_case(batch) => {
                return Err(MigrationError::NameInUse(other.name.clone()));
            }
            None => {}
        }
    }
    Ok(())
}

impl NewBatch {
    fn batch(&self, now: i64) -> Batch {
        let phase = if self.started { BatchPhase::Started } else { BatchPhase::Created };
        Batch {
            name: self.name.clone(),
            endpoint: self.endpoint.clone(),
            exclude: self.exclude.clone(),
            bad_item_limit: self.bad_item_limit,
            phase,
            created: now,
            started: self.started.then_some(now),
        }
    }
}

impl Batch {
    /// The request for one of its mailboxes.
    fn request(&self, id: RequestId, user: &BatchUser, endpoint: &MigrationEndpoint) -> Request {
        let new = NewRequest {
            kind: Kind::Import,
            name: Some(self.name.clone()),
            mailbox: user.mailbox,
            place: Place::Imap(endpoint.mailbox(user.user.clone(), user.password.clone())),
            source_root: user.root.clone(),
            target_root: String::new(),
            include: Vec::new(),
            exclude: self.exclude.clone(),
            bad_item_limit: self.bad_item_limit,
            suspended: false,
        };
        let tag = BatchTag { batch: self.name.clone(), endpoint: endpoint.name.clone() };
        let mut request = new.named(id, self.name.clone(), self.created);
        request.batch = Some(tag);
        request
    }
}
