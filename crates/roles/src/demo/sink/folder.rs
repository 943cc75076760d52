//! The sink's folder: one file a message.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::demo::whole_file::{self, FileError};

/// The folder's name in the data directory.
pub const FOLDER_NAME: &str = "sink";

/// Messages as `001.eml`, `002.eml` and so on.
pub struct Folder {
    path: PathBuf,
    /// Number of the newest. Held while a message is written: files appear in their order.
    last: Mutex<u64>,
}

impl Folder {
    /// Opens the folder in a data directory, or makes it; goes on after what is in it.
    pub fn open(data: &Path) -> Result<Self, FileError> {
        let path = data.join(FOLDER_NAME);
        let file_error = |source| FileError { path: path.clone(), source };
        fs::create_dir_all(&path).map_err(file_error)?;
        let names = fs::read_dir(&path).map_err(file_error)?;
        let numbers = names.flatten().filter_map(|entry| number(&entry.path()));
        let last = Mutex::new(numbers.max().unwrap_or(0));
        Ok(Folder { path, last })
    }

    /// Writes a message; when this returns it is durable. Waits for the disk.
    pub fn keep(&self, message: &[u8]) -> Result<PathBuf, FileError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.join(format!("{:03}.eml", *last + 1));
        whole_file::write(&path, message)?;
        *last += 1;
        Ok(path)
    }
}

/// The number of a message's file.
fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".eml")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(data: &Path) -> Vec<String> {
        let entries = fs::read_dir(data.join(FOLDER_NAME)).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    #[test]
    fn messages_are_numbered_and_numbers_go_on_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        assert_eq!(fs::read(folder.keep(b"one").unwrap()).unwrap(), b"one");
        folder.keep(b"two").unwrap();
        fs::write(data.path().join("sink/100.eml.new"), b"torn").unwrap();
        let reopened = Folder::open(data.path()).unwrap();
        reopened.keep(b"three").unwrap();
        assert_eq!(names(data.path()), ["001.eml", "002.eml", "003.eml", "100.eml.new"]);
    }
}
