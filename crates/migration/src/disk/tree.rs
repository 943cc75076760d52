//! Folders below folders on a disk.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use types::limits::{MIGRATION_FOLDER_DEPTH_MAX, MIGRATION_FOLDERS_MAX};

use super::root::{Listed, Root};
use crate::error::MigrationError;

/// Visits a folder and those below it that `enters` lets in, parents first, with what is in
/// each. Errors: Limit; the visitor's.
pub(crate) fn walk(
    root: &Root,
    enters: impl Fn(&OsStr) -> bool,
    mut visit: impl FnMut(&Path, &[Listed]) -> Result<(), MigrationError>,
) -> Result<(), MigrationError> {
    let mut waiting = vec![PathBuf::new()];
    let mut visited = 0;
    while let Some(at) = waiting.pop() {
        visited += 1;
        check(visited, at.components().count())?;
        let listed = root.list(&at)?;
        visit(&at, &listed)?;
        let below = listed.iter().rev().filter(|it| it.is_folder && enters(&it.name));
        waiting.extend(below.map(|it| at.join(&it.name)));
    }
    Ok(())
}

fn check(folders: usize, depth: usize) -> Result<(), MigrationError> {
    if folders > MIGRATION_FOLDERS_MAX {
        return Err(MigrationError::Limit("folders of a source"));
    }
    if depth > MIGRATION_FOLDER_DEPTH_MAX {
        return Err(MigrationError::Limit("depth of folders"));
    }
    Ok(())
}

/// A path as the rows of a request name it: as it is, or with its odd octets escaped, so that no
/// two paths are one.
pub(crate) fn place(at: &Path) -> String {
    at.to_str().map_or_else(|| format!("{at:?}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_at_most_migration_folder_depth_max_deep_and_migration_folders_max_large() {
        assert!(check(MIGRATION_FOLDERS_MAX, MIGRATION_FOLDER_DEPTH_MAX).is_ok());
        assert!(check(MIGRATION_FOLDERS_MAX + 1, 1).is_err());
        assert!(check(1, MIGRATION_FOLDER_DEPTH_MAX + 1).is_err());
    }
}
