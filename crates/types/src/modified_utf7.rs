//! Modified UTF-7: mailbox names of IMAP4rev1 (RFC 3501 section 5.1.3), which Maildir++ took over.
//!
//! `&` shifts into base64 of UTF-16 (`,` for `/`), `-` shifts back, `&-` is `&`.

/// Why a name is no modified UTF-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModifiedUtf7Error {
    /// A `&` without its `-`.
    Unended,
    /// What is shifted is no base64 of UTF-16, or should not have been shifted: one name has
    /// one form.
    Broken,
}

/// Decodes a name.
pub fn decode(text: &str) -> Result<String, ModifiedUtf7Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (code, after) = shifted.split_once('-').ok_or(ModifiedUtf7Error::Unended)?;
        if code.is_empty() {
            out.push('&')
        } else {
            decode_shifted(code, &mut out)?
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The base64 between `&` and `-`.
fn decode_shifted(code: &str, out: &mut String) -> Result<(), ModifiedUtf7Error> {
    const BAD: ModifiedUtf7Error = ModifiedUtf7Error::Broken;
    let mut units = Vec::with_capacity(code.len() / 2);
    let (mut bits, mut held) = (0u32, 0u32);
    for octet in code.bytes() {
        bits = (bits << 6) | u32::from(base64_value(octet).ok_or(BAD)?);
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
            bits &= (1 << held) - 1;
        }
    }
    let decoded = String::from_utf16(&units).map_err(|_| BAD)?;
    // What would be ASCII must not be shifted, and no bits may be left: one name, one form.
    if held >= 6 || bits != 0 || decoded.chars().any(|c| matches!(c, ' '..='~') || c.is_control()) {
        return Err(BAD);
    }
    out.push_str(&decoded);
    Ok(())
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

fn base64_value(octet: u8) -> Option<u8> {
    BASE64.iter().position(|symbol| *symbol == octet).and_then(|at| u8::try_from(at).ok())
}

/// Encodes a name.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            encode_shifted(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            shifted.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    encode_shifted(&mut shifted, &mut out);
    out
}

/// Writes and empties a run of UTF-16 units.
fn encode_shifted(units: &mut Vec<u16>, out: &mut String) {
    if units.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut held) = (0u32, 0u32);
    for unit in units.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        held += 16;
        while held >= 6 {
            held -= 6;
            out.push(base64_symbol(bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        out.push(base64_symbol(bits << (6 - held)));
    }
    out.push('-');
}

fn base64_symbol(bits: u32) -> char {
    char::from(BASE64[(bits & 63) as usize])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn modified_utf7_table() {
        for (name, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Hi Mom -☺-!", "Hi Mom -&Jjo--!"),
            ("A&B", "A&-B"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire).unwrap(), name);
        }
    }

    #[test]
    fn broken_modified_utf7() {
        for wire in ["&", "&AGE-", "&U,BT", "&2D0-", "&!!!!-", "&AP-", "&Jjo=-"] {
            assert!(decode(wire).is_err(), "{wire}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(name in "[^\\p{Cc}]*") {
            prop_assert_eq!(decode(&encode(&name)).unwrap(), name);
        }

        #[test]
        fn decoding_never_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
