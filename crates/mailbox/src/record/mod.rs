//! The rows of a mailbox other than pages, one file each.

pub mod content;
pub mod counters;
pub mod folder;
pub mod journal;
pub mod meta;
pub mod tombstone;

pub use content::Content;
pub(crate) use content::ContentRow;
pub use counters::{Counters, FolderCounters, QuotaLimits};
pub use folder::{Folder, Special};
pub use journal::{Event, EventKind, JournalRow};
pub use meta::{MailboxState, Meta};
pub use tombstone::Tombstone;
