//! POP3 (RFC 1939) with CAPA (2449), STLS (2595), SASL (5034), response codes (3206) and UTF8
//! (6856). Rows C-12, X-09, X-10.
//!
//! A session sees a frozen list of messages, taken when it logs in; what it marks is deleted
//! at QUIT and never before. Several sessions may read one mailbox: each has its own list.
//!
//! What it is not: it opens no sockets and finds no accounts; crates `net`, `auth` and
//! `mailbox` do.

pub mod command;
pub mod drop;
pub mod response;
pub mod service;
mod session;

pub use service::{Server, Start, run};
