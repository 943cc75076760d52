//! What can go wrong in a store, and whose fault it is.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::blob::BlobNumber;
use crate::engine::EngineError;

/// Bytes that cannot have been written by us: a damaged frame or a record that does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Corrupt(pub &'static str);

impl StoreError {
    /// Whether what was asked for is damaged or gone, and trying again is no use.
    pub fn is_damage(&self) -> bool {
        use StoreError::{BlobRange, Corrupt, CorruptBlob, NoBlob};
        matches!(self, NoBlob(_) | BlobRange(_) | Corrupt { .. } | CorruptBlob { .. })
    }
}

impl From<types::wire::Truncated> for Corrupt {
    fn from(_: types::wire::Truncated) -> Self {
        Corrupt("record is truncated or malformed")
    }
}

/// Why the store did not do what it was asked. Cheap to clone: all of a group may share one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Caller: a key is empty or longer than `KEY_OCTETS_MAX`.
    #[error("a key of {0} octets is outside the limit")]
    KeyLength(usize),
    /// Caller: keys that begin with this octet are the store's own.
    #[error("keys that begin with {0:#04x} are the store's own")]
    KeyReserved(u8),
    /// Caller: a framed value is longer than `VALUE_OCTETS_MAX`.
    #[error("a value of {0} octets is beyond the limit")]
    ValueLength(usize),
    /// Caller: one function staged more than `TRANSACTION_OCTETS_MAX`.
    #[error("a transaction of {0} octets is beyond the limit")]
    TransactionLength(usize),
    /// Caller: the function panicked; nothing of it was kept.
    #[error("the write function panicked")]
    Panicked,
    /// Caller: the snapshot is older than `SNAPSHOT_MS_CEILING`; open another and go on.
    #[error("the snapshot has expired")]
    SnapshotExpired,
    /// Caller: staged bytes were offered to a database that did not stage them.
    #[error("the bytes were staged in another database")]
    ForeignStaged,
    /// Caller: the part asked for lies outside the blob.
    #[error("blob {0} does not reach that far")]
    BlobRange(BlobNumber),
    /// Caller: a reclaim of blobs is under way.
    #[error("a reclaim of blobs is under way")]
    ReclaimRunning,
    /// No blob has this number.
    #[error("there is no blob {0}")]
    NoBlob(BlobNumber),
    /// Environment: free space fell below the reserve. Reads and deletions go on.
    #[error("the disk is nearly full")]
    DiskNearlyFull,
    /// Environment: another process has the store open.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// Environment: the store was written by a later version.
    #[error("the store has schema {found}, this program knows up to {known}")]
    SchemaTooNew {
        /// Version found in the store.
        found: u32,
        /// Newest version this program knows.
        known: u32,
    },
    /// Damage: a row is not what was written.
    #[error("row {} is damaged: {what}", hex(.key))]
    Corrupt {
        /// The row's key.
        key: Box<[u8]>,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Damage: a blob in a segment file is not what was written.
    #[error("blob at {file}+{offset} is damaged: {what}")]
    CorruptBlob {
        /// Number of the segment file.
        file: u64,
        /// Offset of the record in it.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A commit or sync failed earlier: what is on disk is unknown until the next start.
    #[error("the database stopped writing: {0}")]
    Poisoned(Arc<str>),
    /// The database is being closed.
    #[error("the database is closed")]
    Closed,
    /// The engine failed.
    #[error("storage engine: {0}")]
    Engine(Arc<str>),
    /// The file system failed.
    #[error("file system: {0}")]
    Io(#[source] Arc<io::Error>),
}

impl StoreError {
    /// Damage found in the row `key`.
    pub fn corrupt(key: &[u8], corrupt: Corrupt) -> Self {
        StoreError::Corrupt { key: key.into(), what: corrupt.0 }
    }
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Full => StoreError::DiskNearlyFull,
            EngineError::InUse(path) => StoreError::InUse(path),
            EngineError::TooNew { found, known } => StoreError::SchemaTooNew { found, known },
            EngineError::Failed(what) => StoreError::Engine(what.into()),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskNearlyFull,
            _ => StoreError::Io(Arc::new(error)),
        }
    }
}

/// Octets as lower-case hexadecimal digits, for messages.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
