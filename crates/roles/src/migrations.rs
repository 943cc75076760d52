//! Working on requests to import and to export, a few at a time, in the background.
//!
//! What it is not: it decides nothing. What a request does is in crate `migration`, which records
//! as it goes, so that a task may be dropped anywhere: the next start goes on.

use std::collections::HashSet;
use std::sync::Arc;

use mailbox::{Fault, Home, Homes, Mailbox};
use migration::{Ledger, MigrationError, Network, Request, RequestId, RequestStatus, Requests};
use net::connect::{OwnListeners, Rules};
use net::{Connector, Resolver, Shutdown};
use tokio::task::{JoinHandle, JoinSet};
use types::limits::MIGRATION_REQUESTS_RUNNING_MAX;

use crate::homes::ServerHomes;
use crate::outbound::send::trusted_roots;
use crate::server::{Parts, StartError};

/// Works on requests until shutdown is asked for.
pub(crate) fn start(
    parts: &Parts,
    own_listeners: OwnListeners,
    shutdown: Shutdown,
) -> Result<JoinHandle<()>, StartError> {
    let runner = Runner {
        network: network(parts, own_listeners)?,
        requests: Requests::new(parts.storage.mailboxes.clone()),
        homes: Arc::clone(&parts.homes),
        running: JoinSet::new(),
        taken: HashSet::new(),
    };
    Ok(tokio::spawn(runner.run(shutdown)))
}

/// The way to other servers, whose names an administrator says.
fn network(parts: &Parts, own_listeners: OwnListeners) -> Result<Network, StartError> {
    let resolver = match parts.settings.resolver.server {
        Some(server) => Resolver::with_server(server),
        None => Resolver::system(),
    };
    let rules = Rules { allow_loopback: parts.settings.resolver.allow_loopback, own_listeners };
    Ok(Network {
        connector: Connector::new(rules),
        resolver: resolver.map_err(|error| StartError::Resolver(error.to_string()))?,
        roots: trusted_roots(&parts.settings),
    })
}

struct Runner {
    network: Network,
    requests: Requests,
    homes: Arc<ServerHomes>,
    running: JoinSet<Ended>,
    /// Requests that are worked on, and those whose end could not be noted: they wait for the
    /// next start.
    taken: HashSet<RequestId>,
}

/// A request, and whether its end is noted.
type Ended = (RequestId, Result<(), MigrationError>);

impl Runner {
    async fn run(mut self, shutdown: Shutdown) {
        let mut changes = self.requests.watch();
        loop {
            if let Err(error) = self.begin().await {
                tracing::error!(%error, "import and export requests cannot be read");
            }
            tokio::select! {
                () = shutdown.requested() => break,
                () = changes.changed() => {}
                Some(ended) = self.running.join_next() => match ended {
                    Ok(ended) => self.release(ended),
                    Err(error) => tracing::error!(%error, "a request was cut off"),
                },
            }
        }
        self.running.shutdown().await;
    }

    /// Begins what waits while there is room, what was begun before first.
    async fn begin(&mut self) -> Result<(), MigrationError> {
        let mut waiting = self.requests.all().await?;
        waiting.retain(|(request, state)| {
            state.status.is_active() && !self.taken.contains(&request.id)
        });
        waiting.sort_by_key(|(_, state)| state.status != RequestStatus::InProgress);
        for (request, _) in waiting.into_iter().take(room(self.running.len())) {
            self.taken.insert(request.id);
            let (requests, homes) = (self.requests.clone(), Arc::clone(&self.homes));
            self.running.spawn(work(requests, homes, self.network.clone(), request));
        }
        Ok(())
    }

    fn release(&mut self, (id, ended): Ended) {
        match ended {
            Ok(()) => drop(self.taken.remove(&id)),
            Err(error) => tracing::error!(%error, "the end of a request was not noted"),
        }
    }
}

/// How many more may be begun.
const fn room(running: usize) -> usize {
    MIGRATION_REQUESTS_RUNNING_MAX.saturating_sub(running)
}

async fn work(
    requests: Requests,
    homes: Arc<ServerHomes>,
    network: Network,
    request: Request,
) -> Ended {
    tracing::info!(request = request.name, kind = ?request.kind, "working on a request");
    let ended = match mailbox(&homes, &request).await {
        Ok(mailbox) => migration::run(&request, &mailbox, &network).await,
        Err(fault) => Ledger::of(&request).end(requests.database(), Err(fault.to_string())).await,
    };
    (request.id, ended)
}

async fn mailbox(homes: &ServerHomes, request: &Request) -> Result<Mailbox, Fault> {
    let owner = request.mailbox();
    match homes.home(owner, owner).await? {
        Home::Local(mailbox) => Ok(mailbox),
        Home::Remote(_) => Err(Fault::Moved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_migration_requests_running_max_are_worked_on() {
        assert_eq!(room(0), MIGRATION_REQUESTS_RUNNING_MAX);
        assert_eq!(room(MIGRATION_REQUESTS_RUNNING_MAX), 0);
    }
}
