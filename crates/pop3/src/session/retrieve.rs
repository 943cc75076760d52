//! RETR and TOP: messages as they came, dots stuffed, in pieces.

use mailbox::{Content, Fault};
use net::LineStream;

use super::End;
use super::transaction::no_such_message;
use crate::drop::Maildrop;
use crate::response::{self, Code, DotStuffer};

/// Messages up to this size are read in one go with their content row: one trip to the read
/// pool instead of three. Larger ones stream.
const WHOLE_OCTETS_MAX: u64 = 256 * 1024;

enum Found {
    Whole(Vec<u8>),
    Streamed(Box<Content>),
}

pub(super) async fn retr(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    number: u32,
) -> Result<(), End> {
    let Some(message) = maildrop.message(number) else {
        no_such_message(stream);
        return Ok(());
    };
    let content = message.content;
    let found = maildrop.mailbox.read(move |view| {
        let content = view.content(content)?;
        match content.octets() <= WHOLE_OCTETS_MAX {
            true => view.message(&content).map(Found::Whole),
            false => Ok(Found::Streamed(Box::new(content))),
        }
    });
    match found.await {
        Ok(Found::Whole(bytes)) => send_whole(stream, &bytes).await,
        Ok(Found::Streamed(content)) => send_streamed(stream, maildrop, &content).await,
        Err(fault) => refuse(stream, &fault),
    }
}

pub(super) async fn top(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    number: u32,
    lines: u32,
) -> Result<(), End> {
    let Some(message) = maildrop.message(number) else {
        no_such_message(stream);
        return Ok(());
    };
    let content = message.content;
    let found = maildrop.mailbox.read(move |view| {
        let content = view.content(content)?;
        view.message_part(&content, 0..top_octets(lines).min(content.octets()))
    });
    match found.await {
        Ok(bytes) => send_whole(stream, head(&bytes, lines)).await,
        Err(fault) => refuse(stream, &fault),
    }
}

fn refuse(stream: &mut LineStream, fault: &Fault) -> Result<(), End> {
    tracing::warn!(%fault, "message cannot be read");
    response::err(stream.output(), Some(Code::SysTemp), "message cannot be read now");
    Ok(())
}

async fn send_whole(stream: &mut LineStream, bytes: &[u8]) -> Result<(), End> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 32);
    response::ok(&mut out, &format!("{} octets", bytes.len()));
    let mut stuffer = DotStuffer::default();
    stuffer.put(&mut out, bytes);
    stuffer.finish(&mut out);
    response::end(&mut out);
    Ok(stream.put(&out).await?)
}

/// A large message. When its bytes fail in the middle, the connection must end: the client
/// would take the rest of the session for the rest of the message.
async fn send_streamed(
    stream: &mut LineStream,
    maildrop: &Maildrop,
    content: &Content,
) -> Result<(), End> {
    let mut reader = match maildrop.mailbox.body(content).await {
        Ok(reader) => reader,
        Err(fault) => return refuse(stream, &fault),
    };
    response::ok(stream.output(), &format!("{} octets", content.octets()));
    let mut stuffer = DotStuffer::default();
    let mut out = Vec::new();
    stuffer.put(&mut out, &content.prefix);
    loop {
        match reader.next().await {
            Ok(Some(piece)) => stuffer.put(&mut out, &piece),
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "message breaks off");
                return Err(End::Broken);
            }
        }
        stream.put(&out).await?;
        out.clear();
    }
    stuffer.finish(&mut out);
    response::end(&mut out);
    Ok(stream.put(&out).await?)
}

/// Octets that hold the header and `lines` lines of any message: TOP is asked for a handful.
fn top_octets(lines: u32) -> u64 {
    const LINE_OCTETS: u64 = 1000;
    types::limits::HEADER_OCTETS_MAX as u64 + u64::from(lines).saturating_mul(LINE_OCTETS)
}

/// The header, the blank line, and the first lines of the body.
fn head(bytes: &[u8], lines: u32) -> &[u8] {
    let mut in_body = false;
    let mut left = lines;
    let mut at = 0;
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        if in_body && left == 0 {
            break;
        }
        at += line.len();
        match in_body {
            true => left -= 1,
            false => in_body = matches!(line, b"\r\n" | b"\n"),
        }
    }
    &bytes[..at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_after_so_many_lines() {
        let message = b"A: b\r\nC: d\r\n\r\none\r\ntwo\r\nthree";
        for (lines, expected) in [
            (0, &b"A: b\r\nC: d\r\n\r\n"[..]),
            (1, b"A: b\r\nC: d\r\n\r\none\r\n"),
            (3, message),
            (u32::MAX, message),
        ] {
            assert_eq!(head(message, lines), expected, "{lines}");
        }
        assert_eq!(head(b"A: b\r\n", 5), b"A: b\r\n");
    }
}
