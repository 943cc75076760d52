//! Header fields as octets: splitting, unfolding, choosing (RFC 5322 section 2.2).
//!
//! Not a grammar of field bodies: addresses, parameters and encoded words have modules of
//! their own. Everything here works on the octets as they came, so what IMAP sends back is
//! exactly what arrived. A line ends with LF (a CR before it belongs to the line ending); a
//! bare CR is an ordinary octet.

use memchr::memchr;
use types::limits::HEADER_OCTETS_MAX;

/// One field: all its lines, folding included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Before the colon, trailing blanks removed; empty when the line has no colon.
    pub name: &'a [u8],
    /// After the colon, still folded, the last line ending included.
    pub value: &'a [u8],
    /// The whole field, exactly.
    pub octets: &'a [u8],
}

/// Iterates over the fields of a header; stops at the blank line or at the end.
#[derive(Clone, Debug)]
pub struct Fields<'a>(&'a [u8]);

/// The value of the first field with this name, in any case, unfolded and decoded.
pub fn field_text(header: &[u8], name: &str) -> Option<String> {
    let mut named = fields(header).filter(|field| field.name.eq_ignore_ascii_case(name.as_bytes()));
    named.next().map(|field| crate::words::decode(&unfold(field.value)).into_owned())
}

/// The fields of `header` (which may go on after the blank line; that is not looked at).
/// What lies beyond `HEADER_OCTETS_MAX` is not a field.
pub fn fields(header: &[u8]) -> Fields<'_> {
    Fields(&header[..header.len().min(HEADER_OCTETS_MAX)])
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.0.is_empty() || is_blank(&self.0[..line_length(self.0)]) {
            return None;
        }
        let (octets, rest) = self.0.split_at(field_length(self.0));
        self.0 = rest;
        Some(Field::split(octets))
    }
}

impl<'a> Field<'a> {
    fn split(octets: &'a [u8]) -> Self {
        let first_line = line_length(octets);
        match memchr(b':', &octets[..first_line]) {
            Some(colon) => Field {
                name: octets[..colon].trim_ascii_end(),
                value: &octets[colon + 1..],
                octets,
            },
            None => Field { name: b"", value: octets, octets },
        }
    }
}

/// The length of the first line, its ending included.
pub(crate) fn line_length(bytes: &[u8]) -> usize {
    memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

/// An empty line: the end of a header.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\r\n" | b"\n")
}

fn field_length(bytes: &[u8]) -> usize {
    let mut length = line_length(bytes);
    while matches!(bytes.get(length), Some(b' ' | b'\t')) {
        length += line_length(&bytes[length..]);
    }
    length
}

/// Removes the folding of a field body: line endings and NULs go, outer blanks go. Octets that
/// are not UTF-8 are read as windows-1252, so the result is text whatever was sent.
pub fn unfold(value: &[u8]) -> String {
    let value = value.trim_ascii();
    if !value.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
        return text(value);
    }
    let plain: Vec<u8> =
        value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n' | 0)).collect();
    text(plain.trim_ascii())
}

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => crate::charset::to_utf8(Some("windows-1252"), bytes),
    }
}

/// `HEADER.FIELDS` (`not` false) and `HEADER.FIELDS.NOT` (`not` true) of RFC 9051 section
/// 6.4.5.1: the chosen fields octet by octet, then the blank line. Names compare without case.
pub fn header_fields<N: AsRef<[u8]>>(header: &[u8], names: &[N], not: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for field in Fields(header) {
        let named = names.iter().any(|name| name.as_ref().eq_ignore_ascii_case(field.name));
        if named != not {
            push_field(&mut out, field.octets);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A header cut off by the end of the message must not swallow the blank line.
fn push_field(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(octets);
    if !octets.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
}

macro_rules! known_fields {
    ($($variant:ident $name:literal,)*) => {
        /// The fields that something here reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known { $($variant,)* }

        impl Known {
            const COUNT: usize = [$(Known::$variant),*].len();

            fn of(name: &[u8]) -> Option<Known> {
                let mut buffer = [0u8; 32];
                let lower = buffer.get_mut(..name.len())?;
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                match &*lower {
                    $($name => Some(Known::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

known_fields! {
    AutoResponseSuppress b"x-auto-response-suppress",
    Bcc b"bcc",
    Cc b"cc",
    ContentClass b"content-class",
    ContentDescription b"content-description",
    ContentDisposition b"content-disposition",
    ContentId b"content-id",
    ContentLanguage b"content-language",
    ContentLocation b"content-location",
    ContentMd5 b"content-md5",
    ContentTransferEncoding b"content-transfer-encoding",
    ContentType b"content-type",
    Date b"date",
    DispositionNotificationTo b"disposition-notification-to",
    Expires b"expires",
    From b"from",
    Importance b"importance",
    InReplyTo b"in-reply-to",
    ListHelp b"list-help",
    ListSubscribe b"list-subscribe",
    ListUnsubscribe b"list-unsubscribe",
    MessageFlag b"x-message-flag",
    MessageId b"message-id",
    Priority b"priority",
    References b"references",
    ReplyBy b"reply-by",
    ReplyTo b"reply-to",
    ReturnReceiptTo b"return-receipt-to",
    Sender b"sender",
    Sensitivity b"sensitivity",
    Subject b"subject",
    ThreadIndex b"thread-index",
    ThreadTopic b"thread-topic",
    To b"to",
    XPriority b"x-priority",
}

/// The first occurrence of every known field of one header, found in one pass.
#[derive(Clone, Debug)]
pub(crate) struct KnownFields<'a>([Option<&'a [u8]>; Known::COUNT]);

impl<'a> KnownFields<'a> {
    pub(crate) fn collect(header: &'a [u8]) -> Self {
        let mut found = [None; Known::COUNT];
        for field in fields(header) {
            if let Some(known) = Known::of(field.name) {
                found[known as usize].get_or_insert(field.value);
            }
        }
        KnownFields(found)
    }

    /// The body as it came.
    pub(crate) fn raw(&self, field: Known) -> Option<&'a [u8]> {
        self.0[field as usize]
    }

    /// Octets of the bodies of these fields together.
    pub(crate) fn octets(&self, fields: &[Known]) -> usize {
        fields.iter().filter_map(|field| self.raw(*field)).map(<[u8]>::len).sum()
    }

    /// The body unfolded.
    pub(crate) fn text(&self, field: Known) -> Option<String> {
        self.raw(field).map(unfold)
    }

    /// The body unfolded, its encoded words decoded.
    pub(crate) fn decoded(&self, field: Known) -> Option<String> {
        self.text(field).map(|text| crate::words::decode(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] =
        b"Subject: a\r\n folded\r\nX-Odd : b\nno colon here\r\nTO: c\r\n\r\nbody: x\r\n";

    #[test]
    fn fields_keep_their_octets() {
        let all: Vec<_> = fields(HEADER).map(|field| (field.name, field.octets)).collect();
        assert_eq!(
            all,
            [
                (&b"Subject"[..], &b"Subject: a\r\n folded\r\n"[..]),
                (b"X-Odd", b"X-Odd : b\n"),
                (b"", b"no colon here\r\n"),
                (b"TO", b"TO: c\r\n"),
            ]
        );
    }

    #[test]
    fn chosen_fields_come_exactly() {
        for (names, not, expected) in [
            (&["to"][..], false, &b"TO: c\r\n\r\n"[..]),
            (&["to", "subject"], true, b"X-Odd : b\nno colon here\r\n\r\n"),
            (&["cc"], false, b"\r\n"),
        ] {
            assert_eq!(header_fields(HEADER, names, not), expected, "{names:?} not={not}");
        }
    }

    #[test]
    fn a_cut_header_still_ends_with_a_blank_line() {
        assert_eq!(header_fields(b"To: c", &["to"], false), b"To: c\r\n\r\n");
    }

    #[test]
    fn unfolding_removes_line_endings_and_nul() {
        for (raw, expected) in [
            (&b" a\r\n\tb \r\n"[..], "a\tb"),
            (b"a\0b", "ab"),
            (b"\xfcber", "\u{fc}ber"),
            ("\u{fc}ber".as_bytes(), "\u{fc}ber"),
            (b"", ""),
        ] {
            assert_eq!(unfold(raw), expected);
        }
    }

    #[test]
    fn first_occurrence_wins() {
        let known = KnownFields::collect(b"To: a\r\nto: b\r\n\r\n");
        assert_eq!(known.text(Known::To).as_deref(), Some("a"));
        assert_eq!(known.text(Known::Cc), None);
    }
}
