//! The ports a row names: numbers, ranges, or only words such as "dynamic".

use std::fmt;

use types::{Port, Transport};

use crate::Mark;

/// The number part of a port cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// One port.
    One(Port),
    /// From the first to the last, both included.
    Range(Port, Port),
    /// The document gives words instead of a number ("dynamic", "user-defined").
    Described(&'static str),
}

/// One port, or one range, that a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// Which ports.
    pub numbers: Numbers,
    /// TCP or UDP.
    pub transport: Transport,
    /// What is spoken there, in the document's words.
    pub protocol: &'static str,
    /// Where the number comes from.
    pub mark: Mark,
}

impl PortSpec {
    /// Whether the row names exactly this port; a range names all of its ports.
    pub fn contains(&self, port: Port, transport: Transport) -> bool {
        let inside = match self.numbers {
            Numbers::One(one) => one == port,
            Numbers::Range(first, last) => first <= port && port <= last,
            Numbers::Described(_) => false,
        };
        inside && self.transport == transport
    }

    pub(crate) const fn marked(self, mark: Mark) -> PortSpec {
        PortSpec { mark, ..self }
    }

    pub(crate) const fn public(self) -> PortSpec {
        self.marked(Mark::Public)
    }

    pub(crate) const fn restored(self) -> PortSpec {
        self.marked(Mark::Restored)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Numbers::One(port) => port.fmt(f),
            Numbers::Range(first, last) => write!(f, "{first}-{last}"),
            Numbers::Described(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for PortSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.numbers, self.transport, self.mark.suffix())
    }
}

const fn spec(numbers: Numbers, transport: Transport, protocol: &'static str) -> PortSpec {
    PortSpec { numbers, transport, protocol, mark: Mark::Source }
}

pub(crate) const fn tcp(number: u16, protocol: &'static str) -> PortSpec {
    spec(Numbers::One(Port::new(number)), Transport::Tcp, protocol)
}

pub(crate) const fn udp(number: u16, protocol: &'static str) -> PortSpec {
    spec(Numbers::One(Port::new(number)), Transport::Udp, protocol)
}

const fn range(first: u16, last: u16) -> Numbers {
    Numbers::Range(Port::new(first), Port::new(last))
}

pub(crate) const fn tcp_range(first: u16, last: u16, protocol: &'static str) -> PortSpec {
    spec(range(first, last), Transport::Tcp, protocol)
}

pub(crate) const fn udp_range(first: u16, last: u16, protocol: &'static str) -> PortSpec {
    spec(range(first, last), Transport::Udp, protocol)
}

pub(crate) const fn tcp_described(words: &'static str, protocol: &'static str) -> PortSpec {
    spec(Numbers::Described(words), Transport::Tcp, protocol)
}

pub(crate) const fn udp_described(words: &'static str, protocol: &'static str) -> PortSpec {
    spec(Numbers::Described(words), Transport::Udp, protocol)
}
