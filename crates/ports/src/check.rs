//! `rialto ports check`: whether what should be open is open, and nothing else.
//!
//! Who connects is the caller's: this module says where to try ([`Probe`]), judges the answers
//! and words the report. It tries TCP only; a closed UDP port does not answer.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use types::{Port, Transport};

use crate::{LISTENERS, Listener, Numbers, Registry, Role, rows, sockets::ListeningSocket};

/// What happened when somebody tried to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The connection was accepted.
    Open,
    /// The connection was refused.
    Closed,
    /// Nothing came back in time; a firewall is in between.
    Filtered,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Open => "open",
            Answer::Closed => "closed",
            Answer::Filtered => "filtered",
        })
    }
}

/// Tries to connect.
pub trait Probe {
    /// Connects to the address and drops the connection at once.
    fn connect(&mut self, address: SocketAddr) -> Answer;
}

/// An address to try, and what should happen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The listener that is, or would be, there.
    pub listener: &'static Listener,
    /// Where to try.
    pub address: SocketAddr,
    /// Whether the listener is open on it.
    pub expected: bool,
}

/// From where a check looks at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewpoint {
    /// From the server itself.
    ThisMachine,
    /// From elsewhere: the server is reached by this address.
    Elsewhere(IpAddr),
}

/// Every address to try: first what is open, then the documents' ports of the listeners that
/// this server's roles could open and have not.
pub fn targets(registry: &Registry, from: Viewpoint) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for open in registry.open().filter(|open| open.listener.transport() == Transport::Tcp) {
        push(&mut targets, open_target(open.listener, open.address, from));
    }
    for listener in LISTENERS.into_iter().filter(|it| is_closed(it, registry)) {
        let address = default_address(listener, from);
        if let Some(address) = address.filter(|address| !is_taken(address.port(), registry)) {
            push(&mut targets, Target { listener, address, expected: false });
        }
    }
    targets
}

/// Two listeners may share a number (P-04 and Z-01): then the open one decides.
fn is_taken(port: u16, registry: &Registry) -> bool {
    registry.open().any(|open| open.address.port() == port)
}

/// One attempt at an address is enough, and one that should succeed decides.
fn push(targets: &mut Vec<Target>, target: Target) {
    if !targets.iter().any(|known| known.address == target.address) {
        targets.push(target);
    }
}

fn open_target(listener: &'static Listener, bound: SocketAddr, from: Viewpoint) -> Target {
    let port = bound.port();
    match from {
        Viewpoint::ThisMachine => {
            let address = SocketAddr::new(reachable_here(bound.ip()), port);
            Target { listener, address, expected: true }
        }
        Viewpoint::Elsewhere(host) => {
            let expected = serves(bound.ip(), host);
            Target { listener, address: SocketAddr::new(host, port), expected }
        }
    }
}

/// An address of this machine that reaches a socket bound to `bound`.
fn reachable_here(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    }
}

/// Whether a socket bound to `bound` takes connections for `host`.
fn serves(bound: IpAddr, host: IpAddr) -> bool {
    bound == host || (bound.is_unspecified() && (bound.is_ipv6() || host.is_ipv4()))
}

fn is_closed(listener: &Listener, registry: &Registry) -> bool {
    registry.addresses(listener).is_empty() && plays(registry.roles(), listener)
}

fn plays(roles: &[Role], listener: &Listener) -> bool {
    listener.roles.iter().any(|role| roles.contains(role))
}

/// Where a closed listener would be; a range or a port without number cannot be tried.
fn default_address(listener: &Listener, from: Viewpoint) -> Option<SocketAddr> {
    let Numbers::One(port) = listener.port.numbers else { return None };
    let host = match from {
        Viewpoint::ThisMachine => Ipv4Addr::LOCALHOST.into(),
        Viewpoint::Elsewhere(host) => host,
    };
    (listener.transport() == Transport::Tcp).then(|| SocketAddr::new(host, port.number()))
}

/// What a check found out about one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Open, and should be.
    Open(Target),
    /// Not open, and should not be.
    Closed(Target),
    /// Should be open; the answer says how it is not.
    Unreachable(Target, Answer),
    /// Open, though this server does not have it open, or not for the one who asks.
    Exposed(Target),
    /// A socket of this machine that the registry does not know.
    Unregistered {
        /// The socket.
        socket: ListeningSocket,
        /// The process that holds it, if that could be seen.
        owner: Option<u32>,
        /// Whether it is held by the process that wrote the registry.
        ours: bool,
    },
}

impl Finding {
    /// Whether somebody should look at it. A socket of another program is that program's.
    pub fn is_wrong(&self) -> bool {
        match self {
            Finding::Open(_) | Finding::Closed(_) => false,
            Finding::Unreachable(..) | Finding::Exposed(_) => true,
            Finding::Unregistered { ours, .. } => *ours,
        }
    }
}

/// Tries every target.
pub fn probe(targets: &[Target], probe: &mut dyn Probe) -> Vec<Finding> {
    targets.iter().map(|&target| judge(target, probe.connect(target.address))).collect()
}

fn judge(target: Target, answer: Answer) -> Finding {
    match (target.expected, answer) {
        (true, Answer::Open) => Finding::Open(target),
        (true, _) => Finding::Unreachable(target, answer),
        (false, Answer::Open) => Finding::Exposed(target),
        (false, _) => Finding::Closed(target),
    }
}

/// The listening sockets of this machine that the registry does not know; `owner` tells the
/// process of an inode.
pub fn unregistered(
    registry: &Registry,
    sockets: &[ListeningSocket],
    owner: impl Fn(u64) -> Option<u32>,
) -> Vec<Finding> {
    let known = |socket: &&ListeningSocket| {
        registry.open().any(|open| canonical(open.address) == canonical(socket.address))
    };
    let strangers = sockets.iter().filter(|socket| !known(socket));
    strangers
        .map(|&socket| {
            let owner = owner(socket.inode);
            let ours = owner == Some(registry.process());
            Finding::Unregistered { socket, owner, ours }
        })
        .collect()
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Open(target) => write!(f, "ok       {target} is open"),
            Finding::Closed(target) => write!(f, "ok       {target} is closed"),
            Finding::Unreachable(target, answer) => {
                write!(f, "WRONG    {target} should be open and is {answer}")
            }
            Finding::Exposed(target) => {
                write!(f, "WRONG    {target} answers and should not: this server has not opened it")
            }
            Finding::Unregistered { socket, owner, ours } => {
                let word = if *ours { "WRONG   " } else { "other   " };
                write!(f, "{word} {}{} listens; ", socket.address, process(*owner))?;
                f.write_str(&named_by(socket.address.port()))
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, service) = (self.listener.id, self.listener.service);
        write!(f, "{} {id} {service}", self.address)
    }
}

fn process(owner: Option<u32>) -> String {
    owner.map_or_else(String::new, |process| format!(" (process {process})"))
}

fn named_by(port: u16) -> String {
    let ids: Vec<String> =
        rows::naming(Port::new(port), Transport::Tcp).map(|row| row.id.to_string()).collect();
    if ids.is_empty() {
        "no row names it".to_owned()
    } else {
        format!("named by {}", ids.join(" "))
    }
}

/// All findings, the wrong ones first, and a count.
pub fn report(findings: &[Finding]) -> String {
    let (wrong, right): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.is_wrong());
    let lines = wrong.iter().chain(&right).map(|finding| format!("{finding}\n"));
    format!("{}{} checked, {} wrong\n", lines.collect::<String>(), findings.len(), wrong.len())
}
