//! What administrative verbs work on: the data of this server, while it runs or while it is
//! stopped.

use std::sync::Arc;

use admin::organization::Organization;
use auth::VerifierOptions;
use config::Settings;
use migration::Requests;
use types::SystemClock;

use crate::homes::ServerHomes;
use crate::locations::Locations;
use crate::storage::{MAILBOX_DATABASE, Storage, StorageError};

pub(crate) fn organization(
    settings: &Settings,
    storage: &Storage,
    homes: Arc<ServerHomes>,
    running: bool,
) -> Organization {
    Organization {
        server: settings.short_name(),
        database: MAILBOX_DATABASE,
        directory: storage.directory.clone(),
        homes,
        requests: Requests::new(storage.mailboxes.clone()),
        running,
        settings: Arc::new(settings.clone()),
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
    pub async fn open(settings: &Settings) -> Result<Self, StorageError> {
        let data = &settings.data_directory;
        let storage = Storage::open(data, VerifierOptions::default()).await?;
        let homes = crate::server::homes(settings, Locations::new(settings), &storage);
        Ok(Stopped { organization: organization(settings, &storage, homes, false), storage })
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
