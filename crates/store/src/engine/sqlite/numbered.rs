//! Which rows have a number for a key, and stand in a table of their own.
//!
//! The keys of blob rows are numbers, so they need no index: the number is SQLite's own row
//! number, and new rows go to the end of the table.

use std::ops::RangeInclusive;

use super::failed;
use crate::blob::BlobNumber;
use crate::engine::EngineError;
use crate::keys::{self, BLOB_KEY_OCTETS, SPACE_BLOB};

/// How many numbers a row can have: from 0 up to the largest of SQLite.
const NUMBERS: u64 = 1 << 63;

/// Where the row of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'k> {
    /// Among the rows that an index over their keys finds.
    Named(&'k [u8]),
    /// In the table of numbers.
    Numbered(i64),
}

/// The place of a key. The space of numbers holds nothing else.
pub(super) fn place(key: &[u8]) -> Result<Place<'_>, EngineError> {
    if key.first() != Some(&SPACE_BLOB) {
        return Ok(Place::Named(key));
    }
    let number = keys::blob_number(key).and_then(|number| i64::try_from(number.0).ok());
    number.map(Place::Numbered).ok_or_else(|| failed("a key among the numbers is none"))
}

/// The key of a numbered row.
pub(super) fn key(number: i64) -> [u8; BLOB_KEY_OCTETS] {
    keys::blob(BlobNumber(number.cast_unsigned()))
}

/// The numbers whose keys lie in `from <= key < to`.
pub(super) fn within(from: &[u8], to: &[u8]) -> Option<RangeInclusive<i64>> {
    let (first, end) = (numbers_below(from), numbers_below(to));
    let last = i64::try_from(end.checked_sub(1)?).ok()?;
    let first = i64::try_from(first).ok()?;
    (first <= last).then_some(first..=last)
}

/// How many numbers have a key lower than this one.
fn numbers_below(key: &[u8]) -> u64 {
    let Some((space, rest)) = key.split_first() else { return 0 };
    if *space != SPACE_BLOB {
        return if *space < SPACE_BLOB { 0 } else { NUMBERS };
    }
    let mut octets = [0; BLOB_KEY_OCTETS - 1];
    octets.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    // A key that goes on behind a number is higher than it.
    let longer = u64::from(rest.len() > octets.len());
    u64::from_be_bytes(octets).saturating_add(longer).min(NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_places() {
        assert_eq!(place(b"\x10a").unwrap(), Place::Named(b"\x10a"));
        assert_eq!(place(&[]).unwrap(), Place::Named(&[]));
        for number in [0, 1, 300, i64::MAX] {
            assert_eq!(place(&key(number)).unwrap(), Place::Numbered(number));
        }
        for none in [&[SPACE_BLOB][..], &[SPACE_BLOB; 8], &[SPACE_BLOB; 10], &key(-1)] {
            assert!(place(none).is_err(), "{none:?}");
        }
    }

    #[test]
    fn ranges_of_keys_are_ranges_of_numbers() {
        let behind = [&key(7)[..], &[0]].concat();
        for (from, to, expected) in [
            (&[][..], &[0xff][..], Some(0..=i64::MAX)),
            (&[0], &[SPACE_BLOB], None),
            (&[SPACE_BLOB + 1], &[0xff], None),
            (&[SPACE_BLOB], &[SPACE_BLOB + 1], Some(0..=i64::MAX)),
            (&key(3), &key(9), Some(3..=8)),
            (&key(3), &behind, Some(3..=7)),
            (&behind, &key(9), Some(8..=8)),
            (&key(9), &key(9), None),
            (&key(9), &key(3), None),
            (&[SPACE_BLOB, 0, 0, 0, 0, 0, 0, 1], &key(300), Some(256..=299)),
            (&key(i64::MAX), &key(-1), Some(i64::MAX..=i64::MAX)),
        ] {
            assert_eq!(within(from, to), expected, "{from:?} to {to:?}");
        }
    }
}
