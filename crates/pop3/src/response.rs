//! Responses: status lines, and multi-line bodies with their dots stuffed.

use std::fmt;

/// Response codes in brackets (RFC 2449, 3206).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The credentials are the problem.
    Auth,
    /// Our trouble; later it may work.
    SysTemp,
    /// Our trouble; it will not pass by itself.
    SysPerm,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::Auth => "[AUTH] ",
            Code::SysTemp => "[SYS/TEMP] ",
            Code::SysPerm => "[SYS/PERM] ",
        })
    }
}

/// `+OK text`.
pub fn ok(out: &mut impl Extend<u8>, text: &str) {
    line(out, format_args!("+OK {text}"));
}

/// `-ERR [code] text`.
pub fn err(out: &mut impl Extend<u8>, code: Option<Code>, text: &str) {
    match code {
        Some(code) => line(out, format_args!("-ERR {code}{text}")),
        None => line(out, format_args!("-ERR {text}")),
    }
}

/// A line of a multi-line response, or any other.
pub fn line(out: &mut impl Extend<u8>, text: fmt::Arguments<'_>) {
    out.extend(text.to_string().into_bytes());
    out.extend(*b"\r\n");
}

/// The end of a multi-line response.
pub fn end(out: &mut impl Extend<u8>) {
    out.extend(*b".\r\n");
}

/// Stuffs dots into a message that comes in pieces, and sees to it that every line ends in
/// CRLF: a message may have been stored with bare line feeds, and POP3 knows lines only.
#[derive(Clone, Copy, Debug)]
pub struct DotStuffer {
    line_start: bool,
    after_cr: bool,
}

impl Default for DotStuffer {
    fn default() -> Self {
        DotStuffer { line_start: true, after_cr: false }
    }
}

impl DotStuffer {
    /// Appends a piece.
    pub fn put(&mut self, out: &mut Vec<u8>, piece: &[u8]) {
        for &octet in piece {
            if octet == b'.' && self.line_start {
                out.push(b'.');
            }
            if octet == b'\n' && !self.after_cr {
                out.push(b'\r');
            }
            out.push(octet);
            self.line_start = octet == b'\n';
            self.after_cr = octet == b'\r';
        }
    }

    /// Ends the last line if it has no end.
    pub fn finish(self, out: &mut Vec<u8>) {
        match (self.line_start, self.after_cr) {
            (true, _) => {}
            (false, true) => out.push(b'\n'),
            (false, false) => out.extend_from_slice(b"\r\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuffed(text: &[u8], cut: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut stuffer = DotStuffer::default();
        stuffer.put(&mut out, &text[..cut]);
        stuffer.put(&mut out, &text[cut..]);
        stuffer.finish(&mut out);
        out
    }

    #[test]
    fn dots_and_line_ends_however_the_message_is_cut() {
        for (text, expected) in [
            (&b".a\r\n..b\r\nc.\r\n"[..], &b"..a\r\n...b\r\nc.\r\n"[..]),
            (b"a\n.b", b"a\r\n..b\r\n"),
            (b"a\r", b"a\r\n"),
            (b"", b""),
            (b"\n", b"\r\n"),
        ] {
            for cut in 0..=text.len() {
                assert_eq!(stuffed(text, cut), expected, "{text:?} cut at {cut}");
            }
        }
    }
}
