//! Values of IMAP responses: atoms, strings, literals and lists (RFC 9051 section 9).

use types::limits::MIGRATION_IMAP_NESTING_MAX;

use super::response::Malformed;

/// One value of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'r> {
    /// `NIL`.
    Nil,
    /// An atom, a number, or a section such as `BODY[]`.
    Atom(&'r [u8]),
    /// A quoted string, without its quotes.
    Quoted(Vec<u8>),
    /// A literal, by its place among those of the response.
    Literal(usize),
    /// A list in parentheses.
    List(Vec<Value<'r>>),
}

/// Reads values one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Values<'r> {
    rest: &'r [u8],
    literals: usize,
}

impl<'r> Values<'r> {
    /// Those of a text, in which a literal is its length in braces and the end of that line.
    pub(crate) fn new(text: &'r [u8]) -> Self {
        Values { rest: text, literals: 0 }
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'r [u8] {
        self.rest
    }

    /// The next word, up to a space.
    pub(crate) fn word(&mut self) -> &'r [u8] {
        let end = self.rest.iter().position(|octet| *octet == b' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        word
    }

    /// The next value. None: there are no more.
    pub(crate) fn next(&mut self) -> Result<Option<Value<'r>>, Malformed> {
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Result<Option<Value<'r>>, Malformed> {
        self.rest = self.rest.trim_ascii_start();
        Ok(Some(match self.rest.first() {
            None => return Ok(None),
            Some(b'(') => self.list(depth)?,
            Some(b')') => return Err(Malformed("a list ends that did not begin")),
            Some(b'"') => self.quoted()?,
            Some(b'{') => self.literal()?,
            Some(_) => self.atom()?,
        }))
    }

    fn list(&mut self, depth: usize) -> Result<Value<'r>, Malformed> {
        if depth >= MIGRATION_IMAP_NESTING_MAX {
            return Err(Malformed("lists in lists too deep"));
        }
        self.rest = &self.rest[1..];
        let mut values = Vec::new();
        loop {
            self.rest = self.rest.trim_ascii_start();
            if let Some(rest) = self.rest.strip_prefix(b")") {
                self.rest = rest;
                return Ok(Value::List(values));
            }
            values.push(self.value(depth + 1)?.ok_or(Malformed("a list does not end"))?);
        }
    }

    fn quoted(&mut self) -> Result<Value<'r>, Malformed> {
        let mut text = Vec::new();
        let mut octets = self.rest[1..].iter().enumerate();
        while let Some((at, octet)) = octets.next() {
            match octet {
                b'"' => {
                    self.rest = &self.rest[at + 2..];
                    return Ok(Value::Quoted(text));
                }
                b'\\' => text.extend(octets.next().map(|(_, octet)| *octet)),
                octet => text.push(*octet),
            }
        }
        Err(Malformed("a string does not end"))
    }

    fn literal(&mut self) -> Result<Value<'r>, Malformed> {
        const BAD: Malformed = Malformed("a brace that begins no literal");
        let end = self.rest.iter().position(|octet| *octet == b'\n').ok_or(BAD)?;
        self.rest[..end].strip_suffix(b"}\r").ok_or(BAD)?;
        self.rest = &self.rest[end + 1..];
        self.literals += 1;
        Ok(Value::Literal(self.literals - 1))
    }

    /// An atom; what is in brackets belongs to it, blanks and all.
    fn atom(&mut self) -> Result<Value<'r>, Malformed> {
        let mut in_brackets = false;
        let is_end = |octet: &u8| {
            in_brackets = (in_brackets || *octet == b'[') && *octet != b']';
            !in_brackets && matches!(octet, b' ' | b'(' | b')' | b'"' | b'{' | b'\r' | b'\n')
        };
        let end = self.rest.iter().position(is_end).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(Malformed("an end of line where a value was expected"));
        }
        let (atom, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(match atom.eq_ignore_ascii_case(b"NIL") {
            true => Value::Nil,
            false => Value::Atom(atom),
        })
    }
}

/// A string in quotes. None: it has octets that no quoted string may have.
pub(crate) fn quote(text: &str) -> Option<String> {
    if text.contains(['\r', '\n', '\0']) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Result<Vec<Value<'_>>, Malformed> {
        let mut values = Values::new(text);
        std::iter::from_fn(|| values.next().transpose()).collect()
    }

    #[test]
    fn values_of_all_kinds() {
        use Value::{Atom, List, Literal, Nil, Quoted};
        let read = all(b"nil \"a\\\"b\" (\\Seen ()) BODY[HEADER (X)]<0> {12}\r\n {3}\r\n").unwrap();
        let expected = [
            Nil,
            Quoted(b"a\"b".to_vec()),
            List(vec![Atom(b"\\Seen"), List(Vec::new())]),
            Atom(b"BODY[HEADER (X)]<0>"),
            Literal(0),
            Literal(1),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let nested = |levels| [b"(".repeat(levels), b")".repeat(levels)].concat();
        assert!(all(&nested(MIGRATION_IMAP_NESTING_MAX)).is_ok());
        let deep = nested(MIGRATION_IMAP_NESTING_MAX + 1);
        for text in [&b")"[..], b"(a", b"\"a", b"\"a\\", b"{1}", b"{1\n", &deep] {
            assert!(all(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_is_quoted_reads_the_same() {
        for text in ["", "a b", "\"\\", "INBOX.\u{e9}"] {
            let quoted = quote(text).unwrap();
            assert_eq!(all(quoted.as_bytes()), Ok(vec![Value::Quoted(text.into())]));
        }
        assert_eq!(quote("a\r\nb LOGOUT"), None);
    }
}
