//! The administrator's password, from a file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use admin::shell;
use roles::setup::Password;

use super::SetupArgumentError;

/// Written in place of a file.
const STANDARD_INPUT: &str = "-";

/// The first line of a file.
pub(super) fn read(file: &Path) -> Result<Password, SetupArgumentError> {
    let line = match file == Path::new(STANDARD_INPUT) {
        true => shell::ask_secret("password: "),
        false => first_line(file),
    };
    let line = line.map_err(|source| SetupArgumentError::File { path: file.to_owned(), source })?;
    parse(&line.unwrap_or_default())
}

fn first_line(file: &Path) -> io::Result<Option<String>> {
    let mut file = BufReader::new(File::open(file)?);
    shell::first_line(&mut file)
}

/// Errors: what no password can be.
pub(super) fn parse(text: &str) -> Result<Password, SetupArgumentError> {
    Password::new(text).map_err(|failure| SetupArgumentError::Password(failure.to_string()))
}
