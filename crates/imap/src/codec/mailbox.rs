//! Mailbox names: modified UTF-7 on the wire (RFC 3501 section 5.1.3), UTF-8 after ENABLE
//! (RFC 9755, RFC 9051); Unicode inside. `INBOX` knows no case.

use types::limits;

use super::parser::{Bad, Parsed, Parser};

/// What stands between the levels of a name.
pub const SEPARATOR: char = '/';

impl Parser<'_> {
    /// `mailbox = "INBOX" / astring`
    pub fn mailbox(&mut self) -> Parsed<String> {
        let octets = self.astring()?;
        name_from_wire(&octets, self.utf8()).map(fold_inbox)
    }

    /// `list-mailbox = 1*list-char / string`, `list-char = ATOM-CHAR / list-wildcards / resp-specials`
    pub fn list_mailbox(&mut self) -> Parsed<String> {
        let octets = match self.peek() {
            Some(b'"' | b'{') => self.string()?,
            _ => self.take_while(is_list_char).into(),
        };
        name_from_wire(&octets, self.utf8())
    }
}

fn is_list_char(octet: u8) -> bool {
    super::parser::is_astring_char(octet) || matches!(octet, b'%' | b'*')
}

/// Names that begin with INBOX in any case begin with `INBOX`.
fn fold_inbox(name: String) -> String {
    match name.split_at_checked(5) {
        Some((head, tail))
            if head.eq_ignore_ascii_case("INBOX")
                && (tail.is_empty() || tail.starts_with(SEPARATOR)) =>
        {
            format!("INBOX{tail}")
        }
        _ => name,
    }
}

/// A name as it came: modified UTF-7, or UTF-8 when that was enabled. Octets above 127 are
/// taken as UTF-8 in either case: clients that send them mean nothing else.
fn name_from_wire(octets: &[u8], utf8: bool) -> Parsed<String> {
    if octets.len() > limits::IMAP_MAILBOX_NAME_OCTETS_MAX {
        return Err(Bad::Limit("The mailbox name is too long"));
    }
    let text = std::str::from_utf8(octets).map_err(|_| Bad::Syntax("Mailbox name is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(Bad::Syntax("Control character in a mailbox name"));
    }
    if utf8 || !text.is_ascii() { Ok(text.to_owned()) } else { decode_utf7(text) }
}

/// Decodes modified UTF-7: `&` shifts into base64 of UTF-16 (`,` for `/`), `-` shifts back,
/// `&-` is `&`.
pub fn decode_utf7(text: &str) -> Parsed<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (code, after) =
            shifted.split_once('-').ok_or(Bad::Syntax("Modified UTF-7 does not shift back"))?;
        if code.is_empty() {
            out.push('&')
        } else {
            decode_shifted(code, &mut out)?
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The base64 between `&` and `-`.
fn decode_shifted(code: &str, out: &mut String) -> Parsed<()> {
    const BAD: Bad = Bad::Syntax("Modified UTF-7 is broken");
    let mut units = Vec::with_capacity(code.len() / 2);
    let (mut bits, mut held) = (0u32, 0u32);
    for octet in code.bytes() {
        bits = (bits << 6) | u32::from(base64_value(octet).ok_or(BAD)?);
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
            bits &= (1 << held) - 1;
        }
    }
    let decoded = String::from_utf16(&units).map_err(|_| BAD)?;
    // What would be ASCII must not be shifted, and no bits may be left: one name, one form.
    if held >= 6 || bits != 0 || decoded.chars().any(|c| matches!(c, ' '..='~') || c.is_control()) {
        return Err(BAD);
    }
    out.push_str(&decoded);
    Ok(())
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

fn base64_value(octet: u8) -> Option<u8> {
    BASE64.iter().position(|symbol| *symbol == octet).and_then(|at| u8::try_from(at).ok())
}

/// Encodes a name as modified UTF-7.
pub fn encode_utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            encode_shifted(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            shifted.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    encode_shifted(&mut shifted, &mut out);
    out
}

/// Writes and empties a run of UTF-16 units.
fn encode_shifted(units: &mut Vec<u16>, out: &mut String) {
    if units.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut held) = (0u32, 0u32);
    for unit in units.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        held += 16;
        while held >= 6 {
            held -= 6;
            out.push(base64_symbol(bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        out.push(base64_symbol(bits << (6 - held)));
    }
    out.push('-');
}

fn base64_symbol(bits: u32) -> char {
    char::from(BASE64[(bits & 63) as usize])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn modified_utf7_table() {
        for (name, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Hi Mom -☺-!", "Hi Mom -&Jjo--!"),
            ("A&B", "A&-B"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode_utf7(name), wire);
            assert_eq!(decode_utf7(wire).unwrap(), name);
        }
    }

    #[test]
    fn broken_modified_utf7() {
        for wire in ["&", "&AGE-", "&U,BT", "&2D0-", "&!!!!-", "&AP-", "&Jjo=-"] {
            assert!(decode_utf7(wire).is_err(), "{wire}");
        }
    }

    #[test]
    fn inbox_has_one_name() {
        for (wire, name) in [
            ("inBox", "INBOX"),
            ("Inbox/Sub", "INBOX/Sub"),
            ("inboxes", "inboxes"),
            ("\"in box\"", "in box"),
        ] {
            assert_eq!(Parser::new(wire.as_bytes(), false).mailbox().unwrap(), name);
        }
    }

    #[test]
    fn utf8_after_enable_keeps_the_ampersand() {
        assert_eq!(Parser::new(b"A&B", true).mailbox().unwrap(), "A&B");
        assert!(Parser::new(b"A&B", false).mailbox().is_err());
    }

    proptest! {
        #[test]
        fn names_come_back(name in "[^\\p{Cc}]*") {
            prop_assert_eq!(decode_utf7(&encode_utf7(&name)).unwrap(), name);
        }

        #[test]
        fn decoding_never_panics(text: String) {
            let _ = decode_utf7(&text);
        }
    }
}
