//! The compact binary form of our own records: LEB128 integers, length-prefixed bytes.
//!
//! Not a network format. Every record carries a version in front (crate `store`), so a
//! reader never guesses; a reader that runs out of bytes says [`Truncated`] and never panics.

/// The record ended before its last field, or a length in it is impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record is truncated or malformed")]
pub struct Truncated;

/// Appends an unsigned integer, seven bits per octet, low bits first.
pub fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a 128-bit unsigned integer in the same way.
pub fn put_uint128(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer; small magnitudes stay small (zigzag).
pub fn put_int(out: &mut Vec<u8>, value: i64) {
    put_uint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a length and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Takes fields off the front of a record.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// True at the end.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One octet.
    pub fn octet(&mut self) -> Result<u8, Truncated> {
        let (first, rest) = self.0.split_first().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    /// An integer written by [`put_uint`].
    pub fn uint(&mut self) -> Result<u64, Truncated> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(value);
            }
        }
        Err(Truncated)
    }

    /// An integer written by [`put_uint`] that must fit into 32 bits.
    pub fn uint32(&mut self) -> Result<u32, Truncated> {
        u32::try_from(self.uint()?).map_err(|_| Truncated)
    }

    /// An integer written by [`put_uint128`].
    pub fn uint128(&mut self) -> Result<u128, Truncated> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let octet = self.octet()?;
            value |= u128::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(value);
            }
        }
        Err(Truncated)
    }

    /// An integer written by [`put_int`].
    pub fn int(&mut self) -> Result<i64, Truncated> {
        let raw = self.uint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// Bytes written by [`put_bytes`].
    pub fn bytes(&mut self) -> Result<&'a [u8], Truncated> {
        let length = usize::try_from(self.uint()?).map_err(|_| Truncated)?;
        self.take(length)
    }

    /// Text written by [`put_bytes`].
    pub fn text(&mut self) -> Result<&'a str, Truncated> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Truncated)
    }

    /// Exactly `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Truncated> {
        if length > self.0.len() {
            return Err(Truncated);
        }
        let (head, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(head)
    }

    /// Exactly `N` bytes as an array (GUIDs).
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        self.take(N)?.try_into().map_err(|_| Truncated)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_bytes_come_back(a: u64, b: i64, c: u128, d: Vec<u8>) {
            let mut out = Vec::new();
            put_uint(&mut out, a);
            put_int(&mut out, b);
            put_uint128(&mut out, c);
            put_bytes(&mut out, &d);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.uint().unwrap(), a);
            prop_assert_eq!(reader.int().unwrap(), b);
            prop_assert_eq!(reader.uint128().unwrap(), c);
            prop_assert_eq!(reader.bytes().unwrap(), &d[..]);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.bytes().is_ok() && !reader.is_empty() {}
            let _ = Reader::new(&bytes).uint128();
        }
    }
}
