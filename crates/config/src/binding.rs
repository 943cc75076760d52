//! An address and port to listen on, as Exchange writes it: `0.0.0.0:25`, `[::]:25`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use types::Port;

/// The text is no address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a binding is an IP address and a port, such as 0.0.0.0:25 or [::]:25")]
pub struct BindingError;

/// An address, or the unspecified one for all of this host's, and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Binding(SocketAddr);

impl Binding {
    /// From its parts.
    pub fn new(address: IpAddr, port: Port) -> Self {
        Binding(SocketAddr::new(address, port.number()))
    }

    /// As the socket functions have it.
    pub fn socket_address(self) -> SocketAddr {
        self.0
    }

    /// The address.
    pub fn address(self) -> IpAddr {
        self.0.ip()
    }

    /// The port.
    pub fn port(self) -> Port {
        Port::new(self.0.port())
    }

    /// How closely the binding fits the local address of a connection: exactly, by being the
    /// wildcard of its family, or not at all.
    pub fn fit(self, local: SocketAddr) -> Option<Fit> {
        let ip = local.ip().to_canonical();
        let same_family = self.0.ip().is_ipv4() == ip.is_ipv4();
        match self.0.port() == local.port() && same_family {
            true if self.0.ip() == ip => Some(Fit::Exact),
            true if self.0.ip().is_unspecified() => Some(Fit::Wildcard),
            _ => None,
        }
    }
}

/// How a binding fits a local address; the better fit is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The binding takes all addresses of the family.
    Wildcard,
    /// The binding names the address.
    Exact,
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Binding {
    type Err = BindingError;

    fn from_str(text: &str) -> Result<Self, BindingError> {
        text.trim().parse().map(Binding).map_err(|_| BindingError)
    }
}
