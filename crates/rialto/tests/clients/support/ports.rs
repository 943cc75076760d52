//! Ports of this host.

use std::net::{Ipv4Addr, TcpListener};

/// A port nobody has now. The system hands them out in turn, so that it stays free until its
/// new owner has started.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
