//! Drivers: they move bytes between a stream and a session, and the session's questions to
//! whoever decides. All protocol is in the sessions; nothing here looks at a byte.
//!
//! The streams come from outside, connected. Invariants: reading never outruns the session,
//! so one connection holds no more than [`types::limits::SMTP_INPUT_OCTETS_MAX`] unread; a
//! waiting connection holds no buffer; a peer that does not take our bytes is given up.

mod receive;
mod send;
mod wire;

use std::future::Future;
use std::io;

pub use receive::{Backend, Sink, serve};
pub use send::{Attendants, Journal, Outgoing, Settle, send};

use crate::server::TlsInfo;

/// Puts TLS on a stream in place, as server or as client.
pub trait Upgrade<S>: Sync {
    /// Shakes hands. After an error the stream is of no more use; its kind tells a lost
    /// connection from what TLS found, its text why.
    fn start_tls(&self, stream: &mut S) -> impl Future<Output = io::Result<TlsInfo>> + Send;
}

/// For connections where TLS is never started.
#[derive(Clone, Copy, Debug)]
pub struct NoTls;

impl<S: Send> Upgrade<S> for NoTls {
    async fn start_tls(&self, _stream: &mut S) -> io::Result<TlsInfo> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
