//! LDAP as a client (RFC 4511), as far as it takes to ask another directory whether a password is
//! right: simple bind, search for one entry, StartTLS (RFC 4511 section 4.14), over TLS or without.
//!
//! What it is not: a library for everything in LDAP, or a server. SASL, controls and referrals are
//! not here; a server that answers with a referral is an error that says so. BER is read and
//! written here because what there is either recurses as deep as the other side likes or brings a
//! calendar along; these messages are a few octets.
//!
//! Invariants: what is read is never longer than [`types::limits::LDAP_MESSAGE_OCTETS_MAX`] and
//! never read by recursion; an empty password is never sent, for a server would call that a success
//! (RFC 4513 section 5.1.2).

mod ber;
mod connection;
mod error;
mod message;

pub use connection::{Bound, Connection};
pub use error::LdapError;
pub use message::{NotUnderstood, Outcome, Response, decode};
