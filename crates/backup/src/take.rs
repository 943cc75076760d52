//! Making a backup.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use store::{Frozen, FrozenFiles};
use types::Timestamp;
use types::limits::{BACKUP_CHUNK_OCTETS, BACKUP_ROWS_CHUNK_OCTETS};

use crate::error::{At, BackupError};
use crate::manifest::{BackupFile, Manifest, VERSION};
use crate::progress::{Progress, Step};
use crate::repository::Repository;
use crate::source::{self, Plain, Source};

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its name.
    pub id: String,
    /// Files in it.
    pub files: usize,
    /// Octets of them.
    pub octets: u64,
    /// Octets that were not in the repository before.
    pub new_octets: u64,
}

/// Makes a backup. The states of all databases are fixed first, one right after the other.
pub fn take(
    repository: &mut Repository,
    source: &Source,
    now: Timestamp,
    progress: &mut dyn Progress,
) -> Result<Taken, BackupError> {
    refuse_inside(repository.path(), &source.data)?;
    let time = jiff::Timestamp::from_microsecond(now.micros()).unwrap_or_default();
    let wanted = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut files = Vec::new();
    // They keep the segment files in place until these are put away.
    let _pinned = copy_rows(repository, source, &mut files, progress)?;
    files.extend(source.plain_files()?);
    let all = files.iter().map(|file| file.octets).sum();
    let mut putting = Putting { repository, progress, done: 0, all, new_octets: 0 };
    let mut kept = Vec::new();
    for file in &files {
        kept.extend(putting.file(file)?);
    }
    let new_octets = putting.new_octets;
    let manifest = Manifest {
        version: VERSION,
        id: repository.free_id(&wanted),
        time: time.to_string(),
        data_directory: source.data.display().to_string(),
        files: kept,
    };
    let (id, files) = (manifest.id.clone(), manifest.files.len());
    let taken = Taken { id, files, octets: manifest.octets(), new_octets };
    repository.finish(manifest)?;
    Ok(taken)
}

/// A repository in the data folder would put itself away, and be lost with what it is for.
fn refuse_inside(repository: &Path, data: &Path) -> Result<(), BackupError> {
    let (inner, outer) = (repository.canonicalize().at(repository)?, data.canonicalize().at(data)?);
    match inner.starts_with(outer) {
        true => Err(BackupError::Inside(repository.to_owned())),
        false => Ok(()),
    }
}

/// Copies the rows of all databases into unfinished files, and notes those and the segment
/// files.
fn copy_rows(
    repository: &mut Repository,
    source: &Source,
    files: &mut Vec<Plain>,
    progress: &mut dyn Progress,
) -> Result<Vec<FrozenFiles>, BackupError> {
    let folders = &source.databases;
    let failed = |path: &PathBuf, source| BackupError::Store { path: path.clone(), source };
    let mut frozen = Vec::new();
    for folder in folders {
        frozen.push(Frozen::begin(folder).map_err(|error| failed(folder, error))?);
    }
    let all = frozen.iter().map(Frozen::rows_octets).sum();
    let (mut before, mut pinned) = (0, Vec::new());
    for (folder, state) in folders.iter().zip(frozen) {
        let (from, octets) = (repository.unfinished(), state.rows_octets());
        let mut tell = |done| progress.tell(Step::CopyRows, before + done, all);
        let segments = state.copy_rows(&from, &mut tell).map_err(|error| failed(folder, error))?;
        before += octets;
        let path = in_data(&source.data, &folder.join(Frozen::rows_name()))?;
        files.push(Plain { from, path, octets, chunk_octets: BACKUP_ROWS_CHUNK_OCTETS });
        for segment in segments.list() {
            let path = in_data(&source.data, &segment.path)?;
            let (from, octets) = (segment.path.clone(), segment.octets);
            files.push(Plain { from, path, octets, chunk_octets: BACKUP_CHUNK_OCTETS });
        }
        pinned.push(segments);
    }
    Ok(pinned)
}

fn in_data(data: &Path, path: &Path) -> Result<String, BackupError> {
    source::name(path.strip_prefix(data).unwrap_or(path))
}

/// Files on their way into a repository.
struct Putting<'p> {
    repository: &'p mut Repository,
    progress: &'p mut dyn Progress,
    done: u64,
    all: u64,
    new_octets: u64,
}

impl Putting<'_> {
    /// Puts away as many octets of a file as were noted. None when it is gone: that of a
    /// database are kept in place, unless no row names them.
    fn file(&mut self, plain: &Plain) -> Result<Option<BackupFile>, BackupError> {
        let file = match File::open(&plain.from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.at(&plain.from)?,
        };
        let mut rest = file.take(plain.octets);
        let mut kept = BackupFile { path: plain.path.clone(), octets: 0, chunks: Vec::new() };
        loop {
            let mut chunk = Vec::with_capacity(plain.chunk_octets.min(rest.limit() as usize));
            let piece = rest.by_ref().take(plain.chunk_octets as u64).read_to_end(&mut chunk);
            piece.at(&plain.from)?;
            if chunk.is_empty() {
                return Ok(Some(kept));
            }
            kept.octets += chunk.len() as u64;
            kept.chunks.push(self.chunk(&chunk)?);
        }
    }

    fn chunk(&mut self, octets: &[u8]) -> Result<String, BackupError> {
        let (chunk, is_new) = self.repository.put(octets)?;
        if is_new {
            self.new_octets += octets.len() as u64;
        }
        self.done += octets.len() as u64;
        self.progress.tell(Step::PutAway, self.done, self.all);
        Ok(chunk)
    }
}
