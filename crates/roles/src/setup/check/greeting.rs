//! The first words of an SMTP server (RFC 5321 section 4.2: 220 or 554).

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use net::{Stream, read_chunk};
use smtp::codec::reply::{BadReply, Reply, ReplyReader};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use types::limits::{CHECK_GREETING_SECS_MAX, READ_CHUNK_OCTETS};

/// Why there is no greeting.
#[derive(Debug, thiserror::Error)]
pub(super) enum GreetingError {
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The peer closed the connection.
    #[error("closed without a greeting")]
    Closed,
    /// The peer is silent.
    #[error("no greeting")]
    Timeout,
    /// What it says is no SMTP.
    #[error("no greeting of SMTP: {0}")]
    Malformed(#[from] BadReply),
}

/// Reads the greeting, and takes leave.
pub(super) async fn greeting(mut stream: Stream) -> Result<Reply, GreetingError> {
    let patience = Duration::from_secs(CHECK_GREETING_SECS_MAX);
    let reply =
        timeout(patience, read(&mut stream)).await.map_err(|_| GreetingError::Timeout)??;
    // Who does not wait for the leave has shown all the same that it is there.
    let _ = timeout(patience, stream.write_all(b"QUIT\r\n")).await;
    Ok(reply)
}

async fn read(stream: &mut Stream) -> Result<Reply, GreetingError> {
    let (mut reader, mut chunk) = (ReplyReader::default(), BytesMut::new());
    loop {
        if let Some(reply) = reader.next_reply()? {
            return Ok(reply);
        }
        match read_chunk(stream, &mut chunk, READ_CHUNK_OCTETS).await? {
            0 => return Err(GreetingError::Closed),
            _ => reader.feed(&chunk.split()),
        }
    }
}

/// The name by which it introduces itself.
pub(super) fn name(reply: &Reply) -> &str {
    reply.lines.first().and_then(|line| line.split(' ').next()).unwrap_or_default()
}
