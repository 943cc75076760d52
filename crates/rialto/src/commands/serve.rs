//! Being a server in the foreground: until a signal says that it is enough.

use net::shutdown::{Signal, Signals};
use roles::MailboxServer;

/// Waits for SIGTERM or SIGINT; at SIGHUP reads the certificates again.
pub async fn until_terminated(server: &MailboxServer, mut signals: Signals) {
    loop {
        match signals.next().await {
            Signal::Terminate => return,
            Signal::Reload => reload(server),
        }
    }
}

/// A server that serves goes on with what it has.
fn reload(server: &MailboxServer) {
    match server.reload() {
        Ok(changed) => tracing::info!(changed, "certificates read; other settings need a restart"),
        Err(error) => tracing::error!(%error, "certificates not read, the old ones stay"),
    }
}
