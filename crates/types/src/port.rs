//! A port of a listener or a destination. Constructed only in `ports` (the documents' rows)
//! and `config` (the administrator's choice); `cargo xtask tidy` checks that.

use std::fmt;

/// The transport protocol of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        })
    }
}

/// A port number; 0 asks the system for any free one (tests).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port(u16);

impl Port {
    /// Only for `ports` and `config`.
    pub const fn new(number: u16) -> Self {
        Port(number)
    }

    /// The number as it goes into a socket address.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
