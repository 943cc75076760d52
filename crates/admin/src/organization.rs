//! What verbs work on.

use std::sync::Arc;

use ::config::Settings;
use directory::Directory;
use mailbox::Homes;
use types::Clock;

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
    /// What the server was started with.
    pub settings: Arc<Settings>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
