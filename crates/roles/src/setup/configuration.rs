//! The configuration file: written beside its place first, which shows early whether that can be
//! done, and put there at the end. It has no secrets, and the server that reads it runs as
//! another user than who set it up: everybody may read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::at;
use crate::whole_file::FileError;

/// A configuration file that is not in its place yet.
pub(super) struct Staged {
    path: PathBuf,
    fresh: PathBuf,
}

impl Staged {
    /// Writes it, and the folders above it.
    pub fn write(path: &Path, text: &str) -> Result<Self, FileError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let staged = Staged { path: path.to_owned(), fresh: fresh.into() };
        write(&staged.fresh, text).map_err(at(&staged.fresh))?;
        Ok(staged)
    }

    /// Puts it into its place. Errors: somebody has put another one there meanwhile.
    pub fn publish(self) -> Result<(), FileError> {
        let placed = fs::hard_link(&self.fresh, &self.path).map_err(at(&self.path));
        self.discard();
        placed?;
        match self.path.parent() {
            Some(folder) => File::open(folder).and_then(|it| it.sync_all()).map_err(at(folder)),
            None => Ok(()),
        }
    }

    /// Removes it from beside its place.
    pub fn discard(&self) {
        if let Err(error) = fs::remove_file(&self.fresh) {
            tracing::warn!(file = %self.fresh.display(), %error, "cannot remove");
        }
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o644).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_that_is_there_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rialto.toml");
        let staged = Staged::write(&path, "ours").unwrap();
        assert!(Staged::write(&path, "another setup's").is_err());
        fs::write(&path, "theirs").unwrap();
        assert!(staged.publish().is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_file(&path).unwrap();
        Staged::write(&path, "ours").unwrap().publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
    }
}
