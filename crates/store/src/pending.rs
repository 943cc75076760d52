//! Changes that are not committed yet, and reading through them.

use std::iter::Peekable;
use std::ops::{Bound, ControlFlow};

use bytes::Bytes;

use crate::engine::{Batch, Span, View};
use crate::error::StoreError;
use crate::frame;
use crate::read::{Direction, Row};

/// Memory that an entry of the map takes beside its key and value, roughly.
const ENTRY_OCTETS: usize = 64;

/// Changes in key order, the later of two under one key standing for both.
#[derive(Default)]
pub(crate) struct Pending {
    changes: Batch,
    octets: usize,
}

impl Pending {
    pub(crate) fn set(&mut self, key: Box<[u8]>, value: Option<Bytes>) {
        self.octets += weight(&key, &value);
        let key_octets = key.len();
        if let Some(old) = self.changes.insert(key, value) {
            self.octets -= key_octets + old.map_or(0, |old| old.len()) + ENTRY_OCTETS;
        }
    }

    /// What is pending under `key`: nothing, a deletion (`Some(None)`) or a framed value.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Option<Bytes>> {
        self.changes.get(key)
    }

    /// Moves the changes of `later` on top of these.
    pub(crate) fn absorb(&mut self, later: Pending) {
        if self.changes.is_empty() {
            *self = later;
            return;
        }
        for (key, value) in later.changes {
            self.set(key, value);
        }
    }

    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn batch(&self) -> &Batch {
        &self.changes
    }

    pub(crate) fn into_batch(self) -> Batch {
        self.changes
    }

    fn range(&self, span: Span) -> Walk<'_> {
        let bounds = (Bound::Included(span.from), Bound::Excluded(span.to));
        let within = self.changes.range::<[u8], _>(bounds);
        let within = within.map(|(key, value)| (&**key, value.as_ref()));
        match span.direction {
            Direction::Forward => Box::new(within),
            Direction::Backward => Box::new(within.rev()),
        }
    }
}

fn weight(key: &[u8], value: &Option<Bytes>) -> usize {
    key.len() + value.as_ref().map_or(0, Bytes::len) + ENTRY_OCTETS
}

type Change<'p> = (&'p [u8], Option<&'p Bytes>);
type Walk<'p> = Box<dyn Iterator<Item = Change<'p>> + 'p>;

/// Two layers of changes as one sorted sequence; the upper layer hides the lower.
struct Layers<'p> {
    lower: Peekable<Walk<'p>>,
    upper: Peekable<Walk<'p>>,
    direction: Direction,
}

impl<'p> Iterator for Layers<'p> {
    type Item = Change<'p>;

    fn next(&mut self) -> Option<Change<'p>> {
        let (Some(lower), Some(upper)) = (self.lower.peek(), self.upper.peek()) else {
            return self.upper.next().or_else(|| self.lower.next());
        };
        if precedes(self.direction, lower.0, upper.0) {
            return self.lower.next();
        }
        if lower.0 == upper.0 {
            self.lower.next();
        }
        self.upper.next()
    }
}

fn precedes(direction: Direction, one: &[u8], other: &[u8]) -> bool {
    match direction {
        Direction::Forward => one < other,
        Direction::Backward => one > other,
    }
}

/// Turns framed values into rows for a caller's function, and keeps the first fault.
pub(crate) struct Show<'v> {
    visit: &'v mut dyn FnMut(&[u8], Row) -> ControlFlow<()>,
    ended: bool,
    fault: Option<StoreError>,
}

impl<'v> Show<'v> {
    pub(crate) fn new(visit: &'v mut dyn FnMut(&[u8], Row) -> ControlFlow<()>) -> Self {
        Show { visit, ended: false, fault: None }
    }

    /// Shows a value as the engine holds it.
    pub(crate) fn committed(&mut self, key: &[u8], framed: &[u8]) -> ControlFlow<()> {
        match frame::open(key, framed) {
            Ok((version, payload)) => {
                self.row(key, Row { version, payload: Bytes::copy_from_slice(payload) })
            }
            Err(corrupt) => self.fail(StoreError::corrupt(key, corrupt)),
        }
    }

    /// Ends the walk with an error.
    pub(crate) fn fail(&mut self, error: StoreError) -> ControlFlow<()> {
        self.fault = Some(error);
        self.ended = true;
        ControlFlow::Break(())
    }

    pub(crate) fn finish(self) -> Result<(), StoreError> {
        self.fault.map_or(Ok(()), Err)
    }

    fn pending(&mut self, (key, value): Change) -> ControlFlow<()> {
        match value {
            Some(framed) => self.row(key, frame::trusted(framed)),
            None => ControlFlow::Continue(()),
        }
    }

    fn row(&mut self, key: &[u8], row: Row) -> ControlFlow<()> {
        let flow = (self.visit)(key, row);
        self.ended = flow.is_break();
        flow
    }
}

/// Walks the committed rows of a range as `lower` and, above it, `upper` change them.
pub(crate) fn walk(
    committed: &dyn View,
    lower: &Pending,
    upper: &Pending,
    span: Span,
    mut show: Show,
) -> Result<(), StoreError> {
    if span.from >= span.to {
        return Ok(());
    }
    let direction = span.direction;
    let mut changes = Layers {
        lower: lower.range(span).peekable(),
        upper: upper.range(span).peekable(),
        direction,
    }
    .peekable();
    committed.range(span, &mut |key, framed| {
        while let Some(change) = changes.next_if(|change| precedes(direction, change.0, key)) {
            show.pending(change)?;
        }
        match changes.next_if(|change| change.0 == key) {
            Some(change) => show.pending(change),
            None => show.committed(key, framed),
        }
    })?;
    if !show.ended {
        let _ = changes.try_for_each(|change| show.pending(change));
    }
    show.finish()
}
