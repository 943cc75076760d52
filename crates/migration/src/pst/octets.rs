//! Octets of a file at an offset, and numbers in octets. Nothing is allocated that is not there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use types::limits::PST_TREE_LEVELS_MAX;

use super::error::PstError;

/// A file, or what stands for one.
pub trait Octets: Send {
    /// How many.
    fn length(&self) -> io::Result<u64>;
    /// Fills `into` from an offset on. Errors: UnexpectedEof.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Octets for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(into, at)
    }
}

impl Octets for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(at).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// `length` octets from `at` on.
pub(super) fn part(octets: &[u8], at: usize, length: usize) -> Result<&[u8], PstError> {
    let end = at.checked_add(length);
    end.and_then(|end| octets.get(at..end)).ok_or(PstError::Damaged("something ends too early"))
}

/// The little-endian number of at most 8 octets that stands at `at`.
pub(super) fn number(octets: &[u8], at: usize, length: usize) -> Result<u64, PstError> {
    let digits = part(octets, at, length)?.iter().rev();
    Ok(digits.fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

/// Two octets.
pub(super) fn short(octets: &[u8], at: usize) -> Result<u16, PstError> {
    Ok(number(octets, at, 2)? as u16)
}

/// Four octets.
pub(super) fn long(octets: &[u8], at: usize) -> Result<u32, PstError> {
    Ok(number(octets, at, 4)? as u32)
}

/// A level of a tree.
pub(super) fn level_of(octet: u8) -> Result<u8, PstError> {
    match octet <= PST_TREE_LEVELS_MAX {
        true => Ok(octet),
        false => Err(PstError::Limit("levels of a tree")),
    }
}

/// UTF-16LE as text; what is no character becomes U+FFFD.
pub(super) fn utf16(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_have_at_most_pst_tree_levels_max() {
        assert!(level_of(PST_TREE_LEVELS_MAX).is_ok());
        assert!(matches!(level_of(PST_TREE_LEVELS_MAX + 1), Err(PstError::Limit(_))));
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        assert_eq!(number(&[1, 2, 3], 1, 2).unwrap(), 0x0302);
        for (at, length) in [(2, 2), (4, 0), (usize::MAX, 2)] {
            assert!(part(&[1, 2, 3], at, length).is_err());
        }
        let mut into = [0; 2];
        assert!(vec![1u8, 2, 3].read_at(u64::MAX, &mut into).is_err());
        assert!(vec![1u8, 2, 3].read_at(2, &mut into).is_err());
        assert_eq!(utf16(&[0x41, 0, 0, 0xD8, 9]), "A\u{fffd}");
    }
}
