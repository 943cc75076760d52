//! Decoders of this crate, for fuzzers only: nobody else has business with single frames.

use bytes::Bytes;

use crate::blob::Place;
use crate::frame;
use crate::read::Row;
use crate::segment::record::Header;

/// Version and payload of the frame under `key`, when it is whole.
pub fn open_frame<'f>(key: &[u8], framed: &'f [u8]) -> Option<(u8, &'f [u8])> {
    frame::open(key, framed).ok()
}

/// A frame.
pub fn seal_frame(key: &[u8], version: u8, payload: &[u8]) -> Bytes {
    frame::seal(key, version, &[payload])
}

/// Reads a payload as the row of a blob.
pub fn read_blob_row(octets: &[u8]) {
    if let Some((version, payload)) = octets.split_first() {
        let row = Row { version: *version, payload: Bytes::copy_from_slice(payload) };
        let _ = Place::decode(&row).map(|place| place.octets());
    }
}

/// Reads the front of octets as the header of a record in a segment.
pub fn read_segment_header(octets: &[u8]) {
    if let Some(header) = octets.first_chunk().and_then(Header::decode) {
        assert_eq!(Header::decode(&header.encode()), Some(header));
    }
}
