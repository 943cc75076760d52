//! Reading without holding a buffer while waiting.
//!
//! A connection that waits must cost as little as possible, and a reader that owns its buffer
//! owns it while it waits. Here the buffer belongs to the thread: it is borrowed for one poll,
//! and only what arrived is copied out of it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};
use types::limits::READ_CHUNK_OCTETS;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Appends what the stream has, at most `octets_max`, and returns how much that was; 0 is the
/// end of the stream. Allocates nothing until something is there. Safe to cancel.
pub async fn read_chunk<S: AsyncRead + Unpin>(
    stream: &mut S,
    into: &mut BytesMut,
    octets_max: usize,
) -> io::Result<usize> {
    poll_fn(|cx| poll_read_chunk(Pin::new(stream), cx, into, octets_max)).await
}

/// The poll function behind [`read_chunk`].
pub(crate) fn poll_read_chunk<S: AsyncRead>(
    stream: Pin<&mut S>,
    cx: &mut Context<'_>,
    into: &mut BytesMut,
    octets_max: usize,
) -> Poll<io::Result<usize>> {
    // Taken out of its cell, so that a stream that reads from another one may do the same.
    let mut scratch = SCRATCH.take();
    scratch.resize(READ_CHUNK_OCTETS, 0);
    let mut chunk = ReadBuf::new(&mut scratch[..octets_max.min(READ_CHUNK_OCTETS)]);
    let polled = stream.poll_read(cx, &mut chunk).map_ok(|()| {
        into.extend_from_slice(chunk.filled());
        chunk.filled().len()
    });
    SCRATCH.set(scratch);
    polled
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn takes_what_is_there_up_to_the_limit_and_reports_the_end() {
        let (mut ours, mut theirs) = tokio::io::duplex(64);
        theirs.write_all(b"hello").await.unwrap();
        drop(theirs);
        let mut buffer = BytesMut::new();
        assert_eq!(read_chunk(&mut ours, &mut buffer, 2).await.unwrap(), 2);
        assert_eq!(read_chunk(&mut ours, &mut buffer, 100).await.unwrap(), 3);
        assert_eq!(read_chunk(&mut ours, &mut buffer, 100).await.unwrap(), 0);
        assert_eq!(&buffer[..], b"hello");
    }

    #[tokio::test]
    async fn nothing_is_allocated_while_nothing_is_there() {
        let (mut ours, _theirs) = tokio::io::duplex(64);
        let mut buffer = BytesMut::new();
        let polled = poll_fn(|cx| {
            let reading = std::pin::pin!(read_chunk(&mut ours, &mut buffer, 100));
            Poll::Ready(reading.poll(cx))
        })
        .await;
        assert!(polled.is_pending());
        assert_eq!(buffer.capacity(), 0);
    }

    #[tokio::test]
    async fn no_chunk_is_larger_than_one_of_the_scratch_buffer() {
        let (mut ours, mut theirs) = tokio::io::duplex(2 * READ_CHUNK_OCTETS);
        theirs.write_all(&[b'x'; READ_CHUNK_OCTETS + 1]).await.unwrap();
        let mut buffer = BytesMut::new();
        for expected in [READ_CHUNK_OCTETS, 1] {
            assert_eq!(read_chunk(&mut ours, &mut buffer, usize::MAX).await.unwrap(), expected);
        }
    }
}
