//! MigrationBatch: many mailboxes of another server, by a CSV file.
//!
//! The verbs only write and list. The running server works on the requests of a batch as on
//! others; while it is stopped they wait.

mod new;
mod set;
mod users;

use migration::{Batch, BatchCounts, BatchStatus, Request};
use types::Timestamp;

use super::mailbox_request::may_change_owner;
use super::migration_endpoint::{MigrationName, not_found};
use crate::verb::{
    Cmdlet, Effect, Expected, Moment, Object, Role, Scalar, Session, Shape, Verb, VerbError,
    object, verb,
};

pub(super) const VERBS: &[Verb] = &[
    Verb::of::<CompleteMigrationBatch>(),
    Verb::of::<GetMigrationBatch>(),
    Verb::of::<new::NewMigrationBatch>(),
    Verb::of::<RemoveMigrationBatch>(),
    Verb::of::<set::SetMigrationBatch>(),
    Verb::of::<StartMigrationBatch>(),
    Verb::of::<StopMigrationBatch>(),
];

const WHAT: &str = "migration batch";

object! {
    /// Mailboxes of another server that come over together.
    pub struct MigrationBatchObject = "MigrationBatch" [identity, status, total_count, synced_count, failed_count] {
        /// Its name.
        identity: String,
        /// Created, Syncing, Stopped, Synced, SyncedWithErrors, Completing, Completed or
        /// CompletedWithErrors.
        status: &'static str,
        /// Imap.
        migration_type: &'static str,
        /// Its endpoint.
        source_endpoint: String,
        /// Mailboxes in it.
        total_count: usize,
        /// Those that wait or are worked on.
        active_count: usize,
        /// Those that have come over.
        synced_count: usize,
        /// Those that were stopped.
        stopped_count: usize,
        /// Those that gave up.
        failed_count: usize,
        /// Without these folders.
        exclude_folders: Vec<String>,
        /// With more bad items a mailbox gives up; nothing: there is no limit.
        bad_item_limit: Option<u32>,
        /// When it was made.
        creation_date_time: Moment,
        /// When it was last started.
        start_date_time: Option<Moment>,
    }
}

verb! {
    /// Shows migration batches.
    pub struct GetMigrationBatch = "Get-MigrationBatch" (Role::Migration, Effect::Read) {
        /// Only this one.
        identity: Option<MigrationName> = first,
        /// Only those of this status.
        status: Option<Status>,
        /// Only those of this endpoint.
        endpoint: Option<MigrationName>,
    }
}

verb! {
    /// Lets the mailboxes of a batch come over. Those that have come bring what is new since; of a
    /// batch that is Syncing, those that failed are tried again.
    pub struct StartMigrationBatch = "Start-MigrationBatch" (Role::Migration, Effect::Change) {
        /// The batch.
        identity: MigrationName = first,
    }
}

verb! {
    /// Stops a batch until it is started again. What has come over stays.
    pub struct StopMigrationBatch = "Stop-MigrationBatch" (Role::Migration, Effect::Change) {
        /// The batch.
        identity: MigrationName = first,
    }
}

verb! {
    /// Brings what has come at the source since, for the last time, and ends a batch that is Synced
    /// or SyncedWithErrors.
    pub struct CompleteMigrationBatch = "Complete-MigrationBatch" (Role::Migration, Effect::Change) {
        /// The batch.
        identity: MigrationName = first,
    }
}

verb! {
    /// Forgets a batch with its requests and passwords, and stops what is under way. What has come
    /// over stays.
    pub struct RemoveMigrationBatch = "Remove-MigrationBatch" (Role::Migration, Effect::Destroy) {
        /// The batch.
        identity: MigrationName = first,
    }
}

/// A status that a listing wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(BatchStatus);

impl Scalar for Status {
    const SHAPE: Shape = Shape::OneOf(&[
        "Created",
        "Syncing",
        "Stopped",
        "Synced",
        "SyncedWithErrors",
        "Completing",
        "Completed",
        "CompletedWithErrors",
    ]);

    fn parse(text: &str) -> Result<Self, Expected> {
        let mut all = BatchStatus::ALL.into_iter();
        let found = all.find(|status| status.name().eq_ignore_ascii_case(text));
        found.map(Status).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetMigrationBatch {
    type Answer = Vec<MigrationBatchObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mut found = match &self.identity {
            Some(name) => vec![find(session, name).await?],
            None => session.organization.requests.batches().await?,
        };
        if let Some(Status(status)) = self.status {
            found.retain(|(batch, counts)| BatchStatus::of(batch.phase, counts) == status);
        }
        if let Some(MigrationName(name)) = self.endpoint {
            found.retain(|(batch, _)| batch.endpoint.to_lowercase() == name.to_lowercase());
        }
        Ok(found.iter().map(shown).collect())
    }
}

impl Cmdlet for StartMigrationBatch {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, &self.identity, Act::Start).await
    }
}

impl Cmdlet for StopMigrationBatch {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, &self.identity, Act::Stop).await
    }
}

impl Cmdlet for CompleteMigrationBatch {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, &self.identity, Act::Complete).await
    }
}

impl Cmdlet for RemoveMigrationBatch {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        act(session, &self.identity, Act::Remove).await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Start,
    Stop,
    Complete,
    Remove,
}

async fn act(session: &Session<'_>, name: &MigrationName, act: Act) -> Result<(), VerbError> {
    let before = find(session, name).await?;
    let name = before.0.name.clone();
    may_change(session, &name).await?;
    let doing = match act {
        Act::Start => "Starting",
        Act::Stop => "Stopping",
        Act::Complete => "Completing",
        Act::Remove => "Removing",
    };
    if !session.should_process(format!("{doing} {WHAT} {name}")) {
        return Ok(());
    }
    let requests = &session.organization.requests;
    match act {
        Act::Start => requests.start_batch(&name).await?,
        Act::Stop => requests.stop_batch(&name).await?,
        Act::Complete => requests.complete_batch(&name).await?,
        Act::Remove => requests.remove_batch(&name).await?,
    }
    session.modified(name, Some(&Object::of(&shown(&before))?), None);
    match act {
        Act::Start | Act::Complete => warn_if_stopped(session),
        Act::Stop | Act::Remove => {}
    }
    Ok(())
}

/// Whether the caller may change all mailboxes of a batch. Errors: OutOfScope.
async fn may_change(session: &Session<'_>, batch: &str) -> Result<(), VerbError> {
    let all = session.organization.requests.all().await?;
    let is_of = |request: &Request| request.batch.as_ref().is_some_and(|of| of.batch == batch);
    let mut users =
        all.iter().map(|(request, _)| request).filter(|request| is_of(request)).peekable();
    match users.peek() {
        Some(_) => users.try_for_each(|request| may_change_owner(session, request, batch)),
        None => session.may_make(batch),
    }
}

fn warn_if_stopped(session: &Session<'_>) {
    if session.organization.monitor.is_none() {
        session.warn("the server is not running: the batch waits until it is started");
    }
}

/// The batch of that name. Errors: NotFound.
pub(super) async fn find(
    session: &Session<'_>,
    MigrationName(name): &MigrationName,
) -> Result<(Batch, BatchCounts), VerbError> {
    let all = session.organization.requests.batches().await?;
    let found = all.into_iter().find(|(batch, _)| batch.name.to_lowercase() == name.to_lowercase());
    found.ok_or_else(|| not_found(WHAT, name))
}

fn shown((batch, counts): &(Batch, BatchCounts)) -> MigrationBatchObject {
    let moment = |secs: i64| Moment(Timestamp::from_secs(secs));
    MigrationBatchObject {
        identity: batch.name.clone(),
        status: BatchStatus::of(batch.phase, counts).name(),
        migration_type: "Imap",
        source_endpoint: batch.endpoint.clone(),
        total_count: counts.total,
        active_count: counts.active,
        synced_count: counts.done,
        stopped_count: counts.stopped,
        failed_count: counts.failed,
        exclude_folders: batch.exclude.clone(),
        bad_item_limit: batch.bad_item_limit,
        creation_date_time: moment(batch.created),
        start_date_time: batch.started.map(moment),
    }
}
