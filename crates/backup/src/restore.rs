//! Making a data folder of a backup.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{At, BackupError};
use crate::file;
use crate::manifest::{BackupFile, Manifest};
use crate::progress::{Progress, Step};
use crate::repository::Repository;

/// Where files are until all are there: a server that is started too early finds no half of one.
const UNFINISHED: &str = "unfinished-restore";

/// A file in the data folder that says from which backup it was restored. The server that is
/// started on it begins a new epoch of every mailbox and removes the file.
pub const RESTORED: &str = "restored";

/// Writes all files of a backup into the folder `to`, which must be empty or not be there. What
/// cannot be restored whole leaves it empty.
pub fn restore(
    repository: &Repository,
    backup: &Manifest,
    to: &Path,
    progress: &mut dyn Progress,
) -> Result<(), BackupError> {
    if !file::is_empty(to).at(to)? {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    let unfinished = to.join(UNFINISHED);
    file::make_folder(&unfinished).at(&unfinished)?;
    let all = backup.octets();
    let mut folders = BTreeSet::from([unfinished.clone()]);
    let mut restoring = Restoring { repository, progress, done: 0, all };
    let written = backup.files.iter().try_for_each(|each| {
        let path = unfinished.join(&each.path);
        make_folders(&path, &unfinished, &mut folders)?;
        restoring.file(each, &path)
    });
    if written.is_err() {
        // There is an error to tell already; the folder is seen not to be empty.
        let _ = fs::remove_dir_all(&unfinished);
    }
    written?;
    let mark = unfinished.join(RESTORED);
    let mut file = file::create(&mark).at(&mark)?;
    file.write_all(format!("{}\n", backup.id).as_bytes()).at(&mark)?;
    file.sync_all().at(&mark)?;
    for folder in &folders {
        file::sync_folder(folder).at(folder)?;
    }
    put_in_place(&unfinished, to)
}

/// Makes the folders of a file below `root`, and notes them.
fn make_folders(
    path: &Path,
    root: &Path,
    folders: &mut BTreeSet<PathBuf>,
) -> Result<(), BackupError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    file::make_folder(folder).at(folder)?;
    let above = folder.ancestors().take_while(|it| it.starts_with(root));
    folders.extend(above.map(Path::to_owned));
    Ok(())
}

fn put_in_place(unfinished: &Path, to: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(unfinished).at(unfinished)? {
        let entry = entry.at(unfinished)?;
        fs::rename(entry.path(), to.join(entry.file_name())).at(to)?;
    }
    fs::remove_dir(unfinished).at(unfinished)?;
    file::sync_folder(to).at(to)?;
    match to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => file::sync_folder(parent).at(parent),
        None => Ok(()),
    }
}

/// Files on their way out of a repository.
struct Restoring<'r> {
    repository: &'r Repository,
    progress: &'r mut dyn Progress,
    done: u64,
    all: u64,
}

impl Restoring<'_> {
    fn file(&mut self, from: &BackupFile, to: &Path) -> Result<(), BackupError> {
        let mut file = file::create(to).at(to)?;
        for chunk in &from.chunks {
            let octets = self.repository.chunk(chunk, &from.path)?;
            file.write_all(&octets).at(to)?;
            self.done += octets.len() as u64;
            self.progress.tell(Step::Restore, self.done, self.all);
        }
        file.sync_all().at(to)
    }
}
