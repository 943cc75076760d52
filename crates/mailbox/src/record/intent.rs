//! Items that are gathered to become visible together.

use store::{Corrupt, Record};
use types::wire::{Reader, Truncated, put_uint};

use crate::id::{FolderId, Mid};

/// Work that is all or nothing and too large for one transaction. Its items stand in a list of
/// its own, which no folder names before it is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// Where the items will be.
    pub folder: FolderId,
    /// The folder of the same mailbox that they are copied from.
    pub from: Option<FolderId>,
    /// When the last of them came, seconds since 1970.
    pub touched: u64,
    /// Their MIDs as runs, ascending, both ends included.
    mids: Vec<(u64, u64)>,
}

impl Intent {
    /// Nothing staged yet.
    pub fn new(folder: FolderId, from: Option<FolderId>) -> Self {
        Intent { folder, from, ..Intent::default() }
    }

    /// Notes the MID of one more item; it is larger than those before.
    pub fn add(&mut self, mid: Mid) {
        let mid = mid.get();
        match self.mids.last_mut() {
            Some(run) if run.1 + 1 == mid => run.1 = mid,
            _ => self.mids.push((mid, mid)),
        }
    }

    /// The MIDs of all items, ascending.
    pub fn mids(&self) -> impl Iterator<Item = u64> {
        self.mids.iter().flat_map(|&(first, last)| first..=last)
    }
}

impl Record for Intent {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.folder.get());
        put_uint(out, self.from.map_or(0, FolderId::get));
        put_uint(out, self.touched);
        put_uint(out, self.mids.len() as u64);
        let mut previous = 0;
        for &(first, last) in &self.mids {
            put_uint(out, first.wrapping_sub(previous));
            put_uint(out, last.wrapping_sub(first));
            previous = last;
        }
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        decode(payload).map_err(|_| Corrupt("intent"))
    }
}

fn decode(payload: &[u8]) -> Result<Intent, Truncated> {
    let mut reader = Reader::new(payload);
    let mut intent = Intent {
        folder: FolderId::new(reader.uint()?),
        from: Some(reader.uint()?).filter(|fid| *fid != 0).map(FolderId::new),
        touched: reader.uint()?,
        mids: Vec::new(),
    };
    let mut previous = 0u64;
    for _ in 0..reader.uint()? {
        let first = previous.checked_add(reader.uint()?).ok_or(Truncated)?;
        let last = first.checked_add(reader.uint()?).ok_or(Truncated)?;
        intent.mids.push((first, last));
        previous = last;
    }
    Ok(intent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn intents_come_back(mids in prop::collection::btree_set(1u64..1 << 48, 0..50), from: Option<u32>) {
            let from = from.filter(|fid| *fid > 0).map(|fid| FolderId::new(fid.into()));
            let mut intent = Intent::new(FolderId::new(65), from);
            mids.iter().for_each(|mid| intent.add(Mid::new(*mid)));
            let mut out = Vec::new();
            intent.encode(&mut out);
            let back = Intent::decode(1, &out).unwrap();
            prop_assert_eq!(back.mids().collect::<Vec<_>>(), mids.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(back, intent);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Intent::decode(1, &bytes);
        }
    }
}
