//! The managed folder assistant's and the store maintenance's share of the work: retention,
//! old tombstones and journal rows, contents nobody refers to, and the search index. In
//! slices, between the clients' own writes.

mod indexer;

use std::time::Duration;

use directory::Directory;
use mailbox::change::RETENTION_SECS_DEFAULT;
use mailbox::{Access, Change, Fault, Mailbox, MailboxNumber, QuotaLimits};
use net::Shutdown;
use store::{BlobNumber, Bulk, Database, Snapshot, StoreError, Swept, Txn};

use crate::homes;

/// Between two rounds over all mailboxes.
const ROUND_EVERY: Duration = Duration::from_secs(3600);
/// A blob younger than this may belong to a message that is just being taken.
const BLOB_GRACE: Duration = Duration::from_secs(3600);
/// Items or rows in one slice of bulk work.
const SLICE_ITEMS_MAX: usize = 200;

/// Works in the background until shutdown.
pub async fn run(directory: Directory, database: Database, shutdown: Shutdown) {
    let indexing = indexer::run(directory.clone(), database.clone(), shutdown.clone());
    tokio::join!(indexing, rounds(directory, database, shutdown));
}

/// Goes over all mailboxes every hour.
async fn rounds(directory: Directory, database: Database, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            () = tokio::time::sleep(ROUND_EVERY) => round(&directory, &database).await,
        }
    }
}

/// One round. What fails in one mailbox is logged and does not keep the others waiting.
pub async fn round(directory: &Directory, database: &Database) {
    maintain_all(directory, database).await;
    match reclaim(database).await {
        Ok(swept) => tracing::info!(?swept, "space reclaimed"),
        Err(error) => tracing::error!(%error, "space was not reclaimed"),
    }
}

/// Mark and sweep: blobs that neither a mailbox nor the queue refers to. Those younger than
/// the grace are left alone, whoever is about to refer to them.
async fn reclaim(database: &Database) -> Result<Swept, StoreError> {
    let mark = database.mark(BLOB_GRACE).await?;
    let mut live = Vec::new();
    let mut from = Some(Vec::new());
    while let Some(start) = from {
        let some = database.read(move |snapshot| blobs_of_mailboxes(snapshot, &start)).await?;
        live.extend(some.0);
        from = some.1;
    }
    // The queue last: what leaves it for a mailbox meanwhile is retained.
    live.extend(database.read(blobs_of_queue).await?);
    database.sweep(mark, live).await
}

/// Blobs that mailboxes refer to, and where to go on.
fn blobs_of_mailboxes(
    snapshot: &Snapshot,
    from: &[u8],
) -> Result<(Vec<BlobNumber>, Option<Vec<u8>>), StoreError> {
    let mut blobs = Vec::new();
    let next = mailbox::visit_blobs(snapshot, from, &mut |blob| blobs.push(blob))?;
    Ok((blobs, next))
}

fn blobs_of_queue(snapshot: &Snapshot) -> Result<Vec<BlobNumber>, StoreError> {
    let mut blobs = Vec::new();
    transport::queue::rows::visit_blobs(snapshot, &mut |blob| blobs.push(blob))?;
    Ok(blobs)
}

async fn maintain_all(directory: &Directory, database: &Database) {
    let snapshot = directory.snapshot();
    for recipient in snapshot.recipients() {
        let Some(settings) = recipient.mailbox() else { continue };
        let number = MailboxNumber::new(settings.location.number);
        match maintain(database, number, homes::limits(settings.quotas)).await {
            // Nobody has used this mailbox yet.
            Ok(()) | Err(Fault::NotFound(_)) => {}
            Err(fault) => tracing::error!(mailbox = %recipient.primary, %fault, "maintenance"),
        }
    }
}

/// All maintenance of one mailbox.
async fn maintain(
    database: &Database,
    number: MailboxNumber,
    limits: QuotaLimits,
) -> Result<(), Fault> {
    let mailbox = Mailbox::open(database.clone(), number, Access::System);
    set_quota(&mailbox, limits).await?;
    database.write_bulk(move |txn| slice(Change::begin(txn, number, Access::System)?)).await?;
    delete_contents(&mailbox).await
}

/// Brings the directory's quotas into the mailbox, where deliveries look.
async fn set_quota(mailbox: &Mailbox, limits: QuotaLimits) -> Result<(), Fault> {
    if mailbox.read(|view| view.quota()).await?.limits == limits {
        return Ok(());
    }
    mailbox.write(move |change| change.set_quota(&limits)).await
}

/// Deletes contents nobody refers to: looked for in a snapshot, deleted in slices.
async fn delete_contents(mailbox: &Mailbox) -> Result<(), Fault> {
    let dead = mailbox.read(|view| view.dead_contents()).await?;
    if dead.is_empty() {
        return Ok(());
    }
    let (number, mut at) = (mailbox.number(), 0);
    let delete = move |txn: &mut Txn<'_>| {
        let mut change = Change::begin(txn, number, Access::System)?;
        let next = change.delete_contents(&dead, at)?;
        change.finish()?;
        at = next.unwrap_or(at);
        Ok(if next.is_some() { Bulk::More } else { Bulk::Done(()) })
    };
    mailbox.database().write_bulk(delete).await
}

fn slice(mut change: Change<'_, '_>) -> Result<Bulk<()>, Fault> {
    let mut done = change.purge_recoverable(RETENTION_SECS_DEFAULT, SLICE_ITEMS_MAX)?;
    done += change.purge_journal(SLICE_ITEMS_MAX)?;
    let folders = change.view()?.all_folders()?;
    for folder in folders {
        done += change.purge_tombstones(folder.id, SLICE_ITEMS_MAX)?;
    }
    change.finish()?;
    Ok(if done == 0 { Bulk::Done(()) } else { Bulk::More })
}
