//! The root of every crate opens with `//!`: what it is, what it is not, its invariants.

use super::Complaint;
use crate::workspace::{Crate, File};

/// Lines of a head below which nothing can have been said.
const HEAD_LINES_MIN: usize = 3;

pub fn check(crates: &[Crate]) -> Vec<Complaint> {
    crates.iter().flat_map(in_crate).collect()
}

fn in_crate(each: &Crate) -> Vec<Complaint> {
    let is_root =
        |file: &&File| ["/src/lib.rs", "/src/main.rs"].iter().any(|root| file.path.ends_with(root));
    let roots = each.files.iter().filter(is_root);
    let short = roots.filter(|file| head_lines(&file.source.raw) < HEAD_LINES_MIN);
    short
        .map(|file| Complaint::at(file, 0, "no head that says what the crate is and is not"))
        .collect()
}

fn head_lines(raw: &[String]) -> usize {
    raw.iter().take_while(|line| line.starts_with("//!")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_counted_up_to_the_first_other_line() {
        let lines = ["//! One.", "//!", "//! Three.", "", "//! no more"].map(str::to_owned);
        assert_eq!(head_lines(&lines), 3);
    }
}
