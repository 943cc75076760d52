//! A running server as it sees itself. Crate `roles` implements it.

use std::pin::Pin;

/// An answer that is being put together.
pub type Observing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What can be seen of a running server.
pub trait Monitor: Send + Sync {
    /// What it counts, in Prometheus' text format (version 0.0.4).
    fn metrics(&self) -> Observing<'_, String>;
}
