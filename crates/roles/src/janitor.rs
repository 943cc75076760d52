//! The managed folder assistant's and the store maintenance's share of the work: quotas and
//! retention as the directory says, messages about quotas, old tombstones and journal rows,
//! contents nobody refers to, mailboxes nobody owns, and the search index. In slices, between the clients' own writes.
//!
//! What it is not: it decides nothing. What has expired is said by crate `mailbox`. Whatever it
//! does is durable slice by slice, so that it may be killed anywhere.

mod clock;
mod disconnected;
mod indexer;
mod notices;
mod policies;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use config::settings::MailboxDatabase;
use directory::{Directory, Recipient};
use mailbox::{Access, Change, ExpiredFrom, Fault, Mailbox, MailboxNumber};
use net::Shutdown;
use store::{BlobNumber, Bulk, Database, Snapshot, StoreError, Swept, Txn};
use types::Domain;

use self::clock::ClockGuard;
use crate::policy::DatabaseDefaults;
use crate::storage::Storage;

/// From the start to the first round: a server that starts has other things to do.
const FIRST_ROUND_AFTER: Duration = Duration::from_secs(300);
/// Between two rounds over all mailboxes.
const ROUND_EVERY: Duration = Duration::from_secs(3600);
/// A blob younger than this may belong to a message that is just being taken.
const BLOB_GRACE: Duration = Duration::from_secs(3600);
/// Items or rows in one slice of bulk work.
const SLICE_ITEMS_MAX: usize = 200;

/// Looks after the mailboxes of one database. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Janitor {
    directory: Directory,
    database: Database,
    defaults: DatabaseDefaults,
    /// Time of day, UTC, from which owners are told of quotas.
    notification: Duration,
    /// How long mailboxes without an owner stay.
    mailbox_retention: Duration,
    server: Domain,
}

impl Janitor {
    pub(crate) fn new(storage: &Storage, settings: &MailboxDatabase, server: Domain) -> Self {
        Janitor {
            directory: storage.directory.clone(),
            database: storage.mailboxes.clone(),
            defaults: DatabaseDefaults::new(settings),
            notification: settings.quota_notification_schedule.duration(),
            mailbox_retention: settings.mailbox_retention.duration(),
            server,
        }
    }

    /// Works in the background until shutdown.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let indexing =
            indexer::run(self.directory.clone(), self.database.clone(), shutdown.clone());
        let following = self.follow_policies(&shutdown);
        let notifying = self.notify_of_quotas(&shutdown);
        tokio::join!(indexing, following, notifying, self.rounds(&shutdown));
    }

    /// Goes over all mailboxes every hour.
    async fn rounds(&self, shutdown: &Shutdown) {
        let mut wait = FIRST_ROUND_AFTER;
        let mut clock = ClockGuard::default();
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(wait) => {}
            }
            wait = ROUND_EVERY;
            self.round_if_trusted(&mut clock, Instant::now(), shutdown).await;
        }
    }

    /// A round, unless the clock has jumped ahead.
    async fn round_if_trusted(&self, clock: &mut ClockGuard, passed: Instant, shutdown: &Shutdown) {
        match clock.trusts(&self.database, passed).await {
            Ok(true) => self.round(shutdown).await,
            Ok(false) => tracing::error!(
                clock = self.database.now().secs(),
                "the clock is far ahead of where it was: nothing is deleted by age until it has \
                 been set right or a day has passed"
            ),
            Err(error) => tracing::error!(%error, "the clock was not looked at: no maintenance"),
        }
    }

    /// One round. What fails in one mailbox is logged and does not keep the others waiting.
    async fn round(&self, shutdown: &Shutdown) {
        for recipient in self.owners() {
            if shutdown.is_requested() {
                return;
            }
            let done = self.maintain(&recipient, shutdown).await;
            report(&recipient, "maintenance", done);
        }
        if let Err(fault) = self.look_after_disconnected(shutdown).await {
            tracing::error!(%fault, "disconnected mailboxes were not looked for");
        }
        match reclaim(&self.database).await {
            Ok(swept) => tracing::info!(?swept, "space reclaimed"),
            Err(error) => tracing::error!(%error, "space was not reclaimed"),
        }
    }

    /// Everybody with a mailbox.
    fn owners(&self) -> Vec<Arc<Recipient>> {
        let snapshot = self.directory.snapshot();
        snapshot.recipients().filter(|recipient| recipient.mailbox().is_some()).cloned().collect()
    }

    /// The mailbox of a recipient, opened as the system.
    fn mailbox(&self, of: &directory::Mailbox) -> Mailbox {
        self.opened(MailboxNumber::new(of.location.number))
    }

    fn opened(&self, number: MailboxNumber) -> Mailbox {
        Mailbox::open(self.database.clone(), number, Access::System)
    }

    /// All maintenance of one mailbox.
    async fn maintain(&self, recipient: &Recipient, shutdown: &Shutdown) -> Result<(), Fault> {
        let Some(settings) = recipient.mailbox() else { return Ok(()) };
        let mailbox = self.mailbox(settings);
        self.defaults.policy(settings).apply(&mailbox).await?;
        finish_moves(&mailbox, shutdown).await?;
        empty_deleted_folders(&mailbox, shutdown).await?;
        purge_expired(&mailbox, shutdown).await?;
        purge_rows(&mailbox, shutdown).await?;
        purge_intents(&mailbox, shutdown).await?;
        mailbox.sweep_contents(|| !shutdown.is_requested()).await.map(drop)
    }
}

/// Logs what went wrong with a mailbox.
fn report(recipient: &Recipient, what: &'static str, done: Result<(), Fault>) {
    match done {
        // Nobody has used this mailbox yet, or it is served elsewhere.
        Ok(()) | Err(Fault::NotFound(_) | Fault::Moved) => {}
        Err(fault) => tracing::error!(mailbox = %recipient.primary, %fault, "{what}"),
    }
}

/// Mark and sweep: blobs that neither a mailbox nor the queue refers to. Those younger than
/// the grace are left alone, whoever is about to refer to them.
async fn reclaim(database: &Database) -> Result<Swept, StoreError> {
    let mark = database.mark(BLOB_GRACE).await?;
    let mut live = blobs(database, mailbox::visit_blobs).await?;
    // The queue last: what leaves it for a mailbox meanwhile is retained.
    live.extend(blobs(database, transport::queue::rows::visit_blobs).await?);
    database.sweep(mark, live).await
}

/// Visits blobs that rows refer to, from a key on, and says where to go on.
type VisitBlobs =
    fn(&Snapshot, &[u8], &mut dyn FnMut(BlobNumber)) -> Result<Option<Vec<u8>>, StoreError>;

/// The blobs that rows refer to, in as many snapshots as it takes.
async fn blobs(database: &Database, visit: VisitBlobs) -> Result<Vec<BlobNumber>, StoreError> {
    let mut all = Vec::new();
    let mut from = Some(Vec::new());
    while let Some(start) = from {
        let some = database.read(move |snapshot| {
            let mut blobs = Vec::new();
            let next = visit(snapshot, &start, &mut |blob| blobs.push(blob))?;
            Ok::<_, StoreError>((blobs, next))
        });
        let (blobs, next) = some.await?;
        all.extend(blobs);
        from = next;
    }
    Ok(all)
}

/// Finishes renaming an Inbox whose messages did not all come into the new folder.
async fn finish_moves(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    if mailbox.read(|view| view.pending_move()).await?.is_none() {
        return Ok(());
    }
    in_slices(mailbox, shutdown, |change| Ok(!change.continue_moves()?)).await
}

/// Finishes deleting folders whose items did not all come into Recoverable Items.
async fn empty_deleted_folders(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    if mailbox.read(|view| view.folder_to_empty()).await?.is_none() {
        return Ok(());
    }
    in_slices(mailbox, shutdown, |change| Ok(!change.empty_deleted_folders()?)).await
}

/// Deletes items past their retention or above the quota of Recoverable Items for good: looked
/// for in snapshots, deleted in slices.
async fn purge_expired(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    let now = mailbox.database().now();
    let mut from = ExpiredFrom::default();
    loop {
        let mut expired = mailbox.read(move |view| view.expired_items(now, from)).await?;
        let next = expired.next();
        if !expired.is_empty() {
            let purge = move |change: &mut Change<'_, '_>| {
                change.purge_expired(&mut expired, SLICE_ITEMS_MAX)?;
                Ok(!expired.is_empty())
            };
            in_slices(mailbox, shutdown, purge).await?;
        }
        match next {
            Some(next) if !shutdown.is_requested() => from = next,
            _ => return Ok(()),
        }
    }
}

/// Deletes journal rows, tombstones and notes of deleted folders past their time.
async fn purge_rows(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    let now = mailbox.database().now();
    if !mailbox.read(move |view| view.has_expired_rows(now)).await? {
        return Ok(());
    }
    in_slices(mailbox, shutdown, move |change| {
        let mut done = change.purge_journal(now, SLICE_ITEMS_MAX)?;
        done += change.purge_deleted_folders(now, SLICE_ITEMS_MAX)?;
        for folder in change.view()?.all_folders()? {
            done += change.purge_tombstones(folder.id, now, SLICE_ITEMS_MAX)?;
        }
        Ok(done > 0)
    })
    .await
}

/// Deletes what was staged by work that nobody goes on with.
async fn purge_intents(mailbox: &Mailbox, shutdown: &Shutdown) -> Result<(), Fault> {
    let now = mailbox.database().now();
    while !shutdown.is_requested()
        && let Some(intent) = mailbox.read(move |view| view.forgotten_intent(now)).await?
    {
        in_slices(mailbox, shutdown, move |change| Ok(!change.abandon(intent)?)).await?;
    }
    Ok(())
}

/// Runs `slice` until it says that there is no more, each run a change of its own.
async fn in_slices(
    mailbox: &Mailbox,
    shutdown: &Shutdown,
    mut slice: impl FnMut(&mut Change<'_, '_>) -> Result<bool, Fault> + Send + 'static,
) -> Result<(), Fault> {
    let (number, shutdown) = (mailbox.number(), shutdown.clone());
    let run = move |txn: &mut Txn<'_>| {
        let mut change = Change::begin(txn, number, Access::System)?;
        let more = slice(&mut change)?;
        change.finish()?;
        Ok(if more && !shutdown.is_requested() { Bulk::More } else { Bulk::Done(()) })
    };
    mailbox.database().write_bulk(run).await
}
