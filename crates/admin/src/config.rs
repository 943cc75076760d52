//! `rialto config`: the configuration file, and the configuration that verbs change.

mod apply;
mod check;
mod export;
mod sample;
mod show;

use std::path::PathBuf;

use ::config::Settings;
use clap::{Args, Subcommand};

use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

/// The configuration: the file, and what verbs change
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print a file with every setting, its meaning and its default
    Sample,
    /// Check a file
    Check(check::Check),
    /// Print accepted domains, connectors and service settings that differ from the defaults
    Export(export::Export),
    /// Print the settings that a server runs with
    Show(show::Show),
    /// Make accepted domains, connectors and service settings what a document says
    Apply(apply::Apply),
}

/// Which server is meant.
#[derive(Clone, Debug, Default, Args)]
pub struct Target {
    /// The server's configuration file; else the environment variable RIALTO_CONFIG, else
    /// /etc/rialto/rialto.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The server's data directory, in place of its configuration file
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub dir: Option<PathBuf>,
}

impl Config {
    /// The server that the command asks; None, where it asks none.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Config::Sample | Config::Check(_) => None,
            Config::Export(export) => Some(&export.target),
            Config::Show(show) => Some(&show.target),
            Config::Apply(apply) => Some(&apply.target),
        }
    }

    /// Does what was asked. `file` is what the server's configuration file says, where it is
    /// known.
    pub async fn run(
        &self,
        file: Option<&Settings>,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        match self {
            Config::Sample => sample::run(console),
            Config::Check(check) => check.run(console),
            Config::Export(export) => export.run(server, console).await,
            Config::Show(show) => show.run(file, server, console).await,
            Config::Apply(apply) => apply.run(server, console).await,
        }
    }
}
