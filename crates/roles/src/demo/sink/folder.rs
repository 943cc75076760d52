//! The sink's folder: one file a message.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::private;
use crate::whole_file::{self, FileError};

/// The folder's name in the data directory.
pub const FOLDER_NAME: &str = "sink";

/// Messages as `001.eml`, `002.eml` and so on. Made with its first message.
pub struct Folder {
    path: PathBuf,
    /// Number of the newest, once known. Held while a message is written: files appear in
    /// their order.
    last: Mutex<Option<u64>>,
}

impl Folder {
    /// The folder in a data directory. Touches nothing.
    pub fn new(data: &Path) -> Self {
        Folder { path: data.join(FOLDER_NAME), last: Mutex::default() }
    }

    /// Writes a message; when this returns it is durable. Waits for the disk.
    pub fn keep(&self, message: &[u8]) -> Result<PathBuf, FileError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let number = 1 + last.map_or_else(|| self.newest(), Ok)?;
        let path = self.path.join(format!("{number:03}.eml"));
        whole_file::write(&path, message)?;
        *last = Some(number);
        Ok(path)
    }

    /// Goes on after what earlier runs have left.
    fn newest(&self) -> Result<u64, FileError> {
        let unusable = |source| FileError { path: self.path.clone(), source };
        private::create_folder(&self.path).map_err(unusable)?;
        let names = fs::read_dir(&self.path).map_err(unusable)?;
        let numbers = names.flatten().filter_map(|entry| number(&entry.path()));
        Ok(numbers.max().unwrap_or(0))
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

    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

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
        let folder = Folder::new(data.path());
        assert_eq!(fs::read(folder.keep(b"one").unwrap()).unwrap(), b"one");
        folder.keep(b"two").unwrap();
        assert_eq!(
            [mode(&data.path().join(FOLDER_NAME)), mode(&data.path().join("sink/002.eml"))],
            [0o700, 0o600]
        );
        fs::write(data.path().join("sink/100.eml.new"), b"torn").unwrap();
        let reopened = Folder::new(data.path());
        reopened.keep(b"three").unwrap();
        assert_eq!(names(data.path()), ["001.eml", "002.eml", "003.eml", "100.eml.new"]);
    }
}
