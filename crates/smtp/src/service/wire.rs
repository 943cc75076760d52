//! Reading and writing with bounds on memory and time.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use types::limits::SMTP_WRITE_SECS_MAX;

/// Octets read at a time.
const READ_OCTETS: usize = 16 * 1024;

/// The time that sessions are told; follows tokio's clock, which tests can stop.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Waits for some bytes; none at the end of the stream. Nothing is held while waiting.
pub(super) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    poll_fn(|context| poll_read(stream, context)).await
}

/// Bytes that are there already; `None` without waiting if there are none.
pub(super) async fn read_ready<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> io::Result<Option<Vec<u8>>> {
    poll_fn(|context| match poll_read(stream, context) {
        Poll::Pending => Poll::Ready(Ok(None)),
        Poll::Ready(bytes) => Poll::Ready(bytes.map(Some)),
    })
    .await
}

fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
) -> Poll<io::Result<Vec<u8>>> {
    let mut bytes = [0; READ_OCTETS];
    let mut buffer = ReadBuf::new(&mut bytes);
    match Pin::new(stream).poll_read(context, &mut buffer) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Ready(Ok(())) => Poll::Ready(Ok(buffer.filled().to_vec())),
    }
}

/// Writes everything, or gives up on a peer that does not take it.
pub(super) async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    within_limit(async {
        stream.write_all(bytes).await?;
        stream.flush().await
    })
    .await
}

/// Says that no more will come.
pub(super) async fn shut_down<S: AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    within_limit(stream.shutdown()).await
}

async fn within_limit(work: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let limit = Duration::from_secs(SMTP_WRITE_SECS_MAX);
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Sleeps until then, or for ever.
pub(super) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
