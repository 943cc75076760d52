//! What is put into a backup.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use types::limits::BACKUP_CHUNK_OCTETS;

use crate::error::{At, BackupError};

/// Where files from outside of the data folder stand in a backup, and in a restored folder.
pub(crate) const ELSEWHERE: &str = "elsewhere";

/// A server's data.
pub struct Source {
    /// The data folder.
    pub data: PathBuf,
    /// The folders of the databases in it, in the order in which their states are fixed.
    pub databases: Vec<PathBuf>,
    /// Names of files and folders at the top of the data folder that are left out.
    pub without: Vec<String>,
    /// Files and folders outside of it.
    pub extras: Vec<Extra>,
}

/// A file or folder outside of the data folder.
pub struct Extra(pub PathBuf);

/// A file to be put away.
pub(crate) struct Plain {
    pub(crate) from: PathBuf,
    pub(crate) path: String,
    pub(crate) octets: u64,
    /// How it is cut.
    pub(crate) chunk_octets: usize,
}

impl Source {
    /// The files that are no database, in order.
    pub(crate) fn plain_files(&self) -> Result<Vec<Plain>, BackupError> {
        let mut files = Vec::new();
        let is_kept = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_left_out = name == ELSEWHERE || self.without.iter().any(|it| it == name);
            !is_left_out && !self.databases.iter().any(|it| it == path)
        };
        for path in entries(&self.data)?.into_iter().filter(|path| is_kept(path)) {
            Walk { root: &self.data, below: "", within: Vec::new(), files: &mut files }
                .path(&path)?;
        }
        for Extra(path) in &self.extras {
            let path = std::path::absolute(path).at(path)?;
            if !path.starts_with(&self.data) {
                let root = Path::new("/");
                Walk { root, below: ELSEWHERE, within: Vec::new(), files: &mut files }
                    .path(&path)?;
            }
        }
        Ok(files)
    }
}

/// Notes a file, or all files in a folder, as paths below `below`. Links are followed. What is
/// neither (a socket) has nothing to keep, and what goes meanwhile was not to stay.
struct Walk<'w> {
    root: &'w Path,
    below: &'w str,
    /// The folders that it is in, without links: a link back into one of them is left out.
    within: Vec<PathBuf>,
    files: &'w mut Vec<Plain>,
}

impl Walk<'_> {
    fn path(&mut self, path: &Path) -> Result<(), BackupError> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).at(path),
            Ok(metadata) if metadata.is_dir() => self.folder(path),
            Ok(metadata) if metadata.is_file() => self.file(path, metadata.len()),
            Ok(_) => Ok(()),
        }
    }

    fn folder(&mut self, path: &Path) -> Result<(), BackupError> {
        let real = path.canonicalize().at(path)?;
        if self.within.contains(&real) {
            return Ok(());
        }
        self.within.push(real);
        let walked = entries(path)?.iter().try_for_each(|entry| self.path(entry));
        self.within.pop();
        walked
    }

    fn file(&mut self, path: &Path, octets: u64) -> Result<(), BackupError> {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        let path_there = name(&Path::new(self.below).join(inside))?;
        let (from, chunk_octets) = (path.to_owned(), BACKUP_CHUNK_OCTETS);
        self.files.push(Plain { from, path: path_there, octets, chunk_octets });
        Ok(())
    }
}

/// What is in a folder, in order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let entries = fs::read_dir(folder).at(folder)?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.at(folder)?;
    paths.sort_unstable();
    Ok(paths)
}

/// A path as a manifest has it.
pub(crate) fn name(path: &Path) -> Result<String, BackupError> {
    let no_text = || io::Error::other("its name is no Unicode");
    path.to_str().map(str::to_owned).ok_or_else(no_text).at(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_are_followed_but_not_in_circles_and_sockets_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["data/mailboxes", "data/keys", "data/elsewhere", "real"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["data/a", "data/mailboxes/b", "data/keys/c", "data/elsewhere/d", "real/e"] {
            fs::write(at(name), name).unwrap();
        }
        symlink(at("real"), at("data/certificates")).unwrap();
        symlink(at("data/keys"), at("data/keys/again")).unwrap();
        symlink(at("gone"), at("data/gone")).unwrap();
        let _socket = UnixListener::bind(at("data/socket")).unwrap();
        let source = Source {
            data: at("data"),
            databases: vec![at("data/mailboxes")],
            without: Vec::new(),
            extras: ["data/a", "real/e", "none"].map(|name| Extra(at(name))).into(),
        };
        let files = source.plain_files().unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let real = format!("elsewhere{}", at("real/e").display());
        assert_eq!(paths, ["a", "certificates/e", "keys/c", &real]);
    }
}
