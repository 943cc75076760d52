//! SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never crosses the wire, and the server
//! stores nothing that would let a thief log in without breaking it first.
//!
//! [`message`] is the grammar and [`secret`] what an account stores. In [`server`] an
//! exchange is `Asked`, then `Challenged`; in [`client`] `Opening`, then `Answered`: each a
//! type, so that no step can be left out.

mod client;
mod message;
mod secret;
mod server;

pub(crate) use client::{Answered, Opening};
pub use secret::ScramSecret;
pub(crate) use server::{Asked, Challenged, random_nonce};
