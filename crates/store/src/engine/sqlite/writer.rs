//! The connection that writes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql, params};
use types::limits::SNAPSHOT_MS_MAX;

use super::numbered::{Place, place};
use super::{pool, rows};
use crate::engine::{Batch, EngineError, Span, View, Visit, Writer};

/// Page cache in KiB; it stays valid, because nobody else writes.
const CACHE_KIB: i32 = 32 * 1024;
/// Pages in the log after which it is moved into the database: 32 MiB. A page that changes in
/// every group is then moved once for many groups.
const CHECKPOINT_PAGES: i32 = 8_192;
/// How long the writer waits for readers when the log must end, in the second try: that of a
/// snapshot that keeps to its time. Who began later does not read the log and is not waited for.
const READERS_WAIT: Duration = Duration::from_millis(SNAPSHOT_MS_MAX);
/// Octets to which the log's file shrinks when a burst or a long reader has made it longer.
const LOG_OCTETS_KEPT: i64 = 64 * 1024 * 1024;
const BEGIN: &str = "BEGIN IMMEDIATE";
const UPSERT: &str =
    "INSERT INTO named(k, v) VALUES(?1, ?2) ON CONFLICT(k) DO UPDATE SET v = excluded.v";
const DELETE: &str = "DELETE FROM named WHERE k = ?1";
const UPSERT_NUMBERED: &str =
    "INSERT INTO numbered(n, v) VALUES(?1, ?2) ON CONFLICT(n) DO UPDATE SET v = excluded.v";
const DELETE_NUMBERED: &str = "DELETE FROM numbered WHERE n = ?1";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

pub(super) struct SqliteWriter {
    connection: Connection,
    /// Pages in the log after the last commit.
    log_pages: Arc<AtomicI32>,
    /// Pages in it after which it is moved again.
    checkpoint_at: i32,
    _lock: Arc<File>,
}

impl SqliteWriter {
    pub(super) fn open(path: &Path, lock: Arc<File>) -> Result<Self, EngineError> {
        let mut connection = pool::connect(path)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.busy_timeout(READERS_WAIT)?;
        connection
            .pragma_update_and_check(None, "journal_size_limit", LOG_OCTETS_KEPT, |_| Ok(()))?;
        let log_pages = Arc::new(AtomicI32::new(0));
        let told = log_pages.clone();
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            told.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(SqliteWriter { connection, log_pages, checkpoint_at: CHECKPOINT_PAGES, _lock: lock })
    }

    /// Begins the group's transaction at its first read or write, so that SQLite looks at its
    /// locks once per group.
    fn begin(&self) -> Result<(), EngineError> {
        if self.connection.is_autocommit() {
            self.run(BEGIN)?;
        }
        Ok(())
    }

    fn run(&self, statement: &str) -> Result<(), EngineError> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

impl View for SqliteWriter {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.begin()?;
        rows::get(&self.connection, key)
    }

    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError> {
        self.begin()?;
        rows::range(&self.connection, span, visit)
    }
}

impl Writer for SqliteWriter {
    fn commit(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.begin()?;
        apply(&self.connection, batch)?;
        self.run(COMMIT)
    }

    fn release(&mut self) -> Result<(), EngineError> {
        match self.connection.is_autocommit() {
            true => Ok(()),
            false => self.run(ROLLBACK),
        }
    }

    fn tidy(&mut self) -> Result<(), EngineError> {
        let pages = self.log_pages.load(Ordering::Relaxed);
        if pages < CHECKPOINT_PAGES {
            self.checkpoint_at = CHECKPOINT_PAGES;
        }
        if pages < self.checkpoint_at {
            return Ok(());
        }
        let mode = match self.checkpoint_at {
            CHECKPOINT_PAGES => CheckpointMode::PASSIVE,
            // Readers that overlap kept the log from its beginning, and would for ever.
            _ => CheckpointMode::RESTART,
        };
        self.checkpoint_at = pages.saturating_add(CHECKPOINT_PAGES);
        self.checkpoint(mode)
    }
}

impl SqliteWriter {
    /// Moves the log into the database.
    fn checkpoint(&self, mode: CheckpointMode) -> Result<(), EngineError> {
        match self.connection.wal_checkpoint_v2(None::<&str>, mode) {
            Ok(_) => Ok(()),
            // A snapshot past its time still reads; the next try is another stretch of log away.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
            Err(error) => match error.into() {
                // The log keeps what the database file has no room for.
                EngineError::Full => Ok(()),
                other => Err(other),
            },
        }
    }
}

fn apply(connection: &Connection, batch: &Batch) -> Result<(), EngineError> {
    let mut named = Changing::prepare(connection, UPSERT, DELETE)?;
    let mut numbered = Changing::prepare(connection, UPSERT_NUMBERED, DELETE_NUMBERED)?;
    for (key, value) in batch {
        match place(key)? {
            Place::Named(key) => named.change(key, value.as_deref())?,
            Place::Numbered(number) => numbered.change(number, value.as_deref())?,
        }
    }
    Ok(())
}

/// The statements that change one table.
struct Changing<'c> {
    upsert: CachedStatement<'c>,
    delete: CachedStatement<'c>,
}

impl<'c> Changing<'c> {
    fn prepare(connection: &'c Connection, upsert: &str, delete: &str) -> rusqlite::Result<Self> {
        let (upsert, delete) =
            (connection.prepare_cached(upsert)?, connection.prepare_cached(delete)?);
        Ok(Changing { upsert, delete })
    }

    fn change(&mut self, key: impl ToSql, value: Option<&[u8]>) -> rusqlite::Result<()> {
        match value {
            Some(value) => self.upsert.execute(params![key, value])?,
            None => self.delete.execute([key])?,
        };
        Ok(())
    }
}

#[cfg(test)]
impl SqliteWriter {
    pub(super) fn pragma(&self, name: &str) -> i64 {
        self.connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    /// Makes the database full at that many pages.
    pub(super) fn limit_pages(&self, pages: u32) {
        let set =
            self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        set.unwrap();
    }
}
