//! Certificates from a certificate authority by ACME (RFC 8555): one order from its account to its
//! chain, and what proves control of a name meanwhile (http-01, dns-01: RFC 8555 section 8;
//! tls-alpn-01: RFC 8737).
//!
//! What it is not: it keeps no certificate and knows no time to renew; and it opens no listener:
//! who has one for port 80 hands its connections to [`respond`], who has one for 443 shows the
//! certificates of [`Proof::TlsAlpn`].
//!
//! Invariants: nothing that proves control is shown any longer than the order it was asked for
//! takes, except that a record stays in DNS when the order is dropped in between; a key is made for each order and leaves this crate only beside its chain.

mod account;
mod client;
mod dns;
mod error;
mod http;
mod order;
mod proof;

pub use client::Network;
pub use dns::DnsProgram;
pub use error::AcmeError;
pub use http::{Tokens, respond};
pub use order::{Authority, obtain};
pub use proof::Proof;
