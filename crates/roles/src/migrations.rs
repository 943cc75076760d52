//! Working on requests to import and to export, a few at a time, in the background.
//!
//! What it is not: it decides nothing. What a request does is in crate `migration`, which records
//! as it goes, so that a task may be dropped anywhere: the next start goes on.

use std::collections::HashMap;
use std::sync::Arc;

use mailbox::{Fault, Home, Homes, Mailbox};
use migration::{Ledger, MigrationError, Network, Request, Requests, Schedule};
use net::connect::{OwnListeners, Rules};
use net::{Connector, Shutdown};
use tokio::task::{self, JoinHandle, JoinSet};
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
        tasks: HashMap::new(),
        schedule: Schedule::new(MIGRATION_REQUESTS_RUNNING_MAX),
    };
    Ok(tokio::spawn(runner.run(shutdown)))
}

/// The way to other servers, whose names an administrator says.
fn network(parts: &Parts, own_listeners: OwnListeners) -> Result<Network, StartError> {
    let rules = Rules { allow_loopback: parts.settings.resolver.allow_loopback, own_listeners };
    Ok(Network {
        connector: Connector::new(rules),
        resolver: parts.resolver.clone(),
        roots: trusted_roots(&parts.settings),
    })
}

struct Runner {
    network: Network,
    requests: Requests,
    homes: Arc<ServerHomes>,
    /// What works on requests, and says whether their end is noted.
    running: JoinSet<Result<(), MigrationError>>,
    /// On which.
    tasks: HashMap<task::Id, Request>,
    schedule: Schedule,
}

impl Runner {
    async fn run(mut self, shutdown: Shutdown) {
        let mut changes = self.requests.watch();
        self.refresh().await;
        loop {
            self.begin();
            tokio::select! {
                () = shutdown.requested() => break,
                () = changes.changed() => self.refresh().await,
                Some(ended) = self.running.join_next_with_id() => match ended {
                    Ok((task, ended)) => self.ended(task, ended).await,
                    Err(error) => {
                        tracing::error!(%error, "a request was cut off");
                        self.give_up(error.id());
                    }
                },
            }
        }
        self.running.shutdown().await;
    }

    /// Looks what there is to do. It is all read here, and not whenever one of thousands ends.
    async fn refresh(&mut self) {
        let all = async {
            Ok::<_, MigrationError>((self.requests.all().await?, self.requests.endpoints().await?))
        };
        match all.await {
            Ok((all, endpoints)) => self.schedule.refresh(all, &endpoints),
            Err(error) => tracing::error!(%error, "import and export requests cannot be read"),
        }
    }

    /// Begins what waits while there is room.
    fn begin(&mut self) {
        while let Some(request) = self.schedule.begin() {
            let (requests, homes) = (self.requests.clone(), Arc::clone(&self.homes));
            let work = work(requests, homes, self.network.clone(), request.clone());
            let task = self.running.spawn(work);
            self.tasks.insert(task.id(), request);
        }
    }

    async fn ended(&mut self, task: task::Id, ended: Result<(), MigrationError>) {
        if let Err(error) = ended {
            tracing::error!(%error, "the end of a request was not noted");
            return self.give_up(task);
        }
        let Some(request) = self.tasks.remove(&task) else { return };
        self.schedule.release(request.id);
        // It may have been resumed before this was known here.
        if self.requests.state(request.id).await.is_ok_and(|state| state.status.is_active()) {
            self.schedule.add(request);
        }
    }

    fn give_up(&mut self, task: task::Id) {
        if let Some(request) = self.tasks.remove(&task) {
            self.schedule.give_up(request.id);
        }
    }
}

async fn work(
    requests: Requests,
    homes: Arc<ServerHomes>,
    network: Network,
    request: Request,
) -> Result<(), MigrationError> {
    tracing::info!(request = request.name, kind = ?request.kind, "working on a request");
    match mailbox(&homes, &request).await {
        Ok(mailbox) => migration::run(&request, &mailbox, &network).await,
        Err(fault) => Ledger::of(&request).end(requests.database(), Err(fault.to_string())).await,
    }
}

async fn mailbox(homes: &ServerHomes, request: &Request) -> Result<Mailbox, Fault> {
    let owner = request.mailbox();
    match homes.home(owner, owner).await? {
        Home::Local(mailbox) => Ok(mailbox),
        Home::Remote(_) => Err(Fault::Moved),
    }
}
