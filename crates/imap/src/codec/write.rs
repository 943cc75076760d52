//! Responses, straight into a byte buffer (RFC 9051 section 7). Rules are named as in the
//! grammar; what is large (FETCH of many messages) is written here once and copied nowhere.

use super::date_time::{DateTime, write_date_time};
use super::parser::{is_astring_char, is_atom_char};

/// Appends text as it is.
pub fn raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// `number`
pub fn number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `* <number> <name> `: the head of EXISTS, EXPUNGE, FETCH.
pub fn numbered(out: &mut Vec<u8>, n: u32, name: &str) {
    out.extend_from_slice(b"* ");
    number(out, n.into());
    out.push(b' ');
    raw(out, name);
}

/// `string`: quoted when that is short and clean, a literal otherwise.
pub fn string(out: &mut Vec<u8>, octets: &[u8]) {
    let clean = |octet: &u8| matches!(octet, 0x20..=0x7e);
    if octets.len() <= QUOTED_OCTETS_MAX && octets.iter().all(clean) {
        quoted(out, octets);
    } else {
        literal(out, octets);
    }
}

/// Longest string written with quotes; clients have small buffers for those.
const QUOTED_OCTETS_MAX: usize = 1000;

/// `quoted`; the caller knows that there is no CR, LF or NUL.
pub fn quoted(out: &mut Vec<u8>, octets: &[u8]) {
    out.push(b'"');
    for octet in octets {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*octet);
    }
    out.push(b'"');
}

/// `literal`
pub fn literal(out: &mut Vec<u8>, octets: &[u8]) {
    literal_head(out, octets.len() as u64, false);
    out.extend_from_slice(octets);
}

/// The head of a literal or, for octets that may hold NUL, a literal8.
pub fn literal_head(out: &mut Vec<u8>, size: u64, binary: bool) {
    if binary {
        out.push(b'~');
    }
    out.push(b'{');
    number(out, size);
    out.extend_from_slice(b"}\r\n");
}

/// `astring`
pub fn astring(out: &mut Vec<u8>, octets: &[u8]) {
    let plain = !octets.is_empty()
        && octets.iter().all(|octet| is_astring_char(*octet))
        && !octets.eq_ignore_ascii_case(b"NIL");
    if plain { out.extend_from_slice(octets) } else { string(out, octets) }
}

/// `nstring`
pub fn nstring(out: &mut Vec<u8>, octets: Option<&[u8]>) {
    match octets {
        Some(octets) => string(out, octets),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// `mailbox`: modified UTF-7 or, after ENABLE, UTF-8 in quotes.
pub fn mailbox(out: &mut Vec<u8>, name: &str, utf8: bool) {
    if name.is_ascii() && !name.contains('&') && !name.is_empty() {
        return mailbox_ascii(out, name);
    }
    if utf8 {
        quoted(out, name.as_bytes())
    } else {
        mailbox_ascii(out, &types::modified_utf7::encode(name))
    }
}

/// Names are quoted unless they are atoms: clients choke on `]` in a bare name.
fn mailbox_ascii(out: &mut Vec<u8>, name: &str) {
    let atom =
        !name.is_empty() && name.bytes().all(is_atom_char) && !name.eq_ignore_ascii_case("NIL");
    if atom { raw(out, name) } else { quoted(out, name.as_bytes()) }
}

/// `date-time`
pub fn date_time(out: &mut Vec<u8>, time: DateTime) {
    write_date_time(out, time);
}

/// Writes a parenthesized list, a space between items.
pub struct List<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> List<'a> {
    /// Opens the list.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'(');
        List { out, first: true }
    }

    /// Room for the next item.
    pub fn item(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b' ');
        }
        self.out
    }

    /// Closes the list.
    pub fn close(self) {
        self.out.push(b')');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::parser::Parser;
    use proptest::prelude::*;

    #[test]
    fn forms_of_strings() {
        let written = |octets: &[u8]| {
            let mut out = Vec::new();
            astring(&mut out, octets);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(written(b"abc"), "abc");
        assert_eq!(written(b""), "\"\"");
        assert_eq!(written(b"nil"), "\"nil\"");
        assert_eq!(written(b"a\"b"), "\"a\\\"b\"");
        assert_eq!(written(b"a\r\nb"), "{4}\r\na\r\nb");
        assert_eq!(written("ä".as_bytes()), "{2}\r\nä");
    }

    #[test]
    fn mailboxes() {
        let written = |name: &str, utf8| {
            let mut out = Vec::new();
            mailbox(&mut out, name, utf8);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("INBOX", false), "INBOX");
        assert_eq!(written("Sent Items", false), "\"Sent Items\"");
        assert_eq!(written("Entwürfe", false), "Entw&APw-rfe");
        assert_eq!(written("Entwürfe", true), "\"Entwürfe\"");
        assert_eq!(written("A&B", false), "A&-B");
        assert_eq!(written("", false), "\"\"");
    }

    proptest! {
        #[test]
        fn strings_parse_back(octets: Vec<u8>) {
            let mut out = Vec::new();
            astring(&mut out, &octets);
            prop_assert_eq!(&*Parser::new(&out, false).astring().unwrap(), &octets[..]);
        }

        #[test]
        fn numbers_are_decimal(n: u64) {
            let mut out = Vec::new();
            number(&mut out, n);
            prop_assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }

        #[test]
        fn mailboxes_parse_back(name in "[^\\p{Cc}]{1,40}", utf8: bool) {
            prop_assume!(!name.to_ascii_uppercase().starts_with("INBOX"));
            let mut out = Vec::new();
            mailbox(&mut out, &name, utf8);
            prop_assert_eq!(Parser::new(&out, utf8).mailbox().unwrap(), name);
        }
    }
}
