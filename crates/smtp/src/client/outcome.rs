//! What became of a message, and why.

use std::{fmt, io};

use types::limits::REPLY_TEXT_OCTETS_MAX;

use crate::codec::{Enhanced, Reply};

/// One result per recipient of the envelope, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The results.
    pub recipients: Vec<RecipientResult>,
}

/// What became of the message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientResult {
    /// The server has taken responsibility.
    Taken {
        /// Its last reply.
        reply: Reply,
        /// It was told of NOTIFY and ORCPT: reports of success are its business.
        passed_dsn: bool,
    },
    /// It has not. [`Fault::reply`] tells whether to try again.
    Failed(Fault),
}

/// Where a session stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for 220.
    Greeting,
    /// EHLO, HELO or LHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// Between messages.
    Idle,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// Waiting for 354.
    Data,
    /// Sending content.
    Content,
    /// Waiting for the reply to the whole message.
    EndOfData,
    /// RSET.
    Reset,
    /// QUIT.
    Quit,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Greeting => "greeting",
            Stage::Hello => "EHLO",
            Stage::StartTls => "STARTTLS",
            Stage::Auth => "AUTH",
            Stage::Idle => "waiting for a message",
            Stage::Mail => "MAIL",
            Stage::Rcpt => "RCPT",
            Stage::Data => "DATA",
            Stage::Content => "sending content",
            Stage::EndOfData => "end of data",
            Stage::Reset => "RSET",
            Stage::Quit => "QUIT",
        })
    }
}

/// What the message needs and the server does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The message is larger than SIZE.
    #[error("message exceeds the size limit of the remote server")]
    Size,
    /// An address needs SMTPUTF8.
    #[error("remote server does not support internationalized addresses")]
    Utf8Address,
    /// The header needs SMTPUTF8.
    #[error("remote server does not support internationalized headers")]
    Utf8Header,
    /// The content needs 8BITMIME or BINARYMIME and could not be converted.
    #[error("conversion for the remote server is required but not supported")]
    Conversion,
    /// REQUIRETLS.
    #[error("remote server does not support REQUIRETLS")]
    RequireTls,
}

/// Why a message, a recipient or a connection failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The server said no.
    #[error("{0}: {1}")]
    Refused(Stage, Reply),
    /// The server does not speak SMTP as we know it.
    #[error("protocol error of the remote server during {0}")]
    Protocol(Stage),
    /// The server hung up.
    #[error("connection dropped during {0}")]
    Disconnected(Stage),
    /// The server kept us waiting.
    #[error("remote server timed out during {0}")]
    TimedOut(Stage),
    /// TLS is required and not offered.
    #[error("remote server does not offer TLS")]
    TlsNotOffered,
    /// The two sides' TLS do not agree, or the certificate was not good enough: why.
    #[error("TLS handshake failed: {0}")]
    TlsHandshake(String),
    /// The connection was lost during the handshake: how.
    #[error("connection lost during the TLS handshake: {0}")]
    TlsInterrupted(String),
    /// There is a login and the server offers no mechanism for it (or only without TLS).
    #[error("remote server offers no usable authentication")]
    AuthNotOffered,
    /// The server takes no more messages on this connection (MAILMAX).
    #[error("remote server takes no more messages on this connection")]
    MailMax,
    /// Our own copy of the content could not be read.
    #[error("message content could not be read")]
    ContentUnreadable,
    /// The server lacks what the message needs.
    #[error("{0}")]
    Unsupported(#[from] Unsupported),
}

impl Fault {
    /// Why a handshake ended with this error.
    pub(super) fn of_handshake(error: &io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof,
        };
        // Certificates of strangers say what they like, at any length.
        let why = error.to_string().chars().take(REPLY_TEXT_OCTETS_MAX).collect();
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut
            | UnexpectedEof => Fault::TlsInterrupted(why),
            _ => Fault::TlsHandshake(why),
        }
    }

    /// The server's reply, or what it might have been, for queues and reports: its class
    /// says whether to try again.
    pub fn reply(&self) -> Reply {
        let (code, enhanced) = match self {
            Fault::Refused(_, reply) => return reply.clone(),
            Fault::Protocol(_) => (451, Enhanced(4, 5, 0)),
            Fault::Disconnected(_) => (421, Enhanced(4, 4, 2)),
            Fault::TimedOut(_) => (421, Enhanced(4, 4, 1)),
            Fault::TlsInterrupted(_) => (421, Enhanced(4, 4, 2)),
            Fault::TlsNotOffered | Fault::TlsHandshake(_) => (451, Enhanced(4, 7, 5)),
            Fault::ContentUnreadable => (451, Enhanced(4, 3, 0)),
            Fault::AuthNotOffered => (451, Enhanced(4, 7, 0)),
            Fault::MailMax => (452, Enhanced(4, 5, 3)),
            Fault::Unsupported(Unsupported::Size) => (552, Enhanced(5, 3, 4)),
            Fault::Unsupported(Unsupported::Utf8Address) => (553, Enhanced(5, 6, 7)),
            Fault::Unsupported(Unsupported::Utf8Header) => (554, Enhanced(5, 6, 9)),
            Fault::Unsupported(Unsupported::Conversion) => (554, Enhanced(5, 6, 3)),
            Fault::Unsupported(Unsupported::RequireTls) => (550, Enhanced(5, 7, 30)),
        };
        Reply::new(code, enhanced, &self.to_string())
    }

    /// True when the same may succeed later or elsewhere.
    pub fn is_transient(&self) -> bool {
        !self.reply().is_permanent()
    }
}
