//! Space of blobs that nothing refers to any more: mark, sweep, compact.
//!
//! References are the rows of others, so only they can tell which blobs live. A reclaim has
//! two parts. [`Database::mark`] begins it; after that the caller collects the numbers of all
//! blobs its rows refer to, in as many snapshots as it likes. [`Database::sweep`] deletes the
//! rows of old blobs that were not among them, removes segment files without a live record,
//! and moves the live records out of files that are mostly dead.
//!
//! Three things keep a blob that lives: its row is younger than the grace; its number was
//! collected; or a write function has said [`crate::Txn::retain`] since the mark, which one
//! that copies or moves a reference must, because the collector may have passed its new place
//! before and its old place after. Files are removed only a while after they died, for the
//! readers that still know them, and never while a backup has pinned them, by
//! [`Database::pin`] or from another process ([`crate::Frozen`]).

mod bitmap;
mod compact;
mod sweep;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use types::Timestamp;
use types::wire::{self, Reader};

use crate::blob::BlobNumber;
use crate::database::Database;
use crate::error::{Corrupt, StoreError};
use crate::keys;
use crate::read::Read;
use crate::sync::lock;
use crate::txn::Txn;

pub use sweep::Swept;

/// What the reclaim, the writer and backups tell each other.
#[derive(Default)]
pub(crate) struct Reclaim {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Blobs retained since the mark; `None` when no mark is alive.
    retained: Option<HashSet<u64>>,
    pins: usize,
    /// Files without a live record, and since when.
    doomed: Vec<(u64, Timestamp)>,
}

impl Reclaim {
    /// Notes blobs whose references a committed group has copied.
    pub(crate) fn retain(&self, blobs: &[BlobNumber]) {
        if blobs.is_empty() {
            return;
        }
        if let Some(retained) = &mut lock(&self.state).retained {
            retained.extend(blobs.iter().map(|blob| blob.0));
        }
    }

    fn is_retained(&self, blob: BlobNumber) -> bool {
        lock(&self.state).retained.as_ref().is_some_and(|retained| retained.contains(&blob.0))
    }

    fn is_pinned(&self) -> bool {
        lock(&self.state).pins > 0
    }
}

/// A reclaim that has begun; one at a time. Dropping it gives the reclaim up.
pub struct Mark {
    reclaim: Arc<Reclaim>,
    horizon: BlobNumber,
}

impl Mark {
    fn begin(reclaim: Arc<Reclaim>) -> Result<Mark, StoreError> {
        let mut state = lock(&reclaim.state);
        if state.retained.is_some() {
            return Err(StoreError::ReclaimRunning);
        }
        state.retained = Some(HashSet::new());
        drop(state);
        Ok(Mark { reclaim, horizon: BlobNumber(0) })
    }

    /// Only blobs below this number can be reclaimed this time; others need not be collected.
    pub fn horizon(&self) -> BlobNumber {
        self.horizon
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        lock(&self.reclaim.state).retained = None;
    }
}

/// While it lives no segment file is removed.
pub struct Pin(Arc<Reclaim>);

impl Pin {
    pub(crate) fn new(reclaim: Arc<Reclaim>) -> Pin {
        lock(&reclaim.state).pins += 1;
        Pin(reclaim)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        lock(&self.0.state).pins -= 1;
    }
}

impl Database {
    /// Begins a reclaim of blobs that were adopted at least `grace` ago, as told by earlier
    /// marks: the first mark of a store can reclaim nothing.
    pub async fn mark(&self, grace: Duration) -> Result<Mark, StoreError> {
        let mut mark = Mark::begin(self.reclaim())?;
        mark.horizon = self.write(move |txn| advance_horizon(txn, grace)).await?;
        Ok(mark)
    }

    /// Keeps all segment files in place, for a backup that copies them.
    pub fn pin(&self) -> Pin {
        Pin::new(self.reclaim())
    }
}

/// Which blobs are old enough: all below `settled`; all below `waiting` once the grace is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Horizon {
    settled: u64,
    waiting: u64,
    waiting_since: Timestamp,
}

fn advance_horizon(txn: &mut Txn, grace: Duration) -> Result<BlobNumber, StoreError> {
    let fresh = Horizon { settled: 0, waiting: txn.next_blob(), waiting_since: txn.now() };
    let before = match txn.get(keys::SWEEP)? {
        Some(row) => {
            Horizon::decode(&row).map_err(|corrupt| StoreError::corrupt(keys::SWEEP, corrupt))?
        }
        None => fresh,
    };
    let after = match before.waiting_since {
        // Noted under a clock that was ahead: the wait begins again.
        since if since > txn.now() => Horizon { settled: before.settled, ..fresh },
        since if since.plus(grace) <= txn.now() && before != fresh => {
            Horizon { settled: before.waiting, ..fresh }
        }
        _ => before,
    };
    txn.permit_growth();
    txn.set_own(keys::SWEEP, Some(&after.encode()))?;
    Ok(BlobNumber(after.settled))
}

impl Horizon {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        wire::put_uint(&mut out, self.settled);
        wire::put_uint(&mut out, self.waiting);
        wire::put_int(&mut out, self.waiting_since.micros());
        out
    }

    fn decode(octets: &[u8]) -> Result<Horizon, Corrupt> {
        let mut reader = Reader::new(octets);
        let (settled, waiting) = (reader.uint()?, reader.uint()?);
        let waiting_since = Timestamp::from_micros(reader.int()?);
        Ok(Horizon { settled, waiting, waiting_since })
    }
}

#[cfg(test)]
mod tests;
