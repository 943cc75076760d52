//! `rialto explain message ID`: what became of a message.
//!
//! Get-MessageTrackingLog tells what happened, Get-Message and Get-Queue what waits and why,
//! Get-TransportService how far back the log reaches.

mod gather;
mod outcome;
mod screen;

use clap::Args;

use self::gather::{Explained, gather};
use crate::config::Target;
use crate::shell::Executor;
use crate::{AdminError, Console, Outcome};

#[derive(Debug, Args)]
pub struct Message {
    /// A Message-ID in angle brackets or not, an internal message id or a network message id
    id: String,
    /// The server.
    #[command(flatten)]
    pub target: Target,
    /// As JSON: an object whose Messages have their events and recipients
    #[arg(long)]
    json: bool,
}

impl Message {
    /// Errors: Untracked, when neither the log nor a queue has it.
    pub(super) async fn run(
        &self,
        server: &impl Executor,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let explained: Explained = gather(server, self.id.trim()).await?;
        let page = match self.json {
            true => serde_json::to_string_pretty(&explained)? + "\n",
            false => screen::page(&explained),
        };
        console.print(&page)?;
        Ok(Outcome::Good)
    }
}
