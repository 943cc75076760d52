//! The preview of a message (RFC 8970): the beginning of its text, on one line.
//!
//! Plain text is preferred to HTML; attachments and signed or forwarded messages inside are not
//! looked into. Only as much of the part is decoded as a preview can need.

use types::limits::PREVIEW_CHARS_MAX;

use crate::{
    charset, html,
    structure::{Part, decode_body},
};

/// Octets of a plain text part that are decoded: 256 characters at 12 octets each (a character
/// of three octets in quoted-printable needs 9), and room for quoted blank lines.
const PLAIN_OCTETS_MAX: usize = 4 * 1024;

/// Octets of an HTML part that are decoded: mail from Word carries its style sheet in front.
const HTML_OCTETS_MAX: usize = 64 * 1024;

/// At most `PREVIEW_CHARS_MAX` characters; empty when there is no text.
pub fn preview(root: &Part, message: &[u8]) -> String {
    let plain = find(root, "plain").map(|part| head(part, message, PLAIN_OCTETS_MAX));
    let text = plain.filter(|text| !text.trim().is_empty()).or_else(|| {
        find(root, "html").map(|part| html::to_text(&head(part, message, HTML_OCTETS_MAX)))
    });
    one_line(&text.unwrap_or_default())
}

/// The first `text/<subtype>` that is a body: not attached, not in a message inside.
pub(crate) fn find<'a>(part: &'a Part, subtype: &str) -> Option<&'a Part> {
    if part.is_multipart() {
        return part.children.iter().find_map(|child| find(child, subtype));
    }
    (part.is("text", subtype) && !part.is_attachment()).then_some(part)
}

fn head(part: &Part, message: &[u8], octets_max: usize) -> String {
    let body = part.body.of(message);
    let cut = &body[..body.len().min(octets_max)];
    let decoded = decode_body(part, cut).unwrap_or_default();
    let whole = if cut.len() < body.len() { whole_characters(&decoded) } else { &decoded };
    charset::to_utf8(part.charset(), whole)
}

/// Without the UTF-8 character that the cut split: it would make all of the text look like
/// another charset.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

fn one_line(text: &str) -> String {
    let mut out = String::new();
    let mut left = PREVIEW_CHARS_MAX;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() && left > 0 {
            out.push(' ');
            left -= 1;
        }
        out.extend(word.chars().take(left));
        left = left.saturating_sub(word.chars().count());
        if left == 0 {
            break;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_single_and_length_is_bounded() {
        assert_eq!(one_line("  a\r\n\t b\0 \u{a0} c "), "a b c");
        assert_eq!(one_line(&"\u{fc}".repeat(300)).chars().count(), PREVIEW_CHARS_MAX);
        assert_eq!(one_line(&"a ".repeat(300)).chars().count(), PREVIEW_CHARS_MAX - 1);
    }

    #[test]
    fn text_is_found_where_it_is() {
        for (message, expected) in [
            ("Subject: x\r\n\r\nHello\r\nworld", "Hello world"),
            ("Content-Type: text/html\r\n\r\n<style>x</style><p>Hi", "Hi"),
            ("Content-Type: image/png\r\n\r\nHi", ""),
            (
                "Content-Type: multipart/alternative; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n\
                 --b\r\nContent-Transfer-Encoding: base64\r\n\r\ncGxhaW4=\r\n--b--",
                "plain",
            ),
            (
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n\
                 --b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b--",
                "",
            ),
        ] {
            assert_eq!(crate::derive(message.as_bytes()).preview, expected, "{message}");
        }
    }

    #[test]
    fn a_cut_inside_a_character_keeps_the_charset() {
        let message = format!("\r\n{}", "a\u{fc}".repeat(PLAIN_OCTETS_MAX));
        assert!(crate::derive(message.as_bytes()).preview.starts_with("a\u{fc}a\u{fc}"));
    }
}
