//! Recorded sessions: every transcript of every protocol, replayed whole and cut up.

use crate::Result;
use crate::process::{cargo, succeed};
use crate::workspace::{self, Crate};

pub fn run() -> Result {
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
