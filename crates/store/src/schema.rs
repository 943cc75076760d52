//! The version of the rows' schema, and the steps from older ones.
//!
//! A step runs in slices, each with a commit of its own that also notes where it stands; a
//! start after a kill goes on from there. Upgrades need no hand.

use crate::database::Database;
use crate::error::StoreError;
use crate::job::Bulk;
use crate::keys;
use crate::read::Read;
use crate::txn::{Txn, counter};

/// The newest version and how to get there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Schema {
    /// Version of the rows that this program writes.
    pub version: u32,
    /// One step for each version that may be found; any order.
    pub migrations: &'static [Migration],
}

/// The way from one version to the next.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The version it starts from; it ends at the next.
    pub from: u32,
    /// What it does, for the log.
    pub name: &'static str,
    /// Does one slice of the work. Gets what the slice before it answered, at first nothing.
    pub step: fn(&mut Txn, Option<&[u8]>) -> Result<Step, StoreError>,
}

/// Answer of one slice of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on from this cursor.
    More(Vec<u8>),
    /// The rows are in the next version.
    Done,
}

/// Brings a database to the newest version; a new one is born in it.
pub(crate) fn migrate(database: &Database, schema: Schema) -> Result<(), StoreError> {
    while let Some(found) = begin(database, schema)? {
        let migration = schema.migrations.iter().find(|migration| migration.from == found);
        let migration = *migration.ok_or_else(|| {
            StoreError::Engine(format!("no way leads on from schema {found}").into())
        })?;
        tracing::info!(from = found, name = migration.name, "migrating the store");
        database.write_bulk_blocking(move |txn| slice(txn, &migration))?;
    }
    Ok(())
}

/// The version found when it is not the newest.
fn begin(database: &Database, schema: Schema) -> Result<Option<u32>, StoreError> {
    database.write_blocking(move |txn| {
        if txn.get(keys::SCHEMA)?.is_none() {
            txn.set_own_counter(keys::SCHEMA, u64::from(schema.version))?;
        }
        let found = version(txn)?;
        match found <= schema.version {
            true => Ok((found < schema.version).then_some(found)),
            false => Err(StoreError::SchemaTooNew { found, known: schema.version }),
        }
    })
}

fn version(read: &dyn Read) -> Result<u32, StoreError> {
    Ok(u32::try_from(counter(read, keys::SCHEMA)?).unwrap_or(u32::MAX))
}

fn slice(txn: &mut Txn, migration: &Migration) -> Result<Bulk<()>, StoreError> {
    let cursor = txn.get(keys::MIGRATION)?;
    match (migration.step)(txn, cursor.as_deref())? {
        Step::More(cursor) => {
            txn.set_own(keys::MIGRATION, Some(&cursor))?;
            Ok(Bulk::More)
        }
        Step::Done => {
            txn.set_own(keys::MIGRATION, None)?;
            txn.set_own_counter(keys::SCHEMA, u64::from(migration.from) + 1)?;
            Ok(Bulk::Done(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    const ROWS: u8 = 10;
    const STEPS: &[Migration] = &[
        Migration { from: 2, name: "doubles each row", step: double },
        Migration { from: 1, name: "writes the rows", step: write },
    ];

    fn write(txn: &mut Txn, _: Option<&[u8]>) -> Result<Step, StoreError> {
        (0..ROWS).try_for_each(|row| txn.put(&[0x10, row], 1, &[row]))?;
        Ok(Step::Done)
    }

    /// One row in each slice, so that a kill can fall between any two.
    fn double(txn: &mut Txn, cursor: Option<&[u8]>) -> Result<Step, StoreError> {
        let row = cursor.map_or(0, |cursor| cursor[0]);
        if row == ROWS {
            return Ok(Step::Done);
        }
        let value = txn.get(&[0x10, row])?.map_or(0, |value| value[0]);
        txn.put(&[0x10, row], 1, &[value * 2])?;
        Ok(Step::More(vec![row + 1]))
    }

    fn open(directory: &std::path::Path, version: u32) -> Result<Database, StoreError> {
        let schema = Schema { version, migrations: STEPS };
        Database::open(Options { schema, ..Options::sqlite(directory) })
    }

    fn rows(database: &Database) -> Vec<u8> {
        let snapshot = database.snapshot().unwrap();
        (0..ROWS).filter_map(|row| snapshot.get(&[0x10, row]).unwrap().map(|row| row[0])).collect()
    }

    #[test]
    fn an_old_store_takes_every_step_and_a_new_one_none() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(open(old.path(), 1).unwrap());
        let expected: Vec<u8> = (0..ROWS).map(|row| row * 2).collect();
        assert_eq!(rows(&open(old.path(), 3).unwrap()), expected);
        assert_eq!(rows(&open(old.path(), 3).unwrap()), expected, "and no step twice");
        assert_eq!(rows(&open(new.path(), 3).unwrap()), []);
    }

    #[test]
    fn a_migration_goes_on_where_it_was_interrupted() {
        for slices in 0..usize::from(ROWS) {
            let directory = tempfile::tempdir().unwrap();
            drop(open(directory.path(), 1).unwrap());
            let database = open(directory.path(), 2).unwrap();
            for _ in 0..slices {
                database.write_blocking(|txn| slice(txn, &STEPS[0])).unwrap();
            }
            drop(database);
            let expected: Vec<u8> = (0..ROWS).map(|row| row * 2).collect();
            assert_eq!(rows(&open(directory.path(), 3).unwrap()), expected, "{slices} slices");
        }
    }

    #[test]
    fn a_later_schema_and_a_missing_step_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path(), 3).unwrap());
        let later = open(directory.path(), 2).map(drop);
        assert!(matches!(later, Err(StoreError::SchemaTooNew { found: 3, known: 2 })));
        assert!(matches!(open(directory.path(), 4).map(drop), Err(StoreError::Engine(_))));
    }
}
