//! Recorded sessions: every transcript of every protocol, replayed whole and cut up; and how
//! one is recorded.

mod record;

use crate::Result;
use crate::process::{cargo, succeed};
use crate::workspace::{self, Crate};

/// `transcripts [record …]`
pub fn run(arguments: &[String]) -> Result {
    match arguments.split_first() {
        None => replay(),
        Some((task, rest)) if task == "record" => record::run(rest),
        Some((task, _)) => Err(format!("transcripts cannot {task}").into()),
    }
}

/// Tests that play transcripts.
pub fn replay() -> Result {
    let crates = workspace::crates()?;
    let recorded: Vec<&str> =
        crates.iter().filter(|each| has_transcripts(each)).map(|each| each.name.as_str()).collect();
    println!("transcripts of {}", recorded.join(", "));
    let packages = recorded.iter().flat_map(|name| ["--package", name]);
    succeed(&mut cargo(["test", "--locked", "--no-fail-fast"].into_iter().chain(packages)))
}

/// Protocol crates that keep sessions in `tests/transcripts`.
fn has_transcripts(each: &Crate) -> bool {
    workspace::root().join("crates").join(&each.name).join("tests/transcripts").is_dir()
}
