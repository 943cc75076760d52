//! The rows of a mailbox other than pages, one file each.

pub mod alias;
pub mod automatic_replies;
pub mod content;
pub mod counters;
pub mod folder;
pub mod intent;
pub mod journal;
pub mod meta;
pub mod overlay;
pub mod pending_move;
pub mod quota;
pub mod retention;
pub mod tombstone;

pub use alias::Alias;
pub use automatic_replies::{
    AutoReplyState, AutomaticReplies, AutomaticReplyTexts, ExternalAudience,
};
pub(crate) use content::ContentRow;
pub use content::{Content, visit_blobs};
pub use counters::{Counters, FolderCounters};
pub use folder::{Folder, Special};
pub use intent::Intent;
pub use journal::{Event, EventKind, JournalRow};
pub use meta::{Disconnected, MailboxState, Meta};
pub use overlay::{Overlay, PropertyStream};
pub use pending_move::PendingMove;
pub use quota::{QuotaLimits, QuotaNotices};
pub use retention::{DeletedFolder, Retention};
pub use tombstone::Tombstone;
