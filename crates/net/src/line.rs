//! What IMAP and POP3 sessions need of a connection: lines and counted octets in, collected
//! output out, each with a limit in octets and in time.
//!
//! Not for SMTP, whose rules for line ends are stricter and whose session is driven by bytes.
//!
//! Every waiting method may be cancelled (`select!`) without loss: what has arrived stays in
//! the buffer, what was written stays in the output. A connection that waits for a new line
//! holds neither buffer.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use types::limits::{
    OUTPUT_OCTETS_MAX, OUTPUT_RATE_OCTETS_MIN, OUTPUT_STALL_SECS_MAX, READ_CHUNK_OCTETS,
};

use crate::scratch::read_chunk;
use crate::stream::{Stream, UpgradeError};
use crate::tls::{ClientTls, ServerTls};

/// Why nothing can be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The line is longer than allowed. It is skipped up to its end; the next one can be read.
    #[error("line too long")]
    TooLong,
    /// Nothing complete arrived in time.
    #[error("the peer said nothing in time")]
    Timeout,
    /// The peer does not take what we write.
    #[error("the peer does not read")]
    Stalled,
    /// The peer closed the connection, in the middle of something or not.
    #[error("the peer closed the connection")]
    Closed,
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a layer could not be put on a connection.
#[derive(Debug, thiserror::Error)]
pub enum LineUpgradeError {
    /// Input came before the layer was on. It must not be taken for protected.
    #[error("the peer sent input before the handshake")]
    EarlyInput,
    /// The output before it could not be written.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The handshake failed.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
}

/// A stream with an input and an output buffer.
#[derive(Debug)]
pub struct LineStream<S = Stream> {
    stream: S,
    input: BytesMut,
    /// Octets of `input` known to hold no line end.
    searched: usize,
    /// The rest of a line that was too long is still to come.
    skipping: bool,
    output: BytesMut,
    /// Output was given to the stream and not yet flushed out of it.
    unflushed: bool,
}

impl<S> LineStream<S> {
    /// Over a fresh stream.
    pub fn new(stream: S) -> Self {
        LineStream {
            stream,
            input: BytesMut::new(),
            searched: 0,
            skipping: false,
            output: BytesMut::new(),
            unflushed: false,
        }
    }

    /// The stream below.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream and the input that arrived but was not taken, to be spliced elsewhere.
    pub fn into_parts(self) -> (S, Bytes) {
        (self.stream, self.input.freeze())
    }

    /// Input that arrived and was not taken.
    pub fn buffered(&self) -> &[u8] {
        &self.input
    }

    /// Takes octets of [`buffered`](Self::buffered), at most all of them.
    pub fn consume(&mut self, octets: usize) {
        self.take(octets.min(self.input.len()));
    }

    /// Collected output. Formatters append to it; [`flush`](Self::flush) writes it.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    fn release_idle(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
    }

    fn take(&mut self, octets: usize) -> Bytes {
        self.searched = 0;
        self.input.split_to(octets).freeze()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> LineStream<S> {
    /// The next line, at most `octets_max` with its line end, which is CRLF or LF and is not
    /// returned. Output is written before waiting, and only then: answers to pipelined
    /// commands go out together.
    pub async fn line(&mut self, octets_max: usize, deadline: Instant) -> Result<Bytes, LineError> {
        self.skip_rest_of_line(deadline).await?;
        loop {
            match self.find_line_end() {
                Some(end) if end < octets_max => return Ok(without_line_end(self.take(end + 1))),
                Some(end) => {
                    self.take(end + 1);
                    return Err(LineError::TooLong);
                }
                None if self.input.len() >= octets_max => {
                    self.skipping = true;
                    return Err(LineError::TooLong);
                }
                None => self.fill(deadline).await?,
            }
        }
    }

    /// Exactly this many octets. They are all in memory: the caller has checked the count.
    pub async fn octets(&mut self, count: usize, deadline: Instant) -> Result<Bytes, LineError> {
        while self.input.len() < count {
            self.fill(deadline).await?;
        }
        Ok(self.take(count))
    }

    /// Some octets, at least one and at most `octets_max`: for a literal that streams.
    pub async fn chunk(
        &mut self,
        octets_max: usize,
        deadline: Instant,
    ) -> Result<Bytes, LineError> {
        if self.input.is_empty() {
            self.fill(deadline).await?;
        }
        Ok(self.take(octets_max.min(self.input.len())))
    }

    /// Waits for more input and appends it to [`buffered`](Self::buffered). Output is written
    /// first.
    pub async fn fill(&mut self, deadline: Instant) -> Result<(), LineError> {
        self.flush().await?;
        self.release_idle();
        let read = read_chunk(&mut self.stream, &mut self.input, READ_CHUNK_OCTETS);
        match timeout_at(deadline, read).await.map_err(|_| LineError::Timeout)?? {
            0 => Err(LineError::Closed),
            _ => Ok(()),
        }
    }

    async fn skip_rest_of_line(&mut self, deadline: Instant) -> Result<(), LineError> {
        while self.skipping {
            match self.find_line_end() {
                Some(end) => {
                    self.take(end + 1);
                    self.skipping = false;
                }
                None => {
                    self.take(self.input.len());
                    self.fill(deadline).await?;
                }
            }
        }
        Ok(())
    }

    /// Where the next LF is. Octets are searched once, however slowly they come.
    fn find_line_end(&mut self) -> Option<usize> {
        let found = self.input[self.searched..].iter().position(|octet| *octet == b'\n');
        let end = found.map(|offset| self.searched + offset);
        self.searched = end.unwrap_or(self.input.len());
        end
    }
}

impl<S: AsyncWrite + Unpin> LineStream<S> {
    /// Collects output, and writes it whenever [`OUTPUT_OCTETS_MAX`] have come together.
    pub async fn put(&mut self, mut bytes: &[u8]) -> Result<(), LineError> {
        while !bytes.is_empty() {
            let room = OUTPUT_OCTETS_MAX.saturating_sub(self.output.len()).max(1);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.output.extend_from_slice(now);
            self.relieve().await?;
            bytes = later;
        }
        Ok(())
    }

    /// Writes the output if there is much of it. For formatters that append to
    /// [`output`](Self::output) themselves, between two items.
    pub async fn relieve(&mut self) -> Result<(), LineError> {
        match self.output.len() >= OUTPUT_OCTETS_MAX {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Writes all output. A peer that takes it too slowly loses its connection.
    pub async fn flush(&mut self) -> Result<(), LineError> {
        if self.output.is_empty() && !self.unflushed {
            return Ok(());
        }
        let deadline = Instant::now() + patience(self.output.len());
        timeout_at(deadline, self.write_out()).await.map_err(|_| LineError::Stalled)??;
        Ok(())
    }

    /// Ends the connection in order, TLS included, after writing all output.
    pub async fn close(mut self) -> Result<(), LineError> {
        self.flush().await?;
        let deadline = Instant::now() + patience(0);
        timeout_at(deadline, self.stream.shutdown()).await.map_err(|_| LineError::Stalled)??;
        Ok(())
    }

    async fn write_out(&mut self) -> io::Result<()> {
        self.unflushed = true;
        while self.output.has_remaining() {
            if self.stream.write_buf(&mut self.output).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.stream.flush().await?;
        self.unflushed = false;
        Ok(())
    }
}

impl LineStream<Stream> {
    /// Puts TLS on as the server, after the answer to STARTTLS is written.
    pub async fn start_tls_server(&mut self, tls: &ServerTls) -> Result<(), LineUpgradeError> {
        self.prepare_upgrade().await?;
        Ok(self.stream.start_tls_server(tls).await?)
    }

    /// Puts TLS on as the client, after the answer to STARTTLS was read.
    pub async fn start_tls_client(
        &mut self,
        server_name: &str,
        tls: &ClientTls,
    ) -> Result<(), LineUpgradeError> {
        self.prepare_upgrade().await?;
        Ok(self.stream.start_tls_client(server_name, tls).await?)
    }

    /// Compresses from here on, after the answer to COMPRESS is written.
    pub async fn start_deflate(&mut self) -> Result<(), LineUpgradeError> {
        self.prepare_upgrade().await?;
        Ok(self.stream.start_deflate()?)
    }

    /// Input that is there now was sent before the layer was on, by whomever.
    async fn prepare_upgrade(&mut self) -> Result<(), LineUpgradeError> {
        self.flush().await?;
        match self.input.is_empty() {
            true => Ok(()),
            false => Err(LineUpgradeError::EarlyInput),
        }
    }
}

/// How long a peer may take for this much output.
fn patience(octets: usize) -> Duration {
    Duration::from_secs(OUTPUT_STALL_SECS_MAX + octets as u64 / OUTPUT_RATE_OCTETS_MIN)
}

fn without_line_end(mut line: Bytes) -> Bytes {
    let end = if line.ends_with(b"\r\n") { 2 } else { 1 };
    line.truncate(line.len() - end);
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn pair() -> (LineStream<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(4096);
        (LineStream::new(ours), theirs)
    }

    #[tokio::test]
    async fn lines_and_literals_in_any_pieces() {
        let session = b"a LOGIN {5}\r\nhello {3}\r\na\nb\r\nlone\n\r\n";
        for cut in 0..session.len() {
            let (mut lines, mut peer) = pair();
            let (head, tail) = session.split_at(cut);
            let writer = async {
                peer.write_all(head).await.unwrap();
                tokio::task::yield_now().await;
                peer.write_all(tail).await.unwrap();
                drop(peer);
            };
            let reader = async {
                assert_eq!(lines.line(100, soon()).await.unwrap(), "a LOGIN {5}");
                assert_eq!(lines.octets(5, soon()).await.unwrap(), "hello");
                assert_eq!(lines.line(100, soon()).await.unwrap(), " {3}");
                let mut literal = Vec::new();
                while literal.len() < 3 {
                    literal.extend(lines.chunk(3 - literal.len(), soon()).await.unwrap());
                }
                assert_eq!(literal, b"a\nb");
                assert_eq!(lines.line(100, soon()).await.unwrap(), "");
                assert_eq!(lines.line(100, soon()).await.unwrap(), "lone");
                assert_eq!(lines.line(100, soon()).await.unwrap(), "");
                let end = lines.line(100, soon()).await.unwrap_err();
                assert!(matches!(end, LineError::Closed));
            };
            tokio::join!(writer, reader);
        }
    }

    #[tokio::test]
    async fn a_long_line_is_refused_once_and_skipped() {
        for (length, limit, taken) in [(8, 10, true), (9, 10, false), (3000, 10, false)] {
            let (mut lines, mut peer) = pair();
            let long = "x".repeat(length);
            peer.write_all(format!("{long}\r\nnext\r\n").as_bytes()).await.unwrap();
            match lines.line(limit, soon()).await {
                Ok(line) => assert!(taken && line == long, "{length}"),
                Err(error) => assert!(!taken && matches!(error, LineError::TooLong), "{length}"),
            }
            assert_eq!(lines.line(limit, soon()).await.unwrap(), "next", "{length}");
        }
    }

    #[tokio::test]
    async fn answers_go_out_together_before_waiting() {
        let (mut lines, mut peer) = pair();
        peer.write_all(b"one\r\ntwo\r\n").await.unwrap();
        lines.line(100, soon()).await.unwrap();
        lines.put(b"+OK 1\r\n").await.unwrap();
        lines.line(100, soon()).await.unwrap();
        lines.output().extend_from_slice(b"+OK 2\r\n");
        let mut got = [0; 14];
        let waiting = lines.line(100, soon());
        tokio::select! {
            read = peer.read_exact(&mut got) => { read.unwrap(); }
            _ = waiting => unreachable!("no third line was sent"),
        }
        assert_eq!(&got, b"+OK 1\r\n+OK 2\r\n");
    }

    #[tokio::test]
    async fn cancelling_loses_nothing_and_waiting_holds_nothing() {
        let (mut lines, mut peer) = pair();
        lines.put(b"* OK ready\r\n").await.unwrap();
        for piece in ["DO", "NE\r", "\n"] {
            let brief = Duration::from_millis(1);
            assert!(tokio::time::timeout(brief, lines.line(100, soon())).await.is_err());
            peer.write_all(piece.as_bytes()).await.unwrap();
        }
        assert_eq!(lines.line(100, soon()).await.unwrap(), "DONE");
        let brief = Duration::from_millis(1);
        assert!(tokio::time::timeout(brief, lines.line(100, soon())).await.is_err());
        assert_eq!((lines.input.capacity(), lines.output.capacity()), (0, 0));
        let mut got = [0; 12];
        peer.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"* OK ready\r\n", "written once");
    }

    #[tokio::test(start_paused = true)]
    async fn neither_silence_nor_a_full_pipe_is_waited_for_without_end() {
        let (mut lines, _peer) = pair();
        let silent = lines.line(100, soon()).await.unwrap_err();
        assert!(matches!(silent, LineError::Timeout));
        let stalled = lines.put(&vec![b'x'; 3 * OUTPUT_OCTETS_MAX]).await.unwrap_err();
        assert!(matches!(stalled, LineError::Stalled));
        assert!(lines.output.len() <= OUTPUT_OCTETS_MAX, "what is held is bounded");
    }

    #[tokio::test]
    async fn input_before_a_layer_is_refused() {
        let (ours, mut theirs) = Stream::pair(1000);
        let mut lines = LineStream::new(ours);
        theirs.write_all(b"a COMPRESS DEFLATE\r\nb EARLY\r\n").await.unwrap();
        lines.line(100, soon()).await.unwrap();
        let error = lines.start_deflate().await.unwrap_err();
        assert!(matches!(error, LineUpgradeError::EarlyInput));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_has_time_to_begin_and_must_keep_a_rate() {
        for rates in [0, 1, 100] {
            let octets = 2 + rates as usize * OUTPUT_RATE_OCTETS_MIN as usize;
            let limit = OUTPUT_STALL_SECS_MAX + rates;
            for (after, taken) in [(limit - 1, true), (limit + 1, false)] {
                let (ours, mut peer) = duplex(1);
                let mut lines = LineStream::new(ours);
                let late = tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(after)).await;
                    peer.read_to_end(&mut Vec::new()).await
                });
                lines.output().extend_from_slice(&vec![b'x'; octets]);
                match lines.flush().await {
                    Ok(()) => assert!(taken, "{octets} octets after {after} s"),
                    Err(LineError::Stalled) => assert!(!taken, "{octets} octets after {after} s"),
                    Err(other) => panic!("{other}"),
                }
                late.abort();
            }
        }
    }
}
