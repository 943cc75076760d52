//! Why there is no backup, or nothing was restored.

use std::io;
use std::path::{Path, PathBuf};

use store::StoreError;
use types::limits::BACKUP_MANIFEST_OCTETS_MAX;

/// Why a backup was not made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Environment: a file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Environment: a database cannot be copied.
    #[error("{path}: {source}")]
    Store {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// Caller: the folder is no repository.
    #[error("{0} has no backups")]
    NoRepository(PathBuf),
    /// Caller: the folder holds something else.
    #[error("{0} is no repository of backups, and not empty")]
    NotARepository(PathBuf),
    /// Caller: the repository would lie in what is to be put into it.
    #[error("{0} is in the server's data folder: a backup belongs elsewhere")]
    Inside(PathBuf),
    /// Environment: another backup into this repository is under way.
    #[error("another backup into {0} is under way")]
    InUse(PathBuf),
    /// Caller: no finished backup has this name.
    #[error("there is no backup {0:?}")]
    NoBackup(String),
    /// Caller: no rule keeps a backup.
    #[error("nothing says which backups are kept")]
    KeepsNothing,
    /// Caller: what would be written over is not empty.
    #[error("{0} is not empty: a backup is restored into an empty folder")]
    NotEmpty(PathBuf),
    /// Environment: the manifest was written by a later version.
    #[error("{path} has version {found}, this program knows {known}")]
    TooNew {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest one known.
        known: u32,
    },
    /// A manifest would be, or is, longer than `BACKUP_MANIFEST_OCTETS_MAX`.
    #[error("{0} is longer than {BACKUP_MANIFEST_OCTETS_MAX} octets")]
    TooLong(PathBuf),
    /// Damage: a manifest is not what was written.
    #[error("{path} is damaged: {what}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Damage: a chunk is gone, or not what was put away.
    #[error("chunk {chunk} of {file} is {what}")]
    Chunk {
        /// Its name.
        chunk: String,
        /// The file of the backup it is a part of.
        file: String,
        /// `missing` or `damaged`.
        what: &'static str,
    },
}

impl BackupError {
    /// Whether something that was put away is not there any more as it was.
    pub fn is_damage(&self) -> bool {
        matches!(self, BackupError::Manifest { .. } | BackupError::Chunk { .. })
    }
}

/// Says of which file the system spoke.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, BackupError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, BackupError> {
        self.map_err(|source| BackupError::File { path: path.to_owned(), source })
    }
}
