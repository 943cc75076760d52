//! What the tests share: servers, programs, and eyes of our own.

pub mod dovecot;
pub mod imap;
pub mod message;
pub mod patience;
pub mod pebble;
pub mod ports;
pub mod postfix;
pub mod programs;
pub mod server;
pub mod site;
pub mod slapd;
pub mod smtp;
pub mod verb;
pub mod zone;
