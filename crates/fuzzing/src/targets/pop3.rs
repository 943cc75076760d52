//! POP3 commands and responses.

use pop3::command::Command;
use pop3::response::DotStuffer;

use super::{choice, cut};

/// A line; and a message stuffed in two pieces is the message stuffed in one.
pub fn command(octets: &[u8]) {
    let _ = Command::parse(octets);
    let (chosen, message) = choice(octets);
    let (first, second) = cut(message, chosen);
    assert_eq!(stuffed(&[message]), stuffed(&[first, second]));
}

fn stuffed(pieces: &[&[u8]]) -> Vec<u8> {
    let mut stuffer = DotStuffer::default();
    let mut out = Vec::new();
    pieces.iter().for_each(|piece| stuffer.put(&mut out, piece));
    stuffer.finish(&mut out);
    out
}
