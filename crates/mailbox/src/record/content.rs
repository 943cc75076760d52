//! The content row: where the bytes are, and everything derived from them at delivery.
//! Immutable; shared by the copies of an item.

use std::ops::ControlFlow;

use store::{BlobNumber, Corrupt, Direction, Read, Record, Row, StoreError};
use types::wire::{Reader, Truncated, put_bytes, put_uint};

use crate::fault::Fault;
use crate::key;
use crate::record::Overlay;

/// What an item contains.
#[derive(Clone, Debug)]
pub struct Content {
    /// The message bytes, shared by the recipients of one delivery.
    pub blob: BlobNumber,
    /// Octets of the blob.
    pub blob_octets: u64,
    /// Header lines put before the bytes for this mailbox alone (Return-Path, …).
    pub prefix: Vec<u8>,
    /// A [`content::Summary`], encoded; most of it is read without decoding.
    summary: Vec<u8>,
}

impl Content {
    /// A new content. `summary` is an encoded [`content::Summary`] of the blob.
    pub fn new(blob: BlobNumber, blob_octets: u64, prefix: Vec<u8>, summary: &[u8]) -> Self {
        Content { blob, blob_octets, prefix, summary: summary.to_vec() }
    }

    /// RFC822.SIZE: prefix and blob.
    pub fn octets(&self) -> u64 {
        self.prefix.len() as u64 + self.blob_octets
    }

    /// The encoded summary.
    pub fn encoded_summary(&self) -> &[u8] {
        &self.summary
    }

    /// Everything that was derived at delivery.
    pub fn summary(&self) -> Result<content::Summary, Fault> {
        content::Summary::decode(&self.summary).map_err(|_| Fault::Damaged("summary"))
    }

    /// The IMAP ENVELOPE, ready to send.
    pub fn envelope(&self) -> Result<&[u8], Fault> {
        content::Summary::envelope_bytes(&self.summary).map_err(|_| Fault::Damaged("envelope"))
    }

    /// The IMAP BODYSTRUCTURE (`extensible`) or BODY, ready to send.
    pub fn bodystructure(&self, extensible: bool) -> Result<&[u8], Fault> {
        content::Summary::bodystructure_bytes(&self.summary, extensible)
            .map_err(|_| Fault::Damaged("body structure"))
    }
}

/// Octets of a content in one row. The summary of a message with hundreds of recipients or
/// parts is larger than a value may be, and goes on in further rows.
const ROW_OCTETS_MAX: usize = 60_000;

/// One row of a content: the head says how many rows follow it.
pub(crate) struct ContentRow {
    following: u64,
    piece: Vec<u8>,
}

impl Record for ContentRow {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.following);
        out.extend_from_slice(&self.piece);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let following = reader.uint().map_err(|_| Corrupt("content"))?;
        Ok(ContentRow { following, piece: reader.rest().to_vec() })
    }
}

impl ContentRow {
    /// Rows after this one.
    pub(crate) fn following(&self) -> u64 {
        self.following
    }
}

/// Rows that one call of [`visit_blobs`] reads at most: well within a snapshot's time.
const ROWS_PER_VISIT: usize = 16_384;

/// Visits the blobs that the mailboxes of a database refer to, some more than once: what the
/// store's sweep must keep. Begins at `from` (empty: at the start) and gives where to go on,
/// in another snapshot, since one does not live long enough for all; `None` at the end.
pub fn visit_blobs(
    read: &impl Read,
    from: &[u8],
    visit: &mut dyn FnMut(BlobNumber),
) -> Result<Option<Vec<u8>>, StoreError> {
    let (start, end) = ([key::SPACE], key::after(&[key::SPACE]));
    let (mut rows, mut next, mut damaged) = (0, None, None);
    read.range(from.max(&start), &end, Direction::Forward, &mut |key, row| {
        if rows == ROWS_PER_VISIT {
            next = Some(key.to_vec());
            return ControlFlow::Break(());
        }
        rows += 1;
        if let Err(corrupt) = visit_row(key, &row, visit) {
            damaged = Some(StoreError::corrupt(key, corrupt));
        }
        if damaged.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    damaged.map_or(Ok(next), Err)
}

fn visit_row(key: &[u8], row: &Row, visit: &mut dyn FnMut(BlobNumber)) -> Result<(), Corrupt> {
    if key::is_content_head(key) {
        visit(head_blob(&row.payload).map_err(|_| Corrupt("content"))?);
    }
    if key::is_overlay(key) {
        Overlay::decode(row.version, &row.payload)?.blobs().for_each(visit);
    }
    Ok(())
}

/// The blob of a content, which its head row begins with.
fn head_blob(payload: &[u8]) -> Result<BlobNumber, Truncated> {
    let mut reader = Reader::new(payload);
    reader.uint()?;
    Ok(BlobNumber(reader.uint()?))
}

impl Content {
    /// The rows to store, the head first.
    pub(crate) fn to_rows(&self) -> Vec<ContentRow> {
        let mut whole = Vec::with_capacity(self.summary.len() + self.prefix.len() + 32);
        self.encode(&mut whole);
        let pieces = whole.chunks(ROW_OCTETS_MAX);
        let count = pieces.len() as u64;
        let row = |(at, piece): (u64, &[u8])| ContentRow {
            following: count - 1 - at,
            piece: piece.to_vec(),
        };
        (0..).zip(pieces).map(row).collect()
    }

    /// From all rows, the head first.
    pub(crate) fn from_rows(rows: impl IntoIterator<Item = ContentRow>) -> Result<Self, Truncated> {
        let mut whole = Vec::new();
        rows.into_iter().for_each(|row| whole.extend_from_slice(&row.piece));
        Self::decode(&whole)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.blob.0);
        put_uint(out, self.blob_octets);
        put_bytes(out, &self.prefix);
        put_bytes(out, &self.summary);
    }

    fn decode(whole: &[u8]) -> Result<Self, Truncated> {
        let mut reader = Reader::new(whole);
        Ok(Content {
            blob: BlobNumber(reader.uint()?),
            blob_octets: reader.uint()?,
            prefix: reader.bytes()?.to_vec(),
            summary: reader.bytes()?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn contents_of_any_size_come_back_from_their_rows() {
        for octets in [0, 10, ROW_OCTETS_MAX - 1, ROW_OCTETS_MAX, 3 * ROW_OCTETS_MAX + 7] {
            let summary: Vec<u8> = (0..octets).map(|at| at as u8).collect();
            let content = Content::new(BlobNumber(7), 9, b"A: b\r\n".to_vec(), &summary);
            let rows = content.to_rows();
            let largest = rows.iter().map(|row| row.piece.len()).max();
            assert!(largest.is_some_and(|octets| octets <= ROW_OCTETS_MAX), "{octets}");
            assert_eq!(rows[0].following(), rows.len() as u64 - 1);
            let back = Content::from_rows(rows).unwrap();
            assert_eq!(back.encoded_summary(), summary);
            assert_eq!((back.blob, back.octets()), (BlobNumber(7), 15));
        }
    }
}
