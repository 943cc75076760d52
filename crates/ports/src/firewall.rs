//! Firewall rules for the listeners that are really open.
//!
//! One rule for each listener and address, as Exchange setup makes one for each service
//! (rows F-01 to F-65); its rule names stand in comments, because those are the names an
//! administrator searches for. What listens on loopback only needs no rule and gets none.
//! The output opens ports and closes none: it cannot lock anybody out.

mod iptables;
mod nftables;
mod windows;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::{Listener, Reach, Registry, Row, listeners::LISTENERS};

/// For which firewall the rules are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A file for `nft -f`.
    Nftables,
    /// A shell script that feeds `iptables-restore` and `ip6tables-restore`.
    Iptables,
    /// PowerShell commands for the Windows Firewall.
    Windows,
}

/// The text names no firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rules can be made for nftables, iptables and windows")]
pub struct NotAFirewall;

impl FromStr for Format {
    type Err = NotAFirewall;

    fn from_str(text: &str) -> Result<Self, NotAFirewall> {
        match text {
            "nftables" => Ok(Format::Nftables),
            "iptables" => Ok(Format::Iptables),
            "windows" => Ok(Format::Windows),
            _ => Err(NotAFirewall),
        }
    }
}

/// The rules for everything the registry has open. `program` is the path of our program, to
/// which Windows rules are bound (row F-61); the others do not know programs.
pub fn rules(registry: &Registry, format: Format, program: &str) -> String {
    let blocks: Vec<Block> =
        LISTENERS.into_iter().filter_map(|listener| Block::new(listener, registry)).collect();
    match format {
        Format::Nftables => nftables::render(registry.server(), &blocks),
        Format::Iptables => iptables::render(registry.server(), &blocks),
        Format::Windows => windows::render(registry.server(), program, &blocks),
    }
}

/// What one open listener needs: its comments and its openings.
struct Block {
    comments: Vec<String>,
    openings: Vec<Opening>,
}

/// One rule to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Opening {
    listener: &'static Listener,
    /// "P-01 Default Frontend MBX1".
    label: String,
    port: u16,
    to: To,
}

/// The addresses of this machine that a rule opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// All, IPv4 and IPv6.
    Any,
    /// All of IPv4.
    AnyV4,
    /// One.
    Address(IpAddr),
}

impl To {
    fn new(address: IpAddr) -> To {
        match address {
            IpAddr::V4(v4) if v4.is_unspecified() => To::AnyV4,
            // A socket on :: takes IPv4 connections as well unless told otherwise.
            IpAddr::V6(v6) if v6.is_unspecified() => To::Any,
            address => To::Address(address),
        }
    }

    /// Whether a rule for `self` makes one for `other` needless.
    fn covers(self, other: To) -> bool {
        match (self, other) {
            (To::Any, _) => true,
            (To::AnyV4, To::AnyV4) => true,
            (To::AnyV4, To::Address(address)) => address.is_ipv4(),
            (one, other) => one == other,
        }
    }
}

impl Block {
    /// Nothing for a listener that is closed.
    fn new(listener: &'static Listener, registry: &Registry) -> Option<Block> {
        let addresses = registry.addresses(listener);
        if addresses.is_empty() {
            return None;
        }
        let label = format!("{} {}", listener.id, listener.display_name(registry.server()));
        let openings = openings(listener, &plain(&label), addresses);
        let mut comments = vec![headline(listener, &plain(&label), addresses, openings.is_empty())];
        if !openings.is_empty() {
            comments.extend(exchange_rules(listener));
            comments.extend(caution(listener));
        }
        Some(Block { comments, openings })
    }
}

/// Keeps a name inside a comment or a quoted string: no quotes, no line ends.
fn plain(text: &str) -> String {
    let kept = |c: &char| !c.is_control() && !matches!(c, '"' | '\'' | '\\' | '`' | '$');
    text.chars().filter(kept).collect()
}

/// The fewest openings that reach every address beyond loopback.
fn openings(listener: &'static Listener, label: &str, addresses: &[SocketAddr]) -> Vec<Opening> {
    let mut kept: Vec<Opening> = Vec::new();
    for address in addresses.iter().filter(|address| !address.ip().to_canonical().is_loopback()) {
        let (port, to) = (address.port(), To::new(address.ip().to_canonical()));
        if kept.iter().any(|it| it.port == port && it.to.covers(to)) {
            continue;
        }
        kept.retain(|it| it.port != port || !to.covers(it.to));
        kept.push(Opening { listener, label: label.to_owned(), port, to });
    }
    kept
}

/// "P-01 Default Frontend MBX1 (Front End Transport), SMTP on 0.0.0.0:25".
fn headline(listener: &Listener, label: &str, addresses: &[SocketAddr], loopback: bool) -> String {
    let listed: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    let service = listener.connector.map_or(String::new(), |_| format!(" ({})", listener.service));
    let reason = if loopback { ": loopback only, no rule" } else { "" };
    format!("{label}{service}, {} on {}{reason}", listener.protocol(), listed.join(", "))
}

fn exchange_rules(listener: &Listener) -> Option<String> {
    let names: Vec<String> = listener.firewall_rules().map(rule_name).collect();
    (!names.is_empty()).then(|| format!("Exchange: {}", names.join("; ")))
}

fn rule_name(row: &Row) -> String {
    format!("{} {}", row.id, row.purpose.text)
}

fn caution(listener: &Listener) -> Option<String> {
    (listener.reach != Reach::Anywhere).then(|| {
        "For servers of the organization: limit the source on a machine that others \
                  reach."
            .to_owned()
    })
}

/// What every output says first.
fn introduction(server: &str) -> String {
    format!("Inbound rules for {}, made from what it has open.", plain(server))
}
