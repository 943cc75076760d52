//! One state of a database, to be copied while the server runs, from within or from another
//! process.
//!
//! First the segment files are pinned, then the state of the rows is fixed, then the files are
//! listed. A row never names octets that are not durable, nothing in a file is written over,
//! and no file is removed while it is pinned: so each listed file, up to its length in the
//! list, holds all octets that the rows name. What else it holds nobody names.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::database::SEGMENTS_DIRECTORY;
use crate::engine::sqlite;
use crate::error::StoreError;
use crate::segment;

/// The state. While it lives no segment file is removed, and the log of the rows grows.
pub struct Frozen {
    rows: sqlite::Frozen,
    files: FrozenFiles,
}

/// The segment files of a state. While they live no segment file is removed.
pub struct FrozenFiles {
    files: Vec<FrozenFile>,
    _pin: File,
}

/// A segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its first octets that belong to the state. What is there beyond is younger.
    pub octets: u64,
}

impl Frozen {
    /// The state after the last commit of the database in a directory, which another process
    /// may have open.
    pub fn begin(directory: &Path) -> Result<Frozen, StoreError> {
        let segments = directory.join(SEGMENTS_DIRECTORY);
        let pin = segment::pin(&segments)?;
        let rows = sqlite::Frozen::begin(directory)?;
        let files = FrozenFiles { files: files(&segments)?, _pin: pin };
        Ok(Frozen { rows, files })
    }

    /// The name of the file with the rows in the directory of a database.
    pub fn rows_name() -> &'static str {
        sqlite::FILE_NAME
    }

    /// Octets of the file with the rows.
    pub fn rows_octets(&self) -> u64 {
        self.rows.octets()
    }

    /// Writes the rows to the new file `to`, which is not synced, and tells how many octets
    /// are there. What is left of the state are its segment files.
    pub fn copy_rows(
        self,
        to: &Path,
        tell: &mut dyn FnMut(u64),
    ) -> Result<FrozenFiles, StoreError> {
        self.rows.copy(to, tell)?;
        Ok(self.files)
    }
}

impl FrozenFiles {
    /// The segment files, in the order of their numbers. One that cannot be found any more held
    /// octets that arrived for a message, and no row names it.
    pub fn list(&self) -> &[FrozenFile] {
        &self.files
    }
}

fn files(segments: &Path) -> io::Result<Vec<FrozenFile>> {
    let mut files = Vec::new();
    let mut numbers = segment::numbers(segments)?;
    numbers.sort_unstable();
    for number in numbers {
        let path = segment::path(segments, number);
        match path.metadata() {
            Ok(metadata) => files.push(FrozenFile { path, octets: metadata.len() }),
            // Octets that were still arriving: they are gone, or in another file by now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;
    use crate::options::Options;
    use crate::verify::verify_directory;

    const OCTETS: usize = 100_000;

    async fn put(database: &Database, octet: u8) {
        let staged = database.stage(vec![octet; OCTETS]).await.unwrap();
        database.write(move |txn| txn.adopt(&staged)).await.unwrap();
    }

    /// Copies a state as a backup does.
    fn copy(frozen: Frozen, to: &Path) {
        let segments = to.join(SEGMENTS_DIRECTORY);
        std::fs::create_dir(&segments).unwrap();
        let files = frozen.copy_rows(&to.join(Frozen::rows_name()), &mut |_| {}).unwrap();
        for FrozenFile { path, octets } in files.list() {
            let whole = std::fs::read(path).unwrap();
            let name = path.file_name().unwrap();
            std::fs::write(segments.join(name), &whole[..*octets as usize]).unwrap();
        }
    }

    #[tokio::test]
    async fn a_copy_of_an_open_database_is_whole_and_has_what_was_there() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = Database::open(Options::sqlite(from.path())).unwrap();
        put(&database, 1).await;
        put(&database, 2).await;
        let frozen = Frozen::begin(from.path()).unwrap();
        put(&database, 3).await;
        copy(frozen, to.path());
        let report = verify_directory(to.path()).unwrap();
        assert!(report.is_good(), "{report:?}");
        assert_eq!(report.segment_blobs, 2);
    }
}
