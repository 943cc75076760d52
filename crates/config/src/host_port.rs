//! `HOST` or `HOST:PORT`, as an administrator names somebody else's server or domain.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use types::{Domain, Port};

/// Where servers take mail from each other (RFC 5321 section 4.5.4.2).
const SMTP: Port = Port::new(25);
/// Where time servers are asked (RFC 5905 section 7.2).
const NTP: Port = Port::new(123);

/// A host or domain, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Its name in ASCII form, or its address.
    pub host: String,
    /// The port.
    pub port: Port,
}

/// The text is no host with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HOST or HOST:PORT, such as example.com, example.com:25 or [2001:db8::25]:25")]
pub struct HostPortError;

impl HostPort {
    /// Who takes mail: port 25, where none is said.
    pub fn smtp(text: &str) -> Result<Self, HostPortError> {
        HostPort::parse(text, SMTP)
    }

    /// Who tells the time: port 123, where none is said.
    pub fn ntp(text: &str) -> Result<Self, HostPortError> {
        HostPort::parse(text, NTP)
    }

    /// A directory: the port that is usual for it, where none is said.
    pub fn ldap(text: &str, usual: Port) -> Result<Self, HostPortError> {
        HostPort::parse(text, usual)
    }

    fn parse(text: &str, usual: Port) -> Result<Self, HostPortError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(HostPort { host: address.to_string(), port: usual });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, number(port)?),
            _ => (text, usual),
        };
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match inner {
            Some(inner) => inner.parse::<Ipv6Addr>().map_err(|_| HostPortError)?.to_string(),
            None => Domain::parse(host).map_err(|_| HostPortError)?.to_ascii(),
        };
        Ok(HostPort { host, port })
    }
}

fn number(port: &str) -> Result<Port, HostPortError> {
    let number = port.parse().ok().filter(|port| *port != 0);
    number.map(Port::new).ok_or(HostPortError)
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hosts_with_and_without_ports() {
        for (text, expected) in [
            ("example.com", "example.com:25"),
            ("bücher.example:2525", "xn--bcher-kva.example:2525"),
            ("192.0.2.1", "192.0.2.1:25"),
            ("192.0.2.1:2525", "192.0.2.1:2525"),
            ("2001:db8::25", "[2001:db8::25]:25"),
            ("[2001:db8::25]", "[2001:db8::25]:25"),
            ("[2001:db8::25]:2525", "[2001:db8::25]:2525"),
        ] {
            assert_eq!(HostPort::smtp(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(HostPort::ntp("time.test").unwrap().to_string(), "time.test:123");
    }

    #[test]
    fn what_is_no_host_with_a_port_is_refused() {
        for text in ["", ":25", "a b", "a.test:", "a.test:0", "a.test:65536", "[x]:1", "[::1]x:1"] {
            assert_eq!(HostPort::smtp(text), Err(HostPortError), "{text}");
        }
    }
}
