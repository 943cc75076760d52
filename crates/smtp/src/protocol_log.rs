//! What a protocol log keeps of a conversation: each line of both sides, in their order.
//!
//! Sessions make entries where their policy asks for them; who drives a session gives each its
//! time and place and writes it. Invariants: no credential and no octet of a message is in an
//! entry. What a client says in place of a command may be a password that it sends although
//! AUTH was refused, so only commands are kept word for word.

use crate::codec::{Command, SyntaxError};

/// The `event` of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The connection came about.
    Connect,
    /// We said this.
    Send,
    /// The peer said this.
    Receive,
    /// Neither said it: a login, TLS, a tarpit.
    Information,
    /// The connection is over.
    Disconnect,
}

impl Event {
    /// As the log has it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Event::Connect => "+",
            Event::Send => ">",
            Event::Receive => "<",
            Event::Information => "*",
            Event::Disconnect => "-",
        }
    }
}

/// One line of the log, without time and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who did what.
    pub event: Event,
    /// What was said.
    pub data: String,
    /// What it means.
    pub context: String,
}

/// Stands for what AUTH said, as in Exchange's logs.
const AUTHENTICATION_RESPONSE: &str = "<authentication response>";

impl Entry {
    /// Something was said.
    pub(crate) fn said(event: Event, data: &str) -> Self {
        Entry { event, data: data.to_owned(), context: String::new() }
    }

    /// Something happened.
    pub fn information(data: &str, context: &str) -> Self {
        let (data, context) = (data.to_owned(), context.to_owned());
        Entry { event: Event::Information, data, context }
    }

    /// The connection is over; `by_peer` says who ended it.
    pub fn disconnect(by_peer: bool) -> Self {
        let context = if by_peer { "Remote" } else { "Local" };
        Entry { event: Event::Disconnect, data: String::new(), context: context.to_owned() }
    }

    /// A challenge or a response of AUTH, of which only that it was there is kept.
    pub(crate) fn authentication(event: Event) -> Self {
        let code = if event == Event::Send { "334 " } else { "" };
        Entry::said(event, &format!("{code}{AUTHENTICATION_RESPONSE}"))
    }
}

/// A command line as it may be kept.
pub(crate) fn command_line(line: &[u8]) -> String {
    match Command::parse(line) {
        Ok(Command::Auth { mechanism, .. }) => format!("AUTH {mechanism}"),
        _ if is_auth(line) => "AUTH".to_owned(),
        Err(SyntaxError::Unknown | SyntaxError::Line) => {
            format!("<unrecognized command of {} octets>", line.len())
        }
        _ => String::from_utf8_lossy(line).into_owned(),
    }
}

fn is_auth(line: &[u8]) -> bool {
    line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

/// The lines of replies or commands as they went over the wire.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let lines = bytes.split(|&octet| octet == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| String::from_utf8_lossy(line).trim_end_matches('\r').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_are_kept_and_no_credential() {
        for (line, kept) in [
            ("MAIL FROM:<a@b.test> SIZE=5", "MAIL FROM:<a@b.test> SIZE=5"),
            ("auth plain AGEAc2VjcmV0", "AUTH PLAIN"),
            ("AUTH LOGIN", "AUTH LOGIN"),
            ("AUTH PLAIN not base64", "AUTH"),
            ("AUTHPLAIN AGEAc2VjcmV0", "AUTH"),
            ("c2VjcmV0", "<unrecognized command of 8 octets>"),
            ("QUIT now", "QUIT now"),
        ] {
            assert_eq!(command_line(line.as_bytes()), kept, "{line}");
        }
    }

    #[test]
    fn replies_fall_into_lines() {
        let found: Vec<_> = lines(b"250-a Hello\r\n250 SIZE\r\n").collect();
        assert_eq!(found, ["250-a Hello", "250 SIZE"]);
    }
}
