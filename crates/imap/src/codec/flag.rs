//! Flags and keywords (RFC 9051 section 2.3.2).

use types::limits;

use super::parser::{Bad, Parsed, Parser};

/// `flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// A keyword, in the case the client wrote; compared without case.
    Keyword(String),
}

/// The system flags by name.
const SYSTEM: [(&str, Flag); 5] = [
    ("Answered", Flag::Answered),
    ("Flagged", Flag::Flagged),
    ("Deleted", Flag::Deleted),
    ("Seen", Flag::Seen),
    ("Draft", Flag::Draft),
];

impl Parser<'_> {
    /// `flag-list = "(" [flag *(SP flag)] ")"`. `\Recent`, which only the server may set, is
    /// dropped: old clients copy it from what they fetched.
    pub fn flag_list(&mut self) -> Parsed<Vec<Flag>> {
        Ok(self.list_or_empty(Parser::flag)?.into_iter().flatten().collect())
    }

    /// STORE also takes flags without parentheses.
    pub fn flags_bare(&mut self) -> Parsed<Vec<Flag>> {
        if self.peek() == Some(b'(') {
            return self.flag_list();
        }
        Ok(self.spaced(Parser::flag)?.into_iter().flatten().collect())
    }

    fn flag(&mut self) -> Parsed<Option<Flag>> {
        if !self.eat(b'\\') {
            return self.flag_keyword().map(|name| Some(Flag::Keyword(name)));
        }
        let name = self.atom()?;
        if name.eq_ignore_ascii_case("Recent") {
            return Ok(None);
        }
        let found = SYSTEM.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, flag)| Some(flag.clone())).ok_or(Bad::Syntax("Unknown system flag"))
    }

    /// `flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / "$NotJunk" / "$Phishing" / atom`
    pub fn flag_keyword(&mut self) -> Parsed<String> {
        let name = self.atom()?;
        if name.len() > limits::IMAP_KEYWORD_OCTETS_MAX {
            return Err(Bad::Limit("The keyword is too long"));
        }
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lists_of_flags() {
        let mut parser = Parser::new(b"(\\seen \\Recent $MDNSent x)", false);
        assert_eq!(
            parser.flag_list().unwrap(),
            [Flag::Seen, Flag::Keyword("$MDNSent".into()), Flag::Keyword("x".into())]
        );
        assert_eq!(Parser::new(b"()", false).flag_list().unwrap(), []);
        assert!(Parser::new(b"(\\Unknown)", false).flag_list().is_err());
        assert_eq!(Parser::new(b"\\Seen a", false).flags_bare().unwrap().len(), 2);
    }
}
