//! How full mailboxes and their folders are: Get-MailboxStatistics, Get-MailboxFolderStatistics.

use std::ops::ControlFlow;

use mailbox::{Fault, FolderId, FolderSize, Quota, QuotaThreshold, Special, UidSet, View};
use types::Timestamp;

use super::mailbox::{MAILBOX, open};
use crate::verb::{
    Bytes, Cmdlet, Effect, Expected, Identity, Moment, Role, Scalar, Session, Shape, Switch, Verb,
    VerbError, object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetMailboxStatistics>(), Verb::of::<GetMailboxFolderStatistics>()];

object! {
    /// How full a mailbox is.
    pub struct MailboxStatistics = "MailboxStatistics" [display_name, item_count, storage_limit_status, total_item_size] {
        /// The name people see.
        display_name: String,
        /// For good.
        mailbox_guid: String,
        /// The database it is in.
        database: String,
        /// The server it is on.
        server_name: String,
        /// Items outside Recoverable Items.
        item_count: u64,
        /// Their octets.
        total_item_size: Bytes,
        /// Items in Recoverable Items.
        deleted_item_count: u64,
        /// Their octets.
        total_deleted_item_size: Bytes,
        /// Associated items.
        associated_item_count: u64,
        /// BelowLimit, IssueWarning, ProhibitSend, MailboxDisabled (nothing comes in either) or
        /// NoChecking.
        storage_limit_status: &'static str,
    }
}

object! {
    /// How full a folder is.
    pub struct MailboxFolderStatistics = "MailboxFolderStatistics" [folder_path, items_in_folder, folder_size] {
        /// Its own name.
        name: String,
        /// `/Inbox/Work`.
        folder_path: String,
        /// In hexadecimal digits, for good.
        folder_id: String,
        /// Inbox, SentItems and the like, or `User Created`.
        folder_type: &'static str,
        /// Message class of its items' container: `IPF.Note`.
        container_class: String,
        /// Items.
        items_in_folder: u64,
        /// Items without \Seen.
        unread_items_in_folder: u64,
        /// Associated items.
        hidden_items_in_folder: u64,
        /// Octets of the items.
        folder_size: Bytes,
        /// Items of the folders below too.
        items_in_folder_and_subfolders: u64,
        /// Octets of those.
        folder_and_subfolder_size: Bytes,
        /// When the oldest item came, if that was asked for.
        oldest_item_received_date: Option<Moment>,
        /// When the newest item came, if that was asked for.
        newest_item_received_date: Option<Moment>,
    }
}

verb! {
    /// Shows how full a mailbox is.
    pub struct GetMailboxStatistics = "Get-MailboxStatistics" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
    }
}

verb! {
    /// Shows how full the folders of a mailbox are.
    pub struct GetMailboxFolderStatistics = "Get-MailboxFolderStatistics" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The mailbox.
        identity: Identity = first,
        /// Only the folder for that purpose and those below it; All unless said otherwise.
        folder_scope: Option<FolderScope>,
        /// Look up when the oldest and the newest item came; that reads every item.
        include_oldest_and_newest_items: Switch,
    }
}

/// Folders that users do not see, as FolderType names them.
const HIDDEN: &[(&str, Special)] = &[
    ("Root", Special::Root),
    ("RecoverableItems", Special::RecoverableItems),
    ("RecoverableItemsDeletions", Special::Deletions),
    ("RecoverableItemsPurges", Special::Purges),
    ("RecoverableItemsVersions", Special::Versions),
];

fn purposes() -> impl Iterator<Item = &'static (&'static str, Special)> {
    Special::NAMES.iter().chain(HIDDEN)
}

/// What FolderScope may say.
const SCOPES: &[&str] = &[
    "All",
    "Inbox",
    "Drafts",
    "SentItems",
    "DeletedItems",
    "JunkEmail",
    "Outbox",
    "Archive",
    "Calendar",
    "Contacts",
    "Tasks",
    "Notes",
    "Journal",
    "RecoverableItems",
];

/// FolderScope; None: all folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderScope(Option<Special>);

impl Scalar for FolderScope {
    const SHAPE: Shape = Shape::OneOf(SCOPES);

    fn parse(text: &str) -> Result<Self, Expected> {
        let known = SCOPES.iter().find(|scope| scope.eq_ignore_ascii_case(text));
        let known = known.ok_or_else(|| Self::SHAPE.expected())?;
        let purpose = purposes().find(|(name, _)| name == known);
        Ok(FolderScope(purpose.map(|(_, special)| *special)))
    }
}

fn folder_type(special: Option<Special>) -> &'static str {
    let named = purposes().find(|(_, purpose)| Some(*purpose) == special);
    named.map_or("User Created", |(name, _)| name)
}

/// StorageLimitStatus.
fn limit_status(quota: &Quota) -> &'static str {
    let limits = &quota.limits;
    match quota.reached() {
        Some(QuotaThreshold::ProhibitSendReceive) => "MailboxDisabled",
        Some(QuotaThreshold::ProhibitSend) => "ProhibitSend",
        Some(QuotaThreshold::IssueWarning) => "IssueWarning",
        None => match limits.warning.or(limits.prohibit_send).or(limits.prohibit_send_receive) {
            Some(_) => "BelowLimit",
            None => "NoChecking",
        },
    }
}

impl Cmdlet for GetMailboxStatistics {
    type Answer = MailboxStatistics;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mailbox = open(session, &self.identity).await?;
        let owner = MAILBOX.find(session, &self.identity)?;
        let (sizes, quota) = mailbox.read(|view| Ok((view.folder_sizes()?, view.quota()?))).await?;
        let recoverable = below(&sizes, Special::RecoverableItems);
        let missing = || VerbError::NotFound { what: "mailbox", identity: self.identity.0.clone() };
        let owner = (MAILBOX.show)(&session.snapshot(), &owner).ok_or_else(missing)?;
        Ok(MailboxStatistics {
            display_name: owner.display_name,
            mailbox_guid: owner.guid,
            database: owner.database,
            server_name: owner.server_name,
            item_count: quota.items,
            total_item_size: Bytes(quota.octets),
            deleted_item_count: recoverable.iter().map(|size| size.items).sum(),
            total_deleted_item_size: Bytes(quota.recoverable_octets),
            associated_item_count: sizes.iter().map(|size| size.associated).sum(),
            storage_limit_status: limit_status(&quota),
        })
    }
}

impl Cmdlet for GetMailboxFolderStatistics {
    type Answer = Vec<MailboxFolderStatistics>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mailbox = open(session, &self.identity).await?;
        let scope = self.folder_scope.and_then(|FolderScope(scope)| scope);
        let with_dates = self.include_oldest_and_newest_items.0;
        let read = mailbox.read(move |view| {
            let sizes = view.folder_sizes()?;
            let wanted: Vec<&FolderSize> = match scope {
                None => sizes.iter().collect(),
                Some(special) => below(&sizes, special),
            };
            let shown = wanted.into_iter().map(|size| {
                let dates = if with_dates { received(view, size.folder.id)? } else { None };
                Ok(shown(&sizes, size, dates))
            });
            shown.collect()
        });
        let mut found: Vec<MailboxFolderStatistics> = read.await?;
        found.sort_by(|one, other| one.folder_path.cmp(&other.folder_path));
        Ok(found)
    }
}

/// The folder for a purpose, and all below it.
fn below(sizes: &[FolderSize], special: Special) -> Vec<&FolderSize> {
    let top = sizes.iter().find(|size| size.folder.special == Some(special));
    top.map_or_else(Vec::new, |top| {
        sizes.iter().filter(|size| size.path.starts_with(&top.path)).collect()
    })
}

/// When the oldest and the newest item of a folder came; None: it is empty.
fn received(view: &View<'_>, folder: FolderId) -> Result<Option<(i64, i64)>, Fault> {
    let mut found: Option<(i64, i64)> = None;
    view.entries(folder, &UidSet::all(), &mut |entry| {
        let at = entry.received;
        let (oldest, newest) = found.unwrap_or((at, at));
        found = Some((oldest.min(at), newest.max(at)));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn shown(
    sizes: &[FolderSize],
    size: &FolderSize,
    dates: Option<(i64, i64)>,
) -> MailboxFolderStatistics {
    let moment = |secs| Moment(Timestamp::from_secs(secs));
    let (mut items, mut octets) = (0, 0);
    for each in sizes.iter().filter(|each| each.path.starts_with(&size.path)) {
        items += each.items;
        octets += each.octets;
    }
    MailboxFolderStatistics {
        name: size.folder.name.clone(),
        folder_path: format!("/{}", size.path.join("/")),
        folder_id: format!("{:012x}", size.folder.id.get()),
        folder_type: folder_type(size.folder.special),
        container_class: size.folder.class.clone(),
        items_in_folder: size.items,
        unread_items_in_folder: size.unseen,
        hidden_items_in_folder: size.associated,
        folder_size: Bytes(size.octets),
        items_in_folder_and_subfolders: items,
        folder_and_subfolder_size: Bytes(octets),
        oldest_item_received_date: dates.map(|(oldest, _)| moment(oldest)),
        newest_item_received_date: dates.map(|(_, newest)| moment(newest)),
    }
}
