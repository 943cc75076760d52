//! What a disk may hold of a file that was changed and not synced.
//!
//! Changed blocks reach the disk in any order and at any time, each as it was when it was
//! written: so every block is in one of the states it went through. The length comes from the
//! inode, written at a moment of its own. One block is torn: written when the power went, in
//! part, by whole sectors. A block that never reached the disk within the length is zeros.
//!
//! Octets that a file gave up do not come back when it grows again, and what is written later
//! at their offsets lies elsewhere: an inode from before knows only the states before the cut,
//! one from after only those since.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::file::{BLOCK_OCTETS, Change};
use crate::chance::Chance;

/// Octets that a disk writes whole or not at all.
pub(super) const SECTOR_OCTETS: usize = 512;

/// The positions among the changes that changed each block.
type Histories = BTreeMap<usize, Vec<usize>>;

/// One possible content of a file with content `synced` and `changes` since.
pub(super) fn survivors(synced: &[u8], changes: &[Change], chance: &mut Chance) -> Vec<u8> {
    let moment = chance.below(changes.len() + 1);
    let before = &changes[..moment];
    let length = before.iter().fold(synced.len(), |octets, change| change.length_after(octets));
    let mut kept = synced.to_vec();
    kept.resize(length, 0);
    let histories = histories(changes);
    let torn = chance.below(histories.len().max(1));
    for (turn, (number, history)) in histories.iter().enumerate() {
        let block = Block { start: number * BLOCK_OCTETS, synced, changes, history };
        let states = block.states(moment);
        let content = match turn == torn {
            true => block.torn(states, chance),
            false => block.content(pick(states, chance)),
        };
        put(&mut kept, block.start, &content);
    }
    kept
}

fn histories(changes: &[Change]) -> Histories {
    let mut histories = Histories::new();
    for (position, change) in changes.iter().enumerate() {
        let touched = change.touched();
        if touched.is_empty() {
            continue;
        }
        for block in touched.start / BLOCK_OCTETS..=(touched.end - 1) / BLOCK_OCTETS {
            histories.entry(block).or_default().push(position);
        }
    }
    histories
}

/// A block that was changed. Its state n is what the first n changes of its history made of it.
struct Block<'a> {
    start: usize,
    synced: &'a [u8],
    changes: &'a [Change],
    history: &'a [usize],
}

impl Block<'_> {
    /// The states that an inode written at `moment` may find on disk.
    fn states(&self, moment: usize) -> RangeInclusive<usize> {
        let split = self.history.partition_point(|position| *position < moment);
        let shrinks = |position: &usize| self.changes[*position].shrinks();
        let first = self.history[..split].iter().rposition(shrinks).map_or(0, |at| at + 1);
        let last = self.history[split..].iter().position(shrinks);
        first..=last.map_or(self.history.len(), |at| split + at)
    }

    fn content(&self, state: usize) -> Vec<u8> {
        let mut content = vec![0; BLOCK_OCTETS];
        let synced = self.synced.get(self.start..).unwrap_or_default();
        let octets = synced.len().min(BLOCK_OCTETS);
        content[..octets].copy_from_slice(&synced[..octets]);
        for position in &self.history[..state] {
            self.changes[*position].apply_within(self.start, &mut content);
        }
        content
    }

    /// Some sectors of one state, the others of the next.
    fn torn(&self, states: RangeInclusive<usize>, chance: &mut Chance) -> Vec<u8> {
        let older = pick(*states.start()..=states.end().saturating_sub(1), chance);
        let mut content = self.content(older);
        let newer = self.content((older + 1).min(*states.end()));
        for sector in (0..BLOCK_OCTETS).step_by(SECTOR_OCTETS) {
            let sector = sector..sector + SECTOR_OCTETS;
            if chance.below(2) == 0 {
                content[sector.clone()].copy_from_slice(&newer[sector]);
            }
        }
        content
    }
}

/// One of the numbers in a range; its start when it is empty.
fn pick(range: RangeInclusive<usize>, chance: &mut Chance) -> usize {
    let choices = (range.end() + 1).saturating_sub(*range.start()).max(1);
    range.start() + chance.below(choices)
}

/// Overwrites what the file has of a block.
fn put(kept: &mut [u8], start: usize, content: &[u8]) {
    let Some(part) = kept.get_mut(start..) else { return };
    let octets = part.len().min(content.len());
    part[..octets].copy_from_slice(&content[..octets]);
}
