//! Files and folders for their owner's eyes only, that survive a loss of power.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Mail and keys are private.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Makes a folder and those above it unless they are there.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Makes a file that is not there yet.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Makes the names in a folder survive a loss of power.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes `path` so that it is there whole or not at all: as `unfinished` first, which is in the
/// same file system.
pub(crate) fn write_whole(unfinished: &Path, path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = create(unfinished)?;
    file.write_all(octets)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

/// Whether nothing is in a folder; one that is not there is empty.
pub(crate) fn is_empty(path: &Path) -> io::Result<bool> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
