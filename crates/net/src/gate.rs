//! How many connections are open, in all and per source: Exchange's MaxInboundConnection,
//! MaxInboundConnectionPerSource and MaxInboundConnectionPercentagePerSource.
//!
//! A service has a gate, which its listeners share; where several Receive connectors share a
//! listener, each of them has a gate of its own that the session asks once it knows its connector.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use types::limits::SOURCE_PREFIX_V6;

/// The limits of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections open at a time.
    pub total: u32,
    /// Connections open at a time from one source; `None` is unlimited.
    pub per_source: Option<u32>,
    /// Share of the connections still free that one source may hold; 100 is unlimited.
    pub per_source_percent: u8,
}

impl ConnectionLimits {
    /// No limit but the system's.
    pub const UNLIMITED: ConnectionLimits =
        ConnectionLimits { total: u32::MAX, per_source: None, per_source_percent: 100 };
}

/// Which limit refused a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// As many connections are open as may be.
    #[error("too many connections")]
    Total,
    /// This source holds as many connections as it may.
    #[error("too many connections from this source")]
    Source,
    /// Nobody is let in for now.
    #[error("closed for maintenance")]
    Closed,
}

/// Counts connections against limits that can change while it runs.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limits: ConnectionLimits,
    closed: bool,
    open: u32,
    by_source: HashMap<IpAddr, u32>,
}

/// A connection's place; dropping it gives the place back.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    source: IpAddr,
}

impl Gate {
    /// A gate with nobody inside.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        let state = State { limits, closed: false, open: 0, by_source: HashMap::new() };
        Arc::new(Gate { state: Mutex::new(state) })
    }

    /// Changes the limits. Who is inside stays.
    pub fn set_limits(&self, limits: ConnectionLimits) {
        self.lock().limits = limits;
    }

    /// Lets nobody in, or again whoever the limits let in. Who is inside stays.
    pub fn set_closed(&self, closed: bool) {
        self.lock().closed = closed;
    }

    /// Connections open now.
    pub fn open(&self) -> u32 {
        self.lock().open
    }

    /// Lets a connection from this address in, or says which limit it hit.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, Refusal> {
        let source = source_of(address);
        self.lock().admit(source)?;
        Ok(Permit { gate: Arc::clone(self), source })
    }

    /// Counters are valid after every statement, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, source: IpAddr) -> Result<(), Refusal> {
        if self.closed {
            return Err(Refusal::Closed);
        }
        let free = self.limits.total.saturating_sub(self.open);
        if free == 0 {
            return Err(Refusal::Total);
        }
        let held = self.by_source.get(&source).copied().unwrap_or(0);
        if held >= self.source_max(free) {
            return Err(Refusal::Source);
        }
        self.open += 1;
        self.by_source.insert(source, held + 1);
        Ok(())
    }

    /// What one source may hold. At least one, or nobody could ever connect to a small server.
    fn source_max(&self, free: u32) -> u32 {
        let fixed = self.limits.per_source.unwrap_or(u32::MAX);
        if self.limits.per_source_percent >= 100 {
            return fixed;
        }
        let share = u64::from(free) * u64::from(self.limits.per_source_percent) / 100;
        fixed.min(share.max(1) as u32)
    }

    fn release(&mut self, source: IpAddr) {
        self.open -= 1;
        if let Some(held) = self.by_source.get_mut(&source) {
            *held -= 1;
            if *held == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.lock().release(self.source);
    }
}

/// What counts as one source: an IPv4 address, or the /64 network of an IPv6 address.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let host_bits = 128 - u32::from(SOURCE_PREFIX_V6);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> host_bits << host_bits))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn gate(total: u32, per_source: Option<u32>, per_source_percent: u8) -> Arc<Gate> {
        Gate::new(ConnectionLimits { total, per_source, per_source_percent })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_comes_back_when_the_connection_ends() {
        let gate = gate(1, None, 100);
        let first = gate.admit(ip("192.0.2.1")).unwrap();
        assert_eq!(gate.admit(ip("192.0.2.2")).unwrap_err(), Refusal::Total);
        drop(first);
        assert_eq!(gate.open(), 0);
        assert!(gate.admit(ip("192.0.2.2")).is_ok());
        assert!(gate.lock().by_source.is_empty(), "no trace of past sources");
    }

    #[test]
    fn one_source_is_an_address_or_a_network_of_64_bits() {
        for (first, second, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let gate = gate(10, Some(1), 100);
            let _held = gate.admit(ip(first)).unwrap();
            assert_eq!(gate.admit(ip(second)).is_err(), same, "{first} and {second}");
        }
    }

    #[test]
    fn a_source_holds_at_most_its_share_of_what_is_free() {
        let gate = gate(100, Some(20), 2);
        let a = gate.admit(ip("192.0.2.1")).unwrap();
        let _b = gate.admit(ip("192.0.2.1")).unwrap_err();
        drop(a);
        gate.set_limits(ConnectionLimits {
            total: 100,
            per_source: Some(20),
            per_source_percent: 10,
        });
        let held: Vec<_> = (0..20).map_while(|_| gate.admit(ip("192.0.2.1")).ok()).collect();
        assert_eq!(held.len(), 9, "10 % of the 91 that are still free, rounded down");
        assert!(gate.admit(ip("192.0.2.2")).is_ok());
    }

    #[test]
    fn the_prefix_tells_sources_of_ipv6_apart() {
        let network = ip("2001:db8::");
        let IpAddr::V6(v6) = network else { unreachable!() };
        let last_of_prefix = 1 << (128 - u32::from(SOURCE_PREFIX_V6));
        for (bit, same) in [(last_of_prefix >> 1, true), (last_of_prefix, false)] {
            let gate = gate(10, Some(1), 100);
            let _held = gate.admit(network).unwrap();
            let other = IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() | bit));
            assert_eq!(gate.admit(other).is_err(), same, "{other}");
        }
    }

    #[test]
    fn a_closed_gate_lets_nobody_in_and_nobody_out() {
        let gate = gate(10, None, 100);
        let address = "192.0.2.1".parse().unwrap();
        let inside = gate.admit(address).unwrap();
        gate.set_closed(true);
        assert_eq!(gate.admit(address).unwrap_err(), Refusal::Closed);
        assert_eq!(gate.open(), 1);
        drop(inside);
        gate.set_closed(false);
        assert!(gate.admit(address).is_ok());
    }
}
