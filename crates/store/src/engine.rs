//! The seam to an engine: ordered octet keys, snapshots, atomic durable commits.
//!
//! Engines know no frames, no limits and no blobs; those stand above this seam, the same for
//! all. An engine has any number of readers and one writer. Only this does it know of its keys:
//! those that begin with [`crate::keys::SPACE_BLOB`] are a number of eight octets, below 2^63,
//! and have long values; it may keep them apart.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use bytes::Bytes;

use crate::read::Direction;

#[cfg(test)]
mod conformance;
pub mod memory;
pub mod sqlite;

/// Changes of one transaction in key order; `None` deletes.
pub type Batch = BTreeMap<Box<[u8]>, Option<Bytes>>;

/// Is shown keys and values one after the other, and may end the walk.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// A range of keys, `from <= key < to`, and the way it is walked.
#[derive(Clone, Copy, Debug)]
pub struct Span<'k> {
    /// The lowest key.
    pub from: &'k [u8],
    /// The key behind the highest.
    pub to: &'k [u8],
    /// Which end comes first.
    pub direction: Direction,
}

/// Why an engine did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// No space was left; nothing of the batch was written, the engine works on.
    #[error("no space left")]
    Full,
    /// Another process holds the engine's files.
    #[error("{0} is in use")]
    InUse(PathBuf),
    /// The files were written by a later version.
    #[error("the files have form {found}, this program knows up to {known}")]
    TooNew {
        /// Form found.
        found: u32,
        /// Newest form this program knows.
        known: u32,
    },
    /// Anything else. After a failed commit the state on disk is unknown.
    #[error("{0}")]
    Failed(String),
}

/// An unchanging state of the engine.
pub trait View: Send {
    /// The value under `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError>;

    /// Visits the rows of a range.
    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError>;
}

/// An open engine.
pub trait Engine: Send + Sync {
    /// The state after the last commit; later commits do not show in it.
    fn snapshot(&self) -> Result<Box<dyn View>, EngineError>;

    /// The one writer. Asking while an earlier one lives is a mistake of the caller.
    fn writer(&self) -> Result<Box<dyn Writer>, EngineError>;

    /// Checks the engine's own structures and visits every row there is, in any order, also
    /// those a damaged key has put out of place. Answers what is wrong, in words.
    fn verify(&self, visit: Visit) -> Result<Vec<String>, EngineError>;
}

/// The writer's side; as a [`View`] it shows the last committed state.
pub trait Writer: View {
    /// Applies all of `batch` or nothing; durable on return.
    fn commit(&mut self, batch: &Batch) -> Result<(), EngineError>;

    /// Ends a group that had nothing to commit, or that failed with [`EngineError::Full`].
    fn release(&mut self) -> Result<(), EngineError>;

    /// Maintenance between groups; returns soon when there is nothing to do.
    fn tidy(&mut self) -> Result<(), EngineError>;
}
