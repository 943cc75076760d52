//! ResultSize: how many objects a verb shows.

use crate::verb::Session;

/// Unless it is given; Exchange's.
const DEFAULT: u32 = 1000;

/// How many were asked for.
pub(super) fn result_size(asked: Option<u32>) -> usize {
    asked.unwrap_or(DEFAULT) as usize
}

/// No more than were asked for, with a warning when there are more.
pub(super) fn limited<T>(session: &Session<'_>, mut found: Vec<T>, asked: Option<u32>) -> Vec<T> {
    let limit = result_size(asked);
    if found.len() > limit {
        session.warn("there are more; see -ResultSize");
        found.truncate(limit);
    }
    found
}
