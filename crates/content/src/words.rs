//! Encoded words (RFC 2047): `=?charset?encoding?text?=` in unstructured text and phrases.
//!
//! Own splitter because a character may be cut between two adjacent words of one charset: their
//! octets are joined before the charset is applied. Charsets come from [`crate::charset`].

use std::borrow::Cow;

use base64::Engine;

use crate::{charset, transfer};

/// Decodes the encoded words of an unfolded field body. Blanks between two words vanish, what
/// is not a proper word stays as it is.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut open: Option<Run> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let Some((word, length)) = Word::parse(&rest[at..]) else {
            flush(&mut out, &mut open, &rest[..at]);
            out.push_str("=?");
            rest = &rest[at + 2..];
            continue;
        };
        flush_unless_blank(&mut out, &mut open, &rest[..at]);
        append(&mut out, &mut open, word);
        rest = &rest[at + length..];
    }
    flush(&mut out, &mut open, rest);
    Cow::Owned(out)
}

/// Octets of adjacent words in one charset.
struct Run<'a> {
    charset: &'a str,
    octets: Vec<u8>,
}

struct Word<'a> {
    charset: &'a str,
    octets: Vec<u8>,
}

impl<'a> Word<'a> {
    /// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="`, and its length.
    fn parse(text: &'a str) -> Option<(Word<'a>, usize)> {
        let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
        let (encoding, rest) = rest.split_once('?')?;
        let (encoded, after) = rest.split_at(encoded_text_length(rest)?);
        if charset.is_empty() || charset.contains(char::is_whitespace) {
            return None;
        }
        let octets = match encoding {
            "B" | "b" => transfer::base64(encoded.as_bytes()),
            "Q" | "q" => q_encoding(encoded),
            _ => return None,
        };
        Some((Word { charset, octets }, text.len() - after.len() + "?=".len()))
    }
}

/// Up to the `?=`, unless another word begins before it: each opening is looked at once, so a
/// field full of openings stays linear.
fn encoded_text_length(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).enumerate().find_map(|(at, pair)| match pair {
        b"?=" => Some(Some(at)),
        b"=?" => Some(text[at..].starts_with("=?=").then_some(at + 1)),
        _ => None,
    })?
}

/// RFC 2047 section 4.2: quoted-printable in which `_` is a space.
fn q_encoding(encoded: &str) -> Vec<u8> {
    let spaced: Vec<u8> =
        encoded.bytes().map(|octet| if octet == b'_' { b' ' } else { octet }).collect();
    let mut out = Vec::with_capacity(spaced.len());
    transfer::unescape(&spaced, b'=', &mut out);
    out
}

fn append<'a>(out: &mut String, open: &mut Option<Run<'a>>, word: Word<'a>) {
    match open {
        Some(run) if run.charset.eq_ignore_ascii_case(word.charset) => {
            run.octets.extend_from_slice(&word.octets);
        }
        _ => {
            flush(out, open, "");
            *open = Some(Run { charset: word.charset, octets: word.octets });
        }
    }
}

fn flush_unless_blank(out: &mut String, open: &mut Option<Run>, between: &str) {
    if open.is_none() || !between.trim().is_empty() {
        flush(out, open, between);
    }
}

/// Writes the open run, then `plain`. Decoded text never brings line endings or NUL into a
/// header value.
fn flush(out: &mut String, open: &mut Option<Run>, plain: &str) {
    if let Some(run) = open.take() {
        let text = charset::to_utf8(Some(run.charset), &run.octets);
        out.extend(text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
    }
    out.push_str(plain);
}

/// Octets of UTF-8 in one word: 45 become 60 in base64, and the word stays below the 75
/// characters of RFC 2047 section 2.
const WORD_OCTETS_MAX: usize = 45;

/// Writes `text` in 7 bits: unchanged if it is ASCII, else as encoded words (UTF-8, base64),
/// separated by spaces and cut between characters.
pub fn encode(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(encode_always(text)) }
}

/// Writes `text` as encoded words even if it is ASCII.
pub(crate) fn encode_always(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(floor_char_boundary(rest, WORD_OCTETS_MAX));
        words.push(format!("=?UTF-8?B?{}?=", BASE64.encode(head)));
        rest = tail;
    }
    words.join(" ")
}

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;

/// The largest index of at most `limit` where a character begins.
pub(crate) fn floor_char_boundary(text: &str, limit: usize) -> usize {
    let limit = limit.min(text.len());
    (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_decode_as_rfc_2047_section_8_shows() {
        for (raw, expected) in [
            ("plain", "plain"),
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \t =?utf-8?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?UTF-8?B?w7w=?=", "\u{fc}"),
            ("=?utf-8?q?=C3?= =?UTF-8?Q?=BC?=", "\u{fc}"),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
            ("=?broken", "=?broken"),
            ("=?a?q?b =?us-ascii?q?c?=", "=?a?q?b c"),
            ("=?utf-8?b?YQ==?= =?utf-8?b?Yg==?=", "ab"),
            ("=?utf-8?q??= b", " b"),
            ("a =? b =?us-ascii?q?c?=", "a =? b c"),
            ("=?utf-8?q?a=0D=0Ab?=", "ab"),
        ] {
            assert_eq!(decode(raw), expected, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn encoded_text_comes_back(text in "[^\0\r\n=]*") {
            let encoded = encode(&text).into_owned();
            prop_assert!(encoded.is_ascii());
            let decoded = decode(&encoded).into_owned();
            prop_assert_eq!(decoded, text);
        }

        #[test]
        fn decoding_never_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
