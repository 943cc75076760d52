//! Decoders of this crate, for fuzzers only.

use crate::backend::preface::{HEADER_OCTETS, Preface, body_octets};

/// Reads octets as what a front end sends before the session; what is whole encodes to the same.
pub fn read_preface(octets: &[u8]) {
    let Some((header, rest)) = octets.split_first_chunk() else { return };
    let Some(body) = body_octets(*header).ok().and_then(|length| rest.get(..length)) else {
        return;
    };
    let Ok(preface) = Preface::decode(body) else { return };
    // An address may have a longer form than the one it was written in.
    if let Ok(encoded) = preface.encode() {
        let again = encoded.get(HEADER_OCTETS..).map(Preface::decode);
        assert_eq!(again, Some(Ok(preface)));
    }
}
