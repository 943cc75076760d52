//! PST files of Outlook ([MS-PST]), ANSI and Unicode: their folders, and their items as messages.
//!
//! From the bottom up: `file` (pages and blocks), `heap` (allocations and trees in a node),
//! `properties` (bags and tables), `store` (folders), `message` (an item as MIME).
//!
//! Why there is an own reader: a file may come from anybody, and the server must survive it. The
//! reader that there is to take (outlook-pst) allocates by numbers of the file and recurses as
//! deep as the file says; neither can be caught in a process. Here nothing is allocated but what
//! was read, everything that is read for an item is paid for, and levels of trees fall.
//!
//! What it is not: nothing writes PST files, and neither passwords (which protect nothing) nor
//! search folders, rules, views and what else is not an item of a folder are looked at.

mod cipher;
mod error;
mod file;
mod heap;
mod message;
mod names;
mod octets;
mod people;
mod properties;
mod remains;
mod store;

use types::limits::{MIGRATION_BATCH_ITEMS, MIGRATION_BATCH_OCTETS};

pub use error::PstError;
pub use file::Checksums;
pub use octets::Octets;

use crate::folder::SourceFolder;
use crate::message::Item;
use store::Store;

/// How a PST file begins.
pub(crate) const MAGIC: &[u8] = b"!BDN";

/// An opened PST file.
pub struct Pst {
    store: Store,
}

impl Pst {
    /// Opens a file. Errors: NotPst, Version, Encrypted, Cut, Damaged, Limit, Io.
    pub fn open(octets: Box<dyn Octets>, checksums: Checksums) -> Result<Self, PstError> {
        Ok(Pst { store: Store::open(octets, checksums)? })
    }

    /// The folders below the top of the user's, those above before those below.
    pub fn folders(&self) -> Result<Vec<SourceFolder>, PstError> {
        let shown = self.store.shown()?.into_iter();
        let folder = |folder: store::Shown| SourceFolder {
            place: format!("{:X}", folder.id),
            path: folder.path,
            special: folder.special,
            class: folder.class,
            units: folder.messages as u64,
        };
        Ok(shown.map(folder).collect())
    }

    /// The next items of a folder, by their ids, which only rise. Errors: of the file, not of
    /// single items.
    pub(crate) fn batch(
        &self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, PstError> {
        let place = u32::from_str_radix(&folder.place, 16).unwrap_or(0);
        let after = after.and_then(|cursor| cursor.try_into().ok()).map_or(0, u32::from_be_bytes);
        let (mut items, mut octets) = (Vec::new(), 0);
        for id in self.store.messages(place, after) {
            if items.len() >= MIGRATION_BATCH_ITEMS || octets >= MIGRATION_BATCH_OCTETS {
                break;
            }
            let body = message::read(&self.store, *id)?;
            octets += body.as_ref().map_or(0, |message| message.octets.len());
            items.push(Item { cursor: id.to_be_bytes().to_vec(), units: 1, again: false, body });
        }
        Ok(items)
    }
}

/// All items of a file in memory, each with the path of its folder. Errors: of the file.
pub fn messages(octets: Vec<u8>, checksums: Checksums) -> Result<Vec<(String, Item)>, PstError> {
    let pst = Pst::open(Box::new(octets), checksums)?;
    let mut found = Vec::new();
    for folder in pst.folders()? {
        let mut after = None;
        loop {
            let items = pst.batch(&folder, after.as_deref())?;
            let Some(last) = items.last() else { break };
            after = Some(last.cursor.clone());
            let path = folder.path.join("/");
            found.extend(items.into_iter().map(|item| (path.clone(), item)));
        }
    }
    Ok(found)
}
