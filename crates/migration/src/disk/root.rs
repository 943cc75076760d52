//! Files below one folder, and nowhere else.
//!
//! Paths of requests come from administrators, but what lies below them may be other people's:
//! a link there must not lead the server to files that only the server may read. Every step
//! from the root down is opened without following links, so that nothing can be exchanged between
//! looking and opening.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, statat, unlinkat};
use types::limits::MIGRATION_FOLDER_FILES_MAX;

use crate::error::MigrationError;

/// A folder that files are opened below.
pub(crate) struct Root {
    folder: OwnedFd,
    path: PathBuf,
}

/// A file or a folder in a listing. Links and devices are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name.
    pub name: OsString,
    /// A folder, or a regular file.
    pub is_folder: bool,
}

/// Only the server's user may read what is exported.
const FOLDER_MODE: Mode = Mode::RWXU;
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

impl Root {
    /// Opens a folder. The path itself may lead over links: the administrator wrote it.
    pub(crate) fn open(path: &Path) -> Result<Self, MigrationError> {
        absolute(path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty());
        let folder = folder.map_err(|error| MigrationError::file(path, error.into()))?;
        Ok(Root { folder, path: path.to_owned() })
    }

    /// The full path of what is at `at`, for messages.
    pub(crate) fn full(&self, at: &Path) -> PathBuf {
        self.path.join(at)
    }

    /// What is in a folder, by name. Errors: Limit.
    pub(crate) fn list(&self, at: &Path) -> Result<Vec<Listed>, MigrationError> {
        let wrong = |error: io::Error| MigrationError::file(self.full(at), error);
        let folder = self.step_to(at).map_err(wrong)?;
        let mut found = Vec::new();
        for entry in Dir::read_from(&folder).map_err(|error| wrong(error.into()))? {
            let entry = entry.map_err(|error| wrong(error.into()))?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            let kind = match entry.file_type() {
                FileType::Unknown => kind_of(&folder, &name).map_err(wrong)?,
                kind => kind,
            };
            let is_folder = kind == FileType::Directory;
            if name != "." && name != ".." && (is_folder || kind == FileType::RegularFile) {
                found.push(Listed { name, is_folder });
            }
            check_count(found.len())?;
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Opens a regular file for reading.
    pub(crate) fn read(&self, at: &Path) -> Result<File, MigrationError> {
        // What is no regular file must not keep the server waiting.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let file = self.open_file(at, flags)?;
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(file),
            Ok(_) => Err(MigrationError::NotRegular(self.full(at))),
            Err(error) => Err(MigrationError::file(self.full(at), error)),
        }
    }

    /// Makes a file that is not there yet, or empties the one that is.
    pub(crate) fn create(&self, at: &Path) -> Result<File, MigrationError> {
        self.open_file(at, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)
    }

    /// Opens a file to change it; makes it if it is not there.
    pub(crate) fn write(&self, at: &Path) -> Result<File, MigrationError> {
        self.open_file(at, OFlags::WRONLY | OFlags::CREATE)
    }

    /// Makes a folder; one that is there is no error.
    pub(crate) fn make_folder(&self, at: &Path) -> Result<(), MigrationError> {
        let wrong = |error: io::Error| MigrationError::file(self.full(at), error);
        let (above, name) = self.step_above(at).map_err(wrong)?;
        match mkdirat(&above, name, FOLDER_MODE) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
            Err(error) => Err(wrong(error.into())),
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, at: &Path) -> Result<(), MigrationError> {
        let wrong = |error: io::Error| MigrationError::file(self.full(at), error);
        let (above, name) = self.step_above(at).map_err(wrong)?;
        unlinkat(&above, name, AtFlags::empty()).map_err(|error| wrong(error.into()))
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync(&self, at: &Path) -> Result<(), MigrationError> {
        let synced = self.step_to(at).and_then(|folder| Ok(rustix::fs::fsync(&folder)?));
        synced.map_err(|error| MigrationError::file(self.full(at), error))
    }

    fn open_file(&self, at: &Path, flags: OFlags) -> Result<File, MigrationError> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = self
            .step_above(at)
            .and_then(|(above, name)| Ok(openat(&above, name, flags, FILE_MODE)?));
        match opened {
            Ok(file) => Ok(File::from(file)),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                Err(MigrationError::NotRegular(self.full(at)))
            }
            Err(error) => Err(MigrationError::file(self.full(at), error)),
        }
    }

    fn step_above<'p>(&self, at: &'p Path) -> io::Result<(OwnedFd, &'p OsStr)> {
        let name = at.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.step_to(at.parent().unwrap_or(Path::new("")))?, name))
    }

    /// Opens a folder below the root, step by step.
    fn step_to(&self, at: &Path) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // A descriptor of its own, so that a listing begins at the beginning.
        let mut folder = openat(&self.folder, ".", flags, Mode::empty())?;
        for step in at.components() {
            let Component::Normal(name) = step else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            folder = openat(&folder, name, flags, Mode::empty())?;
        }
        Ok(folder)
    }
}

fn kind_of(folder: impl AsFd, name: &OsStr) -> io::Result<FileType> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

fn check_count(files: usize) -> Result<(), MigrationError> {
    match files > MIGRATION_FOLDER_FILES_MAX {
        true => Err(MigrationError::Limit("files in one folder")),
        false => Ok(()),
    }
}

/// Whether a request may name this path. Errors: NotAbsolute, also with `..` in it.
pub fn absolute(path: &Path) -> Result<(), MigrationError> {
    let climbs = path.components().any(|step| step == Component::ParentDir);
    match path.is_absolute() && !climbs {
        true => Ok(()),
        false => Err(MigrationError::NotAbsolute(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_nowhere() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        let inside = tempfile::tempdir().unwrap();
        symlink(outside.path(), inside.path().join("folder")).unwrap();
        symlink(outside.path().join("secret"), inside.path().join("file")).unwrap();
        std::fs::write(inside.path().join("own"), "o").unwrap();
        let root = Root::open(inside.path()).unwrap();
        let names: Vec<_> =
            root.list(Path::new("")).unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["own"]);
        assert!(root.read(Path::new("own")).is_ok());
        assert!(matches!(root.read(Path::new("file")), Err(MigrationError::NotRegular(_))));
        assert!(root.read(Path::new("folder/secret")).is_err());
        assert!(root.list(Path::new("folder")).is_err());
        assert!(root.read(Path::new("../x")).is_err());
        assert!(root.create(Path::new("file")).is_err());
    }

    #[test]
    fn paths_are_absolute_and_do_not_climb() {
        for path in ["mail", "./mail", "/var/../etc", ""] {
            assert!(matches!(absolute(Path::new(path)), Err(MigrationError::NotAbsolute(_))));
        }
        assert!(absolute(Path::new("/var/mail")).is_ok());
    }

    #[test]
    fn a_folder_has_at_most_migration_folder_files_max() {
        assert!(check_count(MIGRATION_FOLDER_FILES_MAX).is_ok());
        assert!(matches!(
            check_count(MIGRATION_FOLDER_FILES_MAX + 1),
            Err(MigrationError::Limit(_))
        ));
    }
}
