//! Where the rows of a mailbox stand: `0x10, mailbox (u32), table (u8), …`, all numbers
//! big-endian, so that a mailbox is one contiguous range and a folder's pages lie in UID order.
//! The layout is described in `docs/design/store.md`.

use crate::id::{
    ChangeNumber, ContentNumber, FolderId, Guid, IntentNumber, ItemNumber, MailboxNumber, Mid, Uid,
};
use crate::rights::Grantee;
use types::Address;

/// First octet of every mailbox key.
pub const SPACE: u8 = 0x10;

/// First octet of the index of grants, which names mailboxes by grantee ([`crate::granted`]).
pub const SPACE_GRANTS: u8 = 0x11;

/// The tables of a mailbox. Numbers are stored: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Table {
    /// [`crate::record::Meta`]: identity, epoch, state.
    Meta = 0x01,
    /// [`crate::record::Counters`].
    Counters = 0x02,
    /// [`crate::record::KeywordTable`](crate::flags::KeywordTable).
    Keywords = 0x03,
    /// [`crate::record::QuotaLimits`].
    Quota = 0x04,
    /// [`crate::record::Retention`].
    Retention = 0x05,
    /// [`crate::record::QuotaNotices`].
    QuotaNotices = 0x06,
    /// [`crate::record::Disconnected`]: since when nobody owns the mailbox.
    Disconnected = 0x07,
    /// [`crate::record::AutomaticReplies`]: when and to whom the mailbox replies by itself.
    AutomaticReplies = 0x08,
    /// [`crate::record::AutomaticReplyTexts`].
    AutomaticReplyTexts = 0x09,
    /// Who was answered, by period and address; no value. Under the period alone their number.
    Answered = 0x0a,
    /// [`crate::record::Folder`], by folder.
    Folder = 0x10,
    /// [`crate::record::FolderCounters`], by folder and list.
    FolderCounters = 0x11,
    /// [`crate::page::Directory`], by folder, list and first UID of the chunk.
    Directory = 0x12,
    /// [`crate::page::Page`], by folder, list and first UID.
    Page = 0x13,
    /// [`crate::record::Tombstone`], by folder and change number.
    Tombstone = 0x14,
    /// Annotations (RFC 5464), by folder (0: the mailbox itself); private ones then by principal.
    Annotations = 0x15,
    /// Subscriptions of those who are not the owner, by principal and folder; no value.
    Subscriptions = 0x16,
    /// [`crate::record::DeletedFolder`], by folder.
    DeletedFolder = 0x17,
    /// [`crate::record::FolderCounters`] of a deleted folder whose items are not all in
    /// Recoverable Items yet, by folder.
    EmptiedFolder = 0x18,
    /// [`crate::record::PendingMove`]: what is still to come into a new folder, by folder.
    PendingMove = 0x19,
    /// [`crate::record::Content`], by content number.
    Content = 0x20,
    /// [`crate::record::Overlay`], by item number.
    Overlay = 0x21,
    /// Old MID of a moved item -> where it is now.
    Alias = 0x22,
    /// Event journal, by first change number of the transaction.
    Journal = 0x30,
    /// Marks of derived data, by name.
    Derived = 0x31,
    /// Posting blocks of the search index.
    Postings = 0x32,
    /// [`crate::record::Intent`]: unfinished bulk work, by number. Its pages stand in the tables
    /// of folders under the same number.
    Intent = 0x40,
    /// What a protocol must remember (ActiveSync). Reserved.
    ProtocolState = 0x50,
    /// Inbox rules, per-user read sets, holds, replica ids. Reserved, one number each.
    Rules = 0x60,
    /// Reserved.
    ReadSets = 0x61,
    /// Reserved.
    Holds = 0x62,
    /// Reserved.
    ReplicaIds = 0x63,
}

/// The two lists of a folder: ordinary items, and associated items ([MS-OXCFOLD] FAI), which
/// IMAP and ActiveSync never see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum List {
    /// Ordinary items.
    Items = 0,
    /// Folder-associated information.
    Associated = 1,
}

/// The start of a table of a mailbox.
pub fn table(mailbox: MailboxNumber, table: Table) -> Vec<u8> {
    let mut key = Vec::with_capacity(32);
    key.push(SPACE);
    key.extend_from_slice(&mailbox.get().to_be_bytes());
    key.push(table as u8);
    key
}

/// The start of the rows of one grantee.
pub fn grants(grantee: Grantee) -> Vec<u8> {
    let mut key = vec![SPACE_GRANTS];
    grantee.encode(&mut key);
    key
}

/// One grantee and one mailbox.
pub fn grant(grantee: Grantee, mailbox: MailboxNumber) -> Vec<u8> {
    let mut key = grants(grantee);
    key.extend_from_slice(&mailbox.get().to_be_bytes());
    key
}

/// The start of a principal's subscriptions.
pub fn subscriptions(mailbox: MailboxNumber, principal: Guid) -> Vec<u8> {
    let mut key = table(mailbox, Table::Subscriptions);
    key.extend_from_slice(&principal.0);
    key
}

/// A principal's subscription to a folder.
pub fn subscription(mailbox: MailboxNumber, principal: Guid, folder: FolderId) -> Vec<u8> {
    let mut key = subscriptions(mailbox, principal);
    key.extend_from_slice(&folder.get().to_be_bytes());
    key
}

/// The folder that a subscription is to.
pub fn subscribed_folder(key: &[u8]) -> Option<FolderId> {
    let number = key.last_chunk().map(|number| u64::from_be_bytes(*number));
    number.map(FolderId::new)
}

/// That a sender was answered in a period; without one, how many were.
pub fn answered(mailbox: MailboxNumber, period: u32, sender: Option<&Address>) -> Vec<u8> {
    let mut key = table(mailbox, Table::Answered);
    key.extend_from_slice(&period.to_be_bytes());
    if let Some(sender) = sender {
        key.extend_from_slice(sender.to_string().to_lowercase().as_bytes());
    }
    key
}

/// The first key after everything that starts with `prefix`.
pub fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    vec![0xff; prefix.len() + 1]
}

/// All rows of one mailbox: from, to.
pub fn mailbox_range(mailbox: MailboxNumber) -> (Vec<u8>, Vec<u8>) {
    let mut from = vec![SPACE];
    from.extend_from_slice(&mailbox.get().to_be_bytes());
    let to = after(&from);
    (from, to)
}

/// The mailbox that a row belongs to.
pub(crate) fn mailbox_number(key: &[u8]) -> Option<MailboxNumber> {
    let number = key.get(1..5)?.try_into().ok()?;
    Some(MailboxNumber::new(u32::from_be_bytes(number)))
}

fn numbered(mailbox: MailboxNumber, kind: Table, number: u64) -> Vec<u8> {
    let mut key = table(mailbox, kind);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The folder row.
pub fn folder(mailbox: MailboxNumber, folder: FolderId) -> Vec<u8> {
    numbered(mailbox, Table::Folder, folder.get())
}

/// What is noted of a folder that was deleted.
pub fn deleted_folder(mailbox: MailboxNumber, folder: FolderId) -> Vec<u8> {
    numbered(mailbox, Table::DeletedFolder, folder.get())
}

/// A deleted folder that is being emptied.
pub fn emptied_folder(mailbox: MailboxNumber, folder: FolderId) -> Vec<u8> {
    numbered(mailbox, Table::EmptiedFolder, folder.get())
}

/// What is still to come into a folder.
pub fn pending_move(mailbox: MailboxNumber, folder: FolderId) -> Vec<u8> {
    numbered(mailbox, Table::PendingMove, folder.get())
}

/// The folder of such a row.
pub fn pending_move_target(key: &[u8]) -> Option<FolderId> {
    number_of(key).map(FolderId::new)
}

/// The folder of a row of [`emptied_folder`].
pub fn emptied_folder_id(key: &[u8]) -> Option<FolderId> {
    number_of(key).map(FolderId::new)
}

/// The counters of one list of a folder.
pub fn folder_counters(mailbox: MailboxNumber, folder: FolderId, list: List) -> Vec<u8> {
    let mut key = numbered(mailbox, Table::FolderCounters, folder.get());
    key.push(list as u8);
    key
}

/// The start of the rows that a folder's list has in `kind` (pages or directory).
pub fn list(mailbox: MailboxNumber, kind: Table, folder: FolderId, list: List) -> Vec<u8> {
    let mut key = numbered(mailbox, kind, folder.get());
    key.push(list as u8);
    key
}

/// One page, or one chunk of the page directory.
pub fn paged(
    mailbox: MailboxNumber,
    kind: Table,
    folder: FolderId,
    items: List,
    first: Uid,
) -> Vec<u8> {
    let mut key = list(mailbox, kind, folder, items);
    key.extend_from_slice(&first.get().to_be_bytes());
    key
}

/// The start of a folder's tombstones.
pub fn tombstones(mailbox: MailboxNumber, folder: FolderId) -> Vec<u8> {
    numbered(mailbox, Table::Tombstone, folder.get())
}

/// One tombstone row, by its last change number.
pub fn tombstone(mailbox: MailboxNumber, folder: FolderId, change: ChangeNumber) -> Vec<u8> {
    let mut key = tombstones(mailbox, folder);
    key.extend_from_slice(&change.get().to_be_bytes());
    key
}

/// Annotations of a folder, or of the mailbox, that all see; the start of all of its rows.
pub fn annotations(mailbox: MailboxNumber, folder: Option<FolderId>) -> Vec<u8> {
    numbered(mailbox, Table::Annotations, folder.map_or(0, FolderId::get))
}

/// Those that one principal alone sees.
pub fn private_annotations(
    mailbox: MailboxNumber,
    folder: Option<FolderId>,
    principal: Guid,
) -> Vec<u8> {
    let mut key = annotations(mailbox, folder);
    key.extend_from_slice(&principal.0);
    key
}

/// One content.
pub fn content(mailbox: MailboxNumber, content: ContentNumber) -> Vec<u8> {
    numbered(mailbox, Table::Content, content.get())
}

/// True for a row of this table.
pub(crate) fn is_of(key: &[u8], table: Table) -> bool {
    key.get(5) == Some(&(table as u8))
}

/// The list that a row of counters is about; that of an emptied folder are its items.
pub(crate) fn counted_list(key: &[u8]) -> Option<(FolderId, List)> {
    let list = if key.get(14) == Some(&1) { List::Associated } else { List::Items };
    number_of(key).map(|number| (FolderId::new(number), list))
}

/// True for the first row of a content.
pub fn is_content_head(key: &[u8]) -> bool {
    key.len() == 14 && key[5] == Table::Content as u8
}

/// True for the overlay of an item.
pub fn is_overlay(key: &[u8]) -> bool {
    key.len() == 14 && key[5] == Table::Overlay as u8
}

/// The item an overlay row belongs to.
pub fn overlay_item(key: &[u8]) -> Option<ItemNumber> {
    number_of(key).map(ItemNumber::new)
}

/// The content a row belongs to.
pub fn content_number(key: &[u8]) -> Option<ContentNumber> {
    number_of(key).map(ContentNumber::new)
}

/// The number that follows the table.
fn number_of(key: &[u8]) -> Option<u64> {
    const START: usize = 6;
    let number = key.get(START..START + 8)?.try_into().ok()?;
    Some(u64::from_be_bytes(number))
}

/// A further row of a content that is too large for one.
pub fn content_row(mailbox: MailboxNumber, number: ContentNumber, row: u64) -> Vec<u8> {
    let mut key = content(mailbox, number);
    if row > 0 {
        key.extend_from_slice(&(row as u16).to_be_bytes());
    }
    key
}

/// A mark of derived data.
pub fn derived(mailbox: MailboxNumber, name: &str) -> Vec<u8> {
    let mut key = table(mailbox, Table::Derived);
    key.extend_from_slice(name.as_bytes());
    key
}

/// The start of the rows of one segment of the search index.
pub fn postings(mailbox: MailboxNumber, segment: u64) -> Vec<u8> {
    numbered(mailbox, Table::Postings, segment)
}

/// The segment of the search index that a row belongs to.
pub fn postings_segment(key: &[u8]) -> Option<u64> {
    number_of(key)
}

/// Unfinished bulk work.
pub fn intent(mailbox: MailboxNumber, number: IntentNumber) -> Vec<u8> {
    numbered(mailbox, Table::Intent, number.get())
}

/// The number of an intent's row.
pub fn intent_number(key: &[u8]) -> Option<IntentNumber> {
    number_of(key).map(IntentNumber::new)
}

/// The overlay of one item.
pub fn overlay(mailbox: MailboxNumber, item: ItemNumber) -> Vec<u8> {
    numbered(mailbox, Table::Overlay, item.get())
}

/// Where a moved item's old MID points.
pub fn alias(mailbox: MailboxNumber, mid: Mid) -> Vec<u8> {
    numbered(mailbox, Table::Alias, mid.get())
}

/// The last change number of a journal row.
pub fn journal_change(key: &[u8]) -> ChangeNumber {
    ChangeNumber::new(number_of(key).unwrap_or_default())
}

/// One journal row, by its last change number.
pub fn journal(mailbox: MailboxNumber, change: ChangeNumber) -> Vec<u8> {
    numbered(mailbox, Table::Journal, change.get())
}
