//! DATA (RFC 5321 section 4.1.1.4) and BDAT (RFC 3030): content and its end.

use super::super::body::{Body, BodyRules};
use super::super::{
    Action, BareNewlines, Pending, Phase, Protocol, Question, Server, Verdict, replies,
};
use crate::codec::data::DotUnstuffer;
use crate::codec::line::LineBuffer;
use crate::codec::{Enhanced, Reply};
use types::BodyType;

/// How content is framed, and how far it has been read.
#[derive(Debug)]
pub(in super::super) enum Content {
    /// Up to `CRLF . CRLF`.
    Data(DotUnstuffer),
    /// So many octets.
    Chunk(Chunk),
}

/// One BDAT chunk.
#[derive(Debug)]
pub(in super::super) struct Chunk {
    octets: u64,
    left: u64,
    last: bool,
    /// The chunk is only read to get behind it.
    refusal: Option<Reply>,
}

impl Content {
    fn is_over(&self) -> bool {
        match self {
            Content::Data(unstuffer) => unstuffer.is_done(),
            Content::Chunk(chunk) => chunk.left == 0,
        }
    }

    /// Takes what belongs to the content off the front of the input.
    fn take(&mut self, input: &mut LineBuffer) -> Vec<u8> {
        match self {
            Content::Data(unstuffer) => {
                let mut raw = Vec::with_capacity(input.len());
                let used = unstuffer.feed(input.peek(), &mut raw);
                input.consume(used);
                raw
            }
            Content::Chunk(chunk) => {
                let raw = input.take(usize::try_from(chunk.left).unwrap_or(usize::MAX));
                chunk.left -= raw.len() as u64;
                raw
            }
        }
    }
}

impl Server {
    pub(super) fn data(&mut self) {
        if let Some(reply) = self.missing_recipients() {
            return self.protocol_error(reply);
        }
        let binary = self.announced_body() == BodyType::BinaryMime;
        if self.body.is_some() || binary {
            return self.protocol_error(replies::bad_sequence());
        }
        self.ask(Question::Begin, Pending::Begin(Content::Data(DotUnstuffer::default())));
    }

    /// The chunk follows the command whatever we think of it, so it is read in any case.
    pub(super) fn bdat(&mut self, octets: u64, last: bool) {
        if octets > self.message_octets_max() {
            self.say(replies::message_too_large());
            return self.close();
        }
        let refusal = self.chunk_refusal();
        let begins = refusal.is_none() && self.body.is_none();
        let content = Content::Chunk(Chunk { octets, left: octets, last, refusal });
        if begins {
            self.ask(Question::Begin, Pending::Begin(content));
        } else {
            self.phase = Phase::Content(content);
        }
    }

    fn chunk_refusal(&self) -> Option<Reply> {
        let unsupported = || (!self.policy.extensions.chunking).then(replies::not_implemented);
        unsupported().or_else(|| self.missing_recipients())
    }

    fn missing_recipients(&self) -> Option<Reply> {
        let none =
            self.transaction.as_ref().is_none_or(|under_way| under_way.recipients.is_empty());
        self.missing_transaction().or_else(|| none.then(replies::need_rcpt))
    }

    fn announced_body(&self) -> BodyType {
        self.transaction.as_ref().map(|under_way| under_way.body()).unwrap_or_default()
    }

    pub(in super::super) fn begin_decided(&mut self, content: Content, verdict: Verdict) {
        match (content, verdict) {
            (content, Verdict::Accept) => self.begin(content),
            (Content::Data(_), Verdict::Refuse(reply)) => {
                self.drop_transaction();
                self.refuse(reply);
            }
            (Content::Chunk(chunk), Verdict::Refuse(reply)) => {
                self.drop_transaction();
                let chunk = Chunk { refusal: Some(reply), ..chunk };
                self.phase = Phase::Content(Content::Chunk(chunk));
            }
        }
    }

    fn begin(&mut self, content: Content) {
        self.body = Some(Body::new(self.body_rules()));
        if matches!(content, Content::Data(_)) {
            if !self.peer_waited() {
                return;
            }
            self.say(Reply::plain(354, "Start mail input; end with <CRLF>.<CRLF>"));
        }
        self.phase = Phase::Content(content);
    }

    fn body_rules(&self) -> BodyRules {
        let limits = &self.policy.limits;
        let binary = self.announced_body() == BodyType::BinaryMime;
        let stranger = self.is_stranger();
        BodyRules {
            octets_max: self.message_octets_max(),
            header_octets_max: limits.header_octets_max,
            hops_max: if stranger { limits.stranger_hops_max } else { limits.hops_max },
            binary,
            reject_bare: !binary && stranger && self.policy.bare_newlines == BareNewlines::Reject,
        }
    }

    /// The next piece of content; false when there is no input.
    pub(in super::super) fn next_content(&mut self, mut content: Content) -> bool {
        if content.is_over() {
            self.content_over(content);
            return true;
        }
        if self.input.is_empty() {
            self.phase = Phase::Content(content);
            return false;
        }
        let raw = content.take(&mut self.input);
        let piece = self.checked(|body| body.accept(&raw));
        self.hand_on(piece, content);
        true
    }

    /// Lets the body look at content; tells the driver when the message has just failed.
    fn checked(&mut self, look: impl FnOnce(&mut Body) -> Vec<u8>) -> Vec<u8> {
        let Some(body) = &mut self.body else { return Vec::new() };
        let failed_before = body.fault().is_some();
        let piece = look(body);
        if body.fault().is_some() && !failed_before {
            self.actions.push_back(Action::Abort);
        }
        piece
    }

    fn hand_on(&mut self, piece: Vec<u8>, content: Content) {
        if piece.is_empty() {
            self.phase = Phase::Content(content);
        } else {
            self.ask(Question::Data(piece), Pending::Piece(content));
        }
    }

    pub(in super::super) fn piece_decided(&mut self, content: Content, verdict: Verdict) {
        if let Verdict::Refuse(reply) = verdict {
            self.checked(|body| {
                body.fail(reply);
                Vec::new()
            });
        }
        self.phase = Phase::Content(content);
    }

    /// All octets of a DATA or of a chunk were read.
    fn content_over(&mut self, content: Content) {
        if let Content::Chunk(Chunk { refusal: Some(reply), .. }) = content {
            self.drop_transaction();
            return self.say(reply);
        }
        if let Content::Chunk(Chunk { last: false, octets, .. }) = content {
            return self.chunk_over(octets);
        }
        let held_back = self.checked(Body::finish);
        if !held_back.is_empty() {
            return self.hand_on(held_back, content);
        }
        match self.fault() {
            Some(reply) => self.finished(vec![reply]),
            None => self.ask(Question::EndOfData, Pending::End),
        }
    }

    /// A chunk that is not the last. One that fails takes the whole message with it.
    fn chunk_over(&mut self, octets: u64) {
        match self.fault() {
            Some(reply) => {
                self.drop_transaction();
                self.refuse(reply);
            }
            None => {
                let text = format!("{octets} octets received");
                self.say(Reply::new(250, Enhanced(2, 0, 0), &text));
            }
        }
    }

    fn fault(&self) -> Option<Reply> {
        self.body.as_ref().and_then(|body| body.fault().cloned())
    }

    /// The message has been taken or refused: one reply, with LMTP one per recipient.
    pub(in super::super) fn finished(&mut self, mut replies: Vec<Reply>) {
        let recipients = self.transaction.take().map_or(0, |over| over.recipients.len());
        self.body = None;
        if replies.is_empty() {
            replies.push(replies::queued());
        }
        let last = replies.len() - 1;
        match self.policy.protocol {
            Protocol::Smtp => self.refuse(replies.swap_remove(0)),
            Protocol::Lmtp => {
                for index in 0..recipients {
                    self.say(replies[index.min(last)].clone());
                }
            }
        }
    }
}
