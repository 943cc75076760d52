//! The managed folder assistant's and the store maintenance's share of the work: retention,
//! old tombstones and journal rows, contents nobody refers to, and the search index. In slices, between the
//! clients' own writes.

mod indexer;

use std::time::Duration;

use directory::Directory;
use mailbox::change::RETENTION_SECS_DEFAULT;
use mailbox::{Access, Change, Fault, MailboxNumber};
use net::Shutdown;
use store::{Bulk, Database, StoreError, Swept};

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
    let live = database.read(|snapshot| {
        let mut live = Vec::new();
        mailbox::visit_blobs(snapshot, &mut |blob| live.push(blob))?;
        transport::queue::rows::visit_blobs(snapshot, &mut |blob| live.push(blob))?;
        Ok::<_, StoreError>(live)
    });
    let live = live.await?;
    database.sweep(mark, live).await
}

async fn maintain_all(directory: &Directory, database: &Database) {
    let snapshot = directory.snapshot();
    for recipient in snapshot.recipients() {
        let Some(settings) = recipient.mailbox() else { continue };
        let number = MailboxNumber::new(settings.location.number);
        match maintain(database, number).await {
            // Nobody has used this mailbox yet.
            Ok(()) | Err(Fault::NotFound(_)) => {}
            Err(fault) => tracing::error!(mailbox = %recipient.primary, %fault, "maintenance"),
        }
    }
}

/// All maintenance of one mailbox.
async fn maintain(database: &Database, number: MailboxNumber) -> Result<(), Fault> {
    database.write_bulk(move |txn| slice(Change::begin(txn, number, Access::System)?)).await
}

fn slice(mut change: Change<'_, '_>) -> Result<Bulk<()>, Fault> {
    let mut done = change.purge_recoverable(RETENTION_SECS_DEFAULT, SLICE_ITEMS_MAX)?;
    done += change.purge_journal(SLICE_ITEMS_MAX)?;
    let folders = change.view()?.all_folders()?;
    for folder in folders {
        done += change.purge_tombstones(folder.id, SLICE_ITEMS_MAX)?;
    }
    if done == 0 {
        change.sweep_contents()?;
    }
    change.finish()?;
    Ok(if done == 0 { Bulk::Done(()) } else { Bulk::More })
}
