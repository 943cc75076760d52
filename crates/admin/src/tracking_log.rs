//! The message tracking log as verbs read it. Who has the files implements it.

use std::io;
use std::ops::{ControlFlow, RangeInclusive};

use transport::tracking::TrackingRecord;
use types::Timestamp;

/// The message tracking log of this server.
pub trait TrackingLog: Send + Sync {
    /// Shows the visitor each record of a span of time, oldest first as far as lines were
    /// written in their order, until it breaks off. What happened before the call is seen.
    /// Blocks: it reads files. Errors: a file that is there cannot be read.
    fn visit(
        &self,
        span: RangeInclusive<Timestamp>,
        visitor: &mut dyn FnMut(TrackingRecord) -> ControlFlow<()>,
    ) -> io::Result<()>;
}
