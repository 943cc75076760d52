//! Splits a message into parts with exact offsets (RFC 2045, 2046, 9051 BODYSTRUCTURE).
//!
//! Own scanner because IMAP needs what a general MIME parser does not promise: the header of
//! each part octet by octet, bodies that end before the line ending of the boundary, the same
//! answer for messages whose boundaries are missing, doubled or crossed. `mail-parser` is used
//! for charsets and improper dates only.
//!
//! One pass over the octets; recursion is as deep as `MIME_DEPTH_MAX`. A boundary line is
//! `--boundary` or `--boundary--` and blanks. A part ends at its own boundary or at that of any
//! multipart around it, so a missing end never swallows a sibling of the parent. What lies
//! deeper than `MIME_DEPTH_MAX` is one opaque application/octet-stream; parts after the first
//! `MIME_PARTS_MAX` are not listed; once the headers of parts have filled
//! `STRUCTURE_TEXT_OCTETS_MAX`, further parts are opaque and further envelopes empty.

use memchr::{memchr_iter, memmem};
use types::limits::{
    ENVELOPE_ADDRESSES_MAX, MIME_DEPTH_MAX, MIME_PARTS_MAX, STRUCTURE_TEXT_OCTETS_MAX,
};

use crate::{
    envelope::Envelope,
    header::{Known, KnownFields, is_blank, line_length},
    parameters,
    structure::{Disposition, Part, Span},
    transfer::TransferEncoding,
};

/// What the scan of a whole message gives.
pub(crate) struct Scanned<'a> {
    pub(crate) root: Part,
    pub(crate) envelope: Envelope,
    pub(crate) fields: KnownFields<'a>,
    /// Line endings in the whole message.
    pub(crate) lines: u32,
}

/// Scans a message; offsets are 32 bits wide, so octets beyond 4 GiB are not looked at.
pub(crate) fn scan(message: &[u8]) -> Scanned<'_> {
    let message = &message[..message.len().min(u32::MAX as usize)];
    let mut scanner = Scanner::new(message);
    let Entity { part: mut root, fields, .. } = scanner.entity(0, PLAIN_TEXT, 0);
    let envelope = Envelope::read(&fields, ENVELOPE_ADDRESSES_MAX);
    let lines = count_lines(message, &mut root);
    Scanned { root, envelope, fields, lines }
}

type MediaType = (&'static str, &'static str);

const PLAIN_TEXT: MediaType = ("text", "plain");
const MESSAGE: MediaType = ("message", "rfc822");
const OPAQUE: MediaType = ("application", "octet-stream");

/// A boundary line, or the end of the message.
#[derive(Clone, Copy)]
struct Delimiter {
    /// Where its line begins.
    line: usize,
    /// Where the next line begins.
    after: usize,
    /// Which open multipart it belongs to, as a number of open boundaries below it; the end of
    /// the message belongs to none.
    level: Option<usize>,
    /// It ends with two hyphens.
    closes: bool,
}

/// One header and body, and the delimiter that ended it.
struct Entity<'a> {
    part: Part,
    fields: KnownFields<'a>,
    end: Delimiter,
}

struct Scanner<'a> {
    message: &'a [u8],
    /// `--boundary` of every multipart around the position, outermost first.
    boundaries: Vec<Vec<u8>>,
    line_with_hyphens: memmem::Finder<'static>,
    parts_left: usize,
    /// Addresses that envelopes of messages inside may still hold.
    addresses_left: usize,
    /// Octets of header fields that descriptions of parts may still take over.
    octets_left: usize,
}

impl<'a> Scanner<'a> {
    fn new(message: &'a [u8]) -> Self {
        Scanner {
            message,
            boundaries: Vec::new(),
            line_with_hyphens: memmem::Finder::new(b"\n--"),
            parts_left: MIME_PARTS_MAX,
            addresses_left: ENVELOPE_ADDRESSES_MAX,
            octets_left: STRUCTURE_TEXT_OCTETS_MAX,
        }
    }

    /// Scans from the first octet of a header on.
    fn entity(&mut self, start: usize, default: MediaType, depth: usize) -> Entity<'a> {
        self.parts_left = self.parts_left.saturating_sub(1);
        let header_end = self.header_end(start);
        let header = Span { start: offset(start), end: offset(header_end) };
        let fields = KnownFields::collect(header.of(self.message));
        let mut part = match self.spend(fields.octets(&DESCRIPTION)) {
            true => describe(&fields, default),
            false => undescribed(&fields),
        };
        part.header = header;
        let end = self.content(&mut part, header_end, depth);
        let body_end = offset(self.content_end(header_end, end)).max(children_end(&part));
        part.body = Span { start: header.end, end: body_end };
        Entity { part, fields, end }
    }

    /// Scans the body behind a header into `part.children`.
    fn content(&mut self, part: &mut Part, start: usize, depth: usize) -> Delimiter {
        let composite = part.is_multipart() || is_message(part);
        if composite && (depth >= MIME_DEPTH_MAX || self.parts_left == 0) {
            make_opaque(part);
        } else if part.is_multipart() {
            return self.multipart(part, start, depth);
        } else if is_message(part) {
            return self.message(part, start, depth);
        }
        self.delimiter(start)
    }

    fn multipart(&mut self, part: &mut Part, start: usize, depth: usize) -> Delimiter {
        let Some(boundary) = boundary(&part.parameters) else { return self.delimiter(start) };
        let level = self.boundaries.len();
        let default = if part.subtype == "digest" { MESSAGE } else { PLAIN_TEXT };
        self.boundaries.push(boundary);
        let mut at = self.delimiter(start);
        while at.level == Some(level) && !at.closes {
            at = self.child(part, at.after, default, depth);
        }
        self.boundaries.truncate(level);
        match at.level == Some(level) {
            true => self.delimiter(at.after),
            false => at,
        }
    }

    fn child(
        &mut self,
        parent: &mut Part,
        start: usize,
        default: MediaType,
        depth: usize,
    ) -> Delimiter {
        if self.parts_left == 0 {
            return self.delimiter(start);
        }
        let child = self.entity(start, default, depth + 1);
        parent.children.push(child.part);
        child.end
    }

    fn message(&mut self, part: &mut Part, start: usize, depth: usize) -> Delimiter {
        let child = self.entity(start, PLAIN_TEXT, depth + 1);
        let envelope = self.inner_envelope(&child.fields);
        part.envelope = Some(Box::new(envelope));
        part.children.push(child.part);
        child.end
    }

    fn inner_envelope(&mut self, fields: &KnownFields) -> Envelope {
        if !self.spend(fields.octets(&Envelope::FIELDS)) {
            return Envelope::default();
        }
        let envelope = Envelope::read(fields, self.addresses_left);
        self.addresses_left = self.addresses_left.saturating_sub(envelope.address_count());
        envelope
    }

    fn spend(&mut self, octets: usize) -> bool {
        let left = self.octets_left.checked_sub(octets);
        self.octets_left = left.unwrap_or(self.octets_left);
        left.is_some()
    }

    /// After the blank line; a boundary line or the end of the message also ends a header.
    fn header_end(&self, start: usize) -> usize {
        let mut at = start;
        while at < self.message.len() {
            let rest = &self.message[at..];
            let length = line_length(rest);
            if is_blank(&rest[..length]) {
                return at + length;
            }
            if rest.starts_with(b"--") && self.delimiter_at(at).is_some() {
                return at;
            }
            at += length;
        }
        at
    }

    /// The next boundary line at or after `from`, which is the beginning of a line.
    fn delimiter(&self, from: usize) -> Delimiter {
        if self.boundaries.is_empty() {
            return self.end();
        }
        if let Some(found) = self.delimiter_at(from) {
            return found;
        }
        self.line_with_hyphens
            .find_iter(&self.message[from..])
            .find_map(|at| self.delimiter_at(from + at + 1))
            .unwrap_or_else(|| self.end())
    }

    fn end(&self) -> Delimiter {
        let end = self.message.len();
        Delimiter { line: end, after: end, level: None, closes: false }
    }

    /// The delimiter whose line begins at `line`; the innermost multipart that knows it wins.
    fn delimiter_at(&self, line: usize) -> Option<Delimiter> {
        let rest = &self.message[line..];
        if !rest.starts_with(b"--") {
            return None;
        }
        let length = line_length(rest);
        let text = rest[..length].trim_ascii_end();
        let after = line + length;
        self.boundaries.iter().enumerate().rev().find_map(|(level, boundary)| {
            let closes = match text.strip_prefix(boundary.as_slice())? {
                b"" => false,
                b"--" => true,
                _ => return None,
            };
            Some(Delimiter { line, after, level: Some(level), closes })
        })
    }

    /// Where a body that begins at `start` and is followed by `delimiter` ends: the line ending
    /// before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
    fn content_end(&self, start: usize, delimiter: Delimiter) -> usize {
        if delimiter.level.is_none() {
            return delimiter.line;
        }
        let content = &self.message[start..delimiter.line.max(start)];
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        start + content.strip_suffix(b"\r").unwrap_or(content).len()
    }
}

/// The line that separates the parts of a multipart, without `--` at its end. An empty
/// boundary would match every signature separator: it is none.
fn boundary(parameters: &[parameters::Parameter]) -> Option<Vec<u8>> {
    let plain = parameters.iter().find(|p| p.name == "boundary").map(|p| p.value.clone());
    let text = plain.or_else(|| parameters::parameter(parameters, "boundary"))?;
    let text = text.trim_ascii_end();
    (!text.is_empty()).then(|| format!("--{text}").into_bytes())
}

/// A header that a boundary cuts short keeps its last line ending, and so do the parts around.
fn children_end(part: &Part) -> u32 {
    part.children.last().map_or(0, |child| child.body.end)
}

/// Offsets fit: the message was cut to `u32::MAX` octets.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A message that is not behind an encoding, so that its parts have offsets.
fn is_message(part: &Part) -> bool {
    part.media_type == "message"
        && matches!(part.subtype.as_str(), "rfc822" | "global")
        && TransferEncoding::parse(&part.encoding) == Ok(TransferEncoding::Identity)
}

fn make_opaque(part: &mut Part) {
    set_type(part, OPAQUE);
    part.parameters.clear();
}

fn set_type(part: &mut Part, (media_type, subtype): MediaType) {
    part.media_type = media_type.to_owned();
    part.subtype = subtype.to_owned();
}

/// The fields that describe a part.
const DESCRIPTION: [Known; 8] = [
    Known::ContentType,
    Known::ContentTransferEncoding,
    Known::ContentId,
    Known::ContentDescription,
    Known::ContentMd5,
    Known::ContentDisposition,
    Known::ContentLanguage,
    Known::ContentLocation,
];

/// A part for whose description there is no room left: opaque, but it can be decoded.
fn undescribed(fields: &KnownFields) -> Part {
    let mut part = Part { encoding: encoding(fields), ..Part::default() };
    if TransferEncoding::parse(&part.encoding).is_err() {
        part.encoding = "x-unknown".to_owned();
    }
    make_opaque(&mut part);
    part
}

/// Everything a header says about its body.
fn describe(fields: &KnownFields, default: MediaType) -> Part {
    let mut part = Part {
        id: fields.text(Known::ContentId),
        description: fields.text(Known::ContentDescription),
        encoding: encoding(fields),
        md5: fields.text(Known::ContentMd5),
        disposition: disposition(fields),
        language: language(fields),
        location: fields.text(Known::ContentLocation),
        ..Part::default()
    };
    read_type(&mut part, fields.text(Known::ContentType).as_deref(), default);
    part
}

/// Without the field the default holds, with the charset RFC 2045 section 5.2 gives it; a
/// field without a subtype means plain text. A composite type whose parts cannot be seen (a
/// message behind an encoding) is opaque, since IMAP could not describe it otherwise.
fn read_type(part: &mut Part, field: Option<&str>, default: MediaType) {
    let Some(field) = field else {
        set_type(part, default);
        if default == PLAIN_TEXT {
            part.parameters = us_ascii();
        }
        return;
    };
    let (value, parameters) = parameters::parse(field);
    match value.split_once('/') {
        Some((media_type, subtype)) if !media_type.is_empty() && !subtype.is_empty() => {
            part.media_type = media_type.trim_end().to_owned();
            part.subtype = subtype.trim_start().to_owned();
        }
        _ => set_type(part, PLAIN_TEXT),
    }
    part.parameters = parameters;
    if part.is("message", "rfc822") && !is_message(part) {
        make_opaque(part);
    }
}

fn us_ascii() -> Vec<parameters::Parameter> {
    vec![parameters::Parameter { name: "charset".into(), value: "us-ascii".into() }]
}

fn encoding(fields: &KnownFields) -> String {
    let (value, _) =
        parameters::parse(&fields.text(Known::ContentTransferEncoding).unwrap_or_default());
    if value.is_empty() { "7bit".to_owned() } else { value }
}

fn disposition(fields: &KnownFields) -> Option<Disposition> {
    let (kind, parameters) = parameters::parse(&fields.text(Known::ContentDisposition)?);
    (!kind.is_empty()).then_some(Disposition { kind, parameters })
}

/// `Content-Language = 1#Language-tag` (RFC 3282)
fn language(fields: &KnownFields) -> Vec<String> {
    let field = fields.text(Known::ContentLanguage).unwrap_or_default();
    field.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// Fills in `lines` of every text and message, counting each octet once however deep messages
/// nest; returns the line endings of the whole message.
fn count_lines(message: &[u8], root: &mut Part) -> u32 {
    let mut marks = vec![message.len()];
    root.walk(&mut |part| {
        if has_lines(part) {
            marks.extend([part.body.start as usize, part.body.end as usize]);
        }
    });
    marks.sort_unstable();
    marks.dedup();
    let counts = cumulative(message, &marks);
    let before = |at: u32| marks.binary_search(&(at as usize)).map_or(0, |index| counts[index]);
    set_lines(root, &before);
    counts.last().copied().unwrap_or_default()
}

fn has_lines(part: &Part) -> bool {
    part.media_type == "text" || part.envelope.is_some()
}

fn cumulative(message: &[u8], marks: &[usize]) -> Vec<u32> {
    let (mut at, mut count) = (0, 0);
    marks
        .iter()
        .map(|mark| {
            count += offset(memchr_iter(b'\n', &message[at..*mark]).count());
            at = *mark;
            count
        })
        .collect()
}

fn set_lines(part: &mut Part, before: &impl Fn(u32) -> u32) {
    if has_lines(part) {
        part.lines = before(part.body.end) - before(part.body.start);
    }
    for child in &mut part.children {
        set_lines(child, before);
    }
}
