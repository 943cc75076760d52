//! What the session and its driver say to each other.

use types::{Address, ReversePath};

use super::info::Identity;
use crate::codec::{MailParams, RcptParams, Reply};
use crate::protocol_log::Entry;

/// What the driver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Find the answer and give it to [`Server::answer`](super::Server::answer). The session
    /// rests until then.
    Ask(Question),
    /// The message under way will not be finished: drop what was kept of it.
    Abort,
    /// Write this into the protocol log; only with [`ConnectorPolicy::protocol_logging`](super::ConnectorPolicy::protocol_logging).
    Log(Entry),
    /// Shake hands, then call [`Server::tls_started`](super::Server::tls_started).
    StartTls,
    /// Close the connection.
    Close,
}

/// A decision that is not the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May this peer talk to us? A refusal is the greeting and ends the connection.
    Connect,
    /// The client named itself; see [`SessionInfo::hello`](super::SessionInfo::hello) of
    /// earlier hellos, this one is here.
    Hello(String),
    /// One step of AUTH.
    Authenticate(Sasl),
    /// May this sender send?
    MailFrom(ReversePath, MailParams),
    /// May the message go there?
    RcptTo(Address, RcptParams),
    /// Content is about to come for the transaction.
    Begin,
    /// A piece of content, dots and line ends already as they should be.
    Data(Vec<u8>),
    /// That was all: take responsibility, or refuse.
    EndOfData,
}

impl Question {
    /// The command that asks it; none for pieces of content.
    pub(crate) fn command(&self) -> Option<&'static str> {
        match self {
            Question::Connect => Some("CONNECT"),
            Question::Hello(_) => Some("HELO"),
            Question::Authenticate(_) => Some("AUTH"),
            Question::MailFrom(..) => Some("MAIL"),
            Question::RcptTo(..) => Some("RCPT"),
            Question::Begin => Some("DATA"),
            Question::Data(_) => None,
            Question::EndOfData => Some("END-OF-DATA"),
        }
    }
}

/// What the client said in AUTH.
#[derive(Clone, PartialEq, Eq)]
pub enum Sasl {
    /// The mechanism, in upper case, and the initial response if there was one. Whatever
    /// exchange was under way is over.
    Start(String, Option<Vec<u8>>),
    /// The response to the last challenge.
    Response(Vec<u8>),
}

impl std::fmt::Debug for Sasl {
    /// Leaves out the responses: they are passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sasl::Start(mechanism, initial) => {
                write!(f, "Start({mechanism}, initial: {})", initial.is_some())
            }
            Sasl::Response(_) => f.write_str("Response"),
        }
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To all but the next two.
    Verdict(Verdict),
    /// To [`Question::Authenticate`].
    Sasl(SaslAnswer),
    /// To [`Question::EndOfData`]: one reply, or with LMTP one per recipient in their order.
    Finished(Vec<Reply>),
}

/// Yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes; the session knows the reply.
    Accept,
    /// No, with this reply. Code 421 also ends the connection.
    Refuse(Reply),
}

/// Where an AUTH exchange stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaslAnswer {
    /// Send this, not yet in base64.
    Challenge(Vec<u8>),
    /// Logged in.
    Accept(Identity),
    /// Not logged in: 535 5.7.3.
    Reject,
    /// The account store cannot say, or the client must wait: this reply, which is no failed
    /// logon.
    Fail(Reply),
}
