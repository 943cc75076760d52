//! The folders a new mailbox has: Exchange's default set with their classes.

use crate::id::FolderId;
use crate::record::Special;

/// A folder of the default set.
pub(crate) struct Default {
    pub(crate) special: Special,
    pub(crate) parent: Special,
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) hidden: bool,
}

const fn visible(special: Special, name: &'static str, class: &'static str) -> Default {
    Default { special, parent: Special::Root, name, class, hidden: false }
}

const fn hidden(special: Special, parent: Special, name: &'static str) -> Default {
    Default { special, parent, name, class: "IPF.Note", hidden: true }
}

/// The default set, parents first.
pub(crate) const FOLDERS: [Default; 17] = [
    hidden(Special::Root, Special::Root, "Top of Information Store"),
    visible(Special::Inbox, "Inbox", "IPF.Note"),
    visible(Special::Drafts, "Drafts", "IPF.Note"),
    visible(Special::SentItems, "Sent Items", "IPF.Note"),
    visible(Special::DeletedItems, "Deleted Items", "IPF.Note"),
    visible(Special::JunkEmail, "Junk Email", "IPF.Note"),
    visible(Special::Outbox, "Outbox", "IPF.Note"),
    visible(Special::Archive, "Archive", "IPF.Note"),
    visible(Special::Calendar, "Calendar", "IPF.Appointment"),
    visible(Special::Contacts, "Contacts", "IPF.Contact"),
    visible(Special::Tasks, "Tasks", "IPF.Task"),
    visible(Special::Notes, "Notes", "IPF.StickyNote"),
    visible(Special::Journal, "Journal", "IPF.Journal"),
    hidden(Special::RecoverableItems, Special::Root, "Recoverable Items"),
    hidden(Special::Deletions, Special::RecoverableItems, "Deletions"),
    hidden(Special::Purges, Special::RecoverableItems, "Purges"),
    hidden(Special::Versions, Special::RecoverableItems, "Versions"),
];

/// Where deleted items are, below Recoverable Items: those that go first stand first.
pub(crate) const RECOVERABLE: [Special; 3] =
    [Special::Deletions, Special::Purges, Special::Versions];

/// The last id of the default set; what users make comes after.
pub(crate) const LAST_DEFAULT_ID: u64 = 64;

/// The id a default folder has in every mailbox: its purpose's number. A client never
/// depends on it, since ids on the wire carry the mailbox's ReplGuid.
pub(crate) const fn default_id(special: Special) -> FolderId {
    FolderId::new(special as u64)
}
