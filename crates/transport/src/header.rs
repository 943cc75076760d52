//! The header of a message as bytes: found, walked and edited without touching the body.
//!
//! A message streams; only its header (at most [`HEADER_OCTETS_MAX`]) is held. What the
//! server changes is an edit list over those bytes, so that everything not named stays
//! octet for octet what the sender wrote and signed.

use std::ops::Range;

use types::limits::HEADER_OCTETS_MAX;

/// Collects the header of a message that arrives in chunks.
#[derive(Debug, Default)]
pub struct HeaderBuffer {
    bytes: Vec<u8>,
    scanned: usize,
}

/// What [`HeaderBuffer::push`] found so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No blank line yet.
    NeedMore,
    /// The header is the first `octets` bytes; the blank line and the body follow.
    Complete {
        /// Octets of the header, its last CRLF included.
        octets: usize,
    },
    /// No end within the limit.
    TooLong,
}

impl HeaderBuffer {
    /// Takes the next bytes of the message.
    pub fn push(&mut self, chunk: &[u8]) -> Progress {
        self.bytes.extend_from_slice(chunk);
        match header_len_from(&self.bytes, self.scanned) {
            Some(octets) if octets <= HEADER_OCTETS_MAX => Progress::Complete { octets },
            Some(_) => Progress::TooLong,
            None if self.bytes.len() > HEADER_OCTETS_MAX => Progress::TooLong,
            None => {
                self.scanned = self.bytes.len().saturating_sub(3);
                Progress::NeedMore
            }
        }
    }

    /// Everything pushed: the header and the first bytes of the rest.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Octets of the header of a whole message: all of it when there is no blank line.
pub fn header_len(message: &[u8]) -> usize {
    header_len_from(message, 0).unwrap_or(message.len())
}

/// The position just before the blank line, looked for from `scanned` on.
fn header_len_from(bytes: &[u8], scanned: usize) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(0);
    }
    let tail = bytes.get(scanned..)?;
    tail.windows(4).position(|window| window == b"\r\n\r\n").map(|at| scanned + at + 2)
}

/// One header field, or a line that is none (its name is empty then).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name before the colon, as spelled.
    pub name: &'a [u8],
    /// All of the field: name, folded value and the last CRLF.
    pub raw: &'a [u8],
    /// Where [`Field::raw`] lies in the header.
    pub range: Range<usize>,
}

impl Field<'_> {
    /// True for this name in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// True when the name begins so, in any case.
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.name
            .get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
    }

    /// The value on one line: unfolded, trimmed, octets outside UTF-8 replaced.
    pub fn value(&self) -> String {
        let after_colon = self.raw.get(self.name.len() + 1..).unwrap_or_default();
        let text = String::from_utf8_lossy(after_colon);
        text.replace(['\r', '\n'], "").trim().to_owned()
    }
}

/// The fields of a header in order.
pub fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= header.len() {
            return None;
        }
        let end = field_end(header, start);
        let raw = &header[start..end];
        let field = Field { name: field_name(raw), raw, range: start..end };
        start = end;
        Some(field)
    })
}

/// The first field of that name.
pub fn field<'a>(header: &'a [u8], name: &str) -> Option<Field<'a>> {
    fields(header).find(|field| field.is(name))
}

/// A field goes on while lines begin with white space.
fn field_end(header: &[u8], start: usize) -> usize {
    let mut end = line_end(header, start);
    while matches!(header.get(end), Some(b' ' | b'\t')) {
        end = line_end(header, end);
    }
    end
}

fn line_end(header: &[u8], start: usize) -> usize {
    let line = &header[start..];
    line.iter().position(|octet| *octet == b'\n').map_or(header.len(), |at| start + at + 1)
}

/// `field-name` of RFC 5322 section 3.6.8; obsolete white space before the colon is cut.
fn field_name(raw: &[u8]) -> &[u8] {
    let Some(colon) = raw.iter().position(|octet| *octet == b':') else { return &[] };
    let name = raw[..colon].trim_ascii_end();
    if name.iter().all(|octet| octet.is_ascii_graphic()) { name } else { &[] }
}

/// What the server changes in a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    /// Fields put before all others: trace lines.
    pub prefix: Vec<u8>,
    /// Fields taken out, ascending and disjoint.
    pub removed: Vec<Range<usize>>,
    /// Fields put after all others: what the sender left out.
    pub suffix: Vec<u8>,
}

impl HeaderEdits {
    /// The edited header.
    pub fn apply(&self, header: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.prefix.len() + header.len() + self.suffix.len());
        out.extend_from_slice(&self.prefix);
        let mut kept = 0;
        for range in &self.removed {
            out.extend_from_slice(&header[kept..range.start]);
            kept = range.end;
        }
        out.extend_from_slice(&header[kept..]);
        if !self.suffix.is_empty() && !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(&self.suffix);
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const HEADER: &[u8] = b"From: a@b.test\r\nSubject: one\r\n two\r\nTo: c@d.test\r\n";

    #[test]
    fn fields_are_walked_with_their_folds() {
        let names: Vec<_> =
            fields(HEADER).map(|f| String::from_utf8_lossy(f.name).into_owned()).collect();
        assert_eq!(names, ["From", "Subject", "To"]);
        assert_eq!(field(HEADER, "SUBJECT").unwrap().value(), "one two");
        assert!(field(HEADER, "Cc").is_none());
    }

    #[test]
    fn the_end_is_found_at_every_cut() {
        let message = [HEADER, b"\r\nbody\r\n\r\nmore"].concat();
        for cut in 0..message.len() {
            let mut buffer = HeaderBuffer::default();
            let first = buffer.push(&message[..cut]);
            let last =
                if first == Progress::NeedMore { buffer.push(&message[cut..]) } else { first };
            assert_eq!(last, Progress::Complete { octets: HEADER.len() }, "cut at {cut}");
        }
    }

    #[test]
    fn an_endless_header_is_too_long() {
        let mut buffer = HeaderBuffer::default();
        assert_eq!(buffer.push(&vec![b'a'; HEADER_OCTETS_MAX]), Progress::NeedMore);
        assert_eq!(buffer.push(b"a"), Progress::TooLong);
    }

    #[test]
    fn a_message_without_header_or_body() {
        assert_eq!(header_len(b"\r\nbody"), 0);
        assert_eq!(header_len(HEADER), HEADER.len());
    }

    #[test]
    fn edits_leave_the_rest_alone() {
        let subject = field(HEADER, "Subject").unwrap();
        let edits = HeaderEdits {
            prefix: b"X: 1\r\n".to_vec(),
            removed: vec![subject.range],
            suffix: b"Y: 2\r\n".to_vec(),
        };
        assert_eq!(edits.apply(HEADER), b"X: 1\r\nFrom: a@b.test\r\nTo: c@d.test\r\nY: 2\r\n");
    }

    proptest! {
        #[test]
        fn fields_cover_every_byte(header: Vec<u8>) {
            let joined: Vec<u8> = fields(&header).flat_map(|field| field.raw.to_vec()).collect();
            prop_assert_eq!(joined, header);
        }
    }
}
