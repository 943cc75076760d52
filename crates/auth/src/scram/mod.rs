//! SCRAM-SHA-256 (RFC 5802, RFC 7677), server side: the password never crosses the wire and
//! the server stores nothing that would let a thief log in without breaking it first.
//!
//! [`message`] is the grammar, [`secret`] what an account stores, [`server`] the exchange:
//! `FirstMessage -> Asked -> Challenged -> Finished`, each a type, so that no step can be
//! left out.

mod message;
mod secret;
mod server;

pub use secret::ScramSecret;
pub(crate) use server::{Asked, Challenged, random_nonce};
