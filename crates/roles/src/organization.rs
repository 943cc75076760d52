//! What administrative verbs work on: the data of this server, while it runs or while it is
//! stopped.

use std::sync::Arc;

use admin::monitor::Monitor;
use admin::organization::{Organization, effective};
use auth::VerifierOptions;
use config::Settings;
use migration::Requests;
use transport::Transport;
use transport::tracking::Tracking;
use types::SystemClock;

use crate::built;
use crate::homes::ServerHomes;
use crate::locations::Locations;
use crate::logs::{Logs, TrackingFiles};
use crate::outbound::routing_table;
use crate::server::{StartError, open_transport, server_name, transport_options};
use crate::storage::{MAILBOX_DATABASE, Storage};

/// What a server that runs adds to its data.
pub(crate) struct Running {
    /// How it does.
    pub monitor: Arc<dyn Monitor>,
    /// Lines that are not in the files yet.
    pub logs: Arc<Logs>,
}

/// The data for verbs, of a server that runs or is stopped.
pub(crate) fn organization(
    settings: &Settings,
    storage: &Storage,
    homes: Arc<ServerHomes>,
    transport: Transport,
    running: Option<Running>,
) -> Organization {
    let (monitor, logs) = running.map(|Running { monitor, logs }| (monitor, logs)).unzip();
    Organization {
        server: settings.short_name(),
        database: MAILBOX_DATABASE,
        directory: storage.directory.clone(),
        homes,
        transport,
        requests: Requests::new(storage.mailboxes.clone()),
        monitor,
        tracking_log: Arc::new(TrackingFiles::new(&settings.data_directory, logs)),
        settings: Arc::new(settings.clone()),
        serves: built::serves,
        clock: Arc::new(SystemClock),
    }
}

/// The data of a server that is not running, opened for verbs. While it is open, no server
/// can start on it.
pub struct Stopped {
    organization: Organization,
    storage: Storage,
}

impl Stopped {
    /// Opens the data in the data directory of these settings. Errors: a server runs there.
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let data = &settings.data_directory;
        let storage = Storage::open(data, VerifierOptions::default()).await?;
        let homes = crate::server::homes(settings, Locations::new(settings), &storage);
        let transport = transport(settings, &storage)?;
        let organization = organization(settings, &storage, homes, transport, None);
        Ok(Stopped { organization, storage })
    }

    /// What verbs work on.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// Finishes what was begun, and closes.
    pub async fn close(&self) {
        self.storage.close().await;
    }
}

/// The queues of a server that is not running. Nothing leaves them, and what verbs do to them is
/// not in message tracking, whose files are the server's.
fn transport(file: &Settings, storage: &Storage) -> Result<Transport, StartError> {
    // Objects that contradict the file are what the verbs may be about to mend.
    let settings = effective(file, &storage.directory.snapshot());
    let settings = settings.unwrap_or_else(|_| file.clone());
    let options = transport_options(server_name(&settings)?, &settings, Tracking::default());
    let transport = open_transport(options, &settings, &Locations::new(&settings), storage)?;
    transport.set_routes(routing_table(&settings));
    Ok(transport)
}
