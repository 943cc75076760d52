//! The answer to a login that was good, of a client that cannot be served all the same. The
//! connection ends with it: the way back to a login is a new connection.

use auth::AuthFailure;

use super::preface::Session;

/// Why the client is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server with the mailbox cannot be had now; later it may work.
    Unavailable,
    /// That server does not let the account in.
    Denied(AuthFailure),
}

impl Refusal {
    /// The answer in the words of the protocol (RFC 5530, RFC 3206).
    pub(crate) fn answer(self, session: &Session) -> String {
        let text = self.text();
        match session {
            Session::Imap4 { tag } => {
                let code = self.imap_code();
                format!("{tag} NO [{code}] {text}\r\n* BYE {text}\r\n")
            }
            Session::Pop3 => format!("-ERR [{}] {text}\r\n", self.pop3_code()),
        }
    }

    fn text(self) -> String {
        match self {
            Refusal::Unavailable => "The mailbox is not available".to_owned(),
            Refusal::Denied(failure) => failure.to_string(),
        }
    }

    fn is_temporary(self) -> bool {
        match self {
            Refusal::Unavailable => true,
            Refusal::Denied(failure) => failure.is_temporary(),
        }
    }

    fn imap_code(self) -> &'static str {
        if self.is_temporary() { "UNAVAILABLE" } else { "AUTHORIZATIONFAILED" }
    }

    fn pop3_code(self) -> &'static str {
        if self.is_temporary() { "SYS/TEMP" } else { "SYS/PERM" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_words() {
        let imap = Session::Imap4 { tag: "a1".to_owned() };
        let denied = Refusal::Denied(AuthFailure::MailboxAccess);
        for (refusal, session, expected) in [
            (
                Refusal::Unavailable,
                &imap,
                "a1 NO [UNAVAILABLE] The mailbox is not available\r\n\
                 * BYE The mailbox is not available\r\n",
            ),
            (
                denied,
                &imap,
                "a1 NO [AUTHORIZATIONFAILED] no access to the mailbox asked for\r\n\
                 * BYE no access to the mailbox asked for\r\n",
            ),
            (
                Refusal::Unavailable,
                &Session::Pop3,
                "-ERR [SYS/TEMP] The mailbox is not available\r\n",
            ),
            (denied, &Session::Pop3, "-ERR [SYS/PERM] no access to the mailbox asked for\r\n"),
        ] {
            assert_eq!(refusal.answer(session), expected);
        }
    }
}
