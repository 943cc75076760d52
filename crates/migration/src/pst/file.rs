//! The node database of a PST file ([MS-PST] section 2.2): header, the two B-trees, blocks.
//!
//! Every page and block is checked against its trailer (kind, id, CRC) when it is read. Pages have
//! 512 octets and blocks at most 8 KiB, so what a damaged or hostile file can cost is the count of
//! those that are read: trees have strictly falling levels, a walk over a tree ends after as many
//! pages as the file can have, and what a value is put together from is paid out of a [`Budget`].

use types::limits::PST_ITEM_OCTETS_MAX;

use super::cipher::Cipher;
use super::error::PstError;
use super::octets::{Octets, level_of, long, number, part, short};

/// Octets that may still be read for one item, embedded messages included.
pub(super) struct Budget(u64);

/// What a block costs at least, so that very many small ones have an end too.
const BLOCK_COST: usize = 512;
/// What a subnode, a property or a cell costs beside its octets: about what it takes in memory.
pub(super) const PART_COST: usize = 64;

impl Budget {
    /// That of one item.
    pub(super) fn of_item() -> Self {
        Budget(PST_ITEM_OCTETS_MAX)
    }

    pub(super) fn pay(&mut self, octets: usize) -> Result<(), PstError> {
        let left = self.0.checked_sub(octets as u64);
        self.0 = left.ok_or(PstError::Limit("octets of an item"))?;
        Ok(())
    }
}

/// A PST file.
pub(super) struct PstFile {
    octets: Box<dyn Octets>,
    layout: Layout,
    cipher: Cipher,
    nodes: Place,
    blocks: Place,
    length: u64,
    checksums: Checksums,
}

/// Whether what is read is compared with its checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    /// It is.
    Verified,
    /// It is not: for fuzzers, which never got past them.
    Ignored,
}

impl Checksums {
    fn fit(self, octets: &[u8], sum: u32) -> bool {
        self == Checksums::Ignored || crc(octets) == sum
    }
}

/// What differs between ANSI and Unicode files.
#[derive(Clone, Copy)]
struct Layout {
    /// Octets of ids and offsets.
    word: usize,
    /// Of the trailer of pages and blocks, which are equally long.
    trailer: usize,
    /// Where the header has ibFileEof, BREFNBT and bCryptMethod.
    root: (usize, usize, usize),
    /// Octets of data in a block.
    block: usize,
}

const ANSI: Layout = Layout { word: 4, trailer: 12, root: (168, 184, 461), block: 8180 };
const UNICODE: Layout = Layout { word: 8, trailer: 16, root: (184, 216, 513), block: 8176 };

/// BREF: an id and an offset.
#[derive(Clone, Copy)]
struct Place {
    id: u64,
    at: u64,
}

/// A node or subnode: its data, and the tree of its subnodes; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub data: u64,
    pub subnodes: u64,
}

/// A node as the walk over all of them shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub id: u32,
    pub parent: u32,
    pub node: Node,
}

const HEADER_OCTETS: usize = 564;
const PAGE_OCTETS: usize = 512;
const PAGE_OF_BLOCKS: u8 = 0x80;
const PAGE_OF_NODES: u8 = 0x81;
/// A bit of block ids: block of the file's own structure, which is not encoded.
const INTERNAL: u64 = 2;

impl PstFile {
    /// Reads and checks the header.
    pub(super) fn open(octets: Box<dyn Octets>, checksums: Checksums) -> Result<Self, PstError> {
        let length = octets.length()?;
        let mut header = [0; HEADER_OCTETS];
        let there = HEADER_OCTETS.min(usize::try_from(length).unwrap_or(HEADER_OCTETS));
        octets.read_at(0, &mut header[..there])?;
        if !header.starts_with(b"!BDN") || &header[8..10] != b"SM" {
            return Err(PstError::NotPst);
        }
        let layout = match short(&header, 10)? {
            14 | 15 => ANSI,
            20..=23 => UNICODE,
            version => return Err(PstError::Version(version)),
        };
        if !checksums.fit(&header[8..8 + 471], long(&header, 4)?) {
            return Err(PstError::Damaged("the checksum of the header"));
        }
        let (end, trees, method) = layout.root;
        let expected = number(&header, end, layout.word)?;
        if expected > length {
            return Err(PstError::Cut { expected, found: length });
        }
        let cipher = Cipher::of(header[method]).ok_or(PstError::Encrypted(header[method]))?;
        let nodes = layout.place(&header, trees)?;
        let blocks = layout.place(&header, trees + 2 * layout.word)?;
        Ok(PstFile { octets, layout, cipher, nodes, blocks, length, checksums })
    }

    /// A node. None: there is none of that id.
    pub(super) fn node(&self, id: u32) -> Result<Option<Node>, PstError> {
        let found = self.find(self.nodes, PAGE_OF_NODES, u64::from(id))?;
        found.map(|entry| self.layout.node(&entry, self.layout.word)).transpose()
    }

    /// All nodes in the order of their ids.
    pub(super) fn each_node(
        &self,
        visit: &mut dyn FnMut(Listed) -> Result<(), PstError>,
    ) -> Result<(), PstError> {
        let word = self.layout.word;
        let pages_max = self.length / PAGE_OCTETS as u64;
        let (mut waiting, mut pages) = (vec![(self.nodes, None)], 0);
        while let Some((place, level)) = waiting.pop() {
            pages += 1;
            if pages > pages_max {
                return Err(PstError::Damaged("its tree of nodes goes in circles"));
            }
            let page = self.page(place, PAGE_OF_NODES, level)?;
            for entry in page.entries().take(if page.level == 0 { usize::MAX } else { 0 }) {
                let id = number(entry, 0, 4)? as u32;
                let parent = long(entry, 3 * word)?;
                visit(Listed { id, parent, node: self.layout.node(entry, word)? })?;
            }
            if let Some(below) = page.level.checked_sub(1) {
                let children = page.entries().rev().map(|entry| self.layout.place(entry, word));
                for child in children {
                    waiting.push((child?, Some(below)));
                }
            }
        }
        Ok(())
    }

    /// The data of a node: its blocks one by one, as a heap or a table wants them.
    pub(super) fn data(&self, id: u64, budget: &mut Budget) -> Result<Vec<Vec<u8>>, PstError> {
        let mut blocks = Vec::new();
        if id != 0 {
            self.gather(id, None, budget, &mut blocks)?;
        }
        Ok(blocks)
    }

    /// The subnodes of a node, by id ([MS-PST] section 2.2.2.8.3.3).
    pub(super) fn subnodes(
        &self,
        id: u64,
        budget: &mut Budget,
    ) -> Result<Vec<(u32, Node)>, PstError> {
        let mut found = Vec::new();
        if id != 0 {
            self.gather_subnodes(id, None, budget, &mut found)?;
        }
        Ok(found)
    }

    /// Appends the blocks of a data tree: block, XBLOCK, XXBLOCK ([MS-PST] section 2.2.2.8.3).
    fn gather(
        &self,
        id: u64,
        level: Option<u8>,
        budget: &mut Budget,
        blocks: &mut Vec<Vec<u8>>,
    ) -> Result<(), PstError> {
        let block = self.block(id)?;
        budget.pay(block.len().max(BLOCK_COST))?;
        if id & INTERNAL == 0 {
            if level.is_some_and(|level| level != 0) {
                return Err(PstError::Damaged("a block of data where a list of blocks should be"));
            }
            blocks.push(block);
            return Ok(());
        }
        let own = number(&block, 1, 1)? as u8;
        let fits = level.is_none_or(|level| level == own);
        if block.first() != Some(&1) || !(1..=2).contains(&own) || !fits {
            return Err(PstError::Damaged("a list of blocks"));
        }
        for at in 0..usize::from(short(&block, 2)?) {
            let child = number(&block, 8 + at * self.layout.word, self.layout.word)?;
            self.gather(child, Some(own - 1), budget, blocks)?;
        }
        Ok(())
    }

    /// Appends what SLBLOCKs and SIBLOCKs list.
    fn gather_subnodes(
        &self,
        id: u64,
        level: Option<u8>,
        budget: &mut Budget,
        found: &mut Vec<(u32, Node)>,
    ) -> Result<(), PstError> {
        let (block, word) = (self.block(id)?, self.layout.word);
        budget.pay(block.len().max(BLOCK_COST))?;
        let own = number(&block, 1, 1)? as u8;
        let fits = level.is_none_or(|level| level == own);
        if id & INTERNAL == 0 || block.first() != Some(&2) || own > 1 || !fits {
            return Err(PstError::Damaged("a list of subnodes"));
        }
        // Behind the count four octets are left free so that what follows is aligned.
        let (begin, length) = (word, if own == 0 { 3 * word } else { 2 * word });
        for at in 0..usize::from(short(&block, 2)?) {
            let entry = part(&block, begin + at * length, length)?;
            match own {
                0 => {
                    budget.pay(PART_COST)?;
                    found.push((long(entry, 0)?, self.layout.node(entry, word)?));
                }
                _ => self.gather_subnodes(number(entry, word, word)?, Some(0), budget, found)?,
            }
        }
        Ok(())
    }

    /// The octets of a block ([MS-PST] section 2.2.2.8).
    fn block(&self, id: u64) -> Result<Vec<u8>, PstError> {
        const DAMAGED: PstError = PstError::Damaged("a block");
        let (word, trailer) = (self.layout.word, self.layout.trailer);
        let entry = self.find(self.blocks, PAGE_OF_BLOCKS, id & !1)?;
        let entry = entry.ok_or(PstError::Damaged("a block is missing"))?;
        let (at, length) = (number(&entry, word, word)?, usize::from(short(&entry, 2 * word)?));
        if length > self.layout.block {
            return Err(DAMAGED);
        }
        let whole = (length + trailer).next_multiple_of(64);
        let mut block = vec![0; whole];
        self.octets.read_at(at, &mut block).map_err(|_| DAMAGED)?;
        let end = whole - trailer;
        let (own, sum) = self.layout.trailer_of(&block[end..])?;
        let fits = usize::from(short(&block, end)?) == length && own & !1 == id & !1;
        block.truncate(length);
        if !fits || !self.checksums.fit(&block, sum) {
            return Err(DAMAGED);
        }
        if id & INTERNAL == 0 {
            self.cipher.decode(&mut block, id);
        }
        Ok(block)
    }

    /// The entry of a key in a tree.
    fn find(&self, top: Place, kind: u8, key: u64) -> Result<Option<Vec<u8>>, PstError> {
        let word = self.layout.word;
        let (mut place, mut level) = (top, None);
        loop {
            let page = self.page(place, kind, level)?;
            let mut found = None;
            for entry in page.entries() {
                if number(entry, 0, word)? & !self.layout.noise(kind) > key {
                    break;
                }
                found = Some(entry);
            }
            let Some(entry) = found else { return Ok(None) };
            let Some(below) = page.level.checked_sub(1) else {
                let same = number(entry, 0, word)? & !self.layout.noise(kind) == key;
                return Ok(same.then(|| entry.to_vec()));
            };
            (place, level) = (self.layout.place(entry, word)?, Some(below));
        }
    }

    /// A page of a tree ([MS-PST] section 2.2.2.7.7.1), of that level if one is given.
    fn page(&self, place: Place, kind: u8, level: Option<u8>) -> Result<Page, PstError> {
        const DAMAGED: PstError = PstError::Damaged("a page of a tree");
        let mut octets = [0; PAGE_OCTETS];
        self.octets.read_at(place.at, &mut octets).map_err(|_| DAMAGED)?;
        let trailer = PAGE_OCTETS - self.layout.trailer;
        let (id, sum) = self.layout.trailer_of(&octets[trailer..])?;
        let kinds = octets[trailer] == kind && octets[trailer + 1] == kind;
        if !kinds || id != place.id || !self.checksums.fit(&octets[..trailer], sum) {
            return Err(DAMAGED);
        }
        // ANSI pages have no padding behind the four numbers.
        let numbers = trailer - self.layout.word;
        let (count, entry) = (usize::from(octets[numbers]), usize::from(octets[numbers + 2]));
        let own = level_of(octets[numbers + 3])?;
        let least = self.layout.entry_octets(kind, own);
        let fits = entry >= least && count * entry <= numbers;
        match fits && level.is_none_or(|level| level == own) {
            true => Ok(Page { octets, level: own, count, entry }),
            false => Err(DAMAGED),
        }
    }
}

/// A page of a tree.
struct Page {
    octets: [u8; PAGE_OCTETS],
    level: u8,
    count: usize,
    entry: usize,
}

impl Page {
    fn entries(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.octets.chunks_exact(self.entry).take(self.count).collect::<Vec<_>>().into_iter()
    }
}

impl Layout {
    fn place(self, octets: &[u8], at: usize) -> Result<Place, PstError> {
        let (id, at) = (number(octets, at, self.word)?, number(octets, at + self.word, self.word)?);
        Ok(Place { id, at })
    }

    fn node(self, entry: &[u8], at: usize) -> Result<Node, PstError> {
        let (data, subnodes) =
            (number(entry, at, self.word)?, number(entry, at + self.word, self.word)?);
        Ok(Node { data, subnodes })
    }

    /// Id and CRC; they stand the other way round in ANSI files.
    fn trailer_of(self, trailer: &[u8]) -> Result<(u64, u32), PstError> {
        match self.word {
            4 => Ok((number(trailer, 4, 4)?, long(trailer, 8)?)),
            _ => Ok((number(trailer, 8, 8)?, long(trailer, 4)?)),
        }
    }

    /// Octets that an entry has at least.
    fn entry_octets(self, kind: u8, level: u8) -> usize {
        match (kind, level) {
            (_, 1..) => 3 * self.word,
            (PAGE_OF_NODES, _) => 3 * self.word + 4,
            _ => 2 * self.word + 4,
        }
    }

    /// Bits of a key that do not count: ids of nodes have 32, and the lowest of a block's id says
    /// nothing.
    fn noise(self, kind: u8) -> u64 {
        if kind == PAGE_OF_BLOCKS { 1 } else { !u64::from(u32::MAX) }
    }
}

/// The CRC of [MS-PST] section 5.3: that of Ethernet, but begun with 0 and not inverted.
fn crc(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |sum, octet| sum >> 8 ^ CRC[usize::from(sum as u8 ^ octet)])
}

const CRC: [u32; 256] = {
    let (mut table, mut at) = ([0; 256], 0);
    while at < 256 {
        let (mut sum, mut bit) = (at as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[at] = sum;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_may_cost_pst_item_octets_max() {
        let mut budget = Budget::of_item();
        assert!(budget.pay(PST_ITEM_OCTETS_MAX as usize).is_ok());
        assert!(matches!(budget.pay(1), Err(PstError::Limit(_))));
    }

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        // Of Ethernet's CRC of "123456789", begun with 0 and not inverted.
        assert_eq!(crc(b"123456789"), 0x2DFD_2D88);
        assert_eq!(crc(b""), 0);
    }
}
