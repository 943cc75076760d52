//! The mechanisms and their names in the IANA registry, and what TLS adds to them.

use std::fmt;

use types::LoginType;

/// TLS exporter label of the `tls-exporter` channel binding (RFC 9266 section 2). The
/// context is empty. Under TLS 1.2 it may be used only with the extended master secret.
pub const CHANNEL_BINDING_LABEL: &[u8] = b"EXPORTER-Channel-Binding";
/// Octets to export under that label.
pub const CHANNEL_BINDING_OCTETS: usize = 32;

/// A SASL mechanism that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mechanism {
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN ([MS-XLOGIN]); Exchange's "Basic" on SMTP.
    Login,
    /// SCRAM-SHA-256 (RFC 5802, RFC 7677).
    ScramSha256,
    /// SCRAM-SHA-256-PLUS: bound to the TLS connection.
    ScramSha256Plus,
}

impl Mechanism {
    /// All of them, the strongest first: the order in which they are announced.
    pub const ALL: [Mechanism; 4] =
        [Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login];

    /// The mechanism of that name, in any case (RFC 4422 section 3.1 has them in upper case;
    /// clients do not always).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
        }
    }

    /// True when the password itself crosses the wire: to be offered only inside TLS.
    pub const fn is_plaintext(self) -> bool {
        matches!(self, Mechanism::Plain | Mechanism::Login)
    }

    /// True when a client may use it over such a connection.
    pub const fn is_allowed(self, login_type: LoginType, tls: bool) -> bool {
        match self.is_plaintext() {
            true => login_type.allows_password(tls),
            false => login_type.allows_login(tls),
        }
    }

    /// True when the mechanism cannot run without a channel binding.
    pub const fn needs_channel_binding(self) -> bool {
        matches!(self, Mechanism::ScramSha256Plus)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What ties an exchange to the TLS connection below it (RFC 5056).
///
/// A server that has one must announce SCRAM-SHA-256-PLUS: a client that says it saw no
/// -PLUS mechanism is then being lied to by somebody in between, and is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChannelBinding {
    /// No TLS, or a TLS library that exports nothing.
    #[default]
    Absent,
    /// `tls-exporter`: [`CHANNEL_BINDING_OCTETS`] octets under [`CHANNEL_BINDING_LABEL`].
    TlsExporter(Vec<u8>),
}

impl ChannelBinding {
    /// True when -PLUS mechanisms can be offered.
    pub const fn is_present(&self) -> bool {
        matches!(self, ChannelBinding::TlsExporter(_))
    }

    /// The binding data for a name of the channel-binding type registry.
    pub(crate) fn data(&self, name: &str) -> Option<&[u8]> {
        match self {
            ChannelBinding::TlsExporter(data) if name == "tls-exporter" => Some(data),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_in_any_case() {
        for mechanism in Mechanism::ALL {
            assert_eq!(Mechanism::parse(&mechanism.name().to_lowercase()), Some(mechanism));
        }
        for unknown in ["", "CRAM-MD5", "PLAIN ", "SCRAM-SHA-1"] {
            assert_eq!(Mechanism::parse(unknown), None, "{unknown}");
        }
    }
}
