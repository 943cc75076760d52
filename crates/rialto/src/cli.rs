//! The command line.

use admin::shell::{self, Line};
use clap::{CommandFactory, Parser, Subcommand};
use config::{Log, LogLevel};

use crate::commands::{completion, demo, reference, run, setup};

/// A mail server that does on the network what Exchange does
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
#[command(after_help = "Administration goes by verbs such as get-mailbox or Get-Mailbox: \
    `rialto get-command` lists them, `rialto VERB --help` explains one.\n\n\
    The environment variable RIALTO_LOG sets what is logged: error, warn, info, debug, or a list \
    such as info,smtp=debug; RIALTO_LOG_FORMAT sets how: text or json.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Setup(Box<setup::Setup>),
    #[command(subcommand)]
    Config(admin::config::Config),
    Ports(admin::ports::Ports),
    #[command(subcommand)]
    Store(admin::store::Store),
    Backup(admin::backup::Backup),
    Restore(admin::backup::Restore),
    Top(admin::top::Top),
    #[command(subcommand)]
    Explain(admin::explain::Explain),
    Completion(completion::Completion),
    #[command(subcommand, hide = true)]
    Reference(reference::Reference),
}

/// What a command line asks for.
pub enum Task {
    /// A command of this program.
    Command(Box<Command>),
    /// A verb of the administrator.
    Verb(Box<Line>),
}

/// Reads the command line. Where it is wrong or asks for help, the program ends here.
pub fn read() -> Task {
    // What is no Unicode is clap's to refuse.
    let words: Result<Vec<String>, _> =
        std::env::args_os().skip(1).map(|word| word.into_string()).collect();
    match words {
        Ok(words) if words.first().is_some_and(|first| Line::is_verb(first)) => {
            let line = Line::parse(words).unwrap_or_else(|error| error.exit());
            Task::Verb(Box::new(line))
        }
        _ => Task::Command(Box::new(Cli::parse().command)),
    }
}

/// All of the command line, verbs included, for completion and manual pages.
pub fn whole() -> clap::Command {
    Cli::command().subcommands(shell::commands())
}

impl Task {
    /// What is logged unless the environment says otherwise: the screen belongs to who tries a
    /// demonstration or runs a verb. None for a server, whose configuration file says it.
    pub fn log(&self) -> Option<Log> {
        match self {
            Task::Command(command) if matches!(**command, Command::Run(_)) => None,
            _ => Some(Log { level: LogLevel::Warn, ..Log::default() }),
        }
    }
}
