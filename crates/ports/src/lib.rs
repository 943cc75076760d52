//! The port documents as data: which listeners exist, what they serve, what they are for.
//!
//! The rows are the numbered rows of Microsoft's port documents for Exchange 2000 to 2019 and
//! of two articles around them, with group Z for listeners of ours. Services take their
//! [`Listener`]s from here; the table, the firewall rules, the network map and the reachability
//! check are made from the rows and from the [`Registry`] of what is really open.
//!
//! What it is not: it opens no socket and knows no protocol. Invariants: no port number is
//! written outside this crate and `config`; no row's state is typed in, it is computed.

pub mod capability;
mod cell;
pub mod check;
pub mod firewall;
mod id;
mod listener;
pub mod listeners;
pub mod map;
mod port_spec;
mod registry;
pub mod report;
mod row;
pub mod rows;
pub mod sockets;

pub use capability::{CAPABILITIES, Capability, capability};
pub use cell::{Cell, Mark};
pub use id::{Group, RowId, RowIdError};
pub use listener::{Encryption, Listener, Opens, Reach};
pub use listeners::{LISTENERS, listener};
pub use port_spec::{Numbers, PortSpec};
pub use registry::{FILE_NAME, NotAState, OpenListener, Registry, RegistryError, State};
pub use row::{Edition, Kind, NotARole, Role, Row};
