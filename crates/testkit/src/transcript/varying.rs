//! What differs from session to session, as wildcards: dates, identifiers that a server gives
//! out, and its own name. The rest of a line is written so that it stands for itself.

use std::ops::Range;

/// Numbers and names that a server gives out, by what stands before and behind them.
const IDENTIFIERS: &[(&str, &[char])] = &[
    ("UIDVALIDITY ", &[' ', ']', ')']),
    ("APPENDUID ", &[' ', ']']),
    ("COPYUID ", &[' ', ']']),
    ("MODSEQ (", &[')']),
    ("MODSEQ ", &['(', ' ', ']', ')']),
    ("MAILBOXID (F", &[')']),
    ("EMAILID (M", &[')']),
    ("THREADID (T", &[')']),
    ("InternalId=", &[',', ']']),
];

/// Dates: `9` is a digit, or a space in front of one; `a` a letter, `+` a sign.
const DATES: &[&str] = &[
    // RFC 9051, date-time
    "99-aaa-9999 99:99:99 +9999",
    // RFC 5322 section 3.3, date-time
    "aaa, 99 aaa 9999 99:99:99 +9999",
    "aaa, 9 aaa 9999 99:99:99 +9999",
];

/// Hexadecimal digits in a row that are an identifier and no amount.
const IDENTIFIER_DIGITS_MIN: usize = 12;

/// The host that a greeting names: its first word that is a domain name.
pub(super) fn host(greeting: &[u8]) -> Option<String> {
    let name = greeting.split(|&byte| byte == b' ').find(|word| is_domain(word))?;
    String::from_utf8(name.to_vec()).ok()
}

/// Labels and dots; the last label has no digits.
fn is_domain(word: &[u8]) -> bool {
    let mut labels = word.rsplit(|&byte| byte == b'.');
    let last = labels.next().unwrap_or_default();
    let is_label = |label: &[u8]| {
        !label.is_empty() && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let has_more = labels.clone().next().is_some();
    has_more && labels.all(is_label) && !last.is_empty() && last.iter().all(u8::is_ascii_alphabetic)
}

/// A line of a server, with `*` for what varies. A first `* ` is IMAP's own and stays.
pub(super) fn pattern(line: &[u8], host: Option<&str>) -> String {
    let (own, line) = match line.strip_prefix(b"* ") {
        Some(rest) => ("* ", rest),
        None => ("", line),
    };
    let mut spans = std::str::from_utf8(line).map_or_else(|_| Vec::new(), |it| spans(it, host));
    spans.sort_by_key(|span| (span.start, span.end));
    let (mut text, mut at) = (own.to_owned(), 0);
    for span in spans {
        if span.start >= at && !span.is_empty() {
            text += &escape(&line[at..span.start]);
            text.push('*');
            at = span.end;
        }
    }
    text + &escape(&line[at..])
}

/// Octets as a transcript writes them when they stand for themselves.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' => text += "\\r",
            b'\n' => text += "\\n",
            b'\t' => text += "\\t",
            b'\\' if is_escape(bytes.get(at + 1)) => text += "\\\\",
            b'*' | 0..=0x1f | 0x7f.. => text += &format!("\\x{byte:02x}"),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

/// Whether a backslash in front of this octet would be read as an escape.
fn is_escape(next: Option<&u8>) -> bool {
    next.is_some_and(|next| b"rntx\\*".contains(next) || !(b' '..0x7f).contains(next))
}

/// Where something stands that varies, in no order.
fn spans(line: &str, host: Option<&str>) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (before, ends) in IDENTIFIERS {
        spans.extend(line.match_indices(before).map(|(at, before)| {
            let start = at + before.len();
            let rest = &line[start..];
            start..start + rest.find(*ends).unwrap_or(rest.len())
        }));
    }
    for shape in DATES {
        let starts = (0..line.len()).filter(|&at| has_shape(&line.as_bytes()[at..], shape));
        spans.extend(starts.map(|at| at..at + shape.len()));
    }
    let is_new =
        |it: &Range<usize>| !spans.iter().any(|span| span.contains(&it.end.saturating_sub(1)));
    let numbers: Vec<Range<usize>> = long_numbers(line).filter(is_new).collect();
    spans.extend(numbers);
    let names = host.into_iter().flat_map(|host| line.match_indices(host));
    spans.extend(names.map(|(at, name)| at..at + name.len()));
    spans
}

/// Words of so many hexadecimal digits that they can only be identifiers.
fn long_numbers(line: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let words = line.split_inclusive(|it: char| !it.is_ascii_alphanumeric()).map(move |word| {
        at += word.len();
        (at - word.len(), word.trim_end_matches(|it: char| !it.is_ascii_alphanumeric()))
    });
    words.filter(|(_, word)| is_long_number(word)).map(|(at, word)| at..at + word.len())
}

fn is_long_number(word: &str) -> bool {
    word.len() >= IDENTIFIER_DIGITS_MIN && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether `text` begins as a shape of [`DATES`] says.
fn has_shape(text: &[u8], shape: &str) -> bool {
    let pairs = shape.bytes().zip(text);
    text.len() >= shape.len()
        && pairs.into_iter().all(|(shape, &byte)| match shape {
            b'9' => byte.is_ascii_digit() || byte == b' ',
            b'a' => byte.is_ascii_alphabetic(),
            b'+' => byte == b'+' || byte == b'-',
            exact => byte == exact,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_a_wildcard() {
        for (line, expected) in [
            ("* 3 EXISTS", "* 3 EXISTS"),
            ("* OK [UIDVALIDITY 17] Ok", "* OK [UIDVALIDITY *] Ok"),
            ("c OK [APPENDUID 17 1] done", "c OK [APPENDUID * 1] done"),
            ("* 1 FETCH (MODSEQ (9) EMAILID (M1))", "* 1 FETCH (MODSEQ (*) EMAILID (M*))"),
            ("INTERNALDATE \" 7-Jul-1996 02:44:25 -0700\"", "INTERNALDATE \"*\""),
            ("Date: Mon, 6 Jul 2026 10:00:00 +0000", "Date: *"),
            ("220 m.test ready at Mon, 16 Jul 2026 10:00:00 +0000", "220 * ready at *"),
            (
                "250 <7@m.test> [InternalId=4, Hostname=m.test]",
                "250 <7@*> [InternalId=*, Hostname=*]",
            ),
            ("[MAILBOXID (Fa1b2c3d4e5f67788-2)]", "[MAILBOXID (F*)]"),
            ("1 6b03d08f00000001", "1 *"),
            (" id 1795412109954049; x", " id *; x"),
            (r"* FLAGS (\Seen \*)", r"* FLAGS (\Seen \\\x2a)"),
        ] {
            assert_eq!(pattern(line.as_bytes(), Some("m.test")), expected);
        }
    }

    #[test]
    fn greetings_name_their_host() {
        for (greeting, name) in [
            ("220 mail.example.test ESMTP", Some("mail.example.test")),
            ("* OK [CAPABILITY IMAP4rev1] mbx1.test ready", Some("mbx1.test")),
            ("+OK version 1.2 is ready.", None),
        ] {
            assert_eq!(host(greeting.as_bytes()).as_deref(), name);
        }
    }

    #[test]
    fn octets_are_escaped_where_they_must_be() {
        assert_eq!(escape(b"\\Seen a\\r *\t\x00\xff"), r"\Seen a\\r \x2a\t\x00\xff");
    }
}
