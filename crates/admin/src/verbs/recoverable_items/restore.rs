//! Restore-RecoverableItems.

use std::collections::BTreeMap;

use mailbox::{Fault, FolderId, Mailbox, RecoverableItem, UidSet};

use super::super::mailbox::open_to_change;
use super::{EntryId, Selection};
use crate::verb::{Cmdlet, Effect, Identity, Role, Session, VerbError, object, verb};

object! {
    /// How many items came back to a folder.
    pub struct RestoredItemsObject = "RestoredItems" [restored_to_folder_path, item_count] {
        /// The folder.
        restored_to_folder_path: String,
        /// How many.
        item_count: usize,
    }
}

verb! {
    /// Brings deleted items back to the folders they were deleted from. A folder that was deleted
    /// is made again; an item of which no folder is known comes into the Inbox.
    pub struct RestoreRecoverableItems = "Restore-RecoverableItems" (Role::MailboxImportExport, Effect::Change) {
        /// The mailbox.
        identity: Identity = first,
        /// Only items with this text in their subject.
        subject_contains: Option<String>,
        /// Only this one.
        entry_id: Option<EntryId>,
    }
}

/// Items that come back in one transaction.
const SLICE_ITEMS_MAX: usize = 1000;

impl Cmdlet for RestoreRecoverableItems {
    type Answer = Vec<RestoredItemsObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let mailbox = open_to_change(session, &self.identity).await?;
        let Self { subject_contains, entry_id, identity } = self;
        let items = Selection { subject_contains, entry_id }.items(&mailbox, usize::MAX).await?;
        let action = format!("Restoring {} items of {}", items.len(), identity.0);
        if !session.should_process(action) {
            return Ok(Vec::new());
        }
        session.modified(identity.0, None, None);
        let mut restored = BTreeMap::<String, usize>::new();
        for slice in items.chunks(SLICE_ITEMS_MAX) {
            for (folder, uids) in by_folder(slice) {
                for (path, count) in restore(&mailbox, folder, uids).await? {
                    *restored.entry(path).or_default() += count;
                }
            }
        }
        let shown = |(restored_to_folder_path, item_count)| RestoredItemsObject {
            restored_to_folder_path,
            item_count,
        };
        Ok(restored.into_iter().map(shown).collect())
    }
}

/// The UIDs of items, by the folder of Recoverable Items that they are in.
fn by_folder(items: &[RecoverableItem]) -> BTreeMap<FolderId, UidSet> {
    let mut folders: BTreeMap<FolderId, UidSet> = BTreeMap::new();
    for item in items {
        folders.entry(item.folder()).or_default().insert(item.entry.uid);
    }
    folders
}

/// Restores in one transaction; how many came to which folder.
async fn restore(
    mailbox: &Mailbox,
    folder: FolderId,
    uids: UidSet,
) -> Result<BTreeMap<String, usize>, Fault> {
    let restore = move |change: &mut mailbox::Change<'_, '_>| {
        let mut counts: BTreeMap<FolderId, usize> = BTreeMap::new();
        for item in change.restore(folder, &uids)? {
            *counts.entry(item.folder).or_default() += 1;
        }
        let mut paths = BTreeMap::new();
        for (folder, count) in counts {
            paths.insert(change.view()?.path(folder)?.join("/"), count);
        }
        Ok(paths)
    };
    mailbox.write(restore).await
}
