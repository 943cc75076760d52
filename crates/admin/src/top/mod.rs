//! `rialto top`: what a running server does, again every second.
//!
//! What it is not: it keeps nothing and draws no curves; that is for Prometheus. It reads what
//! the server tells everybody on its socket, `/metrics` and `/v1/slow-operations`.

mod reading;
mod screen;
mod view;

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;

use crate::api::{Client, METRICS, SLOW_OPERATIONS};
use crate::config::Target;
use crate::exposition::Exposition;
use crate::monitor::SlowOperation;
use crate::{AdminError, Console, Outcome};
use reading::Reading;
use view::View;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(1);

/// Show what a running server does, again every second
#[derive(Debug, Args)]
pub struct Top {
    /// The server.
    #[command(flatten)]
    pub target: Target,
    /// Show it once, after a second, and end
    #[arg(long)]
    once: bool,
    /// As JSON, one line each time
    #[arg(long)]
    json: bool,
}

impl Top {
    /// Shows the server behind this socket until it ends, or somebody ends this.
    pub async fn run(
        &self,
        socket: &Path,
        console: &mut Console<'_>,
    ) -> Result<Outcome, AdminError> {
        let mut before = read(socket).await?;
        loop {
            tokio::time::sleep(EVERY).await;
            let now = read(socket).await?;
            self.show(&View::between(&before, &now), console)?;
            if self.once {
                return Ok(Outcome::Good);
            }
            before = now;
        }
    }

    fn show(&self, view: &View, console: &mut Console<'_>) -> Result<(), AdminError> {
        let text = match (self.json, self.once) {
            (true, _) => format!("{}\n", serde_json::to_string(view)?),
            (false, true) => screen::text(view),
            (false, false) => screen::refreshed(view),
        };
        console.print(&text)?;
        Ok(console.output.flush()?)
    }
}

async fn read(socket: &Path) -> Result<Reading, AdminError> {
    let counts = Exposition::parse(&get(socket, METRICS).await?)?;
    let at = Instant::now();
    let slow: Vec<SlowOperation> = serde_json::from_str(&get(socket, SLOW_OPERATIONS).await?)?;
    Ok(Reading { at, counts, slow })
}

async fn get(socket: &Path, page: &str) -> Result<String, AdminError> {
    let client = Client::connect(socket).await;
    let client = client.map_err(|source| AdminError::File { path: socket.to_owned(), source })?;
    let client = client.ok_or_else(|| AdminError::NotRunning(socket.to_owned()))?;
    Ok(client.get(page).await?)
}
