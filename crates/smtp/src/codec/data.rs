//! Content between DATA and its end (RFC 5321 section 4.5.2): dot-stuffing and the one
//! terminator there is, `CRLF . CRLF`.

/// Undoes dot-stuffing and finds the end. A dot counts only behind CRLF (or at the very
/// start), and only `. CRLF` there ends the content; nothing else does, whatever CR, LF and
/// NUL can be combined to.
#[derive(Debug)]
pub struct DotUnstuffer {
    state: State,
}

/// What the last bytes were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Text,
    Cr,
    Dot,
    DotCr,
    Done,
}

impl Default for DotUnstuffer {
    fn default() -> Self {
        DotUnstuffer { state: State::LineStart }
    }
}

impl DotUnstuffer {
    /// True once the terminator was read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Appends the content in `input` to `out`; returns how many octets were used. Fewer
    /// than all only when the end was found.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        let mut used = 0;
        while used < input.len() && self.state != State::Done {
            if self.state == State::Text {
                let plain = input[used..].iter().position(|&byte| byte == b'\r');
                let end = plain.map_or(input.len(), |at| used + at);
                out.extend_from_slice(&input[used..end]);
                used = end;
            }
            if let Some(&byte) = input.get(used) {
                self.state = step(self.state, byte, out);
                used += 1;
            }
        }
        used
    }
}

/// One byte. A dot at a line's start is held back, and so is a CR behind it.
fn step(state: State, byte: u8, out: &mut Vec<u8>) -> State {
    match (state, byte) {
        (State::LineStart, b'.') => return State::Dot,
        (State::Dot, b'\r') => return State::DotCr,
        (State::DotCr, b'\n') => return State::Done,
        // No end after all: the dot was stuffing, the CR was content.
        (State::DotCr, _) => {
            out.push(b'\r');
            return step(State::Cr, byte, out);
        }
        _ => {}
    }
    out.push(byte);
    match (state, byte) {
        (_, b'\r') => State::Cr,
        (State::Cr, b'\n') => State::LineStart,
        _ => State::Text,
    }
}

/// Stuffs dots for sending by DATA. The content must have CRLF line ends only, see
/// [`super::newline::NewlineFilter`].
#[derive(Debug)]
pub struct DotStuffer {
    last: [u8; 2],
}

impl Default for DotStuffer {
    fn default() -> Self {
        DotStuffer { last: *b"\r\n" }
    }
}

impl DotStuffer {
    /// Appends `input`, stuffed, to `out`.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'.' && self.last == *b"\r\n" {
                out.push(b'.');
            }
            out.push(byte);
            self.last = [self.last[1], byte];
        }
    }

    /// Appends the end, behind a last line that has one.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.last != *b"\r\n" {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Content and what follows the terminator; `None` without one.
    fn unstuffed(parts: &[&[u8]]) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut unstuffer = DotUnstuffer::default();
        let (mut out, mut rest) = (Vec::new(), Vec::new());
        for part in parts {
            let used = unstuffer.feed(part, &mut out);
            rest.extend_from_slice(&part[used..]);
        }
        (out, unstuffer.is_done().then_some(rest))
    }

    #[test]
    fn only_crlf_dot_crlf_ends_content() {
        for (input, content, rest) in [
            (".\r\nNOOP", "", Some("NOOP")),
            ("a\r\n.\r\nb", "a\r\n", Some("b")),
            ("a\r\n..\r\n.\r\n", "a\r\n.\r\n", Some("")),
            ("a\r\n.b\r\n.\r\n", "a\r\nb\r\n", Some("")),
            ("a\r\r\n.\r\n", "a\r\r\n", Some("")),
            ("a\n.\n", "a\n.\n", None),
            ("a\n.\r\n", "a\n.\r\n", None),
            ("a\r.\r", "a\r.\r", None),
            ("a\r\n.\n", "a\r\n\n", None),
            ("a\r\n.\rb", "a\r\n\rb", None),
            ("a\r\n.\r\r\n", "a\r\n\r\r\n", None),
            ("a\r.\r\n", "a\r.\r\n", None),
            ("a\r\n\0.\r\n", "a\r\n\0.\r\n", None),
            ("a\r\n.\0\r\n", "a\r\n\0\r\n", None),
        ] {
            let expected = (content.as_bytes().to_vec(), rest.map(|rest| rest.as_bytes().to_vec()));
            assert_eq!(unstuffed(&[input.as_bytes()]), expected, "{input:?}");
        }
    }

    /// The definition, without any state machine.
    fn has_terminator(input: &[u8]) -> bool {
        [b"\r\n", input].concat().windows(5).any(|five| five == b"\r\n.\r\n")
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(input in "[a.\r\n]{0,24}", at in 0usize..24) {
            let (head, tail) = input.as_bytes().split_at(at.min(input.len()));
            prop_assert_eq!(unstuffed(&[head, tail]), unstuffed(&[input.as_bytes()]));
        }

        #[test]
        fn the_end_is_where_the_definition_says(input in "[a.\r\n\0]{0,24}") {
            let found = unstuffed(&[input.as_bytes()]).1.is_some();
            prop_assert_eq!(found, has_terminator(input.as_bytes()));
        }

        #[test]
        fn what_is_stuffed_comes_back(lines in prop::collection::vec("[a.]{0,4}", 0..8)) {
            let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let mut stuffer = DotStuffer::default();
            let mut wire = Vec::new();
            stuffer.feed(content.as_bytes(), &mut wire);
            stuffer.finish(&mut wire);
            prop_assert_eq!(unstuffed(&[&wire]), (content.into_bytes(), Some(Vec::new())));
        }
    }
}
