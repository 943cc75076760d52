//! Content-Transfer-Encoding (RFC 2045 section 6): identity, quoted-printable, base64.
//!
//! Decoders for what arrives: an octet outside the alphabet is skipped, a broken escape stays
//! as it is. Nothing is refused but an encoding nobody defined.

/// The part names an encoding that is not one of RFC 2045's (`UNKNOWN-CTE` of RFC 3516).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown content-transfer-encoding")]
pub struct UnknownEncoding;

/// The encodings of RFC 2045.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    /// 7bit, 8bit or binary: the octets are the content.
    Identity,
    /// quoted-printable.
    QuotedPrintable,
    /// base64.
    Base64,
}

impl TransferEncoding {
    /// Reads the name in any case.
    pub fn parse(name: &str) -> Result<Self, UnknownEncoding> {
        const NAMES: [(&str, TransferEncoding); 5] = [
            ("7bit", TransferEncoding::Identity),
            ("8bit", TransferEncoding::Identity),
            ("binary", TransferEncoding::Identity),
            ("quoted-printable", TransferEncoding::QuotedPrintable),
            ("base64", TransferEncoding::Base64),
        ];
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map(|(_, encoding)| *encoding).ok_or(UnknownEncoding)
    }

    /// The content behind `bytes`.
    pub fn decode(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            TransferEncoding::Identity => bytes.to_vec(),
            TransferEncoding::QuotedPrintable => quoted_printable(bytes),
            TransferEncoding::Base64 => base64(bytes),
        }
    }
}

/// Base64 as mail has it: line breaks and strangers skipped, padding ends a group (some senders
/// concatenate encodings), a last incomplete group gives what it can.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut group, mut bits) = (0u32, 0u32);
    for &octet in bytes {
        match BASE64_VALUES[usize::from(octet)] {
            PADDING => bits = 0,
            STRANGER => {}
            value => {
                group = group << 6 | u32::from(value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((group >> bits) as u8);
                }
            }
        }
    }
    out
}

const STRANGER: u8 = 0xff;
const PADDING: u8 = 0xfe;
const BASE64_VALUES: [u8; 256] = base64_values();

const fn base64_values() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [STRANGER; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values[b'=' as usize] = PADDING;
    values
}

/// Quoted-printable (RFC 2045 section 6.7): soft line breaks join, blanks at a line's end go.
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        let content = line.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(joined) if ends_line(line) => unescape(joined, b'=', &mut out),
            _ => {
                unescape(content, b'=', &mut out);
                out.extend_from_slice(line_ending(line));
            }
        }
    }
    out
}

fn ends_line(line: &[u8]) -> bool {
    line.ends_with(b"\n") || line.ends_with(b"=")
}

fn line_ending(line: &[u8]) -> &'static [u8] {
    match line {
        [.., b'\r', b'\n'] => b"\r\n",
        [.., b'\n'] => b"\n",
        _ => b"",
    }
}

/// Resolves `mark` HEX HEX; any other use of `mark` stays. Also the `%` of RFC 2231.
pub(crate) fn unescape(bytes: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        match (octet == mark, escaped(tail)) {
            (true, Some(value)) => {
                out.push(value);
                rest = &tail[2..];
            }
            _ => out.push(octet),
        }
    }
}

fn escaped(tail: &[u8]) -> Option<u8> {
    let digit = |at: usize| (*tail.get(at)? as char).to_digit(16);
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_takes_what_mail_brings() {
        for (encoded, expected) in [
            (&b"aGVsbG8="[..], &b"hello"[..]),
            (b"aGVs\r\nbG8=\r\n", b"hello"),
            (b"aGVsbG8", b"hello"),
            (b"aA==aQ==", b"hi"),
            (b"a*G-V", b"he"),
            (b"====", b""),
        ] {
            assert_eq!(base64(encoded), expected, "{encoded:?}");
        }
    }

    #[test]
    fn quoted_printable_takes_what_mail_brings() {
        for (encoded, expected) in [
            (&b"a=20b=\r\nc \t\r\nd"[..], &b"a bc\r\nd"[..]),
            (b"a=\nb", b"ab"),
            (b"1=2 =zz =", b"1=2 =zz "),
            (b"=C3=BC=c3=bc", "\u{fc}\u{fc}".as_bytes()),
            (b"", b""),
        ] {
            assert_eq!(quoted_printable(encoded), expected, "{encoded:?}");
        }
    }

    #[test]
    fn names_have_no_case() {
        assert_eq!(TransferEncoding::parse("BASE64"), Ok(TransferEncoding::Base64));
        assert_eq!(TransferEncoding::parse("x-uuencode"), Err(UnknownEncoding));
    }
}
