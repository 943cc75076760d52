//! The mbox format: messages one behind the other, each behind a line `From `.
//!
//! Written is mboxrd, the form that loses nothing: a line of the message that begins with `From `,
//! or with it behind any number of `>`, gets one `>` more. Read are mboxrd and mboxo, whose quoted
//! lines are the same but for those that had a `>` already, and mboxcl and mboxcl2: a
//! Content-Length that ends where a message may end is believed, and if lines in between begin
//! with `From `, nothing in them was quoted.
//!
//! Flags are in the fields Status, X-Status and X-Keywords (and X-Mozilla-Status, X-Mozilla-Keys).
//! An export puts them first, so that they can be told from fields that belong to the message;
//! from mail of other programs they are taken wherever they are in the header.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mailbox::Flags;
use types::limits::{HEADER_OCTETS_MAX, MESSAGE_OCTETS_CEILING};

use super::flags::{EXPORTED_FIELDS, read_field, to_fields};
use crate::lines::{to_crlf, to_lf};
use crate::message::Message;

/// Octets read of a line at a time.
const CHUNK_OCTETS: u64 = 64 * 1024;

/// Messages of an mbox, read one after the other.
pub(crate) struct Mbox<R> {
    input: BufReader<R>,
    /// Where in the file the next octet of `input` is.
    at: u64,
}

/// A message as it stands in the file.
pub(crate) struct Raw {
    /// The line `From `, with its end.
    pub envelope: Vec<u8>,
    /// The message, still quoted; None: larger than any mailbox takes.
    pub message: Option<Vec<u8>>,
    /// Nothing in it is quoted.
    pub verbatim: bool,
    /// Where the next one begins.
    pub end: u64,
}

impl<R: Read + Seek> Mbox<R> {
    /// From an offset on. Errors: InvalidData, when no message begins there.
    pub(crate) fn open(mut input: R, at: u64) -> io::Result<Self> {
        input.seek(SeekFrom::Start(at))?;
        let mut input = BufReader::with_capacity(CHUNK_OCTETS as usize, input);
        let begins = input.fill_buf()?;
        match begins.is_empty() || begins.starts_with(b"From ") {
            true => Ok(Mbox { input, at }),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "no message begins there")),
        }
    }

    /// The next message.
    pub(crate) fn read(&mut self) -> io::Result<Option<Raw>> {
        let mut envelope = Vec::new();
        while self.chunk(&mut envelope)? > 0 && !envelope.ends_with(b"\n") {}
        if envelope.is_empty() {
            return Ok(None);
        }
        envelope.truncate(CHUNK_OCTETS as usize);
        let mut message = Vec::new();
        let length = self.header(&mut message)?;
        let exact = match length {
            Some(length) => self.exact_body(length, &mut message)?,
            None => false,
        };
        let too_large = if exact { false } else { self.body(&mut message)? };
        let verbatim = exact && has_from_line(&message);
        let message = (!too_large).then_some(message);
        Ok(Some(Raw { envelope, message, verbatim, end: self.at }))
    }

    /// Reads the header and the empty line behind it. Gives its Content-Length.
    fn header(&mut self, out: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let mut length = None;
        loop {
            let start = out.len();
            if self.chunk(out)? == 0 {
                return Ok(None);
            }
            let line = &out[start..];
            if line == b"\n" || line == b"\r\n" {
                return Ok(length);
            }
            length = content_length(line).or(length);
            if out.len() > HEADER_OCTETS_MAX {
                return Ok(None);
            }
        }
    }

    /// Reads a body of that length, if a message may end there. False: nothing was read.
    fn exact_body(&mut self, length: u64, out: &mut Vec<u8>) -> io::Result<bool> {
        if length.saturating_add(out.len() as u64) > MESSAGE_OCTETS_CEILING as u64 {
            return Ok(false);
        }
        let body = self.at;
        self.seek(body + length)?;
        let mut behind = Vec::new();
        self.input.by_ref().take(7).read_to_end(&mut behind)?;
        let file_end = self.input.seek(SeekFrom::End(0))?;
        let gap = line_end_octets(&behind);
        let ends = body + length <= file_end
            && (behind.len() == gap || behind[gap..].starts_with(b"From "));
        if !ends {
            self.seek(body)?;
            return Ok(false);
        }
        self.seek(body)?;
        self.input.by_ref().take(length).read_to_end(out)?;
        self.seek(body + length + gap as u64)?;
        Ok(true)
    }

    /// Reads up to the next line `From ` behind an empty one. True: it is too large, and `out`
    /// holds only a part.
    fn body(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let (mut too_large, mut line_begins, mut after_empty) = (false, true, is_at_empty(out));
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.chunk(&mut line)?;
            if line_begins && after_empty && line.starts_with(b"From ") {
                self.seek(self.at - read)?;
                break;
            }
            if read == 0 {
                break;
            }
            after_empty = line_begins && without_line_end(&line).is_empty();
            line_begins = line.ends_with(b"\n");
            too_large |= out.len() + line.len() > MESSAGE_OCTETS_CEILING;
            if !too_large {
                out.extend_from_slice(&line);
            }
        }
        cut_empty_line(out);
        Ok(too_large)
    }

    /// Appends the next line, or the next 64 KiB of one. Gives its octets; 0 at the end.
    fn chunk(&mut self, out: &mut Vec<u8>) -> io::Result<u64> {
        let read = self.input.by_ref().take(CHUNK_OCTETS).read_until(b'\n', out)? as u64;
        self.at += read;
        Ok(read)
    }

    fn seek(&mut self, to: u64) -> io::Result<()> {
        self.at = self.input.seek(SeekFrom::Start(to))?;
        Ok(())
    }
}

/// The messages of a file in memory, each with where it ends; None: it is too large. Ends at what
/// is no mbox.
pub fn messages(file: Vec<u8>) -> impl Iterator<Item = (u64, Option<Message>)> {
    let mut mbox = Mbox::open(io::Cursor::new(file), 0).ok();
    std::iter::from_fn(move || {
        let raw = mbox.as_mut()?.read().ok()??;
        let message = raw.message.map(|octets| message(&octets, &raw.envelope, raw.verbatim));
        Some((raw.end, message))
    })
}

/// The message of an mbox with what the file says of it.
pub(crate) fn message(raw: &[u8], envelope: &[u8], verbatim: bool) -> Message {
    let octets = if verbatim { raw.to_vec() } else { unquoted(raw) };
    let (octets, flags, keywords) = without_fields(&octets);
    let received = envelope_time(envelope);
    Message { flags, keywords, received, ..Message::of(to_crlf(octets)) }
}

/// The first message of folders that the University of Washington's programs keep: no mail.
pub(crate) fn is_folder_data(message: &Message) -> bool {
    const SUBJECT: &[u8] = b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\n";
    let header = &message.octets[..message.octets.len().min(HEADER_OCTETS_MAX)];
    memchr::memmem::find(header, SUBJECT).is_some()
}

/// Appends a message in mboxrd.
pub(crate) fn write(message: &Message, out: &mut Vec<u8>) {
    out.extend_from_slice(envelope(message).as_bytes());
    let octets = to_lf(&message.octets);
    let line_end: &[u8] = if octets.contains(&b'\r') { b"\r\n" } else { b"\n" };
    for field in to_fields(message.flags, &message.keywords) {
        out.extend_from_slice(field.as_bytes());
        out.extend_from_slice(line_end);
    }
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if is_from(line) {
            out.push(b'>');
        }
        out.extend_from_slice(line);
    }
    if !octets.ends_with(b"\n") {
        out.extend_from_slice(line_end);
    }
    out.push(b'\n');
}

/// `From MAILER-DAEMON Mon Nov  2 08:30:00 2026`, in UTC. Who sent it stands in the message.
fn envelope(message: &Message) -> String {
    let at = jiff::Timestamp::from_second(message.received.unwrap_or(0)).unwrap_or_default();
    let at = at.to_zoned(TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string();
    format!("From MAILER-DAEMON {at}\n")
}

/// The time of a line `From `: `Mon Nov  2 08:30:00 2026`, perhaps with a zone before or behind
/// the year. A zone that is a name is passed over.
fn envelope_time(envelope: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(envelope);
    let words: Vec<&str> = text.split_whitespace().collect();
    let month_at =
        words.windows(3).rposition(|words| month(words[0]).is_some() && words[2].contains(':'))?;
    let rest = &words[month_at + 3..];
    let year =
        rest.iter().find(|word| word.len() == 4 && word.parse::<i16>().is_ok_and(|year| year > 0));
    let mut clock = words[month_at + 2].splitn(3, ':').map(|part| part.parse::<i8>().ok());
    let mut part = || clock.next().unwrap_or(Some(0));
    let (hour, minute, second) = (part()?, part()?, part()?);
    let (month, day) = (month(words[month_at])?, words[month_at + 1].parse().ok()?);
    let time = DateTime::new(year?.parse().ok()?, month, day, hour, minute, second, 0).ok()?;
    let zone = rest.iter().find_map(|word| zone_seconds(word)).unwrap_or(0);
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() - zone)
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word)).map(|at| at as i8 + 1)
}

/// `+0100`, in seconds east of UTC.
fn zone_seconds(word: &str) -> Option<i64> {
    let (sign, digits) = match word.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Takes the fields of flags out: an exporter's in front, else those in the whole header.
fn without_fields(octets: &[u8]) -> (Vec<u8>, Flags, Vec<String>) {
    let (mut flags, mut keywords) = (Flags::NONE, Vec::new());
    let mut kept = Vec::with_capacity(octets.len());
    let mut rest = octets;
    let mut left = if is_exported(octets) { EXPORTED_FIELDS.len() } else { usize::MAX };
    while let Some(line) = first_line(rest)
        && left > 0
        && !without_line_end(line).is_empty()
    {
        let text = String::from_utf8_lossy(without_line_end(line));
        if !read_field(&text, &mut flags, &mut keywords) {
            kept.extend_from_slice(line);
        }
        rest = &rest[line.len()..];
        left -= 1;
    }
    kept.extend_from_slice(rest);
    (kept, flags, keywords)
}

/// Whether the message begins with all the fields that [`write`] puts there.
fn is_exported(octets: &[u8]) -> bool {
    let mut lines = octets.split(|octet| *octet == b'\n');
    EXPORTED_FIELDS.iter().all(|name| {
        lines
            .next()
            .and_then(|line| line.strip_prefix(name.as_bytes()))
            .is_some_and(|rest| rest.starts_with(b":"))
    })
}

fn first_line(octets: &[u8]) -> Option<&[u8]> {
    octets.split_inclusive(|octet| *octet == b'\n').next()
}

fn unquoted(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        let quoted = line.first() == Some(&b'>') && is_from(line);
        out.extend_from_slice(if quoted { &line[1..] } else { line });
    }
    out
}

/// `From `, behind any number of `>`.
fn is_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|octet| **octet == b'>').count();
    line[marks..].starts_with(b"From ")
}

fn has_from_line(octets: &[u8]) -> bool {
    octets.split(|octet| *octet == b'\n').any(|line| line.starts_with(b"From "))
}

fn content_length(line: &[u8]) -> Option<u64> {
    let (name, value) = line.split_at_checked(b"Content-Length:".len())?;
    let value = name.eq_ignore_ascii_case(b"Content-Length:").then_some(value)?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Octets of the line end that comes first, if one does.
fn line_end_octets(octets: &[u8]) -> usize {
    match octets {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether the last line is empty, or there is none yet.
fn is_at_empty(octets: &[u8]) -> bool {
    octets.is_empty() || octets.ends_with(b"\n\n") || octets.ends_with(b"\n\r\n")
}

/// The empty line before the next `From ` is not the message's.
fn cut_empty_line(octets: &mut Vec<u8>) {
    if octets.ends_with(b"\n\n") {
        octets.truncate(octets.len() - 1);
    } else if octets.ends_with(b"\n\r\n") {
        octets.truncate(octets.len() - 2);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use proptest::prelude::*;

    fn read_all(file: &[u8]) -> Vec<Message> {
        let mut mbox = Mbox::open(Cursor::new(file), 0).unwrap();
        let mut all = Vec::new();
        while let Some(raw) = mbox.read().unwrap() {
            all.push(message(&raw.message.unwrap(), &raw.envelope, raw.verbatim));
        }
        assert_eq!(mbox.at, file.len() as u64);
        all
    }

    fn bodies(file: &str) -> Vec<String> {
        let all = read_all(file.as_bytes()).into_iter();
        all.map(|message| String::from_utf8(message.octets).unwrap()).collect()
    }

    const FROM: &str = "From a@b.example Mon Nov  2 08:30:00 2026\n";

    #[test]
    fn a_content_length_that_no_file_has_is_not_believed() {
        let file = format!("From a\nContent-Length: {}\n\nx\n\nFrom b\n\ny\n", u64::MAX);
        let found = messages(file.into_bytes()).map(|(_, message)| message.unwrap().octets.len());
        assert_eq!(found.count(), 2);
    }

    #[test]
    fn quoting_of_all_kinds_is_read() {
        let two = format!("{FROM}A: 1\n\n>From x\n>>From y\nFrom z\n\n{FROM}A: 2\n\nb\n");
        assert_eq!(
            bodies(&two),
            ["A: 1\r\n\r\nFrom x\r\n>From y\r\nFrom z\r\n", "A: 2\r\n\r\nb\r\n"]
        );
    }

    #[test]
    fn a_content_length_is_believed_where_a_message_may_end() {
        let body = "one\n\nFrom inside\n\ntwo\n";
        let length = body.len();
        let right = format!("{FROM}Content-Length: {length}\n\n{body}\n{FROM}A: 2\n\nx\n");
        let read = bodies(&right);
        assert_eq!(read.len(), 2, "{read:?}");
        assert!(read[0].ends_with("one\r\n\r\nFrom inside\r\n\r\ntwo\r\n"), "{read:?}");
        let wrong = format!("{FROM}Content-Length: 3\n\nabcdef\n\n{FROM}A: 2\n\nx\n");
        let read = bodies(&wrong);
        assert_eq!(read.len(), 2, "{read:?}");
        assert!(read[0].ends_with("\r\n\r\nabcdef\r\n"), "{read:?}");
        let beyond = format!("{FROM}Content-Length: 99999999999\n\nabc\n");
        assert_eq!(bodies(&beyond).len(), 1);
    }

    #[test]
    fn times_of_envelopes() {
        for (envelope, time) in [
            ("From a@b Mon Nov  2 08:30:00 2026", Some(1_793_608_200)),
            ("From - Mon Nov 02 08:30:00 2026", Some(1_793_608_200)),
            ("From a@b Mon Nov  2 09:30:00 2026 +0100", Some(1_793_608_200)),
            ("From a@b Mon Nov  2 09:30:00 +0100 2026", Some(1_793_608_200)),
            ("From a@b Mon Nov  2 08:30 2026", Some(1_793_608_200)),
            ("From Mar 1 of us", None),
            ("From ???", None),
        ] {
            assert_eq!(envelope_time(envelope.as_bytes()), time, "{envelope}");
        }
    }

    #[test]
    fn flags_of_other_programs_are_taken_out_of_the_header() {
        let file = format!(
            "{FROM}Subject: s\nStatus: RO\nX-Status: A\nX-Keywords: work $Forwarded\n\
             X-Mozilla-Status: 0005\n\nStatus: body\n"
        );
        let read = read_all(file.as_bytes());
        let flags = Flags::SEEN | Flags::ANSWERED | Flags::FORWARDED | Flags::FLAGGED;
        assert_eq!((read[0].flags, &read[0].keywords[..]), (flags, &["work".to_owned()][..]));
        assert_eq!(read[0].octets, b"Subject: s\r\n\r\nStatus: body\r\n");
    }

    #[test]
    fn a_place_between_messages_is_where_reading_goes_on() {
        let file = format!("{FROM}A: 1\n\nx\n\n{FROM}A: 2\n\ny\n\n");
        let mut mbox = Mbox::open(Cursor::new(file.as_bytes()), 0).unwrap();
        let end = mbox.read().unwrap().unwrap().end;
        let mut rest = Mbox::open(Cursor::new(file.as_bytes()), end).unwrap();
        assert_eq!(rest.read().unwrap().unwrap().message.unwrap(), b"A: 2\n\ny\n");
        assert!(Mbox::open(Cursor::new(file.as_bytes()), end + 1).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            bodies in prop::collection::vec("(From |>|a|Status: |\r\n){0,12}", 1..4),
            flags in 0u16..0x7ff,
        ) {
            let message = |body: &String| {
                let octets = format!("A: b\r\n\r\n{body}\r\n").into_bytes();
                let (flags, received) = (Flags::from_bits(flags), Some(1_793_608_200));
                Message { flags, received, keywords: vec!["k k".into()], ..Message::of(octets) }
            };
            let messages: Vec<Message> = bodies.iter().map(message).collect();
            let mut file = Vec::new();
            messages.iter().for_each(|message| write(message, &mut file));
            prop_assert_eq!(read_all(&file), messages);
        }

        #[test]
        fn nothing_panics_and_everything_ends(file in "(From |Content-Length: [0-9]{1,3}|[ab>:]|\n|\r\n){0,40}") {
            let file = format!("From x\n{file}");
            let mut mbox = Mbox::open(Cursor::new(file.as_bytes()), 0).unwrap();
            while let Some(raw) = mbox.read().unwrap() {
                message(&raw.message.unwrap(), &raw.envelope, raw.verbatim);
            }
            prop_assert_eq!(mbox.at, file.len() as u64);
        }
    }
}
