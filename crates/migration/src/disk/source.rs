//! Mail on the server's disk as a source.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use mailbox::Special;

use super::files::{MessageFile, MessageFiles, keywords};
use super::mbox_source::MboxFiles;
use super::pst_source::PstFile;
use super::root::{Root, absolute};
use super::tree::place;
use super::{eml, maildir};
use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::message::Item;
use crate::request::DiskFormat;
use crate::transfer::Source;

/// Reads one format; blocks.
pub(crate) trait Reader: Send {
    /// As of [`Source::folders`].
    fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError>;

    /// As of [`Source::batch`].
    fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError>;
}

/// Mail on the server's disk.
pub struct DiskSource {
    /// None while it works, or after it panicked.
    reader: Option<Box<dyn Reader>>,
}

impl DiskSource {
    /// Opens a file or a folder. Errors: NotAbsolute; File, when the server may not.
    pub async fn open(path: &Path, format: DiskFormat) -> Result<Self, MigrationError> {
        let path = path.to_owned();
        let reader = tokio::task::spawn_blocking(move || reader(&path, format)).await??;
        Ok(DiskSource { reader: Some(reader) })
    }

    /// Runs a function of the reader where it may block.
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Reader) -> Result<T, MigrationError> + Send + 'static,
    ) -> Result<T, MigrationError> {
        let mut reader = self.reader.take().ok_or(MigrationError::Stopped)?;
        let (reader, done) = tokio::task::spawn_blocking(move || {
            let done = work(&mut *reader);
            (reader, done)
        })
        .await?;
        self.reader = Some(reader);
        done
    }
}

fn reader(path: &Path, format: DiskFormat) -> Result<Box<dyn Reader>, MigrationError> {
    absolute(path)?;
    let layout = match format {
        DiskFormat::Mbox => return Ok(Box::new(MboxFiles::open(path)?)),
        DiskFormat::Pst => return Ok(Box::new(PstFile::open(path)?)),
        DiskFormat::Maildir => MAILDIR,
        DiskFormat::Eml => EML,
    };
    let root = Root::open(path)?;
    Ok(Box::new(Folders { root, layout, paths: HashMap::new(), open: None }))
}

impl Source for DiskSource {
    async fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        self.with(|reader| reader.folders()).await
    }

    async fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let (folder, after) = (folder.clone(), after.map(<[u8]>::to_vec));
        self.with(move |reader| reader.batch(&folder, after.as_deref())).await
    }
}

/// Where a folder is, and its names from the top down.
pub(crate) type Named = (PathBuf, Vec<String>);

/// How folders and messages stand as folders and files.
#[derive(Clone, Copy)]
struct Layout {
    folders: fn(&Root) -> Result<Vec<Named>, MigrationError>,
    special: fn(&Path, &[String]) -> Option<Special>,
    files: fn(&Root, &Path) -> Result<Vec<MessageFile>, MigrationError>,
}

const MAILDIR: Layout =
    Layout { folders: maildir::folders, special: maildir::special, files: maildir::files };
const EML: Layout = Layout { folders: eml::folders, special: eml::special, files: eml::files };

/// Reads folders of message files.
struct Folders {
    root: Root,
    layout: Layout,
    paths: HashMap<String, PathBuf>,
    /// The folder that is being read, by its place.
    open: Option<(String, MessageFiles)>,
}

impl Folders {
    fn list(&self, at: &Path) -> Result<MessageFiles, MigrationError> {
        Ok(MessageFiles::new((self.layout.files)(&self.root, at)?, keywords(&self.root, at)))
    }
}

impl Reader for Folders {
    fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        let mut folders = Vec::new();
        for (at, path) in (self.layout.folders)(&self.root)? {
            let (place, special) = (place(&at), (self.layout.special)(&at, &path));
            let units = (self.layout.files)(&self.root, &at)?.len() as u64;
            self.paths.insert(place.clone(), at);
            folders.push(SourceFolder { place, path, special, class: None, units });
        }
        Ok(folders)
    }

    fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        let at = self.paths.get(&folder.place).ok_or(MigrationError::NotFound)?;
        loop {
            let files = match self.open.take() {
                Some((place, files)) if place == folder.place => files,
                _ => self.list(at)?,
            };
            // A file that was renamed, as Maildir does for flags, is found in a new listing.
            if let Some(items) = files.batch(&self.root, after)? {
                self.open = Some((folder.place.clone(), files));
                return Ok(items);
            }
        }
    }
}
