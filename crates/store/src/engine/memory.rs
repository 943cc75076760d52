//! An engine in memory, for tests: durable as long as the process lives.

use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::{Batch, Engine, EngineError, Span, View, Visit, Writer};
use crate::read::Direction;
use crate::sync::lock;

type Rows = std::collections::BTreeMap<Bytes, Bytes>;

/// The engine. Commits copy the map while a snapshot of it lives, so keep those short.
#[derive(Clone, Default)]
pub struct Memory {
    rows: Arc<Mutex<Arc<Rows>>>,
}

impl Engine for Memory {
    fn snapshot(&self) -> Result<Box<dyn View>, EngineError> {
        Ok(Box::new(Frozen(lock(&self.rows).clone())))
    }

    fn writer(&self) -> Result<Box<dyn Writer>, EngineError> {
        Ok(Box::new(MemoryWriter(self.clone())))
    }

    fn verify(&self, visit: Visit) -> Result<Vec<String>, EngineError> {
        let rows = lock(&self.rows).clone();
        let _ = rows.iter().try_for_each(|(key, value)| visit(key, value));
        Ok(Vec::new())
    }
}

struct Frozen(Arc<Rows>);

impl View for Frozen {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        Ok(self.0.get(key).cloned())
    }

    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError> {
        let Span { from, to, direction } = span;
        if from >= to {
            return Ok(());
        }
        let mut within = self.0.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        let mut show = |(key, value): (&Bytes, &Bytes)| visit(key, value);
        let _: ControlFlow<()> = match direction {
            Direction::Forward => within.try_for_each(&mut show),
            Direction::Backward => within.rev().try_for_each(&mut show),
        };
        Ok(())
    }
}

struct MemoryWriter(Memory);

impl View for MemoryWriter {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        Ok(lock(&self.0.rows).get(key).cloned())
    }

    fn range(&self, span: Span, visit: Visit) -> Result<(), EngineError> {
        Frozen(lock(&self.0.rows).clone()).range(span, visit)
    }
}

impl Writer for MemoryWriter {
    fn commit(&mut self, batch: &Batch) -> Result<(), EngineError> {
        let mut rows = lock(&self.0.rows);
        let rows = Arc::make_mut(&mut rows);
        for (key, value) in batch {
            match value {
                Some(value) => rows.insert(Bytes::copy_from_slice(key), value.clone()),
                None => rows.remove(&**key),
            };
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), EngineError> {
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), EngineError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        crate::engine::conformance::conformance(&|| Box::new(Memory::default()));
    }
}
