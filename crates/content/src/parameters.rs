//! Content-Type, Content-Disposition and their parameters (RFC 2045 section 5.1, RFC 2183),
//! with the continuations and charsets of RFC 2231.
//!
//! Reads what is there: comments are skipped, unquoted values with blanks are taken up to the
//! semicolon, text after the last parameter is dropped.

use types::limits::MIME_PARAMETERS_MAX;

use crate::{
    charset,
    lexis::{skip_comment, unquote},
    transfer, words,
};

/// One parameter. Continuations are joined; a value in the extended form of RFC 2231 keeps its
/// `charset'language'percent-encoded` form, and its name the asterisk, as IMAP passes it on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// In lower case.
    pub name: String,
    /// Quotes and escapes resolved.
    pub value: String,
}

impl Parameter {
    /// The value as text: RFC 2231 resolved, encoded words (not allowed here, yet sent) too.
    pub fn text(&self) -> String {
        if self.name.ends_with('*') {
            return extended(&self.value);
        }
        words::decode(&self.value).into_owned()
    }
}

/// `extended-initial-value = [charset] "'" [language] "'" extended-other-values`
fn extended(value: &str) -> String {
    let mut pieces = value.splitn(3, '\'');
    let (charset, escaped) = match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(escaped)) => (Some(charset), escaped),
        _ => (None, value),
    };
    let mut octets = Vec::with_capacity(escaped.len());
    transfer::unescape(escaped.as_bytes(), b'%', &mut octets);
    charset::to_utf8(charset.filter(|name| !name.is_empty()), &octets)
}

/// The text of parameter `name` (plain or extended form; extended wins, RFC 2231 section 4).
pub fn parameter(parameters: &[Parameter], name: &str) -> Option<String> {
    let find = |wanted: &dyn Fn(&str) -> bool| parameters.iter().find(|p| wanted(&p.name));
    find(&|known| known.strip_suffix('*') == Some(name))
        .or_else(|| find(&|known| known == name))
        .map(Parameter::text)
}

/// A field of the form `value *(";" parameter)`: the value in lower case, and the parameters.
pub(crate) fn parse(field: &str) -> (String, Vec<Parameter>) {
    let mut scan = Scan { rest: field };
    let value = scan.until_semicolon().to_ascii_lowercase();
    let mut raw = Vec::new();
    while scan.semicolon() && raw.len() < MIME_PARAMETERS_MAX {
        raw.extend(scan.parameter());
    }
    (value, join(raw))
}

struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn until_semicolon(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                ';' => break,
                '(' => self.comment(),
                c => {
                    out.push(c);
                    self.advance(c);
                }
            }
        }
        out.trim().to_owned()
    }

    fn semicolon(&mut self) -> bool {
        match self.rest.strip_prefix(';') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `attribute "=" value`; leaves the scan at the next semicolon or the end.
    fn parameter(&mut self) -> Option<Parameter> {
        let name = self.attribute();
        let Some(rest) = self.rest.strip_prefix('=') else {
            self.until_semicolon();
            return None;
        };
        self.rest = rest.trim_start();
        let value = if self.rest.starts_with('"') { self.quoted() } else { self.until_semicolon() };
        Some(Parameter { name, value }).filter(|parameter| !parameter.name.is_empty())
    }

    fn attribute(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                ';' | '=' => break,
                '(' => self.comment(),
                c => {
                    out.push(c.to_ascii_lowercase());
                    self.advance(c);
                }
            }
        }
        out.trim().to_owned()
    }

    /// `quoted-string`, then anything up to the semicolon is dropped.
    fn quoted(&mut self) -> String {
        let mut out = String::new();
        unquote(&mut self.rest, &mut out);
        self.until_semicolon();
        out
    }

    fn comment(&mut self) {
        self.rest = skip_comment(self.rest);
    }

    fn advance(&mut self, c: char) {
        self.rest = &self.rest[c.len_utf8()..];
    }
}

/// Joins `name*0`, `name*1*` ... (RFC 2231 section 3) in the order of their numbers.
fn join(raw: Vec<Parameter>) -> Vec<Parameter> {
    let mut out: Vec<Parameter> = Vec::with_capacity(raw.len());
    let mut pieces: Vec<Piece> = Vec::new();
    for parameter in raw {
        match Piece::of(&parameter) {
            Some(piece) => pieces.push(piece),
            None => out.push(parameter),
        }
    }
    pieces.sort_by(|a, b| (&a.name, a.number).cmp(&(&b.name, b.number)));
    for run in pieces.chunk_by(|a, b| a.name == b.name) {
        out.push(joined(run));
    }
    out
}

/// One numbered segment of a parameter.
struct Piece {
    name: String,
    number: u32,
    extended: bool,
    value: String,
}

impl Piece {
    fn of(parameter: &Parameter) -> Option<Piece> {
        let (numbered, extended) = match parameter.name.strip_suffix('*') {
            Some(numbered) => (numbered, true),
            None => (parameter.name.as_str(), false),
        };
        let (name, number) = numbered.split_once('*')?;
        let number = number.parse().ok()?;
        Some(Piece { name: name.to_owned(), number, extended, value: parameter.value.clone() })
    }
}

/// In a mixed run the plain segments are percent-encoded, so one rule decodes the whole.
fn joined(run: &[Piece]) -> Parameter {
    let any_extended = run.iter().any(|piece| piece.extended);
    let mut value = String::new();
    for (at, piece) in run.iter().enumerate() {
        if any_extended && at == 0 && !piece.extended {
            value.push_str("''");
        }
        match any_extended && !piece.extended {
            true => value.push_str(&piece.value.replace('%', "%25")),
            false => value.push_str(&piece.value),
        }
    }
    let name = &run[0].name;
    Parameter { name: if any_extended { format!("{name}*") } else { name.clone() }, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(field: &str) -> String {
        let (value, parameters) = parse(field);
        let list: Vec<_> = parameters.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
        format!("{value}|{}", list.join("|"))
    }

    #[test]
    fn fields_are_read_as_they_come() {
        for (field, expected) in [
            ("Text/Plain; CharSet=\"utf-8\"", "text/plain|charset=utf-8"),
            ("text/plain (a; b) ; charset=x (c)", "text/plain|charset=x"),
            ("a/b; name=\"x\\\"y;z\" junk; c=d", "a/b|name=x\"y;z|c=d"),
            ("a/b;; ;name = two words;=x; lone", "a/b|name=two words"),
            ("a/b; n*1=b; n*0=a", "a/b|n=ab"),
            ("a/b; n*0*=utf-8''%41; n*1=b%", "a/b|n*=utf-8''%41b%25"),
            ("a/b; n=\"unclosed", "a/b|n=unclosed"),
            ("a/b (unclosed; c=d", "a/b|"),
            ("", "|"),
        ] {
            assert_eq!(shown(field), expected, "{field}");
        }
    }

    #[test]
    fn text_of_parameters() {
        for (field, expected) in [
            ("x; filename*=utf-8'en'%C3%BC.txt", "\u{fc}.txt"),
            ("x; filename*0*=iso-8859-1''%FC; filename*1=.txt", "\u{fc}.txt"),
            ("x; filename=\"=?utf-8?q?=C3=BC?=.txt\"", "\u{fc}.txt"),
            ("x; filename=a; filename*=utf-8''b", "b"),
        ] {
            let (_, parameters) = parse(field);
            assert_eq!(parameter(&parameters, "filename").as_deref(), Some(expected), "{field}");
        }
    }

    #[test]
    fn parameters_are_counted() {
        let field = "x".to_owned() + &"; a=b".repeat(MIME_PARAMETERS_MAX + 5);
        assert_eq!(parse(&field).1.len(), MIME_PARAMETERS_MAX);
    }

    proptest! {
        #[test]
        fn any_field_is_read(field in "[a-z\"\\\\;=*'%() \u{fc}0-9]*") {
            for parameter in parse(&field).1 {
                let _ = parameter.text();
            }
        }
    }
}
