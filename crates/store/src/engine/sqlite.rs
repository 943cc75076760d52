//! The default engine: SQLite, with two tables: values under octet keys, which an index in key
//! order finds, and values under numbers (`numbered.rs`).
//!
//! Write-ahead log with a full sync at each commit. One connection writes, and it alone moves
//! the log into the database file, between groups; a small pool of connections reads. The
//! database file is never mapped into memory: a damaged page must be an error, not a signal.

mod create;
mod form;
mod frozen;
mod numbered;
mod pool;
mod rows;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode};

pub(crate) use self::frozen::Frozen;
use self::pool::Pool;
use self::writer::SqliteWriter;
use super::{Engine, EngineError, View, Visit, Writer};
use crate::directory::make_directory;

pub(crate) const FILE_NAME: &str = "store.sqlite";
const LOCK_NAME: &str = "lock";
/// Findings of the integrity check that are told; the first ones say enough.
const FINDINGS_MAX: usize = 100;

/// An open SQLite database in a directory of its own.
pub struct Sqlite {
    path: PathBuf,
    pool: Arc<Pool>,
    /// Held as long as anything of the engine lives.
    lock: Arc<File>,
}

impl Sqlite {
    /// Opens the database in `directory`; makes both if they are not there.
    pub fn open(directory: &Path) -> Result<Self, EngineError> {
        make_directory(directory).map_err(failed)?;
        let lock = create::lock(&directory.join(LOCK_NAME))?;
        let path = directory.join(FILE_NAME);
        create::ensure(&path)?;
        form::update(&path)?;
        Ok(Sqlite { pool: Arc::new(Pool::new(path.clone())), path, lock: Arc::new(lock) })
    }
}

impl Engine for Sqlite {
    fn snapshot(&self) -> Result<Box<dyn View>, EngineError> {
        Ok(Box::new(pool::Reader::begin(self.pool.clone(), self.lock.clone())?))
    }

    fn writer(&self) -> Result<Box<dyn Writer>, EngineError> {
        Ok(Box::new(SqliteWriter::open(&self.path, self.lock.clone())?))
    }

    fn verify(&self, visit: Visit) -> Result<Vec<String>, EngineError> {
        let connection = pool::connect_reader(&self.path)?;
        let mut findings = integrity(&connection).unwrap_or_else(|error| vec![error.to_string()]);
        let unreadable = rows::every(&connection, visit);
        findings.extend(unreadable.iter().map(EngineError::to_string));
        Ok(findings)
    }
}

fn integrity(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({FINDINGS_MAX})"))?;
    let lines = check.query_map([], |row| row.get::<_, String>(0))?;
    let mut lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}

fn failed(error: impl ToString) -> EngineError {
    EngineError::Failed(error.to_string())
}

impl From<rusqlite::Error> for EngineError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => EngineError::Full,
            _ => failed(error),
        }
    }
}

#[cfg(test)]
mod tests;
