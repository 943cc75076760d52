//! Requests: what was asked for, and how it stands.

use std::fmt;
use std::path::PathBuf;

use mailbox::Guid;
use serde::{Deserialize, Serialize};

use crate::batch::BatchTag;
use crate::error::MigrationError;
use crate::filter::{FolderFilter, FolderPattern, split_path};
use crate::imap_source::ImapEndpoint;
use crate::recovery::RecoveryMailbox;

/// A request for good (RequestGuid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    /// A new one.
    pub(crate) fn random() -> Result<Self, MigrationError> {
        let mut octets = [0; 16];
        getrandom::fill(&mut octets).map_err(MigrationError::Entropy)?;
        Ok(RequestId(octets))
    }
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Into the mailbox.
    Import,
    /// Out of it.
    Export,
    /// Into the mailbox, out of databases that were restored from a backup.
    Restore,
}

/// How mail is kept on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskFormat {
    /// A file per folder (mboxrd; mboxo and mboxcl are read as well).
    Mbox,
    /// A file per message in `cur` and `new`; subfolders as Maildir++ or as folders.
    Maildir,
    /// A file `*.eml` per message.
    Eml,
    /// A file of Outlook; of imports only.
    Pst,
}

/// Where the mail comes from, or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A path on the server.
    Disk {
        /// Absolute.
        path: PathBuf,
        /// How it is kept there.
        format: DiskFormat,
    },
    /// A mailbox on another server; of imports only.
    Imap(ImapEndpoint),
    /// A mailbox in databases that were restored from a backup; of restores only.
    Recovery(RecoveryMailbox),
}

/// What was asked for. It does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// RequestGuid.
    pub id: RequestId,
    /// Which way.
    pub kind: Kind,
    /// Name; no other request of its kind for the mailbox has it.
    pub name: String,
    /// Whose mailbox, by the owner's GUID.
    mailbox: [u8; 16],
    /// The other end.
    pub place: Place,
    /// SourceRootFolder.
    #[serde(default)]
    pub source_root: String,
    /// TargetRootFolder.
    #[serde(default)]
    pub target_root: String,
    /// IncludeFolders.
    #[serde(default)]
    pub include: Vec<String>,
    /// ExcludeFolders.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// BadItemLimit; None is without limit.
    pub bad_item_limit: Option<u32>,
    /// When it was made, seconds since 1970.
    pub created: i64,
    /// The batch that it is one of.
    #[serde(default)]
    pub batch: Option<BatchTag>,
}

/// A request to be made.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Which way.
    pub kind: Kind,
    /// Name; None: MailboxImport or MailboxExport, with a number if that is taken.
    pub name: Option<String>,
    /// Whose mailbox.
    pub mailbox: Guid,
    /// The other end.
    pub place: Place,
    /// SourceRootFolder.
    pub source_root: String,
    /// TargetRootFolder.
    pub target_root: String,
    /// IncludeFolders.
    pub include: Vec<String>,
    /// ExcludeFolders.
    pub exclude: Vec<String>,
    /// BadItemLimit; None is without limit.
    pub bad_item_limit: Option<u32>,
    /// Not begun before it is resumed.
    pub suspended: bool,
}

impl NewRequest {
    pub(crate) fn named(self, id: RequestId, name: String, created: i64) -> Request {
        Request {
            id,
            kind: self.kind,
            name,
            mailbox: self.mailbox.0,
            place: self.place,
            source_root: self.source_root,
            target_root: self.target_root,
            include: self.include,
            exclude: self.exclude,
            bad_item_limit: self.bad_item_limit,
            created,
            batch: None,
        }
    }
}

impl Request {
    /// Whose mailbox.
    pub fn mailbox(&self) -> Guid {
        Guid(self.mailbox)
    }

    /// Which folders of the source are meant.
    pub fn filter(&self) -> FolderFilter {
        let patterns =
            |texts: &[String]| texts.iter().filter_map(|text| FolderPattern::parse(text)).collect();
        FolderFilter {
            root: split_path(&self.source_root),
            include: patterns(&self.include),
            exclude: patterns(&self.exclude),
        }
    }

    /// Names above the folders of the target.
    pub fn target_path(&self) -> Vec<String> {
        split_path(&self.target_root)
    }
}

/// How a request stands, in Exchange's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestStatus {
    /// Waits for its turn.
    Queued,
    /// Is being worked on, or will be when the server runs again.
    InProgress,
    /// Stays as it is until it is resumed.
    Suspended,
    /// Done.
    Completed,
    /// Done, without the bad items that were allowed for.
    CompletedWithWarning,
    /// Gave up; the message says why.
    Failed,
}

impl RequestStatus {
    /// All of them.
    pub const ALL: [RequestStatus; 6] = [
        RequestStatus::Queued,
        RequestStatus::InProgress,
        RequestStatus::Suspended,
        RequestStatus::Completed,
        RequestStatus::CompletedWithWarning,
        RequestStatus::Failed,
    ];

    /// `CompletedWithWarning`.
    pub const fn name(self) -> &'static str {
        match self {
            RequestStatus::Queued => "Queued",
            RequestStatus::InProgress => "InProgress",
            RequestStatus::Suspended => "Suspended",
            RequestStatus::Completed => "Completed",
            RequestStatus::CompletedWithWarning => "CompletedWithWarning",
            RequestStatus::Failed => "Failed",
        }
    }

    /// Whether there is something to do.
    pub const fn is_active(self) -> bool {
        matches!(self, RequestStatus::Queued | RequestStatus::InProgress)
    }
}

impl fmt::Display for RequestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestState {
    /// In a word.
    pub status: RequestStatus,
    /// Why it failed, or what should be known.
    #[serde(default)]
    pub message: String,
    /// Items carried over, in all runs.
    pub items: u64,
    /// Octets of those.
    pub octets: u64,
    /// Items that could not be.
    pub bad_items: u32,
    /// Units of the source that are done, and in all, for the percentage.
    pub units: (u64, u64),
    /// When it was first worked on, seconds since 1970.
    pub started: Option<i64>,
    /// When it was done or given up.
    pub ended: Option<i64>,
    /// When this was written.
    pub updated: i64,
}

impl RequestState {
    pub(crate) fn new(status: RequestStatus, now: i64) -> Self {
        RequestState {
            status,
            message: String::new(),
            items: 0,
            octets: 0,
            bad_items: 0,
            units: (0, 0),
            started: None,
            ended: None,
            updated: now,
        }
    }

    /// Stops it until it is resumed.
    pub(crate) fn suspend(&mut self) {
        self.status = RequestStatus::Suspended;
    }

    /// Lets it wait for its turn again.
    pub(crate) fn resume(&mut self) {
        self.status = RequestStatus::Queued;
        self.message = String::new();
        self.ended = None;
    }

    /// PercentComplete: 100 only when it is done.
    pub fn percent(&self) -> u32 {
        const NEARLY: u64 = 99;
        let (done, all) = self.units;
        match self.status {
            RequestStatus::Completed | RequestStatus::CompletedWithWarning => 100,
            _ if all == 0 => 0,
            _ => (u128::from(done) * 100 / u128::from(all)).min(NEARLY.into()) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_done_has_a_hundred_percent() {
        let mut state = RequestState::new(RequestStatus::InProgress, 0);
        for (units, percent) in [((0, 0), 0), ((1, 3), 33), ((3, 3), 99), ((9, 3), 99)] {
            state.units = units;
            assert_eq!(state.percent(), percent);
        }
        state.status = RequestStatus::Completed;
        assert_eq!(state.percent(), 100);
    }
}
