//! Frames and rows of the store.

use store::fuzzing;

use super::choice;

/// A frame that opens was sealed over the same octets; rows of blobs and headers of segments
/// are read or refused.
pub fn rows(octets: &[u8]) {
    let (chosen, rest) = choice(octets);
    let (key, value) = rest.split_at(rest.len().min(chosen % 16));
    if let Some((version, payload)) = fuzzing::open_frame(key, value) {
        assert_eq!(fuzzing::seal_frame(key, version, payload), value);
    }
    fuzzing::read_blob_row(value);
    fuzzing::read_segment_header(value);
}
