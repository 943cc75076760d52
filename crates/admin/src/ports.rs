//! `rialto ports`: the port table on the command line.

mod check;
mod firewall;
mod list;
mod map;
mod running;

use clap::{Args, Subcommand};

use crate::{AdminError, Console, Outcome, Program};

/// The port table: what listens, what connects, and why
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Ports {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Command {
    Firewall(firewall::Firewall),
    Map(map::Map),
    Check(check::Check),
}

impl Ports {
    /// Does what was asked.
    pub async fn run(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        match &self.command {
            None => self.list.run(program, console),
            Some(Command::Firewall(firewall)) => firewall.run(program, console),
            Some(Command::Map(map)) => map.run(program, console),
            Some(Command::Check(check)) => check.run(console).await,
        }
    }
}
