//! Key material on disk: written whole or not at all, and private from the first moment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Its owner: mode 0600.
    ByOwner,
    /// Everybody: mode 0644.
    ByAll,
}

impl Readable {
    fn mode(self) -> u32 {
        match self {
            Readable::ByOwner => 0o600,
            Readable::ByAll => 0o644,
        }
    }
}

/// Replaces a file: after a crash it holds the old bytes or the new ones.
pub fn write_atomically(path: &Path, bytes: &[u8], readable: Readable) -> io::Result<()> {
    let staged = path.with_extension("staged");
    // A file left by a crash may have another mode; the mode is only set on creation.
    remove_if_there(&staged)?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(readable.mode()).open(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    File::open(parent(path))?.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn replaces_a_file_and_keeps_it_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("server.key");
        fs::write(directory.path().join("server.staged"), "left by a crash").unwrap();
        for text in ["old", "new"] {
            write_atomically(&path, text.as_bytes(), Readable::ByOwner).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing left behind");
    }
}
