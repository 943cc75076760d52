//! The administrator's commands: what is asked on the command line, done, and printed.
//!
//! One file a command: its arguments as `clap` reads them, and what it does. Commands write
//! to a [`Console`] and answer with an [`Outcome`]; the program turns that into an exit code.
//!
//! What an administrator does to recipients and settings are verbs ([`verb`], [`verbs`]), reached
//! on the command line ([`shell`]) and over HTTP ([`api`]).
//!
//! What it is not: it starts no server. What only the whole program knows (which listeners it
//! can open, where a server keeps its databases) is handed in as [`Program`].

pub mod api;
mod asking;
pub mod backup;
pub mod config;
mod console;
mod error;
pub mod explain;
pub mod exposition;
pub mod fuzzing;
pub mod monitor;
pub mod organization;
pub mod ports;
mod program;
pub mod reference;
mod role_groups;
pub mod shell;
pub mod store;
pub mod top;
pub mod tracking_log;
pub mod verb;
pub mod verbs;

pub use console::{Console, Outcome};
pub use error::AdminError;
pub use program::Program;
