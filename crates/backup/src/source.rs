//! What is put into a backup.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// A file to be put away, which is no database.
pub(crate) struct Plain {
    pub(crate) from: PathBuf,
    pub(crate) path: String,
    pub(crate) octets: u64,
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
            collect(&path, &self.data, "", &mut files)?;
        }
        for Extra(path) in &self.extras {
            let path = std::path::absolute(path).at(path)?;
            if !path.starts_with(&self.data) {
                collect(&path, Path::new("/"), ELSEWHERE, &mut files)?;
            }
        }
        Ok(files)
    }
}

/// Notes a file, or all files in a folder. Links are followed to files only; what is neither
/// (a socket) has nothing to keep, and what goes meanwhile was not to stay.
fn collect(
    path: &Path,
    root: &Path,
    below: &str,
    files: &mut Vec<Plain>,
) -> Result<(), BackupError> {
    let is_link = path.is_symlink();
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.at(path)?,
    };
    if metadata.is_dir() && !is_link {
        for entry in entries(path)? {
            collect(&entry, root, below, files)?;
        }
    }
    if metadata.is_file() {
        let inside = path.strip_prefix(root).unwrap_or(path);
        files.push(Plain {
            from: path.to_owned(),
            path: name(&Path::new(below).join(inside))?,
            octets: metadata.len(),
        });
    }
    Ok(())
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
