//! Where mail is on another server: the parameters of New-MailboxImportRequest for it.

use config::ByteQuantity;
use migration::{ImapEndpoint, Pace, Secret, Security};

use crate::verb::{Expected, Scalar, Shape, VerbError};

/// Where a server has IMAP when nothing else is said, in TLS and without (RFC 8314, RFC 9051).
const PORTS: (u16, u16) = (993, 143);

/// `HOST`, `HOST:PORT`, `[2001:db8::1]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceServer {
    pub(in crate::verbs) host: String,
    pub(in crate::verbs) port: Option<u16>,
}

impl Scalar for SourceServer {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(expected)?)),
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map(|port| port.parse().map_err(|_| expected())).transpose()?;
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        if port == Some(0) || !(is_address || types::Domain::parse(host).is_ok()) {
            return Err(expected());
        }
        Ok(SourceServer { host: host.to_owned(), port })
    }
}

fn expected() -> Expected {
    Expected("a server such as mail.example.org or mail.example.org:993".to_owned())
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityWord(pub(in crate::verbs) Security);

impl SecurityWord {
    /// How it is written.
    pub(in crate::verbs) const fn name(self) -> &'static str {
        match self.0 {
            Security::Tls => "Tls",
            Security::StartTls => "StartTls",
            Security::None => "None",
        }
    }

    /// The port that goes with it.
    pub(in crate::verbs) const fn usual_port(self) -> u16 {
        let (in_tls, plain) = PORTS;
        match self.0 {
            Security::Tls => in_tls,
            Security::StartTls | Security::None => plain,
        }
    }
}

impl Scalar for SecurityWord {
    const SHAPE: Shape = Shape::OneOf(&["Tls", "StartTls", "None"]);

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.to_ascii_lowercase().as_str() {
            "tls" => Ok(SecurityWord(Security::Tls)),
            "starttls" => Ok(SecurityWord(Security::StartTls)),
            "none" => Ok(SecurityWord(Security::None)),
            _ => Err(Self::SHAPE.expected()),
        }
    }
}

/// A password of another server, which has rules of its own; never shown.
#[derive(Clone)]
pub struct SourcePassword(Secret);

impl Scalar for SourcePassword {
    const SHAPE: Shape = Shape::Secret;

    fn parse(text: &str) -> Result<Self, Expected> {
        match text.is_empty() || text.contains(char::is_control) {
            true => Err(Expected("a password that can be typed".to_owned())),
            false => Ok(SourcePassword(Secret::new(text.to_owned()))),
        }
    }
}

/// What was said besides the server.
pub(super) struct Given {
    pub security: Option<SecurityWord>,
    pub any_certificate: bool,
    pub user: Option<String>,
    pub password: Option<SourcePassword>,
    pub deleted: bool,
    pub octets: Option<ByteQuantity>,
    pub messages: Option<u32>,
}

impl Given {
    /// Without another server there is nothing to say about it.
    pub(super) fn refuse(&self) -> Result<(), VerbError> {
        let said = self.security.is_some()
            || self.any_certificate
            || self.user.is_some()
            || self.password.is_some()
            || self.deleted
            || self.octets.is_some()
            || self.messages.is_some();
        match said {
            true => Err(VerbError::Invalid("there is no SourceServer to log in to".to_owned())),
            false => Ok(()),
        }
    }

    pub(super) fn endpoint(self, server: &SourceServer) -> Result<ImapEndpoint, VerbError> {
        let needed = |what: &str| VerbError::Invalid(format!("SourceServer needs {what}"));
        let security = self.security.unwrap_or(SecurityWord(Security::Tls));
        let SourcePassword(password) = self.password.ok_or_else(|| needed("SourcePassword"))?;
        let user = self.user.filter(|user| !user.is_empty() && !user.contains(char::is_control));
        let octets = self.octets.map(|quantity| quantity.bytes());
        if octets == Some(0) || self.messages == Some(0) {
            return Err(VerbError::Invalid("at a rate of nothing nothing comes".to_owned()));
        }
        Ok(ImapEndpoint {
            host: server.host.clone(),
            port: server.port.unwrap_or(security.usual_port()),
            security: security.0,
            any_certificate: self.any_certificate,
            user: user.ok_or_else(|| needed("SourceUser"))?,
            password,
            deleted: self.deleted,
            pace: Pace { octets, messages: self.messages },
        })
    }
}

/// `HOST:PORT`.
pub(super) fn written(endpoint: &ImapEndpoint) -> String {
    match endpoint.host.contains(':') {
        true => format!("[{}]:{}", endpoint.host, endpoint.port),
        false => format!("{}:{}", endpoint.host, endpoint.port),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn servers_have_names_or_addresses_and_perhaps_ports() {
        for (text, host, port) in [
            ("mail.example.org", "mail.example.org", None),
            ("mail.example.org:1993", "mail.example.org", Some(1993)),
            ("localhost:143", "localhost", Some(143)),
            ("192.0.2.1:143", "192.0.2.1", Some(143)),
            ("2001:db8::1", "2001:db8::1", None),
            ("[2001:db8::1]:993", "2001:db8::1", Some(993)),
        ] {
            assert_eq!(SourceServer::parse(text), Ok(SourceServer { host: host.to_owned(), port }));
        }
        for text in ["", "a b", "host:", "host:0", "host:70000", "[::1]x", "imap://host"] {
            assert!(SourceServer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_of_others_follow_no_rules_but_are_one_line() {
        for (text, taken) in
            [("x", true), ("p\u{e4}ss w\u{f6}rd", true), ("", false), ("a\r\nb", false)]
        {
            assert_eq!(SourcePassword::parse(text).is_ok(), taken, "{text}");
        }
    }
}
