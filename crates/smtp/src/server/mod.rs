//! The server session (RFC 5321, submission RFC 6409, LMTP RFC 2033) as a state machine.
//!
//! ```text
//! driver                         session
//!   input(now, bytes)  ------->
//!   poll()             <-------  Send(bytes) | Ask(question) | StartTls | Abort | Close
//!   answer(now, ..)    ------->
//!   deadline()         <-------  when to call advance(now)
//! ```
//!
//! It knows the order of commands, the framing, the limits and the replies of one Receive
//! connector ([`ConnectorPolicy`]). It does not know sockets, the clock, accounts, recipients
//! or what becomes of a message: for those it asks, and rests until it is answered.
//!
//! Invariants:
//! * Nothing of a message is kept here; content is handed on in pieces as it comes.
//! * Between STARTTLS and the end of the handshake no byte of input is believed.
//! * Whoever speaks out of turn (before the greeting, past EHLO, AUTH or DATA) is sent away.
//! * Replies to pipelined commands go out together, in the order of the commands.
//! * A refusal to a stranger is delayed by the tarpit; meanwhile no input is looked at.

mod body;
mod commands;
mod exchange;
mod info;
mod permission;
mod policy;
mod replies;
mod speak;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use types::limits::{SMTP_AUTH_LINE_OCTETS_MAX, SMTP_COMMAND_OCTETS_MAX, SMTP_INPUT_OCTETS_MAX};
use types::{Address, ReversePath};

use crate::codec::line::{Line, LineBuffer};
use crate::codec::{MailParams, RcptParams};
use crate::protocol_log::Entry;

use body::Body;
use commands::content::Content;
use speak::Delayed;

pub use exchange::{Action, Answer, Question, Sasl, SaslAnswer, Verdict};
pub use info::{Hello, Identity, Peer, SessionInfo, TlsInfo, Transaction};
pub use permission::{AuthMechanisms, PermissionGroups, Rights};
pub use policy::{
    BareNewlines, ConnectorLimits, ConnectorPolicy, Extensions, Protocol, SizeEnabled,
};

/// One connection of a client.
pub struct Server {
    policy: Arc<ConnectorPolicy>,
    info: SessionInfo,
    transaction: Option<Transaction>,
    /// Content of the transaction, from the first octet to the end.
    body: Option<Body>,
    phase: Phase,
    input: LineBuffer,
    /// Replies that have not been made into a [`Action::Send`].
    output: Vec<u8>,
    actions: VecDeque<Action>,
    delayed: Option<Delayed>,
    now: Instant,
    opened: Instant,
    /// When the peer or the driver last did something.
    active: Instant,
    protocol_errors: u32,
    logon_failures: u32,
    /// No new transaction: the service stops.
    draining: bool,
    /// The peer will send no more.
    ended: bool,
}

/// What the session waits for.
#[derive(Debug)]
enum Phase {
    /// A command line.
    Commands,
    /// An answer.
    Asked(Pending),
    /// A response to a SASL challenge; so many were sent.
    Sasl { rounds: usize },
    /// Content of a message.
    Content(Content),
    /// The TLS handshake.
    Securing,
    /// Nothing.
    Closed,
}

/// What to do with the answer.
#[derive(Debug)]
enum Pending {
    Connect,
    Hello(Hello),
    Sasl { rounds: usize },
    Mail(ReversePath, MailParams),
    Rcpt(Address, RcptParams),
    Begin(Content),
    Piece(Content),
    End,
}

impl fmt::Debug for Server {
    /// Leaves out what may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("session", &self.info)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// A session that has just been connected. Its first action is [`Question::Connect`].
    pub fn new(policy: Arc<ConnectorPolicy>, peer: Peer, now: Instant) -> Self {
        let info = SessionInfo::new(&policy, peer);
        let mut server = Server {
            policy,
            info,
            transaction: None,
            body: None,
            phase: Phase::Commands,
            input: LineBuffer::default(),
            output: Vec::new(),
            actions: VecDeque::new(),
            delayed: None,
            now,
            opened: now,
            active: now,
            protocol_errors: 0,
            logon_failures: 0,
            draining: false,
            ended: false,
        };
        server.ask(Question::Connect, Pending::Connect);
        server
    }

    /// The session so far.
    pub fn session(&self) -> &SessionInfo {
        &self.info
    }

    /// The message under way.
    pub fn transaction(&self) -> Option<&Transaction> {
        self.transaction.as_ref()
    }

    /// True when the driver may read more.
    pub fn wants_input(&self) -> bool {
        let resting = matches!(self.phase, Phase::Securing | Phase::Closed);
        !resting && !self.ended && self.input.len() < SMTP_INPUT_OCTETS_MAX
    }

    /// Bytes came from the peer.
    pub fn input(&mut self, now: Instant, bytes: &[u8]) {
        self.advance(now);
        self.active = self.now;
        if !matches!(self.phase, Phase::Securing | Phase::Closed) {
            self.input.feed(bytes);
        }
    }

    /// The peer will send no more. What it has sent is still served.
    pub fn end_of_input(&mut self, now: Instant) {
        self.advance(now);
        self.ended = true;
    }

    /// The handshake after [`Action::StartTls`] succeeded. The session begins anew.
    pub fn tls_started(&mut self, now: Instant, tls: TlsInfo) {
        if !matches!(self.phase, Phase::Securing) {
            return;
        }
        self.advance(now);
        self.active = self.now;
        self.log(|| {
            Entry::information(
                &tls.version,
                &format!("TLS negotiation succeeded with {}", tls.cipher),
            )
        });
        self.info.restart_inside(tls, &self.policy);
        self.phase = Phase::Commands;
    }

    /// The service stops: the message under way may be finished, then the session ends.
    pub fn shut_down(&mut self, now: Instant) {
        self.advance(now);
        self.draining = true;
    }

    /// What the driver has to do; `None` until there is input, an answer or time passes.
    pub fn poll(&mut self) -> Option<Action> {
        if self.actions.is_empty() {
            self.run();
        }
        self.actions.pop_front()
    }

    /// The answer to the last question.
    pub fn answer(&mut self, now: Instant, answer: Answer) {
        let Phase::Asked(pending) = std::mem::replace(&mut self.phase, Phase::Commands) else {
            debug_assert!(false, "an answer without a question");
            return;
        };
        self.now = self.now.max(now);
        self.active = self.now;
        match (pending, answer) {
            (Pending::Sasl { rounds }, Answer::Sasl(answer)) => self.sasl_answered(rounds, answer),
            (Pending::Sasl { rounds }, _) => {
                self.sasl_answered(rounds, SaslAnswer::Fail(replies::local_error()));
            }
            (Pending::End, Answer::Finished(replies)) => self.finished(replies),
            (pending, Answer::Verdict(verdict)) => self.decided(pending, verdict),
            (pending, _) => self.decided(pending, Verdict::Refuse(replies::local_error())),
        }
    }

    /// The question is settled.
    fn decided(&mut self, pending: Pending, verdict: Verdict) {
        match pending {
            Pending::Connect => self.connect_decided(verdict),
            Pending::Hello(hello) => self.hello_decided(hello, verdict),
            Pending::Mail(path, params) => self.mail_decided(path, params, verdict),
            Pending::Rcpt(address, params) => self.rcpt_decided(address, params, verdict),
            Pending::Begin(content) => self.begin_decided(content, verdict),
            Pending::Piece(content) => self.piece_decided(content, verdict),
            Pending::End => match verdict {
                Verdict::Accept => self.finished(Vec::new()),
                Verdict::Refuse(reply) => self.finished(vec![reply]),
            },
            Pending::Sasl { .. } => {}
        }
    }

    fn ask(&mut self, question: Question, pending: Pending) {
        self.actions.push_back(Action::Ask(question));
        self.phase = Phase::Asked(pending);
    }

    /// Uses up input until something outside must happen.
    fn run(&mut self) {
        while self.delayed.is_none() && self.step() {}
        let starved = !matches!(self.phase, Phase::Asked(_) | Phase::Securing | Phase::Closed);
        if starved && self.ended && self.delayed.is_none() {
            self.close();
        }
        // While a question is out more replies may join these.
        if starved {
            self.flush();
        }
    }

    /// One command, response or piece of content; false when there is none.
    fn step(&mut self) -> bool {
        match std::mem::replace(&mut self.phase, Phase::Commands) {
            Phase::Commands => self.next_command(),
            Phase::Sasl { rounds } => self.next_response(rounds),
            Phase::Content(content) => self.next_content(content),
            resting => {
                self.phase = resting;
                false
            }
        }
    }

    fn next_command(&mut self) -> bool {
        if self.draining && self.transaction.is_none() {
            self.say(replies::shutting_down());
            return false;
        }
        match self.input.line(self.line_limit()) {
            None => return false,
            Some(Line::Complete(line)) => self.command_line(&line),
            Some(Line::TooLong(head)) if is_auth(&head) => {
                self.protocol_error(replies::auth_line_too_long());
            }
            Some(Line::TooLong(_)) => self.protocol_error(replies::line_too_long()),
        }
        true
    }

    /// AUTH carries tickets and tokens; nothing else is so long.
    fn line_limit(&self) -> usize {
        if is_auth(self.input.peek()) { SMTP_AUTH_LINE_OCTETS_MAX } else { SMTP_COMMAND_OCTETS_MAX }
    }

    /// Throws the message under way away, if there is one.
    fn drop_transaction(&mut self) {
        self.transaction = None;
        if self.body.take().is_some_and(|body| body.fault().is_none()) {
            self.actions.push_back(Action::Abort);
        }
    }

    fn is_stranger(&self) -> bool {
        self.info.identity.is_none()
    }
}

fn is_auth(line: &[u8]) -> bool {
    line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "))
}
