//! Memory for messages on their way in: one bound for all connections together.
//!
//! A message is held in memory until its header is checked and its content staged. One of the
//! largest size is nothing; a thousand of them at once are, so all protocols share this budget
//! and a client that finds it used up is told to come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit of the budget: permits are counted in 32 bits.
const UNIT_OCTETS: usize = 1024;

/// The memory that all messages under way may take.
pub struct Budget(Arc<Semaphore>);

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the memory for messages on their way in is used up")]
pub struct Exhausted;

impl Budget {
    /// So many octets, in units of 1,024.
    pub fn new(octets: usize) -> Arc<Self> {
        Arc::new(Budget(Arc::new(Semaphore::new(octets / UNIT_OCTETS))))
    }

    /// Whether a message of that size would find room now. Nothing is set aside for it: what a
    /// client announces it need not send.
    pub fn has_room(&self, octets: u64) -> bool {
        octets <= (self.0.available_permits() as u64) * UNIT_OCTETS as u64
    }
}

/// A message as it comes in, and its share of the budget.
pub struct Held {
    budget: Arc<Budget>,
    bytes: Vec<u8>,
    share: Share,
}

/// A share of the budget; dropping it gives the memory back.
#[derive(Debug, Default)]
pub struct Share(Option<OwnedSemaphorePermit>);

impl Held {
    /// Nothing yet.
    pub fn new(budget: Arc<Budget>) -> Self {
        Held { budget, bytes: Vec::new(), share: Share::default() }
    }

    /// Octets so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a piece, if there is room for it.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Exhausted> {
        let needed = units(self.bytes.len() + piece.len());
        let held = self.share.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if needed > held {
            let more = u32::try_from(needed - held).map_err(|_| Exhausted)?;
            let more = Arc::clone(&self.budget.0).try_acquire_many_owned(more);
            let more = more.map_err(|_| Exhausted)?;
            match &mut self.share.0 {
                Some(share) => share.merge(more),
                None => self.share = Share(Some(more)),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The message, and its share.
    pub fn into_parts(self) -> (Vec<u8>, Share) {
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
    use types::limits::INTAKE_OCTETS_MAX;

    #[test]
    fn all_of_what_messages_may_hold_can_be_had_and_no_more() {
        let (budget, all) = (Budget::new(INTAKE_OCTETS_MAX), INTAKE_OCTETS_MAX as u64);
        assert!(budget.has_room(all) && !budget.has_room(all + 1));
    }

    #[test]
    fn what_one_message_holds_another_cannot_have() {
        let budget = Budget::new(2048);
        let mut first = Held::new(Arc::clone(&budget));
        first.push(&[0; 1500]).unwrap();
        assert!(!budget.has_room(1));
        let mut second = Held::new(Arc::clone(&budget));
        second.push(b"x").unwrap_err();
        first.push(&[0; 500]).unwrap();
        let (_, share) = first.into_parts();
        second.push(b"x").unwrap_err();
        drop(share);
        assert!(budget.has_room(2048) && !budget.has_room(2049));
        second.push(b"x").unwrap();
    }
}
