//! Everything that must pass before a change is taken, in one list.

use std::time::Instant;

use crate::process::{cargo, succeed, succeed_watched};
use crate::{Result, crash, deny, fuzz, tidy};

/// A name to print, and what is done.
type Step = (&'static str, fn() -> Result);

/// Those of the program that are off unless somebody asks.
const FEATURES: &str = "rialto/opentelemetry";

/// Cheap and telling first; the tests last, so that their result is what one reads.
const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("dependencies", deny::run),
    ("lints", lints),
    ("documentation", documentation),
    ("fuzz", fuzz::smoke),
    ("crash", crash::smoke),
    ("tests", tests),
];

pub fn run() -> Result {
    let start = Instant::now();
    for (name, step) in STEPS {
        let begun = Instant::now();
        println!("\n==> {name}");
        step().map_err(|failure| format!("{name}: {failure}"))?;
        println!("==> {name}: passed in {} s", begun.elapsed().as_secs());
    }
    println!("\nci: {} steps passed in {} s", STEPS.len(), start.elapsed().as_secs());
    Ok(())
}

fn format() -> Result {
    succeed(&mut cargo(["fmt", "--all", "--check"]))
}

fn lints() -> Result {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    succeed(&mut cargo(arguments))
}

fn documentation() -> Result {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--locked"]);
    succeed(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs all of them even when one fails, and adds up what the test programs say. Features only
/// add: with all of them everything is built and tested once, and `lints` has compiled the rest.
fn tests() -> Result {
    let mut sum = Sum::default();
    let mut command =
        cargo(["test", "--workspace", "--features", FEATURES, "--locked", "--no-fail-fast"]);
    let result = succeed_watched(&mut command, |line| sum.add(line));
    println!(
        "\ntests: {} passed, {} failed, {} ignored in {} programs",
        sum.passed, sum.failed, sum.ignored, sum.programs
    );
    result
}

/// What the lines `test result: ok. 12 passed; 0 failed; 1 ignored; …` say together.
#[derive(Default)]
struct Sum {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Sum {
    fn add(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        self.programs += 1;
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                Some((number, "ignored")) => self.ignored += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_programs_add_up() {
        let mut sum = Sum::default();
        sum.add("running 3 tests");
        sum.add("test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s");
        sum.add("test result: FAILED. 1 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!((sum.programs, sum.passed, sum.failed, sum.ignored), (2, 3, 4, 1));
    }
}
