//! What stands in no file: promises for later, and paths of one developer's machine.

use std::fs;
use std::path::Path;

use super::Complaint;
use crate::Result;
use crate::workspace::{from_root, repository_files};

/// Written in two halves so that this file passes.
const BANNED: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "what is missing is said where users look, or it is done"),
    (concat!("FIX", "ME"), "what is wrong is repaired"),
    (concat!("unimpl", "emented!"), "what is not there answers with the protocol's error"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
];

/// Kinds of files that people write.
const WRITTEN: &[&str] = &["rs", "md", "toml", "sh", "py", "yml", "yaml", "txt"];

pub fn check() -> Result<Vec<Complaint>> {
    let mut complaints = Vec::new();
    for path in repository_files()?.iter().filter(|path| is_written(path)) {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        complaints.extend(in_text(&from_root(path), &text));
    }
    Ok(complaints)
}

fn is_written(path: &Path) -> bool {
    let corpus = path.components().any(|part| part.as_os_str() == "corpus");
    let end = path.extension().and_then(|end| end.to_str());
    !corpus && end.is_none_or(|end| WRITTEN.contains(&end))
}

fn in_text(path: &str, text: &str) -> Vec<Complaint> {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(number, line)| Some((number, banned(line)?)));
    found
        .map(|(number, (word, why))| {
            Complaint::new(format!("{path}:{}", number + 1), format!("{word}: {why}"))
        })
        .collect()
}

fn banned(line: &str) -> Option<(&'static str, &'static str)> {
    BANNED
        .iter()
        .copied()
        .find(|(word, _)| line.match_indices(word).any(|(at, _)| begins(line, at)))
}

/// Whether nothing runs into what stands at `at`: `$DIR/home/` is a path below a variable.
fn begins(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_}".contains(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_words_are_found_with_their_line() {
        let complaints = in_text("a.rs", &format!("fine\n// {}: later\n", BANNED[0].0));
        assert_eq!(complaints[0].place, "a.rs:2");
        assert_eq!(complaints.len(), 1);
    }

    #[test]
    fn folders_below_a_variable_are_no_paths_of_a_machine() {
        let home = BANNED[3].0;
        assert!(banned(&format!("cd {home}me")).is_some());
        assert!(banned(&format!("cd $DIR{home}me")).is_none());
    }

    #[test]
    fn data_of_fuzzers_is_not_written_by_people() {
        assert!(!is_written(Path::new("fuzz/corpus/smtp/a.txt")));
        assert!(is_written(Path::new("Makefile")));
        assert!(!is_written(Path::new("docs/map.svg")));
    }
}
