//! The content row: where the bytes are, and everything derived from them at delivery.
//! Immutable; shared by the copies of an item.

use store::{BlobNumber, Corrupt, Record, Row};
use types::wire::{Reader, Truncated, put_bytes, put_uint};

use crate::fault::Fault;

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

    pub(crate) fn from_row(row: &Row) -> Result<Self, Corrupt> {
        Self::decode(row.version, &row.payload)
    }
}

impl Record for Content {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.blob.0);
        put_uint(out, self.blob_octets);
        put_bytes(out, &self.prefix);
        put_bytes(out, &self.summary);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let decode = |reader: &mut Reader<'_>| -> Result<Content, Truncated> {
            Ok(Content {
                blob: BlobNumber(reader.uint()?),
                blob_octets: reader.uint()?,
                prefix: reader.bytes()?.to_vec(),
                summary: reader.bytes()?.to_vec(),
            })
        };
        decode(&mut reader).map_err(|_| Corrupt("content"))
    }
}
