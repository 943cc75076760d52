//! Reading a state that no longer changes.

use std::ops::{ControlFlow, Range};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use types::limits::SNAPSHOT_MS_CEILING;

use crate::blob::{self, BlobNumber, Place};
use crate::engine::{Span, View};
use crate::error::StoreError;
use crate::frame;
use crate::keys;
use crate::pending::Show;
use crate::read::{Direction, Read, Row};
use crate::segment::Segments;

/// Rows between two looks at the clock in a range.
const ROWS_PER_LOOK: u32 = 256;

/// The state after the last commit before it was taken.
///
/// It holds back the reuse of the engine's log, so it should live at most `SNAPSHOT_MS_MAX`;
/// after `SNAPSHOT_MS_CEILING` it reads no more. One that lived longer than it should is counted
/// ([`crate::Stats::overdue_snapshots`]), and the log names the reader. What is read out of it is
/// neither counted nor bounded here.
pub struct Snapshot {
    view: Box<dyn View>,
    segments: Arc<Segments>,
    born: Instant,
    reader: Reader,
}

/// Who takes a snapshot.
pub(crate) struct Reader {
    /// The line of the program.
    pub(crate) at: &'static Location<'static>,
    /// Counts those that kept theirs too long.
    pub(crate) overdue: Arc<AtomicU64>,
    /// How long that is.
    pub(crate) old_after: Duration,
}

impl Snapshot {
    pub(crate) fn new(view: Box<dyn View>, segments: Arc<Segments>, reader: Reader) -> Self {
        Snapshot { view, segments, born: Instant::now(), reader }
    }

    pub(crate) fn place(&self, number: BlobNumber) -> Result<Place, StoreError> {
        blob::place(number, self.get(&keys::blob(number))?)
    }

    fn check_age(&self) -> Result<(), StoreError> {
        match self.born.elapsed() >= Duration::from_millis(SNAPSHOT_MS_CEILING) {
            true => Err(StoreError::SnapshotExpired),
            false => Ok(()),
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if !self.is_old() {
            return;
        }
        self.reader.overdue.fetch_add(1, Ordering::Relaxed);
        let (reader, seconds) = (self.reader.at, self.born.elapsed().as_secs_f32());
        tracing::warn!(%reader, seconds, "a snapshot was kept too long");
    }
}

#[cfg(test)]
impl Snapshot {
    /// Makes it that much older.
    pub(crate) fn age(&mut self, by: Duration) {
        self.born = self.born.checked_sub(by).unwrap_or(self.born);
    }
}

impl Read for Snapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.check_age()?;
        let Some(framed) = self.view.get(key)? else { return Ok(None) };
        let (version, payload) =
            frame::open(key, &framed).map_err(|corrupt| StoreError::corrupt(key, corrupt))?;
        Ok(Some(Row { version, payload: Bytes::slice_ref(&framed, payload) }))
    }

    fn range(
        &self,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], Row) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.check_age()?;
        let mut show = Show::new(visit);
        let mut rows = 0;
        self.view.range(Span { from, to, direction }, &mut |key, framed| {
            rows += 1;
            if rows % ROWS_PER_LOOK == 0
                && let Err(expired) = self.check_age()
            {
                return show.fail(expired);
            }
            show.committed(key, framed)
        })?;
        show.finish()
    }

    fn blob(&self, number: BlobNumber, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        blob::read(&self.segments, number, &self.place(number)?, range)
    }

    fn blob_len(&self, number: BlobNumber) -> Result<u64, StoreError> {
        Ok(self.place(number)?.octets())
    }

    fn is_old(&self) -> bool {
        self.born.elapsed() >= self.reader.old_after
    }
}
