//! What verbs work on.

use std::sync::Arc;
use std::time::Duration;

use ::config::Settings;
use ::config::object::{ObjectError, Stored};
use ::ports::Listener;
use directory::{Directory, Snapshot};
use mailbox::Homes;
use transport::Transport;
use types::Clock;

use crate::monitor::Monitor;
use crate::tracking_log::TrackingLog;

/// Longest wait for a running server to go by a changed configuration.
const CONFIGURATION_WAIT: Duration = Duration::from_secs(5);

/// The organization as one server sees it, opened by the server itself or, while that is
/// stopped, by the command line.
#[derive(Clone)]
pub struct Organization {
    /// The server's name.
    pub server: String,
    /// The database that new mailboxes are in.
    pub database: &'static str,
    /// Recipients, domains, audit log.
    pub directory: Directory,
    /// Mailboxes.
    pub homes: Arc<dyn Homes>,
    /// The queues of outgoing mail.
    pub transport: Transport,
    /// What happened to messages.
    pub tracking_log: Arc<dyn TrackingLog>,
    /// Requests to import and to export.
    pub requests: migration::Requests,
    /// The running server, as it sees itself; None: only its data is open, and nobody works
    /// on requests.
    pub monitor: Option<Arc<dyn Monitor>>,
    /// What the configuration file says; see [`Organization::settings_now`].
    pub settings: Arc<Settings>,
    /// Whether the program has something that serves a listener: others stay closed, whatever
    /// the settings say.
    pub serves: fn(&Listener) -> bool,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Organization {
    /// Waits until the running server goes by the directory's configuration as it is now. False:
    /// it does not within [`CONFIGURATION_WAIT`].
    pub(crate) async fn configuration_is_in_effect(&self) -> bool {
        let Some(monitor) = &self.monitor else { return true };
        let wanted = self.directory.snapshot().change();
        let mut configuration = monitor.configuration();
        let reached = configuration.wait_for(|change| *change >= wanted);
        tokio::time::timeout(CONFIGURATION_WAIT, reached).await.is_ok()
    }

    /// The settings as the directory's objects have changed them. They may contradict each
    /// other when the file was changed meanwhile: then verbs are how to mend it.
    pub fn settings_now(&self) -> Result<Settings, ObjectError> {
        self.settings.with_objects_unchecked(stored(&self.directory.snapshot()))
    }
}

/// The settings of a file as the directory's objects change them.
pub fn effective(file: &Settings, snapshot: &Snapshot) -> Result<Settings, ObjectError> {
    file.with_objects(stored(snapshot))
}

/// The directory's objects.
pub(crate) fn stored(snapshot: &Snapshot) -> impl Iterator<Item = Stored<'_>> {
    snapshot.objects().map(|object| Stored {
        kind: &object.kind,
        name: &object.name,
        document: &object.document,
    })
}
