//! A mailbox that mail is exported from.

use std::collections::HashMap;
use std::ops::ControlFlow;

use mailbox::{Access, Entry, Fault, Folder, FolderId, KeywordTable, Mailbox, Uid, UidSet, View};
use types::limits::{MIGRATION_BATCH_ITEMS, MIGRATION_BATCH_OCTETS};

use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::message::{Item, Message};
use crate::transfer::Source;

/// A mailbox that mail is exported from: its visible folders, messages by UID. What is in
/// Recoverable Items is not exported.
pub struct MailboxSource {
    mailbox: Mailbox,
}

impl MailboxSource {
    /// The mailbox, opened as the system.
    pub fn new(mailbox: &Mailbox) -> Self {
        let (database, number) = (mailbox.database().clone(), mailbox.number());
        MailboxSource { mailbox: Mailbox::open(database, number, Access::System) }
    }
}

impl Source for MailboxSource {
    async fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        Ok(self.mailbox.read(folders).await?)
    }

    async fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let folder = folder.place.parse().map(FolderId::new);
        let folder = folder.map_err(|_| Fault::NotFound("folder"))?;
        let last = after.and_then(uid_of).unwrap_or(0);
        Ok(self.mailbox.read(move |view| batch(view, folder, last)).await?)
    }
}

/// The cursor behind a message.
fn cursor(uid: Uid) -> Vec<u8> {
    uid.get().to_be_bytes().to_vec()
}

/// The UID of a cursor of a [`MailboxSource`].
pub(crate) fn uid_of(cursor: &[u8]) -> Option<u32> {
    cursor.try_into().ok().map(u32::from_be_bytes)
}

fn folders(view: &View<'_>) -> Result<Vec<SourceFolder>, Fault> {
    let all = view.folders()?;
    let by_id: HashMap<FolderId, &Folder> = all.iter().map(|folder| (folder.id, folder)).collect();
    let mut found = Vec::with_capacity(all.len());
    for folder in &all {
        found.push(SourceFolder {
            place: folder.id.get().to_string(),
            path: path(folder, &by_id),
            special: folder.special,
            class: Some(folder.class.clone()),
            units: view.status(folder.id)?.exists.into(),
        });
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn path(folder: &Folder, by_id: &HashMap<FolderId, &Folder>) -> Vec<String> {
    let above = |folder: &&Folder| by_id.get(&folder.parent).copied();
    let names = std::iter::successors(Some(folder), above).take(by_id.len());
    let mut names: Vec<String> = names.map(|folder| folder.name.clone()).collect();
    names.reverse();
    names
}

/// The next messages behind a UID.
fn batch(view: &View<'_>, folder: FolderId, last: u32) -> Result<Vec<Item>, Fault> {
    let Some(first) = last.checked_add(1) else { return Ok(Vec::new()) };
    let mut uids = UidSet::new();
    uids.insert_run(first..=u32::MAX);
    let mut entries: Vec<Entry> = Vec::new();
    view.entries(folder, &uids, &mut |entry| {
        entries.push(entry.clone());
        match entries.len() < MIGRATION_BATCH_ITEMS {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    let keywords = view.keywords()?;
    let (mut items, mut octets) = (Vec::new(), 0);
    for entry in entries {
        if octets >= MIGRATION_BATCH_OCTETS || (view.is_old() && !items.is_empty()) {
            break;
        }
        octets += entry.size as usize;
        let body = match message(view, &entry, &keywords) {
            Ok(message) => Ok(message),
            Err(fault) if is_damage(&fault) => Err(format!("UID {}: {fault}", entry.uid.get())),
            Err(fault) => return Err(fault),
        };
        items.push(Item { cursor: cursor(entry.uid), units: 1, again: false, body });
    }
    Ok(items)
}

/// Whether it is the message that is at fault, and not the moment.
fn is_damage(fault: &Fault) -> bool {
    use store::StoreError::{Corrupt, CorruptBlob};
    matches!(fault, Fault::Damaged(_) | Fault::Storage(Corrupt { .. } | CorruptBlob { .. }))
}

fn message(view: &View<'_>, entry: &Entry, keywords: &KeywordTable) -> Result<Message, Fault> {
    let content = view.content(entry.content)?;
    Ok(Message {
        flags: entry.flags,
        keywords: keywords.names_of(entry.keywords).map(str::to_owned).collect(),
        received: Some(entry.received),
        zone_minutes: entry.zone_minutes,
        ..Message::of(view.message(&content)?)
    })
}
