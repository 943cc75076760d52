//! Memory for messages on their way in: one bound for all connections together.
//!
//! A message is held in memory until its header is checked and its content staged. One of the
//! largest size is nothing; a thousand of them at once are, so all share this budget and a
//! client that finds it used up is told to come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use types::limits::INTAKE_OCTETS_MAX;

/// The unit of the budget: permits are counted in 32 bits.
const UNIT_OCTETS: usize = 1024;

/// The memory that all messages under way may take.
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    /// The whole budget.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Budget(Arc::new(Semaphore::new(INTAKE_OCTETS_MAX / UNIT_OCTETS))))
    }
}

/// A message as it comes in, and its share of the budget.
pub(crate) struct Held {
    budget: Arc<Budget>,
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

/// The budget is used up: 452 4.3.1.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl Held {
    /// Nothing yet.
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Held { budget, bytes: Vec::new(), share: None }
    }

    /// Adds a piece, if there is room for it.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Exhausted> {
        let needed = units(self.bytes.len() + piece.len());
        let held = self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if needed > held {
            let more = u32::try_from(needed - held).map_err(|_| Exhausted)?;
            let more = Arc::clone(&self.budget.0).try_acquire_many_owned(more);
            let more = more.map_err(|_| Exhausted)?;
            match &mut self.share {
                Some(share) => share.merge(more),
                None => self.share = Some(more),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The message; its share is given back when the guard goes.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Option<OwnedSemaphorePermit>) {
        (self.bytes, self.share)
    }
}

fn units(octets: usize) -> usize {
    octets.div_ceil(UNIT_OCTETS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_one_message_holds_another_cannot_have() {
        let budget = Arc::new(Budget(Arc::new(Semaphore::new(2))));
        let mut first = Held::new(Arc::clone(&budget));
        first.push(&[0; 1500]).unwrap();
        let mut second = Held::new(Arc::clone(&budget));
        second.push(b"x").unwrap_err();
        first.push(&[0; 500]).unwrap();
        drop(first);
        second.push(b"x").unwrap();
    }
}
