//! The command line.

use clap::{Parser, Subcommand};
use tracing::Level;

use crate::commands::{demo, run};

/// A mail server that does on the network what Exchange does
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
#[command(after_help = "The environment variable RIALTO_LOG sets what is logged: error, warn, \
    info, debug, or a list such as info,smtp=debug.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    #[command(subcommand)]
    Config(admin::config::Config),
    Ports(admin::ports::Ports),
    #[command(subcommand)]
    Store(admin::store::Store),
    GetRecoverableItems(admin::recoverable_items::GetRecoverableItems),
    RestoreRecoverableItems(admin::recoverable_items::RestoreRecoverableItems),
}

impl Command {
    /// What is logged unless the environment says otherwise: a demonstration's screen belongs
    /// to who tries it.
    pub fn default_log_level(&self) -> Level {
        match self {
            Command::Run(_) => Level::INFO,
            _ => Level::WARN,
        }
    }
}
