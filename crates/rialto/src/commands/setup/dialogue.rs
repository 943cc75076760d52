//! Questions to a person, until the answers make sense.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use admin::shell;

use super::SetupArgumentError;

/// Who answers. None: gone.
pub(super) trait Person {
    /// One line.
    fn answer(&mut self, question: &str) -> io::Result<Option<String>>;
    /// One line that nobody sees.
    fn secret(&mut self, question: &str) -> io::Result<Option<String>>;
    /// Something to read.
    fn tell(&mut self, text: &str) -> io::Result<()>;
}

/// Who sits before the program. Questions go where notices go: what is printed is for files.
pub(super) struct Terminal;

impl Terminal {
    /// Somebody who reads and writes.
    pub fn is_there() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }
}

impl Person for Terminal {
    fn answer(&mut self, question: &str) -> io::Result<Option<String>> {
        let mut screen = io::stderr();
        screen.write_all(question.as_bytes())?;
        screen.flush()?;
        shell::first_line(&mut io::stdin().lock())
    }

    fn secret(&mut self, question: &str) -> io::Result<Option<String>> {
        shell::ask_secret(question)
    }

    fn tell(&mut self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{text}")
    }
}

/// A talk with a person.
pub(super) struct Dialogue<'p> {
    person: &'p mut dyn Person,
}

impl<'p> Dialogue<'p> {
    /// The beginning.
    pub fn new(person: &'p mut dyn Person) -> Self {
        Dialogue { person }
    }

    /// Begins a step.
    pub fn step(&mut self, text: &str) -> Result<(), SetupArgumentError> {
        self.person.tell(&format!("\n{text}")).map_err(gone)
    }

    /// Asks until the answer can be read; an empty one is the default.
    pub fn ask<T, E: Display>(
        &mut self,
        what: &str,
        default: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, SetupArgumentError> {
        loop {
            let answer = self.line(&question(what, default))?;
            let answer = if answer.is_empty() { default } else { &answer };
            match read(answer) {
                Ok(value) => return Ok(value),
                Err(error) => self.person.tell(&error.to_string()).map_err(gone)?,
            }
        }
    }

    /// Asks for a secret, twice the same, until it is one.
    pub fn new_secret<T, E: Display>(
        &mut self,
        what: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, SetupArgumentError> {
        loop {
            let first = self.unseen(&format!("  {what}: "))?;
            let problem = match read(&first) {
                Ok(value) if self.unseen(&format!("  {what} again: "))? == first => {
                    return Ok(value);
                }
                Ok(_) => "the two are not the same".to_owned(),
                Err(error) => error.to_string(),
            };
            self.person.tell(&problem).map_err(gone)?;
        }
    }

    /// Whether something is to be done; an empty answer is a yes.
    pub fn agrees(&mut self, what: &str) -> Result<bool, SetupArgumentError> {
        self.step(what)?;
        let answer = self.line("Set it up? [Y/n] ")?;
        Ok(matches!(answer.to_ascii_lowercase().as_str(), "" | "y" | "yes"))
    }

    fn line(&mut self, question: &str) -> Result<String, SetupArgumentError> {
        let answer = self.person.answer(question).map_err(gone)?;
        Ok(answer.ok_or(SetupArgumentError::NoAnswer)?.trim().to_owned())
    }

    fn unseen(&mut self, question: &str) -> Result<String, SetupArgumentError> {
        self.person.secret(question).map_err(gone)?.ok_or(SetupArgumentError::NoAnswer)
    }
}

fn question(what: &str, default: &str) -> String {
    match default.is_empty() {
        true => format!("  {what}: "),
        false => format!("  {what} [{default}]: "),
    }
}

/// A terminal that cannot be read or written any more.
fn gone(error: io::Error) -> SetupArgumentError {
    SetupArgumentError::File { path: "terminal".into(), source: error }
}
