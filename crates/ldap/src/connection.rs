//! A connection to a directory: one request at a time.

use filter::ldap::LdapFilter;
use net::ClientTls;
use net::stream::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::limits::{LDAP_MESSAGE_OCTETS_MAX, LDAP_SEARCH_MESSAGES_MAX};

use crate::ber::{self, Malformed};
use crate::error::LdapError;
use crate::message::{MessageId, Outcome, Request, Response, decode, encode};

/// Result codes (RFC 4511 appendix A).
mod code {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
    /// What servers say of accounts that there are not, that are locked, or whose password is
    /// wrong, has expired, or is none.
    pub(super) const NOT_LET_IN: [u32; 7] = [19, 32, 34, 48, 49, 50, 53];
}

/// What a bind came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The password is right.
    Accepted,
    /// It is not, or the account is not let in for another reason; what the server says of it is for
    /// the log alone.
    Refused {
        /// The result code.
        code: u32,
        /// In words; Active Directory has its own codes in them.
        diagnostic: String,
    },
}

/// A connection.
pub struct Connection {
    stream: Stream,
    last: MessageId,
}

impl Connection {
    /// On a stream on which nothing has been said.
    pub fn new(stream: Stream) -> Self {
        Connection { stream, last: 0 }
    }

    /// TLS at once, as on port 636.
    pub async fn tls(&mut self, host: &str, tls: &ClientTls) -> Result<(), LdapError> {
        Ok(self.stream.start_tls_client(host, tls).await?)
    }

    /// StartTLS (RFC 4511 section 4.14): before anything else.
    pub async fn start_tls(&mut self, host: &str, tls: &ClientTls) -> Result<(), LdapError> {
        self.send(&Request::StartTls).await?;
        match self.receive().await? {
            Response::Extended(outcome) => succeeded("StartTLS", outcome)?,
            _ => return Err(LdapError::Malformed),
        }
        self.tls(host, tls).await
    }

    /// A simple bind. An empty name binds as nobody, and then the password has to be empty too; with
    /// a name an empty password is refused here.
    pub async fn bind(&mut self, name: &str, password: &[u8]) -> Result<Bound, LdapError> {
        if !name.is_empty() && password.is_empty() {
            return Ok(Bound::Refused { code: 49, diagnostic: "empty password".to_owned() });
        }
        self.send(&Request::Bind { name, password }).await?;
        let Response::Bind(outcome) = self.receive().await? else {
            return Err(LdapError::Malformed);
        };
        let Outcome { code, diagnostic } = outcome;
        match code {
            code::SUCCESS => Ok(Bound::Accepted),
            code if code::NOT_LET_IN.contains(&code) => Ok(Bound::Refused { code, diagnostic }),
            code => Err(LdapError::Refused { what: "bind", code, diagnostic }),
        }
    }

    /// The names of the entries below a base for which a filter holds: none, one, or two for more
    /// than one.
    pub async fn find(
        &mut self,
        base: &str,
        filter: &LdapFilter,
    ) -> Result<Vec<String>, LdapError> {
        const MOST: u32 = 2;
        self.send(&Request::Search { base, filter, most: MOST }).await?;
        let mut found = Vec::new();
        for _ in 0..LDAP_SEARCH_MESSAGES_MAX {
            match self.receive().await? {
                Response::Entry(name) => found.push(name),
                Response::Reference => {}
                Response::Done(outcome) if outcome.code == code::SIZE_LIMIT_EXCEEDED => {
                    return Ok(found);
                }
                Response::Done(outcome) => return succeeded("search", outcome).map(|()| found),
                _ => return Err(LdapError::Malformed),
            }
        }
        Err(LdapError::Long)
    }

    /// Takes leave.
    pub async fn close(mut self) {
        // Whoever does not hear it sees the connection end.
        let _ = self.send(&Request::Unbind).await;
        let _ = self.stream.shutdown().await;
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<(), LdapError> {
        self.last += 1;
        self.stream.write_all(&encode(self.last, request)).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next answer to the last request.
    async fn receive(&mut self) -> Result<Response, LdapError> {
        let octets = self.message().await?;
        match decode(&octets) {
            Ok((id, response)) if id == self.last => Ok(response),
            // Of its own accord it says only that it ends the connection (RFC 4511 section 4.4.1).
            Ok((0, Response::Extended(Outcome { code, diagnostic }))) => {
                Err(LdapError::Refused { what: "notice of disconnection", code, diagnostic })
            }
            _ => Err(LdapError::Malformed),
        }
    }

    /// The octets of a message, and none after it.
    async fn message(&mut self) -> Result<Vec<u8>, LdapError> {
        let mut octets = Vec::new();
        let length = loop {
            octets.push(self.stream.read_u8().await?);
            if octets[0] != ber::SEQUENCE {
                return Err(LdapError::Malformed);
            }
            if let Some((length, _)) = ber::header(&octets)? {
                break length;
            }
        };
        if length > LDAP_MESSAGE_OCTETS_MAX {
            return Err(LdapError::Long);
        }
        let begin = octets.len();
        octets.resize(begin + length, 0);
        self.stream.read_exact(&mut octets[begin..]).await?;
        Ok(octets)
    }
}

impl From<Malformed> for LdapError {
    fn from(_: Malformed) -> Self {
        LdapError::Malformed
    }
}

fn succeeded(what: &'static str, outcome: Outcome) -> Result<(), LdapError> {
    let Outcome { code, diagnostic } = outcome;
    match code {
        code::SUCCESS => Ok(()),
        code => Err(LdapError::Refused { what, code, diagnostic }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A connection whose other end says that, whatever it is asked.
    async fn hears(answers: &[u8]) -> (Connection, Stream) {
        let (ours, mut theirs) = Stream::pair(2 * LDAP_MESSAGE_OCTETS_MAX);
        theirs.write_all(answers).await.unwrap();
        (Connection::new(ours), theirs)
    }

    fn bind_answer(id: u8, code: u8) -> [u8; 14] {
        [0x30, 0x0C, 2, 1, id, 0x61, 7, 0x0A, 1, code, 4, 0, 4, 0]
    }

    #[tokio::test]
    async fn a_password_is_right_or_wrong_or_not_known() {
        let bound = async |code| {
            let (mut connection, _theirs) = hears(&bind_answer(1, code)).await;
            connection.bind("cn=a", b"pw").await
        };
        assert_eq!(bound(0).await.unwrap(), Bound::Accepted);
        for code in [49, 32, 53, 19] {
            assert!(matches!(bound(code).await, Ok(Bound::Refused { .. })), "{code}");
        }
        for code in [1, 2, 8, 10, 51, 52, 80] {
            assert!(matches!(bound(code).await, Err(LdapError::Refused { .. })), "{code}");
        }
    }

    #[tokio::test]
    async fn an_empty_password_is_not_even_sent() {
        let (mut connection, mut theirs) = hears(&bind_answer(1, 0)).await;
        assert!(matches!(connection.bind("cn=a", b"").await, Ok(Bound::Refused { .. })));
        drop(connection);
        let mut sent = Vec::new();
        theirs.read_to_end(&mut sent).await.unwrap();
        assert_eq!(sent, []);
    }

    #[tokio::test]
    async fn answers_to_something_else_are_refused() {
        let gone = [0x30, 0x0C, 2, 1, 0, 0x78, 7, 0x0A, 1, 52, 4, 0, 4, 0];
        let long = [0x30, 0x83, 0x01, 0x00, 0x01];
        for (answer, expected) in [
            (&bind_answer(2, 0)[..], "no LDAP message"),
            (&gone, "notice of disconnection"),
            (&long, "too long"),
            (b"HTTP/1.1 400 Bad Request", "no LDAP message"),
            (&[0x30, 0x80, 0, 0], "no LDAP message"),
        ] {
            let (mut connection, _theirs) = hears(answer).await;
            let told = connection.bind("cn=a", b"pw").await.unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
    }

    #[tokio::test]
    async fn a_search_ends_also_when_the_server_does_not() {
        let entry = [0x30, 0x09, 2, 1, 1, 0x64, 4, 4, 2, b'o', b'='];
        let filter = LdapFilter::parse("(uid=a)").unwrap();
        let (mut connection, _theirs) = hears(&entry.repeat(LDAP_SEARCH_MESSAGES_MAX)).await;
        assert!(matches!(connection.find("", &filter).await, Err(LdapError::Long)));
        let done = |code| [0x30, 0x0C, 2, 1, 1, 0x65, 7, 0x0A, 1, code, 4, 0, 4, 0];
        let two = [&entry[..], &entry, &done(4)].concat();
        let (mut connection, _theirs) = hears(&two).await;
        assert_eq!(connection.find("", &filter).await.unwrap().len(), 2);
        let (mut connection, _theirs) = hears(&done(50)).await;
        assert!(connection.find("", &filter).await.is_err());
    }
}
