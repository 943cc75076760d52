//! Spans of the program's log for a collector, by OTLP over HTTP (OpenTelemetry protocol 1.x).
//!
//! A span is a connection, a command, a message, a hop of it. [`SpanLayer`] sees them come and go
//! and [`Exporting`] sends them; which leave, and with which attributes, is a table in `span`.
//! Everything about one message is one trace: its id follows from the internal message id
//! (`trace`), so hops of later days and of other processes belong to it.
//!
//! What it is not: no metrics and no logs, which have their own ways; no TLS, a collector on this
//! host or network takes the spans and carries them on; nothing is tried again.
//!
//! Invariants: who makes a span never waits. What the queue has no room for, and what a collector
//! does not take, is dropped and counted. Nothing leaves that the table does not name.

mod collector;
mod export;
mod layer;
mod span;
mod trace;

use net::{Connector, Resolver};

pub use collector::BadEndpoint;
pub use export::{Counts, Exporting};
pub use layer::SpanLayer;

use collector::HttpCollector;

/// Which server makes the spans, and where they go.
pub struct Options {
    /// The collector as `http://HOST[:PORT][/PATH]`; `/v1/traces` is added.
    pub endpoint: String,
    /// The server's full name: host.name, and what keeps its traces apart from other servers'.
    pub server_name: String,
    /// service.version.
    pub version: &'static str,
    /// Makes connections.
    pub connector: Connector,
    /// Finds a collector's address.
    pub resolver: Resolver,
    /// Who counts.
    pub counts: Counts,
}

/// Begins to export, in a task of the runtime that this is called in. The layer belongs into the
/// program's subscriber.
pub fn start(options: Options) -> Result<(SpanLayer, Exporting), BadEndpoint> {
    let Options { endpoint, server_name, version, connector, resolver, counts } = options;
    let collector = HttpCollector::new(&endpoint, connector, resolver)?;
    let resource = span::resource(&server_name, version);
    let (queue, exporting) = Exporting::start(collector, resource, counts);
    Ok((SpanLayer::new(&server_name, queue), exporting))
}
