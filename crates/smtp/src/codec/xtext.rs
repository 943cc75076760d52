//! The two ways SMTP parameters quote text: xtext (RFC 3461 section 4) and
//! utf-8-addr-xtext (RFC 6533 section 3).

/// `xtext = *( xchar / hexchar )`, `hexchar = "+" 2(%x30-39 / %x41-46)`. `None` unless the
/// text is xtext of printable ASCII.
pub fn xtext(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, used) = match first {
            b'+' => (hexchar(after)?, 2),
            b'=' => return None,
            byte => (byte, 0),
        };
        if !(byte.is_ascii_graphic() || byte == b' ') || (used == 0 && byte == b' ') {
            return None;
        }
        out.push(char::from(byte));
        rest = &after[used..];
    }
    Some(out)
}

/// Quotes printable ASCII as xtext.
pub fn to_xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => out.push_str(&format!("+{byte:02X}")),
            byte if byte.is_ascii_graphic() => out.push(char::from(byte)),
            byte => out.push_str(&format!("+{byte:02X}")),
        }
    }
    out
}

/// Two hexadecimal digits. RFC 3461 wants upper case; lower case is met and unambiguous.
fn hexchar(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.get(..2)?;
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(digits[0])? * 16 + value(digits[1])?).ok()
}

/// `utf-8-addr-xtext = 1*( QCHAR / EmbeddedUnicodeChar )`, or the unquoted
/// `utf-8-addr-unitext` that SMTPUTF8 allows.
pub fn utf8_addr_xtext(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\x{") {
            let (point, after) = quoted.split_once('}')?;
            out.push(embedded_unicode_char(point)?);
            rest = after;
        } else {
            if c == '\\' || c.is_whitespace() || c.is_control() {
                return None;
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(out)
}

/// `EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"`: the code point between the braces.
fn embedded_unicode_char(point: &str) -> Option<char> {
    let legal = (2..=6).contains(&point.len()) && point.bytes().all(|b| b.is_ascii_hexdigit());
    let c = char::from_u32(u32::from_str_radix(point, 16).ok()?)?;
    (legal && !c.is_control()).then_some(c)
}

/// Quotes text as utf-8-addr-xtext: ASCII only, so it needs no SMTPUTF8.
pub fn to_utf8_addr_xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_graphic() && !matches!(c, '+' | '=' | '\\') {
            out.push(c);
        } else {
            out.push_str(&format!("\\x{{{:02X}}}", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn xtext_examples() {
        for (text, value) in [
            ("QQ314159", Some("QQ314159")),
            ("a+2Bb+3D", Some("a+b=")),
            ("a+20b", Some("a b")),
            ("a+2bb", Some("a+b")),
            ("a=b", None),
            ("a+", None),
            ("a+0", None),
            ("a+0D", None),
            ("a b", None),
            ("é", None),
        ] {
            assert_eq!(xtext(text).as_deref(), value, "{text}");
        }
    }

    #[test]
    fn utf8_addr_xtext_examples() {
        for (text, value) in [
            ("\\x{E9}@a", Some("é@a")),
            ("é@a", Some("é@a")),
            ("a\\x{2B}b", Some("a+b")),
            ("\\x{D800}", None),
            ("\\x{0A}", None),
            ("\\x{41", None),
            ("\\y", None),
        ] {
            assert_eq!(utf8_addr_xtext(text).as_deref(), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn xtext_comes_back(text in "[ -~]{0,40}") {
            prop_assert_eq!(xtext(&to_xtext(&text)), Some(text));
        }

        #[test]
        fn utf8_addr_xtext_comes_back(text in "\\PC{0,40}") {
            prop_assert_eq!(utf8_addr_xtext(&to_utf8_addr_xtext(&text)), Some(text));
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = (xtext(&text), utf8_addr_xtext(&text));
        }
    }
}
