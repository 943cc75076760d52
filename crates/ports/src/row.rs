//! A row of the port documents.

use std::fmt;
use std::str::FromStr;

use types::{Port, Transport};

use crate::{Cell, PortSpec, RowId};

/// What kind of statement a row makes, and so what it takes to make it true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody else connects to us.
    Listener,
    /// We connect to somebody else.
    Outgoing,
    /// One server of the organization connects to another; both ends are ours.
    Path,
    /// A Windows Firewall rule that Exchange setup makes for a listener.
    FirewallRule,
    /// A requirement or a fact; a test shows it.
    Rule,
    /// Advice to the administrator; a test shows it.
    Advice,
    /// How a client of somebody else is set up; a test with that client shows it.
    Client,
}

impl Kind {
    /// Whether nothing but a test can show the row: no listener or capability says it all.
    pub const fn is_statement(self) -> bool {
        matches!(self, Kind::Rule | Kind::Advice | Kind::Client)
    }
}

/// A role that a server of this product plays.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Client access, transport and mailboxes.
    Mailbox,
    /// The Edge Transport server in the perimeter network.
    Edge,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Mailbox => "mailbox",
            Role::Edge => "edge",
        })
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is mailbox or edge")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        [Role::Mailbox, Role::Edge]
            .into_iter()
            .find(|role| text.eq_ignore_ascii_case(&role.to_string()))
            .ok_or(NotARole)
    }
}

/// The edition of the documents that has the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// What TCP and UDP ports does my Exchange 2000/2003 server use.
    E2000,
    /// Exchange Network Port Reference, Exchange 2010 SP1.
    E2010,
    /// Network ports for clients and mail flow in Exchange 2013.
    E2013,
    /// The same topic for Exchange 2016, before its release.
    E2016,
    /// A Spanish retranslation of the 2016 topic.
    E2016s,
    /// The same topic for Exchange 2016 and 2019.
    E2019,
    /// Firewalls for mail servers: perimeter and firewall advice.
    Fw,
    /// The ROSA Linux article on third-party clients of Exchange 2010.
    Rosa,
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Edition::E2000 => "E2000",
            Edition::E2010 => "E2010",
            Edition::E2013 => "E2013",
            Edition::E2016 => "E2016",
            Edition::E2016s => "E2016s",
            Edition::E2019 => "E2019",
            Edition::Fw => "FW",
            Edition::Rosa => "ROSA",
        })
    }
}

/// One numbered row. Cells that its table does not have are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The stable number.
    pub id: RowId,
    /// What kind of statement it makes.
    pub kind: Kind,
    /// Purpose, data path, requirement or rule name.
    pub purpose: Cell,
    /// Every port the row names.
    pub ports: &'static [PortSpec],
    /// Who connects.
    pub source: Cell,
    /// To whom.
    pub destination: Cell,
    /// The service at the destination.
    pub service: Cell,
    /// The connector, as the document names it; `<...>` are placeholders.
    pub connector: Cell,
    /// Authentication by default.
    pub default_auth: Cell,
    /// Authentication that can be chosen.
    pub supported_auth: Cell,
    /// Encryption.
    pub encryption: Cell,
    /// Whether the path is encrypted without any setting.
    pub encrypted_by_default: Cell,
    /// Whether the path is open without any setting.
    pub default: Cell,
    /// Permission groups of a Receive connector.
    pub permission_groups: Cell,
    /// Protocol logging level of a Receive connector.
    pub protocol_log: Cell,
    /// Exchange 2010 roles that get a firewall rule.
    pub firewall_roles: Cell,
    /// The program a firewall rule is bound to.
    pub program: Cell,
    /// Which documents have the row; empty where only public documents do.
    pub editions: &'static [Edition],
    /// Everything else the documents say.
    pub notes: &'static [Cell],
    /// Our roles that the row concerns.
    pub roles: &'static [Role],
    /// The test that shows a statement, as `path/from/the/root.rs::function`.
    pub shown_by: Option<&'static str>,
}

impl Row {
    /// Whether the row names this port.
    pub fn names(&self, port: Port, transport: Transport) -> bool {
        self.ports.iter().any(|spec| spec.contains(port, transport))
    }

    /// The port column: `143/TCP, 993/TCP`.
    pub fn ports_text(&self) -> String {
        join(self.ports.iter().map(PortSpec::to_string))
    }

    /// The protocol column, each protocol once.
    pub fn protocols_text(&self) -> String {
        let mut seen: Vec<&str> = Vec::new();
        for spec in self.ports {
            if !seen.contains(&spec.protocol) {
                seen.push(spec.protocol);
            }
        }
        seen.join(", ")
    }

    /// The editions column: `E2013 E2016 E2019`.
    pub fn editions_text(&self) -> String {
        self.editions.iter().map(Edition::to_string).collect::<Vec<_>>().join(" ")
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
