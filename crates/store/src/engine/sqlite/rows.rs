//! Reading rows over any connection.

use std::ops::ControlFlow;

use bytes::Bytes;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::failed;
use crate::engine::{EngineError, Span, Visit};
use crate::read::Direction;

const GET: &str = "SELECT v FROM kv WHERE k = ?1";
const FORWARD: &str = "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k";
const BACKWARD: &str = "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k DESC";
const EVERY: &str = "SELECT k, v FROM kv";

pub(super) fn get(connection: &Connection, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
    let mut statement = connection.prepare_cached(GET)?;
    let value = statement
        .query_row([key], |row| Ok(octets(row, 0).map(Bytes::copy_from_slice)))
        .optional()?;
    value.transpose()
}

pub(super) fn range(connection: &Connection, span: Span, visit: Visit) -> Result<(), EngineError> {
    let query = match span.direction {
        Direction::Forward => FORWARD,
        Direction::Backward => BACKWARD,
    };
    walk(connection, query, [span.from, span.to], visit)
}

/// Visits every row, also out of order.
pub(super) fn every(connection: &Connection, visit: Visit) -> Result<(), EngineError> {
    walk(connection, EVERY, [], visit)
}

fn walk(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    visit: Visit,
) -> Result<(), EngineError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        if let ControlFlow::Break(()) = visit(octets(row, 0)?, octets(row, 1)?) {
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
