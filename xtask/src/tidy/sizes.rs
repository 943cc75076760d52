//! Sizes, for the eye: length of functions, share of comments and tests. Nothing fails here.

use std::fmt;

use crate::workspace::{Crate, File};

/// Above this a function should say in its documentation why it is so long.
const FUNCTION_LINES_LONG: usize = 70;

/// What is known of all crates together.
pub struct Report {
    /// Lengths of the functions outside of tests, ascending.
    lengths: Vec<usize>,
    /// `path:line name`, length.
    long: Vec<(String, usize)>,
    production_lines: usize,
    test_lines: usize,
    comment_lines: usize,
}

impl Report {
    pub fn of(crates: &[Crate]) -> Report {
        let mut report = Report {
            lengths: Vec::new(),
            long: Vec::new(),
            production_lines: 0,
            test_lines: 0,
            comment_lines: 0,
        };
        crates.iter().flat_map(|each| &each.files).for_each(|file| report.add(file));
        report.lengths.sort_unstable();
        report
    }

    fn add(&mut self, file: &File) {
        let lines = file.source.raw.len();
        self.comment_lines += file.source.comment_lines();
        if file.is_test {
            self.test_lines += lines;
            return;
        }
        let tests = file.source.test.iter().filter(|test| **test).count();
        self.test_lines += tests;
        self.production_lines += lines - tests;
        for function in file.source.functions() {
            self.lengths.push(function.lines);
            if function.lines > FUNCTION_LINES_LONG {
                let place = format!("{}:{} {}", file.path, function.first_line + 1, function.name);
                self.long.push((place, function.lines));
            }
        }
    }

    /// The length that `share` per cent of the functions do not exceed.
    fn percentile(&self, share: usize) -> usize {
        let last = self.lengths.len().saturating_sub(1);
        self.lengths.get(last * share / 100).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = (self.production_lines + self.test_lines).max(1);
        writeln!(
            to,
            "tidy: {lines} lines, {} % tests, {} % comments",
            self.test_lines * 100 / lines,
            self.comment_lines * 100 / lines
        )?;
        write!(
            to,
            "tidy: {} functions, lines: median {}, nine in ten {}, longest {}; {} over {FUNCTION_LINES_LONG}",
            self.lengths.len(),
            self.percentile(50),
            self.percentile(90),
            self.percentile(100),
            self.long.len()
        )?;
        for (place, lines) in &self.long {
            write!(to, "\n  {place}: {lines} lines")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust_source::Source;

    #[test]
    fn long_functions_are_named() {
        let text = format!("fn short() {{}}\nfn long() {{\n{}}}\n", "    x();\n".repeat(80));
        let mut report = Report::of(&[]);
        report.add(&File { path: "a.rs".into(), source: Source::read(&text), is_test: false });
        assert_eq!(report.long, [("a.rs:2 long".to_owned(), 82)]);
    }

    #[test]
    fn an_empty_workspace_has_a_report() {
        assert!(Report::of(&[]).to_string().contains("0 functions"));
    }
}
