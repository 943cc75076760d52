//! What commands must know of the program they are part of.

use std::path::{Path, PathBuf};

use ::ports::Registry;

/// The program.
pub struct Program {
    /// What it could open, nothing of it open.
    pub built: Registry,
    /// Its file: Windows Firewall rules are bound to it.
    pub file: String,
    /// The folders of the databases in a data directory.
    pub database_folders: fn(&Path) -> Vec<PathBuf>,
    /// Names in a data directory of what is no part of a backup.
    pub passing: &'static [&'static str],
}
