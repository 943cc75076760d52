//! Directories of a store: for its owner's eyes only, and durable before anything is in them.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Mail is private: nobody but the server's account reads it.
const MODE: u32 = 0o700;

/// Makes a directory and those above it unless they are there. Its name is durable afterwards,
/// also when it is there already: a start that was killed may have made it.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(MODE).create(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

/// Makes the names in a directory survive a loss of power.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
