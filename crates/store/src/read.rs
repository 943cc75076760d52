//! Reading: what a snapshot and a transaction have in common.

use std::ops::{ControlFlow, Deref, Range};

use bytes::Bytes;

use crate::blob::BlobNumber;
use crate::error::{Corrupt, StoreError};

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest key.
    Forward,
    /// From the highest key.
    Backward,
}

/// The value of a row, its frame checked and removed. Cloning copies no bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Version of the record's form.
    pub version: u8,
    /// The record.
    pub payload: Bytes,
}

impl Deref for Row {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.payload
    }
}

/// Read access: a snapshot, or a transaction that sees its own writes.
pub trait Read {
    /// The row under `key`, if there is one.
    fn get(&self, key: &[u8]) -> Result<Option<Row>, StoreError>;

    /// Visits the rows with `from <= key < to` until `visit` breaks.
    fn range(
        &self,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], Row) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// A part of a blob. Asked for the whole blob, it checks the checksum too. The part must
    /// fit into memory: large blobs are read through [`crate::Database::open_blob`].
    fn blob(&self, number: BlobNumber, range: Range<u64>) -> Result<Vec<u8>, StoreError>;

    /// Octets of a blob.
    fn blob_len(&self, number: BlobNumber) -> Result<u64, StoreError>;

    /// Whether it is time to end this snapshot and go on from a cursor in another. Never of a
    /// transaction.
    fn is_old(&self) -> bool {
        false
    }
}

/// A typed value: it knows its newest version and decodes the older ones.
pub trait Record: Sized {
    /// Version that [`Record::encode`] writes.
    const VERSION: u8;

    /// Appends the record's octets.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a record of any version up to [`Record::VERSION`].
    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt>;
}

/// Typed reading on top of [`Read`].
pub trait ReadExt: Read {
    /// The record under `key`, if there is one.
    fn record<T: Record>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(key)?.map(|row| decode(key, &row)).transpose()
    }

    /// Visits the records with `from <= key < to` until `visit` breaks or one does not decode.
    fn records<T: Record>(
        &self,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut fault = None;
        self.range(from, to, direction, &mut |key, row| match decode(key, &row) {
            Ok(record) => visit(key, record),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        })?;
        fault.map_or(Ok(()), Err)
    }
}

impl<R: Read + ?Sized> ReadExt for R {}

fn decode<T: Record>(key: &[u8], row: &Row) -> Result<T, StoreError> {
    if row.version > T::VERSION {
        return Err(StoreError::corrupt(key, Corrupt("record is of a later version")));
    }
    T::decode(row.version, row).map_err(|corrupt| StoreError::corrupt(key, corrupt))
}
