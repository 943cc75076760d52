//! Sockets: listeners, TLS and certificates, the resolver, the one outgoing connect, and what
//! every line protocol needs on top of a byte stream.
//!
//! No other crate opens a socket. This crate knows no protocol above TLS, no settings file
//! and no port number: addresses, limits and farewell lines are handed in.
//!
//! Invariants:
//! * nothing waits without a bound, and nothing grows without one (`types::limits`);
//! * a connection that waits for input holds no buffer of ours ([`read_chunk`]);
//! * every outgoing connection passes [`connect::Rules`].

pub mod budget;
pub mod connect;
pub mod deflate;
pub mod gate;
pub mod line;
pub mod listener;
pub mod local;
pub mod probe;
pub mod proxy;
pub mod reach;
pub mod resolve;
mod scratch;
pub mod session_id;
pub mod shutdown;
pub mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod tls;

pub use budget::Budget;
pub use connect::{Connector, Purpose};
pub use gate::{ConnectionLimits, Gate};
pub use line::LineStream;
pub use listener::{Connection, Listener, Service, serve};
pub use reach::{ReachError, reach};
pub use resolve::{MxAnswer, Resolver};
pub use scratch::read_chunk;
pub use session_id::SessionId;
pub use shutdown::{Shutdown, ShutdownTrigger};
pub use stream::Stream;
pub use tls::{CertificateStore, ClientTls, ServerTls, TlsInfo};
