//! Heaps: property contexts and tables.

use super::file::{File, Node};
use super::{Format, Property, Value};

/// Octets that a value in a heap may have.
const IN_HEAP_MAX: usize = 3580;
const BLOCK_OCTETS: usize = 8000;

/// A row of a table.
pub(super) struct Row {
    pub id: u32,
    pub cells: Vec<Property>,
}

pub(super) struct Heap {
    format: Format,
    blocks: Vec<Vec<Vec<u8>>>,
    records: Vec<(u16, u16, [u8; 4])>,
    subnodes: Vec<(u32, Node)>,
    next: u32,
}

impl Heap {
    pub(super) fn new(file: &File) -> Self {
        let (blocks, records) = (vec![Vec::new()], Vec::new());
        // The first allocation is the header of the tree, or the description of the table.
        let mut heap =
            Heap { format: file.format(), blocks, records, subnodes: Vec::new(), next: 0x800 };
        heap.allocate(Vec::new());
        heap
    }

    /// Puts octets into the heap.
    fn allocate(&mut self, octets: Vec<u8>) -> u32 {
        let last = self.blocks.len() - 1;
        let used: usize = self.blocks[last].iter().map(|it| it.len() + 2).sum();
        if used + octets.len() + 100 > BLOCK_OCTETS {
            self.blocks.push(Vec::new());
        }
        let last = self.blocks.len() - 1;
        self.blocks[last].push(octets);
        (last as u32) << 16 | (self.blocks[last].len() as u32) << 5
    }

    /// Into the heap, or into a subnode if it is long.
    fn keep(&mut self, file: &mut File, octets: Vec<u8>) -> u32 {
        match octets.len() {
            0 => 0,
            1..=IN_HEAP_MAX => self.allocate(octets),
            _ => {
                self.next += 1;
                let id = self.next << 5 | 0x1F;
                let data = file.data(&octets);
                self.subnodes.push((id, Node { data, subnodes: 0 }));
                id
            }
        }
    }

    pub(super) fn property(&mut self, file: &mut File, id: u16, value: &Value) {
        let field = match value {
            Value::Integer(number) => number.to_le_bytes(),
            Value::Boolean(is) => [u8::from(*is), 0, 0, 0],
            other => {
                let octets = self.octets(other);
                self.keep(file, octets).to_le_bytes()
            }
        };
        self.records.push((id, self.kind(value), field));
    }

    /// A property that is a subnode.
    pub(super) fn object(&mut self, id: u16, subnode: u32) {
        let object = [subnode.to_le_bytes(), 100u32.to_le_bytes()].concat();
        let at = self.allocate(object);
        self.records.push((id, 0x000D, at.to_le_bytes()));
    }

    fn kind(&self, value: &Value) -> u16 {
        let text = if self.format == Format::Unicode { 0x1F } else { 0x1E };
        match value {
            Value::Text(_) => text,
            Value::Integer(_) => 0x03,
            Value::Boolean(_) => 0x0B,
            Value::Time(_) => 0x40,
            Value::Double(_) => 0x05,
            Value::Binary(_) => 0x0102,
            Value::Texts(_) => 0x1000 | text,
        }
    }

    fn octets(&self, value: &Value) -> Vec<u8> {
        let text = |text: &str| match self.format {
            Format::Unicode => text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            Format::Ansi => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
        };
        match value {
            Value::Text(value) => text(value),
            Value::Integer(number) => number.to_le_bytes().to_vec(),
            Value::Boolean(is) => vec![u8::from(*is)],
            Value::Time(ticks) => ticks.to_le_bytes().to_vec(),
            Value::Double(number) => number.to_le_bytes().to_vec(),
            Value::Binary(octets) => octets.clone(),
            Value::Texts(texts) => {
                let mut out = (texts.len() as u32).to_le_bytes().to_vec();
                let mut at = 4 + 4 * texts.len();
                for part in texts {
                    out.extend((at as u32).to_le_bytes());
                    at += text(part).len();
                }
                out.extend(texts.iter().flat_map(|part| text(part)));
                out
            }
        }
    }

    /// Writes a property context; gives its data and subnodes.
    pub(super) fn finish_properties(
        mut self,
        file: &mut File,
        subnodes: Vec<(u32, Node)>,
    ) -> (u64, u64) {
        self.subnodes.extend(subnodes);
        let mut records = std::mem::take(&mut self.records);
        records.sort_by_key(|(id, ..)| *id);
        let leaf = records.iter().flat_map(|(id, kind, field)| {
            [&id.to_le_bytes()[..], &kind.to_le_bytes(), field].concat()
        });
        let leaf = leaf.collect();
        self.blocks[0][0] = self.tree(2, 6, leaf);
        self.write(file, 0xBC)
    }

    /// The header of a tree with one leaf.
    fn tree(&mut self, key: u8, data: u8, leaf: Vec<u8>) -> Vec<u8> {
        let leaf = if leaf.is_empty() { 0 } else { self.allocate(leaf) };
        [&[0xB5, key, data, 0][..], &leaf.to_le_bytes()].concat()
    }

    /// Writes a table: every cell has four octets.
    pub(super) fn finish_table(mut self, file: &mut File, rows: &[Row]) -> (u64, u64) {
        let columns = self.columns(rows);
        let width = 4 * columns.len();
        let whole = width + columns.len().div_ceil(8);
        let mut matrix = Vec::new();
        for row in rows {
            let mut bits = vec![0u8; columns.len().div_ceil(8)];
            for (at, (id, _)) in columns.iter().enumerate() {
                let cell = match row.cells.iter().find(|(cell, _)| cell == id) {
                    _ if *id == 0x67F2 => Some(row.id),
                    _ if *id == 0x67F3 => Some(1),
                    Some((_, Value::Integer(number))) => Some(*number as u32),
                    Some((_, value)) => {
                        let octets = self.octets(value);
                        Some(self.keep(file, octets))
                    }
                    None => None,
                };
                bits[at / 8] |= if cell.is_some() { 0x80 >> (at % 8) } else { 0 };
                matrix.extend(cell.unwrap_or(0).to_le_bytes());
            }
            matrix.extend(bits);
        }
        let index = self.index(rows);
        let index = self.allocate(index);
        let matrix = self.keep(file, matrix);
        let bounds = [width, width, width, whole].map(|at| (at as u16).to_le_bytes()).concat();
        let mut info = [&[0x7C, columns.len() as u8][..], &bounds].concat();
        info.extend([index, matrix, 0].map(u32::to_le_bytes).concat());
        for (at, (id, kind)) in columns.iter().enumerate() {
            let place = (4 * at as u16).to_le_bytes();
            info.extend([kind.to_le_bytes(), id.to_le_bytes(), place].concat());
            info.extend([4, at as u8]);
        }
        self.blocks[0][0] = info;
        self.write(file, 0x7C)
    }

    fn columns(&self, rows: &[Row]) -> Vec<(u16, u16)> {
        let mut columns = vec![(0x67F2, 3), (0x67F3, 3)];
        for (id, value) in rows.iter().flat_map(|row| &row.cells) {
            if columns.iter().all(|(known, _)| known != id) {
                columns.push((*id, self.kind(value)));
            }
        }
        columns
    }

    fn index(&mut self, rows: &[Row]) -> Vec<u8> {
        let wide = self.format == Format::Unicode;
        let data = if wide { 4 } else { 2 };
        let mut records: Vec<(u32, u32)> =
            rows.iter().enumerate().map(|(at, row)| (row.id, at as u32)).collect();
        records.sort_unstable();
        let leaf = records
            .iter()
            .flat_map(|(id, at)| [&id.to_le_bytes()[..], &at.to_le_bytes()[..data]].concat());
        let leaf = leaf.collect();
        self.tree(4, data as u8, leaf)
    }

    fn write(self, file: &mut File, kind: u8) -> (u64, u64) {
        let mut blocks = Vec::new();
        for (at, allocations) in self.blocks.iter().enumerate() {
            let mut block = vec![0, 0];
            if at == 0 {
                block.extend([0xEC, kind]);
                block.extend(0x20u32.to_le_bytes());
                block.extend([0; 4]);
            } else if at >= 8 && (at - 8) % 128 == 0 {
                block.extend([0; 64]);
            }
            let mut bounds = vec![block.len() as u16];
            for octets in allocations {
                block.extend(octets);
                bounds.push(block.len() as u16);
            }
            block.resize(block.len().next_multiple_of(2), 0);
            let map = (block.len() as u16).to_le_bytes();
            block[..2].copy_from_slice(&map);
            block.extend((allocations.len() as u16).to_le_bytes());
            block.extend([0; 2]);
            block.extend(bounds.iter().flat_map(|bound| bound.to_le_bytes()));
            blocks.push(block);
        }
        (file.blocks(&blocks), file.subnodes(self.subnodes))
    }
}
