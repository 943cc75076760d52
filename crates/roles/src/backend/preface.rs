//! What a front end tells a back end before the session: who has logged in, from where, and
//! what the answer to the login looks like. Ours, as no document describes Exchange's.
//!
//! ```text
//! version  1 octet    1
//! length   2 octets   of what follows, at most PREFACE_OCTETS_MAX
//! session  1 octet    1 IMAP4, 2 POP3
//! fields   each a length of 2 octets and so many octets of UTF-8, in this order:
//!          account, mailbox, login name, client address, mechanism; IMAP4 only: tag
//! ```
//!
//! Numbers are big-endian. The length stands before everything else, so a reader takes exactly
//! the preface off the connection; what follows it is the client's. There is no answer but the
//! session's own.

use std::net::IpAddr;

use auth::{Mechanism, Protocol};
use directory::Vouched;
use imap::codec::command::tag_of;
use types::Address;
use types::limits::{PREFACE_OCTETS_MAX, SASL_NAME_OCTETS_MAX};

const VERSION: u8 = 1;
const IMAP4: u8 = 1;
const POP3: u8 = 2;

/// Octets before the body: version and length.
pub(crate) const HEADER_OCTETS: usize = 3;

/// A client that has logged in at a front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Preface {
    /// The session to begin.
    pub session: Session,
    /// The client, as the front end saw it.
    pub client: IpAddr,
    /// Who it is.
    pub vouched: Vouched,
}

/// The session to begin, and what its first answer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// IMAP4: the answer goes under the tag of the login.
    Imap4 { tag: String },
    /// POP3.
    Pop3,
}

impl Session {
    pub(crate) fn protocol(&self) -> Protocol {
        match self {
            Session::Imap4 { .. } => Protocol::Imap4,
            Session::Pop3 => Protocol::Pop3,
        }
    }
}

/// The front end's fault: what it sent is no preface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("preface of version {0}, which is not known here")]
    Version(u8),
    #[error("preface longer than {PREFACE_OCTETS_MAX} octets")]
    TooLong,
    #[error("preface ends early")]
    Truncated,
    #[error("preface goes on behind its end")]
    Trailing,
    #[error("preface: bad {0}")]
    Field(&'static str),
}

/// The client's fault: its tag or user name is longer than any program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tag or user name too long for a preface")]
pub(crate) struct TooLong;

impl Preface {
    /// Header and body.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let mut body = Vec::new();
        body.push(match self.session {
            Session::Imap4 { .. } => IMAP4,
            Session::Pop3 => POP3,
        });
        let Vouched { account, mailbox, login, mechanism } = &self.vouched;
        put(&mut body, &account.to_string())?;
        put(&mut body, &mailbox.to_string())?;
        put(&mut body, login)?;
        put(&mut body, &self.client.to_string())?;
        put(&mut body, mechanism.name())?;
        if let Session::Imap4 { tag } = &self.session {
            put(&mut body, tag)?;
        }
        if body.len() > PREFACE_OCTETS_MAX {
            return Err(TooLong);
        }
        let length = u16::try_from(body.len()).map_err(|_| TooLong)?.to_be_bytes();
        Ok([&[VERSION], &length[..], &body].concat())
    }

    /// Reads a body, all of it.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let (session, rest) = body.split_first().ok_or(Malformed::Truncated)?;
        let mut fields = Fields(rest);
        let vouched_and_client = vouched_and_client(&mut fields)?;
        let session = match *session {
            IMAP4 => Session::Imap4 { tag: fields.tag()? },
            POP3 => Session::Pop3,
            _ => return Err(Malformed::Field("session")),
        };
        let (vouched, client) = vouched_and_client;
        match fields.0.is_empty() {
            true => Ok(Preface { session, client, vouched }),
            false => Err(Malformed::Trailing),
        }
    }
}

/// How many octets of body follow this header.
pub(crate) fn body_octets(header: [u8; HEADER_OCTETS]) -> Result<usize, Malformed> {
    let [version, high, low] = header;
    let octets = usize::from(u16::from_be_bytes([high, low]));
    match version {
        VERSION if octets <= PREFACE_OCTETS_MAX => Ok(octets),
        VERSION => Err(Malformed::TooLong),
        unknown => Err(Malformed::Version(unknown)),
    }
}

fn put(body: &mut Vec<u8>, text: &str) -> Result<(), TooLong> {
    let length = u16::try_from(text.len()).map_err(|_| TooLong)?;
    body.extend(length.to_be_bytes());
    body.extend(text.as_bytes());
    Ok(())
}

fn vouched_and_client(fields: &mut Fields<'_>) -> Result<(Vouched, IpAddr), Malformed> {
    let account = fields.address("account")?;
    let mailbox = fields.address("mailbox")?;
    let login = fields.login()?;
    let client = fields.text()?.parse().map_err(|_| Malformed::Field("client address"))?;
    let mechanism = Mechanism::parse(fields.text()?).ok_or(Malformed::Field("mechanism"))?;
    Ok((Vouched { account, mailbox, login, mechanism }, client))
}

/// The fields not yet read.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn text(&mut self) -> Result<&'b str, Malformed> {
        let (length, rest) = self.0.split_first_chunk::<2>().ok_or(Malformed::Truncated)?;
        let octets = usize::from(u16::from_be_bytes(*length));
        let (text, rest) = rest.split_at_checked(octets).ok_or(Malformed::Truncated)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Malformed::Field("UTF-8"))
    }

    fn address(&mut self, name: &'static str) -> Result<Address, Malformed> {
        Address::parse(self.text()?).map_err(|_| Malformed::Field(name))
    }

    /// It goes into logs, so it must not break their lines.
    fn login(&mut self) -> Result<String, Malformed> {
        let login = self.text()?;
        let fits = login.len() <= SASL_NAME_OCTETS_MAX && !login.contains(char::is_control);
        fits.then(|| login.to_owned()).ok_or(Malformed::Field("login name"))
    }

    /// It is written to the client as it is, so it must be a tag.
    fn tag(&mut self) -> Result<String, Malformed> {
        let tag = self.text()?;
        let is_tag = tag_of(tag.as_bytes()) == Some(tag);
        is_tag.then(|| tag.to_owned()).ok_or(Malformed::Field("tag"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn preface(session: Session) -> Preface {
        let vouched = Vouched {
            account: "alice@a.test".parse().unwrap(),
            mailbox: "\"sales team\"@a.test".parse().unwrap(),
            login: "alice@a.test/sales".to_owned(),
            mechanism: Mechanism::ScramSha256,
        };
        Preface { session, client: "2001:db8::7".parse().unwrap(), vouched }
    }

    fn imap(tag: &str) -> Preface {
        preface(Session::Imap4 { tag: tag.to_owned() })
    }

    fn body(preface: &Preface) -> Vec<u8> {
        preface.encode().unwrap().split_off(HEADER_OCTETS)
    }

    /// The body with one text in place of another.
    fn with(from: &str, to: &str) -> Vec<u8> {
        let field = |text: &str| {
            let mut field = Vec::new();
            put(&mut field, text).unwrap();
            field
        };
        let (body, from) = (body(&imap("a1")), field(from));
        let at = body.windows(from.len()).position(|window| window == from).unwrap();
        [&body[..at], &field(to), &body[at + from.len()..]].concat()
    }

    #[test]
    fn what_is_written_reads_back() {
        for preface in [imap("a1"), imap(&"t".repeat(100)), preface(Session::Pop3)] {
            let bytes = preface.encode().unwrap();
            let header = *bytes.first_chunk().unwrap();
            assert_eq!(body_octets(header), Ok(bytes.len() - HEADER_OCTETS));
            assert_eq!(Preface::decode(&bytes[HEADER_OCTETS..]), Ok(preface));
        }
    }

    #[test]
    fn nothing_may_be_missing_and_nothing_too_much() {
        for preface in [imap("a1"), preface(Session::Pop3)] {
            let mut body = body(&preface);
            for cut in 0..body.len() {
                assert_eq!(Preface::decode(&body[..cut]), Err(Malformed::Truncated), "{cut}");
            }
            body.push(0);
            assert_eq!(Preface::decode(&body), Err(Malformed::Trailing));
        }
    }

    #[test]
    fn every_field_is_checked() {
        for (from, to, fault) in [
            ("alice@a.test", "alice", "account"),
            ("\"sales team\"@a.test", "sales team@a.test", "mailbox"),
            ("alice@a.test/sales", "alice\r\nbob", "login name"),
            ("2001:db8::7", "localhost", "client address"),
            ("SCRAM-SHA-256", "NTLM", "mechanism"),
            ("a1", "", "tag"),
            ("a1", "a1 OK\r\n*", "tag"),
            ("a1", "a 1", "tag"),
            ("a1", "+", "tag"),
        ] {
            let found = Preface::decode(&with(from, to));
            assert_eq!(found, Err(Malformed::Field(fault)), "{to:?}");
        }
        let long = with("alice@a.test/sales", &"x".repeat(SASL_NAME_OCTETS_MAX + 1));
        assert_eq!(Preface::decode(&long), Err(Malformed::Field("login name")));
        let mut other = body(&imap("a1"));
        other[0] = 3;
        assert_eq!(Preface::decode(&other), Err(Malformed::Field("session")));
        other[0] = IMAP4;
        *other.last_mut().unwrap() = 0xff;
        assert_eq!(Preface::decode(&other), Err(Malformed::Field("UTF-8")));
    }

    #[test]
    fn limits_hold_on_both_sides() {
        assert_eq!(imap(&"t".repeat(PREFACE_OCTETS_MAX)).encode(), Err(TooLong));
        assert_eq!(imap(&"t".repeat(usize::from(u16::MAX) + 1)).encode(), Err(TooLong));
        let length = |octets: usize| u16::try_from(octets).unwrap().to_be_bytes();
        let [high, low] = length(PREFACE_OCTETS_MAX);
        assert_eq!(body_octets([VERSION, high, low]), Ok(PREFACE_OCTETS_MAX));
        let [high, low] = length(PREFACE_OCTETS_MAX + 1);
        assert_eq!(body_octets([VERSION, high, low]), Err(Malformed::TooLong));
        assert_eq!(body_octets([0, 0, 1]), Err(Malformed::Version(0)));
        assert_eq!(body_octets(*b"* O"), Err(Malformed::Version(b'*')));
    }
}
