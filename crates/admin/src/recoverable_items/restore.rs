//! `rialto restore-recoverable-items`: Restore-RecoverableItems.

use std::collections::BTreeMap;

use clap::Args;
use mailbox::{Fault, FolderId, RecoverableItem, UidSet};

use super::{Opened, Selection};
use crate::{AdminError, Console, Outcome, Program};

/// Items that come back in one transaction.
const SLICE_ITEMS_MAX: usize = 1000;

/// Bring deleted items back to the folders they were deleted from
///
/// A folder that was deleted is made again; an item of which no folder is known comes into the
/// Inbox.
#[derive(Debug, Args)]
pub struct RestoreRecoverableItems {
    #[command(flatten)]
    selection: Selection,
}

impl RestoreRecoverableItems {
    /// Does what was asked; wrong when there was nothing to restore.
    pub async fn run(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let opened = self.selection.open(program).await?;
        let restored = self.restore(&opened, console).await;
        opened.close().await;
        let restored = restored?;
        console.notice(&format!("{restored} restored"))?;
        Ok(Outcome::of(restored > 0))
    }

    async fn restore(
        &self,
        opened: &Opened,
        console: &mut Console<'_>,
    ) -> Result<usize, AdminError> {
        let items = self.selection.items(opened).await?;
        let mut restored = 0;
        for slice in items.chunks(SLICE_ITEMS_MAX) {
            for (folder, uids) in by_folder(slice) {
                let paths = restore(opened, folder, uids).await;
                let paths = paths.map_err(|fault| opened.error(fault))?;
                restored += paths.values().sum::<usize>();
                for (path, count) in paths {
                    console.print(&format!("{count} to {path}\n"))?;
                }
            }
        }
        Ok(restored)
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
    opened: &Opened,
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
    opened.mailbox.write(restore).await
}
