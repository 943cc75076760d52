//! SMTP and LMTP: RFC 5321 with the extensions listed in [`codec::keyword`].
//!
//! Three layers, each usable alone:
//! * [`codec`]: bytes to values and back. Pure.
//! * [`server`] and [`client`]: sessions as state machines without sockets or clock.
//! * [`service`]: thin tokio drivers of both sessions over any byte stream.
//!
//! What it is not: it knows no mailbox, queue, credential or rule. The server session asks a
//! question for each decision ([`server::Question`]) and takes the answer as given; what a
//! message means is the business of whoever implements [`service::Backend`].

pub mod client;
pub mod codec;
pub mod protocol_log;
pub mod server;
pub mod service;
