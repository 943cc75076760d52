//! IMAP (RFC 3501, RFC 9051 after ENABLE, and the extensions listed in [`capability`]).
//!
//! Three layers: `codec` knows bytes, `session` and its neighbours know states, `commands` act
//! on a mailbox, and `service` is the one loop over a connection. The grammar is our own: the
//! published crates lack NOTIFY, ACL, LIST-EXTENDED options, ESEARCH, SEARCHRES, MULTIAPPEND,
//! REPLACE and PREVIEW.
//!
//! Invariants: a message number never changes while a command that uses numbers runs (EXPUNGE
//! waits); what a command changed is on disk before its tagged OK; no password is taken in the
//! clear unless the configuration names it; output waits for the reader, never the reverse.

pub mod capability;
pub mod codec;
mod commands;
mod decoded;
mod flags;
mod io;
mod names;
mod object_id;
mod pattern;
mod render;
mod reply;
mod selected;
pub mod server;
pub mod service;
mod session;

pub use server::Server;
pub use service::{End, Handover, LoggedIn, run, run_logged_in};
