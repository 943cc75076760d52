//! Compression of a connection in both directions: COMPRESS=DEFLATE (RFC 4978), raw deflate
//! (RFC 1951) with a sync flush wherever the session flushes.
//!
//! Memory: the inflater keeps its 32 KiB window for the life of the connection. The deflater,
//! which is ten times that, lives only from the first octet written to the next time the
//! connection waits for input; deflate allows a fresh start after every sync flush.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use types::limits::{INFLATE_FREE_OCTETS, INFLATE_RATIO_MAX, OUTPUT_OCTETS_MAX, READ_CHUNK_OCTETS};

use crate::scratch::poll_read_chunk;

/// Octets by which the buffer of compressed output grows.
const DEFLATE_STEP_OCTETS: usize = 4096;

/// A compressed stream over a stream.
#[derive(Debug)]
pub struct Deflate<S> {
    inner: S,
    inflater: Decompress,
    deflater: Option<Compress>,
    /// Compressed input not yet inflated.
    input: BytesMut,
    /// Compressed output not yet written.
    output: BytesMut,
    /// Something was compressed since the last sync flush.
    unflushed: bool,
}

impl<S> Deflate<S> {
    /// Compresses everything from here on.
    pub fn new(inner: S) -> Self {
        Deflate {
            inner,
            inflater: Decompress::new(false),
            deflater: None,
            input: BytesMut::new(),
            output: BytesMut::new(),
            unflushed: false,
        }
    }

    /// The stream below.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Inflates into the buffer and says whether anything came out.
    fn inflate(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        let (in_before, out_before) = (self.inflater.total_in(), self.inflater.total_out());
        let status = self
            .inflater
            .decompress(&self.input, buf.initialize_unfilled(), FlushDecompress::Sync)
            .map_err(invalid)?;
        self.input.advance((self.inflater.total_in() - in_before) as usize);
        let inflated = (self.inflater.total_out() - out_before) as usize;
        buf.advance(inflated);
        self.check_ratio()?;
        if status == Status::StreamEnd && inflated == 0 {
            return Err(invalid("the peer ended its compressed stream"));
        }
        Ok(inflated > 0)
    }

    /// Stops a peer that makes us work much for little.
    fn check_ratio(&self) -> io::Result<()> {
        let (sent, inflated) = (self.inflater.total_in(), self.inflater.total_out());
        let allowed = INFLATE_FREE_OCTETS + sent.saturating_mul(INFLATE_RATIO_MAX);
        match inflated > allowed {
            true => Err(invalid("the peer's input inflates too much")),
            false => Ok(()),
        }
    }

    /// Compresses into the output buffer; with `Sync` until nothing is held back.
    fn deflate(&mut self, mut data: &[u8], flush: FlushCompress) -> io::Result<()> {
        let deflater =
            self.deflater.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        loop {
            let (in_before, out_before) = (deflater.total_in(), deflater.total_out());
            let start = self.output.len();
            self.output.resize(start + DEFLATE_STEP_OCTETS, 0);
            let compressed = deflater.compress(data, &mut self.output[start..], flush);
            let produced = (deflater.total_out() - out_before) as usize;
            self.output.truncate(start + produced);
            compressed.map_err(invalid)?;
            data = &data[(deflater.total_in() - in_before) as usize..];
            // Room left over means that the deflater has nothing more to say.
            if data.is_empty() && produced < DEFLATE_STEP_OCTETS {
                return Ok(());
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Deflate<S> {
    /// Hands compressed output down.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
        }
        self.output = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deflate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // Even without new input the inflater may hold back what did not fit last time.
        while !this.inflate(buf)? {
            let inner = Pin::new(&mut this.inner);
            match poll_read_chunk(inner, cx, &mut this.input, READ_CHUNK_OCTETS)? {
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => {}
                Poll::Pending => {
                    this.release_idle();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Deflate<S> {
    /// Gives back what a waiting connection does not need.
    fn release_idle(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if !self.unflushed {
            self.deflater = None;
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deflate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.output.len() >= OUTPUT_OCTETS_MAX {
            ready!(this.poll_drain(cx))?;
        }
        let taken = &data[..data.len().min(OUTPUT_OCTETS_MAX)];
        this.deflate(taken, FlushCompress::None)?;
        this.unflushed |= !taken.is_empty();
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.unflushed {
            this.deflate(&[], FlushCompress::Sync)?;
            this.unflushed = false;
        }
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

fn invalid<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn both_directions_arrive_after_each_flush() {
        let (a, b) = duplex(64);
        let (mut client, mut server) = (Deflate::new(a), Deflate::new(b));
        for round in 0..50 {
            let text = format!("a{round} FETCH 1:* (FLAGS)\r\n");
            client.write_all(text.as_bytes()).await.unwrap();
            client.flush().await.unwrap();
            let mut got = vec![0; text.len()];
            server.read_exact(&mut got).await.unwrap();
            assert_eq!(got, text.as_bytes());
            server.write_all(b"* OK\r\n").await.unwrap();
            server.flush().await.unwrap();
            client.read_exact(&mut got[..6]).await.unwrap();
            assert_eq!(&got[..6], b"* OK\r\n");
        }
    }

    #[tokio::test]
    async fn large_transfers_pass_through_small_pipes() {
        let (a, b) = duplex(1000);
        let data: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        let sent = data.clone();
        let writer = tokio::spawn(async move {
            let mut stream = Deflate::new(a);
            stream.write_all(&sent).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut got = Vec::new();
        Deflate::new(b).read_to_end(&mut got).await.unwrap();
        writer.await.unwrap();
        assert!(got == data);
    }

    #[tokio::test]
    async fn a_waiting_connection_has_no_deflater() {
        let (a, b) = duplex(1000);
        let (mut client, mut server) = (Deflate::new(a), Deflate::new(b));
        server.write_all(b"hello").await.unwrap();
        assert!(server.deflater.is_some());
        server.flush().await.unwrap();
        let mut got = [0; 5];
        client.read_exact(&mut got).await.unwrap();
        let waited = tokio::time::timeout(std::time::Duration::from_millis(5), server.read_u8());
        assert!(waited.await.is_err());
        assert!(server.deflater.is_none() && server.output.capacity() == 0);
        server.write_all(b"again").await.unwrap();
        server.flush().await.unwrap();
        client.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"again", "the client cannot tell that the deflater is a new one");
    }

    #[tokio::test]
    async fn rubbish_is_an_error() {
        let (mut a, b) = duplex(1000);
        a.write_all(&[0xff; 100]).await.unwrap();
        let error = Deflate::new(b).read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn input_that_inflates_without_end_is_refused() {
        let (mut a, b) = duplex(100_000);
        let writer = tokio::spawn(async move {
            let mut zeros = Vec::with_capacity(1_000_000);
            Compress::new(Compression::best(), false)
                .compress_vec(&vec![0; 200 << 20], &mut zeros, FlushCompress::Sync)
                .unwrap();
            // The reader hangs up in the middle.
            a.write_all(&zeros).await.is_err()
        });
        let mut stream = Deflate::new(b);
        let mut buffer = vec![0; 1 << 20];
        let mut total = 0;
        let error = loop {
            match stream.read(&mut buffer).await {
                Ok(n) if n > 0 => total += n as u64,
                Ok(_) => panic!("took {total} octets"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let allowed = INFLATE_FREE_OCTETS + stream.inflater.total_in() * INFLATE_RATIO_MAX;
        assert!(total > INFLATE_FREE_OCTETS && total <= allowed, "{total} of {allowed} octets");
        assert!(total + 2 * buffer.len() as u64 > allowed, "{total} of {allowed} octets");
        drop(stream);
        writer.await.unwrap();
    }
}
