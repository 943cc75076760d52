//! Folders of files `*.eml`, one a message. Those of an export are called `0000000012,FS.eml`, with
//! the letters that Maildir has for flags.

use std::path::Path;

use mailbox::Special;

use super::files::MessageFile;
use super::names::{from_file, text};
use super::root::{Listed, Root};
use super::source::Named;
use super::tree::walk;
use crate::error::MigrationError;
use crate::folder::special_by_name;

/// Whether a name ends in `.eml`.
pub(crate) fn is_message(name: &str) -> bool {
    let at = name.len().saturating_sub(4);
    at > 0 && name.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(".eml"))
}

fn messages(listed: &[Listed]) -> impl Iterator<Item = &Listed> {
    listed.iter().filter(|it| !it.is_folder && is_message(&text(&it.name)))
}

/// All folders of a tree; the root counts, as the Inbox, if messages are in it.
pub(crate) fn folders(root: &Root) -> Result<Vec<Named>, MigrationError> {
    let mut found = Vec::new();
    let enters = |name: &std::ffi::OsStr| !text(name).starts_with('.');
    walk(root, enters, |at, listed| {
        let mut path: Vec<String> = at.iter().map(|name| from_file(&text(name))).collect();
        if path.is_empty() && messages(listed).next().is_some() {
            path.push("Inbox".to_owned());
        }
        if !path.is_empty() {
            found.push((at.to_owned(), path));
        }
        Ok(())
    })?;
    Ok(found)
}

/// What a folder is for.
pub(crate) fn special(_at: &Path, path: &[String]) -> Option<Special> {
    special_by_name(path)
}

/// The messages of a folder.
pub(crate) fn files(root: &Root, at: &Path) -> Result<Vec<MessageFile>, MigrationError> {
    let listed = root.list(at)?;
    let file = |it: &Listed| {
        let name = text(&it.name);
        let exported = exported(&name);
        MessageFile {
            name: name.clone().into_bytes(),
            path: at.join(&it.name),
            letters: exported.map(|(_, letters)| letters.as_bytes().to_vec()).unwrap_or_default(),
            keeps_time: exported.is_some(),
        }
    };
    Ok(messages(&listed).map(file).collect())
}

/// Number and letters of a file that an export made.
pub(crate) fn exported(name: &str) -> Option<(u32, &str)> {
    let (number, rest) = name.split_once(',')?;
    let letters = rest.strip_suffix(".eml")?;
    let proper = number.len() == 10 && letters.bytes().all(|letter| letter.is_ascii_alphabetic());
    number.parse().ok().filter(|_| proper).map(|number| (number, letters))
}

/// The name that an export gives.
pub(crate) fn export_name(number: u32, letters: &str) -> String {
    format!("{number:010},{letters}.eml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_exports_come_back() {
        assert_eq!(exported(&export_name(12, "FSa")), Some((12, "FSa")));
        assert_eq!(exported("Hello, world.eml"), None);
        assert_eq!(exported("0000000012,F S.eml"), None);
        assert!(is_message("a.EML") && !is_message(".eml") && !is_message("a.txt"));
    }
}
