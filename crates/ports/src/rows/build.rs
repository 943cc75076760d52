//! The vocabulary in which the tables are written; everything here runs at compile time.

pub(super) use crate::cell::Mark;
pub(super) use crate::cell::{public as p, restored as r, source as s};
pub(super) use crate::port_spec::{
    PortSpec, tcp, tcp_described, tcp_range, udp, udp_described, udp_range,
};
pub(super) use crate::row::Kind::{Advice, Client, FirewallRule, Listener, Outgoing, Path, Rule};
pub(super) use crate::row::Row;
pub(super) use crate::{Cell, Edition};

use crate::id::row_id;
use crate::row::{Kind, Role};
use Edition::{E2000, E2010, E2013, E2016, E2016s, E2019};

pub(super) const SINCE_2013: &[Edition] = &[E2013, E2016, E2019];
pub(super) const SINCE_2013_ALL: &[Edition] = &[E2013, E2016, E2016s, E2019];
pub(super) const SINCE_2016: &[Edition] = &[E2016, E2019];
pub(super) const ONLY_2013: &[Edition] = &[E2013];
pub(super) const UM_2013: &[Edition] = &[E2013, E2016];
pub(super) const ONLY_2010: &[Edition] = &[E2010];
pub(super) const ONLY_2000: &[Edition] = &[E2000];
pub(super) const FIREWALL_ADVICE: &[Edition] = &[Edition::Fw];
pub(super) const ROSA: &[Edition] = &[Edition::Rosa];

/// The note of rows that had to be restored whole.
pub(super) const LOST: &[Cell] = &[s("The row is lost in the copy at hand")];

pub(super) const BOTH: &[Role] = &[Role::Mailbox, Role::Edge];
pub(super) const EDGE: &[Role] = &[Role::Edge];

/// A row with nothing in it yet; it concerns the Mailbox role unless it says otherwise.
pub(super) const fn row(id: &str, kind: Kind) -> Row {
    Row {
        id: row_id(id),
        kind,
        purpose: Cell::EMPTY,
        ports: &[],
        source: Cell::EMPTY,
        destination: Cell::EMPTY,
        service: Cell::EMPTY,
        connector: Cell::EMPTY,
        default_auth: Cell::EMPTY,
        supported_auth: Cell::EMPTY,
        encryption: Cell::EMPTY,
        encrypted_by_default: Cell::EMPTY,
        default: Cell::EMPTY,
        permission_groups: Cell::EMPTY,
        protocol_log: Cell::EMPTY,
        firewall_roles: Cell::EMPTY,
        program: Cell::EMPTY,
        editions: &[],
        notes: &[],
        roles: &[Role::Mailbox],
        shown_by: None,
    }
}

impl Row {
    /// The row concerns Mailbox and Edge servers.
    pub(super) const fn on_both(self) -> Row {
        Row { roles: BOTH, ..self }
    }

    pub(super) const fn noting(self, notes: &'static [Cell]) -> Row {
        Row { notes, ..self }
    }
}

/// What every role of Exchange 2010 asks of Active Directory.
pub(super) const fn active_directory(mark: Mark) -> [PortSpec; 8] {
    [
        tcp(389, "LDAP").marked(mark),
        udp(389, "LDAP").marked(mark),
        tcp(3268, "global catalog").marked(mark),
        tcp(88, "Kerberos").marked(mark),
        udp(88, "Kerberos").marked(mark),
        tcp(53, "DNS").marked(mark),
        udp(53, "DNS").marked(mark),
        tcp(135, "RPC netlogon").marked(mark),
    ]
}
