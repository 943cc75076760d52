//! The octets of one file: what was synced, what was done since, and the result.

use super::Refused;
use super::survival::survivors;
use crate::chance::Chance;

/// Octets that a page cache writes at a time.
pub const BLOCK_OCTETS: usize = 4096;
/// Longest file: it is held in memory, twice.
pub const FILE_OCTETS_MAX: u64 = 1 << 30;

/// A file. Always: `synced`, with all of `pending` done to it, is `live`.
#[derive(Debug, Default)]
pub(super) struct File {
    synced: Vec<u8>,
    pending: Vec<Change>,
    live: Vec<u8>,
}

/// Something done to a file.
#[derive(Debug)]
pub(super) enum Change {
    Write { offset: usize, data: Vec<u8> },
    Resize { from: usize, to: usize },
}

impl File {
    /// A file that the disk holds already.
    pub(super) fn durable(data: Vec<u8>) -> Self {
        File { synced: data.clone(), pending: Vec::new(), live: data }
    }

    pub(super) fn live(&self) -> &[u8] {
        &self.live
    }

    pub(super) fn synced(&self) -> &[u8] {
        &self.synced
    }

    pub(super) fn read(&self, offset: u64, octets: usize) -> &[u8] {
        let start = self.live.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
        let end = self.live.len().min(start.saturating_add(octets));
        &self.live[start..end]
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), Refused> {
        within_limit(offset.saturating_add(data.len() as u64))?;
        self.change(Change::Write { offset: offset as usize, data: data.to_vec() });
        Ok(())
    }

    pub(super) fn resize(&mut self, octets: u64) -> Result<(), Refused> {
        let to = within_limit(octets)?;
        self.change(Change::Resize { from: self.live.len(), to });
        Ok(())
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// What a disk may hold of it without a sync.
    pub(super) fn survivors(&self, chance: &mut Chance) -> Vec<u8> {
        survivors(&self.synced, &self.pending, chance)
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }
}

impl Change {
    /// The length of a file that had `octets` before.
    pub(super) fn length_after(&self, octets: usize) -> usize {
        match self {
            Change::Write { offset, data } => octets.max(offset + data.len()),
            Change::Resize { to, .. } => *to,
        }
    }

    /// Whether octets of the file are given up: what comes there later lies elsewhere on disk.
    pub(super) fn shrinks(&self) -> bool {
        matches!(self, Change::Resize { from, to } if to < from)
    }

    /// The octets whose content is another afterwards.
    pub(super) fn touched(&self) -> std::ops::Range<usize> {
        match self {
            Change::Write { offset, data } => *offset..offset + data.len(),
            Change::Resize { from, to } => *to..*from,
        }
    }

    /// Does it to the part of the file that begins at `start`.
    pub(super) fn apply_within(&self, start: usize, window: &mut [u8]) {
        let touched = self.touched();
        let from = touched.start.max(start);
        let to = touched.end.min(start + window.len());
        if from >= to {
            return;
        }
        let part = &mut window[from - start..to - start];
        match self {
            Change::Write { offset, data } => {
                part.copy_from_slice(&data[from - offset..to - offset])
            }
            Change::Resize { .. } => part.fill(0),
        }
    }

    fn apply(&self, image: &mut Vec<u8>) {
        image.resize(self.length_after(image.len()), 0);
        self.apply_within(0, image);
    }
}

fn within_limit(octets: u64) -> Result<usize, Refused> {
    match octets <= FILE_OCTETS_MAX {
        true => Ok(octets as usize),
        false => Err(Refused::TooLong),
    }
}
