//! The client session (RFC 5321, LMTP RFC 2033) as a state machine.
//!
//! ```text
//! driver                            session
//!   input(now, bytes)     ------->
//!   poll()                <-------  Send | StartTls | Ready | Rewind | NeedContent | ... | Close
//!   deliver(now, env)     ------->  after Ready; or quit(now)
//!   content(now, piece)   ------->  after NeedContent; or end_of_content(now)
//!                         <-------  Done(outcome): one result per recipient, in their order
//! ```
//!
//! It speaks to one server it is already connected to: greeting, EHLO or HELO, STARTTLS,
//! AUTH, then any number of messages, each in as many transactions as the server's limits
//! ask for. It uses what the server offers and leaves out what it does not. It knows neither
//! DNS, sockets, certificates nor queues; who retries when is decided elsewhere.
//!
//! Invariants:
//! * Every message given to [`Client::deliver`] comes back as one [`Outcome`], however the
//!   connection ends.
//! * DATA never carries a bare CR or LF, so no server can see another end than ours.
//! * Passwords go through TLS only, unless the policy says otherwise by name.

mod content;
mod envelope;
mod offer;
mod opening;
mod outcome;
mod policy;
mod transaction;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use crate::codec::reply::ReplyReader;
use crate::codec::{Command, Reply};
use crate::protocol_log::{self, Entry, Event, command_line};
use types::BodyType;

use content::Framing;
use offer::Offer;
use opening::AuthStep;
use transaction::Delivery;

pub use envelope::{ContentInfo, Envelope, Recipient};
pub use outcome::{Fault, Outcome, RecipientResult, Stage, Unsupported};
pub use policy::{ClientPolicy, Credentials, Timeouts, TlsMode};

pub use crate::server::Protocol;

/// What the driver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Write this into the protocol log; only with [`ClientPolicy::protocol_logging`].
    Log(Entry),
    /// Shake hands, then call [`Client::tls_started`] or [`Client::tls_failed`].
    StartTls,
    /// The connection can take a message: call [`Client::deliver`] or [`Client::quit`].
    Ready,
    /// The content will be sent from its start, perhaps not for the first time.
    Rewind,
    /// Call [`Client::content`] or [`Client::end_of_content`].
    NeedContent,
    /// The server cannot take such content. Convert it to this kind or a narrower one and
    /// call [`Client::downgraded`].
    Downgrade(BodyType),
    /// The message is settled.
    Done(Outcome),
    /// Close the connection. A fault if it failed; none after QUIT.
    Close(Option<Fault>),
}

/// One connection to a server.
pub struct Client {
    policy: ClientPolicy,
    offer: Offer,
    secured: bool,
    authenticated: bool,
    reader: ReplyReader,
    /// Replies that must come, in order.
    expected: VecDeque<Expect>,
    /// Commands that wait for replies to earlier ones.
    unsent: VecDeque<(Command, Expect)>,
    output: Vec<u8>,
    actions: VecDeque<Action>,
    delivery: Option<Delivery>,
    /// Set while content is being sent.
    framing: Option<Framing>,
    transactions: u32,
    /// Why the session ends although no message was sent: the server is of no use to us.
    leaving: Option<Fault>,
    /// When something last happened.
    active: Instant,
    now: Instant,
    phase: Phase,
}

/// What the connection is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Securing,
    /// A message may be given.
    Ready,
    /// A message is under way, or what it left behind is tidied up.
    Busy,
    Quitting,
    Closed,
}

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Auth(AuthStep),
    Mail,
    /// Index among the envelope's recipients.
    Rcpt(usize),
    Data,
    Chunk,
    /// The end of content; with LMTP one for each accepted recipient, by index.
    Final(Option<usize>),
    /// The end of content that had no recipient.
    Nothing,
    Rset,
    Quit,
}

impl Expect {
    /// What reports say was under way.
    fn stage(self) -> Stage {
        match self {
            Expect::Greeting => Stage::Greeting,
            Expect::Ehlo | Expect::Helo => Stage::Hello,
            Expect::StartTls => Stage::StartTls,
            Expect::Auth(_) => Stage::Auth,
            Expect::Mail => Stage::Mail,
            Expect::Rcpt(_) => Stage::Rcpt,
            Expect::Data => Stage::Data,
            Expect::Chunk => Stage::Content,
            Expect::Final(_) | Expect::Nothing => Stage::EndOfData,
            Expect::Rset => Stage::Reset,
            Expect::Quit => Stage::Quit,
        }
    }
}

impl fmt::Debug for Client {
    /// Leaves out what may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("phase", &self.phase).finish_non_exhaustive()
    }
}

impl Client {
    /// A session on a connection that has just come about. With `secured`, TLS is on already.
    pub fn new(policy: ClientPolicy, secured: bool, now: Instant) -> Self {
        Client {
            policy,
            offer: Offer::default(),
            secured,
            authenticated: false,
            reader: ReplyReader::default(),
            expected: VecDeque::from([Expect::Greeting]),
            unsent: VecDeque::new(),
            output: Vec::new(),
            actions: VecDeque::new(),
            delivery: None,
            framing: None,
            transactions: 0,
            leaving: None,
            active: now,
            now,
            phase: Phase::Opening,
        }
    }

    /// True once TLS protects the connection.
    pub fn is_secured(&self) -> bool {
        self.secured
    }

    /// Bytes came from the server.
    pub fn input(&mut self, now: Instant, bytes: &[u8]) {
        self.touch(now);
        match self.phase {
            Phase::Closed => return,
            // Put there by somebody who cannot do TLS.
            Phase::Securing => return self.fail(Fault::Protocol(Stage::StartTls)),
            _ => self.reader.feed(bytes),
        }
        while !matches!(self.phase, Phase::Securing | Phase::Closed) {
            match self.reader.next_reply() {
                Ok(None) => break,
                Ok(Some(reply)) => self.reply(reply),
                Err(_) => self.fail(Fault::Protocol(self.stage())),
            }
        }
    }

    /// The server closed the connection.
    pub fn end_of_input(&mut self, now: Instant) {
        self.touch(now);
        match self.phase {
            Phase::Closed => {}
            Phase::Quitting => self.gone(),
            _ => self.fail(Fault::Disconnected(self.stage())),
        }
    }

    /// Ends the session politely. Not while a message is under way.
    pub fn quit(&mut self, now: Instant) {
        self.touch(now);
        if self.phase == Phase::Ready {
            self.phase = Phase::Quitting;
            self.command(Command::Quit, Expect::Quit);
        }
    }

    /// What the driver has to do; `None` until something comes or time passes.
    pub fn poll(&mut self) -> Option<Action> {
        if self.actions.is_empty() {
            self.pump();
            self.flush();
        }
        self.actions.pop_front()
    }

    /// When [`Client::advance`] must be called at the latest; `None` when nothing is awaited.
    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Securing | Phase::Ready | Phase::Closed => None,
            _ => Some(self.active + self.patience()),
        }
    }

    /// Time passes.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if self.deadline().is_some_and(|deadline| self.now >= deadline) {
            match self.phase {
                Phase::Quitting => self.gone(),
                _ => self.fail(Fault::TimedOut(self.stage())),
            }
        }
    }

    /// How long the server may take for what it is at (RFC 5321 section 4.5.3.2).
    fn patience(&self) -> Duration {
        let timeouts = &self.policy.timeouts;
        match self.stage() {
            Stage::Greeting => timeouts.greeting,
            Stage::Data => timeouts.data_initiation,
            Stage::Content => timeouts.data_block,
            Stage::EndOfData => timeouts.data_termination,
            Stage::Rcpt => timeouts.rcpt,
            Stage::Quit => timeouts.quit,
            _ => timeouts.mail,
        }
    }

    fn stage(&self) -> Stage {
        let next = self.expected.front().copied().or(self.unsent.front().map(|(_, next)| *next));
        let unasked = if self.phase == Phase::Ready { Stage::Idle } else { Stage::Content };
        next.map_or(unasked, Expect::stage)
    }

    fn touch(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.active = self.now;
    }

    /// A whole reply has come.
    fn reply(&mut self, reply: Reply) {
        self.log_reply(&reply);
        let Some(expect) = self.expected.pop_front() else { return self.unasked(reply) };
        if reply.code == 421 && expect != Expect::Quit {
            return self.fail(Fault::Refused(expect.stage(), reply));
        }
        match expect {
            Expect::Greeting => self.greeted(reply),
            Expect::Ehlo => self.ehlo_replied(reply),
            Expect::Helo => self.helo_replied(reply),
            Expect::StartTls => self.starttls_replied(reply),
            Expect::Auth(step) => self.auth_replied(step, reply),
            Expect::Mail => self.mail_replied(reply),
            Expect::Rcpt(index) => self.rcpt_replied(index, reply),
            Expect::Data => self.data_replied(reply),
            Expect::Chunk => self.chunk_replied(reply),
            Expect::Final(index) => self.final_replied(index, reply),
            Expect::Nothing => self.transaction_over(true),
            Expect::Rset => self.rset_replied(reply),
            Expect::Quit => self.gone(),
        }
    }

    /// Servers give up on content, or on an idle connection, without being asked.
    fn unasked(&mut self, reply: Reply) {
        match reply.code {
            400.. => self.fail(Fault::Refused(self.stage(), reply)),
            _ => self.fail(Fault::Protocol(self.stage())),
        }
    }

    /// Queues a command; [`Client::pump`] sends it in its turn.
    fn command(&mut self, command: Command, expect: Expect) {
        self.unsent.push_back((command, expect));
    }

    /// Sends what may be sent: all that waits if the server takes groups, else one command
    /// when nothing is awaited.
    fn pump(&mut self) {
        while self.offer.pipelining || self.expected.is_empty() {
            let Some((command, expect)) = self.unsent.pop_front() else { return };
            self.say(&command);
            self.expected.push_back(expect);
        }
    }

    /// Puts a command into the output.
    fn say(&mut self, command: &Command) {
        let line = command.encode();
        self.log(|| Entry::said(Event::Send, &command_line(line.trim_ascii_end())));
        self.output.extend(line);
    }

    /// Makes an entry for the protocol log, where there is one.
    fn log(&mut self, entry: impl FnOnce() -> Entry) {
        if self.policy.protocol_logging {
            self.actions.push_back(Action::Log(entry()));
        }
    }

    fn log_reply(&mut self, reply: &Reply) {
        if !self.policy.protocol_logging {
            return;
        }
        if reply.code == 334 {
            return self.log(|| Entry::said(Event::Receive, "334 <authentication response>"));
        }
        let mut bytes = Vec::new();
        reply.encode(&mut bytes);
        let heard = protocol_log::lines(&bytes).map(|line| Entry::said(Event::Receive, &line));
        self.actions.extend(heard.map(Action::Log));
    }

    fn flush(&mut self) {
        if !self.output.is_empty() {
            self.active = self.now;
            self.actions.push_back(Action::Send(std::mem::take(&mut self.output)));
        }
    }

    /// Ends the session politely because the server lacks what we need.
    fn leave(&mut self, fault: Fault) {
        self.leaving = Some(fault);
        self.phase = Phase::Quitting;
        self.command(Command::Quit, Expect::Quit);
    }

    /// QUIT was answered, or nothing more comes.
    fn gone(&mut self) {
        let fault = self.leaving.take();
        self.close(fault);
    }

    /// The connection is of no more use. What was not settled gets the fault.
    fn fail(&mut self, fault: Fault) {
        if self.phase == Phase::Closed {
            return;
        }
        let fault = self.leaving.take().unwrap_or(fault);
        self.settle_all(&fault);
        self.close(Some(fault));
    }

    fn close(&mut self, fault: Option<Fault>) {
        self.flush();
        self.actions.retain(|action| !matches!(action, Action::Ready | Action::StartTls));
        let by_peer = matches!(fault, Some(Fault::Disconnected(_) | Fault::TlsInterrupted(_)));
        self.log(|| Entry::disconnect(by_peer));
        self.actions.push_back(Action::Close(fault));
        self.phase = Phase::Closed;
        self.expected.clear();
        self.unsent.clear();
        self.framing = None;
    }
}
