//! When the answer of a server is whole.
//!
//! Just enough of SMTP, IMAP4 and POP3 to know, for a line that a client has sent, whether the
//! server says something now and which line of it is the last. No IO, and no opinion about
//! what is right: a server that answers in another form leaves whoever waits waiting.
//!
//! What is not asked for (what IMAP tells a client in IDLE) belongs to the next answer.

/// The protocol of a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321, with CHUNKING (RFC 3030).
    Smtp,
    /// RFC 9051.
    Imap,
    /// RFC 1939, with CAPA (RFC 2449) and AUTH (RFC 5034).
    Pop3,
}

/// What a line of the client leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The server answers, once `octets` are sent.
    pub answer: bool,
    /// Octets that the client sends next and that are no lines.
    pub octets: usize,
}

/// What a line of the server is in its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// More lines follow.
    Part,
    /// So many octets follow that are no lines, then the rest of this line.
    Octets(usize),
    /// The last line.
    Whole {
        /// Octets that the client sends next and that are no lines.
        octets: usize,
    },
}

/// One connection, from its greeting on.
#[derive(Clone, Debug)]
pub struct Dialogue {
    protocol: Protocol,
    /// Of the last command: its first word, or IMAP's tag.
    word: String,
    /// SMTP: the lines up to a dot are a message. POP3: the answer ends with a dot.
    until_dot: bool,
    /// IMAP: octets of the literal that the server may ask for.
    literal: usize,
    /// IMAP: the next line goes on with the command.
    goes_on: bool,
    /// The client has said goodbye.
    leaving: bool,
}

impl Dialogue {
    /// Before the greeting, which is an answer.
    pub fn new(protocol: Protocol) -> Self {
        let word = String::new();
        Dialogue { protocol, word, until_dot: false, literal: 0, goes_on: false, leaving: false }
    }

    /// The connection ends after the answer.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// The client has sent a line, here without its end.
    pub fn asked(&mut self, line: &[u8]) -> Asked {
        let line = String::from_utf8_lossy(line);
        match self.protocol {
            Protocol::Smtp => self.asked_smtp(&line),
            Protocol::Imap => self.asked_imap(&line),
            Protocol::Pop3 => self.asked_pop3(&line),
        }
    }

    /// The server has sent a line, here without its end.
    pub fn answered(&mut self, line: &[u8]) -> Answered {
        match self.protocol {
            Protocol::Smtp => self.answered_smtp(line),
            Protocol::Imap => self.answered_imap(line),
            Protocol::Pop3 => self.answered_pop3(line),
        }
    }

    fn asked_smtp(&mut self, line: &str) -> Asked {
        if self.until_dot {
            self.until_dot = line != ".";
            return Asked { answer: !self.until_dot, octets: 0 };
        }
        self.begin(line, "QUIT");
        let octets = match self.word.as_str() {
            "BDAT" => line.split(' ').nth(1).and_then(|size| size.parse().ok()).unwrap_or(0),
            _ => 0,
        };
        Asked { answer: true, octets }
    }

    /// `Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF`
    fn answered_smtp(&mut self, line: &[u8]) -> Answered {
        if line.get(3) == Some(&b'-') {
            return Answered::Part;
        }
        self.until_dot = line.starts_with(b"354");
        self.leaving |= line.starts_with(b"421");
        Answered::Whole { octets: 0 }
    }

    fn asked_imap(&mut self, line: &str) -> Asked {
        if !std::mem::take(&mut self.goes_on) {
            self.word = line.split(' ').next().unwrap_or_default().to_owned();
            self.leaving = line.to_ascii_uppercase().ends_with(" LOGOUT");
        }
        let Some((octets, waits)) = literal(line) else {
            return Asked { answer: true, octets: 0 };
        };
        self.goes_on = true;
        self.literal = octets;
        Asked { answer: waits, octets: if waits { 0 } else { octets } }
    }

    fn answered_imap(&mut self, line: &[u8]) -> Answered {
        if let Some((octets, _)) = literal(&String::from_utf8_lossy(line)) {
            return Answered::Octets(octets);
        }
        if line.starts_with(b"+ ") || line == b"+" {
            self.goes_on = true;
            return Answered::Whole { octets: std::mem::take(&mut self.literal) };
        }
        let tag = self.word.as_bytes();
        let whole = tag.is_empty() || line.strip_prefix(tag).is_some_and(|it| it.starts_with(b" "));
        if !whole {
            return Answered::Part;
        }
        (self.goes_on, self.literal) = (false, 0);
        Answered::Whole { octets: 0 }
    }

    fn asked_pop3(&mut self, line: &str) -> Asked {
        self.begin(line, "QUIT");
        Asked { answer: true, octets: 0 }
    }

    /// RFC 1939 section 3: some answers go on until a dot, if they are good ones.
    fn answered_pop3(&mut self, line: &[u8]) -> Answered {
        if self.until_dot {
            self.until_dot = line != b".";
        } else {
            let command: Vec<&str> = self.word.split(' ').collect();
            let many = matches!(command[..], ["CAPA" | "LIST" | "UIDL"] | ["RETR" | "TOP", ..]);
            self.until_dot = many && line.starts_with(b"+OK");
        }
        if self.until_dot { Answered::Part } else { Answered::Whole { octets: 0 } }
    }

    /// Takes note of a command line, or of its first word in SMTP.
    fn begin(&mut self, line: &str, goodbye: &str) {
        let line = line.to_ascii_uppercase();
        self.leaving = line == goodbye;
        self.word = match self.protocol {
            Protocol::Pop3 => line,
            _ => line.split(' ').next().unwrap_or_default().to_owned(),
        };
    }
}

/// `literal = "{" number64 ["+"] "}" CRLF` at the end of a line: its octets, and whether the
/// client waits to be asked for them.
fn literal(line: &str) -> Option<(usize, bool)> {
    let (_, number) = line.strip_suffix('}')?.rsplit_once('{')?;
    let digits = number.strip_suffix('+').unwrap_or(number);
    Some((digits.parse().ok()?, digits == number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Answered = Answered::Whole { octets: 0 };

    fn asks(octets: usize) -> Asked {
        Asked { answer: true, octets }
    }

    fn silence(octets: usize) -> Asked {
        Asked { answer: false, octets }
    }

    #[test]
    fn smtp_answers_commands_and_the_dot() {
        let mut it = Dialogue::new(Protocol::Smtp);
        assert_eq!(it.answered(b"220 mail"), WHOLE);
        assert_eq!(it.asked(b"EHLO a"), asks(0));
        assert_eq!(it.answered(b"250-SIZE"), Answered::Part);
        assert_eq!(it.answered(b"250 DSN"), WHOLE);
        assert_eq!(it.asked(b"BDAT 5 LAST"), asks(5));
        assert_eq!(it.asked(b"data"), asks(0));
        assert_eq!(it.answered(b"354 Go on"), WHOLE);
        assert_eq!(it.asked(b"QUIT"), silence(0));
        assert_eq!(it.asked(b"."), asks(0));
        assert_eq!(it.answered(b"250 OK"), WHOLE);
        assert!(!it.is_leaving());
        it.asked(b"quit");
        assert!(it.is_leaving());
    }

    #[test]
    fn imap_answers_with_the_tag_and_asks_for_literals() {
        let mut it = Dialogue::new(Protocol::Imap);
        assert_eq!(it.answered(b"* OK ready"), WHOLE);
        assert_eq!(it.asked(b"a FETCH 1 BODY[]"), asks(0));
        assert_eq!(it.answered(b"* 1 FETCH (BODY[] {4}"), Answered::Octets(4));
        assert_eq!(it.answered(b")"), Answered::Part);
        assert_eq!(it.answered(b"ab OK no tag of ours"), Answered::Part);
        assert_eq!(it.answered(b"a OK"), WHOLE);
        assert_eq!(it.asked(b"b APPEND x {3}"), asks(0));
        assert_eq!(it.answered(b"+ OK"), Answered::Whole { octets: 3 });
        assert_eq!(it.asked(b""), asks(0));
        assert_eq!(it.answered(b"b OK"), WHOLE);
        assert_eq!(it.asked(b"c LOGIN {1+}"), silence(1));
        assert_eq!(it.asked(b" {2}"), asks(0));
        assert_eq!(it.answered(b"c BAD"), WHOLE);
        assert_eq!(it.asked(b"d LOGOUT"), asks(0));
        assert!(it.is_leaving());
    }

    #[test]
    fn pop3_ends_long_answers_with_a_dot() {
        let mut it = Dialogue::new(Protocol::Pop3);
        assert_eq!(it.answered(b"+OK ready"), WHOLE);
        it.asked(b"LIST 1");
        assert_eq!(it.answered(b"+OK 1 20"), WHOLE);
        it.asked(b"retr 1");
        assert_eq!(it.answered(b"+OK"), Answered::Part);
        assert_eq!(it.answered(b"+OK in the message"), Answered::Part);
        assert_eq!(it.answered(b"."), WHOLE);
        it.asked(b"RETR 9");
        assert_eq!(it.answered(b"-ERR"), WHOLE);
    }
}
