//! Responses of an IMAP server, as far as a client that copies mail needs them (RFC 3501,
//! RFC 9051 section 7). Pure: knows nothing of sockets. What it does not know is
//! [`Response::Other`], so that a server may say more than was asked for.

use types::limits::MESSAGE_OCTETS_CEILING;

use super::date_time;
use super::value::{Value, Values};

/// Why octets are no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source sends no proper IMAP: {0}")]
pub struct Malformed(pub(crate) &'static str);

/// Octets of a server's own words that are shown to people.
const SHOWN_OCTETS_MAX: usize = 300;

/// A literal of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Its octets.
    Kept(Vec<u8>),
    /// It had this many, more than are kept, and was passed over.
    TooLarge(u64),
}

/// Lines and literals as they came: each literal stands in the text as its length in braces and
/// a line end.
#[derive(Debug, Default)]
pub struct RawResponse {
    text: Vec<u8>,
    literals: Vec<Literal>,
}

impl RawResponse {
    /// Takes the next line, without its end. Gives the octets of the literal behind it; None: the
    /// response is whole.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<u64>, Malformed> {
        self.text.extend_from_slice(line);
        let octets = literal_octets(line)?;
        if octets.is_some() {
            self.text.extend_from_slice(b"\r\n");
        }
        Ok(octets)
    }

    /// Takes the literal that the last line announced.
    pub fn literal(&mut self, literal: Literal) {
        self.literals.push(literal);
    }

    /// Octets that its next literal may have and be kept: all of them together are no more than
    /// a message.
    pub(crate) fn room(&self) -> u64 {
        let kept = self.literals.iter().map(|literal| match literal {
            Literal::Kept(octets) => octets.len(),
            Literal::TooLarge(_) => 0,
        });
        MESSAGE_OCTETS_CEILING.saturating_sub(kept.sum()) as u64
    }

    /// Octets of the text, and how many literals there are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.text.len(), self.literals.len())
    }
}

/// `literal = "{" number64 "}"` at the end of a line. A line of free text may end in a brace too,
/// without a number in it.
fn literal_octets(line: &[u8]) -> Result<Option<u64>, Malformed> {
    let Some(inner) = line.strip_suffix(b"}") else { return Ok(None) };
    let Some(brace) = inner.iter().rposition(|octet| *octet == b'{') else { return Ok(None) };
    let digits = &inner[brace + 1..];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    number(digits).map(Some).ok_or(Malformed("a literal of an impossible length"))
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// `+`: the server waits for more of a command.
    Continue,
    /// The end of a command, with its tag.
    Tagged(String, Status),
    /// `* OK`, `* NO`, `* BAD`, `* BYE`, `* PREAUTH`.
    Untagged(Status),
    /// CAPABILITY, in capital letters.
    Capabilities(Vec<String>),
    /// LIST.
    List(Listed),
    /// NAMESPACE (RFC 2342).
    Namespace(Namespace),
    /// STATUS: how many messages.
    Messages(u64),
    /// EXISTS.
    Exists(u64),
    /// FETCH.
    Fetch(Fetched),
    /// Anything else.
    Other,
}

/// How a status response begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was done; or only information.
    Ok,
    /// It was not done.
    No,
    /// It was not understood.
    Bad,
    /// The server closes the connection.
    Bye,
    /// The connection is logged in from the start.
    Preauth,
}

/// A status response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How it begins.
    pub condition: Condition,
    /// Its code in brackets, in capital letters, with what stands behind it.
    pub code: Option<(String, String)>,
    /// In words.
    pub text: String,
}

impl Status {
    /// The number behind a code.
    pub(crate) fn number(&self, code: &str) -> Option<u32> {
        let (name, argument) = self.code.as_ref()?;
        (name == code).then(|| argument.parse().ok()).flatten()
    }

    /// Whether asking later may help (RFC 5530 section 3).
    pub(crate) fn is_passing(&self) -> bool {
        const CODES: [&str; 4] = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];
        self.code.as_ref().is_some_and(|(name, _)| CODES.contains(&name.as_str()))
    }
}

/// A mailbox of a LIST response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// In small letters: `\noselect`, `\sent`.
    pub attributes: Vec<String>,
    /// What stands between names; None: there are no names below names.
    pub separator: Option<char>,
    /// As the server writes it, in modified UTF-7.
    pub name: String,
}

/// Prefixes of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// The user's own.
    pub personal: Vec<String>,
    /// Other users' and shared ones.
    pub foreign: Vec<String>,
}

/// A FETCH response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// UID.
    pub uid: Option<u32>,
    /// FLAGS.
    pub flags: Option<Vec<String>>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// INTERNALDATE: seconds since 1970, minutes east of UTC.
    pub received: Option<(i64, i16)>,
    /// `BODY[]`.
    pub body: Option<Literal>,
}

impl Response {
    /// Reads a whole one.
    pub fn parse(raw: RawResponse) -> Result<Self, Malformed> {
        let RawResponse { text, mut literals } = raw;
        let mut values = Values::new(&text);
        match values.word() {
            b"+" => Ok(Response::Continue),
            b"*" => untagged(values, &mut literals),
            tag => {
                let tag = String::from_utf8_lossy(tag).into_owned();
                let status = status(values).ok_or(Malformed("a line that is no response"))?;
                Ok(Response::Tagged(tag, status))
            }
        }
    }
}

fn untagged(mut values: Values<'_>, literals: &mut [Literal]) -> Result<Response, Malformed> {
    if let Some(status) = status(values.clone()) {
        return Ok(Response::Untagged(status));
    }
    let word = values.word();
    if let Some(number) = number(word) {
        return numbered(number, values, literals);
    }
    match &word.to_ascii_uppercase()[..] {
        b"CAPABILITY" => Ok(Response::Capabilities(words(values.rest()))),
        b"LIST" => listed(values, literals).map(Response::List),
        b"NAMESPACE" => namespace(values, literals).map(Response::Namespace),
        b"STATUS" => messages(values),
        _ => Ok(Response::Other),
    }
}

fn numbered(
    number: u64,
    mut values: Values<'_>,
    literals: &mut [Literal],
) -> Result<Response, Malformed> {
    match &values.word().to_ascii_uppercase()[..] {
        b"EXISTS" => Ok(Response::Exists(number)),
        b"FETCH" => fetched(values, literals).map(Response::Fetch),
        _ => Ok(Response::Other),
    }
}

fn status(mut values: Values<'_>) -> Option<Status> {
    let condition = match &values.word().to_ascii_uppercase()[..] {
        b"OK" => Condition::Ok,
        b"NO" => Condition::No,
        b"BAD" => Condition::Bad,
        b"BYE" => Condition::Bye,
        b"PREAUTH" => Condition::Preauth,
        _ => return None,
    };
    let text = shown(values.rest());
    let inner = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((code, words)) = inner else { return Some(Status { condition, code: None, text }) };
    let (name, argument) = code.split_once(' ').unwrap_or((code, ""));
    let code = Some((name.to_ascii_uppercase(), argument.to_owned()));
    Some(Status { condition, code, text: words.trim_start().to_owned() })
}

/// A server's words, made fit to be shown. A CAPABILITY code is longer and not needed: it is
/// asked for.
fn shown(octets: &[u8]) -> String {
    let octets = &octets[..octets.len().min(SHOWN_OCTETS_MAX)];
    String::from_utf8_lossy(octets).chars().filter(|c| !c.is_control()).collect()
}

fn words(octets: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(octets).to_ascii_uppercase();
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// `mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox`
fn listed(mut values: Values<'_>, literals: &[Literal]) -> Result<Listed, Malformed> {
    const BAD: Malformed = Malformed("a LIST response without its parts");
    let Some(Value::List(attributes)) = values.next()? else { return Err(BAD) };
    let attributes = attributes.iter().filter_map(|attribute| text(attribute, literals));
    let attributes = attributes.map(|attribute| attribute.to_ascii_lowercase()).collect();
    let separator = values.next()?.ok_or(BAD)?;
    let separator = text(&separator, literals).and_then(|text| text.chars().next());
    let name = values.next()?.and_then(|name| text(&name, literals)).ok_or(BAD)?;
    Ok(Listed { attributes, separator, name })
}

fn namespace(mut values: Values<'_>, literals: &[Literal]) -> Result<Namespace, Malformed> {
    let mut prefixes = || {
        let group = values.next()?;
        let Some(Value::List(group)) = group else { return Ok(Vec::new()) };
        let first = |value: &Value<'_>| match value {
            Value::List(parts) => text(parts.first()?, literals),
            _ => None,
        };
        Ok::<_, Malformed>(group.iter().filter_map(first).collect::<Vec<_>>())
    };
    let personal = prefixes()?;
    let foreign = [prefixes()?, prefixes()?].concat();
    Ok(Namespace { personal, foreign })
}

fn messages(mut values: Values<'_>) -> Result<Response, Malformed> {
    values.next()?;
    let Some(Value::List(pairs)) = values.next()? else { return Ok(Response::Other) };
    let count = pairs.chunks(2).find_map(|pair| match pair {
        [Value::Atom(name), Value::Atom(count)] if name.eq_ignore_ascii_case(b"MESSAGES") => {
            number(count)
        }
        _ => None,
    });
    Ok(count.map_or(Response::Other, Response::Messages))
}

fn fetched(mut values: Values<'_>, literals: &mut [Literal]) -> Result<Fetched, Malformed> {
    const BAD: Malformed = Malformed("a FETCH response without its parts");
    let Some(Value::List(pairs)) = values.next()? else { return Err(BAD) };
    let mut fetched = Fetched::default();
    for pair in pairs.chunks(2) {
        let [Value::Atom(name), value] = pair else { return Err(BAD) };
        fetched.take(name, value, literals).ok_or(BAD)?;
    }
    Ok(fetched)
}

impl Fetched {
    /// Takes an attribute. None: its value is none.
    fn take(&mut self, name: &[u8], value: &Value<'_>, literals: &mut [Literal]) -> Option<()> {
        match &name.to_ascii_uppercase()[..] {
            b"UID" => self.uid = Some(u32::try_from(number_of(value)?).ok()?),
            b"RFC822.SIZE" => self.size = Some(number_of(value)?),
            b"FLAGS" => {
                let Value::List(flags) = value else { return None };
                self.flags = Some(flags.iter().filter_map(|flag| text(flag, literals)).collect());
            }
            // A date that cannot be read is no reason to leave the message behind.
            b"INTERNALDATE" => self.received = date_time::parse(text(value, literals)?.trim()),
            b"BODY[]" => self.body = body(value, literals),
            _ => {}
        }
        Some(())
    }
}

/// The octets of a message; taken away from the literals, for they may be many.
fn body(value: &Value<'_>, literals: &mut [Literal]) -> Option<Literal> {
    match value {
        Value::Literal(at) => {
            let literal = literals.get_mut(*at)?;
            Some(std::mem::replace(literal, Literal::TooLarge(0)))
        }
        Value::Quoted(octets) => Some(Literal::Kept(octets.clone())),
        _ => None,
    }
}

fn text(value: &Value<'_>, literals: &[Literal]) -> Option<String> {
    let octets = match value {
        Value::Atom(octets) => octets,
        Value::Quoted(octets) => &octets[..],
        Value::Literal(at) => match literals.get(*at)? {
            Literal::Kept(octets) => octets,
            Literal::TooLarge(_) => return None,
        },
        Value::Nil | Value::List(_) => return None,
    };
    String::from_utf8(octets.to_vec()).ok()
}

fn number_of(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Atom(digits) => number(digits),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> Result<Response, Malformed> {
        let mut raw = RawResponse::default();
        for (at, piece) in pieces.iter().enumerate() {
            match at % 2 {
                0 => drop(raw.line(piece.as_bytes())?),
                _ => raw.literal(Literal::Kept(piece.as_bytes().to_vec())),
            }
        }
        Response::parse(raw)
    }

    #[test]
    fn a_message_comes_with_what_was_asked_for_in_any_order() {
        let pieces = [
            "* 7 FETCH (BODY[] {5}",
            "a\r\nb)",
            " X-NEW (1 (2)) FLAGS (\\Seen Work) UID 42 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
        ];
        let Ok(Response::Fetch(fetched)) = read(&pieces) else { panic!("{:?}", read(&pieces)) };
        assert_eq!(fetched.uid, Some(42));
        assert_eq!(fetched.body, Some(Literal::Kept(b"a\r\nb)".to_vec())));
        assert_eq!(fetched.flags, Some(vec!["\\Seen".to_owned(), "Work".to_owned()]));
        assert_eq!(fetched.received, Some((837_596_665, -420)));
    }

    #[test]
    fn folders_and_prefixes() {
        let list = read(&["* LIST (\\HasNoChildren \\Sent) \".\" {9}", "INBOX.a b", ""]).unwrap();
        let Response::List(listed) = list else { panic!("{list:?}") };
        assert_eq!((listed.separator, listed.name.as_str()), (Some('.'), "INBOX.a b"));
        assert_eq!(listed.attributes, ["\\hasnochildren", "\\sent"]);
        let namespace = read(&["* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared/\" \"/\"))"]);
        let personal = vec!["INBOX.".to_owned()];
        let foreign = vec!["#shared/".to_owned()];
        assert_eq!(namespace, Ok(Response::Namespace(Namespace { personal, foreign })));
        let counted = read(&["* STATUS \"a (b\" (MESSAGES 17 UNSEEN 1)"]);
        assert_eq!(counted, Ok(Response::Messages(17)));
    }

    #[test]
    fn status_responses_have_codes() {
        let Ok(Response::Untagged(status)) = read(&["* ok [uidvalidity 17] UIDs valid"]) else {
            panic!("no status");
        };
        assert_eq!(status.number("UIDVALIDITY"), Some(17));
        assert_eq!(status.text, "UIDs valid");
        let Ok(Response::Tagged(tag, status)) = read(&["A3 NO [UNAVAILABLE] later"]) else {
            panic!("no end");
        };
        assert_eq!((tag.as_str(), status.condition), ("A3", Condition::No));
        assert!(status.is_passing());
    }

    #[test]
    fn noise_is_passed_over_and_nonsense_is_refused() {
        for noise in ["* 3 EXPUNGE", "* FLAGS (\\Seen)", "* XYZ {}", "* SEARCH", "*"] {
            assert_eq!(read(&[noise]), Ok(Response::Other), "{noise}");
        }
        for nonsense in [
            "",
            "HTTP/1.1 400 Bad Request",
            "* 1 FETCH (UID)",
            "* 1 FETCH (UID x)",
            "* 1 FETCH FLAGS",
            "* LIST (\\Sent) \"/\"",
            "* 1 FETCH (BODY[] {99999999999999999999999}",
        ] {
            assert!(read(&[nonsense]).is_err(), "{nonsense}");
        }
    }
}
