//! Mailboxes: folders, items, flags, permissions, quotas, deletion and what changed since.
//!
//! What it is not: no protocol, no sockets, no clock of its own (the transaction brings the
//! time). Reading goes through [`View`], changing through [`Change`]; both are synchronous
//! and run inside [`store::Database::read`] and [`store::Database::write`].
//!
//! Invariants
//! * One counter of changes per mailbox: whatever changes takes the next number, in commit
//!   order; nobody sees change N+1 before N.
//! * UIDs of a folder rise and are never reused; bytes under a UID never change.
//! * A content row is immutable and shared by the copies of an item.
//! * A delivery writes at most five rows of the mailbox: content, page, folder counters,
//!   journal, mailbox counters.
//! * An associated item never appears in a list of ordinary items.

pub mod automatic_replies;
pub mod bulk;
pub mod change;
mod defaults;
mod derived;
pub mod events;
mod fault;
mod find;
pub mod flags;
pub mod fulltext;
mod grants;
mod home;
pub mod id;
pub mod key;
mod list;
mod mailbox;
mod overlay;
pub mod page;
pub mod properties;
mod property_search;
pub mod quota;
pub mod record;
pub mod recoverable;
mod residents;
pub mod rights;
pub mod search;
mod sizes;
pub mod sweep;
pub mod table;
pub mod uid_set;
pub mod view;

pub use bulk::{Appending, Parcel, Partly, Portions, Staging};
pub use change::{Change, NewItem, Stored, UidPair, is_settable};
pub use events::{Events, JournalEvent};
pub use fault::Fault;
pub use flags::{FlagChange, FlagOp, Flags, KeywordTable, Keywords};
pub use grants::granted;
pub use home::{FindGranted, FindHome, Home, Homes};
pub use id::{
    ChangeNumber, ContentNumber, FolderId, Guid, IntentNumber, ItemNumber, MailboxNumber, Mid, Uid,
};
pub use mailbox::Mailbox;
pub use overlay::{NewProperties, PropertyChange, StagedProperty};
pub use page::Entry;
pub use properties::ItemProperties;
pub use quota::{Quota, QuotaThreshold};
pub use record::{
    AutoReplyState, AutomaticReplies, AutomaticReplyTexts, Content, Event, EventKind,
    ExternalAudience, Folder, QuotaLimits, Retention, Special, visit_blobs,
};
pub use recoverable::{ExpiredFrom, ExpiredItems, RecoverableItem};
pub use residents::{Resident, residents};
pub use rights::{Access, AclEntry, Grantee, Rights};
pub use sizes::FolderSize;
pub use table::{Category, Table, TableEvent, TableQuery, TableRow};
pub use uid_set::{UidRuns, UidSet};
pub use view::{FolderStatus, Vanished, View};
