//! Connections that read.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rusqlite::{Connection, OpenFlags};

use super::rows;
use crate::engine::{EngineError, Span, View, Visit};
use crate::sync::lock;

/// Idle connections kept.
const IDLE_MAX: usize = 8;
/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS_MAX: usize = 32;
/// Page cache of one reading connection, in KiB; SQLite empties it after each commit it sees.
const CACHE_KIB: i32 = 2_048;
const BEGIN: &str = "BEGIN";
/// `BEGIN` alone fixes no state; the first read does.
const FIRST_READ: &str = "SELECT 1 FROM named LIMIT 1";
const END: &str = "COMMIT";

/// Reading connections that wait for work.
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(path: PathBuf) -> Self {
        Pool { path, idle: Mutex::default() }
    }

    fn take(&self) -> Result<Connection, EngineError> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| connect_reader(&self.path), Ok)
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }
}

/// A new connection that cannot write.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, EngineError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(connection)
}

/// A new connection; it never makes a file, and never moves the log by itself.
pub(super) fn connect(path: &Path) -> Result<Connection, EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(connection)
}

/// A connection within a read transaction.
pub(super) struct Reader {
    /// `None` only while it is dropped.
    connection: Option<Connection>,
    pool: Arc<Pool>,
    _lock: Arc<File>,
}

impl Reader {
    pub(super) fn begin(pool: Arc<Pool>, lock: Arc<File>) -> Result<Self, EngineError> {
        let connection = pool.take()?;
        connection.prepare_cached(BEGIN)?.execute([])?;
        connection.prepare_cached(FIRST_READ)?.exists([])?;
        Ok(Reader { connection: Some(connection), pool, _lock: lock })
    }

    fn connection(&self) -> Result<&Connection, EngineError> {
        self.connection.as_ref().ok_or_else(|| super::failed("the snapshot has ended"))
    }
}

impl View for Reader {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        rows::get(self.connection()?, key)
    }

    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError> {
        rows::range(self.connection()?, span, visit)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let ended = connection.prepare_cached(END).and_then(|mut end| end.execute([]));
        // A connection that cannot end its transaction is closed instead of used again.
        if ended.is_ok() {
            self.pool.put_back(connection);
        }
    }
}
