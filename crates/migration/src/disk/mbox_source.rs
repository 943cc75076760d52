//! Folders that are mbox files: one file, or all of a tree.
//!
//! What is below the folder `Work` is in a folder `Work`, or in `Work.sbd` as Thunderbird has it.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use types::limits::{MIGRATION_BATCH_ITEMS, MIGRATION_BATCH_OCTETS};

use super::mbox::{Mbox, Raw, is_folder_data, message};
use super::names::{from_file, text};
use super::root::Root;
use super::source::Reader;
use super::tree::{place, walk};
use crate::error::MigrationError;
use crate::folder::{SourceFolder, special_by_name};
use crate::message::Item;

/// Reads mbox files.
pub(crate) struct MboxFiles {
    root: Root,
    /// The one file that is meant; None: all.
    only: Option<PathBuf>,
    files: HashMap<String, PathBuf>,
}

impl MboxFiles {
    /// A file, or all below a folder.
    pub(crate) fn open(path: &Path) -> Result<Self, MigrationError> {
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        let (folder, only) = match (is_file, path.parent(), path.file_name()) {
            (true, Some(folder), Some(name)) => (folder, Some(PathBuf::from(name))),
            _ => (path, None),
        };
        Ok(MboxFiles { root: Root::open(folder)?, only, files: HashMap::new() })
    }

    fn folder(&mut self, at: &Path) -> Result<Option<SourceFolder>, MigrationError> {
        let mut file = self.root.read(at)?;
        let length = file.metadata().map_err(|error| self.wrong(at, error))?.len();
        let named = at.extension().is_some_and(|it| it.eq_ignore_ascii_case("mbox"));
        let begins = begins_as_mbox(&mut file).map_err(|error| self.wrong(at, error))?;
        let is_empty_folder = named && length == 0;
        if !begins && !is_empty_folder {
            return Ok(None);
        }
        let path: Vec<String> = at.iter().map(|name| folder_name(&text(name))).collect();
        let place = place(at);
        self.files.insert(place.clone(), at.to_owned());
        let special = special_by_name(&path);
        Ok(Some(SourceFolder { place, special, path, class: None, units: length }))
    }

    fn wrong(&self, at: &Path, error: io::Error) -> MigrationError {
        MigrationError::file(self.root.full(at), error)
    }
}

impl Reader for MboxFiles {
    fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        let mut files = Vec::new();
        match &self.only {
            Some(file) => files.push(file.clone()),
            None => walk(
                &self.root,
                |name| !text(name).starts_with('.'),
                |at, listed| {
                    let found = listed.iter().filter(|it| !it.is_folder);
                    files.extend(found.map(|it| at.join(&it.name)));
                    Ok(())
                },
            )?,
        }
        let mut folders = Vec::new();
        for file in files {
            folders.extend(self.folder(&file)?);
        }
        Ok(folders)
    }

    fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let at = self.files.get(&folder.place).ok_or(MigrationError::NotFound)?;
        let start = after.and_then(|cursor| cursor.try_into().ok()).map_or(0, u64::from_be_bytes);
        let file = self.root.read(at)?;
        batch(file, start).map_err(|error| self.wrong(at, error))
    }
}

/// The next messages from an offset on. The cursor behind a message is where the next one begins.
fn batch(file: impl Read + io::Seek, start: u64) -> io::Result<Vec<Item>> {
    let mut mbox = Mbox::open(file, start)?;
    let (mut items, mut begin) = (Vec::new(), start);
    while items.len() < MIGRATION_BATCH_ITEMS && begin - start < MIGRATION_BATCH_OCTETS as u64 {
        let Some(raw) = mbox.read()? else { break };
        let end = raw.end;
        if let Some(body) = body(raw, begin) {
            items.push(Item {
                cursor: end.to_be_bytes().to_vec(),
                units: end - begin,
                again: false,
                body,
            });
        }
        begin = end;
    }
    Ok(items)
}

/// None: no mail.
fn body(raw: Raw, begin: u64) -> Option<Result<crate::Message, String>> {
    let Some(octets) = &raw.message else {
        return Some(Err(format!("the message at octet {begin} is too large")));
    };
    let message = message(octets, &raw.envelope, raw.verbatim);
    if is_folder_data(&message) {
        return None;
    }
    Some(match message.octets.is_empty() {
        true => Err(format!("the message at octet {begin} is empty")),
        false => Ok(message),
    })
}

/// Whether a file begins with `From `.
pub(crate) fn begins_as_mbox(file: &mut impl Read) -> io::Result<bool> {
    let mut begin = Vec::with_capacity(5);
    file.take(5).read_to_end(&mut begin)?;
    Ok(begin == b"From ")
}

/// `Work.mbox` and `Work.sbd` belong to the folder Work.
fn folder_name(file: &str) -> String {
    let stem = [".mbox", ".sbd"].into_iter().find_map(|end| {
        let at = file.len().checked_sub(end.len())?;
        let (stem, tail) = file.split_at_checked(at)?;
        (!stem.is_empty() && tail.eq_ignore_ascii_case(end)).then_some(stem)
    });
    from_file(stem.unwrap_or(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_ends_behind_migration_batch_octets_or_items() {
        let message = |body: &str| format!("From a Mon Nov  2 08:30:00 2026\nA: b\n\n{body}\n\n");
        let count = |file: String| batch(io::Cursor::new(file), 0).unwrap().len();
        assert_eq!(count(message(&"x".repeat(MIGRATION_BATCH_OCTETS)).repeat(3)), 1);
        assert_eq!(count(message("x").repeat(MIGRATION_BATCH_ITEMS + 5)), MIGRATION_BATCH_ITEMS);
    }

    #[test]
    fn folders_have_their_names_without_what_files_add() {
        for (file, name) in [
            ("Work.mbox", "Work"),
            ("Work.SBD", "Work"),
            ("Work", "Work"),
            ("v1.2", "v1.2"),
            (".mbox", ".mbox"),
        ] {
            assert_eq!(folder_name(file), name);
        }
    }
}
