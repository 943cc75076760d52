//! Inputs kept in the repository: `fuzz/corpus/TARGET/*`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::Target;

/// The inputs of a target, in the order of their file names.
pub fn of(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(directory(target))?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    paths.iter().map(fs::read).collect()
}

/// Where a target's inputs are.
pub fn directory(target: &Target) -> PathBuf {
    root().join("corpus").join(target.name)
}

/// The fuzzers' workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}
