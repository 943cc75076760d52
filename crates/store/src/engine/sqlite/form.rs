//! The form of the database file, and the way from an earlier one.
//!
//! Form 1 has two tables, both in the order of row numbers, so that a value is never read to
//! compare a key: `numbered` (`numbered.rs`), and `named` with an index over its keys, which
//! are short. Form 0 had one table `kv` without row numbers: a value beyond a kilobyte had an
//! overflow page there, and was read whole whenever its key was compared. The number of the
//! form stands in the file's header (`user_version`). It refuses later forms and no more: which
//! of the known ones a file has, its tables say, whose names a damaged number does not change.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};

use super::failed;
use super::numbered::{Place, place};
use crate::engine::EngineError;

/// The form that this program writes.
pub(super) const FORM: u32 = 1;
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS
        named(n INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, v BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS numbered(n INTEGER PRIMARY KEY, v BLOB NOT NULL);";
const FORM_PRAGMA: &str = "user_version";
/// Rows moved in one transaction: 8 MiB of the longest blobs.
const SLICE_ROWS: u32 = 512;
const TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
const EARLIER: &str = "SELECT k, v FROM kv ORDER BY k LIMIT ?1";

/// Makes the tables in a new database.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, FORM_PRAGMA, FORM)
}

/// Brings an existing database into the newest form, in slices that each keep it whole: after a
/// kill, or when the disk is full, the next start goes on.
pub(super) fn update(path: &Path) -> Result<(), EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let found = found(&connection)?;
    if found > FORM {
        return Err(EngineError::TooNew { found, known: FORM });
    }
    if has_table(&connection, "kv")? {
        tracing::info!(?path, "bringing the rows into the form of this version");
        return leave_one_table(&mut connection);
    }
    // An empty table in place of one that is gone would look like a store without mail.
    if !(has_table(&connection, "named")? && has_table(&connection, "numbered")?) {
        return Err(failed("the file has not the tables of a store"));
    }
    if found != FORM {
        tracing::warn!(?path, found, "the number of the file's form was damaged");
        connection.pragma_update(None, FORM_PRAGMA, FORM)?;
    }
    Ok(())
}

/// The number of the form. Nobody wrote a negative one: it says as little as that of form 0.
fn found(connection: &Connection) -> rusqlite::Result<u32> {
    let number: i64 = connection.pragma_query_value(None, FORM_PRAGMA, |row| row.get(0))?;
    Ok(u32::try_from(number).unwrap_or(0))
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.prepare(TABLE)?.exists([name])
}

/// From form 0.
fn leave_one_table(connection: &mut Connection) -> Result<(), EngineError> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(TABLES)?;
    while move_slice(connection)? {}
    finish(connection)
}

/// Moves some rows; whether there were any.
fn move_slice(connection: &mut Connection) -> Result<bool, EngineError> {
    let transaction = connection.transaction()?;
    let rows = earlier(&transaction)?;
    for (key, value) in &rows {
        // A damaged key that has no place is kept for `verify` to name.
        match place(key).unwrap_or(Place::Named(key)) {
            Place::Named(key) => transaction
                .prepare_cached("INSERT INTO named(k, v) VALUES(?1, ?2)")?
                .execute([key, value])?,
            Place::Numbered(number) => transaction
                .prepare_cached("INSERT INTO numbered(n, v) VALUES(?1, ?2)")?
                .execute(params![number, value])?,
        };
        transaction.prepare_cached("DELETE FROM kv WHERE k = ?1")?.execute([key])?;
    }
    transaction.commit()?;
    Ok(!rows.is_empty())
}

fn earlier(connection: &Connection) -> rusqlite::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(EARLIER)?;
    let rows = statement.query_map([SLICE_ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Drops the empty table and notes the form, in one transaction.
fn finish(connection: &mut Connection) -> Result<(), EngineError> {
    connection.flush_prepared_statement_cache();
    let transaction = connection.transaction()?;
    transaction.execute_batch("DROP TABLE kv")?;
    transaction.pragma_update(None, FORM_PRAGMA, FORM)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use bytes::Bytes;

    use super::*;
    use crate::engine::sqlite::{FILE_NAME, Sqlite};
    use crate::engine::{Batch, Engine};

    const ROWS: i64 = 1_300;

    fn value(number: i64) -> Bytes {
        Bytes::from(vec![number as u8; (number % 7) as usize * 900 + 1])
    }

    /// A database in form 0, one key of which is damaged.
    fn old(directory: &Path) -> std::path::PathBuf {
        let path = directory.join(FILE_NAME);
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE kv(k BLOB PRIMARY KEY NOT NULL, v BLOB NOT NULL) WITHOUT ROWID;
                 INSERT INTO kv VALUES(x'0062', x'01'), (x'01ff', x'00'), (x'1063', x'02'); BEGIN",
            )
            .unwrap();
        let mut insert = connection.prepare("INSERT INTO kv VALUES(?1, ?2)").unwrap();
        for number in 1..=ROWS {
            insert.execute(params![super::super::numbered::key(number), &*value(number)]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        path
    }

    fn count(connection: &Connection, table: &str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        connection.query_row(&query, [], |row| row.get(0)).unwrap()
    }

    /// Every row is there once, under its key, and the engine takes more.
    fn check(directory: &Path) {
        let engine = Sqlite::open(directory).unwrap();
        let mut rows = 0;
        let findings = engine.verify(&mut |_, _| {
            rows += 1;
            ControlFlow::Continue(())
        });
        assert_eq!((findings.unwrap(), rows), (Vec::new(), ROWS + 3));
        let view = engine.snapshot().unwrap();
        for number in 1..=ROWS {
            let key = super::super::numbered::key(number);
            assert_eq!(view.get(&key).unwrap(), Some(value(number)), "{number}");
        }
        assert_eq!(view.get(&[0x10, b'c']).unwrap().as_deref(), Some(&[2][..]));
        let next = super::super::numbered::key(ROWS + 1);
        let batch = Batch::from([(next[..].into(), Some(value(1)))]);
        engine.writer().unwrap().commit(&batch).unwrap();
    }

    #[test]
    fn an_earlier_form_becomes_the_newest() {
        let directory = tempfile::tempdir().unwrap();
        let path = old(directory.path());
        update(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        assert_eq!((count(&connection, "named"), count(&connection, "numbered")), (3, ROWS));
        assert_eq!(found(&connection).unwrap(), FORM);
        drop(connection);
        check(directory.path());
    }

    #[test]
    fn a_kill_between_two_slices_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = old(directory.path());
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(TABLES).unwrap();
        assert!(move_slice(&mut connection).unwrap());
        let moved = count(&connection, "numbered") + count(&connection, "named");
        assert_eq!((moved, count(&connection, "kv")), (i64::from(SLICE_ROWS), ROWS + 3 - moved));
        // What a killed transaction leaves is not there for the next connection.
        let killed = connection.transaction().unwrap();
        killed.execute("DELETE FROM kv", []).unwrap();
        drop(killed);
        drop(connection);
        check(directory.path());
    }

    #[test]
    fn a_full_disk_stops_the_way_and_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = old(directory.path());
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(TABLES).unwrap();
        let pages: i64 = connection.pragma_query_value(None, "page_count", |r| r.get(0)).unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        let stopped = loop {
            match move_slice(&mut connection) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(matches!(stopped, Some(EngineError::Full)), "{stopped:?}");
        drop(connection);
        check(directory.path());
    }

    /// Sets the number of the form, as damage does.
    fn damage(path: &Path, number: i32) {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, FORM_PRAGMA, number).unwrap();
    }

    #[test]
    fn a_file_is_recognized_by_its_tables() {
        for number in [0, 1, -1] {
            let directory = tempfile::tempdir().unwrap();
            let path = old(directory.path());
            damage(&path, number);
            update(&path).unwrap();
            damage(&path, number);
            check(directory.path());
            assert_eq!(found(&Connection::open(&path).unwrap()).unwrap(), FORM, "{number}");
        }
    }

    #[test]
    fn a_file_without_the_tables_is_refused_and_left_alone() {
        for tables in ["", "CREATE TABLE named(n INTEGER PRIMARY KEY, k BLOB, v BLOB)"] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(FILE_NAME);
            Connection::open(&path).unwrap().execute_batch(tables).unwrap();
            let before = std::fs::read(&path).unwrap();
            let refused = Sqlite::open(directory.path()).err();
            assert!(matches!(refused, Some(EngineError::Failed(_))), "{refused:?}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_later_form_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = old(directory.path());
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, FORM_PRAGMA, FORM + 1).unwrap();
        drop(connection);
        let refused = Sqlite::open(directory.path()).err();
        assert!(matches!(refused, Some(EngineError::TooNew { .. })), "{refused:?}");
    }
}
