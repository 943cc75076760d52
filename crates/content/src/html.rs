//! HTML to text for previews and search: a linear, bounded scan, not an HTML parser.
//!
//! Tags go, block elements become line breaks, entities become characters, and what a reader
//! never sees (title, style, script, template, comments) is dropped. Words are not wrapped, so a
//! phrase that stands in the page is found in the text. Not for display: nothing here makes
//! HTML safe.

use mail_parser::decoders::html::add_html_token;

use crate::words::floor_char_boundary;

/// Octets of the longest entity name, `&` and `;` not counted (CounterClockwiseContourIntegral).
const ENTITY_OCTETS_MAX: usize = 32;

/// Elements whose content is not text.
const HIDDEN: [&str; 4] = ["style", "script", "template", "title"];

/// Elements at whose edges a line breaks.
const BLOCKS: [&str; 20] = [
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "table",
    "tr",
    "ul",
];

/// The text of `html`; runs of blanks are one space, runs of line breaks are one.
pub fn to_text(html: &str) -> String {
    let mut text = Text { out: String::with_capacity(html.len() / 2), gap: None };
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = match rest.as_bytes()[at] {
            b'&' => entity(&rest[at..], &mut text),
            _ => markup(&rest[at..], &mut text),
        };
    }
    text.push_str(rest);
    text.out
}

struct Text {
    out: String,
    /// What separates the next character from the last one.
    gap: Option<char>,
}

impl Text {
    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() {
            self.gap.get_or_insert(' ');
            return;
        }
        if let Some(gap) = self.gap.take().filter(|_| !self.out.is_empty()) {
            self.out.push(gap);
        }
        self.out.push(c);
    }
}

/// A character reference at the front of `rest`; what is none stays as text.
fn entity<'a>(rest: &'a str, text: &mut Text) -> &'a str {
    let window = &rest[..floor_char_boundary(rest, ENTITY_OCTETS_MAX + 2)];
    let name =
        |end: &usize| window[1..*end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
    match window.find(';').filter(name) {
        Some(end) => {
            let mut decoded = String::new();
            add_html_token(&mut decoded, &window.as_bytes()[..=end], false);
            text.push_str(&decoded);
            &rest[end + 1..]
        }
        None => {
            text.push('&');
            &rest[1..]
        }
    }
}

/// A comment, declaration or tag at the front of `rest`; a `<` that begins none is text.
fn markup<'a>(rest: &'a str, text: &mut Text) -> &'a str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return after(comment, "-->");
    }
    let closing = rest[1..].starts_with('/');
    let name = element_name(&rest[1 + usize::from(closing)..]);
    if name.is_empty() && !rest[1..].starts_with(['!', '?', '/']) {
        text.push('<');
        return &rest[1..];
    }
    let behind = after_tag(rest);
    let known = |list: &[&str]| list.iter().any(|known| name.eq_ignore_ascii_case(known));
    if known(&BLOCKS) {
        text.gap = Some('\n');
    }
    if known(&["td", "th"]) {
        text.gap.get_or_insert(' ');
    }
    match !closing && known(&HIDDEN) {
        true => after_element(behind, name),
        false => behind,
    }
}

fn element_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

/// Behind the `>` that is not in a quoted attribute value.
fn after_tag(rest: &str) -> &str {
    let mut quote = None;
    for (at, octet) in rest.bytes().enumerate() {
        match (octet, quote) {
            (b'>', None) => return &rest[at + 1..],
            (b'"' | b'\'', None) => quote = Some(octet),
            (octet, Some(open)) if octet == open => quote = None,
            _ => {}
        }
    }
    ""
}

/// Behind the end tag of `name`; to the end of the text where there is none.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if element_name(rest).eq_ignore_ascii_case(name) {
            return after(rest, ">");
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn html_becomes_text() {
        for (html, expected) in [
            ("<p>Hello <b>w</b>orld</p><p>Next</p>", "Hello world\nNext"),
            ("<head><title>T</title></head><style>p{}</style>a", "a"),
            ("a<!-- b > c -->d", "ad"),
            ("a &amp; b &lt;c&gt; &#252;&#xFC; &nbsp;d", "a & b <c> \u{fc}\u{fc} d"),
            ("1 < 2 & 3 &unknown; &", "1 < 2 & 3 &unknown; &"),
            ("<a title=\"x > y\">link</a>", "link"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<td>a</td><td>b</td>", "a b"),
            ("<!DOCTYPE html><html>x", "x"),
            ("<script>if (a </b) {}", ""),
            ("<p", ""),
            ("", ""),
        ] {
            assert_eq!(to_text(html), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_html_is_read(html in "[a-z<>/&;#!\" \u{fc}-]*") {
            let _ = to_text(&html);
        }
    }
}
