//! What left a folder, and when: QRESYNC's VANISHED, the deletions of EWS and ICS.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

use crate::id::ChangeNumber;
use crate::uid_set::UidSet;

/// One transaction's departures from one folder; stands under the last of its change numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The first change number of the run.
    pub first: ChangeNumber,
    /// Seconds since 1970; rows older than 60 days are dropped and raise the floor.
    pub time: u64,
    /// Which UIDs.
    pub uids: UidSet,
    /// Which MIDs, ascending.
    pub mids: Vec<u64>,
}

impl Record for Tombstone {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.first.get());
        put_uint(out, self.time);
        self.uids.encode(out);
        put_ascending(out, &self.mids);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let decode = |reader: &mut Reader<'_>| -> Result<Tombstone, Truncated> {
            Ok(Tombstone {
                first: ChangeNumber::new(reader.uint()?),
                time: reader.uint()?,
                uids: UidSet::decode(reader)?,
                mids: ascending(reader)?,
            })
        };
        decode(&mut reader).map_err(|_| Corrupt("tombstone"))
    }
}

/// Ascending numbers as distances: mostly one octet each.
pub(crate) fn put_ascending(out: &mut Vec<u8>, numbers: &[u64]) {
    put_uint(out, numbers.len() as u64);
    let mut previous = 0;
    for &number in numbers {
        put_uint(out, number.wrapping_sub(previous));
        previous = number;
    }
}

pub(crate) fn ascending(reader: &mut Reader<'_>) -> Result<Vec<u64>, Truncated> {
    let count = reader.uint()?;
    let mut previous = 0u64;
    let mut numbers = Vec::new();
    for _ in 0..count {
        previous = previous.wrapping_add(reader.uint()?);
        numbers.push(previous);
    }
    Ok(numbers)
}
