//! The MIME tree of a message: what BODYSTRUCTURE says, and where each part's octets lie.
//!
//! Part numbers are IMAP's (RFC 9051 section 6.4.5.1). Ranges are offsets into the message, so
//! a section is a slice of the stored bytes. Invariants: `header.end <= body.start`, a child
//! lies inside its parent's body, siblings do not overlap.

use crate::{
    envelope::Envelope,
    parameters::{Parameter, parameter},
    transfer::{TransferEncoding, UnknownEncoding},
};

/// A range of octets of the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First octet.
    pub start: u32,
    /// After the last octet.
    pub end: u32,
}

impl Span {
    /// Octets in it.
    pub fn len(&self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The octets, or none where the span does not fit the message.
    pub fn of<'a>(&self, message: &'a [u8]) -> &'a [u8] {
        message.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disposition {
    /// `inline`, `attachment` or another word, in lower case.
    pub kind: String,
    /// filename, size, dates.
    pub parameters: Vec<Parameter>,
}

/// One part of a message; the message itself is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// In lower case; "text" when the field is missing.
    pub media_type: String,
    /// In lower case.
    pub subtype: String,
    /// Parameters of Content-Type.
    pub parameters: Vec<Parameter>,
    /// Content-ID, angle brackets kept.
    pub id: Option<String>,
    /// Content-Description, encoded words kept.
    pub description: Option<String>,
    /// Content-Transfer-Encoding as it came; "7bit" when missing.
    pub encoding: String,
    /// Line endings in the body; meaningful for text and messages, else 0.
    pub lines: u32,
    /// Content-MD5.
    pub md5: Option<String>,
    /// Content-Disposition.
    pub disposition: Option<Disposition>,
    /// Content-Language.
    pub language: Vec<String>,
    /// Content-Location.
    pub location: Option<String>,
    /// The header, its blank line included.
    pub header: Span,
    /// The body, without the line ending that belongs to the next boundary.
    pub body: Span,
    /// For message/rfc822: the envelope of the message inside.
    pub envelope: Option<Box<Envelope>>,
    /// The parts of a multipart; the one message inside a message/rfc822.
    pub children: Vec<Part>,
}

impl Part {
    /// `type/subtype` equals this.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type == media_type && self.subtype == subtype
    }

    /// A multipart that was taken apart.
    pub fn is_multipart(&self) -> bool {
        self.media_type == "multipart"
    }

    /// The message inside, if this is a message/rfc822 (or message/global).
    pub fn message(&self) -> Option<&Part> {
        self.envelope.as_ref().and(self.children.first())
    }

    /// Octets of the body as it is stored.
    pub fn octets(&self) -> u32 {
        self.body.len()
    }

    /// The part with this IMAP number; the part itself for the empty path. To be called on the
    /// root. `BODY[n.HEADER]` and `BODY[n.TEXT]` are then the header and body of
    /// [`Part::message`], `BODY[n.MIME]` is the part's own header, `BODY[n]` its body.
    pub fn section(&self, path: &[u32]) -> Option<&Part> {
        let Some((number, rest)) = path.split_first() else { return Some(self) };
        rest.iter().try_fold(self.numbered(*number)?, |part, number| match part.message() {
            Some(message) => message.numbered(*number),
            None if part.is_multipart() => part.child(*number),
            None => None,
        })
    }

    /// Part `number` of a message: a message that is no multipart has exactly part 1, itself.
    fn numbered(&self, number: u32) -> Option<&Part> {
        if self.is_multipart() {
            return self.child(number);
        }
        (number == 1).then_some(self)
    }

    fn child(&self, number: u32) -> Option<&Part> {
        self.children.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The body without its transfer encoding (`BINARY` of RFC 3516). `message` is the whole
    /// message the structure was derived from.
    pub fn decoded(&self, message: &[u8]) -> Result<Vec<u8>, UnknownEncoding> {
        decode_body(self, self.body.of(message))
    }

    /// The charset parameter.
    pub fn charset(&self) -> Option<&str> {
        self.parameters.iter().find(|p| p.name == "charset").map(|p| p.value.as_str())
    }

    /// The name a client saves it under: filename of the disposition, else name of the type.
    pub fn file_name(&self) -> Option<String> {
        let disposition = self.disposition.as_ref();
        disposition
            .and_then(|disposition| parameter(&disposition.parameters, "filename"))
            .or_else(|| parameter(&self.parameters, "name"))
    }

    /// The disposition says attachment.
    pub fn is_attachment(&self) -> bool {
        self.disposition.as_ref().is_some_and(|disposition| disposition.kind == "attachment")
    }

    /// This part and all parts below it, in the order of their octets.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Part)) {
        visit(self);
        for child in &self.children {
            child.walk(visit);
        }
    }
}

/// `bytes`, the body of `part` (or a piece cut at a line), without its transfer encoding.
/// Multiparts and messages may only be 7bit, 8bit or binary; they come back as they are.
pub fn decode_body(part: &Part, bytes: &[u8]) -> Result<Vec<u8>, UnknownEncoding> {
    Ok(TransferEncoding::parse(&part.encoding)?.decode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(media_type: &str, id: &str, children: Vec<Part>) -> Part {
        let envelope = (media_type == "message").then(Box::default);
        let id = Some(id.to_owned());
        Part { media_type: media_type.into(), id, envelope, children, ..Part::default() }
    }

    /// The example of RFC 9051 section 6.4.5.1, and single-part messages.
    #[test]
    fn parts_are_numbered_as_imap_numbers_them() {
        let inner = part(
            "multipart",
            "inner",
            vec![part("text", "3.1", vec![]), part("application", "3.2", vec![])],
        );
        let outer = part("multipart", "4.2.2m", vec![part("text", "4.2.2.1", vec![])]);
        let root = part(
            "multipart",
            "root",
            vec![
                part("text", "1", vec![]),
                part("application", "2", vec![]),
                part("message", "3", vec![inner]),
                part(
                    "multipart",
                    "4",
                    vec![part("image", "4.1", vec![]), part("message", "4.2", vec![outer])],
                ),
                part("message", "5", vec![part("text", "single", vec![])]),
            ],
        );
        for (path, expected) in [
            (&[][..], Some("root")),
            (&[1], Some("1")),
            (&[1, 1], None),
            (&[3], Some("3")),
            (&[3, 2], Some("3.2")),
            (&[4, 2], Some("4.2")),
            (&[4, 2, 1], Some("4.2.2.1")),
            (&[4, 2, 2], None),
            (&[5, 1], Some("single")),
            (&[5, 2], None),
            (&[0], None),
            (&[9], None),
        ] {
            let found = root.section(path).and_then(|part| part.id.as_deref());
            assert_eq!(found, expected, "{path:?}");
        }
    }

    #[test]
    fn a_message_without_parts_has_part_one() {
        let text = part("text", "t", vec![]);
        assert_eq!(text.section(&[1]), Some(&text));
        assert_eq!(text.section(&[2]), None);
        assert_eq!(text.section(&[1, 1]), None);
        let forward = part("message", "m", vec![text.clone()]);
        assert_eq!(forward.section(&[1]), Some(&forward));
        assert_eq!(forward.section(&[1, 1]), Some(&text));
    }
}
