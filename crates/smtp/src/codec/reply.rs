//! Replies (RFC 5321 section 4.2) with enhanced status codes (RFC 2034, 3463).

use std::fmt;

use types::limits::{SMTP_REPLY_LINE_OCTETS_MAX, SMTP_REPLY_LINES_MAX, SMTP_REPLY_TEXT_OCTETS_MAX};

/// An enhanced status code: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enhanced(pub u8, pub u16, pub u16);

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Enhanced {
    /// `status-code = class "." subject "." detail` at the front of a line, and the rest.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = status.split('.');
        let class = parts.next().and_then(number::<1>)?;
        let subject = parts.next().and_then(number::<3>)?;
        let detail = parts.next().and_then(number::<3>)?;
        let class = u8::try_from(class).ok().filter(|class| [2, 4, 5].contains(class))?;
        parts.next().is_none().then_some((Enhanced(class, subject, detail), rest))
    }
}

/// Up to `DIGITS` digits.
fn number<const DIGITS: usize>(text: &str) -> Option<u16> {
    let legal = (1..=DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| legal)
}

/// A reply of one or more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// Stands on every line, where the reply has one.
    pub enhanced: Option<Enhanced>,
    /// The texts, at least one, without controls.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply with an enhanced code. Line feeds in `text` separate lines; other controls
    /// become spaces, and a long line is cut, so no text can break the protocol.
    pub fn new(code: u16, enhanced: Enhanced, text: &str) -> Self {
        Reply { enhanced: Some(enhanced), ..Reply::plain(code, text) }
    }

    /// A reply without: greetings, EHLO, 354.
    pub fn plain(code: u16, text: &str) -> Self {
        let lines = text.split('\n').take(SMTP_REPLY_LINES_MAX).map(clean).collect();
        Reply { code, enhanced: None, lines }
    }

    /// 2xx: done as asked.
    pub fn is_completion(&self) -> bool {
        self.code < 300
    }

    /// 4xx: the same may succeed later.
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// 5xx: the same will never succeed.
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Appends the reply as it goes over the wire.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        for (index, text) in self.lines.iter().enumerate() {
            let separator = if index == last { ' ' } else { '-' };
            let status = self.enhanced.map(|status| format!("{status} ")).unwrap_or_default();
            out.extend_from_slice(format!("{}{separator}{status}{text}\r\n", self.code).as_bytes());
        }
    }

    /// The texts of all lines, separated by spaces.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, "{enhanced} ")?;
        }
        f.write_str(&self.text())
    }
}

/// One line of text, harmless and short enough.
fn clean(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let end = (0..=line.len().min(SMTP_REPLY_TEXT_OCTETS_MAX))
        .rev()
        .find(|&at| line.is_char_boundary(at));
    line.truncate(end.unwrap_or(0));
    line
}

/// What a server sent is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// A line without a code from 200 to 599, or with a code that changes between lines.
    #[error("malformed reply")]
    Syntax,
    /// A line or the whole reply exceeds the limits.
    #[error("reply too long")]
    TooLong,
}

/// Takes whole replies off a stream of bytes.
#[derive(Debug, Default)]
pub struct ReplyReader {
    pending: Vec<u8>,
    lines: Vec<(u16, String)>,
}

impl ReplyReader {
    /// Adds bytes from the server.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// True when bytes are left that are no whole reply yet.
    pub fn is_mid_reply(&self) -> bool {
        !self.pending.is_empty() || !self.lines.is_empty()
    }

    /// The next whole reply.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, BadReply> {
        while let Some(line) = self.line()? {
            let (code, last, text) = reply_line(&line)?;
            self.lines.push((code, text));
            if self.lines.len() > SMTP_REPLY_LINES_MAX {
                return Err(BadReply::TooLong);
            }
            if last {
                return assemble(std::mem::take(&mut self.lines)).map(Some);
            }
        }
        Ok(None)
    }

    /// The next line. A bare LF ends it too: here that can hide nothing.
    fn line(&mut self) -> Result<Option<Vec<u8>>, BadReply> {
        let end = self.pending.iter().position(|&byte| byte == b'\n');
        if end.unwrap_or(self.pending.len()) > SMTP_REPLY_LINE_OCTETS_MAX {
            return Err(BadReply::TooLong);
        }
        let Some(end) = end else { return Ok(None) };
        let mut line: Vec<u8> = self.pending.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }
}

/// `Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF`:
/// code, whether it is the last, text. Text that is no UTF-8 is kept as well as it can be.
fn reply_line(line: &[u8]) -> Result<(u16, bool, String), BadReply> {
    let (digits, rest) = line.split_at_checked(3).ok_or(BadReply::Syntax)?;
    let code = std::str::from_utf8(digits)
        .ok()
        .and_then(number::<3>)
        .filter(|code| (200..600).contains(code))
        .ok_or(BadReply::Syntax)?;
    let last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return Err(BadReply::Syntax),
    };
    let text = clean(&String::from_utf8_lossy(rest.get(1..).unwrap_or_default()));
    Ok((code, last, text))
}

/// Joins lines of one code; an enhanced status on all of them is taken out of the texts.
fn assemble(lines: Vec<(u16, String)>) -> Result<Reply, BadReply> {
    let code = lines.first().map_or(0, |(code, _)| *code);
    if lines.iter().any(|(other, _)| *other != code) {
        return Err(BadReply::Syntax);
    }
    let texts: Vec<String> = lines.into_iter().map(|(_, text)| text).collect();
    let enhanced = common_status(code, &texts);
    let lines = match enhanced {
        None => texts,
        Some(_) => texts.iter().map(|text| without_status(text)).collect(),
    };
    Ok(Reply { code, enhanced, lines })
}

/// The status all lines begin with, if its class agrees with the code.
fn common_status(code: u16, texts: &[String]) -> Option<Enhanced> {
    let mut statuses = texts.iter().map(|text| Enhanced::parse(text).map(|(status, _)| status));
    let first = statuses.next().flatten()?;
    let agrees = u16::from(first.0) == code / 100 && statuses.all(|status| status == Some(first));
    agrees.then_some(first)
}

fn without_status(text: &str) -> String {
    Enhanced::parse(text).map_or(text, |(_, rest)| rest).to_owned()
}
