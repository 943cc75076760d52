//! Text of any charset as UTF-8 (RFC 2046 section 4.1.2 names them).
//!
//! Uses the tables of `mail-parser` (encoding_rs behind it). Never fails: what the charset does
//! not define becomes U+FFFD, an unknown charset is read as UTF-8 and, where that does not fit,
//! as windows-1252, which is what such mail almost always is.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Octets of the longest charset name worth looking up; the IANA registry's longest has 45.
const CHARSET_NAME_OCTETS_MAX: usize = 64;

/// Decodes `bytes` from `charset` (any case; an RFC 2231 language suffix is ignored).
pub fn to_utf8(charset: Option<&str>, bytes: &[u8]) -> String {
    let name = charset.map(|name| name.split('*').next().unwrap_or(name).trim());
    match name {
        Some(name) if !is_utf8_superset(name) => decode_named(name, bytes),
        _ => utf8_or_western(bytes),
    }
}

/// US-ASCII counts: 8-bit octets under that label are in practice UTF-8 or windows-1252.
fn is_utf8_superset(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii", ""].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn decode_named(name: &str, bytes: &[u8]) -> String {
    if name.len() > CHARSET_NAME_OCTETS_MAX {
        return utf8_or_western(bytes);
    }
    match charset_decoder(name.to_ascii_lowercase().as_bytes()) {
        Some(decode) => decode(bytes),
        None => utf8_or_western(bytes),
    }
}

fn utf8_or_western(bytes: &[u8]) -> String {
    match (std::str::from_utf8(bytes), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => text.to_owned(),
        (Err(_), Some(decode)) => decode(bytes),
        (Err(_), None) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Charsets and their Windows code pages, of those that mail uses.
const CODEPAGES: [(&str, i32); 24] = [
    ("utf-8", 65001),
    ("us-ascii", 20127),
    ("iso-8859-1", 28591),
    ("iso-8859-2", 28592),
    ("iso-8859-5", 28595),
    ("iso-8859-7", 28597),
    ("iso-8859-9", 28599),
    ("iso-8859-15", 28605),
    ("windows-1250", 1250),
    ("windows-1251", 1251),
    ("windows-1252", 1252),
    ("windows-1253", 1253),
    ("windows-1254", 1254),
    ("windows-1255", 1255),
    ("windows-1256", 1256),
    ("windows-1257", 1257),
    ("windows-1258", 1258),
    ("windows-874", 874),
    ("koi8-r", 20866),
    ("iso-2022-jp", 50220),
    ("shift_jis", 932),
    ("gb2312", 936),
    ("big5", 950),
    ("euc-kr", 51949),
];

/// The Windows code page of a charset (PidTagInternetCodepage).
pub fn codepage_of(charset: &str) -> Option<i32> {
    CODEPAGES.iter().find(|(name, _)| charset.eq_ignore_ascii_case(name)).map(|(_, page)| *page)
}

/// The charset of a Windows code page.
pub fn of_codepage(codepage: i32) -> Option<&'static str> {
    CODEPAGES.iter().find(|(_, page)| *page == codepage).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_become_utf8() {
        for (charset, bytes, expected) in [
            (Some("ISO-8859-1"), &b"\xfcber"[..], "\u{fc}ber"),
            (Some("utf-8"), "\u{fc}ber".as_bytes(), "\u{fc}ber"),
            (Some("koi8-r"), b"\xcd\xc9\xd2", "\u{43c}\u{438}\u{440}"),
            (Some("iso-2022-jp"), b"\x1b$B%O\x1b(B", "\u{30cf}"),
            (Some("utf-8*en"), b"x", "x"),
            (Some("x-nobody-knows"), b"\x805", "\u{20ac}5"),
            (None, b"\xfcber", "\u{fc}ber"),
        ] {
            assert_eq!(to_utf8(charset, bytes), expected, "{charset:?}");
        }
    }

    #[test]
    fn codepages_and_charsets_agree() {
        for (name, page) in CODEPAGES {
            assert_eq!((codepage_of(name), of_codepage(page)), (Some(page), Some(name)));
        }
        assert_eq!(of_codepage(1), None);
    }
}
