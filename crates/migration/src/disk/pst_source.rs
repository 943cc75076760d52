//! A PST file as a source.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::root::Root;
use super::source::Reader;
use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::message::Item;
use crate::pst::{Checksums, MAGIC, Pst, PstError};

/// Reads a PST file.
pub(crate) struct PstFile {
    path: PathBuf,
    pst: Pst,
}

impl PstFile {
    /// Opens the file, not through a link, and reads what it lists at its top.
    pub(crate) fn open(path: &Path) -> Result<Self, MigrationError> {
        let not_regular = || MigrationError::NotRegular(path.to_owned());
        let (folder, name) = path.parent().zip(path.file_name()).ok_or_else(not_regular)?;
        let file = Root::open(folder)?.read(Path::new(name))?;
        let path = path.to_owned();
        match Pst::open(Box::new(file), Checksums::Verified) {
            Ok(pst) => Ok(PstFile { path, pst }),
            Err(source) => Err(MigrationError::Pst { path, source }),
        }
    }

    fn told<T>(&self, read: Result<T, PstError>) -> Result<T, MigrationError> {
        read.map_err(|source| MigrationError::Pst { path: self.path.clone(), source })
    }
}

impl Reader for PstFile {
    fn folders(&mut self) -> Result<Vec<SourceFolder>, MigrationError> {
        self.told(self.pst.folders())
    }

    fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> Result<Vec<Item>, MigrationError> {
        self.told(self.pst.batch(folder, after))
    }
}

/// Whether a file begins with `!BDN`.
pub(crate) fn begins_as_pst(file: &mut impl Read) -> io::Result<bool> {
    let mut begin = Vec::with_capacity(MAGIC.len());
    file.take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == MAGIC)
}
