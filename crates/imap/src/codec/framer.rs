//! Where a command ends: lines and the literals inside them (RFC 9051 section 4.3, RFC 7888).
//!
//! Sans-IO: [`Framer::feed`] takes octets and says what they completed. A literal is announced
//! before its first octet is taken, so that the session can refuse it (too large, unknown
//! mailbox) or stream it past the command text (APPEND). Line ends are CRLF; a bare LF is taken
//! too, because people type commands by hand.

use types::limits;

/// What the octets fed so far have completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Nothing yet: feed more.
    More,
    /// A whole command, or the last segment of one, stands in the text, its line end removed.
    Command,
    /// The text ends with the head of a literal. Answer with [`Framer::take_inline`],
    /// [`Framer::stream`] or [`Framer::refuse`].
    Literal(Literal),
    /// The end of a command of which a literal was refused; its text is gone.
    Refused,
    /// A line longer than the limit; what follows cannot be told apart from commands, so the
    /// connection has to end.
    LineTooLong,
}

/// `literal = "{" number64 ["+"] "}" CRLF`, `literal8 = "~{" number64 ["+"] "}" CRLF`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Octets that follow.
    pub size: u64,
    /// The client waits for a continuation request before it sends them.
    pub synchronizing: bool,
    /// `~`: the octets may hold NUL.
    pub binary: bool,
}

/// Finds commands in a stream of octets.
#[derive(Debug, Default)]
pub struct Framer {
    text: Vec<u8>,
    /// Octets of the text that belong to lines, literals apart.
    line_octets: usize,
    /// Octets of an accepted literal still to come; they go into the text.
    inline: u64,
    /// Octets of a refused literal still to come.
    discard: u64,
    refused: bool,
}

impl Framer {
    /// Takes octets from the front of `input`; says how many were taken and what is complete.
    /// Takes no octet behind a complete frame.
    pub fn feed(&mut self, input: &[u8]) -> (usize, Frame) {
        let mut taken = self.literal_octets(input);
        let rest = input.get(taken..).unwrap_or_default();
        if rest.is_empty() || self.inline > 0 || self.discard > 0 {
            return (taken, Frame::More);
        }
        let length = rest.iter().position(|octet| *octet == b'\n');
        let line = rest.get(..length.map_or(rest.len(), |at| at + 1)).unwrap_or_default();
        taken += line.len();
        self.line_octets += line.len();
        if self.line_octets > limits::IMAP_LINE_OCTETS_MAX {
            return (taken, Frame::LineTooLong);
        }
        self.text.extend_from_slice(line);
        (taken, if length.is_some() { self.line_end() } else { Frame::More })
    }

    /// The text of the command so far.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Hands the text over and starts the next command or segment.
    pub fn take_text(&mut self) -> Vec<u8> {
        self.line_octets = 0;
        std::mem::take(&mut self.text)
    }

    /// The announced literal becomes part of the text.
    pub fn take_inline(&mut self, literal: Literal) {
        self.inline = literal.size;
    }

    /// The announced literal's octets go elsewhere: the caller takes exactly `literal.size` octets
    /// of the input itself. Gives the text up to the literal and starts the next segment.
    pub fn stream(&mut self) -> Vec<u8> {
        self.take_text()
    }

    /// The announced literal is not wanted. True when the command ends here because the client
    /// waits for our word; otherwise its octets are skipped and [`Frame::Refused`] follows.
    pub fn refuse(&mut self, literal: Literal) -> bool {
        self.take_text();
        if !literal.synchronizing {
            self.discard = literal.size;
            self.refused = true;
        }
        literal.synchronizing
    }

    /// True between commands.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.inline == 0 && self.discard == 0 && !self.refused
    }

    fn literal_octets(&mut self, input: &[u8]) -> usize {
        let wanted = self.inline.max(self.discard);
        let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(input.len());
        if self.inline > 0 {
            self.text.extend(input.iter().take(length));
            self.inline -= length as u64;
        } else {
            self.discard -= length as u64;
        }
        length
    }

    /// A line feed is the last octet of the text.
    fn line_end(&mut self) -> Frame {
        self.text.pop();
        if self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        match literal_head(&self.text) {
            Some(literal) if self.refused => self.refused_again(literal),
            Some(literal) => {
                self.text.extend_from_slice(b"\r\n");
                Frame::Literal(literal)
            }
            None if self.refused => self.refusal_done(),
            None => Frame::Command,
        }
    }

    /// One more literal in a command that is already refused.
    fn refused_again(&mut self, literal: Literal) -> Frame {
        if self.refuse(literal) { self.refusal_done() } else { Frame::More }
    }

    fn refusal_done(&mut self) -> Frame {
        self.refused = false;
        self.take_text();
        Frame::Refused
    }
}

/// The literal announced at the end of a line, if there is one.
fn literal_head(line: &[u8]) -> Option<Literal> {
    let body = line.strip_suffix(b"}")?;
    let open = body.iter().rposition(|octet| *octet == b'{')?;
    let head = body.get(open + 1..)?;
    let digits = head.strip_suffix(b"+").unwrap_or(head);
    let size: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let binary = open > 0 && body.get(open - 1) == Some(&b'~');
    let plain_digits = digits.iter().all(u8::is_ascii_digit) && size <= i64::MAX as u64;
    plain_digits.then_some(Literal { size, synchronizing: digits.len() == head.len(), binary })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Feeds in pieces; literals up to 10 octets are taken inline, others refused.
    fn frames(pieces: &[&[u8]]) -> Vec<String> {
        let mut framer = Framer::default();
        let mut seen = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (taken, frame) = framer.feed(rest);
                rest = &rest[taken..];
                match frame {
                    Frame::More => {}
                    Frame::Command => seen.push(String::from_utf8(framer.take_text()).unwrap()),
                    Frame::Literal(literal) if literal.size <= 10 => framer.take_inline(literal),
                    Frame::Literal(literal) => {
                        if framer.refuse(literal) {
                            seen.push("refused at once".into());
                        }
                    }
                    other => seen.push(format!("{other:?}")),
                }
            }
        }
        seen
    }

    const STREAM: &[u8] = b"a NOOP\r\nb LOGIN {4}\r\nuser {6+}\r\npass\r\n\r\nc X \"{3}\"\n\
        d BIG {11+}\r\nhello\r\nworl more {12+}\r\n123456789012 x\r\ne NOOP\r\nf BIG {99}\r\ng NOOP\r\n";

    #[test]
    fn commands_and_literals() {
        assert_eq!(
            frames(&[STREAM]),
            [
                "a NOOP",
                "b LOGIN {4}\r\nuser {6+}\r\npass\r\n",
                "c X \"{3}\"",
                "Refused",
                "e NOOP",
                "refused at once",
                "g NOOP"
            ]
        );
    }

    #[test]
    fn the_same_wherever_the_stream_is_cut() {
        let whole = frames(&[STREAM]);
        for cut in 0..STREAM.len() {
            assert_eq!(frames(&[&STREAM[..cut], &STREAM[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_has_an_end() {
        let mut framer = Framer::default();
        let long = vec![b'x'; limits::IMAP_LINE_OCTETS_MAX + 1];
        assert_eq!(framer.feed(&long).1, Frame::LineTooLong);
    }
}
