//! Roles: what is put together to a server, and the only place that asks for listeners.
//!
//! [`MailboxServer`] opens the data, joins directory, mailboxes and transport, and opens the
//! listeners that the settings and the port table call for. The demonstration is a Mailbox
//! server with users and mail in it.
//!
//! What it is not: no protocol, no policy of its own. Adapters between crates that do not
//! know each other stand here, one file each.

mod acme_service;
mod admin_service;
mod backend;
mod built;
mod components;
mod configuration;
mod date;
mod delivery;
pub mod demo;
mod dkim_keys;
pub mod fuzzing;
mod health;
mod homes;
mod imap_service;
mod janitor;
mod linked;
mod listeners;
mod locations;
pub mod logs;
pub mod metrics;
mod migrations;
mod monitor;
mod open_ports;
pub mod organization;
mod outbound;
mod policy;
mod pop3_service;
mod private;
mod recipients;
pub mod server;
pub mod setup;
mod slow_operations;
mod smtp_in;
pub mod storage;
mod submission;
mod throttling;
mod tls;
mod whole_file;

pub use built::built;
pub use server::{MailboxServer, StartError};
