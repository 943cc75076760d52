//! How far a request has come: rows that are written together with what they speak of.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use store::{Bulk, Database, Direction, Read, ReadExt, Txn};
use types::limits::MIGRATION_FOLDER_REPORT_ITEMS_MAX;

use crate::error::MigrationError;
use crate::keys;
use crate::record::Json;
use crate::request::{Request, RequestId, RequestState, RequestStatus};

/// How far one folder has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderProgress {
    /// The last item that is done; None: not begun.
    pub cursor: Option<Vec<u8>>,
    /// Where its items go, in the words of the sink: a folder id, a path.
    pub target: String,
    /// Of a target that is one file: its octets.
    #[serde(default)]
    pub length: u64,
    /// Its names from the top down, with slashes between them.
    #[serde(default)]
    pub name: String,
    /// Items carried over.
    #[serde(default)]
    pub items: u64,
    /// Items that could not be.
    #[serde(default)]
    pub bad_items: u64,
    /// What was wrong with the first of those.
    #[serde(default)]
    pub bad: Vec<String>,
    /// Properties and attachments that items could not keep.
    #[serde(default)]
    pub left_out: u64,
}

impl FolderProgress {
    /// Counts a batch.
    pub(crate) fn count(&mut self, gain: &Gain) {
        self.items += gain.items;
        self.bad_items += gain.bad.len() as u64;
        self.left_out += gain.left_out;
        let room = MIGRATION_FOLDER_REPORT_ITEMS_MAX.saturating_sub(self.bad.len());
        self.bad.extend(gain.bad.iter().take(room).map(|text| cut(text)));
    }
}

/// What a batch adds to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Items carried over.
    pub items: u64,
    /// Octets of those.
    pub octets: u64,
    /// Units of the source.
    pub units: u64,
    /// What was wrong with items that could not be carried over.
    pub bad: Vec<String>,
    /// What items that were carried over could not keep.
    pub left_out: u64,
}

/// The rows of one request.
#[derive(Clone, Debug)]
pub struct Ledger {
    id: RequestId,
    bad_item_limit: Option<u32>,
}

/// Octets of the message of a state.
const MESSAGE_OCTETS_MAX: usize = 1024;

impl Ledger {
    /// That of a request.
    pub fn of(request: &Request) -> Self {
        Ledger { id: request.id, bad_item_limit: request.bad_item_limit }
    }

    /// The progress of all folders that were begun, by the source's names.
    pub async fn folders(
        &self,
        database: &Database,
    ) -> Result<BTreeMap<String, FolderProgress>, MigrationError> {
        let id = self.id;
        database.read(move |snapshot| folders(snapshot, id)).await
    }

    /// Whether it was worked on before. Errors: Stopped, when the request was removed.
    pub async fn has_begun(&self, database: &Database) -> Result<bool, MigrationError> {
        let key = keys::state(self.id);
        let state = database.read(move |snapshot| snapshot.record::<Json<RequestState>>(&key));
        let Json(state) = state.await?.ok_or(MigrationError::Stopped)?;
        Ok(state.started.is_some())
    }

    /// Writes what was done of a folder, in the transaction that did it. Errors: Stopped, when the
    /// request is not to go on; TooManyBadItems. Then nothing of the transaction may stay.
    pub fn record(
        &self,
        txn: &mut Txn<'_>,
        place: &str,
        progress: &FolderProgress,
        gain: &Gain,
    ) -> Result<(), MigrationError> {
        self.update(txn, |state| self.add(state, gain))?;
        txn.put_record(&keys::folder(self.id, place), &Json(progress.clone()))?;
        Ok(())
    }

    /// Notes that the work begins, and how much there is.
    pub async fn begin(&self, database: &Database, units: u64) -> Result<(), MigrationError> {
        self.write(database, move |state, now| {
            state.started.get_or_insert(now);
            state.units.1 = units.max(state.units.0);
            Ok(())
        })
        .await
    }

    /// Notes the end. A request that was suspended or removed meanwhile stays as it is.
    pub async fn end(
        &self,
        database: &Database,
        outcome: Result<(), String>,
    ) -> Result<(), MigrationError> {
        let ended = self.write(database, move |state, now| {
            state.status = match &outcome {
                Err(_) => RequestStatus::Failed,
                Ok(()) if state.bad_items > 0 => RequestStatus::CompletedWithWarning,
                Ok(()) => RequestStatus::Completed,
            };
            if let Err(message) = &outcome {
                state.message = cut(message);
            }
            state.ended = Some(now);
            Ok(())
        });
        match ended.await {
            Err(MigrationError::Stopped) => Ok(()),
            other => other,
        }
    }

    fn add(&self, state: &mut RequestState, gain: &Gain) -> Result<(), MigrationError> {
        state.items += gain.items;
        state.octets += gain.octets;
        state.units.0 += gain.units;
        state.bad_items = state.bad_items.saturating_add(gain.bad.len() as u32);
        let Some(last) = gain.bad.last() else { return Ok(()) };
        state.message = cut(last);
        match self.bad_item_limit {
            Some(limit) if state.bad_items > limit => {
                Err(MigrationError::TooManyBadItems(limit, state.message.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Changes the state, if the request is still to go on.
    fn update(
        &self,
        txn: &mut Txn<'_>,
        change: impl FnOnce(&mut RequestState) -> Result<(), MigrationError>,
    ) -> Result<(), MigrationError> {
        let key = keys::state(self.id);
        let state: Option<Json<RequestState>> = txn.record(&key)?;
        let Json(mut state) = state.ok_or(MigrationError::Stopped)?;
        if !state.status.is_active() {
            return Err(MigrationError::Stopped);
        }
        state.status = RequestStatus::InProgress;
        state.updated = txn.now().secs();
        change(&mut state)?;
        Ok(txn.put_record(&key, &Json(state))?)
    }

    async fn write(
        &self,
        database: &Database,
        change: impl Fn(&mut RequestState, i64) -> Result<(), MigrationError> + Send + 'static,
    ) -> Result<(), MigrationError> {
        let ledger = self.clone();
        let slice = move |txn: &mut Txn<'_>| {
            let now = txn.now().secs();
            ledger.update(txn, |state| change(state, now))?;
            Ok(Bulk::Done(()))
        };
        database.write_bulk(slice).await
    }
}

fn folders(
    read: &dyn Read,
    id: RequestId,
) -> Result<BTreeMap<String, FolderProgress>, MigrationError> {
    let range = keys::folders(id);
    let mut all = BTreeMap::new();
    let visit = &mut |key: &[u8], Json(progress): Json<FolderProgress>| {
        let place = String::from_utf8_lossy(&key[range.start.len()..]).into_owned();
        all.insert(place, progress);
        ControlFlow::Continue(())
    };
    read.records(&range.start, &range.end, Direction::Forward, visit)?;
    Ok(all)
}

/// The beginning of a text that may be of any length.
fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MESSAGE_OCTETS_MAX.min(text.len()));
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_first_bad_items_only() {
        let mut progress = FolderProgress::default();
        let bad: Vec<String> =
            (0..MIGRATION_FOLDER_REPORT_ITEMS_MAX + 5).map(|at| at.to_string()).collect();
        let gain = Gain { items: 2, bad, ..Gain::default() };
        progress.count(&gain);
        progress.count(&gain);
        let all = gain.bad.len() as u64 * 2;
        assert_eq!((progress.items, progress.bad_items), (4, all));
        assert_eq!(progress.bad, gain.bad[..MIGRATION_FOLDER_REPORT_ITEMS_MAX]);
    }
}
