//! Whether the database still takes writes.

use std::sync::{Arc, OnceLock};

use crate::error::StoreError;

/// State of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes work.
    Good,
    /// Reads and deletions work; what grows the store is refused until there is room again.
    DiskNearlyFull,
    /// Reads work. A sync or commit failed, for the reason given; only a restart helps.
    Poisoned(Arc<str>),
}

/// The mark of a database that must not write any more; never taken back.
#[derive(Default)]
pub(crate) struct Poison(OnceLock<Arc<str>>);

impl Poison {
    pub(crate) fn set(&self, reason: &str) {
        if self.0.set(reason.into()).is_ok() {
            tracing::error!(reason, "the database stops writing");
        }
    }

    pub(crate) fn reason(&self) -> Option<Arc<str>> {
        self.0.get().cloned()
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.reason().map_or(Ok(()), |reason| Err(StoreError::Poisoned(reason)))
    }
}
