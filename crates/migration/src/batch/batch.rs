//! Batches: what was asked for, and how they stand.

use std::fmt;

use mailbox::Guid;
use serde::{Deserialize, Serialize};

use crate::imap_source::Secret;
use crate::request::RequestStatus;

/// Many mailboxes that come over together (MigrationBatch). Each of them has a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Identity; no other batch has it, in capitals or not. Its requests have the same name.
    pub name: String,
    /// The name of its endpoint.
    pub endpoint: String,
    /// ExcludeFolders.
    pub exclude: Vec<String>,
    /// BadItemLimit of each mailbox; None is without limit.
    pub bad_item_limit: Option<u32>,
    /// What it was last told to do.
    pub phase: BatchPhase,
    /// When it was made, seconds since 1970.
    pub created: i64,
    /// When it was last started.
    pub started: Option<i64>,
}

/// What a batch was last told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchPhase {
    /// Nothing yet.
    Created,
    /// To carry over what there is.
    Started,
    /// To stop.
    Stopped,
    /// To carry over what has come since, for the last time.
    Completing,
}

/// A batch to be made.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Its name.
    pub name: String,
    /// The name of its endpoint.
    pub endpoint: String,
    /// ExcludeFolders.
    pub exclude: Vec<String>,
    /// BadItemLimit; None is without limit.
    pub bad_item_limit: Option<u32>,
    /// AutoStart.
    pub started: bool,
    /// Its mailboxes, each once.
    pub users: Vec<BatchUser>,
}

/// What is to be different about a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchChange {
    /// BadItemLimit; the inner None is without limit.
    pub bad_item_limit: Option<Option<u32>>,
    /// Mailboxes, each once: those that are in the batch log in so from now on, others come into it.
    pub users: Vec<BatchUser>,
}

/// A mailbox of a batch to be made.
#[derive(Clone, Debug)]
pub struct BatchUser {
    /// Whose, by the owner's GUID.
    pub mailbox: Guid,
    /// Who logs in at the source.
    pub user: String,
    /// The password there.
    pub password: Secret,
    /// The folder of the source that counts as its top.
    pub root: String,
}

/// What a request has of its batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTag {
    /// The name of the batch.
    pub batch: String,
    /// The name of its endpoint.
    pub endpoint: String,
}

/// How many mailboxes of a batch stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchCounts {
    /// All of them.
    pub total: usize,
    /// Those that wait or are worked on.
    pub active: usize,
    /// Those that are done.
    pub done: usize,
    /// Those that were stopped.
    pub stopped: usize,
    /// Those that gave up.
    pub failed: usize,
}

impl BatchCounts {
    /// One more.
    pub fn add(&mut self, status: RequestStatus) {
        self.total += 1;
        *match status {
            RequestStatus::Queued | RequestStatus::InProgress => &mut self.active,
            RequestStatus::Completed | RequestStatus::CompletedWithWarning => &mut self.done,
            RequestStatus::Suspended => &mut self.stopped,
            RequestStatus::Failed => &mut self.failed,
        } += 1;
    }
}

/// How a batch stands, in Exchange's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchStatus {
    /// Not started yet.
    Created,
    /// Mailboxes come over.
    Syncing,
    /// Stays as it is until it is started.
    Stopped,
    /// All that was there has come.
    Synced,
    /// The same, but for mailboxes that failed or were suspended by themselves.
    SyncedWithErrors,
    /// What has come since comes over.
    Completing,
    /// Done.
    Completed,
    /// The same, but for mailboxes that failed or were suspended by themselves.
    CompletedWithErrors,
}

impl BatchStatus {
    /// All of them.
    pub const ALL: [BatchStatus; 8] = [
        BatchStatus::Created,
        BatchStatus::Syncing,
        BatchStatus::Stopped,
        BatchStatus::Synced,
        BatchStatus::SyncedWithErrors,
        BatchStatus::Completing,
        BatchStatus::Completed,
        BatchStatus::CompletedWithErrors,
    ];

    /// What follows from what the batch was told and how its mailboxes stand.
    pub fn of(phase: BatchPhase, counts: &BatchCounts) -> Self {
        let (all_done, active) = (counts.done == counts.total, counts.active > 0);
        match (phase, active, all_done) {
            (BatchPhase::Created, ..) => BatchStatus::Created,
            (BatchPhase::Stopped, ..) => BatchStatus::Stopped,
            (BatchPhase::Started, true, _) => BatchStatus::Syncing,
            (BatchPhase::Started, false, true) => BatchStatus::Synced,
            (BatchPhase::Started, false, false) => BatchStatus::SyncedWithErrors,
            (BatchPhase::Completing, true, _) => BatchStatus::Completing,
            (BatchPhase::Completing, false, true) => BatchStatus::Completed,
            (BatchPhase::Completing, false, false) => BatchStatus::CompletedWithErrors,
        }
    }

    /// `SyncedWithErrors`.
    pub const fn name(self) -> &'static str {
        match self {
            BatchStatus::Created => "Created",
            BatchStatus::Syncing => "Syncing",
            BatchStatus::Stopped => "Stopped",
            BatchStatus::Synced => "Synced",
            BatchStatus::SyncedWithErrors => "SyncedWithErrors",
            BatchStatus::Completing => "Completing",
            BatchStatus::Completed => "Completed",
            BatchStatus::CompletedWithErrors => "CompletedWithErrors",
        }
    }
}

impl fmt::Display for BatchStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_from_the_mailboxes() {
        use RequestStatus::*;
        for (phase, statuses, status) in [
            (BatchPhase::Created, &[Suspended, Suspended][..], BatchStatus::Created),
            (BatchPhase::Started, &[Queued, Completed], BatchStatus::Syncing),
            (BatchPhase::Started, &[InProgress, Failed], BatchStatus::Syncing),
            (BatchPhase::Started, &[CompletedWithWarning, Completed], BatchStatus::Synced),
            (BatchPhase::Started, &[Completed, Failed], BatchStatus::SyncedWithErrors),
            (BatchPhase::Started, &[Completed, Suspended], BatchStatus::SyncedWithErrors),
            (BatchPhase::Stopped, &[Suspended, Completed], BatchStatus::Stopped),
            (BatchPhase::Completing, &[Queued, Completed], BatchStatus::Completing),
            (BatchPhase::Completing, &[Completed, Completed], BatchStatus::Completed),
            (BatchPhase::Completing, &[Completed, Failed], BatchStatus::CompletedWithErrors),
        ] {
            let mut counts = BatchCounts::default();
            statuses.iter().for_each(|status| counts.add(*status));
            assert_eq!(counts.total, statuses.len());
            assert_eq!(BatchStatus::of(phase, &counts), status, "{statuses:?}");
        }
    }
}
