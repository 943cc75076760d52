//! The listening TCP sockets of this machine, from the text of Linux's `/proc/net/tcp` and
//! `/proc/net/tcp6`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// A socket that waits for connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListeningSocket {
    /// Where it waits.
    pub address: SocketAddr,
    /// The number under which `/proc/<process>/fd` names it.
    pub inode: u64,
}

/// A line of `/proc/net/tcp` that does not have the kernel's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not a socket")]
pub struct NotASocket(pub usize);

/// The sockets in state LISTEN. The text is that of one file, heading included.
pub fn listening(text: &str) -> Result<Vec<ListeningSocket>, NotASocket> {
    let lines = text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
    let sockets = lines.map(|(at, line)| socket(line).ok_or(NotASocket(at + 1)));
    sockets.filter_map(Result::transpose).collect()
}

/// The kernel's number of the state LISTEN.
const LISTEN: &str = "0A";

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...`; the inner
/// `None` is a socket in another state.
fn socket(line: &str) -> Option<Option<ListeningSocket>> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    let socket = ListeningSocket { address: address(local)?, inode: inode.parse().ok()? };
    Some((*state == LISTEN).then_some(socket))
}

/// `0100007F:0019`: words of the address in the machine's order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let ip = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(host)?)),
        32 => IpAddr::V6(ipv6(host)?),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), u16::from_str_radix(port, 16).ok()?))
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    let mut octets = [0; 16];
    for (at, chunk) in octets.chunks_exact_mut(4).enumerate() {
        chunk.copy_from_slice(&word(host.get(at * 8..at * 8 + 8)?)?);
    }
    Some(Ipv6Addr::from(octets))
}

/// The kernel prints four octets of memory as one number of the machine.
fn word(hex: &str) -> Option<[u8; 4]> {
    u32::from_str_radix(hex, 16).ok().map(u32::to_ne_bytes)
}

/// Which process holds which socket, as far as this user may see it. `proc` is `/proc`.
pub fn owners(proc: &Path) -> io::Result<BTreeMap<u64, u32>> {
    let mut owners = BTreeMap::new();
    for entry in fs::read_dir(proc)?.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        owners.extend(inodes(&entry.path().join("fd")).map(|inode| (inode, process)));
    }
    Ok(owners)
}

/// Sockets among the open files of a process: none when the process is gone or not ours to see.
fn inodes(open_files: &Path) -> impl Iterator<Item = u64> {
    let entries = fs::read_dir(open_files).into_iter().flatten().flatten();
    entries.filter_map(|entry| inode_of_link(fs::read_link(entry.path()).ok()?.to_str()?))
}

/// `socket:[12345]`.
fn inode_of_link(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}
