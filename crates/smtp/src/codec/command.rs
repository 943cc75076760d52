//! Commands (RFC 5321 section 4.1.1 and the extensions' own).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use types::{ReversePath, limits::DOMAIN_OCTETS_MAX};

use super::address::{ForwardPath, WireReversePath, brackets, forward_path, reverse_path};
use super::params::{MailParams, RcptParams};
use super::reply::{Enhanced, Reply};

/// One command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `EHLO name`. The name is empty when the client gave none: whether that is allowed is
    /// the connector's choice.
    Ehlo(String),
    /// `HELO name`; as [`Command::Ehlo`].
    Helo(String),
    /// `LHLO name` (RFC 2033).
    Lhlo(String),
    /// `MAIL FROM:`.
    Mail {
        /// Where reports go.
        reverse_path: ReversePath,
        /// The parameters behind it.
        params: MailParams,
    },
    /// `RCPT TO:`.
    Rcpt {
        /// The recipient.
        forward_path: ForwardPath,
        /// The parameters behind it.
        params: RcptParams,
    },
    /// `DATA`.
    Data,
    /// `BDAT octets [LAST]` (RFC 3030).
    Bdat {
        /// How many octets of content follow the line.
        octets: u64,
        /// True for the message's last chunk.
        last: bool,
    },
    /// `RSET`.
    Rset,
    /// `NOOP`; its argument means nothing and is dropped.
    Noop,
    /// `VRFY string`.
    Vrfy(String),
    /// `EXPN string`.
    Expn(String),
    /// `HELP`; its argument is dropped.
    Help,
    /// `QUIT`.
    Quit,
    /// `STARTTLS` (RFC 3207).
    StartTls,
    /// `AUTH mechanism [initial-response]` (RFC 4954).
    Auth {
        /// Upper case.
        mechanism: String,
        /// Decoded; empty for `=`.
        initial: Option<Vec<u8>>,
    },
}

/// Why a line is no command. The reply is fixed by the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// No command begins like this.
    #[error("unrecognized command")]
    Unknown,
    /// Bare CR, LF or NUL, or no UTF-8.
    #[error("syntax error, bad characters in command")]
    Line,
    /// The command is known, its arguments are wrong.
    #[error("invalid arguments")]
    Arguments,
    /// MAIL with an illegal reverse-path.
    #[error("invalid sender address")]
    Sender,
    /// RCPT with an illegal forward-path.
    #[error("invalid recipient address")]
    Recipient,
    /// MAIL or RCPT with a parameter we do not know or did not offer.
    #[error("unsupported parameter")]
    Parameter,
    /// UTF-8 where SMTPUTF8 was not asked for.
    #[error("non-ASCII characters need SMTPUTF8")]
    NonAscii,
    /// AUTH with an initial response that is not base64.
    #[error("invalid base64")]
    Base64,
    /// BDAT whose octets cannot be counted. What follows may be content, so nobody can say
    /// where the next command begins: the connection must end.
    #[error("invalid chunk size")]
    Chunk,
}

impl SyntaxError {
    /// What to answer.
    pub fn reply(self) -> Reply {
        let (code, enhanced) = match self {
            SyntaxError::Unknown => (500, Enhanced(5, 3, 3)),
            SyntaxError::Line => (500, Enhanced(5, 5, 2)),
            SyntaxError::Arguments | SyntaxError::Chunk => (501, Enhanced(5, 5, 4)),
            SyntaxError::Sender => (501, Enhanced(5, 1, 7)),
            SyntaxError::Recipient => (501, Enhanced(5, 1, 3)),
            SyntaxError::Parameter => (555, Enhanced(5, 5, 4)),
            SyntaxError::NonAscii => (553, Enhanced(5, 6, 7)),
            SyntaxError::Base64 => (501, Enhanced(5, 5, 2)),
        };
        Reply::new(code, enhanced, &sentence(&self.to_string()))
    }
}

/// The text with a capital letter in front.
fn sentence(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_ascii_uppercase() + rest
}

impl Command {
    /// Parses a line without its CRLF.
    pub fn parse(line: &[u8]) -> Result<Self, SyntaxError> {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(SyntaxError::Line);
        }
        let line = std::str::from_utf8(line).map_err(|_| SyntaxError::Line)?;
        // Trailing spaces are no argument; hosts that send them are many and harmless.
        let line = line.trim_end_matches(' ');
        let (verb, arguments) = line.split_once(' ').unwrap_or((line, ""));
        command(&verb.to_ascii_uppercase(), arguments)
    }

    /// The line with its CRLF.
    pub fn encode(&self) -> Vec<u8> {
        format!("{}\r\n", self.line()).into_bytes()
    }

    fn line(&self) -> String {
        match self {
            Command::Ehlo(name) => join("EHLO", name),
            Command::Helo(name) => join("HELO", name),
            Command::Lhlo(name) => join("LHLO", name),
            Command::Mail { reverse_path, params } => {
                format!("MAIL FROM:{}{params}", WireReversePath(reverse_path))
            }
            Command::Rcpt { forward_path, params } => format!("RCPT TO:{forward_path}{params}"),
            Command::Data => "DATA".to_owned(),
            Command::Bdat { octets, last } => {
                format!("BDAT {octets}{}", if *last { " LAST" } else { "" })
            }
            Command::Rset => "RSET".to_owned(),
            Command::Noop => "NOOP".to_owned(),
            Command::Vrfy(text) => join("VRFY", text),
            Command::Expn(text) => join("EXPN", text),
            Command::Help => "HELP".to_owned(),
            Command::Quit => "QUIT".to_owned(),
            Command::StartTls => "STARTTLS".to_owned(),
            Command::Auth { mechanism, initial } => auth_line(mechanism, initial.as_deref()),
        }
    }
}

fn join(verb: &str, argument: &str) -> String {
    if argument.is_empty() { verb.to_owned() } else { format!("{verb} {argument}") }
}

fn auth_line(mechanism: &str, initial: Option<&[u8]>) -> String {
    match initial {
        None => format!("AUTH {mechanism}"),
        Some([]) => format!("AUTH {mechanism} ="),
        Some(bytes) => format!("AUTH {mechanism} {}", BASE64.encode(bytes)),
    }
}

/// The rules by their verbs, in upper case.
fn command(verb: &str, arguments: &str) -> Result<Command, SyntaxError> {
    let bare =
        |command| if arguments.is_empty() { Ok(command) } else { Err(SyntaxError::Arguments) };
    match verb {
        "EHLO" => greeting_name(arguments).map(Command::Ehlo),
        "HELO" => greeting_name(arguments).map(Command::Helo),
        "LHLO" => greeting_name(arguments).map(Command::Lhlo),
        "MAIL" => mail(arguments),
        "RCPT" => rcpt(arguments),
        "DATA" => bare(Command::Data),
        "BDAT" => bdat_cmd(arguments),
        "RSET" => bare(Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => string(arguments).map(Command::Vrfy),
        "EXPN" => string(arguments).map(Command::Expn),
        "HELP" => Ok(Command::Help),
        "QUIT" => bare(Command::Quit),
        "STARTTLS" => bare(Command::StartTls),
        "AUTH" => auth(arguments),
        _ => Err(SyntaxError::Unknown),
    }
}

/// `ehlo = "EHLO" SP ( Domain / address-literal )`. Names in the field are rarely domains;
/// any printable ASCII without spaces is taken, and believed by nobody.
fn greeting_name(text: &str) -> Result<String, SyntaxError> {
    let legal = text.len() <= DOMAIN_OCTETS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    if legal { Ok(text.to_owned()) } else { Err(SyntaxError::Arguments) }
}

/// `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]`
fn mail(arguments: &str) -> Result<Command, SyntaxError> {
    let (path, params) = path_and_params(arguments, "FROM:", SyntaxError::Sender)?;
    let reverse_path = reverse_path(path).ok_or(SyntaxError::Sender)?;
    let params = MailParams::parse(params)?;
    if !arguments.is_ascii() && !params.smtputf8 {
        return Err(SyntaxError::NonAscii);
    }
    Ok(Command::Mail { reverse_path, params })
}

/// `rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]`
fn rcpt(arguments: &str) -> Result<Command, SyntaxError> {
    let (path, params) = path_and_params(arguments, "TO:", SyntaxError::Recipient)?;
    let forward_path = forward_path(path).ok_or(SyntaxError::Recipient)?;
    Ok(Command::Rcpt { forward_path, params: RcptParams::parse(params)? })
}

/// What stands between the angle brackets, and the parameters. Spaces between colon and path
/// are against the grammar and common.
fn path_and_params<'a>(
    arguments: &'a str,
    keyword: &str,
    bad_path: SyntaxError,
) -> Result<(&'a str, &'a str), SyntaxError> {
    let head = arguments.get(..keyword.len()).ok_or(SyntaxError::Arguments)?;
    if !head.eq_ignore_ascii_case(keyword) {
        return Err(SyntaxError::Arguments);
    }
    let text = arguments[keyword.len()..].trim_start_matches(' ');
    let (path, params) = brackets(text).ok_or(bad_path)?;
    if !params.is_empty() && !params.starts_with(' ') {
        return Err(SyntaxError::Arguments);
    }
    Ok((path, params))
}

/// `bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ]`, `chunk-size = 1*DIGIT`
fn bdat_cmd(arguments: &str) -> Result<Command, SyntaxError> {
    let (size, marker) = match arguments.split_once(' ') {
        Some((size, marker)) => (size, Some(marker)),
        None => (arguments, None),
    };
    let last = marker.is_some_and(|marker| marker.eq_ignore_ascii_case("LAST"));
    let legal = size.bytes().all(|b| b.is_ascii_digit()) && (last || marker.is_none());
    let octets = size.parse().ok().filter(|_| legal).ok_or(SyntaxError::Chunk)?;
    Ok(Command::Bdat { octets, last })
}

/// `vrfy = "VRFY" SP String`
fn string(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() { Err(SyntaxError::Arguments) } else { Ok(text.to_owned()) }
}

/// `auth-command = "AUTH" SP sasl-mech [SP initial-response]`
fn auth(arguments: &str) -> Result<Command, SyntaxError> {
    let (mechanism, initial) = match arguments.split_once(' ') {
        Some((mechanism, response)) => (mechanism, Some(initial_response(response)?)),
        None => (arguments, None),
    };
    if !sasl_mech(mechanism) {
        return Err(SyntaxError::Arguments);
    }
    Ok(Command::Auth { mechanism: mechanism.to_ascii_uppercase(), initial })
}

/// `sasl-mech = 1*20mech-char` (RFC 4422)
fn sasl_mech(text: &str) -> bool {
    let mech_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=20).contains(&text.len()) && text.bytes().all(mech_char)
}

/// `initial-response = base64 / "="`
fn initial_response(text: &str) -> Result<Vec<u8>, SyntaxError> {
    if text == "=" { Ok(Vec::new()) } else { base64(text.as_bytes()) }
}

/// `base64 = base64-terminal / ( 1*(4base64-char) [base64-terminal] )`; also the empty
/// response to a challenge.
pub fn base64(text: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    BASE64.decode(text).map_err(|_| SyntaxError::Base64)
}

/// The reverse of [`base64()`].
pub fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}
