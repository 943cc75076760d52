//! Sending content: by DATA with dots stuffed, or by BDAT.

use std::time::Instant;

use super::{Action, Client, Command, Expect, Fault, Protocol, Reply, Stage};
use crate::codec::data::DotStuffer;
use crate::codec::newline::NewlineFilter;

/// How the content under way is framed.
#[derive(Debug)]
pub(super) enum Framing {
    /// CRLF line ends only, dots stuffed.
    Data { newlines: NewlineFilter, stuffer: DotStuffer },
    /// Every octet as it is.
    Bdat,
}

impl Framing {
    pub(super) fn data() -> Self {
        Framing::Data { newlines: NewlineFilter::rewrite(), stuffer: DotStuffer::default() }
    }
}

impl Client {
    /// The next piece of content.
    pub fn content(&mut self, now: Instant, piece: &[u8]) {
        self.touch(now);
        match &mut self.framing {
            None => {}
            Some(Framing::Data { newlines, stuffer }) => {
                let mut lines = Vec::with_capacity(piece.len());
                newlines.feed(piece, &mut lines);
                stuffer.feed(&lines, &mut self.output);
                self.want_more();
            }
            // An empty chunk says nothing; the reply to any other asks for the next.
            Some(Framing::Bdat) if piece.is_empty() => self.want_more(),
            Some(Framing::Bdat) => self.chunk(piece),
        }
    }

    /// The content cannot be read to its end. The connection must go: only its loss tells the
    /// server that what it has is not the message.
    pub fn content_failed(&mut self, now: Instant) {
        self.touch(now);
        self.fail(Fault::ContentUnreadable);
    }

    /// The content is complete.
    pub fn end_of_content(&mut self, now: Instant) {
        self.touch(now);
        match self.framing.take() {
            None => return,
            Some(Framing::Data { mut newlines, mut stuffer }) => {
                let mut rest = Vec::new();
                newlines.finish(&mut rest);
                stuffer.feed(&rest, &mut self.output);
                stuffer.finish(&mut self.output);
                self.expect_final();
            }
            Some(Framing::Bdat) => {
                self.say(&Command::Bdat { octets: 0, last: true });
                self.expect_final();
            }
        }
        self.flush();
    }

    fn chunk(&mut self, piece: &[u8]) {
        let command = Command::Bdat { octets: piece.len() as u64, last: false };
        self.say(&command);
        self.output.extend_from_slice(piece);
        self.expected.push_back(Expect::Chunk);
    }

    /// SMTP answers once, LMTP once per recipient.
    fn expect_final(&mut self) {
        match self.policy.protocol {
            Protocol::Smtp => self.expected.push_back(Expect::Final(None)),
            Protocol::Lmtp => {
                let accepted = self.delivery.iter().flat_map(|delivery| delivery.accepted());
                self.expected.extend(accepted.map(|&index| Expect::Final(Some(index))));
            }
        }
    }

    /// Starts to send content.
    pub(super) fn begin_content(&mut self, framing: Framing) {
        self.framing = Some(framing);
        self.actions.push_back(Action::Rewind);
        self.want_more();
    }

    fn want_more(&mut self) {
        self.flush();
        self.actions.push_back(Action::NeedContent);
    }

    pub(super) fn chunk_replied(&mut self, reply: Reply) {
        if reply.is_completion() {
            return self.want_more();
        }
        self.framing = None;
        self.accepted_refused(Fault::Refused(Stage::Content, reply));
    }
}
