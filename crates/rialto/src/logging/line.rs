//! One line an event, whatever clients and messages say.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Makes writers to standard error that keep an event on its line.
pub struct Lines;

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line
    }
}

/// The writer of one event, which comes in one piece.
pub struct Line;

impl Write for Line {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&in_one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// The event with its control characters written out, the end of its line apart. Escape is left
/// for the colours; in values it has been written out already.
fn in_one_line(event: &[u8]) -> Cow<'_, [u8]> {
    let text = event.strip_suffix(b"\n").unwrap_or(event);
    if !text.iter().any(breaks) {
        return Cow::Borrowed(event);
    }
    let mut line = Vec::with_capacity(event.len() + 16);
    for octet in text {
        match octet {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            octet if breaks(octet) => line.extend_from_slice(format!("\\x{octet:02x}").as_bytes()),
            octet => line.push(*octet),
        }
    }
    line.push(b'\n');
    Cow::Owned(line)
}

fn breaks(octet: &u8) -> bool {
    octet.is_ascii_control() && *octet != b'\x1b'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_stays_in_the_line() {
        for (event, expected) in [
            ("INFO ready\n", "INFO ready\n"),
            ("subject=a\r\n2026-11-23 ERROR forged\n", "subject=a\\r\\n2026-11-23 ERROR forged\n"),
            ("helo=a\tb\0c", "helo=a\\tb\\x00c\n"),
            ("\x1b[32mINFO\x1b[0m ü\n", "\x1b[32mINFO\x1b[0m ü\n"),
        ] {
            assert_eq!(in_one_line(event.as_bytes()), expected.as_bytes(), "{event:?}");
        }
    }
}
