//! The messages that are sent and understood (RFC 4511 sections 4.1 to 4.14).

use filter::ldap::{LdapComparison, LdapFilter};

use crate::ber::{
    BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, put, put_all, put_number,
};

/// A message's number; answers carry that of the request.
pub(crate) type MessageId = u32;

const VERSION: u32 = 3;
/// The OID of StartTLS (RFC 4511 section 4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// No attributes (RFC 4511 section 4.5.1.8).
const NO_ATTRIBUTES: &str = "1.1";

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Request<'r> {
    /// Simple bind: who, and the password.
    Bind { name: &'r str, password: &'r [u8] },
    /// The entries below a base for which a filter holds: their names, so many at most.
    Search { base: &'r str, filter: &'r LdapFilter, most: u32 },
    /// TLS from here on.
    StartTls,
    /// Good bye.
    Unbind,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To a bind.
    Bind(Outcome),
    /// An entry: its DN.
    Entry(String),
    /// A place where there may be more.
    Reference,
    /// The end of a search.
    Done(Outcome),
    /// To an extended request, or of the server's own accord (message number 0).
    Extended(Outcome),
}

/// LDAPResult (RFC 4511 section 4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its resultCode.
    pub code: u32,
    /// Its diagnosticMessage.
    pub diagnostic: String,
}

/// The octets of a message.
pub(crate) fn encode(id: MessageId, request: &Request<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    put_all(&mut out, SEQUENCE, |message| {
        put_number(message, INTEGER, id);
        match request {
            Request::Bind { name, password } => put_all(message, 0x60, |bind| {
                put_number(bind, INTEGER, VERSION);
                put(bind, OCTETS, name.as_bytes());
                put(bind, 0x80, password);
            }),
            Request::Search { base, filter, most } => {
                put_all(message, 0x63, |search| put_search(search, base, filter, *most));
            }
            Request::StartTls => {
                put_all(message, 0x77, |extended| put(extended, 0x80, START_TLS.as_bytes()));
            }
            Request::Unbind => put(message, 0x42, &[]),
        }
    });
    out
}

fn put_search(out: &mut Vec<u8>, base: &str, filter: &LdapFilter, most: u32) {
    const WHOLE_SUBTREE: u32 = 2;
    const NEVER_DEREFERENCE: u32 = 0;
    const NO_TIME_LIMIT: u32 = 0;
    put(out, OCTETS, base.as_bytes());
    put_number(out, ENUMERATED, WHOLE_SUBTREE);
    put_number(out, ENUMERATED, NEVER_DEREFERENCE);
    put_number(out, INTEGER, most);
    put_number(out, INTEGER, NO_TIME_LIMIT);
    put(out, BOOLEAN, &[0]);
    put_filter(out, filter);
    put_all(out, SEQUENCE, |attributes| put(attributes, OCTETS, NO_ATTRIBUTES.as_bytes()));
}

/// As deep as the setting that it was read from may be.
fn put_filter(out: &mut Vec<u8>, filter: &LdapFilter) {
    let each = |out: &mut Vec<u8>, all: &[LdapFilter]| all.iter().for_each(|f| put_filter(out, f));
    match filter {
        LdapFilter::And(all) => put_all(out, 0xA0, |out| each(out, all)),
        LdapFilter::Or(all) => put_all(out, 0xA1, |out| each(out, all)),
        LdapFilter::Not(one) => put_all(out, 0xA2, |out| put_filter(out, one)),
        LdapFilter::Present(attribute) => put(out, 0x87, attribute.as_bytes()),
        LdapFilter::Compare(how, attribute, value) => {
            let tag = match how {
                LdapComparison::Equal => 0xA3,
                LdapComparison::GreaterOrEqual => 0xA5,
                LdapComparison::LessOrEqual => 0xA6,
            };
            put_all(out, tag, |out| {
                put(out, OCTETS, attribute.as_bytes());
                put(out, OCTETS, value);
            });
        }
        LdapFilter::Extensible { rule, attribute, value, dn } => put_all(out, 0xA9, |out| {
            let names = [(0x81, rule), (0x82, attribute)];
            for (tag, name) in names.into_iter().filter_map(|(tag, n)| Some((tag, n.as_ref()?))) {
                put(out, tag, name.as_bytes());
            }
            put(out, 0x83, value);
            if *dn {
                put(out, 0x84, &[0xFF]);
            }
        }),
    }
}

/// Reads a message, which is these octets and no others. Errors: also for a kind of message that
/// nothing here asks for.
pub fn decode(octets: &[u8]) -> Result<(u32, Response), NotUnderstood> {
    read(octets).map_err(|Malformed| NotUnderstood)
}

/// The octets are no message that is understood here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUnderstood;

fn read(octets: &[u8]) -> Result<(MessageId, Response), Malformed> {
    let mut whole = Reader(octets);
    let mut message = Reader(whole.contents(SEQUENCE)?);
    let id = message.number(INTEGER)?;
    let (tag, contents) = message.element()?;
    let contents = Reader(contents);
    let response = match tag {
        0x61 => Response::Bind(outcome(contents)?),
        0x64 => Response::Entry({ contents }.text(OCTETS)?),
        0x65 => Response::Done(outcome(contents)?),
        0x73 => Response::Reference,
        0x78 => Response::Extended(outcome(contents)?),
        _ => return Err(Malformed),
    };
    // Controls may follow, which nobody asked for.
    whole.is_empty().then_some((id, response)).ok_or(Malformed)
}

fn outcome(mut contents: Reader<'_>) -> Result<Outcome, Malformed> {
    let code = contents.number(ENUMERATED)?;
    let _matched_dn = contents.contents(OCTETS)?;
    Ok(Outcome { code, diagnostic: contents.text(OCTETS)? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bind_is_written_and_its_answer_read() {
        let bind = encode(1, &Request::Bind { name: "cn=a", password: b"pw" });
        assert_eq!(
            bind,
            [
                0x30, 0x12, 2, 1, 1, 0x60, 0x0D, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 2,
                b'p', b'w'
            ][..]
        );
        let answer = [0x30, 0x0C, 2, 1, 1, 0x61, 7, 0x0A, 1, 49, 4, 0, 4, 0];
        let outcome = Outcome { code: 49, diagnostic: String::new() };
        assert_eq!(decode(&answer), Ok((1, Response::Bind(outcome))));
    }

    #[test]
    fn a_search_says_what_it_looks_for() {
        let filter = LdapFilter::parse("(&(uid=a)(!(b=*))(c:dn:2.4:=d))").unwrap();
        let written = encode(2, &Request::Search { base: "dc=x", filter: &filter, most: 2 });
        let expected: Vec<u8> = [
            &[0x30, 0x42, 2, 1, 2, 0x63, 0x3D, 4, 4][..],
            b"dc=x",
            &[0x0A, 1, 2, 0x0A, 1, 0, 2, 1, 2, 2, 1, 0, 1, 1, 0],
            &[0xA0, 0x1F, 0xA3, 8, 4, 3],
            b"uid",
            &[4, 1],
            b"a",
            &[0xA2, 3, 0x87, 1],
            b"b",
            &[0xA9, 0x0E, 0x81, 3],
            b"2.4",
            &[0x82, 1],
            b"c",
            &[0x83, 1],
            b"d",
            &[0x84, 1, 0xFF, 0x30, 5, 4, 3],
            b"1.1",
        ]
        .concat();
        assert_eq!(written, expected);
    }

    #[test]
    fn what_comes_is_read_without_trust() {
        let entry = [0x30, 0x0B, 2, 1, 2, 0x64, 6, 4, 2, b'o', b'=', 0x30, 0];
        assert_eq!(decode(&entry), Ok((2, Response::Entry("o=".to_owned()))));
        for end in 0..entry.len() {
            assert_eq!(decode(&entry[..end]), Err(NotUnderstood));
        }
        assert_eq!(decode(&[&entry[..], &[0]].concat()), Err(NotUnderstood));
        let deep: Vec<u8> =
            std::iter::repeat_n([0x30, 0x84, 0x7F, 0xFF], 10_000).flatten().collect();
        assert_eq!(decode(&deep), Err(NotUnderstood));
    }
}
