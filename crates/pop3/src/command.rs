//! Commands: one line each.

use std::str;

/// A command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `AUTH [mechanism [initial-response]]` (RFC 5034).
    Auth {
        /// SASL mechanism; without one, the mechanisms are listed.
        mechanism: Option<String>,
        /// Base64, or `=` for an empty one.
        initial: Option<String>,
    },
    /// `CAPA` (RFC 2449).
    Capa,
    /// `DELE msg`.
    Dele(u32),
    /// `LIST [msg]`.
    List(Option<u32>),
    /// `NOOP`.
    Noop,
    /// `PASS string`: the rest of the line, blanks and all.
    Pass(String),
    /// `QUIT`.
    Quit,
    /// `RETR msg`.
    Retr(u32),
    /// `RSET`.
    Rset,
    /// `STAT`.
    Stat,
    /// `STLS` (RFC 2595).
    Stls,
    /// `TOP msg n`.
    Top(u32, u32),
    /// `UIDL [msg]`.
    Uidl(Option<u32>),
    /// `USER name`.
    User(String),
    /// `UTF8` (RFC 6856).
    Utf8,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    /// No such command.
    #[error("unknown command")]
    Unknown,
    /// The arguments are not what the command takes.
    #[error("bad arguments")]
    Arguments,
    /// The line is not UTF-8 or has control characters.
    #[error("bad characters")]
    Characters,
}

impl Command {
    /// Parses a line without its line end.
    pub fn parse(line: &[u8]) -> Result<Self, BadCommand> {
        let line = str::from_utf8(line).map_err(|_| BadCommand::Characters)?;
        if line.chars().any(|c| c.is_control()) {
            return Err(BadCommand::Characters);
        }
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        match keyword.to_ascii_uppercase().as_str() {
            "PASS" if !rest.is_empty() => Ok(Command::Pass(rest.to_owned())),
            "USER" if !rest.trim().is_empty() => Ok(Command::User(rest.trim().to_owned())),
            "PASS" | "USER" => Err(BadCommand::Arguments),
            keyword => with_arguments(keyword, &rest.split_whitespace().collect::<Vec<_>>()),
        }
    }
}

fn with_arguments(keyword: &str, arguments: &[&str]) -> Result<Command, BadCommand> {
    match (keyword, arguments) {
        ("CAPA", []) => Ok(Command::Capa),
        ("NOOP", []) => Ok(Command::Noop),
        ("QUIT", []) => Ok(Command::Quit),
        ("RSET", []) => Ok(Command::Rset),
        ("STAT", []) => Ok(Command::Stat),
        ("STLS", []) => Ok(Command::Stls),
        ("UTF8", []) => Ok(Command::Utf8),
        ("LIST", []) => Ok(Command::List(None)),
        ("UIDL", []) => Ok(Command::Uidl(None)),
        ("LIST", [message]) => number(message).map(|n| Command::List(Some(n))),
        ("UIDL", [message]) => number(message).map(|n| Command::Uidl(Some(n))),
        ("DELE", [message]) => number(message).map(Command::Dele),
        ("RETR", [message]) => number(message).map(Command::Retr),
        ("TOP", [message, lines]) => Ok(Command::Top(number(message)?, number(lines)?)),
        ("AUTH", [] | [_] | [_, _]) => Ok(Command::Auth {
            mechanism: arguments.first().map(|text| (*text).to_owned()),
            initial: arguments.get(1).map(|text| (*text).to_owned()),
        }),
        (known, _) if KEYWORDS.contains(&known) => Err(BadCommand::Arguments),
        _ => Err(BadCommand::Unknown),
    }
}

const KEYWORDS: [&str; 13] = [
    "AUTH", "CAPA", "DELE", "LIST", "NOOP", "QUIT", "RETR", "RSET", "STAT", "STLS", "TOP", "UIDL",
    "UTF8",
];

/// A message number or a count of lines: digits only.
fn number(text: &str) -> Result<u32, BadCommand> {
    match text.bytes().all(|octet| octet.is_ascii_digit()) {
        true => text.parse().map_err(|_| BadCommand::Arguments),
        false => Err(BadCommand::Arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_meaning() {
        let auth = |mechanism: &str, initial: Option<&str>| Command::Auth {
            mechanism: Some(mechanism.to_owned()),
            initial: initial.map(str::to_owned),
        };
        for (line, meaning) in [
            ("quit", Ok(Command::Quit)),
            ("RETR 7", Ok(Command::Retr(7))),
            ("TOP 1 0", Ok(Command::Top(1, 0))),
            ("LIST", Ok(Command::List(None))),
            ("PASS  two blanks ", Ok(Command::Pass(" two blanks ".to_owned()))),
            ("USER alice@example.test", Ok(Command::User("alice@example.test".to_owned()))),
            ("AUTH PLAIN AGE=", Ok(auth("PLAIN", Some("AGE=")))),
            ("AUTH PLAIN", Ok(auth("PLAIN", None))),
            ("PASS", Err(BadCommand::Arguments)),
            ("RETR", Err(BadCommand::Arguments)),
            ("RETR -1", Err(BadCommand::Arguments)),
            ("RETR +1", Err(BadCommand::Arguments)),
            ("RETR 99999999999", Err(BadCommand::Arguments)),
            ("STLS now", Err(BadCommand::Arguments)),
            ("APOP a b", Err(BadCommand::Unknown)),
            ("", Err(BadCommand::Unknown)),
            ("NO\u{0}OP", Err(BadCommand::Characters)),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), meaning, "{line:?}");
        }
        assert_eq!(Command::parse(b"USER \xff"), Err(BadCommand::Characters));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line: Vec<u8>) {
            let _ = Command::parse(&line);
        }
    }
}
