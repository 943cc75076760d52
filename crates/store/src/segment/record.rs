//! The header in front of a record's data.
//!
//! ```text
//! 0  magic "RBLB"
//! 4  CRC32C of the data and then of octets 8 to 24, little-endian
//! 8  octets of data, little-endian
//! 16 when it was staged, microseconds since the Unix epoch, little-endian
//! ```
//!
//! The time is for one who must rebuild a lost index from the segments alone.

use types::Timestamp;

/// Octets of a header.
pub(crate) const HEADER_OCTETS: u64 = HEADER_LEN as u64;
const HEADER_LEN: usize = 24;
const CRC_OFFSET: usize = 4;
const CHECKED_OFFSET: usize = 8;
const TIME_OFFSET: usize = 16;
const MAGIC: [u8; 4] = *b"RBLB";

/// What stands in front of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) crc: u32,
    pub(crate) octets: u64,
    pub(crate) staged: Timestamp,
}

impl Header {
    /// The header of data that is at hand.
    pub(crate) fn of(data: &[u8], staged: Timestamp) -> Self {
        Header::of_streamed(crc32c::crc32c(data), data.len() as u64, staged)
    }

    /// The header of data whose CRC32C was taken as it passed.
    pub(crate) fn of_streamed(data_crc: u32, octets: u64, staged: Timestamp) -> Self {
        let unchecked = Header { crc: 0, octets, staged };
        Header { crc: unchecked.checksum(data_crc), octets, staged }
    }

    /// Whether data with this CRC32C is what was written behind this header.
    pub(crate) fn matches(&self, data_crc: u32) -> bool {
        self.checksum(data_crc) == self.crc
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..CRC_OFFSET].copy_from_slice(&MAGIC);
        out[CRC_OFFSET..CHECKED_OFFSET].copy_from_slice(&self.crc.to_le_bytes());
        out[CHECKED_OFFSET..TIME_OFFSET].copy_from_slice(&self.octets.to_le_bytes());
        out[TIME_OFFSET..].copy_from_slice(&self.staged.micros().to_le_bytes());
        out
    }

    /// Reads a header; `None` when none is there.
    pub(crate) fn decode(octets: &[u8; HEADER_LEN]) -> Option<Header> {
        let rest = octets.strip_prefix(&MAGIC)?;
        let (crc, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (time, _) = rest.split_first_chunk()?;
        Some(Header {
            crc: u32::from_le_bytes(*crc),
            octets: u64::from_le_bytes(*length),
            staged: Timestamp::from_micros(i64::from_le_bytes(*time)),
        })
    }

    fn checksum(&self, data_crc: u32) -> u32 {
        crc32c::crc32c_append(data_crc, &self.encode()[CHECKED_OFFSET..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_header_and_data_is_found() {
        let data = b"data of a record".to_vec();
        let mut whole = Header::of(&data, Timestamp::from_secs(7)).encode().to_vec();
        whole.extend_from_slice(&data);
        let check = |whole: &[u8]| {
            let (header, data) = whole.split_first_chunk().unwrap();
            Header::decode(header).is_some_and(|header| header.matches(crc32c::crc32c(data)))
        };
        assert!(check(&whole));
        for bit in 0..whole.len() * 8 {
            whole[bit / 8] ^= 1 << (bit % 8);
            assert!(!check(&whole), "bit {bit}");
            whole[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
