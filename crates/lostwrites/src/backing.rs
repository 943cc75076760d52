//! The directory behind a mount: read when it begins, written when it ends.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::model::{Entry, Tree};

/// Permission bits of a mode.
const PERMISSIONS: u32 = 0o7777;

/// What is in a directory.
pub(crate) fn read(directory: &Path) -> io::Result<Tree> {
    let entries = fs::read_dir(directory)?;
    entries
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), read_entry(&entry.path())?))
        })
        .collect()
}

fn read_entry(path: &Path) -> io::Result<Entry> {
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode() & PERMISSIONS;
    if metadata.is_dir() {
        Ok(Entry::Directory { mode, entries: read(path)? })
    } else if metadata.is_file() {
        Ok(Entry::File { mode, data: fs::read(path)? })
    } else {
        let text = format!("{} is neither file nor directory", path.display());
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }
}

/// Makes a directory hold `tree` and nothing else.
pub(crate) fn replace(directory: &Path, tree: &Tree) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    write(directory, tree)
}

fn write(directory: &Path, tree: &Tree) -> io::Result<()> {
    for (name, entry) in tree {
        let path = directory.join(name);
        let mode = match entry {
            Entry::File { mode, data } => {
                fs::write(&path, data)?;
                mode
            }
            Entry::Directory { mode, entries } => {
                fs::create_dir(&path)?;
                write(&path, entries)?;
                mode
            }
        };
        fs::set_permissions(&path, Permissions::from_mode(*mode))?;
    }
    Ok(())
}
