//! `rialto config show`: what a server runs with.

use ::config::Settings;
use ::config::object::Extent;
use clap::Args;

use super::Target;
use super::export::document;
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

#[derive(Debug, Args)]
pub struct Show {
    /// Only what differs from the default
    #[arg(long)]
    changed: bool,
    #[command(flatten)]
    pub target: Target,
}

impl Show {
    /// `file` is what the configuration file says; None, where the server is known by its data
    /// alone.
    pub(super) async fn run(
        &self,
        file: Option<&Settings>,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let extent = if self.changed { Extent::Changed } else { Extent::All };
        if let Some(file) = file {
            console.print("# The configuration file.\n")?;
            console.print(&file.to_start_with(extent).to_string())?;
            console.print("\n# The directory.\n")?;
        }
        console.print(&document(server, extent).await?)?;
        Ok(Outcome::Good)
    }
}
