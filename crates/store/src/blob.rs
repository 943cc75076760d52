//! Blobs: octets too large for a record, found by number.
//!
//! A blob's row holds the octets themselves (short ones: one sync for row and octets) or says
//! where in the segment files they are. A number is never used twice.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use types::wire::{self, Reader};

use crate::error::{Corrupt, StoreError};
use crate::frame;
use crate::keys;
use crate::read::Row;
use crate::segment::{Record, Segments};

/// Version of the form of a blob's row.
const VERSION: u8 = 1;
const TAG_INLINE: u8 = 0;
const TAG_SEGMENT: u8 = 1;

/// Name of a blob within its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobNumber(pub u64);

impl fmt::Display for BlobNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where the octets of a segment blob are: a record of that many data octets at that offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locator {
    pub(crate) file: u64,
    pub(crate) offset: u64,
    pub(crate) octets: u64,
}

/// What a blob's row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Inline(Bytes),
    Segment(Locator),
}

impl Place {
    /// Reads a blob's row.
    pub(crate) fn decode(row: &Row) -> Result<Place, Corrupt> {
        match (row.version, row.first()) {
            (VERSION, Some(&TAG_INLINE)) => Ok(Place::Inline(row.payload.slice(1..))),
            (VERSION, Some(&TAG_SEGMENT)) => Locator::decode(&row[1..]).map(Place::Segment),
            _ => Err(Corrupt("blob row of unknown kind")),
        }
    }

    pub(crate) fn octets(&self) -> u64 {
        match self {
            Place::Inline(bytes) => bytes.len() as u64,
            Place::Segment(locator) => locator.octets,
        }
    }

    /// The framed row under `key`.
    pub(crate) fn seal(&self, key: &[u8]) -> Bytes {
        match self {
            Place::Inline(bytes) => frame::seal(key, VERSION, &[&[TAG_INLINE], bytes]),
            Place::Segment(locator) => {
                frame::seal(key, VERSION, &[&[TAG_SEGMENT], &locator.encode()])
            }
        }
    }
}

impl Locator {
    /// Damage found in the record there.
    pub(crate) fn damaged(&self, what: &'static str) -> StoreError {
        StoreError::CorruptBlob { file: self.file, offset: self.offset, what }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        for number in [self.file, self.offset, self.octets] {
            wire::put_uint(&mut out, number);
        }
        out
    }

    fn decode(octets: &[u8]) -> Result<Locator, Corrupt> {
        let mut reader = Reader::new(octets);
        let (file, offset, octets) = (reader.uint()?, reader.uint()?, reader.uint()?);
        match reader.is_empty() {
            true => Ok(Locator { file, offset, octets }),
            false => Err(Corrupt("blob row is too long")),
        }
    }
}

/// Octets that wait to be adopted by a write function. Cloning copies nothing. What is never
/// adopted is reclaimed after the last clone is gone.
#[derive(Clone)]
pub struct Staged(Arc<StagedOctets>);

struct StagedOctets {
    owner: Arc<Segments>,
    held: Held,
}

/// A staged record keeps its file from being reclaimed until it is adopted and committed.
enum Held {
    Inline(Bytes),
    Segment(Record),
}

impl Staged {
    pub(crate) fn inline(owner: Arc<Segments>, bytes: Bytes) -> Staged {
        Staged(Arc::new(StagedOctets { owner, held: Held::Inline(bytes) }))
    }

    pub(crate) fn segment(owner: Arc<Segments>, record: Record) -> Staged {
        Staged(Arc::new(StagedOctets { owner, held: Held::Segment(record) }))
    }

    /// Octets staged.
    pub fn len(&self) -> u64 {
        self.place().octets()
    }

    /// Whether nothing was staged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Octets that it adds to the transaction that adopts it, beside a few.
    pub fn row_octets(&self) -> usize {
        match &self.0.held {
            Held::Inline(bytes) => bytes.len(),
            Held::Segment(_) => 0,
        }
    }

    pub(crate) fn place(&self) -> Place {
        match &self.0.held {
            Held::Inline(bytes) => Place::Inline(bytes.clone()),
            Held::Segment(record) => Place::Segment(record.locator()),
        }
    }

    pub(crate) fn belongs_to(&self, segments: &Arc<Segments>) -> bool {
        Arc::ptr_eq(&self.0.owner, segments)
    }

    pub(crate) fn is_same(&self, other: &Staged) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Makes the octets survive a loss of power; inline ones do with the row's commit.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        match &self.0.held {
            Held::Inline(_) => Ok(()),
            Held::Segment(record) => self.0.owner.sync(record),
        }
    }
}

#[cfg(test)]
impl Staged {
    /// The same octets, to be adopted as another blob.
    pub(crate) fn copy(&self) -> Staged {
        match self.place() {
            Place::Inline(bytes) => Staged::inline(self.0.owner.clone(), bytes),
            Place::Segment(_) => self.clone(),
        }
    }
}

/// The place that the row of blob `number` names.
pub(crate) fn place(number: BlobNumber, row: Option<Row>) -> Result<Place, StoreError> {
    let row = row.ok_or(StoreError::NoBlob(number))?;
    Place::decode(&row).map_err(|corrupt| StoreError::corrupt(&keys::blob(number), corrupt))
}

/// Reads a part of the blob at `place`.
pub(crate) fn read(
    segments: &Segments,
    number: BlobNumber,
    place: &Place,
    range: Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    if range.start > range.end || range.end > place.octets() {
        return Err(StoreError::BlobRange(number));
    }
    match place {
        // The check above keeps both ends within a buffer that exists.
        Place::Inline(bytes) => Ok(bytes[range.start as usize..range.end as usize].to_vec()),
        Place::Segment(locator) => segments.read(*locator, range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_row_come_back() {
        let key = keys::blob(BlobNumber(5));
        let locator = Locator { file: 3, offset: 1 << 33, octets: 70_000 };
        for place in [Place::Inline(Bytes::from_static(b"short")), Place::Segment(locator)] {
            let row = frame::trusted(&place.seal(&key));
            assert_eq!(Place::decode(&row), Ok(place));
        }
        assert_eq!(keys::blob_number(&key), Some(BlobNumber(5)));
    }

    #[test]
    fn rows_of_unknown_kind_are_refused() {
        for (version, payload) in [(1, &[2u8][..]), (1, &[]), (2, &[0]), (1, &[1, 1, 1])] {
            let row = Row { version, payload: Bytes::copy_from_slice(payload) };
            assert!(Place::decode(&row).is_err(), "{row:?}");
        }
    }
}
