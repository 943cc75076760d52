//! The databases of a server: the directory and the mailbox database, each in a folder of the
//! data directory.

mod restored;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth::VerifierOptions;
use directory::{Directory, DirectoryError};
use store::{Database, Options, StoreError};
use tokio::task::JoinError;

/// The name of the mailbox database: one per server is the default.
pub const MAILBOX_DATABASE: &str = "Mailbox Database";

/// Why the data cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A database.
    #[error("{path}: {source}")]
    Database {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Data that came back from a backup.
    #[error("the mailboxes of a restored server: {0}")]
    Restored(#[from] mailbox::Fault),
    /// A file in the data directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The task that opened it is gone.
    #[error("opening was interrupted: {0}")]
    Interrupted(#[from] JoinError),
}

/// Opened databases.
#[derive(Clone)]
pub struct Storage {
    /// Mailboxes and mail queue.
    pub mailboxes: Database,
    /// The database below the directory.
    pub directory_rows: Database,
    /// Recipients, domains.
    pub directory: Directory,
}

impl Storage {
    /// Opens what is in a data directory, or makes it.
    pub async fn open(data: &Path, verifier: VerifierOptions) -> Result<Self, StorageError> {
        let mailboxes = open(data.join("mailboxes")).await?;
        let directory_rows = open(data.join("directory")).await?;
        let directory = Directory::open(directory_rows.clone(), verifier).await?;
        restored::begin_epochs(data, &mailboxes).await?;
        Ok(Storage { mailboxes, directory_rows, directory })
    }

    /// Finishes what was begun, and closes.
    pub async fn close(&self) {
        self.mailboxes.close().await;
        self.directory_rows.close().await;
    }
}

/// The folders of the databases in a data directory.
pub fn database_folders(data: &Path) -> [PathBuf; 2] {
    [data.join("mailboxes"), data.join("directory")]
}

async fn open(path: PathBuf) -> Result<Database, StorageError> {
    let shared: Arc<Path> = path.as_path().into();
    let opened = tokio::task::spawn_blocking(move || Database::open(Options::sqlite(&*shared)));
    opened.await?.map_err(|source| StorageError::Database { path, source })
}
