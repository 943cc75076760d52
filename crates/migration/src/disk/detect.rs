//! Seeing how mail is kept at a path.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use types::limits::MIGRATION_DETECTION_FILES_MAX;

use super::eml::is_message;
use super::maildir::is_maildir;
use super::mbox_source::begins_as_mbox;
use super::names::text;
use super::pst_source::begins_as_pst;
use super::root::{Root, absolute};
use crate::error::MigrationError;
use crate::request::DiskFormat;

/// The format at a path: a file that begins with `From ` is an mbox, one that
/// begins with `!BDN` a PST; a folder is what the first
/// sign in it says, the folders nearest to the top first: `cur` or `new`, a name in `.eml`, a
/// file that begins with `From `. Errors: UnknownFormat, without any sign among the first
/// `MIGRATION_DETECTION_FILES_MAX` files; NotAbsolute; File.
pub async fn detect(path: &Path) -> Result<DiskFormat, MigrationError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || look(&path)).await?
}

fn look(path: &Path) -> Result<DiskFormat, MigrationError> {
    absolute(path)?;
    let unknown = || MigrationError::UnknownFormat(path.to_owned());
    let metadata = std::fs::metadata(path).map_err(|error| MigrationError::file(path, error))?;
    if !metadata.is_dir() {
        let (folder, name) = path.parent().zip(path.file_name()).ok_or_else(unknown)?;
        let mut file = Root::open(folder)?.read(Path::new(name))?;
        let read = of_file(&mut file).map_err(|error| MigrationError::file(path, error))?;
        return read.ok_or_else(unknown);
    }
    look_below(&Root::open(path)?)?.ok_or_else(unknown)
}

/// What the beginning of a file says.
fn of_file(file: &mut File) -> io::Result<Option<DiskFormat>> {
    if begins_as_mbox(file)? {
        return Ok(Some(DiskFormat::Mbox));
    }
    file.rewind()?;
    Ok(begins_as_pst(file)?.then_some(DiskFormat::Pst))
}

fn look_below(root: &Root) -> Result<Option<DiskFormat>, MigrationError> {
    let mut waiting = VecDeque::from([PathBuf::new()]);
    let mut seen = 0;
    while let Some(at) = waiting.pop_front() {
        let listed = root.list(&at)?;
        if is_maildir(&listed) {
            return Ok(Some(DiskFormat::Maildir));
        }
        let files = listed.iter().filter(|it| !it.is_folder);
        for file in files {
            seen += 1;
            if seen > MIGRATION_DETECTION_FILES_MAX {
                return Ok(None);
            }
            if is_message(&text(&file.name)) {
                return Ok(Some(DiskFormat::Eml));
            }
            let mut opened = root.read(&at.join(&file.name))?;
            if begins_as_mbox(&mut opened).unwrap_or(false) {
                return Ok(Some(DiskFormat::Mbox));
            }
        }
        waiting.extend(listed.iter().filter(|it| it.is_folder).map(|it| at.join(&it.name)));
        if waiting.len() > MIGRATION_DETECTION_FILES_MAX {
            return Ok(None);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let make = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        make("mbox/notes.txt", "hello");
        make("mbox/Mail/Work", "From a Mon Nov  2 08:30:00 2026\n\n");
        make("maildir/.Work/cur/1", "A: b\n\n");
        make("eml/Work/1.eml", "A: b\n\n");
        make("pst/old.pst", "!BDN and so on");
        make("nothing/notes.txt", "hello");
        let look = |path: &str| look(&folder.path().join(path));
        assert_eq!(look("mbox").unwrap(), DiskFormat::Mbox);
        assert_eq!(look("mbox/Mail/Work").unwrap(), DiskFormat::Mbox);
        assert_eq!(look("maildir").unwrap(), DiskFormat::Maildir);
        assert_eq!(look("eml").unwrap(), DiskFormat::Eml);
        assert_eq!(look("pst/old.pst").unwrap(), DiskFormat::Pst);
        for path in ["nothing", "nothing/notes.txt", "pst"] {
            assert!(matches!(look(path), Err(MigrationError::UnknownFormat(_))));
        }
        assert!(matches!(look("missing"), Err(MigrationError::File { .. })));
    }

    #[test]
    fn looking_ends_after_migration_detection_files_max() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MIGRATION_DETECTION_FILES_MAX - 1 {
            std::fs::write(folder.path().join(number.to_string()), "no mail").unwrap();
        }
        std::fs::write(folder.path().join("z.eml"), "A: b\n\n").unwrap();
        assert_eq!(look(folder.path()).unwrap(), DiskFormat::Eml);
        std::fs::write(folder.path().join("a"), "no mail").unwrap();
        let unknown = look(folder.path());
        assert!(matches!(unknown, Err(MigrationError::UnknownFormat(_))), "{unknown:?}");
    }
}
