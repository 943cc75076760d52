//! `rialto run`: a server as its configuration file says.

use std::net::SocketAddr;
use std::path::PathBuf;

use admin::Outcome;
use clap::Args;
use config::Settings;
use net::shutdown::Signals;
use ports::Role;
use roles::MailboxServer;

use super::serve::until_terminated;
use crate::error::Error;
use crate::logging;
use crate::telemetry::Telemetry;

/// Run a server in the foreground
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration file; `rialto config sample` prints one
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The only name server to ask, in place of the file's
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<SocketAddr>,
}

impl Run {
    /// Serves until SIGTERM or SIGINT.
    pub async fn run(self) -> Result<Outcome, Error> {
        let mut settings = Settings::load(&self.config)?;
        settings.resolver.server = self.resolver.or(settings.resolver.server);
        let (observer, telemetry) = Telemetry::start(&settings)?;
        logging::start(&settings.log, observer);
        if settings.role != Role::Mailbox {
            return Err(Error::Role(settings.role));
        }
        let signals = Signals::install().map_err(Error::Signals)?;
        let server = MailboxServer::start(settings).await?;
        tracing::info!(server = server.settings().server_name, "ready");
        until_terminated(&server, signals).await;
        tracing::info!("stopping");
        server.stop().await;
        telemetry.finish().await;
        Ok(Outcome::Good)
    }
}
