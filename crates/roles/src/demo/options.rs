//! What can be asked of a demonstration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use auth::Password;
use types::Domain;

use super::DemoError;

/// How to set up a demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where its data is, and `env.sh`.
    pub directory: PathBuf,
    /// The users' domain.
    pub domain: Domain,
    /// The one address of its listeners.
    pub address: IpAddr,
    /// Where its ports are.
    pub ports: Ports,
    /// Users `u000`, `u001` and so on beside alice, bob and carol.
    pub numbered_users: u16,
    /// Everybody's password.
    pub password: String,
    /// The only name server to ask; without it, the system's.
    pub resolver: Option<SocketAddr>,
    /// No rate and connection limits, and passwords in the clear: for benchmarks.
    pub unthrottled: bool,
}

impl Options {
    /// The password, and whether it may be used as the other options want.
    pub(super) fn checked_password(&self) -> Result<Password, DemoError> {
        if self.unthrottled && !self.address.is_loopback() {
            return Err(DemoError::UnthrottledInPublic(self.address));
        }
        Password::new(&self.password).map_err(DemoError::Password)
    }

    /// The address by which programs on this host reach the listeners.
    pub(super) fn host(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        }
    }
}

/// Where the ports of a demonstration are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// The documented ports, moved by this much.
    Offset(u16),
    /// Whatever ports are free; `env.sh` says which. For tests.
    AnyFree,
}

/// The text says nothing about ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number to add to the documented ports, or `any`")]
pub struct NotPorts;

impl FromStr for Ports {
    type Err = NotPorts;

    fn from_str(text: &str) -> Result<Self, NotPorts> {
        match text {
            "any" => Ok(Ports::AnyFree),
            number => number.parse().map(Ports::Offset).map_err(|_| NotPorts),
        }
    }
}
