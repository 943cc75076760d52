//! Who is there: SASL mechanisms, password storage, and the rules against guessing.
//!
//! * [`Exchange`] is the server side of PLAIN, LOGIN and SCRAM-SHA-256(-PLUS) as a machine
//!   that sees bytes and asks for what it needs; [`Dialogue`] runs one against an
//!   [`Authenticator`]. [`Client`] is the other side of all four, for smart hosts.
//! * [`PasswordHash`] (argon2id) and [`ScramSecret`] are what an account stores;
//!   [`AppSecret`] is what it stores of a password that was made here for one program.
//! * [`Verifier`] checks passwords under three bounds: a [`HashPool`] so that logins cannot
//!   starve the server, a [`Throttle`] so that guessing does not pay, and a [`Verified`]
//!   cache so that the client that logs in every minute costs microseconds.
//!
//! What it is not: it knows no accounts (crate `directory` does), no sockets, no TLS. A
//! mechanism that sends the password is only offered inside TLS; that is the protocol
//! crates' decision, which [`Mechanism::is_plaintext`] informs.
//!
//! Invariants: an unknown user and a wrong password take the same path, time and answer. A
//! password is never logged, and its memory is cleared after use. Nobody can lock an owner
//! out: back-off is counted per host, never per account alone.

mod app_secret;
mod attempt;
mod authenticator;
mod bounded;
mod cache;
mod client;
mod dialogue;
mod exchange;
mod line;
mod mac;
mod mechanism;
mod password;
mod plain;
mod pool;
mod prep;
mod principal;
mod scram;
mod sessions;
mod throttle;
mod verifier;

pub use app_secret::AppSecret;
pub use attempt::{Attempt, Evidence, Password, Proof};
pub use authenticator::{AuthFailure, Authenticator, Verification};
pub use cache::Verified;
pub use client::Client;
pub use dialogue::{Dialogue, Turn};
pub use exchange::{Exchange, Failure, Step};
pub use line::{ClientLine, decode_initial, decode_line, encode};
pub use mechanism::{CHANNEL_BINDING_LABEL, CHANNEL_BINDING_OCTETS, ChannelBinding, Mechanism};
pub use password::{HashCost, HashError, PasswordHash};
pub use pool::{Busy, HashPool};
pub use prep::{PrepError, prepare};
pub use principal::{ClientInfo, Principal, Protocol, RecipientId};
pub use scram::ScramSecret;
pub use sessions::{OwnMax, UserSession, UserSessions};
pub use throttle::{Throttle, Throttled};
pub use verifier::{Clock, Guess, Verifier, VerifierOptions};
