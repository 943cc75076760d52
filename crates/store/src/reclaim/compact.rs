//! Compaction: live records of a file that is mostly dead move behind the last record.

use super::sweep;
use crate::blob::{BlobNumber, Locator, Place, Staged};
use crate::database::Database;
use crate::error::StoreError;
use crate::txn::Txn;
use types::limits::BULK_SLICE_OCTETS;

/// A live record on its way.
struct Move {
    blob: BlobNumber,
    from: Locator,
    to: Staged,
}

/// Moves all live records out of `file` and dooms it; answers how many there were. A record
/// that is damaged stays where it is, and the file with it.
pub(super) fn empty_file(database: &Database, file: u64) -> Result<u64, StoreError> {
    let mut live = Vec::new();
    sweep::each_record(database, &mut |blob, place| {
        if place.file == file {
            live.push((blob, place));
        }
    })?;
    let (mut moved, mut is_whole) = (0, true);
    let mut moves = Moves::default();
    for (blob, from) in live {
        match copy(database, from) {
            Ok(to) => moves.push(Move { blob, from, to }),
            Err(error @ StoreError::CorruptBlob { .. }) => {
                tracing::error!(%blob, %error, "a damaged blob cannot be moved");
                is_whole = false;
            }
            Err(error) => return Err(error),
        }
        if moves.octets >= BULK_SLICE_OCTETS as u64 {
            moved += std::mem::take(&mut moves).commit(database)?;
        }
    }
    moved += moves.commit(database)?;
    if is_whole {
        sweep::doom(&database.reclaim(), database.segments(), file);
    }
    Ok(moved)
}

fn copy(database: &Database, from: Locator) -> Result<Staged, StoreError> {
    let data = database.segments().read(from, 0..from.octets)?;
    let record = database.segments().append(&data)?;
    Ok(Staged::segment(database.segments().clone(), record))
}

/// Records copied whose rows do not say so yet.
#[derive(Default)]
struct Moves {
    list: Vec<Move>,
    octets: u64,
}

impl Moves {
    fn push(&mut self, one: Move) {
        self.octets += one.from.octets;
        self.list.push(one);
    }

    fn commit(self, database: &Database) -> Result<u64, StoreError> {
        if self.list.is_empty() {
            return Ok(0);
        }
        database.write_blocking(move |txn| {
            txn.permit_growth();
            self.list.iter().try_fold(0, |moved, one| Ok(moved + u64::from(relocate(txn, one)?)))
        })
    }
}

/// Points a blob's row at the copy, unless the row has gone meanwhile.
fn relocate(txn: &mut Txn, one: &Move) -> Result<bool, StoreError> {
    let is_there = match txn.place(one.blob) {
        Ok(place) => place == Place::Segment(one.from),
        Err(StoreError::NoBlob(_)) => false,
        Err(error) => return Err(error),
    };
    if is_there {
        txn.relocate(one.blob, &one.to)?;
    }
    Ok(is_there)
}
