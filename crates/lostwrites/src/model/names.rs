//! Names in directories: those of now, those on disk, and what happened in between.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};

use super::Inode;
use crate::chance::Chance;

/// What each directory holds.
pub(super) type Directories = HashMap<Inode, BTreeMap<OsString, Inode>>;

/// Where something has, or gets, its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory.
    pub directory: Inode,
    /// The name in it.
    pub name: OsString,
}

/// All names. Always: `synced`, with all of `pending` done to it, is `live`.
#[derive(Debug, Default)]
pub(super) struct Names {
    synced: Directories,
    pending: Vec<Change>,
    live: Directories,
}

#[derive(Debug)]
enum Change {
    Put(Place, Inode),
    Remove(Place),
    Rename { from: Place, to: Place },
}

impl Names {
    pub(super) fn live(&self) -> &Directories {
        &self.live
    }

    pub(super) fn synced(&self) -> &Directories {
        &self.synced
    }

    pub(super) fn get(&self, place: &Place) -> Option<Inode> {
        self.live.get(&place.directory)?.get(&place.name).copied()
    }

    pub(super) fn entries(&self, directory: Inode) -> impl Iterator<Item = (&OsStr, Inode)> {
        let entries = self.live.get(&directory).into_iter().flatten();
        entries.map(|(name, inode)| (name.as_os_str(), *inode))
    }

    pub(super) fn put(&mut self, place: Place, inode: Inode) {
        self.change(Change::Put(place, inode));
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.change(Change::Remove(place));
    }

    pub(super) fn rename(&mut self, from: Place, to: Place) {
        self.change(Change::Rename { from, to });
    }

    /// Makes the changes of a directory durable, and of others those that a rename ties to it.
    pub(super) fn sync(&mut self, directory: Inode) {
        let mut tied = HashSet::from([directory]);
        let mut durable = Vec::new();
        let mut pending = Vec::new();
        // From the last to the first: only what came before a rename is tied by it.
        while let Some(change) = self.pending.pop() {
            if change.directories().iter().any(|each| tied.contains(each)) {
                tied.extend(change.directories());
                durable.push(change);
            } else {
                pending.push(change);
            }
        }
        durable.iter().rev().for_each(|change| change.apply(&mut self.synced));
        pending.reverse();
        self.pending = pending;
    }

    /// Makes every change durable.
    pub(super) fn sync_all(&mut self) {
        self.pending.drain(..).for_each(|change| change.apply(&mut self.synced));
    }

    /// What a disk may hold without a sync: a journal is written in order, up to some change.
    pub(super) fn survivors(&self, chance: &mut Chance) -> Directories {
        let mut kept = self.synced.clone();
        let journalled = chance.below(self.pending.len() + 1);
        self.pending[..journalled].iter().for_each(|change| change.apply(&mut kept));
        kept
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }
}

impl Change {
    fn directories(&self) -> Vec<Inode> {
        match self {
            Change::Put(place, _) | Change::Remove(place) => vec![place.directory],
            Change::Rename { from, to } => vec![from.directory, to.directory],
        }
    }

    fn apply(&self, to_all: &mut Directories) {
        match self {
            Change::Put(place, inode) => put(to_all, place, *inode),
            Change::Remove(place) => drop(take(to_all, place)),
            Change::Rename { from, to } => {
                if let Some(inode) = take(to_all, from) {
                    put(to_all, to, inode);
                }
            }
        }
    }
}

fn put(directories: &mut Directories, place: &Place, inode: Inode) {
    directories.entry(place.directory).or_default().insert(place.name.clone(), inode);
}

fn take(directories: &mut Directories, place: &Place) -> Option<Inode> {
    directories.get_mut(&place.directory)?.remove(&place.name)
}
