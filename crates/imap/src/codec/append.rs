//! APPEND and REPLACE (RFC 9051 section 6.3.12, RFC 3502, 8508, 9755), up to each message:
//! the messages themselves stream past the command text (module `framer`).

use super::date_time::DateTime;
use super::flag::Flag;
use super::parser::{Bad, Parsed, Parser, is_astring_char};

/// The command up to its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where the messages go.
    pub mailbox: String,
    /// REPLACE: the message that the new one takes the place of.
    pub replaces: Option<Replaced>,
    /// The first message.
    pub first: AppendOptions,
}

/// `"REPLACE" SP seq-number`, `"UID" SP "REPLACE" SP uniqueid` (RFC 8508)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The number is a UID.
    pub uid: bool,
    /// Which message; none: `*`.
    pub number: Option<u32>,
}

/// `append-opts` of one message
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppendOptions {
    /// Flags it gets.
    pub flags: Vec<Flag>,
    /// Its INTERNALDATE; now, if none.
    pub date: Option<DateTime>,
    /// `UTF8 (~{n}...)`: a closing parenthesis follows the message.
    pub utf8: bool,
}

/// Reads the text of a command that stands at a literal. None when it is no APPEND or
/// REPLACE, or when the literal is not yet that of a message (a mailbox name may be one).
pub fn append_at_message(text: &[u8], utf8: bool) -> Option<(&str, Append)> {
    let mut parser = Parser::new(text, utf8);
    let tag = parser.tag().ok()?;
    let append = parser.sp().ok()?.append().ok()?;
    Some((tag, append))
}

/// Reads the text behind a message: the options of the next one, or none at the end.
pub fn append_next(text: &[u8], after_utf8: bool) -> Parsed<Option<AppendOptions>> {
    let mut parser = Parser::new(text, true);
    if after_utf8 {
        parser.expect(b')', "Expected a closing parenthesis after the message")?;
    }
    if parser.is_done() { Ok(None) } else { parser.append_message().map(Some) }
}

impl Parser<'_> {
    /// `append = "APPEND" SP mailbox 1*append-message`,
    /// `replace = "REPLACE" SP seq-number SP mailbox append-message`
    fn append(&mut self) -> Parsed<Append> {
        let uid = self.eat_text("UID ");
        let replaces = if !uid && self.eat_word("APPEND") {
            None
        } else if self.eat_word("REPLACE") {
            Some(Replaced { uid, number: self.sp()?.replaced_number()? })
        } else {
            return Err(Bad::UnknownCommand);
        };
        let mailbox = self.sp()?.mailbox()?;
        Ok(Append { mailbox, replaces, first: self.append_message()? })
    }

    fn replaced_number(&mut self) -> Parsed<Option<u32>> {
        if self.eat(b'*') { Ok(None) } else { self.nz_number().map(Some) }
    }

    /// `append-message = [SP flag-list] [SP date-time] SP append-data`, up to the octets.
    fn append_message(&mut self) -> Parsed<AppendOptions> {
        let mut options = AppendOptions::default();
        self.sp()?;
        if self.peek() == Some(b'(') {
            options.flags = self.flag_list()?;
            self.sp()?;
        }
        if self.peek() == Some(b'"') {
            options.date = Some(self.date_time()?);
            self.sp()?;
        }
        options.utf8 = self.eat_text("UTF8 (");
        self.message_literal()?;
        Ok(options)
    }

    /// The head of a literal at the end of the text.
    fn message_literal(&mut self) -> Parsed<()> {
        self.eat(b'~');
        self.expect(b'{', "Expected the message as a literal")?;
        self.take_while(|octet| is_astring_char(octet) && octet != b'}');
        if !self.eat_text("}\r\n") {
            return Err(Bad::Syntax("Expected the message as a literal"));
        }
        self.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn heads_of_append() {
        let at = |text: &str| append_at_message(text.as_bytes(), false).map(|(_, append)| append);
        let append =
            at("a APPEND Drafts (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {310+}\r\n").unwrap();
        assert_eq!(append.mailbox, "Drafts");
        assert_eq!(append.first.flags, [Flag::Seen]);
        assert!(append.first.date.is_some());
        assert!(at("a append {6}\r\nDrafts () UTF8 (~{7}\r\n").unwrap().first.utf8);
        let replaced = Replaced { uid: true, number: Some(7) };
        assert_eq!(at("a UID REPLACE 7 x {1}\r\n").unwrap().replaces, Some(replaced));
        assert!(at("a REPLACE * x {1}\r\n").unwrap().replaces.is_some());
        for text in
            ["a APPEND {6}\r\n", "a SEARCH TEXT {6}\r\n", "a UID APPEND x {1}\r\n", "a APPEND"]
        {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn what_follows_a_message() {
        assert_eq!(append_next(b"", false), Ok(None));
        assert_eq!(append_next(b")", true), Ok(None));
        assert!(append_next(b" (\\Seen) {5}\r\n", false).unwrap().is_some());
        for text in ["x", " ", ")", " (\\Seen)"] {
            assert!(append_next(text.as_bytes(), false).is_err(), "{text}");
        }
    }
}
