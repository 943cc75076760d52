//! Address lists of headers (RFC 5322 section 3.4) as IMAP shows them (RFC 9051, `address`).
//!
//! A reader for what arrives, not a validator: every list gives some addresses, linear in its
//! length. Encoded words in names stay as they came; quoting and comments are resolved.
//! `types::Address` is the legal address; this is what somebody wrote.

use crate::{
    lexis::{skip_comment, unquote},
    words,
};

/// RFC 9051 `address`: a mailbox, or one of the two marks that enclose a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeAddress {
    /// Display name, or else the comment that stands for it; unquoted, encoded words kept.
    pub name: Option<String>,
    /// Source route (`adl`), as RFC 822 wrote it.
    pub route: Option<String>,
    /// Local part, unquoted. With `host` absent: the name of the group that begins. Absent:
    /// the group ends.
    pub mailbox: Option<String>,
    /// Domain; empty when the address had none; absent in group marks.
    pub host: Option<String>,
}

impl EnvelopeAddress {
    /// The mark that opens group `name`.
    pub fn group_start(name: String) -> Self {
        EnvelopeAddress { mailbox: Some(name), ..Default::default() }
    }

    /// The mark that closes a group.
    pub fn group_end() -> Self {
        EnvelopeAddress::default()
    }

    /// A mailbox, not a mark of a group.
    pub fn is_mailbox(&self) -> bool {
        self.host.is_some()
    }

    /// `local@domain`; the local part alone when there is no domain, nothing for group marks.
    pub fn address(&self) -> Option<String> {
        match (self.mailbox.as_deref()?, self.host.as_deref()?) {
            (mailbox, "") => Some(mailbox.to_owned()),
            (mailbox, host) => Some(format!("{mailbox}@{host}")),
        }
    }

    /// The name with its encoded words decoded, or the address where there is none.
    pub fn display(&self) -> String {
        match self.name.as_deref() {
            Some(name) => words::decode(name).into_owned(),
            None => self.address().unwrap_or_default(),
        }
    }
}

/// Reads an unfolded field body; at most `limit` entries.
pub fn parse(field: &str, limit: usize) -> Vec<EnvelopeAddress> {
    let mut list = List { rest: field, limit, out: Vec::new(), in_group: false };
    while !list.rest.is_empty() && list.out.len() < limit {
        list.entry();
    }
    list.end_group();
    list.out
}

struct List<'a> {
    rest: &'a str,
    limit: usize,
    out: Vec<EnvelopeAddress>,
    in_group: bool,
}

impl<'a> List<'a> {
    /// One address with the separator behind it, or the opening of a group.
    fn entry(&mut self) {
        let mut words = Words::default();
        let mut angle = None;
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => words.quoted(&mut self.rest),
                '(' => words.comment(&mut self.rest),
                '<' => angle = Some(angle_address(&mut self.rest)),
                ':' if words.at.is_none() && !self.in_group && angle.is_none() => {
                    return self.start_group(words);
                }
                ',' | ';' => break,
                c => words.plain(c, &mut self.rest),
            }
        }
        self.push(words.address(angle));
        if self.take_separator() == Some(';') {
            self.end_group();
        }
    }

    fn take_separator(&mut self) -> Option<char> {
        let separator = self.rest.chars().next()?;
        self.rest = &self.rest[1..];
        Some(separator)
    }

    fn start_group(&mut self, words: Words) {
        self.rest = &self.rest[1..];
        self.in_group = true;
        self.push(Some(EnvelopeAddress::group_start(words.text)));
    }

    fn end_group(&mut self) {
        if std::mem::take(&mut self.in_group) {
            self.out.push(EnvelopeAddress::group_end());
        }
    }

    fn push(&mut self, address: Option<EnvelopeAddress>) {
        if self.out.len() < self.limit {
            self.out.extend(address);
        }
    }
}

/// The text of one address outside angle brackets: a display name, or an `addr-spec`.
#[derive(Default)]
struct Words {
    text: String,
    /// Where the last unquoted `@` stands in `text`.
    at: Option<usize>,
    comment: Option<String>,
    blank: bool,
}

impl Words {
    fn plain(&mut self, c: char, rest: &mut &str) {
        *rest = &rest[c.len_utf8()..];
        match c {
            c if c.is_whitespace() => self.blank = true,
            '@' => {
                self.blank = false;
                self.at = Some(self.text.len());
                self.text.push('@');
            }
            c => {
                self.separate();
                self.text.push(c);
            }
        }
    }

    fn quoted(&mut self, rest: &mut &str) {
        self.separate();
        unquote(rest, &mut self.text);
    }

    fn comment(&mut self, rest: &mut &str) {
        let after = skip_comment(rest);
        let inside = rest[..rest.len() - after.len()].trim_matches(['(', ')']).trim();
        *rest = after;
        self.blank = true;
        if !inside.is_empty() {
            self.comment = Some(inside.replace('\\', ""));
        }
    }

    /// Blanks between words are one space; around the `@` they are nothing.
    fn separate(&mut self) {
        let after_at = self.at.is_some_and(|at| at + 1 == self.text.len());
        if std::mem::take(&mut self.blank) && !self.text.is_empty() && !after_at {
            self.text.push(' ');
        }
    }

    fn address(self, angle: Option<Angle>) -> Option<EnvelopeAddress> {
        let comment = self.comment;
        if let Some(Angle { route, mailbox, host }) = angle {
            let name = Some(self.text).filter(|name| !name.is_empty()).or(comment);
            return Some(EnvelopeAddress { name, route, mailbox: Some(mailbox), host: Some(host) });
        }
        if self.text.is_empty() {
            return None;
        }
        let (mailbox, host) = split_at(self.text, self.at);
        Some(EnvelopeAddress {
            name: comment,
            route: None,
            mailbox: Some(mailbox),
            host: Some(host),
        })
    }
}

struct Angle {
    route: Option<String>,
    mailbox: String,
    host: String,
}

/// `angle-addr = "<" [obs-route] addr-spec ">"`; a missing `>` ends at the comma.
fn angle_address(rest: &mut &str) -> Angle {
    *rest = &rest[1..];
    let route = route(rest);
    let mut words = Words::default();
    while let Some(c) = rest.chars().next() {
        match c {
            '>' => {
                *rest = &rest[1..];
                break;
            }
            ',' => break,
            '"' => words.quoted(rest),
            '(' => words.comment(rest),
            c => words.plain(c, rest),
        }
    }
    let (mailbox, host) = split_at(words.text, words.at);
    Angle { route, mailbox, host }
}

/// Octets of a source route looked at: more than RFC 821's path, and the search for its end
/// must not run over the whole header for every address.
const ROUTE_OCTETS_MAX: usize = 1024;

/// `obs-route = "@" domain *("," "@" domain) ":"`
fn route(rest: &mut &str) -> Option<String> {
    let text = rest.trim_start().strip_prefix('@').map(|_| rest.trim_start())?;
    let end = text[..words::floor_char_boundary(text, ROUTE_OCTETS_MAX)].find([':', '>'])?;
    let (route, after) = text.split_at(end);
    *rest = after.strip_prefix(':')?;
    Some(route.to_owned())
}

fn split_at(text: String, at: Option<usize>) -> (String, String) {
    match at {
        Some(at) => (text[..at].to_owned(), text[at + 1..].to_owned()),
        None => (text, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(field: &str) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or("-".into());
        let list: Vec<_> = parse(field, 100)
            .iter()
            .map(|a| [&a.name, &a.route, &a.mailbox, &a.host].map(part).join("|"))
            .collect();
        list.join(" ; ")
    }

    #[test]
    fn lists_are_read_as_they_come() {
        for (field, expected) in [
            ("a@b", "-|-|a|b"),
            ("A B <a@b>", "A B|-|a|b"),
            ("\"B, A\" <a@b>, c@d", "B, A|-|a|b ; -|-|c|d"),
            ("a@b (A (nested) B)", "A (nested) B|-|a|b"),
            ("=?utf-8?q?=C3=BC?= <a@b>", "=?utf-8?q?=C3=BC?=|-|a|b"),
            ("\"john doe\"@b", "-|-|john doe|b"),
            ("\"a@b\"@c", "-|-|a@b|c"),
            ("<@x,@y:a@b>", "-|@x,@y|a|b"),
            ("undisclosed-recipients:;", "-|-|undisclosed-recipients|- ; -|-|-|-"),
            ("G: a@b, C <c@d>; e@f", "-|-|G|- ; -|-|a|b ; C|-|c|d ; -|-|-|- ; -|-|e|f"),
            ("G: a@b", "-|-|G|- ; -|-|a|b ; -|-|-|-"),
            ("<>", "-|-||"),
            ("nobody", "-|-|nobody|"),
            ("<a@b, c@d", "-|-|a|b ; -|-|c|d"),
            (",, ,", ""),
            ("a @ b", "-|-|a|b"),
            ("\u{fc}@b", "-|-|\u{fc}|b"),
            ("a@[IPv6:::1]", "-|-|a|[IPv6:::1]"),
        ] {
            assert_eq!(shown(field), expected, "{field}");
        }
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(parse(&"a@b,".repeat(50), 7).len(), 7);
        assert!(parse(&"G:;".repeat(50), 7).len() <= 8);
    }

    proptest! {
        #[test]
        fn any_list_is_read(field in "[a-z\"\\\\<>@:;,() \u{fc}.]*") {
            let _ = parse(&field, 1000);
        }
    }
}
