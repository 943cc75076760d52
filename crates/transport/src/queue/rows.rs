//! Reading and writing the queue's rows. Every function that changes a part keeps its two
//! index rows (due, notice) and the message's count of parts in step.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use store::{BlobNumber, Direction, Read, ReadExt, StoreError, Txn};
use types::time::Timestamp;

use crate::envelope::InternalMessageId;
use crate::queue::hop::HopRecord;
use crate::queue::keys::{self, HopNumber, PartKey};
use crate::queue::message::{NEVER, Part, QueuedMessage};

const EMPTY_VERSION: u8 = 1;

/// Writes a new part and its index rows.
pub(crate) fn insert_part(txn: &mut Txn<'_>, key: PartKey, part: &Part) -> Result<(), StoreError> {
    txn.put_record(&keys::part(key), part)?;
    txn.put(&keys::due(part.hop, part.due, key), EMPTY_VERSION, &[])?;
    if !part.is_suspended() {
        txn.put(&keys::notice(part.notice, key), EMPTY_VERSION, &[])?;
    }
    Ok(())
}

/// Adds one more part to a message that is in the queue.
pub(crate) fn add_part(
    txn: &mut Txn<'_>,
    id: InternalMessageId,
    part: &Part,
) -> Result<(), StoreError> {
    let Some(message) = txn.record::<QueuedMessage>(&keys::message(id))? else { return Ok(()) };
    let last = parts_of_message(txn, id)?.last().map_or(0, |last| last.part);
    let key = PartKey { id, part: last.saturating_add(1) };
    insert_part(txn, key, part)?;
    let parts = message.parts + 1;
    txn.put_record(&keys::message(id), &QueuedMessage { parts, ..message })
}

/// Replaces a part as it stands in the store by `new`.
pub(crate) fn replace_part(
    txn: &mut Txn<'_>,
    key: PartKey,
    old: &Part,
    new: &Part,
) -> Result<(), StoreError> {
    remove_index(txn, key, old)?;
    insert_part(txn, key, new)
}

/// Removes a part; the message goes with its last one.
pub(crate) fn remove_part(txn: &mut Txn<'_>, key: PartKey, part: &Part) -> Result<(), StoreError> {
    remove_index(txn, key, part)?;
    txn.delete(&keys::part(key))?;
    let Some(message) = txn.record::<QueuedMessage>(&keys::message(key.id))? else {
        return Ok(());
    };
    let parts = message.parts.saturating_sub(1);
    if parts > 0 {
        return txn.put_record(&keys::message(key.id), &QueuedMessage { parts, ..message });
    }
    txn.delete(&keys::message(key.id))?;
    delete_range(txn, &keys::delivered_of(key.id))
}

fn remove_index(txn: &mut Txn<'_>, key: PartKey, part: &Part) -> Result<(), StoreError> {
    txn.delete(&keys::due(part.hop, part.due, key))?;
    txn.delete(&keys::notice(part.notice, key))
}

fn delete_range(txn: &mut Txn<'_>, range: &Range<Vec<u8>>) -> Result<(), StoreError> {
    for key in all_keys(txn, range)? {
        txn.delete(&key)?;
    }
    Ok(())
}

/// Parts whose time has come.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Which, in order of time.
    pub parts: Vec<PartKey>,
    /// When the next one not among them is due.
    pub next: Option<Timestamp>,
}

/// Up to `limit` parts of the queue that are due and not `locked` by another connection.
pub(crate) fn due_parts(
    read: &impl Read,
    hop: HopNumber,
    now: Timestamp,
    limit: usize,
    locked: &HashSet<PartKey>,
) -> Result<Due, StoreError> {
    due_in(read, &keys::due_of(hop), now, limit, locked)
}

/// When the queue's first part that is not `locked` is due.
pub(crate) fn next_due(
    read: &impl Read,
    hop: HopNumber,
    locked: &HashSet<PartKey>,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(due_parts(read, hop, Timestamp::EPOCH, 0, locked)?.next)
}

/// Up to `limit` parts whose delay or expiry has come.
pub(crate) fn due_notices(
    read: &impl Read,
    now: Timestamp,
    limit: usize,
) -> Result<Due, StoreError> {
    due_in(read, &keys::notices(), now, limit, &HashSet::new())
}

/// Walks an index of times.
fn due_in(
    read: &impl Read,
    range: &Range<Vec<u8>>,
    now: Timestamp,
    limit: usize,
    locked: &HashSet<PartKey>,
) -> Result<Due, StoreError> {
    let mut found = Due::default();
    visit_keys(read, range, &mut |key| {
        let Some((at, part)) = keys::time_and_part(key) else { return ControlFlow::Continue(()) };
        if locked.contains(&part) {
            return ControlFlow::Continue(());
        }
        if at > now || found.parts.len() == limit {
            found.next = Some(at).filter(|at| *at != NEVER);
            return ControlFlow::Break(());
        }
        found.parts.push(part);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// A part and its message; none when it has left the queue.
pub(crate) fn part_and_message(
    read: &impl Read,
    key: PartKey,
) -> Result<Option<(Part, QueuedMessage)>, StoreError> {
    let Some(part) = read.record(&keys::part(key))? else { return Ok(None) };
    let message = read.record(&keys::message(key.id))?;
    Ok(message.map(|message| (part, message)))
}

/// All queues.
pub(crate) fn hops(read: &impl Read) -> Result<Vec<(HopNumber, HopRecord)>, StoreError> {
    let range = keys::hops();
    let mut all = Vec::new();
    read.records(&range.start, &range.end, Direction::Forward, &mut |key, record| {
        all.extend(keys::hop_at_end(key).map(|number| (number, record)));
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// The parts of a queue, suspended ones too.
pub(crate) fn parts_of_hop(read: &impl Read, hop: HopNumber) -> Result<Vec<PartKey>, StoreError> {
    part_keys(read, &keys::due_of(hop))
}

/// How many parts a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartCounts {
    /// Those that wait, for whatever reason.
    pub all: usize,
    /// Those of them that were put off until later; suspended ones are not.
    pub later: usize,
}

/// Counts the parts of a queue.
pub(crate) fn count_parts(
    read: &impl Read,
    hop: HopNumber,
    now: Timestamp,
) -> Result<PartCounts, StoreError> {
    let mut counts = PartCounts::default();
    visit_keys(read, &keys::due_of(hop), &mut |key| {
        counts.all += 1;
        let is_later = |(at, _): &(Timestamp, PartKey)| *at > now && *at != NEVER;
        counts.later += usize::from(keys::time_and_part(key).as_ref().is_some_and(is_later));
        ControlFlow::Continue(())
    })?;
    Ok(counts)
}

/// Up to `limit` parts of a queue behind a place in it, and the place to go on from; None: there
/// are no more.
pub(crate) fn page_of_hop(
    read: &impl Read,
    hop: HopNumber,
    from: Option<&[u8]>,
    limit: usize,
) -> Result<(Vec<PartKey>, Option<Vec<u8>>), StoreError> {
    let mut range = keys::due_of(hop);
    if let Some(from) = from {
        range.start = from.to_vec();
    }
    let (mut parts, mut next) = (Vec::new(), None);
    visit_keys(read, &range, &mut |key| {
        if parts.len() == limit {
            next = Some(key.to_vec());
            return ControlFlow::Break(());
        }
        parts.extend(keys::part_at_end(key));
        ControlFlow::Continue(())
    })?;
    Ok((parts, next))
}

/// The parts of a queue that are put off to a time after `now`.
pub(crate) fn later_parts(
    read: &impl Read,
    hop: HopNumber,
    now: Timestamp,
) -> Result<Vec<PartKey>, StoreError> {
    let mut later = Vec::new();
    visit_keys(read, &keys::due_after(hop, now), &mut |key| {
        later.extend(keys::time_and_part(key).filter(|(at, _)| *at != NEVER).map(|(_, part)| part));
        ControlFlow::Continue(())
    })?;
    Ok(later)
}

/// The parts of a message.
pub(crate) fn parts_of_message(
    read: &impl Read,
    id: InternalMessageId,
) -> Result<Vec<PartKey>, StoreError> {
    part_keys(read, &keys::parts_of(id))
}

fn part_keys(read: &impl Read, range: &Range<Vec<u8>>) -> Result<Vec<PartKey>, StoreError> {
    Ok(all_keys(read, range)?.iter().filter_map(|key| keys::part_at_end(key)).collect())
}

/// The largest message number in use, so that a restart gives out only larger ones.
pub(crate) fn last_message_id(read: &impl Read) -> Result<Option<InternalMessageId>, StoreError> {
    let range = keys::messages();
    let mut last = None;
    read.range(&range.start, &range.end, Direction::Backward, &mut |key, _| {
        last = keys::message_at_end(key);
        ControlFlow::Break(())
    })?;
    Ok(last)
}

/// Messages that one call of [`visit_blobs`] reads at most: well within a snapshot's time.
const MESSAGES_PER_VISIT: usize = 4096;

/// Calls `visit` with the blobs that queued messages refer to: the queue's part in the store's
/// mark and sweep. Begins at `from` (empty: at the start) and gives where to go on, in another
/// snapshot; `None` at the end.
pub fn visit_blobs(
    read: &impl Read,
    from: &[u8],
    visit: &mut dyn FnMut(BlobNumber),
) -> Result<Option<Vec<u8>>, StoreError> {
    let range = keys::messages();
    let (mut messages, mut next) = (0, None);
    let each = &mut |key: &[u8], message: QueuedMessage| {
        if messages == MESSAGES_PER_VISIT {
            next = Some(key.to_vec());
            return ControlFlow::Break(());
        }
        messages += 1;
        visit(message.blob);
        ControlFlow::Continue(())
    };
    read.records(from.max(&range.start), &range.end, Direction::Forward, each)?;
    Ok(next)
}

/// The first key of a range.
pub(crate) fn first_key(
    read: &impl Read,
    range: &Range<Vec<u8>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut first = None;
    visit_keys(read, range, &mut |key| {
        first = Some(key.to_vec());
        ControlFlow::Break(())
    })?;
    Ok(first)
}

fn all_keys(read: &impl Read, range: &Range<Vec<u8>>) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut all = Vec::new();
    visit_keys(read, range, &mut |key| {
        all.push(key.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

fn visit_keys(
    read: &impl Read,
    range: &Range<Vec<u8>>,
    visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    read.range(&range.start, &range.end, Direction::Forward, &mut |key, _| visit(key))
}
