//! MigrationUser: the mailboxes of migration batches.

use std::collections::HashMap;

use auth::RecipientId;
use migration::{Batch, BatchPhase, Request, RequestState, RequestStatus};
use types::Timestamp;

use super::migration_endpoint::{MigrationName, not_found};
use super::result_size::limited;
use crate::verb::{
    Bytes, Cmdlet, Effect, Expected, Identity, Moment, Role, Scalar, Session, Shape, Verb,
    VerbError, guid_text, object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetMigrationUser>(), Verb::of::<GetMigrationUserStatistics>()];

object! {
    /// A mailbox of a migration batch.
    pub struct MigrationUserObject = "MigrationUser" [identity, batch_id, status] {
        /// The owner's address.
        identity: String,
        /// The batch.
        batch_id: String,
        /// Queued, Syncing, Stopped, Synced, Completed, CompletedWithWarnings or Failed.
        status: &'static str,
        /// Why it failed.
        error_summary: String,
        /// The request that does it, by its GUID.
        request_guid: String,
        /// When it had last come over.
        last_successful_sync_time: Option<Moment>,
    }
}

object! {
    /// How far a mailbox of a migration batch has come.
    pub struct MigrationUserStatisticsObject = "MigrationUserStatistics" [identity, batch_id, status, synced_item_count, percentage_complete] {
        /// The owner's address.
        identity: String,
        /// The batch.
        batch_id: String,
        /// Queued, Syncing, Stopped, Synced, Completed, CompletedWithWarnings or Failed.
        status: &'static str,
        /// Who logs in at the source.
        user_name: String,
        /// 100 only when it is done.
        percentage_complete: u32,
        /// Messages carried over.
        synced_item_count: u64,
        /// Octets of those.
        bytes_transferred: Bytes,
        /// Messages that could not be carried over.
        skipped_item_count: u32,
        /// Why it failed, or what was wrong with the last bad item.
        error: String,
        /// When it was made.
        queued_time: Moment,
        /// When it was first worked on.
        sync_started_time: Option<Moment>,
        /// When it was done or given up.
        sync_ended_time: Option<Moment>,
    }
}

verb! {
    /// Shows the mailboxes of migration batches.
    pub struct GetMigrationUser = "Get-MigrationUser" (Role::Migration, Effect::Read) {
        /// Only this mailbox.
        identity: Option<Identity> = first,
        /// Only those of this batch.
        batch_id: Option<MigrationName>,
        /// Only those of this status.
        status: Option<Status>,
        /// At most so many; 1000 without it.
        result_size: Option<u32>,
    }
}

verb! {
    /// Shows how far a mailbox of a migration batch has come.
    pub struct GetMigrationUserStatistics = "Get-MigrationUserStatistics" (Role::Migration, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
    }
}

const STATUSES: &[&str] =
    &["Queued", "Syncing", "Stopped", "Synced", "Completed", "CompletedWithWarnings", "Failed"];

/// A status that a listing wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(&'static str);

impl Scalar for Status {
    const SHAPE: Shape = Shape::OneOf(STATUSES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let found = STATUSES.iter().find(|name| name.eq_ignore_ascii_case(text));
        found.map(|name| Status(name)).ok_or_else(|| Self::SHAPE.expected())
    }
}

impl Cmdlet for GetMigrationUser {
    type Answer = Vec<MigrationUserObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mut found = match &self.identity {
            Some(identity) => vec![find(session, identity).await?],
            None => all(session).await?,
        };
        if let Some(MigrationName(name)) = &self.batch_id {
            super::migration_batch::find(session, &MigrationName(name.clone())).await?;
            found.retain(|user| user.batch.to_lowercase() == name.to_lowercase());
        }
        if let Some(Status(status)) = self.status {
            found.retain(|user| user.status == status);
        }
        // The requests of a batch are all of one moment, and their keys at random.
        found.sort_by_cached_key(|user| user.identity(session));
        let found = limited(session, found, self.result_size);
        Ok(found.iter().map(|user| user.shown(session)).collect())
    }
}

impl Cmdlet for GetMigrationUserStatistics {
    type Answer = Vec<MigrationUserStatisticsObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        Ok(vec![find(session, &self.identity).await?.statistics(session)])
    }
}

/// A mailbox of a batch.
struct User {
    batch: String,
    status: &'static str,
    request: Request,
    state: RequestState,
}

/// All of them, in no order.
async fn all(session: &Session<'_>) -> Result<Vec<User>, VerbError> {
    let requests = &session.organization.requests;
    let batches = requests.batches().await?;
    let phases: HashMap<String, BatchPhase> =
        batches.into_iter().map(|(Batch { name, phase, .. }, _)| (name, phase)).collect();
    let user = |(request, state): (Request, RequestState)| {
        let batch = request.batch.as_ref()?.batch.clone();
        let status = status(*phases.get(&batch)?, state.status);
        Some(User { batch, status, request, state })
    };
    Ok(requests.all().await?.into_iter().filter_map(user).collect())
}

/// The one that is meant. Errors: NotFound.
async fn find(session: &Session<'_>, identity: &Identity) -> Result<User, VerbError> {
    let owner = session.recipient(identity, "migration user")?;
    let found = all(session).await?.into_iter().find(|user| user.request.mailbox().0 == owner.id.0);
    found.ok_or_else(|| not_found("migration user", &identity.0))
}

/// How a request stands as one of a batch.
const fn status(phase: BatchPhase, status: RequestStatus) -> &'static str {
    match (status, phase) {
        (RequestStatus::Suspended, BatchPhase::Created) | (RequestStatus::Queued, _) => "Queued",
        (RequestStatus::InProgress, _) => "Syncing",
        (RequestStatus::Suspended, _) => "Stopped",
        (RequestStatus::Failed, _) => "Failed",
        (RequestStatus::Completed, BatchPhase::Completing) => "Completed",
        (RequestStatus::CompletedWithWarning, BatchPhase::Completing) => "CompletedWithWarnings",
        (RequestStatus::Completed | RequestStatus::CompletedWithWarning, _) => "Synced",
    }
}

impl User {
    /// The owner's address; of somebody who is gone the GUID is left.
    fn identity(&self, session: &Session<'_>) -> String {
        let guid = self.request.mailbox().0;
        let snapshot = session.snapshot();
        let owner = snapshot.recipient(RecipientId(guid));
        owner.map_or_else(|| guid_text(&guid), |owner| owner.primary.to_string())
    }

    fn shown(&self, session: &Session<'_>) -> MigrationUserObject {
        let failed = self.state.status == RequestStatus::Failed;
        let synced = self.state.ended.filter(|_| !failed);
        MigrationUserObject {
            identity: self.identity(session),
            batch_id: self.batch.clone(),
            status: self.status,
            error_summary: if failed { self.state.message.clone() } else { String::new() },
            request_guid: guid_text(&self.request.id.0),
            last_successful_sync_time: synced.map(moment),
        }
    }

    fn statistics(self, session: &Session<'_>) -> MigrationUserStatisticsObject {
        let user_name = match &self.request.place {
            migration::Place::Imap(endpoint) => endpoint.user.clone(),
            migration::Place::Disk { .. } | migration::Place::Recovery(_) => String::new(),
        };
        MigrationUserStatisticsObject {
            identity: self.identity(session),
            batch_id: self.batch,
            status: self.status,
            user_name,
            percentage_complete: self.state.percent(),
            synced_item_count: self.state.items,
            bytes_transferred: Bytes(self.state.octets),
            skipped_item_count: self.state.bad_items,
            error: self.state.message,
            queued_time: moment(self.request.created),
            sync_started_time: self.state.started.map(moment),
            sync_ended_time: self.state.ended.map(moment),
        }
    }
}

fn moment(secs: i64) -> Moment {
    Moment(Timestamp::from_secs(secs))
}
