//! Quoted strings and comments of structured fields (RFC 5322 section 3.2).
//!
//! Both readers are linear: what is not closed goes to the end of the field.

/// What follows the comment at the front of `text`; comments nest. An unclosed one takes the
/// rest.
pub(crate) fn skip_comment(text: &str) -> &str {
    let mut depth = 0usize;
    let mut escaped = false;
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

/// Takes the quoted string at the front of `rest` and appends its content to `out`.
pub(crate) fn unquote(rest: &mut &str, out: &mut String) {
    let mut chars = rest.chars();
    chars.next();
    loop {
        match chars.next() {
            None | Some('"') => break,
            Some('\\') => out.extend(chars.next()),
            Some(c) => out.push(c),
        }
    }
    *rest = chars.as_str();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_end() {
        for (text, after) in [("(a)b", "b"), ("(a(b)\\)c)d", "d"), ("(a", ""), ("((a)", "")] {
            assert_eq!(skip_comment(text), after, "{text}");
        }
    }

    #[test]
    fn quoted_strings_end_and_escape() {
        for (text, content, after) in
            [("\"a\"b", "a", "b"), ("\"a\\\"b\"", "a\"b", ""), ("\"a", "a", "")]
        {
            let (mut rest, mut out) = (text, String::new());
            unquote(&mut rest, &mut out);
            assert_eq!((out.as_str(), rest), (content, after), "{text}");
        }
    }
}
