//! IMAP: where commands end, and what they say.

use imap::codec::{self, Frame, Framer};

use super::{choice, cut};

/// A command's text, as RFC 3501 and as RFC 9051 read it.
pub fn command(octets: &[u8]) {
    for utf8 in [false, true] {
        let (tag, _) = codec::parse(octets, utf8);
        assert!(tag.is_none_or(|tag| octets.starts_with(tag.as_bytes())));
    }
}

/// A stream that arrives in two pieces holds the same commands.
pub fn frames(octets: &[u8]) {
    let (chosen, stream) = choice(octets);
    let (first, second) = cut(stream, chosen);
    assert_eq!(commands(&[stream]), commands(&[first, second]));
}

/// The commands of a stream; small literals are taken, large ones refused.
fn commands(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    const LITERAL_OCTETS_MAX: u64 = 1024;
    let mut framer = Framer::default();
    let mut commands = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (taken, frame) = framer.feed(rest);
            rest = &rest[taken..];
            match frame {
                Frame::More => {}
                Frame::Command => commands.push(framer.take_text()),
                Frame::Refused => commands.push(b"refused".to_vec()),
                Frame::Literal(literal) if literal.size <= LITERAL_OCTETS_MAX => {
                    framer.take_inline(literal);
                }
                Frame::Literal(literal) => {
                    framer.refuse(literal);
                }
                Frame::LineTooLong => return commands,
            }
        }
    }
    commands
}
