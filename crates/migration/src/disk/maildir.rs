//! Maildir, with subfolders as Maildir++ (`.Work.2024`) or as folders in folders.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use mailbox::Special;

use super::files::MessageFile;
use super::names::{from_maildir, text};
use super::root::{Listed, Root};
use super::source::Named;
use super::tree::walk;
use crate::error::MigrationError;
use crate::folder::special_by_name;

/// Folders with messages; `tmp` has none yet.
const SUBFOLDERS: [&str; 2] = ["new", "cur"];

/// Whether what is listed makes a Maildir.
pub(crate) fn is_maildir(listed: &[Listed]) -> bool {
    listed.iter().any(|it| it.is_folder && SUBFOLDERS.iter().any(|name| it.name == *name))
}

/// All Maildirs of a tree: where they are, and their names.
pub(crate) fn folders(root: &Root) -> Result<Vec<Named>, MigrationError> {
    let mut found = Vec::new();
    let enters = |name: &OsStr| !["new", "cur", "tmp"].iter().any(|reserved| name == *reserved);
    walk(root, enters, |at, listed| {
        if is_maildir(listed) {
            found.push((at.to_owned(), path(at)));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The names of the folder at a path. The root is the Inbox.
fn path(at: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for step in at.iter().map(text) {
        match step.strip_prefix('.') {
            Some(levels) => {
                names.extend(levels.split('.').filter(|it| !it.is_empty()).map(from_maildir))
            }
            None => names.push(from_maildir(&step)),
        }
    }
    if names.is_empty() {
        names.push("Inbox".to_owned());
    }
    names
}

/// What a Maildir is for.
pub(crate) fn special(at: &Path, path: &[String]) -> Option<Special> {
    match at.as_os_str().is_empty() {
        true => Some(Special::Inbox),
        false => special_by_name(path),
    }
}

/// The messages of a Maildir.
pub(crate) fn files(root: &Root, at: &Path) -> Result<Vec<MessageFile>, MigrationError> {
    let mut found = Vec::new();
    let present = root.list(at)?;
    for sub in SUBFOLDERS {
        if !present.iter().any(|it| it.is_folder && it.name == sub) {
            continue;
        }
        let folder = at.join(sub);
        let listed = root.list(&folder)?.into_iter();
        // A name that begins with a dot is no message.
        let files = listed.filter(|it| !it.is_folder && !it.name.as_bytes().starts_with(b"."));
        found.extend(files.map(|it| {
            let (name, letters) = split(it.name.as_bytes());
            let path = folder.join(&it.name);
            MessageFile { name, letters, path, keeps_time: true }
        }));
    }
    Ok(found)
}

/// The unique name, and the letters of its flags. File systems without `:` have `;` or `!`.
fn split(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = file.windows(3).rposition(|it| b":;!".contains(&it[0]) && &it[1..] == b"2,");
    match at {
        Some(at) => (file[..at].to_vec(), file[at + 3..].to_vec()),
        None => (file.to_vec(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_and_folders() {
        let split = |name: &str| {
            let (name, letters) = split(name.as_bytes());
            [name, letters].map(|part| String::from_utf8(part).unwrap())
        };
        assert_eq!(split("17.M1.host:2,RSa"), ["17.M1.host", "RSa"]);
        assert_eq!(split("17.M1.host,S=5;2,S"), ["17.M1.host,S=5", "S"]);
        assert_eq!(split("17.M1.host"), ["17.M1.host", ""]);
        for (at, names) in [
            ("", &["Inbox"][..]),
            (".Work.2024", &["Work", "2024"]),
            ("Work/2024", &["Work", "2024"]),
            (".Entw&APw-rfe", &["Entwürfe"]),
        ] {
            assert_eq!(path(Path::new(at)), names);
        }
    }
}
