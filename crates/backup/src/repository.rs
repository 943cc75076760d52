//! The folder with the backups.
//!
//! ```text
//! manifests/20261123T183000Z.json   one a backup
//! objects/ab/abcdef…                a chunk, named by its SHA-256
//! unfinished/                       what is being written
//! lock                              held while a backup is made
//! ```

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use types::limits::{BACKUP_CHUNK_OCTETS, BACKUP_MANIFEST_OCTETS_MAX};

use crate::error::{At, BackupError};
use crate::file;
use crate::manifest::{self, Manifest, Unreadable, VERSION};

const MANIFESTS: &str = "manifests";
const OBJECTS: &str = "objects";
const UNFINISHED: &str = "unfinished";
const LOCK: &str = "lock";
const EXTENSION: &str = ".json";

/// A repository of backups.
pub struct Repository {
    path: PathBuf,
    /// Held by who writes.
    lock: Option<File>,
    /// Folders in which names are new, and not durable yet.
    unsynced: BTreeSet<PathBuf>,
    /// Files begun under `unfinished`.
    begun: u64,
}

/// A backup in a repository.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// What it is made of, unless its manifest is damaged.
    pub manifest: Result<Manifest, BackupError>,
}

impl Repository {
    /// The repository in a folder, to read from it.
    pub fn open(path: &Path) -> Result<Repository, BackupError> {
        match path.join(MANIFESTS).is_dir() {
            true => Ok(Repository::at(path)),
            false => Err(BackupError::NoRepository(path.to_owned())),
        }
    }

    /// The repository in a folder, to write to it; made if the folder is not there, or empty.
    /// One at a time.
    pub fn create(path: &Path) -> Result<Repository, BackupError> {
        if !path.join(LOCK).exists() && !file::is_empty(path).at(path)? {
            return Err(BackupError::NotARepository(path.to_owned()));
        }
        file::make_folder(path).at(path)?;
        let mut repository = Repository::at(path);
        repository.lock = Some(lock(path)?);
        repository.forget_unfinished()?;
        for folder in [OBJECTS, UNFINISHED, MANIFESTS].map(|name| path.join(name)) {
            file::make_folder(&folder).at(&folder)?;
        }
        repository.unsynced.extend([path.to_owned(), path.join(OBJECTS)]);
        Ok(repository)
    }

    fn at(path: &Path) -> Repository {
        Repository { path: path.to_owned(), lock: None, unsynced: BTreeSet::new(), begun: 0 }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The finished backups, the oldest first.
    pub fn list(&self) -> Result<Vec<Listed>, BackupError> {
        let manifest = |id: String| Listed { manifest: self.manifest(&id), id };
        Ok(self.ids()?.into_iter().map(manifest).collect())
    }

    /// The names of the finished backups, the oldest first.
    fn ids(&self) -> Result<Vec<String>, BackupError> {
        let folder = self.path.join(MANIFESTS);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&folder).at(&folder)? {
            let name = entry.at(&folder)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(EXTENSION));
            ids.extend(id.filter(|id| is_id(id)).map(str::to_owned));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// What a backup is made of.
    pub fn manifest(&self, id: &str) -> Result<Manifest, BackupError> {
        let no_backup = || BackupError::NoBackup(id.to_owned());
        let path = is_id(id).then(|| self.manifest_path(id)).ok_or_else(no_backup)?;
        let octets = match read_at_most(&path, BACKUP_MANIFEST_OCTETS_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_backup()),
            octets => octets.at(&path)?,
        };
        if octets.len() as u64 > BACKUP_MANIFEST_OCTETS_MAX {
            return Err(BackupError::TooLong(path));
        }
        let damaged = |what: String| BackupError::Manifest { path: path.clone(), what };
        let manifest = Manifest::open(&octets).map_err(|unreadable| match unreadable {
            Unreadable::TooNew(found) => {
                BackupError::TooNew { path: path.clone(), found, known: VERSION }
            }
            Unreadable::Damaged(what) => damaged(what),
        })?;
        match manifest.id == id {
            true => Ok(manifest),
            false => Err(damaged(format!("it is that of {}", manifest.id))),
        }
    }

    /// The latest backup.
    pub fn latest(&self) -> Result<Manifest, BackupError> {
        let none = || BackupError::NoRepository(self.path.clone());
        self.manifest(&self.ids()?.pop().ok_or_else(none)?)
    }

    /// The octets of a chunk of `file`, which are those that were put away.
    pub(crate) fn chunk(&self, chunk: &str, file: &str) -> Result<Vec<u8>, BackupError> {
        let fault =
            |what| BackupError::Chunk { chunk: chunk.to_owned(), file: file.to_owned(), what };
        let path = self.object_path(chunk);
        let octets = match read_at_most(&path, BACKUP_CHUNK_OCTETS as u64) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(fault("missing")),
            octets => octets.at(&path)?,
        };
        match manifest::sha256(&octets) == chunk {
            true => Ok(octets),
            false => Err(fault("damaged")),
        }
    }

    /// Puts a chunk away; its name, and whether it was not there before.
    pub(crate) fn put(&mut self, octets: &[u8]) -> Result<(String, bool), BackupError> {
        let chunk = manifest::sha256(octets);
        let path = self.object_path(&chunk);
        // A chunk that was cut short is written again.
        if path.metadata().is_ok_and(|there| there.len() == octets.len() as u64) {
            return Ok((chunk, false));
        }
        let folder = self.path.join(OBJECTS).join(&chunk[..2]);
        file::make_folder(&folder).at(&folder)?;
        file::write_whole(&self.unfinished(), &path, octets).at(&path)?;
        self.unsynced.insert(folder);
        Ok((chunk, true))
    }

    /// A new name for a file that goes when the backup is finished or given up.
    pub(crate) fn unfinished(&mut self) -> PathBuf {
        self.begun += 1;
        self.path.join(UNFINISHED).join(self.begun.to_string())
    }

    /// A name that no backup has yet.
    pub(crate) fn free_id(&self, wanted: &str) -> String {
        let others = (2u32..).map(|number| format!("{wanted}-{number:03}"));
        let mut ids = std::iter::once(wanted.to_owned()).chain(others);
        ids.find(|id| !self.manifest_path(id).exists()).unwrap_or_default()
    }

    /// Makes the backup be there: first its chunks are durable, then its manifest.
    pub(crate) fn finish(&mut self, manifest: Manifest) -> Result<(), BackupError> {
        for folder in std::mem::take(&mut self.unsynced) {
            file::sync_folder(&folder).at(&folder)?;
        }
        let path = self.manifest_path(&manifest.id);
        let sealed = manifest.seal().map_err(io::Error::other).at(&path)?;
        if sealed.len() as u64 > BACKUP_MANIFEST_OCTETS_MAX {
            return Err(BackupError::TooLong(path));
        }
        file::write_whole(&self.unfinished(), &path, &sealed).at(&path)?;
        let folder = self.path.join(MANIFESTS);
        file::sync_folder(&folder).at(&folder)?;
        self.forget_unfinished()?;
        let unfinished = self.path.join(UNFINISHED);
        file::make_folder(&unfinished).at(&unfinished)
    }

    /// Removes what an earlier backup has left that was not finished.
    fn forget_unfinished(&self) -> Result<(), BackupError> {
        let path = self.path.join(UNFINISHED);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(&path),
            _ => Ok(()),
        }
    }

    /// Takes the lock of a repository that is there.
    pub(crate) fn lock(path: &Path) -> Result<Repository, BackupError> {
        Repository::open(path)?;
        Repository::create(path)
    }

    /// The files of all chunks, of those too that no backup names.
    pub(crate) fn objects(&self) -> Result<Vec<PathBuf>, BackupError> {
        let mut objects = Vec::new();
        for folder in entries(&self.path.join(OBJECTS))?.into_iter().filter(|it| it.is_dir()) {
            objects.extend(entries(&folder)?);
        }
        objects.retain(|path| path.is_file());
        Ok(objects)
    }

    /// The folder with what says which backups there are.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.path.join(MANIFESTS)
    }

    pub(crate) fn manifest_path(&self, id: &str) -> PathBuf {
        self.path.join(MANIFESTS).join(format!("{id}{EXTENSION}"))
    }

    fn object_path(&self, chunk: &str) -> PathBuf {
        self.path.join(OBJECTS).join(chunk.get(..2).unwrap_or_default()).join(chunk)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // Copies of whole databases; what stays is removed by the next backup.
            let _ = self.forget_unfinished();
        }
    }
}

/// Whether a backup can have this name.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        paths.push(entry.at(folder)?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

fn lock(repository: &Path) -> Result<File, BackupError> {
    let path = repository.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.at(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(repository.to_owned())),
        Err(TryLockError::Error(error)) => Err(error).at(&path),
    }
}

/// Reads a file; of a longer one so much that it can be seen to be too long.
fn read_at_most(path: &Path, octets_max: u64) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(path)?.take(octets_max + 1).read_to_end(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(id: &str) -> Manifest {
        Manifest {
            version: VERSION,
            id: id.into(),
            time: String::new(),
            data_directory: String::new(),
            files: Vec::new(),
        }
    }

    #[test]
    fn a_chunk_is_put_away_once_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut repository = Repository::create(folder.path()).unwrap();
        let (chunk, is_new) = repository.put(b"abc").unwrap();
        assert_eq!((is_new, repository.put(b"abc").unwrap()), (true, (chunk.clone(), false)));
        assert_eq!(repository.chunk(&chunk, "f").unwrap(), b"abc");
    }

    #[test]
    fn a_chunk_that_is_not_what_it_was_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut repository = Repository::create(folder.path()).unwrap();
        let (chunk, _) = repository.put(b"abc").unwrap();
        let path = repository.object_path(&chunk);
        let what = |repository: &Repository| match repository.chunk(&chunk, "f") {
            Err(BackupError::Chunk { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        for damaged in [&b"abd"[..], b"ab", b"abcd", b""] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(what(&repository), "damaged", "{damaged:?}");
        }
        assert_eq!(repository.put(b"abc").unwrap(), (chunk.clone(), true), "was cut short");
        assert_eq!(repository.chunk(&chunk, "f").unwrap(), b"abc");
        fs::remove_file(&path).unwrap();
        assert_eq!(what(&repository), "missing");
    }

    #[test]
    fn what_was_not_finished_is_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let mut repository = Repository::create(folder.path()).unwrap();
        let unfinished = repository.unfinished();
        fs::write(&unfinished, manifest("a").seal().unwrap()).unwrap();
        fs::write(folder.path().join("manifests/a.json.part"), b"{").unwrap();
        assert!(repository.list().unwrap().is_empty());
        assert!(matches!(repository.latest(), Err(BackupError::NoRepository(_))));
        drop(repository);
        Repository::create(folder.path()).unwrap();
        assert!(!unfinished.exists());
    }

    #[test]
    fn backups_are_listed_in_order_and_damaged_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut repository = Repository::create(folder.path()).unwrap();
        for id in ["20260102T000000Z", "20260101T000000Z", "20260103T000000Z"] {
            repository.finish(manifest(id)).unwrap();
        }
        assert_eq!(repository.latest().unwrap().id, "20260103T000000Z");
        assert_eq!(repository.free_id("20260103T000000Z"), "20260103T000000Z-002");
        let first = repository.manifest_path("20260101T000000Z");
        fs::copy(repository.manifest_path("20260102T000000Z"), first).unwrap();
        let listed = repository.list().unwrap();
        let good: Vec<_> = listed.iter().map(|it| (&it.id[..8], it.manifest.is_ok())).collect();
        assert_eq!(good, [("20260101", false), ("20260102", true), ("20260103", true)]);
    }

    #[test]
    fn only_names_of_backups_are_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::create(folder.path()).unwrap();
        fs::write(folder.path().join("x.json"), manifest("x").seal().unwrap()).unwrap();
        for id in ["../x", "", "none"] {
            let found = repository.manifest(id);
            assert!(matches!(found, Err(BackupError::NoBackup(_))), "{id}: {found:?}");
        }
    }

    #[test]
    fn a_manifest_beyond_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut repository = Repository::create(folder.path()).unwrap();
        repository.finish(manifest("a")).unwrap();
        let file = OpenOptions::new().write(true).open(repository.manifest_path("a")).unwrap();
        file.set_len(BACKUP_MANIFEST_OCTETS_MAX + 1).unwrap();
        assert!(matches!(repository.manifest("a"), Err(BackupError::TooLong(_))));
        file.set_len(1).unwrap();
        assert!(matches!(repository.manifest("a"), Err(BackupError::Manifest { .. })));
    }

    #[test]
    fn one_writer_at_a_time_and_no_folder_with_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/repository");
        assert!(matches!(Repository::open(&path), Err(BackupError::NoRepository(_))));
        let first = Repository::create(&path).unwrap();
        assert!(matches!(Repository::create(&path), Err(BackupError::InUse(_))));
        drop(first);
        assert!(Repository::create(&path).is_ok() && Repository::open(&path).is_ok());
        let other = Repository::create(&folder.path().join("new"));
        assert!(matches!(other, Err(BackupError::NotARepository(_))));
    }

    #[test]
    fn nobody_else_can_look_into_a_backup() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repository");
        let mut repository = Repository::create(&path).unwrap();
        let (chunk, _) = repository.put(b"abc").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&repository.object_path(&chunk))), (0o700, 0o600));
    }
}
