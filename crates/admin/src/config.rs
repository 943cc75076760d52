//! `rialto config`: the configuration file.

mod check;
mod sample;

use clap::Subcommand;

use crate::{AdminError, Console, Outcome};

/// The configuration file
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print a file with every setting, its meaning and its default
    Sample,
    /// Check a file
    Check(check::Check),
}

impl Config {
    /// Does what was asked.
    pub fn run(&self, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        match self {
            Config::Sample => sample::run(console),
            Config::Check(check) => check.run(console),
        }
    }
}
