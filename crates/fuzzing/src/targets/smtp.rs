//! SMTP: commands, replies, and where content ends.

use smtp::codec::data::{DotStuffer, DotUnstuffer};
use smtp::codec::newline::NewlineFilter;
use smtp::codec::reply::ReplyReader;
use smtp::codec::{Command, Reply};

use super::{choice, cut};

/// A command that parses is printed as one that parses to the same.
pub fn command(octets: &[u8]) {
    if let Ok(command) = Command::parse(octets) {
        let line = command.encode();
        let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
        assert_eq!(Command::parse(line), Ok(command), "{}", String::from_utf8_lossy(line));
    }
}

/// Content that was stuffed comes back; and what a stream means does not depend on where it
/// is cut.
pub fn data(octets: &[u8]) {
    let (chosen, stream) = choice(octets);
    let (first, second) = cut(stream, chosen);
    assert_eq!(unstuffed(&[stream]), unstuffed(&[first, second]));

    let content = with_line_ends(stream);
    let mut stuffed = Vec::new();
    let mut stuffer = DotStuffer::default();
    stuffer.feed(&content, &mut stuffed);
    stuffer.finish(&mut stuffed);
    let (mut back, done) = unstuffed(&[&stuffed]);
    assert!(done, "the end was found");
    if !content.ends_with(b"\r\n") && !content.is_empty() {
        back.truncate(back.len() - 2);
    }
    assert_eq!(back, content);
}

/// A reply that is read is printed as one that reads the same.
pub fn reply(octets: &[u8]) {
    for reply in replies(octets) {
        let mut printed = Vec::new();
        reply.encode(&mut printed);
        assert_eq!(replies(&printed), [reply], "{}", String::from_utf8_lossy(&printed));
    }
}

fn unstuffed(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut unstuffer = DotUnstuffer::default();
    let mut content = Vec::new();
    pieces.iter().for_each(|piece| {
        unstuffer.feed(piece, &mut content);
    });
    (content, unstuffer.is_done())
}

fn with_line_ends(octets: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut filter = NewlineFilter::rewrite();
    filter.feed(octets, &mut content);
    filter.finish(&mut content);
    content
}

fn replies(octets: &[u8]) -> Vec<Reply> {
    let mut reader = ReplyReader::default();
    reader.feed(octets);
    std::iter::from_fn(|| reader.next_reply().ok().flatten()).collect()
}
