//! The sweep: rows of dead blobs go, then files that nothing names.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::bitmap::Bitmap;
use super::{Mark, Reclaim, compact};
use crate::blob::{BlobNumber, Locator, Place};
use crate::database::Database;
use crate::error::StoreError;
use crate::job::Bulk;
use crate::keys;
use crate::read::{Direction, Read};
use crate::segment::{HEADER_OCTETS, Segments};
use crate::snapshot::Snapshot;
use crate::stage::blocking;
use crate::sync::lock;
use crate::txn::Txn;

/// How long a file without live records stays, for readers that found it in an older state.
const DOOMED_FOR: Duration = Duration::from_secs(60);
/// Octets of the open file from which on it is ended when it is mostly dead: less is not worth
/// a file of its own.
const ENDED_OCTETS_MIN: u64 = 16 * 1024 * 1024;
/// Blob rows visited in one snapshot or one slice.
const ROWS_PER_VISIT: usize = 4_096;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs whose rows were deleted.
    pub blobs_deleted: u64,
    /// Live blobs that were moved out of files mostly dead.
    pub blobs_moved: u64,
    /// Segment files removed; they died in an earlier sweep.
    pub files_removed: u64,
}

impl Database {
    /// Ends a reclaim: `live` are the blobs that rows refer to, collected since the mark.
    /// Works in bulk slices between other writes. Does nothing while files are pinned.
    pub async fn sweep(
        &self,
        mark: Mark,
        live: impl IntoIterator<Item = BlobNumber>,
    ) -> Result<Swept, StoreError> {
        let live = Bitmap::collect(live.into_iter(), mark.horizon);
        let database = self.clone();
        blocking(move || sweep(&database, &mark, live)).await
    }
}

fn sweep(database: &Database, mark: &Mark, live: Bitmap) -> Result<Swept, StoreError> {
    if mark.reclaim.is_pinned() {
        return Ok(Swept::default());
    }
    let files_removed = remove_doomed(&mark.reclaim, database.segments())?;
    let blobs_deleted = delete_dead(database, mark, live)?;
    // Listed before the rows are counted: a record that waits to be adopted has no row yet.
    let settled = database.segments().settled()?;
    let usage = usage(database)?;
    let live_in = |file: u64| usage.get(&file).copied().unwrap_or(0);
    let mut moved = 0;
    for file in settled {
        let octets = database.segments().octets(file)?;
        match live_in(file) {
            0 => doom(&mark.reclaim, database.segments(), file),
            live if live < octets / 2 => moved += compact::empty_file(database, file)?,
            _ => {}
        }
    }
    // Its live records move in the next sweep, when nobody writes to it any more.
    database
        .segments()
        .end_tail_if(|file, octets| octets >= ENDED_OCTETS_MIN && live_in(file) < octets / 2);
    Ok(Swept { blobs_deleted, blobs_moved: moved, files_removed })
}

/// Deletes the rows below the horizon that nobody refers to.
fn delete_dead(database: &Database, mark: &Mark, live: Bitmap) -> Result<u64, StoreError> {
    let (horizon, reclaim) = (mark.horizon, mark.reclaim.clone());
    let mut cursor = BlobNumber(0);
    let mut deleted = 0;
    database.write_bulk_blocking(move |txn| {
        let slice = dead_slice(txn, cursor, horizon, &|blob| {
            !live.contains(blob) && !reclaim.is_retained(blob)
        })?;
        txn.permit_growth();
        for blob in &slice.dead {
            txn.delete_blob(*blob)?;
        }
        deleted += slice.dead.len() as u64;
        match slice.next {
            Some(next) => {
                cursor = next;
                Ok(Bulk::More)
            }
            None => Ok::<_, StoreError>(Bulk::Done(deleted)),
        }
    })
}

struct Slice {
    dead: Vec<BlobNumber>,
    /// Where the next slice begins; `None` at the end.
    next: Option<BlobNumber>,
}

fn dead_slice(
    txn: &Txn,
    from: BlobNumber,
    to: BlobNumber,
    is_dead: &dyn Fn(BlobNumber) -> bool,
) -> Result<Slice, StoreError> {
    let mut slice = Slice { dead: Vec::new(), next: None };
    let mut visited = 0;
    txn.range(&keys::blob(from), &keys::blob(to), Direction::Forward, &mut |key, _| {
        let Some(blob) = keys::blob_number(key) else { return ControlFlow::Continue(()) };
        if visited == ROWS_PER_VISIT || (visited > 0 && txn.slice_full()) {
            slice.next = Some(blob);
            return ControlFlow::Break(());
        }
        visited += 1;
        if is_dead(blob) {
            slice.dead.push(blob);
        }
        ControlFlow::Continue(())
    })?;
    Ok(slice)
}

/// Octets of live records in each file, headers included.
fn usage(database: &Database) -> Result<HashMap<u64, u64>, StoreError> {
    let mut usage = HashMap::new();
    each_record(database, &mut |_, place| {
        *usage.entry(place.file).or_default() += HEADER_OCTETS + place.octets;
    })?;
    Ok(usage)
}

/// Visits the segment record of each blob, in many short snapshots.
pub(super) fn each_record(
    database: &Database,
    visit: &mut dyn FnMut(BlobNumber, Locator),
) -> Result<(), StoreError> {
    let mut cursor = Some(BlobNumber(0));
    while let Some(from) = cursor {
        cursor = some_records(&database.snapshot()?, from, visit)?;
    }
    Ok(())
}

/// Visits some records from `from` on; answers where to go on.
fn some_records(
    snapshot: &Snapshot,
    from: BlobNumber,
    visit: &mut dyn FnMut(BlobNumber, Locator),
) -> Result<Option<BlobNumber>, StoreError> {
    let (mut visited, mut next, mut fault) = (0, None, None);
    let end = keys::blob_end();
    snapshot.range(&keys::blob(from), &end, Direction::Forward, &mut |key, row| {
        let Some(blob) = keys::blob_number(key) else { return ControlFlow::Continue(()) };
        if visited == ROWS_PER_VISIT {
            next = Some(blob);
            return ControlFlow::Break(());
        }
        visited += 1;
        match Place::decode(&row) {
            Ok(Place::Segment(place)) => visit(blob, place),
            Ok(Place::Inline(_)) => {}
            Err(corrupt) => fault = Some(StoreError::corrupt(key, corrupt)),
        }
        ControlFlow::Continue(())
    })?;
    // With a row that cannot be read nobody knows which file it names: nothing may be removed.
    fault.map_or(Ok(next), Err)
}

/// Notes a file that can be removed later.
pub(super) fn doom(reclaim: &Reclaim, segments: &Segments, file: u64) {
    let doomed = &mut lock(&reclaim.state).doomed;
    if doomed.iter().all(|(number, _)| *number != file) {
        doomed.push((file, segments.now()));
    }
}

/// Removes the files that have been dead for long enough.
fn remove_doomed(reclaim: &Arc<Reclaim>, segments: &Segments) -> Result<u64, StoreError> {
    let now = segments.now();
    let mut state = lock(&reclaim.state);
    if state.pins > 0 {
        return Ok(0);
    }
    let Some(_removal) = segments.removal()? else { return Ok(0) };
    let due = state.doomed.extract_if(.., |(_, since)| since.plus(DOOMED_FOR) <= now);
    let mut removed = 0;
    for (file, _) in due {
        segments.remove(file)?;
        removed += 1;
    }
    Ok(removed)
}
