//! Reading rows over any connection.

use std::ops::{ControlFlow, RangeInclusive};

use bytes::Bytes;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::failed;
use super::numbered::{self, Place, place};
use crate::engine::{EngineError, Span, Visit};
use crate::keys::SPACE_BLOB;
use crate::read::Direction;

const GET: &str = "SELECT v FROM named WHERE k = ?1";
const FORWARD: &str = "SELECT k, v FROM named WHERE k >= ?1 AND k < ?2 ORDER BY k";
const BACKWARD: &str = "SELECT k, v FROM named WHERE k >= ?1 AND k < ?2 ORDER BY k DESC";
const EVERY: &str = "SELECT k, v FROM named";

const GET_NUMBERED: &str = "SELECT v FROM numbered WHERE n = ?1";
const FORWARD_NUMBERED: &str = "SELECT n, v FROM numbered WHERE n BETWEEN ?1 AND ?2 ORDER BY n";
const BACKWARD_NUMBERED: &str =
    "SELECT n, v FROM numbered WHERE n BETWEEN ?1 AND ?2 ORDER BY n DESC";
const EVERY_NUMBERED: &str = "SELECT n, v FROM numbered";

pub(super) fn get(connection: &Connection, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
    match place(key)? {
        Place::Named(key) => one(connection, GET, [key]),
        Place::Numbered(number) => one(connection, GET_NUMBERED, [number]),
    }
}

fn one(
    connection: &Connection,
    query: &str,
    key: impl Params,
) -> Result<Option<Bytes>, EngineError> {
    let mut statement = connection.prepare_cached(query)?;
    let value = statement
        .query_row(key, |row| Ok(octets(row, 0).map(Bytes::copy_from_slice)))
        .optional()?;
    value.transpose()
}

/// A part of a range that lies in one table.
enum Stretch<'k> {
    Named(&'k [u8], &'k [u8]),
    Numbered(RangeInclusive<i64>),
}

pub(super) fn range(connection: &Connection, span: Span, visit: Visit) -> Result<(), EngineError> {
    let Some(numbers) = numbered::within(span.from, span.to) else {
        return stretch(connection, Stretch::Named(span.from, span.to), span.direction, visit);
    };
    let mut stretches = [
        Stretch::Named(span.from, &[SPACE_BLOB]),
        Stretch::Numbered(numbers),
        Stretch::Named(&[SPACE_BLOB + 1], span.to),
    ];
    if span.direction == Direction::Backward {
        stretches.reverse();
    }
    // One walk for the caller: what it ends in one stretch does not go on in the next.
    let mut ended = false;
    for part in stretches {
        stretch(connection, part, span.direction, &mut |key, value| {
            let flow = visit(key, value);
            ended |= flow.is_break();
            flow
        })?;
        if ended {
            break;
        }
    }
    Ok(())
}

fn stretch(
    connection: &Connection,
    stretch: Stretch,
    direction: Direction,
    visit: Visit,
) -> Result<(), EngineError> {
    match stretch {
        // Of most ranges two of the three stretches are empty.
        Stretch::Named(from, to) if from >= to => Ok(()),
        Stretch::Named(from, to) => {
            let query = match direction {
                Direction::Forward => FORWARD,
                Direction::Backward => BACKWARD,
            };
            walk_named(connection, query, [from, to], visit)
        }
        Stretch::Numbered(numbers) => {
            let query = match direction {
                Direction::Forward => FORWARD_NUMBERED,
                Direction::Backward => BACKWARD_NUMBERED,
            };
            walk_numbered(connection, query, [*numbers.start(), *numbers.end()], visit)
        }
    }
}

/// Visits every row, also out of order. One table's damage does not hide the other.
pub(super) fn every(connection: &Connection, visit: Visit) -> Vec<EngineError> {
    let named = walk_named(connection, EVERY, [], visit);
    let numbered = walk_numbered(connection, EVERY_NUMBERED, [], visit);
    [named, numbered].into_iter().filter_map(Result::err).collect()
}

fn walk_named(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    visit: Visit,
) -> Result<(), EngineError> {
    walk(connection, query, parameters, &mut |row| Ok(visit(octets(row, 0)?, octets(row, 1)?)))
}

fn walk_numbered(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    visit: Visit,
) -> Result<(), EngineError> {
    walk(connection, query, parameters, &mut |row| {
        let key = numbered::key(row.get(0)?);
        Ok(visit(&key, octets(row, 1)?))
    })
}

fn walk(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    show: &mut dyn FnMut(&Row) -> Result<ControlFlow<()>, EngineError>,
) -> Result<(), EngineError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        if show(row)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A column's octets. Of another type it is damaged: we never write one, and it sorts apart.
fn octets<'r>(row: &'r Row, column: usize) -> Result<&'r [u8], EngineError> {
    match row.get_ref(column)? {
        ValueRef::Blob(octets) => Ok(octets),
        other => Err(failed(format!("a row has a column of type {}", other.data_type()))),
    }
}
