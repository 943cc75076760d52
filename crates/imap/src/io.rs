//! A connection as commands see it: frames in, collected output out.

use bytes::Bytes;
use net::line::LineError;
use net::{LineStream, Stream};
use tokio::time::{Duration, Instant};

use crate::capability::Channel;
use crate::codec::{Frame, Framer, Literal};

/// The octets of a session.
pub struct Io {
    line: LineStream<Stream>,
    framer: Framer,
    tag: String,
}

impl Io {
    /// Over a fresh connection.
    pub fn new(stream: Stream) -> Self {
        Io { line: LineStream::new(stream), framer: Framer::default(), tag: String::new() }
    }

    /// The stream below, for layers.
    pub fn line(&mut self) -> &mut LineStream<Stream> {
        &mut self.line
    }

    /// The tag of the command that runs.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// A command with this tag begins.
    pub fn set_tag(&mut self, tag: &str) {
        self.tag.clear();
        self.tag.push_str(tag);
    }

    /// What capabilities depend on.
    pub fn channel(&self) -> Channel {
        let stream = self.line.get_ref();
        Channel {
            tls: stream.is_tls(),
            binding: stream.channel_binding().is_some(),
            deflate: stream.is_deflate(),
        }
    }

    /// What a SASL exchange can be bound to.
    pub fn channel_binding(&self) -> Option<Vec<u8>> {
        self.line.get_ref().channel_binding().map(|binding| binding.to_vec())
    }

    /// The next frame; output is written before waiting. Safe to cancel.
    pub async fn frame(&mut self, deadline: Instant) -> Result<Frame, LineError> {
        loop {
            match self.frame_or_more(deadline).await? {
                Frame::More => {}
                frame => return Ok(frame),
            }
        }
    }

    /// The same, or `More` as soon as a piece of a frame has come: how long the client may take
    /// depends on whether a command has begun. Safe to cancel.
    pub async fn frame_or_more(&mut self, deadline: Instant) -> Result<Frame, LineError> {
        match self.feed() {
            Frame::More => {
                self.line.fill(deadline).await?;
                Ok(self.feed())
            }
            frame => Ok(frame),
        }
    }

    fn feed(&mut self) -> Frame {
        let (taken, frame) = self.framer.feed(self.line.buffered());
        self.line.consume(taken);
        frame
    }

    /// The framer, to decide on a literal or take a text.
    pub fn framer(&mut self) -> &mut Framer {
        &mut self.framer
    }

    /// Asks for a literal, if the client waits to be asked.
    pub async fn invite(&mut self, literal: Literal) -> Result<(), LineError> {
        if literal.synchronizing { self.put(b"+ OK\r\n").await } else { Ok(()) }
    }

    /// Turns a literal down and waits for the end of its command.
    pub async fn refuse(&mut self, literal: Literal, deadline: Instant) -> Result<(), LineError> {
        if self.framer.refuse(literal) {
            return Ok(());
        }
        loop {
            match self.frame(deadline).await? {
                Frame::Refused => return Ok(()),
                Frame::LineTooLong => return Err(LineError::TooLong),
                _ => {}
            }
        }
    }

    /// Waits for the end of a command of which nothing more is wanted.
    pub async fn skip_command(&mut self, deadline: Instant) -> Result<(), LineError> {
        match self.frame(deadline).await? {
            Frame::Literal(literal) => self.refuse(literal, deadline).await,
            Frame::LineTooLong => Err(LineError::TooLong),
            _ => {
                self.framer.take_text();
                Ok(())
            }
        }
    }

    /// Octets of a literal that streams past the framer.
    pub async fn literal_octets(
        &mut self,
        octets_max: u64,
        deadline: Instant,
    ) -> Result<Bytes, LineError> {
        let max = usize::try_from(octets_max).unwrap_or(usize::MAX);
        self.line.chunk(max, deadline).await
    }

    /// Appends to the output.
    pub async fn put(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.line.put(bytes).await
    }

    /// The stream and the input not yet taken.
    pub fn into_parts(self) -> (Stream, Bytes) {
        self.line.into_parts()
    }

    /// Ends the connection in order.
    pub async fn close(self) -> Result<(), LineError> {
        self.line.close().await
    }
}

/// That many seconds from now.
pub fn after_secs(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}
