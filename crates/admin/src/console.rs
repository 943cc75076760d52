//! Where commands write, and how they end.

use std::io::{self, Write};

use crate::AdminError;

/// Standard output and standard error, or what tests put in their place.
pub struct Console<'a> {
    /// What was asked for.
    pub output: &'a mut dyn Write,
    /// What should be known besides; never part of what another program reads.
    pub notices: &'a mut dyn Write,
}

impl Console<'_> {
    /// Writes what was asked for. The text brings its line ends.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<()> {
        self.write(text.as_bytes())
    }

    /// Writes octets that were asked for.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.output.write_all(octets)
    }

    /// Asks a person; anything but a yes is a no.
    pub(crate) fn ask(&mut self, question: &str) -> Result<bool, AdminError> {
        self.notice(&format!("{question} [y/N]"))?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Writes a line to know besides.
    pub(crate) fn notice(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.notices, "{line}")
    }
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; what it checked, if it checks something, is right.
    Good,
    /// It checked something, and that is wrong.
    Wrong,
}

impl Outcome {
    /// The outcome of a check.
    pub(crate) fn of(good: bool) -> Outcome {
        if good { Outcome::Good } else { Outcome::Wrong }
    }
}
