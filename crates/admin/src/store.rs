//! `rialto store`: the databases of a server.

mod verify;

use clap::Subcommand;

use crate::{AdminError, Console, Outcome, Program};

/// The databases of a server
#[derive(Debug, Subcommand)]
pub enum Store {
    /// Read everything in the databases of a stopped server, and name what is damaged
    Verify(verify::Verify),
}

impl Store {
    /// Does what was asked.
    pub async fn run(
        &self,
        program: &Program,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        match self {
            Store::Verify(verify) => verify.run(program, console).await,
        }
    }
}
