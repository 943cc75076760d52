//! How large the folders are: what Get-MailboxFolderStatistics shows.

use crate::fault::Fault;
use crate::key::List;
use crate::record::Folder;
use crate::view::View;

/// A folder with its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSize {
    /// The folder.
    pub folder: Folder,
    /// Names from the top down.
    pub path: Vec<String>,
    /// Items.
    pub items: u64,
    /// Items without `\Seen`.
    pub unseen: u64,
    /// Associated items.
    pub associated: u64,
    /// Octets of the items.
    pub octets: u64,
}

impl View<'_> {
    /// All folders with their counters, hidden ones included, in the order of their ids; the
    /// root is not among them. For the server's own work.
    pub fn folder_sizes(&self) -> Result<Vec<FolderSize>, Fault> {
        let folders = self.all_folders()?;
        let mut sizes = Vec::with_capacity(folders.len());
        for folder in folders.iter().filter(|folder| folder.parent != folder.id) {
            let counters = self.list_counters(folder.id)?;
            sizes.push(FolderSize {
                path: path(&folders, folder),
                folder: folder.clone(),
                items: counters.exists.into(),
                unseen: counters.unseen.into(),
                associated: self.counters_of(folder.id, List::Associated)?.exists.into(),
                octets: counters.octets,
            });
        }
        Ok(sizes)
    }
}

/// Names from below the root down to a folder. Folders stand in the order of their ids.
fn path(folders: &[Folder], folder: &Folder) -> Vec<String> {
    let by_id =
        |id| folders.binary_search_by_key(&id, |other| other.id).ok().map(|at| &folders[at]);
    let above = std::iter::successors(Some(folder), |below| {
        by_id(below.parent).filter(|above| above.parent != above.id)
    });
    // No folder lies deeper than there are folders.
    let mut names: Vec<_> = above.take(folders.len()).map(|each| each.name.clone()).collect();
    names.reverse();
    names
}
