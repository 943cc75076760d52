//! The frame around every value: version octet, payload, CRC32C over key, version and payload.
//!
//! The key is part of the checksum, so that a value found under a wrong key is damage too.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::Corrupt;
use crate::read::Row;

/// Octets that a frame adds to its payload.
pub(crate) const FRAME_OCTETS: usize = VERSION_OCTETS + CRC_OCTETS;
const VERSION_OCTETS: usize = 1;
const CRC_OCTETS: usize = 4;

/// Frames a payload, given in pieces so that a caller need not join them first.
pub(crate) fn seal(key: &[u8], version: u8, pieces: &[&[u8]]) -> Bytes {
    let payload_octets: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut framed = BytesMut::with_capacity(payload_octets + FRAME_OCTETS);
    framed.put_u8(version);
    for piece in pieces {
        framed.put_slice(piece);
    }
    let crc = crc32c::crc32c_append(crc32c::crc32c(key), &framed);
    framed.put_u32_le(crc);
    framed.freeze()
}

/// Checks a frame from an engine and gives its version and payload.
pub(crate) fn open<'f>(key: &[u8], framed: &'f [u8]) -> Result<(u8, &'f [u8]), Corrupt> {
    let (body, crc) = framed.split_last_chunk::<CRC_OCTETS>().ok_or(Corrupt("frame is cut"))?;
    let (version, payload) = body.split_first().ok_or(Corrupt("frame is cut"))?;
    match crc32c::crc32c_append(crc32c::crc32c(key), body) == u32::from_le_bytes(*crc) {
        true => Ok((*version, payload)),
        false => Err(Corrupt("checksum does not match")),
    }
}

/// The row in a frame that [`seal`] made or [`open`] has checked before.
pub(crate) fn trusted(framed: &Bytes) -> Row {
    let end = framed.len() - CRC_OCTETS;
    Row { version: framed[0], payload: framed.slice(VERSION_OCTETS..end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens() {
        let framed = seal(b"key", 7, &[b"pay", b"load"]);
        assert_eq!(open(b"key", &framed), Ok((7, &b"payload"[..])));
        assert_eq!(&*trusted(&framed), b"payload");
        assert_eq!(framed.len(), b"payload".len() + FRAME_OCTETS);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let framed = seal(b"key", 1, &[b"some payload"]);
        for bit in 0..framed.len() * 8 {
            let mut damaged = framed.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(b"key", &damaged).is_err(), "bit {bit}");
        }
        for cut in 0..framed.len() {
            assert!(open(b"key", &framed[..cut]).is_err(), "cut at {cut}");
        }
        assert!(open(b"kez", &framed).is_err());
    }
}
