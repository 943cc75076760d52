//! One state of a database file that this or another process may have open, to be copied.
//!
//! The copy has the pages where the file has them, so that two copies differ only where rows
//! have changed. Commits go on meanwhile; the log grows until the state is dropped.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{FILE_NAME, failed, pool};
use crate::engine::EngineError;

/// Pages copied between two words about how far it is: 16 MiB.
const PAGES_PER_STEP: i32 = 4_096;
/// How long a reader waits for another process that opens or closes the file.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Between two tries of a step that another process stood in the way of.
const RETRY: Duration = Duration::from_millis(20);
const BEGIN: &str = "BEGIN";
/// `BEGIN` alone fixes no state; the first read does. Files of every form have this table.
const FIRST_READ: &str = "SELECT 1 FROM sqlite_schema LIMIT 1";

/// The state; it lasts until it is dropped.
pub(crate) struct Frozen {
    connection: Connection,
    pages: u64,
    page_octets: u64,
}

impl Frozen {
    /// The state after the last commit of the database in `directory`.
    pub(crate) fn begin(directory: &Path) -> Result<Self, EngineError> {
        let path = directory.join(FILE_NAME);
        if !path.is_file() {
            return Err(failed(format!("there is no {}", path.display())));
        }
        let connection = pool::connect_reader(&path)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.prepare_cached(BEGIN)?.execute([])?;
        connection.prepare_cached(FIRST_READ)?.exists([])?;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (pages, page_octets) = (number("page_count")?, number("page_size")?);
        let [pages, page_octets] = [pages, page_octets].map(|it| u64::try_from(it).unwrap_or(0));
        Ok(Frozen { connection, pages, page_octets })
    }

    /// Octets of the database file in this state.
    pub(crate) fn octets(&self) -> u64 {
        self.pages * self.page_octets
    }

    /// Writes it to the new file `to`, which is not synced, and tells how many octets are there.
    pub(crate) fn copy(&self, to: &Path, tell: &mut dyn FnMut(u64)) -> Result<(), EngineError> {
        let mut target = Connection::open(to)?;
        // Who is killed in between throws the file away.
        target.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
        target.pragma_update(None, "synchronous", "OFF")?;
        let copying = Backup::new(&self.connection, &mut target)?;
        loop {
            let step = copying.step(PAGES_PER_STEP)?;
            let left = u64::try_from(copying.progress().remaining).unwrap_or(0);
            tell(self.pages.saturating_sub(left) * self.page_octets);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(RETRY),
            }
        }
        drop(copying);
        target.close().map_err(|(_, error)| error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use bytes::Bytes;

    use super::*;
    use crate::engine::sqlite::Sqlite;
    use crate::engine::{Batch, Engine};

    fn batch(numbers: std::ops::Range<u32>) -> Batch {
        let row = |number: u32| {
            let key = [&[0x10][..], &number.to_be_bytes()].concat();
            (key.into(), Some(Bytes::from(vec![number as u8; 900])))
        };
        numbers.map(row).collect()
    }

    fn rows(directory: &Path) -> usize {
        let mut rows = 0;
        let findings = Sqlite::open(directory).unwrap().verify(&mut |_, _| {
            rows += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(findings.unwrap(), Vec::<String>::new());
        rows
    }

    #[test]
    fn a_copy_has_the_state_of_its_beginning_while_commits_go_on() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let engine = Sqlite::open(from.path()).unwrap();
        let mut writer = engine.writer().unwrap();
        writer.commit(&batch(0..20_000)).unwrap();
        let frozen = Frozen::begin(from.path()).unwrap();
        writer.commit(&batch(20_000..20_100)).unwrap();
        let mut told = Vec::new();
        let copied = frozen.copy(&to.path().join(FILE_NAME), &mut |octets| {
            writer.commit(&batch(20_100..20_200)).unwrap();
            told.push(octets);
        });
        copied.unwrap();
        assert!(told.len() > 1 && told.is_sorted(), "{told:?}");
        assert_eq!(*told.last().unwrap_or(&0), frozen.octets());
        assert_eq!(rows(to.path()), 20_000);
    }

    #[test]
    fn a_copy_is_a_database_with_a_log() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Sqlite::open(from.path()).unwrap());
        let path = to.path().join(FILE_NAME);
        Frozen::begin(from.path()).unwrap().copy(&path, &mut |_| {}).unwrap();
        let mode =
            Connection::open(&path)
                .unwrap()
                .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
        assert_eq!(mode.unwrap(), "wal");
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Frozen::begin(directory.path()), Err(EngineError::Failed(_))));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
