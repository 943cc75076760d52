//! Copying octets both ways between a client and its back end.
//!
//! Each way has its own pace: a session that writes before it reads must not wait for one that
//! does the same. Neither way holds more than one chunk, and none while it waits.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use net::{Stream, read_chunk};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, split};
use tokio::sync::Notify;
use tokio::time::timeout;
use types::limits::{OUTPUT_STALL_SECS_MAX, READ_CHUNK_OCTETS};

/// Copies until the back end has ended the session, one of both breaks, or neither says
/// anything for so long. A client that only stops sending still gets its answers.
pub(crate) async fn both_ways(
    client: Stream,
    back_end: Stream,
    silence_max: Duration,
) -> io::Result<()> {
    let (from_client, to_client) = split(client);
    let (from_back_end, to_back_end) = split(back_end);
    let moved = Notify::new();
    let upwards = async {
        match one_way(from_client, to_back_end, &moved).await {
            Ok(()) => std::future::pending().await,
            broken => broken,
        }
    };
    tokio::select! {
        ended = one_way(from_back_end, to_client, &moved) => ended,
        broken = upwards => broken,
        () = silence(&moved, silence_max) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Copies to the end of `from`, and passes the end on.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    moved: &Notify,
) -> io::Result<()> {
    let mut chunk = BytesMut::new();
    while read_chunk(&mut from, &mut chunk, READ_CHUNK_OCTETS).await? > 0 {
        moved.notify_one();
        write(&mut to, &chunk).await?;
        chunk = BytesMut::new();
    }
    to.shutdown().await
}

/// Writes all of it to a peer that takes it.
pub(crate) async fn write(to: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<()> {
    let written = async {
        to.write_all(octets).await?;
        to.flush().await
    };
    timeout(Duration::from_secs(OUTPUT_STALL_SECS_MAX), written).await?
}

async fn silence(moved: &Notify, longest: Duration) {
    while timeout(longest, moved.notified()).await.is_ok() {}
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::task::JoinHandle;

    /// A client and a back end with a relay between them, whose pipes hold little.
    fn relay() -> (Stream, Stream, JoinHandle<io::Result<()>>) {
        let (client, near) = Stream::pair(64);
        let (far, back_end) = Stream::pair(64);
        let minute = Duration::from_secs(60);
        (client, back_end, tokio::spawn(both_ways(near, far, minute)))
    }

    #[tokio::test]
    async fn both_may_write_before_they_read() {
        let (client, back_end, relay) = relay();
        let talk = |mut stream: Stream, octet: u8| async move {
            let sent = vec![octet; 10_000];
            let (mut reader, mut writer) = split(&mut stream);
            let mut got = vec![0; sent.len()];
            let (written, read) =
                tokio::join!(writer.write_all(&sent), reader.read_exact(&mut got));
            written.unwrap();
            read.unwrap();
            (stream, got)
        };
        let (up, down) = tokio::join!(talk(client, b'c'), talk(back_end, b'b'));
        assert!(up.1.iter().all(|octet| *octet == b'b') && down.1.iter().all(|o| *o == b'c'));
        drop(down.0);
        relay.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_stops_sending_still_gets_its_answers() {
        let (mut client, mut back_end, relay) = relay();
        client.write_all(b"QUIT\r\n").await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        back_end.read_to_string(&mut heard).await.unwrap();
        back_end.write_all(b"+OK goodbye\r\n").await.unwrap();
        back_end.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!((heard.as_str(), answer.as_str()), ("QUIT\r\n", "+OK goodbye\r\n"));
        relay.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_a_peer_that_does_not_read_end_it() {
        let (mut client, back_end, silent) = relay();
        client.write_all(b"NOOP\r\n").await.unwrap();
        assert_eq!(silent.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(back_end);
        let (mut client, _back_end, stalled) = relay();
        let flood = async { while client.write_all(&[b'x'; 64]).await.is_ok() {} };
        let ((), ended) = tokio::join!(flood, stalled);
        assert_eq!(ended.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
