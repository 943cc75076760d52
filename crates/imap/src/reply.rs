//! The tagged answer to a command, and the one table from faults to answers.

use std::borrow::Cow;

use mailbox::Fault;
use net::line::LineError;

use crate::codec::Bad;

/// `resp-cond-state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Done.
    Ok,
    /// Not done.
    No,
    /// Not understood.
    Bad,
}

/// `response-tagged`, without its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// OK, NO or BAD.
    pub condition: Condition,
    /// `resp-text-code`, without brackets.
    pub code: Option<Cow<'static, str>>,
    /// For people.
    pub text: Cow<'static, str>,
}

impl Reply {
    /// The command is done.
    pub fn ok(text: impl Into<Cow<'static, str>>) -> Self {
        Reply { condition: Condition::Ok, code: None, text: text.into() }
    }

    /// It cannot be done.
    pub fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Reply { condition: Condition::No, code: None, text: text.into() }
    }

    /// It makes no sense.
    pub fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Reply { condition: Condition::Bad, code: None, text: text.into() }
    }

    /// With a response code.
    pub fn code(self, code: impl Into<Cow<'static, str>>) -> Self {
        Reply { code: Some(code.into()), ..self }
    }

    /// Appends the line.
    pub fn write(&self, out: &mut Vec<u8>, tag: &str) {
        let condition: &[u8] = match self.condition {
            Condition::Ok => b" OK ",
            Condition::No => b" NO ",
            Condition::Bad => b" BAD ",
        };
        out.extend_from_slice(tag.as_bytes());
        out.extend_from_slice(condition);
        if let Some(code) = &self.code {
            out.push(b'[');
            out.extend_from_slice(code.as_bytes());
            out.extend_from_slice(b"] ");
        }
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// Why a command has no ordinary answer.
#[derive(Debug)]
pub enum Trouble {
    /// The answer is this.
    Reply(Reply),
    /// The session ends with `* BYE`.
    Bye(&'static str),
    /// The connection is gone.
    Gone(LineError),
}

/// What commands return.
pub type Outcome = Result<Reply, Trouble>;

impl From<Reply> for Trouble {
    fn from(reply: Reply) -> Self {
        Trouble::Reply(reply)
    }
}

impl From<LineError> for Trouble {
    fn from(error: LineError) -> Self {
        Trouble::Gone(error)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Reply(fault.into())
    }
}

/// Response codes of RFC 5530, RFC 9208 and RFC 9051 section 7.1.
impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotFound("mailbox" | "folder") => {
                Reply::no("No such mailbox").code("NONEXISTENT")
            }
            Fault::NotFound("message") => {
                Reply::no("The message is no longer there").code("EXPUNGEISSUED")
            }
            Fault::Exists => Reply::no("It exists already").code("ALREADYEXISTS"),
            Fault::Denied => Reply::no("Permission denied").code("NOPERM"),
            Fault::OverQuota => Reply::no("The mailbox is over its quota").code("OVERQUOTA"),
            Fault::Limit(what) => Reply::no(format!("Too much: {what}")).code("LIMIT"),
            Fault::Invalid(why) => Reply::no(why).code("CANNOT"),
            Fault::Moved => Reply::no("The mailbox is not served here").code("UNAVAILABLE"),
            Fault::DiskNearlyFull => Reply::no("The disk is nearly full").code("UNAVAILABLE"),
            Fault::HasChildren => {
                Reply::no("Delete the mailboxes below it first").code("HASCHILDREN")
            }
            fault @ (Fault::NotFound(_)
            | Fault::BelowFloor
            | Fault::Damaged(_)
            | Fault::Storage(_)) => {
                tracing::error!(%fault, "mailbox");
                Reply::no("Server error").code("SERVERBUG")
            }
        }
    }
}

impl From<Bad> for Reply {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Charset => {
                Reply::no("The charset is not supported").code("BADCHARSET (US-ASCII UTF-8)")
            }
            Bad::Unsupported("BADEVENT") => {
                let known = "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange";
                Reply::no("The event is not supported").code(format!("BADEVENT ({known})"))
            }
            other => Reply::bad(other.to_string()),
        }
    }
}

impl From<Bad> for Trouble {
    fn from(bad: Bad) -> Self {
        Trouble::Reply(bad.into())
    }
}
