//! EHLO keywords: SIZE (RFC 1870), PIPELINING (2920), DSN (3461), ENHANCEDSTATUSCODES (2034),
//! STARTTLS (3207), AUTH (4954), 8BITMIME (6152), BINARYMIME and CHUNKING (3030), SMTPUTF8
//! (6531), REQUIRETLS (8689), LIMITS (9422).

use std::fmt;

/// What a server offers in one line of its EHLO reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// `SIZE [octets]`: largest message; absent or 0 for no stated limit.
    Size(Option<u64>),
    /// `PIPELINING`.
    Pipelining,
    /// `DSN`.
    Dsn,
    /// `ENHANCEDSTATUSCODES`.
    EnhancedStatusCodes,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH` and the mechanisms in upper case.
    Auth(Vec<String>),
    /// `8BITMIME`.
    EightBitMime,
    /// `BINARYMIME`.
    BinaryMime,
    /// `CHUNKING`.
    Chunking,
    /// `SMTPUTF8`.
    SmtpUtf8,
    /// `REQUIRETLS`.
    RequireTls,
    /// `LIMITS`.
    Limits(ServerLimits),
    /// Anything else, as written.
    Other(String),
}

/// The values of `LIMITS` (RFC 9422): what the server enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerLimits {
    /// `MAILMAX`: transactions per connection.
    pub mail_max: Option<u32>,
    /// `RCPTMAX`: recipients per transaction.
    pub rcpt_max: Option<u32>,
    /// `RCPTDOMAINMAX`: different recipient domains per transaction.
    pub rcpt_domain_max: Option<u32>,
}

impl Keyword {
    /// `ehlo-line = ehlo-keyword *( SP ehlo-param )`. A known keyword with unusable
    /// parameters is one we do not know.
    pub fn parse(line: &str) -> Self {
        let mut words = line.split_ascii_whitespace();
        let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
        let params: Vec<&str> = words.collect();
        let other = || Keyword::Other(line.to_owned());
        match keyword.as_str() {
            "SIZE" => size(&params).unwrap_or_else(other),
            "PIPELINING" => Keyword::Pipelining,
            "DSN" => Keyword::Dsn,
            "ENHANCEDSTATUSCODES" => Keyword::EnhancedStatusCodes,
            "STARTTLS" => Keyword::StartTls,
            "AUTH" => Keyword::Auth(params.iter().map(|name| name.to_ascii_uppercase()).collect()),
            "8BITMIME" => Keyword::EightBitMime,
            "BINARYMIME" => Keyword::BinaryMime,
            "CHUNKING" => Keyword::Chunking,
            "SMTPUTF8" => Keyword::SmtpUtf8,
            "REQUIRETLS" => Keyword::RequireTls,
            "LIMITS" => Keyword::Limits(ServerLimits::parse(&params)),
            _ => other(),
        }
    }
}

/// `size-param = [1*DIGIT]`
fn size(params: &[&str]) -> Option<Keyword> {
    match params {
        [] => Some(Keyword::Size(None)),
        [octets, ..] => octets.parse().ok().map(|octets| Keyword::Size(Some(octets))),
    }
}

impl ServerLimits {
    /// `limits-param = limit-name "=" limit-value *(SP ...)`; unknown names are skipped.
    fn parse(params: &[&str]) -> Self {
        let mut limits = ServerLimits::default();
        for (name, value) in params.iter().filter_map(|param| param.split_once('=')) {
            let value = value.parse().ok().filter(|&value| value > 0);
            match name.to_ascii_uppercase().as_str() {
                "MAILMAX" => limits.mail_max = value,
                "RCPTMAX" => limits.rcpt_max = value,
                "RCPTDOMAINMAX" => limits.rcpt_domain_max = value,
                _ => {}
            }
        }
        limits
    }
}

impl fmt::Display for ServerLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LIMITS")?;
        let named = [
            ("MAILMAX", self.mail_max),
            ("RCPTMAX", self.rcpt_max),
            ("RCPTDOMAINMAX", self.rcpt_domain_max),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keyword::Size(None) => f.write_str("SIZE"),
            Keyword::Size(Some(octets)) => write!(f, "SIZE {octets}"),
            Keyword::Pipelining => f.write_str("PIPELINING"),
            Keyword::Dsn => f.write_str("DSN"),
            Keyword::EnhancedStatusCodes => f.write_str("ENHANCEDSTATUSCODES"),
            Keyword::StartTls => f.write_str("STARTTLS"),
            Keyword::Auth(names) if names.is_empty() => f.write_str("AUTH"),
            Keyword::Auth(names) => write!(f, "AUTH {}", names.join(" ")),
            Keyword::EightBitMime => f.write_str("8BITMIME"),
            Keyword::BinaryMime => f.write_str("BINARYMIME"),
            Keyword::Chunking => f.write_str("CHUNKING"),
            Keyword::SmtpUtf8 => f.write_str("SMTPUTF8"),
            Keyword::RequireTls => f.write_str("REQUIRETLS"),
            Keyword::Limits(limits) => limits.fmt(f),
            Keyword::Other(line) => f.write_str(line),
        }
    }
}
