//! The cursor that every grammar rule works on, and the tokens of RFC 9051 section 9.
//!
//! It sees one whole command: the text of the line with its literals inline (module `framer`).
//! No rule looks back; recursion is bounded by [`limits::IMAP_NESTING_MAX`]. Nothing panics.

use std::borrow::Cow;

use types::limits;

/// What is wrong with a command. The client's fault: answered with `BAD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// The text does not follow the grammar; names what was expected.
    #[error("{0}")]
    Syntax(&'static str),
    /// The grammar is followed but a limit is passed.
    #[error("{0}")]
    Limit(&'static str),
    /// The first word is no command we know.
    #[error("Unknown command")]
    UnknownCommand,
    /// A charset that SEARCH, SORT and THREAD do not take: `NO [BADCHARSET]`.
    #[error("Unsupported charset")]
    Charset,
    /// A content-transfer or body type the command cannot take: `NO`.
    #[error("{0}")]
    Unsupported(&'static str),
}

/// Shorthand of every rule.
pub type Parsed<T> = Result<T, Bad>;

/// A cursor over one command.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    input: &'a [u8],
    at: usize,
    depth: usize,
    utf8: bool,
}

impl<'a> Parser<'a> {
    /// Starts at the front. `utf8` says that the client has enabled UTF8=ACCEPT or IMAP4rev2,
    /// so that mailbox names come in UTF-8 instead of modified UTF-7.
    pub fn new(input: &'a [u8], utf8: bool) -> Self {
        Parser { input, at: 0, depth: 0, utf8 }
    }

    /// True when mailbox names are UTF-8.
    pub fn utf8(&self) -> bool {
        self.utf8
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// The next octet, which stays where it is.
    pub fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// True at the end of the command.
    pub fn is_done(&self) -> bool {
        self.at >= self.input.len()
    }

    /// The end of the command.
    pub fn end(&self) -> Parsed<()> {
        if self.is_done() { Ok(()) } else { Err(Bad::Syntax("Unexpected text after the command")) }
    }

    /// Takes `octet` if it comes next.
    pub fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    /// Takes `octet` or fails with `expected`.
    pub fn expect(&mut self, octet: u8, expected: &'static str) -> Parsed<()> {
        if self.eat(octet) { Ok(()) } else { Err(Bad::Syntax(expected)) }
    }

    /// `SP`; gives the cursor back so that rules read like the grammar.
    pub fn sp(&mut self) -> Parsed<&mut Self> {
        self.expect(b' ', "Expected a space")?;
        Ok(self)
    }

    /// Takes the longest run of octets that `accept` likes.
    pub fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|octet| !accept(*octet)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn take_text(
        &mut self,
        accept: impl Fn(u8) -> bool,
        expected: &'static str,
    ) -> Parsed<&'a str> {
        match std::str::from_utf8(self.take_while(accept)) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(Bad::Syntax(expected)),
        }
    }

    /// Takes `word` in any case if it comes next as a whole atom.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let matches =
            rest.get(..word.len()).is_some_and(|p| p.eq_ignore_ascii_case(word.as_bytes()))
                && !rest.get(word.len()).is_some_and(|octet| is_atom_char(*octet));
        self.at += if matches { word.len() } else { 0 };
        matches
    }

    /// Takes `text` in any case if it comes next, whatever follows.
    pub fn eat_text(&mut self, text: &str) -> bool {
        let rest = self.rest();
        let matches =
            rest.get(..text.len()).is_some_and(|p| p.eq_ignore_ascii_case(text.as_bytes()));
        self.at += if matches { text.len() } else { 0 };
        matches
    }

    /// `tag = 1*<any ASTRING-CHAR except "+">`
    pub fn tag(&mut self) -> Parsed<&'a str> {
        self.take_text(|octet| is_astring_char(octet) && octet != b'+', "Expected a tag")
    }

    /// `atom = 1*ATOM-CHAR`
    pub fn atom(&mut self) -> Parsed<&'a str> {
        self.take_text(is_atom_char, "Expected an atom")
    }

    /// An atom in upper case: keywords of the grammar know no case.
    pub fn word(&mut self) -> Parsed<String> {
        Ok(self.atom()?.to_ascii_uppercase())
    }

    /// `number64 = 1*DIGIT` (below 2^63)
    pub fn number64(&mut self) -> Parsed<u64> {
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
            .filter(|number| *number <= i64::MAX as u64)
            .ok_or(Bad::Syntax("Expected a number"))
    }

    /// `number = 1*DIGIT` (below 2^32)
    pub fn number(&mut self) -> Parsed<u32> {
        u32::try_from(self.number64()?).map_err(|_| Bad::Syntax("The number is too large"))
    }

    /// `nz-number = digit-nz *DIGIT`
    pub fn nz_number(&mut self) -> Parsed<u32> {
        match self.number()? {
            0 => Err(Bad::Syntax("Expected a number that is not zero")),
            number => Ok(number),
        }
    }

    /// `quoted = DQUOTE *QUOTED-CHAR DQUOTE`; octets above 127 must be UTF-8 (RFC 9051).
    pub fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.expect(b'"', "Expected a quoted string")?;
        let plain = self.take_while(|octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0));
        let text = match self.peek() {
            Some(b'"') => Cow::Borrowed(plain),
            _ => Cow::Owned(self.quoted_escapes(plain.to_vec())?),
        };
        self.expect(b'"', "The quoted string does not end")?;
        if std::str::from_utf8(&text).is_err() {
            return Err(Bad::Syntax("The quoted string is not UTF-8"));
        }
        Ok(text)
    }

    /// The rest of a quoted string in which a backslash was seen.
    fn quoted_escapes(&mut self, mut text: Vec<u8>) -> Parsed<Vec<u8>> {
        while self.eat(b'\\') {
            match self.peek() {
                Some(octet @ (b'"' | b'\\')) => text.push(octet),
                _ => return Err(Bad::Syntax("Only a quote or a backslash can be escaped")),
            }
            self.at += 1;
            text.extend(
                self.take_while(|octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0)),
            );
        }
        Ok(text)
    }

    /// `literal = "{" number64 ["+"] "}" CRLF *CHAR8`, the octets inline.
    /// A literal8 (`~{n}`) is taken as well: what it may hold is up to the caller.
    pub fn literal(&mut self) -> Parsed<&'a [u8]> {
        const EXPECTED: &str = "Expected a literal";
        self.eat(b'~');
        self.expect(b'{', EXPECTED)?;
        let length =
            usize::try_from(self.number64()?).map_err(|_| Bad::Limit("Literal too large"))?;
        let _ = self.eat(b'+');
        if !self.eat_text("}\r\n") {
            return Err(Bad::Syntax(EXPECTED));
        }
        let octets = self.rest().get(..length).ok_or(Bad::Syntax("The literal is cut short"))?;
        self.at += length;
        Ok(octets)
    }

    /// `string = quoted / literal`
    pub fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal().map(Cow::Borrowed),
            _ => Err(Bad::Syntax("Expected a string")),
        }
    }

    /// `astring = 1*ASTRING-CHAR / string`
    pub fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => Ok(Cow::Borrowed(
                self.take_text(is_astring_char, "Expected an atom or a string")?.as_bytes(),
            )),
        }
    }

    /// An astring that must be UTF-8.
    pub fn astring_text(&mut self) -> Parsed<String> {
        text(self.astring()?)
    }

    /// A string that must be UTF-8.
    pub fn string_text(&mut self) -> Parsed<String> {
        text(self.string()?)
    }

    /// `nstring = string / nil`
    pub fn nstring(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.eat_word("NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// `"(" item *(SP item) ")"`, at most [`limits::IMAP_LIST_ITEMS_MAX`] items.
    pub fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect(b'(', "Expected an opening parenthesis")?;
        let items = self.spaced(item)?;
        self.expect(b')', "Expected a closing parenthesis")?;
        Ok(items)
    }

    /// `"(" [item *(SP item)] ")"`
    pub fn list_or_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        if self.eat_text("()") { Ok(Vec::new()) } else { self.list(item) }
    }

    /// `item *(SP item)`
    pub fn spaced<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(b' ') {
            if items.len() >= limits::IMAP_LIST_ITEMS_MAX {
                return Err(Bad::Limit("Too many items in a list"));
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Runs a rule that nests; fails beyond [`limits::IMAP_NESTING_MAX`].
    pub fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= limits::IMAP_NESTING_MAX {
            return Err(Bad::Limit("Nested too deep"));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }
}

fn text(octets: Cow<'_, [u8]>) -> Parsed<String> {
    String::from_utf8(octets.into_owned()).map_err(|_| Bad::Syntax("The string is not UTF-8"))
}

/// `ATOM-CHAR = <any CHAR except atom-specials>`
pub fn is_atom_char(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e)
        && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// `ASTRING-CHAR = ATOM-CHAR / resp-specials`
pub fn is_astring_char(octet: u8) -> bool {
    is_atom_char(octet) || octet == b']'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn strings_in_all_forms() {
        for (input, expected) in [
            (&b"abc]"[..], &b"abc]"[..]),
            (br#""a \"b\" \\""#, br#"a "b" \"#),
            (b"{3}\r\na\r\n", b"a\r\n"),
            (b"{3+}\r\nabc", b"abc"),
            (b"\"\"", b""),
        ] {
            assert_eq!(&*Parser::new(input, false).astring().unwrap(), expected);
        }
    }

    #[test]
    fn broken_strings_are_bad() {
        for input in [
            &b"\"abc"[..],
            b"\"a\\x\"",
            b"\"a\rb\"",
            b"\"\xff\"",
            b"{5}\r\nabc",
            b"{99999999999999999999}\r\n",
            b"{3}abc",
            b"{3-}\r\nabc",
            b"",
            b"(",
        ] {
            assert!(Parser::new(input, false).astring().is_err(), "{input:?}");
        }
    }

    #[test]
    fn words_end_where_atoms_end() {
        assert!(Parser::new(b"all", false).eat_word("ALL"));
        assert!(Parser::new(b"all)", false).eat_word("ALL"));
        assert!(!Parser::new(b"allx", false).eat_word("ALL"));
    }

    #[test]
    fn numbers_have_their_ranges() {
        assert_eq!(Parser::new(b"4294967295", false).number(), Ok(u32::MAX));
        assert!(Parser::new(b"4294967296", false).number().is_err());
        assert!(Parser::new(b"0", false).nz_number().is_err());
        assert!(Parser::new(b"9223372036854775808", false).number64().is_err());
    }
}
