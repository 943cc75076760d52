//! The heap of a node, and the trees in it ([MS-PST] section 2.3.1 and 2.3.2).

use std::collections::HashMap;

use super::error::PstError;
use super::file::{Budget, Node, PstFile};
use super::octets::{level_of, long, number, part, short};

/// A node opened: its heap, and its subnodes.
pub(super) struct Heap<'f> {
    file: &'f PstFile,
    blocks: Vec<Vec<u8>>,
    subnodes: HashMap<u32, Node>,
    /// Subnodes in the order of their ids.
    order: Vec<u32>,
}

/// bClientSig: what the heap holds.
pub(super) const PROPERTIES: u8 = 0xBC;
pub(super) const TABLE: u8 = 0x7C;

/// A record of a tree: key, data.
pub(super) type Record<'h> = (&'h [u8], &'h [u8]);

impl<'f> Heap<'f> {
    /// Opens a node whose heap holds `kind`.
    pub(super) fn open(
        file: &'f PstFile,
        node: Node,
        kind: u8,
        budget: &mut Budget,
    ) -> Result<Self, PstError> {
        let blocks = file.data(node.data, budget)?;
        let first = blocks.first().ok_or(PstError::Damaged("a node without data"))?;
        if part(first, 2, 2)? != [0xEC, kind] {
            return Err(PstError::Damaged("a node does not hold what it should"));
        }
        let listed = file.subnodes(node.subnodes, budget)?;
        let order = listed.iter().map(|(id, _)| *id).collect();
        Ok(Heap { file, blocks, subnodes: listed.into_iter().collect(), order })
    }

    /// hidUserRoot.
    pub(super) fn root(&self) -> Result<u32, PstError> {
        long(&self.blocks[0], 4)
    }

    /// A subnode.
    pub(super) fn subnode(&self, id: u32) -> Option<Node> {
        self.subnodes.get(&id).copied()
    }

    /// Ids of the subnodes of a type ([MS-PST] section 2.2.2.1).
    pub(super) fn subnodes_of(&self, kind: u32) -> impl Iterator<Item = u32> {
        self.order.iter().copied().filter(move |id| id & 0x1F == kind)
    }

    /// An allocation of the heap.
    pub(super) fn get(&self, id: u32) -> Result<&[u8], PstError> {
        const DAMAGED: PstError = PstError::Damaged("an allocation in a heap");
        if id == 0 {
            return Ok(&[]);
        }
        let (index, block) = ((id >> 5 & 0x7FF) as usize, (id >> 16) as usize);
        let block = self.blocks.get(block).ok_or(DAMAGED)?;
        let map = usize::from(short(block, 0)?);
        if index == 0 || index > usize::from(short(block, map)?) || id & 0x1F != 0 {
            return Err(DAMAGED);
        }
        let at = map + 4 + 2 * (index - 1);
        let (begin, end) = (usize::from(short(block, at)?), usize::from(short(block, at + 2)?));
        part(block, begin, end.checked_sub(begin).ok_or(DAMAGED)?)
    }

    /// What an HNID names, block by block: an allocation, or the data of a subnode.
    pub(super) fn blocks(&self, id: u32, budget: &mut Budget) -> Result<Vec<Vec<u8>>, PstError> {
        if id & 0x1F == 0 {
            let octets = self.get(id)?.to_vec();
            budget.pay(octets.len())?;
            return Ok(vec![octets]);
        }
        let node = self.subnode(id).ok_or(PstError::Damaged("a subnode is missing"))?;
        self.file.data(node.data, budget)
    }

    /// The same in one piece.
    pub(super) fn value(&self, id: u32, budget: &mut Budget) -> Result<Vec<u8>, PstError> {
        Ok(self.blocks(id, budget)?.concat())
    }

    /// The records of a tree in the order of their keys, which have `key` octets.
    pub(super) fn tree(&self, id: u32, key: usize) -> Result<Vec<Record<'_>>, PstError> {
        const DAMAGED: PstError = PstError::Damaged("a tree in a heap");
        let header = self.get(id)?;
        let data = number(header, 2, 1)? as usize;
        let levels = level_of(number(header, 3, 1)? as u8)?;
        let fits = number(header, 0, 2)? == (key as u64) << 8 | 0xB5;
        if !fits || data == 0 {
            return Err(DAMAGED);
        }
        // What a tree is made of stands in the heap, and nothing of it twice.
        let octets_max: usize = self.blocks.iter().map(Vec::len).sum();
        let mut row = vec![long(header, 4)?];
        for _ in 0..levels {
            let mut below = Vec::new();
            for id in row {
                for entry in self.get(id)?.chunks_exact(key + 4) {
                    below.push(long(entry, key)?);
                }
                if below.len() * (key + 4) > octets_max {
                    return Err(DAMAGED);
                }
            }
            row = below;
        }
        let mut records = Vec::new();
        for id in row {
            let leaf = self.get(id)?.chunks_exact(key + data);
            records.extend(leaf.map(|record| record.split_at(key)));
            if records.len() * (key + data) > octets_max {
                return Err(DAMAGED);
            }
        }
        Ok(records)
    }
}
