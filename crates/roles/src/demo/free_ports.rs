//! Ports that nobody has and nobody is about to get.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use net::Listener;
use net::listener::BindError;

/// Where to look: above the usual services, and below what the system hands out by itself
/// (`net.ipv4.ip_local_port_range`), or a connection of anybody could take a port that was
/// found free a moment ago.
const RANGE: Range<u16> = 10_000..32_000;
/// Each demonstration begins to look in a block of its own, so that several that start at
/// once do not find the same ports.
const BLOCK: u16 = 16;
/// Between the blocks of one process; processes that start together have numbers in a row.
const STRIDE: u32 = 101;

/// Demonstrations this process has begun.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// Finds free ports, each once.
pub(super) struct FreePorts {
    next: u16,
    left: u16,
}

impl FreePorts {
    /// Begins with a block of its own.
    pub fn new() -> Self {
        let begun = BEGUN.fetch_add(1, Ordering::Relaxed);
        let turn = process::id().wrapping_add(begun.wrapping_mul(STRIDE));
        let blocks = RANGE.len() as u32 / u32::from(BLOCK);
        let block = (turn % blocks) as u16;
        FreePorts { next: RANGE.start + block * BLOCK, left: RANGE.len() as u16 }
    }

    /// The next port that is free on the address.
    pub fn take(&mut self, address: IpAddr) -> Result<u16, BindError> {
        loop {
            let port = self.advance();
            match Listener::bind(SocketAddr::new(address, port)) {
                Ok(_) => return Ok(port),
                Err(taken) if taken.source.kind() == ErrorKind::AddrInUse && self.left > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn advance(&mut self) -> u16 {
        let port = self.next;
        self.left = self.left.saturating_sub(1);
        self.next = if port + 1 < RANGE.end { port + 1 } else { RANGE.start };
        port
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashSet;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn ports_are_different_and_those_in_use_are_passed_over() {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (mut one, mut other) = (FreePorts::new(), FreePorts::new());
        let in_use = Listener::bind(SocketAddr::new(address, one.next)).unwrap();
        let mut found = HashSet::from([in_use.local().port()]);
        for _ in 0..10 {
            assert!(found.insert(one.take(address).unwrap()));
            assert!(found.insert(other.take(address).unwrap()));
        }
    }

    #[tokio::test]
    async fn no_port_of_an_address_that_is_not_ours_is_free() {
        let mut ports = FreePorts::new();
        ports.next = RANGE.end - 1;
        ports.advance();
        assert_eq!(ports.next, RANGE.start);
        let not_ours: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(ports.take(not_ours).is_err());
    }
}
