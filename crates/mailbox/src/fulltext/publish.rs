//! Writing what a pass has made, in slices of the bulk lane.
//!
//! Rows come first, under a number nobody reads; the last slice puts the segment into the
//! catalog if that still is as the pass found it. Whoever begins a segment takes the claim
//! from another who is at it: the loser's rows are garbage.

use store::{Bulk, Database, Txn};

use super::Progress;
use super::catalog::{Catalog, Segment};
use super::rows::{self, SegmentRow};
use crate::change::require_active;
use crate::derived::Derived;
use crate::fault::Fault;
use crate::id::MailboxNumber;

/// A segment that is not published yet.
pub(super) struct Draft {
    pub(super) rows: Vec<SegmentRow>,
    pub(super) segment: Segment,
    pub(super) place: Place,
}

/// Where a new segment goes.
pub(super) enum Place {
    /// Behind the others, when the mark is still at `from`; it rises to `to`.
    Tail {
        /// The mark that the pass found.
        from: u64,
        /// The new mark.
        to: u64,
    },
    /// In the place of these, when all of them are still there.
    Instead(Vec<Segment>),
}

/// Publishes a segment.
pub(super) async fn publish(
    database: &Database,
    mailbox: MailboxNumber,
    draft: Draft,
) -> Result<Progress, Fault> {
    let mut writing = Writing::new(mailbox, draft);
    database.write_bulk(move |txn| writing.slice(txn)).await
}

/// A publication under way. A slice runs once: it never shares its group with another.
pub(super) struct Writing {
    mailbox: MailboxNumber,
    draft: Draft,
    number: Option<u64>,
    written: usize,
}

impl Writing {
    pub(super) fn new(mailbox: MailboxNumber, draft: Draft) -> Self {
        Writing { mailbox, draft, number: None, written: 0 }
    }

    pub(super) fn slice(&mut self, txn: &mut Txn<'_>) -> Result<Bulk<Progress>, Fault> {
        require_active(txn, self.mailbox)?;
        let mut catalog = Catalog::load(txn, self.mailbox)?;
        let begun = self.number.is_none();
        let number = *self.number.get_or_insert_with(|| catalog.begin_segment());
        if !catalog.is_building(number) || !self.draft.place.is_there(&catalog) {
            return Ok(Bulk::Done(Progress::Outrun));
        }
        let finished = self.put_rows(txn, number)?;
        if finished {
            self.draft.enter(&mut catalog, number);
        }
        if begun || finished {
            catalog.save(txn, self.mailbox)?;
        }
        Ok(if finished { Bulk::Done(self.draft.progress()) } else { Bulk::More })
    }

    /// Writes rows until the slice is full; true after the last.
    fn put_rows(&mut self, txn: &mut Txn<'_>, number: u64) -> Result<bool, Fault> {
        while let Some(row) = self.draft.rows.get(self.written) {
            if txn.slice_full() {
                return Ok(false);
            }
            txn.put(&row.key(self.mailbox, number), rows::VERSION, &row.payload)?;
            self.written += 1;
        }
        Ok(true)
    }
}

impl Place {
    fn is_there(&self, catalog: &Catalog) -> bool {
        match self {
            Place::Tail { from, .. } => catalog.mark == *from,
            Place::Instead(old) => position(catalog, old).is_some(),
        }
    }
}

/// Where the first of these segments stands, if all of them are in the catalog.
fn position(catalog: &Catalog, old: &[Segment]) -> Option<usize> {
    let first = old.first()?;
    let start = catalog.segments.iter().position(|s| s.number == first.number)?;
    let there = catalog.segments[start..].iter().map(|segment| segment.number);
    let same = there.take(old.len()).eq(old.iter().map(|segment| segment.number));
    same.then_some(start)
}

impl Draft {
    /// Puts the segment into the catalog. One without contents leaves no trace.
    fn enter(&mut self, catalog: &mut Catalog, number: u64) {
        catalog.end_segment();
        self.segment.number = number;
        let segment = Some(&self.segment).filter(|_| !self.rows.is_empty()).cloned();
        match &self.place {
            Place::Tail { to, .. } => {
                catalog.mark = *to;
                catalog.segments.extend(segment);
            }
            Place::Instead(old) => replace(catalog, old, segment),
        }
    }

    fn progress(&self) -> Progress {
        match &self.place {
            Place::Tail { .. } => Progress::Indexed(self.segment.documents),
            Place::Instead(old) => Progress::Merged(old.len()),
        }
    }
}

/// What was deleted while the segments were being joined is still in the new one.
fn replace(catalog: &mut Catalog, old: &[Segment], mut new: Option<Segment>) {
    let Some(start) = position(catalog, old) else { return };
    let replaced = start..start + old.len();
    let dead_before: u64 = old.iter().map(|segment| segment.dead).sum();
    let dead_now: u64 = catalog.segments[replaced.clone()].iter().map(|s| s.dead).sum();
    if let Some(new) = &mut new {
        new.dead = dead_now.saturating_sub(dead_before);
    }
    catalog.segments.splice(replaced, new);
}

/// Removes rows.
pub(super) async fn clear(
    database: &Database,
    mailbox: MailboxNumber,
    mut keys: Vec<Vec<u8>>,
) -> Result<Progress, Fault> {
    let count = keys.len();
    let slice = move |txn: &mut Txn<'_>| {
        require_active(txn, mailbox)?;
        while let Some(key) = keys.pop() {
            txn.delete(&key)?;
            if txn.slice_full() {
                return Ok(Bulk::More);
            }
        }
        Ok(Bulk::Done(Progress::Cleared(count)))
    };
    database.write_bulk(slice).await
}
