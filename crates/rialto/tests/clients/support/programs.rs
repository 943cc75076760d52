//! Running programs that are installed, or not.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::patience::PATIENCE;

/// Folders of programs that administrators run, which a user's PATH may lack.
const SYSTEM_FOLDERS: &str = "/usr/sbin:/sbin";

/// Whether a program is there. If not, says so where test output is not captured.
///
/// # Panics
/// When it is missing where `CI` is `true`.
pub fn installed(program: &str) -> bool {
    let found = is_in_path(program);
    if !found {
        missing(&format!("{program} is not installed"));
    }
    found
}

/// A test cannot run here, for this reason.
///
/// # Panics
/// Where `CI` is `true`: there, every test runs.
pub fn missing(reason: &str) {
    assert!(env::var("CI").as_deref() != Ok("true"), "{reason}");
    not_allowed(reason);
}

/// A test cannot run here, because the system does not let it, whoever runs it.
pub fn not_allowed(reason: &str) {
    // Not by a macro: what those print in a test that passes is not shown.
    io::stderr().write_all(format!("SKIPPED: {reason}\n").as_bytes()).unwrap();
}

fn is_in_path(program: &str) -> bool {
    let path = env::var("PATH").unwrap_or_default();
    env::split_paths(&format!("{path}:{SYSTEM_FOLDERS}"))
        .any(|folder| folder.join(program).is_file())
}

/// A program that is killed when it hangs, with its children. No input, no settings of whoever
/// runs the tests.
pub fn program(name: impl AsRef<Path>) -> Command {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE.as_secs().to_string()).arg(name.as_ref()).stdin(Stdio::null());
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:{SYSTEM_FOLDERS}")).env("LC_ALL", "C.UTF-8");
    command.env_remove("MAIL").env_remove("MAILDIR").env("HOME", "/nonexistent");
    command
}

/// How a program ended.
pub struct Ended {
    /// Its exit code; 124 when it hung.
    pub code: Option<i32>,
    /// What it wrote to standard output, and after that to standard error.
    pub text: String,
    command: String,
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let written = [output.stdout, output.stderr].concat();
    Ended {
        code: output.status.code(),
        text: String::from_utf8_lossy(&written).into_owned(),
        command: command_line(command),
    }
}

fn command_line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.display().to_string());
    format!("{} {}", command.get_program().display(), arguments.collect::<Vec<_>>().join(" "))
}

impl Ended {
    /// What it wrote.
    ///
    /// # Panics
    /// When it did not end well.
    pub fn well(self) -> String {
        self.with(0)
    }

    /// What it wrote.
    ///
    /// # Panics
    /// When it ended with another exit code.
    pub fn with(self, code: i32) -> String {
        let Ended { command, text, .. } = &self;
        assert_eq!(self.code, Some(code), "{command}\n{text}");
        self.text
    }
}
