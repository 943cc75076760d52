//! Texts of a transcript: escapes, and lines with wildcards.

use std::fmt;

/// Bytes with `*` as a wildcard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// As written in the transcript.
    text: String,
    /// The literal pieces between the asterisks.
    pieces: Vec<Vec<u8>>,
}

impl Pattern {
    /// Reads a text with escapes and asterisks.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let pieces = text.split('*').map(unescape).collect::<Result<_, _>>()?;
        Ok(Pattern { text: text.to_owned(), pieces })
    }

    /// True when the whole line fits.
    pub(super) fn matches(&self, line: &[u8]) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else { return self.pieces[0] == line };
        let Some(mut rest) = line.strip_prefix(&first[..]) else { return false };
        for piece in middle {
            match find(rest, piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text)
    }
}

/// Where `piece` begins in `bytes`.
fn find(bytes: &[u8], piece: &[u8]) -> Option<usize> {
    (0..=bytes.len().checked_sub(piece.len())?).find(|&at| bytes[at..].starts_with(piece))
}

/// `\r`, `\n`, `\t`, `\xNN`, `\\`; any other backslash stands for itself.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, length) = match (first, after) {
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', digits @ ..]) => (hex(digits)?, 4),
            _ => (first, 1),
        };
        out.push(byte);
        rest = &rest[length..];
    }
    Ok(out)
}

/// Two hexadecimal digits at the front of `digits`.
fn hex(digits: &[u8]) -> Result<u8, String> {
    digits
        .get(..2)
        .and_then(|pair| std::str::from_utf8(pair).ok())
        .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        .ok_or_else(|| "\\x needs two hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, line, fits) in [
            ("250 ok", "250 ok", true),
            ("250 ok", "250 ok ", false),
            ("250 *", "250 ", true),
            ("250 *", "251 ", false),
            ("* OK *", "a OK done", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            let found = Pattern::parse(pattern).unwrap().matches(line.as_bytes());
            assert_eq!(found, fits, "{pattern} {line}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"a\r\n\t\\\x00\Seen").unwrap(), b"a\r\n\t\\\x00\\Seen");
        assert!(unescape(r"\x0").is_err());
        assert!(unescape(r"\xzz").is_err());
    }

    #[test]
    fn an_escaped_asterisk_is_no_wildcard() {
        assert!(!Pattern::parse(r"\x2a OK").unwrap().matches(b"a OK"));
    }
}
