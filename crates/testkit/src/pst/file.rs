//! Blocks, pages, the header.

use super::Format;

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub data: u64,
    pub subnodes: u64,
}

pub(super) struct File {
    format: Format,
    out: Vec<u8>,
    /// Id, offset, octets.
    blocks: Vec<(u64, u64, u16)>,
    /// Id, parent, node.
    nodes: Vec<(u32, u32, Node)>,
    next: u64,
}

/// Where blocks begin.
const BEGIN: usize = 0x400;
const PAGE_OCTETS: usize = 512;

impl File {
    pub(super) fn new(format: Format) -> Self {
        let (blocks, nodes) = (Vec::new(), Vec::new());
        File { format, out: vec![0; BEGIN], blocks, nodes, next: 4 }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    fn word(&self) -> usize {
        if self.format == Format::Unicode { 8 } else { 4 }
    }

    fn number(&self, number: u64) -> Vec<u8> {
        number.to_le_bytes()[..self.word()].to_vec()
    }

    /// Puts octets into as many blocks as they need.
    pub(super) fn data(&mut self, octets: &[u8]) -> u64 {
        let most = if self.format == Format::Unicode { 8176 } else { 8180 };
        let blocks: Vec<Vec<u8>> = octets.chunks(most).map(<[u8]>::to_vec).collect();
        self.blocks(&blocks)
    }

    /// Writes blocks, with a list of them (XBLOCK) if there are several, and lists of those
    /// (XXBLOCK) if there are very many.
    pub(super) fn blocks(&mut self, blocks: &[Vec<u8>]) -> u64 {
        const LISTED: usize = 1000;
        if let [only] = blocks {
            return self.block(only, false);
        }
        let ids: Vec<u64> = blocks.iter().map(|block| self.block(block, false)).collect();
        let octets: usize = blocks.iter().map(Vec::len).sum();
        let mut lists: Vec<u64> = ids.chunks(LISTED).map(|ids| self.list(1, ids, octets)).collect();
        match lists.len() {
            0 | 1 => lists.pop().unwrap_or(0),
            _ => self.list(2, &lists, octets),
        }
    }

    fn list(&mut self, level: u8, ids: &[u64], octets: usize) -> u64 {
        let mut list = vec![1, level];
        list.extend((ids.len() as u16).to_le_bytes());
        list.extend((octets as u32).to_le_bytes());
        list.extend(ids.iter().flat_map(|id| self.number(*id)));
        self.block(&list, true)
    }

    /// Writes a list of subnodes.
    pub(super) fn subnodes(&mut self, mut nodes: Vec<(u32, Node)>) -> u64 {
        if nodes.is_empty() {
            return 0;
        }
        nodes.sort_by_key(|(id, _)| *id);
        let mut list = vec![2, 0];
        list.extend((nodes.len() as u16).to_le_bytes());
        list.resize(self.word(), 0);
        for (id, node) in nodes {
            for number in [u64::from(id), node.data, node.subnodes] {
                list.extend(self.number(number));
            }
        }
        self.block(&list, true)
    }

    pub(super) fn node(&mut self, id: u32, parent: u32, data: u64, subnodes: u64) {
        self.nodes.push((id, parent, Node { data, subnodes }));
    }

    fn block(&mut self, octets: &[u8], internal: bool) -> u64 {
        let id = self.next | if internal { 2 } else { 0 };
        self.next += 4;
        let at = self.out.len();
        self.blocks.push((id, at as u64, octets.len() as u16));
        self.out.extend(octets);
        let trailer = self.trailer_octets();
        let whole = (octets.len() + trailer).next_multiple_of(64);
        self.out.resize(at + whole - trailer, 0);
        let mut begin = (octets.len() as u16).to_le_bytes().to_vec();
        begin.extend(signature(at as u64, id));
        self.trailer(begin, id, crc(octets));
        id
    }

    fn trailer_octets(&self) -> usize {
        if self.format == Format::Unicode { 16 } else { 12 }
    }

    fn trailer(&mut self, begin: Vec<u8>, id: u64, sum: u32) {
        self.out.extend(begin);
        match self.format {
            Format::Unicode => {
                self.out.extend(sum.to_le_bytes());
                self.out.extend(id.to_le_bytes());
            }
            Format::Ansi => {
                self.out.extend((id as u32).to_le_bytes());
                self.out.extend(sum.to_le_bytes());
            }
        }
    }

    /// Writes a tree of pages; gives id and offset of its top.
    fn tree(&mut self, kind: u8, leaves: Vec<(u64, Vec<u8>)>) -> (u64, u64) {
        let (mut level, mut row) = (0, leaves);
        loop {
            let length = row.first().map_or(1, |(_, entry)| entry.len());
            let room = PAGE_OCTETS - self.trailer_octets() - self.word();
            let mut above = Vec::new();
            for entries in row.chunks(room / length) {
                let (id, at) = self.page(kind, level, length, entries);
                let key = entries.first().map_or(0, |(key, _)| *key);
                let entry = [key, id, at].iter().flat_map(|it| self.number(*it)).collect();
                above.push((key, entry));
                if row.len() <= room / length {
                    return (id, at);
                }
            }
            (level, row) = (level + 1, above);
        }
    }

    fn page(
        &mut self,
        kind: u8,
        level: u8,
        length: usize,
        entries: &[(u64, Vec<u8>)],
    ) -> (u64, u64) {
        let (id, at) = (self.next, self.out.len().next_multiple_of(PAGE_OCTETS));
        self.next += 4;
        let numbers = PAGE_OCTETS - self.trailer_octets() - self.word();
        let mut page: Vec<u8> = entries.iter().flat_map(|(_, entry)| entry.clone()).collect();
        page.resize(numbers, 0);
        page.extend([entries.len() as u8, (numbers / length) as u8, length as u8, level]);
        page.resize(PAGE_OCTETS - self.trailer_octets(), 0);
        self.out.resize(at, 0);
        self.out.extend(&page);
        let mut begin = vec![kind, kind];
        begin.extend(signature(at as u64, id));
        self.trailer(begin, id, crc(&page));
        (id, at as u64)
    }

    /// Writes the trees and the header.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.sort_unstable();
        let mut leaves = Vec::new();
        for (id, at, octets) in blocks {
            let mut entry = [self.number(id), self.number(at)].concat();
            entry.extend([octets, 2].map(u16::to_le_bytes).concat());
            entry.resize(3 * self.word(), 0);
            leaves.push((id, entry));
        }
        let blocks = self.tree(0x80, leaves);
        let mut nodes = std::mem::take(&mut self.nodes);
        nodes.sort_by_key(|(id, ..)| *id);
        let mut leaves = Vec::new();
        for (id, parent, node) in nodes {
            let numbers = [u64::from(id), node.data, node.subnodes];
            let mut entry: Vec<u8> = numbers.iter().flat_map(|it| self.number(*it)).collect();
            entry.extend(parent.to_le_bytes());
            entry.resize(4 * self.word(), 0);
            leaves.push((u64::from(id), entry));
        }
        let nodes = self.tree(0x81, leaves);
        self.header(nodes, blocks);
        self.out
    }

    fn header(&mut self, nodes: (u64, u64), blocks: (u64, u64)) {
        let wide = self.format == Format::Unicode;
        let (root, sentinel, version) = if wide { (180, 512, 23u16) } else { (164, 460, 14) };
        let word = self.word();
        let end = self.out.len() as u64;
        let mut header = vec![0; BEGIN];
        let mut put =
            |at: usize, octets: &[u8]| header[at..at + octets.len()].copy_from_slice(octets);
        put(0, b"!BDN");
        put(8, b"SM");
        put(10, &version.to_le_bytes());
        put(12, &[19, 0, 1, 1]);
        put(root + 4, &end.to_le_bytes()[..word]);
        let numbers = [nodes.0, nodes.1, blocks.0, blocks.1];
        for (step, number) in numbers.iter().enumerate() {
            put(root + 4 + (4 + step) * word, &number.to_le_bytes()[..word]);
        }
        put(sentinel, &[0x80, 0]);
        let sum = crc(&header[8..479]);
        header[4..8].copy_from_slice(&sum.to_le_bytes());
        if wide {
            let sum = crc(&header[8..524]);
            header[524..528].copy_from_slice(&sum.to_le_bytes());
        }
        self.out[..BEGIN].copy_from_slice(&header);
    }
}

/// wSig.
fn signature(at: u64, id: u64) -> [u8; 2] {
    let mixed = (at ^ id) as u32;
    ((mixed >> 16) as u16 ^ mixed as u16).to_le_bytes()
}

/// dwCRC, bit by bit.
pub(super) fn crc(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |sum, octet| {
        (0..8).fold(sum ^ u32::from(*octet), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}
