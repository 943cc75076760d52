//! Mailbox names: modified UTF-7 on the wire (RFC 3501 section 5.1.3), UTF-8 after ENABLE
//! (RFC 9755, RFC 9051); Unicode inside. `INBOX` knows no case.

use types::limits;
use types::modified_utf7::{self, ModifiedUtf7Error};

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

/// Decodes modified UTF-7.
fn decode_utf7(text: &str) -> Parsed<String> {
    modified_utf7::decode(text).map_err(|error| match error {
        ModifiedUtf7Error::Unended => Bad::Syntax("Modified UTF-7 does not shift back"),
        ModifiedUtf7Error::Broken => Bad::Syntax("Modified UTF-7 is broken"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
}
