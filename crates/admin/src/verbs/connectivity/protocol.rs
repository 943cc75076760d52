//! The words of the protocols that are tried, and what an answer means in each.

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 9051.
    Imap4,
    /// RFC 1939.
    Pop3,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// What a service says first.
    Greeting,
    /// The answer to [`Protocol::hello`], of several lines.
    Capabilities,
    /// Any other answer.
    Answer,
}

/// What a line of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More lines follow.
    More,
    /// Yes; it is the last one.
    Good,
    /// No.
    Refused,
}

impl Protocol {
    /// What stands before a command.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Protocol::Imap4 => "x ",
            Protocol::Smtp | Protocol::Pop3 => "",
        }
    }

    /// Asks what is offered.
    pub(super) const fn hello(self) -> &'static str {
        match self {
            Protocol::Smtp => "EHLO localhost",
            Protocol::Imap4 => "CAPABILITY",
            Protocol::Pop3 => "CAPA",
        }
    }

    /// Asks for TLS; also how that is offered.
    pub(super) const fn start_tls(self) -> &'static str {
        match self {
            Protocol::Smtp | Protocol::Imap4 => "STARTTLS",
            Protocol::Pop3 => "STLS",
        }
    }

    /// Begins a login by SASL's PLAIN, whose message follows in a line of its own.
    pub(super) const fn authenticate(self) -> &'static str {
        match self {
            Protocol::Imap4 => "AUTHENTICATE PLAIN",
            Protocol::Smtp | Protocol::Pop3 => "AUTH PLAIN",
        }
    }

    /// Ends the session.
    pub(super) const fn farewell(self) -> &'static str {
        match self {
            Protocol::Imap4 => "LOGOUT",
            Protocol::Smtp | Protocol::Pop3 => "QUIT",
        }
    }

    /// Whether it is of no use without a login. SMTP is: servers bring mail.
    pub(super) const fn is_for_users(self) -> bool {
        !matches!(self, Protocol::Smtp)
    }

    /// What a line says, without its end.
    pub(super) fn judge(self, expected: Expected, line: &str) -> Verdict {
        match self {
            Protocol::Smtp => smtp(line),
            Protocol::Imap4 => imap(expected, line),
            Protocol::Pop3 => pop(expected, line),
        }
    }
}

/// RFC 5321 4.2.1: the first digit decides; a hyphen says that more follows.
fn smtp(line: &str) -> Verdict {
    match (line.starts_with(['2', '3']), line.as_bytes().get(3)) {
        (true, Some(b'-')) => Verdict::More,
        (true, _) => Verdict::Good,
        (false, _) => Verdict::Refused,
    }
}

/// RFC 9051 7: untagged lines, a request for more, then the tagged one.
fn imap(expected: Expected, line: &str) -> Verdict {
    let begins = |with: &str| line.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
    match expected {
        Expected::Greeting if begins("* OK") || begins("* PREAUTH") => Verdict::Good,
        Expected::Greeting => Verdict::Refused,
        Expected::Capabilities | Expected::Answer if begins("* ") => Verdict::More,
        Expected::Answer if begins("+") => Verdict::Good,
        Expected::Capabilities | Expected::Answer if begins("x OK") => Verdict::Good,
        Expected::Capabilities | Expected::Answer => Verdict::Refused,
    }
}

/// RFC 1939 3 and RFC 2449 5: the list of capabilities ends with a dot.
fn pop(expected: Expected, line: &str) -> Verdict {
    match (expected, line) {
        (_, line) if line.starts_with("-ERR") => Verdict::Refused,
        (Expected::Capabilities, ".") => Verdict::Good,
        (Expected::Capabilities, _) => Verdict::More,
        (_, line) if line.starts_with('+') => Verdict::Good,
        _ => Verdict::Refused,
    }
}
