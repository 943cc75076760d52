//! The connectivity log: to whom connections were tried, for which queue, and what came of it.

use std::fmt::Display;
use std::sync::Arc;

use net::SessionId;
use types::{Clock, SystemClock};

use super::Logs;
use super::kind::Kind;
use super::row::Row;

/// The attempts for one queue, from its first host to the last.
pub(crate) struct Connectivity {
    logs: Option<Arc<Logs>>,
    session: SessionId,
    destination: String,
}

impl Connectivity {
    /// An attempt begins; `about` says how the next hop is found.
    pub(crate) fn begin(logs: &Arc<Logs>, destination: &str, about: &dyn Display) -> Self {
        let wanted = logs.settings.connectivity_log_enabled;
        let attempt = Connectivity {
            logs: wanted.then(|| Arc::clone(logs)),
            session: SessionId::next(),
            destination: destination.to_owned(),
        };
        attempt.write("+", about);
        attempt
    }

    /// The name of these attempts in the logs.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// Something on the way.
    pub(crate) fn step(&self, what: &dyn Display) {
        self.write(">", what);
    }

    /// The attempt is over.
    pub(crate) fn end(&self, how: &dyn Display) {
        self.write("-", how);
    }

    fn write(&self, direction: &str, description: &dyn Display) {
        let Some(logs) = &self.logs else { return };
        let (session, description) = (self.session.to_string(), description.to_string());
        let fields = [&session, "SMTP", &self.destination, direction, &description];
        logs.write(Kind::Connectivity, Row::new(SystemClock.now(), &fields));
    }
}
