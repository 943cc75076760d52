//! Batches of migrations, as Exchange's MigrationBatch and MigrationEndpoint: mailboxes of another
//! server, by a CSV file.
//!
//! A batch is a row, and a request for each of its mailboxes that says whose it is. What a
//! request does is the same as alone; how a batch stands follows from its requests.
//!
//! Invariants: a batch is made whole or not at all. A request with a tag has a batch, and a
//! batch an endpoint that does not change its place meanwhile.

#[allow(clippy::module_inception)] // the thing the module is named after
mod batch;
mod batches;
mod csv;
mod endpoint;
mod endpoints;

pub use batch::{
    Batch, BatchChange, BatchCounts, BatchPhase, BatchStatus, BatchTag, BatchUser, NewBatch,
};
pub use csv::{BadRow, CsvError, CsvRow, csv_rows};
pub use endpoint::MigrationEndpoint;
