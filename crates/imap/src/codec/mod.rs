//! The grammar of IMAP: bytes to commands, values to response bytes. Pure: no IO, no clock,
//! nothing of ours but limits. Files are topics of RFC 9051 and its extensions; a function is
//! named after its ABNF rule and carries it in its comment.

pub mod acl;
pub mod append;
pub mod command;
pub mod date_time;
pub mod fetch;
pub mod flag;
pub mod framer;
pub mod list;
pub mod mailbox;
pub mod metadata;
pub mod notify;
pub mod parser;
pub mod search;
pub mod select;
pub mod sequence_set;
pub mod store;
pub mod write;

pub use command::{Command, parse};
pub use framer::{Frame, Framer, Literal};
pub use parser::{Bad, Parsed, Parser};
