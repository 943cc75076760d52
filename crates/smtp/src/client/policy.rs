//! How to talk to one next hop.

use std::fmt;
use std::time::Duration;

use super::Protocol;

/// What a Send connector wants of its connections.
#[derive(Clone, Debug)]
pub struct ClientPolicy {
    /// Our name for EHLO.
    pub hello_name: String,
    /// SMTP, or LMTP to a delivery hop.
    pub protocol: Protocol,
    /// Whether TLS is wanted.
    pub tls: TlsMode,
    /// Login at a smart host.
    pub credentials: Option<Credentials>,
    /// ForceHELO: say HELO where EHLO would be said, and use no extension.
    pub force_helo: bool,
    /// ProtocolLoggingLevel Verbose: the session makes entries for the protocol log.
    pub protocol_logging: bool,
    /// How long the server may take.
    pub timeouts: Timeouts,
}

impl ClientPolicy {
    /// Ordinary mail to strangers: TLS if they have it, no login.
    pub fn new(hello_name: &str) -> Self {
        ClientPolicy {
            hello_name: hello_name.to_owned(),
            protocol: Protocol::Smtp,
            tls: TlsMode::May,
            credentials: None,
            force_helo: false,
            protocol_logging: false,
            timeouts: Timeouts::default(),
        }
    }
}

/// Whether STARTTLS is used. Whose certificate is believed is the driver's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    None,
    /// If offered; in the clear otherwise.
    May,
    /// Always: without TLS there is no mail.
    Require,
    /// Always, and to a server that promises the same for all hops behind it: one that offers
    /// REQUIRETLS inside TLS (RFC 8689 section 4.2.1).
    RequireOnward,
}

/// A login.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Send it without TLS too (BasicAuth rather than BasicAuthRequireTLS).
    pub allow_cleartext: bool,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// RFC 5321 section 4.5.3.2.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The 220 greeting.
    pub greeting: Duration,
    /// MAIL and whatever has no timeout of its own.
    pub mail: Duration,
    /// RCPT.
    pub rcpt: Duration,
    /// The 354 behind DATA.
    pub data_initiation: Duration,
    /// Each piece of content.
    pub data_block: Duration,
    /// The reply to the end of content.
    pub data_termination: Duration,
    /// QUIT: all that matters has been settled.
    pub quit: Duration,
}

impl Timeouts {
    /// The same, but no wait is longer than this (ConnectionInactivityTimeOut).
    #[must_use]
    pub fn at_most(self, longest: Duration) -> Self {
        Timeouts {
            greeting: self.greeting.min(longest),
            mail: self.mail.min(longest),
            rcpt: self.rcpt.min(longest),
            data_initiation: self.data_initiation.min(longest),
            data_block: self.data_block.min(longest),
            data_termination: self.data_termination.min(longest),
            quit: self.quit.min(longest),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Timeouts {
            greeting: minutes(5),
            mail: minutes(5),
            rcpt: minutes(5),
            data_initiation: minutes(2),
            data_block: minutes(3),
            data_termination: minutes(10),
            quit: Duration::from_secs(30),
        }
    }
}
