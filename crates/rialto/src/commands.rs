//! One module a command of the program; the administrator's are in crate `admin`.

pub mod completion;
pub mod demo;
pub mod reference;
pub mod run;
mod serve;
pub mod setup;
mod verb;

use std::env;
use std::io;
use std::path::Path;

use admin::{Console, Outcome, Program};
use types::{AddressError, Domain};

use crate::cli::{Command, Task};
use crate::error::Error;

/// Where the configuration file is unless somebody says otherwise.
const CONFIG_FILE: &str = "/etc/rialto/rialto.toml";

/// Does what was asked.
pub async fn run(task: Task) -> Result<Outcome, Error> {
    let (mut output, mut notices) = (io::stdout(), io::stderr());
    let mut console = Console { output: &mut output, notices: &mut notices };
    let command = match task {
        Task::Verb(line) => return verb::run(*line, &mut console).await,
        Task::Command(command) => command,
    };
    match *command {
        Command::Demo(demo) => demo.run().await,
        Command::Run(run) => run.run().await,
        Command::Setup(setup) => setup.run(&mut console).await,
        Command::Config(config) => verb::config(&config, &mut console).await,
        Command::Ports(ports) => Ok(ports.run(&program(), &mut console).await?),
        Command::Completion(completion) => {
            completion.run(console.output)?;
            Ok(Outcome::Good)
        }
        Command::Reference(reference) => {
            reference.run(console.output)?;
            Ok(Outcome::Good)
        }
        Command::Top(top) => verb::top(&top, &mut console).await,
        Command::Backup(backup) => verb::backup(&backup, &program(), &mut console).await,
        Command::Restore(restore) => verb::restore(&restore, &mut console).await,
        Command::Explain(explain) => verb::explain(&explain, &mut console).await,
        Command::Store(store) => Ok(store.run(&program(), &mut console).await?),
    }
}

/// What the administrator's commands must know of this program.
fn program() -> Program {
    Program {
        built: roles::built(),
        file: file(),
        // The ports are those of the server that runs now.
        passing: &[roles::logs::FOLDER_NAME, ports::FILE_NAME],
        database_folders: |data: &Path| roles::storage::database_folders(data).to_vec(),
    }
}

/// The program's file; by its name alone when the system does not tell.
fn file() -> String {
    env::current_exe().map_or_else(|_| "rialto".to_owned(), |path| path.display().to_string())
}

/// A name, not an address in brackets: a server's own name is made from it.
fn name(text: &str) -> Result<Domain, AddressError> {
    match Domain::parse(text)? {
        domain if domain.is_literal() => Err(AddressError::Domain),
        domain => Ok(domain),
    }
}
