//! Carrying items from a source to a sink, batch by batch.

use std::collections::BTreeMap;
use std::future::Future;

use store::Database;
use types::limits::MIGRATION_FOLDERS_MAX;

use crate::error::MigrationError;
use crate::folder::SourceFolder;
use crate::ledger::{FolderProgress, Gain, Ledger};
use crate::message::Item;
use crate::request::Request;

/// Where mail comes from.
pub trait Source: Send {
    /// All folders, those above before those below.
    fn folders(&mut self)
    -> impl Future<Output = Result<Vec<SourceFolder>, MigrationError>> + Send;

    /// The next items of a folder, behind the cursor of the last one that is done; about
    /// `MIGRATION_BATCH_ITEMS` or `MIGRATION_BATCH_OCTETS` of them. None: there are no more.
    fn batch(
        &mut self,
        folder: &SourceFolder,
        after: Option<&[u8]>,
    ) -> impl Future<Output = Result<Vec<Item>, MigrationError>> + Send;
}

/// Where mail goes.
pub trait Sink: Send {
    /// Prepares the folder that the items of `folder` go to, by default at `path` from the top,
    /// and takes away what was written there behind the progress.
    fn enter(
        &mut self,
        folder: &SourceFolder,
        path: &[String],
        progress: &mut FolderProgress,
    ) -> impl Future<Output = Result<(), MigrationError>> + Send;

    /// Takes items, and records them in the ledger when they are there to stay; `progress` then
    /// says so as well.
    fn put(
        &mut self,
        folder: &SourceFolder,
        items: Vec<Item>,
        progress: &mut FolderProgress,
    ) -> impl Future<Output = Result<(), MigrationError>> + Send;
}

/// Carries over what is still to be carried over of a request. Errors: Stopped, when it was
/// suspended or removed; what is recorded stays, and the next run goes on behind it.
pub async fn transfer(
    database: &Database,
    request: &Request,
    source: &mut impl Source,
    sink: &mut impl Sink,
) -> Result<(), MigrationError> {
    let ledger = Ledger::of(request);
    let folders = request.filter().apply(source.folders().await?);
    if folders.len() > MIGRATION_FOLDERS_MAX {
        return Err(MigrationError::Limit("folders of a source"));
    }
    ledger.begin(database, folders.iter().map(|folder| folder.units).sum()).await?;
    let mut known = ledger.folders(database).await?;
    let above = request.target_path();
    for folder in &folders {
        let path = [&above[..], &folder.path[..]].concat();
        carry(source, sink, folder, &path, &mut known).await?;
    }
    Ok(())
}

/// Carries over one folder.
async fn carry(
    source: &mut impl Source,
    sink: &mut impl Sink,
    folder: &SourceFolder,
    path: &[String],
    known: &mut BTreeMap<String, FolderProgress>,
) -> Result<(), MigrationError> {
    let mut progress = known.remove(&folder.place).unwrap_or_default();
    sink.enter(folder, path, &mut progress).await?;
    loop {
        let items = source.batch(folder, progress.cursor.as_deref()).await?;
        if items.is_empty() {
            return Ok(());
        }
        sink.put(folder, items, &mut progress).await?;
    }
}

impl Gain {
    /// Counts an item.
    pub(crate) fn add(&mut self, place: &str, item: &Item) {
        self.units += item.units;
        match &item.body {
            Ok(message) => {
                self.items += 1;
                self.octets += message.octets.len() as u64;
                self.left_out += message.left_out;
            }
            Err(why) => self.bad.push(format!("{place}: {why}")),
        }
    }
}
