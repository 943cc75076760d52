//! The numbered rows of the port documents, one module per group.
//!
//! The tables are Rust values, so the compiler checks them and nothing is parsed at run time.
//! Their text is the documents'; a reader who finds an error there corrects it here.

mod advice;
mod build;
mod client_access_2010;
mod clients;
mod exchange_2000;
mod firewall_2010;
mod ground_rules;
mod hybrid;
mod mail_flow;
mod mailbox_2010;
mod own;
mod pipeline;
mod third_party;
mod transport_2010;
mod unified_messaging;

use types::{Port, Transport};

use crate::{Group, Row, RowId};

/// The rows of a group, in the documents' order.
pub fn group(group: Group) -> &'static [Row] {
    match group {
        Group::G => ground_rules::ROWS,
        Group::C => clients::ROWS,
        Group::M => mail_flow::ROWS,
        Group::P => pipeline::ROWS,
        Group::T => transport_2010::ROWS,
        Group::B => mailbox_2010::ROWS,
        Group::A => client_access_2010::ROWS,
        Group::U => unified_messaging::ROWS,
        Group::F => firewall_2010::ROWS,
        Group::X => exchange_2000::ROWS,
        Group::W => advice::ROWS,
        Group::R => third_party::ROWS,
        Group::H => hybrid::ROWS,
        Group::Z => own::ROWS,
    }
}

/// All rows, group by group.
pub fn all() -> impl Iterator<Item = &'static Row> {
    Group::ALL.into_iter().flat_map(group)
}

/// The row with this number; `None` when no document has it.
pub fn row(id: RowId) -> Option<&'static Row> {
    group(id.group()).iter().find(|row| row.id == id)
}

/// The rows that name a port by its number, alone or in a range.
pub fn naming(port: Port, transport: Transport) -> impl Iterator<Item = &'static Row> {
    all().filter(move |row| row.names(port, transport))
}
