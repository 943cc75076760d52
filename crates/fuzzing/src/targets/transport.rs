//! Rows of the queue.

use transport::queue::hop::HopRecord;
use transport::queue::message::{Part, QueuedMessage};

use super::{choice, comes_back};

/// A row; the first octet chooses.
pub fn rows(octets: &[u8]) {
    let (chosen, payload) = choice(octets);
    let rows = [comes_back::<QueuedMessage>, comes_back::<Part>, comes_back::<HopRecord>];
    rows[chosen % rows.len()](payload);
}
