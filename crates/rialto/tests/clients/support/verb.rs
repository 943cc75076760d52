//! Verbs at the command line.

use std::fs::{self, File};
use std::process::Command;

use serde_json::Value;

use super::programs::{program, run};
use super::server::{Data, RIALTO};

/// A verb for the server of this data.
pub fn verb(data: &Data, words: &[&str]) -> Command {
    let mut command = program(RIALTO);
    command.args(words).arg("--dir").arg(data.path());
    command
}

/// What a verb answers with.
pub fn objects(data: &Data, words: &[&str]) -> Vec<Value> {
    answers(&mut verb(data, words))
}

/// The same of a command that was made by [`verb`].
pub fn answers(verb: &mut Command) -> Vec<Value> {
    let shown = run(verb.arg("--json")).well();
    serde_json::from_str(&shown).unwrap()
}

/// A file to be standard input.
pub fn input(data: &Data, text: &str) -> File {
    let path = data.path().join("input");
    fs::write(&path, text).unwrap();
    File::open(path).unwrap()
}
