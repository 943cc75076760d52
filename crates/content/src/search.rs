//! The text that searches see, defined exactly (IMAP SEARCH TEXT, BODY, HEADER and the like).
//!
//! A message's text is: the fields of its header, unfolded and with encoded words decoded; and
//! its body text, which is, part by part in the order of their octets, every text part decoded
//! and converted from its charset (HTML as [`crate::html::to_text`] gives it), the header of
//! every message inside, and the file names. At most `SEARCH_TEXT_OCTETS_MAX` octets of body
//! text are kept. A search matches when the folded text contains the folded needle.
//!
//! An index of [`terms`] is a filter without false negatives: if a text contains a needle, then
//! each of the needle's [`needle_terms`] is contained in some term of the text. Scan the
//! vocabulary for terms that contain it, intersect, and verify with [`SearchText`]. A needle
//! without letters and digits has no terms and filters nothing.

use std::ops::ControlFlow;

use types::limits::SEARCH_TEXT_OCTETS_MAX;

use crate::{
    charset,
    header::{Field, fields, unfold},
    html,
    structure::{Part, decode_body},
    summary::cut,
    words::{self, floor_char_boundary},
};

/// One header field of the folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchField {
    /// Folded.
    pub name: String,
    /// Decoded and folded.
    pub value: String,
}

/// The folded text of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    /// The fields of the message's own header, in order.
    pub headers: Vec<SearchField>,
    /// The body text; pieces are separated by line breaks.
    pub body: String,
}

/// A folded needle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle(String);

impl Needle {
    /// Folds what the user asked for.
    pub fn new(text: &str) -> Self {
        Needle(fold(text))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `text`, which is not folded yet, contains the needle.
    pub fn is_in(&self, text: &str) -> bool {
        fold(text).contains(&self.0)
    }
}

/// Extracts the text of a message whose structure is `root`.
pub fn text(message: &[u8], root: &Part) -> SearchText {
    let headers = fields(root.header.of(message)).map(search_field).collect();
    SearchText { headers, body: fold(&body_text(message, root)) }
}

impl SearchText {
    /// Adds the fields of more header lines: those put before the message for one mailbox.
    pub fn add_header(&mut self, lines: &[u8]) {
        self.headers.extend(fields(lines).map(search_field));
    }

    /// IMAP `TEXT`: header or body.
    pub fn text_contains(&self, needle: &Needle) -> bool {
        let in_field = |field: &SearchField| {
            field.value.contains(&needle.0)
                || format!("{}: {}", field.name, field.value).contains(&needle.0)
        };
        self.headers.iter().any(in_field) || self.body_contains(needle)
    }

    /// IMAP `BODY`.
    pub fn body_contains(&self, needle: &Needle) -> bool {
        self.body.contains(&needle.0)
    }

    /// IMAP `HEADER name needle`; an empty needle asks whether there is such a field.
    pub fn header_contains(&self, name: &str, needle: &Needle) -> bool {
        let name = fold(name);
        self.headers.iter().any(|field| field.name == name && field.value.contains(&needle.0))
    }

    /// All terms of header and body, with repetitions.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().flat_map(|field| [&field.name, &field.value]);
        headers.chain([&self.body]).flat_map(|text| terms(text))
    }
}

fn search_field(field: Field) -> SearchField {
    let value = unfold(field.value);
    SearchField { name: fold(&unfold(field.name)), value: fold(&words::decode(&value)) }
}

/// The body text of a message as it is, not folded.
pub fn body_text(message: &[u8], root: &Part) -> String {
    let mut body = Body { out: String::new() };
    let _ = body.part(message, root);
    body.out
}

/// Collects body text until there is enough.
struct Body {
    out: String,
}

impl Body {
    fn part(&mut self, message: &[u8], part: &Part) -> ControlFlow<()> {
        if let Some(name) = part.file_name() {
            self.push(&name)?;
        }
        if part.media_type == "text" {
            self.text_part(message, part)?;
        }
        if let Some(inner) = part.message() {
            for field in fields(inner.header.of(message)) {
                self.push(&words::decode(&unfold(field.octets)))?;
            }
        }
        part.children.iter().try_for_each(|child| self.part(message, child))
    }

    /// A part with an unknown encoding gives nothing: what its octets mean is not known.
    fn text_part(&mut self, message: &[u8], part: &Part) -> ControlFlow<()> {
        let body = part.body.of(message);
        let Ok(decoded) = decode_body(part, &body[..body.len().min(SEARCH_TEXT_OCTETS_MAX)]) else {
            return ControlFlow::Continue(());
        };
        let text = charset::to_utf8(part.charset(), &decoded);
        match part.subtype.as_str() {
            "html" => self.push(&html::to_text(&text)),
            _ => self.push(&text),
        }
    }

    fn push(&mut self, text: &str) -> ControlFlow<()> {
        let left = SEARCH_TEXT_OCTETS_MAX.saturating_sub(self.out.len());
        self.out.push_str(cut(text, left));
        self.out.push('\n');
        if text.len() < left { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Case folding, character by character: upper case, then lower case, which joins what only one
/// of them joins (ß and SS, the two sigmas). Because it works on single characters, a part of a
/// text folds to a part of the folded text.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Octets of a term.
const TERM_OCTETS_MAX: usize = 64;
/// Longer runs become terms that overlap by this much, so any piece up to it is in one of them.
const TERM_OVERLAP_OCTETS: usize = TERM_OCTETS_MAX / 2;

/// The terms of a folded text: its longest runs of letters and digits. A run longer than
/// `TERM_OCTETS_MAX` gives overlapping windows.
pub fn terms(folded: &str) -> impl Iterator<Item = &str> {
    runs(folded).flat_map(windows)
}

/// The terms a text must have, as parts of its terms, to contain `needle`: the needle's runs,
/// long ones cut to what a window is sure to hold.
pub fn needle_terms(needle: &Needle) -> impl Iterator<Item = &str> {
    runs(&needle.0).map(|run| cut(run, TERM_OVERLAP_OCTETS))
}

fn runs(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty())
}

fn windows(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(run);
    std::iter::from_fn(move || {
        let run = rest?;
        rest = (run.len() > TERM_OCTETS_MAX)
            .then(|| &run[floor_char_boundary(run, TERM_OVERLAP_OCTETS)..]);
        Some(cut(run, TERM_OCTETS_MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MESSAGE: &[u8] = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Note: folded\r\n value\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Caf=E9 <b>cr</b>=\r\neme</p>\r\n\
        --b\r\nContent-Type: image/png; name=\"Photo.PNG\"\r\n\r\nsecretpixels\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nDeep text\r\n--b--\r\n";

    #[test]
    fn searches_see_what_readers_see() {
        let text = text(MESSAGE, &crate::derive(MESSAGE).structure);
        for (needle, in_text, in_body) in [
            ("GR\u{dc}SSE", true, false),
            ("folded value", true, false),
            ("x-note: folded", true, false),
            ("caf\u{c9} creme", true, true),
            ("photo.png", true, true),
            ("secretpixels", false, false),
            ("subject: inner", true, true),
            ("deep TEXT", true, true),
            ("<p>", false, false),
            ("", true, true),
        ] {
            let needle = Needle::new(needle);
            assert_eq!(text.text_contains(&needle), in_text, "{needle:?}");
            assert_eq!(text.body_contains(&needle), in_body, "{needle:?}");
        }
    }

    #[test]
    fn headers_are_searched_by_name() {
        let text = text(MESSAGE, &crate::derive(MESSAGE).structure);
        for (name, needle, found) in [
            ("SUBJECT", "gr\u{fc}\u{df}e", true),
            ("x-note", "", true),
            ("x-none", "", false),
            ("subject", "folded", false),
        ] {
            assert_eq!(text.header_contains(name, &Needle::new(needle)), found, "{name} {needle}");
        }
    }

    #[test]
    fn folding_joins_what_case_parts() {
        for (a, b) in [("\u{df}", "SS"), ("\u{3c3}", "\u{3c2}"), ("\u{c4}", "\u{e4}"), ("A", "a")] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
    }

    proptest! {
        /// The promise of the index: no false negatives.
        #[test]
        fn terms_never_hide_a_match(
            text in "([a-c\u{fc}\u{df}\u{20ac} ,]{0,9}|[a-z\u{fc}]{60,150}){1,6}",
            from in 0usize..200,
            length in 0usize..120,
        ) {
            let folded = fold(&text);
            let start = floor_char_boundary(&folded, from);
            let needle = Needle(cut(&folded[start..], length).to_owned());
            for piece in needle_terms(&needle) {
                prop_assert!(terms(&folded).any(|term| term.contains(piece)), "{piece}");
            }
        }

        #[test]
        fn a_part_folds_to_a_part(before: String, part: String, after: String) {
            let whole = format!("{before}{part}{after}");
            prop_assert!(Needle::new(&part).is_in(&whole));
        }

        #[test]
        fn terms_are_short(text: String) {
            let folded = fold(&text);
            for term in terms(&folded) {
                prop_assert!(!term.is_empty() && term.len() <= TERM_OCTETS_MAX);
            }
        }
    }
}
