//! Where a moved item went; stands under the MID it had.

use store::{Corrupt, Record};
use types::wire::{Reader, put_uint};

use crate::id::{FolderId, Mid};

/// The next place of an item that was moved. It may have been moved on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The folder it was moved to.
    pub folder: FolderId,
    /// The MID it got there.
    pub mid: Mid,
}

impl Record for Alias {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.folder.get());
        put_uint(out, self.mid.get());
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(payload);
        let mut next = || reader.uint().map_err(|_| Corrupt("alias"));
        Ok(Alias { folder: FolderId::new(next()?), mid: Mid::new(next()?) })
    }
}
