//! Files and directories as programs see them, and as a disk holds them.
//!
//! Pure: no mounts, no files, no clock; what is random comes from a seed. See the head of the
//! crate for what is durable when.

mod file;
mod names;
mod survival;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use crate::chance::Chance;
use file::File;
pub use file::{BLOCK_OCTETS, FILE_OCTETS_MAX};
pub use names::Place;
use names::{Directories, Names};

/// Number of a file or directory, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode(pub u64);

/// The directory that holds all others.
pub const ROOT: Inode = Inode(1);

/// What a cut takes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All of it.
    AllUnsynced,
    /// Of each file a random part of the changed blocks, one of them torn between sectors; of
    /// the names the first few changes.
    SomeUnsynced {
        /// Decides which.
        seed: u64,
    },
}

/// The entries of a directory with all below them.
pub type Tree = BTreeMap<OsString, Entry>;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// Permission bits.
        mode: u32,
        /// All of its octets.
        data: Vec<u8>,
    },
    /// A directory.
    Directory {
        /// Permission bits.
        mode: u32,
        /// What is in it.
        entries: Tree,
    },
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Refused {
    #[error("no such file or directory")]
    NotFound,
    #[error("the name is taken")]
    Exists,
    #[error("the directory is not empty")]
    NotEmpty,
    #[error("this is a directory")]
    IsDirectory,
    #[error("this is not a directory")]
    NotDirectory,
    #[error("directories stay where they were made")]
    AcrossDirectories,
    #[error("the file would be longer than {FILE_OCTETS_MAX} octets")]
    TooLong,
}

/// What is known of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its number.
    pub inode: Inode,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Permission bits.
    pub mode: u32,
    /// Length of a file; zero for a directory.
    pub octets: u64,
}

/// All files and directories.
#[derive(Debug)]
pub struct Model {
    /// That of inode n at n - 1.
    nodes: Vec<Node>,
    names: Names,
}

#[derive(Debug)]
struct Node {
    mode: u32,
    content: Content,
}

#[derive(Debug)]
enum Content {
    File(File),
    Directory,
}

/// Permission bits of the root.
const ROOT_MODE: u32 = 0o755;

impl Model {
    /// A disk that holds `tree`, all of it durable.
    pub fn new(tree: Tree) -> Self {
        let root = Node { mode: ROOT_MODE, content: Content::Directory };
        let mut model = Model { nodes: vec![root], names: Names::default() };
        model.plant(ROOT, tree);
        model.names.sync_all();
        model
    }

    fn plant(&mut self, directory: Inode, tree: Tree) {
        for (name, entry) in tree {
            let (mode, content, below) = match entry {
                Entry::File { mode, data } => (mode, Content::File(File::durable(data)), None),
                Entry::Directory { mode, entries } => (mode, Content::Directory, Some(entries)),
            };
            let inode = self.add(Node { mode, content });
            self.names.put(Place { directory, name }, inode);
            if let Some(entries) = below {
                self.plant(inode, entries);
            }
        }
    }

    /// What is known of `inode`.
    pub fn status(&self, inode: Inode) -> Result<Status, Refused> {
        let node = self.node(inode)?;
        let (is_directory, octets) = match &node.content {
            Content::File(file) => (false, file.live().len() as u64),
            Content::Directory => (true, 0),
        };
        Ok(Status { inode, is_directory, mode: node.mode, octets })
    }

    /// What is known of that which has a name.
    pub fn lookup(&self, place: &Place) -> Result<Status, Refused> {
        self.status(self.names.get(place).ok_or(Refused::NotFound)?)
    }

    /// The names in a directory and what they stand for, by the number of that.
    pub fn entries(&self, directory: Inode) -> Result<Vec<(Status, &OsStr)>, Refused> {
        self.expect_directory(directory)?;
        let named = self.names.entries(directory);
        let entries = named.map(|(name, inode)| Ok((self.status(inode)?, name)));
        let mut entries = entries.collect::<Result<Vec<_>, Refused>>()?;
        entries.sort_by_key(|(status, _)| status.inode);
        Ok(entries)
    }

    /// Makes an empty file under a free name.
    pub fn make_file(&mut self, place: Place, mode: u32) -> Result<Status, Refused> {
        self.make(place, Node { mode, content: Content::File(File::default()) })
    }

    /// Makes an empty directory under a free name.
    pub fn make_directory(&mut self, place: Place, mode: u32) -> Result<Status, Refused> {
        self.make(place, Node { mode, content: Content::Directory })
    }

    fn make(&mut self, place: Place, node: Node) -> Result<Status, Refused> {
        self.expect_directory(place.directory)?;
        if self.names.get(&place).is_some() {
            return Err(Refused::Exists);
        }
        let inode = self.add(node);
        self.names.put(place, inode);
        self.status(inode)
    }

    /// Takes a file's name away; who has it open keeps it.
    pub fn remove_file(&mut self, place: Place) -> Result<(), Refused> {
        if self.lookup(&place)?.is_directory {
            return Err(Refused::IsDirectory);
        }
        self.names.remove(place);
        Ok(())
    }

    /// Removes an empty directory.
    pub fn remove_directory(&mut self, place: Place) -> Result<(), Refused> {
        let status = self.lookup(&place)?;
        if !status.is_directory {
            return Err(Refused::NotDirectory);
        }
        if self.names.entries(status.inode).next().is_some() {
            return Err(Refused::NotEmpty);
        }
        self.names.remove(place);
        Ok(())
    }

    /// Gives a file or directory another name. A file takes the place of another file.
    pub fn rename(&mut self, from: Place, to: Place) -> Result<(), Refused> {
        let moved = self.lookup(&from)?;
        self.expect_directory(to.directory)?;
        if moved.is_directory && from.directory != to.directory {
            return Err(Refused::AcrossDirectories);
        }
        if let Ok(other) = self.lookup(&to) {
            may_replace(other, moved)?;
        }
        self.names.rename(from, to);
        Ok(())
    }

    /// Up to `octets` of a file from `offset` on.
    pub fn read(&self, inode: Inode, offset: u64, octets: usize) -> Result<&[u8], Refused> {
        match &self.node(inode)?.content {
            Content::File(file) => Ok(file.read(offset, octets)),
            Content::Directory => Err(Refused::IsDirectory),
        }
    }

    /// Writes into a file, which grows where it is too short.
    pub fn write(&mut self, inode: Inode, offset: u64, data: &[u8]) -> Result<(), Refused> {
        self.file(inode)?.write(offset, data)
    }

    /// Cuts a file, or makes it longer with zeros.
    pub fn resize(&mut self, inode: Inode, octets: u64) -> Result<(), Refused> {
        self.file(inode)?.resize(octets)
    }

    /// Sets permission bits.
    pub fn set_mode(&mut self, inode: Inode, mode: u32) -> Result<(), Refused> {
        self.node_mut(inode)?.mode = mode;
        Ok(())
    }

    /// Makes data and length of a file durable, not its name.
    pub fn sync_file(&mut self, inode: Inode) -> Result<(), Refused> {
        self.file(inode)?.sync();
        Ok(())
    }

    /// Makes the names in a directory durable.
    pub fn sync_directory(&mut self, directory: Inode) -> Result<(), Refused> {
        self.expect_directory(directory)?;
        self.names.sync(directory);
        Ok(())
    }

    /// What programs see.
    pub fn live(&self) -> Tree {
        self.tree(ROOT, self.names.live(), &mut |file| file.live().to_vec())
    }

    /// What the disk holds when the power goes now.
    pub fn after(&self, loss: Loss) -> Tree {
        match loss {
            Loss::AllUnsynced => {
                self.tree(ROOT, self.names.synced(), &mut |file| file.synced().to_vec())
            }
            Loss::SomeUnsynced { seed } => {
                let mut chance = Chance::new(seed);
                let names = self.names.survivors(&mut chance);
                self.tree(ROOT, &names, &mut |file| file.survivors(&mut chance))
            }
        }
    }

    fn tree(
        &self,
        directory: Inode,
        names: &Directories,
        data: &mut dyn FnMut(&File) -> Vec<u8>,
    ) -> Tree {
        let mut tree = Tree::new();
        for (name, inode) in names.get(&directory).into_iter().flatten() {
            let Ok(Node { mode, content }) = self.node(*inode) else { continue };
            let entry = match content {
                Content::File(file) => Entry::File { mode: *mode, data: data(file) },
                Content::Directory => {
                    Entry::Directory { mode: *mode, entries: self.tree(*inode, names, data) }
                }
            };
            tree.insert(name.clone(), entry);
        }
        tree
    }

    fn add(&mut self, node: Node) -> Inode {
        self.nodes.push(node);
        Inode(self.nodes.len() as u64)
    }

    fn node(&self, inode: Inode) -> Result<&Node, Refused> {
        self.nodes.get(index(inode)).ok_or(Refused::NotFound)
    }

    fn node_mut(&mut self, inode: Inode) -> Result<&mut Node, Refused> {
        self.nodes.get_mut(index(inode)).ok_or(Refused::NotFound)
    }

    fn file(&mut self, inode: Inode) -> Result<&mut File, Refused> {
        match &mut self.node_mut(inode)?.content {
            Content::File(file) => Ok(file),
            Content::Directory => Err(Refused::IsDirectory),
        }
    }

    fn expect_directory(&self, inode: Inode) -> Result<(), Refused> {
        match self.status(inode)?.is_directory {
            true => Ok(()),
            false => Err(Refused::NotDirectory),
        }
    }
}

/// Only a file is replaced, and only by a file.
fn may_replace(old: Status, new: Status) -> Result<(), Refused> {
    match (old.is_directory, new.is_directory) {
        (false, false) => Ok(()),
        (true, false) => Err(Refused::IsDirectory),
        (false, true) => Err(Refused::NotDirectory),
        (true, true) => Err(Refused::Exists),
    }
}

fn index(inode: Inode) -> usize {
    (inode.0 as usize).wrapping_sub(1)
}
