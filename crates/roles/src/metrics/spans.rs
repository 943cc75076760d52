//! What became of spans for OpenTelemetry. Of the process and not of a server: the log that they
//! are taken from is so too.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many spans the collector took.
pub static EXPORTED: AtomicU64 = AtomicU64::new(0);
/// How many are lost.
pub static DROPPED: AtomicU64 = AtomicU64::new(0);

/// All of them by what became of them.
pub(super) fn counted() -> [(&'static str, u64); 2] {
    [("exported", &EXPORTED), ("dropped", &DROPPED)]
        .map(|(result, spans)| (result, spans.load(Ordering::Relaxed)))
}
