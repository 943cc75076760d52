//! An organization in memory.

use std::sync::Arc;

use admin::organization::Organization;
use auth::VerifierOptions;
use directory::Directory;
use mailbox::{Fault, FindHome, Guid, Homes};
use store::{Database, Options};
use types::{ManualClock, Timestamp};

struct NoHomes;

impl Homes for NoHomes {
    fn home(&self, _: Guid, _: Guid) -> FindHome<'_> {
        Box::pin(async { Err(Fault::NotFound("mailbox")) })
    }
}

/// One that has nothing in it yet.
pub async fn organization() -> Organization {
    let opened = tokio::task::spawn_blocking(|| Database::open(Options::memory()));
    let database = opened.await.unwrap().unwrap();
    Organization {
        server: "MAIL1".to_owned(),
        database: "Mailbox Database",
        directory: Directory::open(database, VerifierOptions::default()).await.unwrap(),
        homes: Arc::new(NoHomes),
        settings: Arc::default(),
        clock: Arc::new(ManualClock::new(Timestamp::from_secs(1_700_000_000))),
    }
}
