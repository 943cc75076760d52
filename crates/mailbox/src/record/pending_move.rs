//! What is still to come into a folder from another; stands under the folder's number.

use store::{Corrupt, Record};
use types::wire::{Reader, put_uint};

use crate::id::{FolderId, Uid};

/// Messages that belong into a folder already and are moved there in slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingMove {
    /// Where they are.
    pub from: FolderId,
    /// The first UID there that is not to be moved: it came later.
    pub end: Uid,
}

impl Record for PendingMove {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.from.get());
        put_uint(out, u64::from(self.end.get()));
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        Ok(PendingMove { from: FolderId::new(reader.uint()?), end: Uid::new(reader.uint32()?) })
    }
}
