//! `rialto ports firewall`: rules for what is open.

use clap::Args;
use ports::firewall::{self, Format};

use super::running::Directory;
use crate::{AdminError, Console, Outcome, Program};

/// Firewall rules for what the running server has open
#[derive(Debug, Args)]
pub(super) struct Firewall {
    #[command(flatten)]
    directory: Directory,
    /// nftables, iptables or windows
    #[arg(long)]
    format: Format,
}

impl Firewall {
    pub fn run(&self, program: &Program, console: &mut Console<'_>) -> Result<Outcome, AdminError> {
        let registry = self.directory.last_open(console)?;
        console.print(&firewall::rules(&registry, self.format, &program.file))?;
        Ok(Outcome::Good)
    }
}
