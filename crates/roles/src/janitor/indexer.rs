//! Content indexing: the search index of each mailbox follows its commits, a little behind.
//!
//! A search is exact without it; what the index does not reach yet is read. So mailboxes are
//! looked at in turn, every so often, and only those that changed.

use std::collections::HashMap;
use std::time::Duration;

use directory::Directory;
use mailbox::fulltext::{Progress, index_pass};
use mailbox::{Fault, MailboxNumber};
use net::Shutdown;
use store::{Database, Watch};

/// Between two looks at all mailboxes: short against what a person notices in a search, long
/// against the cost of a look.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Watches the mailboxes of one database.
struct Indexer {
    directory: Directory,
    database: Database,
    watched: HashMap<MailboxNumber, Watch>,
}

/// Indexes until shutdown.
pub(super) async fn run(directory: Directory, database: Database, shutdown: Shutdown) {
    let mut indexer = Indexer { directory, database, watched: HashMap::new() };
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            () = tokio::time::sleep(LOOK_EVERY) => indexer.look(&shutdown).await,
        }
    }
}

impl Indexer {
    async fn look(&mut self, shutdown: &Shutdown) {
        for number in self.changed() {
            while !shutdown.is_requested() {
                match index_pass(&self.database, number).await {
                    Ok(Progress::UpToDate) | Err(Fault::NotFound(_) | Fault::Moved) => break,
                    Ok(_) => {}
                    Err(fault) => {
                        tracing::warn!(%number, %fault, "index falls behind");
                        break;
                    }
                }
            }
        }
    }

    /// Mailboxes that are new to us or were written to since the last look.
    fn changed(&mut self) -> Vec<MailboxNumber> {
        let snapshot = self.directory.snapshot();
        let mailboxes = snapshot.recipients().filter_map(|recipient| recipient.mailbox());
        let numbers = mailboxes.map(|settings| MailboxNumber::new(settings.location.number));
        numbers.filter(|number| self.has_changed(*number)).collect()
    }

    fn has_changed(&mut self, number: MailboxNumber) -> bool {
        match self.watched.get_mut(&number) {
            Some(watch) => watch.take(),
            None => {
                let watch = self.database.watch(u64::from(number.get()));
                self.watched.insert(number, watch);
                true
            }
        }
    }
}
