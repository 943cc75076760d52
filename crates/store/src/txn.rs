//! What a write function works on.

use std::cell::RefCell;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use types::Timestamp;
use types::limits::{
    BULK_SLICE_MS, BULK_SLICE_OCTETS, KEY_OCTETS_MAX, TRANSACTION_OCTETS_MAX, VALUE_OCTETS_MAX,
};

use crate::blob::{self, BlobNumber, Place, Staged};
use crate::cache::Cache;
use crate::engine::{Span, Writer};
use crate::error::{Corrupt, StoreError};
use crate::frame;
use crate::keys;
use crate::pending::{self, Pending, Show};
use crate::read::{Direction, Read, Record, Row};
use crate::segment::Segments;

/// Version of the form of the store's own rows.
pub(crate) const OWN_VERSION: u8 = 1;

/// The committed state as the writer sees it.
pub(crate) struct Base {
    pub(crate) engine: Box<dyn Writer>,
    pub(crate) cache: RefCell<Cache>,
    pub(crate) segments: Arc<Segments>,
}

impl Base {
    /// The framed value under `key`, checked.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        if let Some(value) = self.cache.borrow_mut().get(key) {
            return Ok(value);
        }
        let value = self.engine.get(key)?;
        if let Some(framed) = &value {
            frame::open(key, framed).map_err(|corrupt| StoreError::corrupt(key, corrupt))?;
        }
        if is_cached(key) {
            self.cache.borrow_mut().keep(key.into(), value.clone());
        }
        Ok(value)
    }

    /// Remembers what a group has committed.
    pub(crate) fn keep(&self, committed: Pending) {
        let mut cache = self.cache.borrow_mut();
        for (key, value) in committed.into_batch() {
            if is_cached(&key) {
                cache.keep(key, value);
            }
        }
    }
}

/// Blob rows are written once, and seldom read by the writer.
fn is_cached(key: &[u8]) -> bool {
    key.first() != Some(&keys::SPACE_BLOB)
}

/// The changes of one group, function upon function.
pub(crate) struct Group {
    pub(crate) pending: Pending,
    pub(crate) adopted: Vec<Staged>,
    pub(crate) retained: Vec<BlobNumber>,
    pub(crate) wakes: Vec<u64>,
    pub(crate) next_blob: u64,
    pub(crate) now: Timestamp,
}

impl Group {
    pub(crate) fn new(now: Timestamp, next_blob: u64) -> Self {
        Group {
            pending: Pending::default(),
            adopted: Vec::new(),
            retained: Vec::new(),
            wakes: Vec::new(),
            next_blob,
            now,
        }
    }

    /// Takes over what a function did.
    pub(crate) fn absorb(&mut self, layer: Layer) {
        self.pending.absorb(layer.pending);
        self.adopted.extend(layer.adopted.into_iter().map(|(staged, _)| staged));
        self.retained.extend(layer.retained);
        self.wakes.extend(layer.wakes);
        self.next_blob = layer.next_blob;
    }
}

/// What one function did so far.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) pending: Pending,
    adopted: Vec<(Staged, BlobNumber)>,
    retained: Vec<BlobNumber>,
    wakes: Vec<u64>,
    next_blob: u64,
    may_grow: bool,
}

/// A write function's view: the last committed state, what earlier functions of its group
/// changed, and on top what it changes itself.
pub struct Txn<'a> {
    base: &'a Base,
    group: &'a Group,
    layer: Layer,
    started: Instant,
}

impl<'a> Txn<'a> {
    pub(crate) fn new(base: &'a Base, group: &'a Group) -> Self {
        let layer = Layer { next_blob: group.next_blob, ..Layer::default() };
        Txn { base, group, layer, started: Instant::now() }
    }

    pub(crate) fn into_layer(self) -> Layer {
        self.layer
    }

    /// Writes a row. Limits hold in every engine: `KEY_OCTETS_MAX`, `VALUE_OCTETS_MAX` for the
    /// framed payload, `TRANSACTION_OCTETS_MAX` for all the function writes.
    pub fn put(&mut self, key: &[u8], version: u8, payload: &[u8]) -> Result<(), StoreError> {
        check_key(key)?;
        let octets = payload.len() + frame::FRAME_OCTETS;
        if octets > VALUE_OCTETS_MAX {
            return Err(StoreError::ValueLength(octets));
        }
        self.set(key, Some(frame::seal(key, version, &[payload])))
    }

    /// Writes a record in its newest version.
    pub fn put_record<T: Record>(&mut self, key: &[u8], record: &T) -> Result<(), StoreError> {
        let mut payload = Vec::new();
        record.encode(&mut payload);
        self.put(key, T::VERSION, &payload)
    }

    /// Deletes a row; one that is not there is no error.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), StoreError> {
        check_key(key)?;
        self.set(key, None)
    }

    /// Octets that the function may still write.
    pub fn octets_left(&self) -> usize {
        TRANSACTION_OCTETS_MAX.saturating_sub(self.layer.pending.octets())
    }

    /// The time of this group: one for all its functions, never before an earlier group's.
    pub fn now(&self) -> Timestamp {
        self.group.now
    }

    /// Makes staged octets a blob. Adopted twice in one function, it is the same blob.
    pub fn adopt(&mut self, staged: &Staged) -> Result<BlobNumber, StoreError> {
        if !staged.belongs_to(&self.base.segments) {
            return Err(StoreError::ForeignStaged);
        }
        if let Some((_, number)) = self.layer.adopted.iter().find(|(one, _)| one.is_same(staged)) {
            return Ok(*number);
        }
        let number = BlobNumber(self.layer.next_blob);
        let key = keys::blob(number);
        self.set(&key, Some(staged.place().seal(&key)))?;
        self.layer.next_blob += 1;
        self.layer.adopted.push((staged.clone(), number));
        Ok(number)
    }

    /// Wakes the watchers of `topic` after the commit, once for the whole group.
    pub fn wake(&mut self, topic: u64) {
        if self.layer.wakes.last() != Some(&topic) {
            self.layer.wakes.push(topic);
        }
    }

    /// Says that a reference to `blob` has been copied or moved to another row. A reclaim that
    /// is under way then keeps the blob; see [`crate::Database::mark`].
    pub fn retain(&mut self, blob: BlobNumber) {
        self.layer.retained.push(blob);
    }

    /// Lets this function run to its end although the disk is nearly full and it writes more
    /// than it frees: for deletions, which need a little room to make a lot.
    pub fn permit_growth(&mut self) {
        self.layer.may_grow = true;
    }

    /// Whether a slice of bulk work has done enough and should answer [`crate::Bulk::More`].
    pub fn slice_full(&self) -> bool {
        self.layer.pending.octets() >= BULK_SLICE_OCTETS
            || self.started.elapsed() >= Duration::from_millis(BULK_SLICE_MS)
    }

    /// As if the function had begun then.
    #[cfg(test)]
    pub(crate) fn begin_at(&mut self, started: Instant) {
        self.started = started;
    }

    /// Octets that the writer remembers at most.
    #[cfg(test)]
    pub(crate) fn cache_octets_max(&self) -> usize {
        self.base.cache.borrow().octets_max()
    }

    pub(crate) fn octets(&self) -> usize {
        self.layer.pending.octets()
    }

    pub(crate) fn may_grow(&self) -> bool {
        self.layer.may_grow
    }

    /// Octets that the changes so far would add to the committed rows; negative when they free.
    pub(crate) fn growth(&self) -> Result<i64, StoreError> {
        let mut growth = 0i64;
        for (key, after) in self.layer.pending.batch() {
            let before = match self.group.pending.get(key) {
                Some(value) => value.clone(),
                None => self.base.get(key)?,
            };
            growth += row_octets(key, after) - row_octets(key, &before);
        }
        Ok(growth)
    }

    /// Replaces a blob's row, in compaction.
    pub(crate) fn relocate(
        &mut self,
        number: BlobNumber,
        staged: &Staged,
    ) -> Result<(), StoreError> {
        let key = keys::blob(number);
        self.set(&key, Some(staged.place().seal(&key)))?;
        self.layer.adopted.push((staged.clone(), number));
        Ok(())
    }

    /// Writes or deletes one of the store's own rows.
    pub(crate) fn set_own(&mut self, key: &[u8], payload: Option<&[u8]>) -> Result<(), StoreError> {
        self.set(key, payload.map(|payload| frame::seal(key, OWN_VERSION, &[payload])))
    }

    /// Writes a counter of the store's own.
    pub(crate) fn set_own_counter(&mut self, key: &[u8], value: u64) -> Result<(), StoreError> {
        self.set_own(key, Some(&value.to_be_bytes()))
    }

    /// Deletes a blob's row.
    pub(crate) fn delete_blob(&mut self, number: BlobNumber) -> Result<(), StoreError> {
        self.set(&keys::blob(number), None)
    }

    /// The number that the next blob adopted will have.
    pub(crate) fn next_blob(&self) -> u64 {
        self.layer.next_blob
    }

    /// Where a blob is.
    pub(crate) fn place(&self, number: BlobNumber) -> Result<Place, StoreError> {
        blob::place(number, self.get(&keys::blob(number))?)
    }

    fn set(&mut self, key: &[u8], value: Option<Bytes>) -> Result<(), StoreError> {
        self.layer.pending.set(key.into(), value);
        match self.layer.pending.octets() {
            octets if octets > TRANSACTION_OCTETS_MAX => Err(StoreError::TransactionLength(octets)),
            _ => Ok(()),
        }
    }
}

impl Read for Txn<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Row>, StoreError> {
        let pending = self.layer.pending.get(key).or_else(|| self.group.pending.get(key));
        match pending {
            Some(value) => Ok(value.as_ref().map(frame::trusted)),
            None => Ok(self.base.get(key)?.as_ref().map(frame::trusted)),
        }
    }

    fn range(
        &self,
        from: &[u8],
        to: &[u8],
        direction: Direction,
        visit: &mut dyn FnMut(&[u8], Row) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (lower, upper) = (&self.group.pending, &self.layer.pending);
        let span = Span { from, to, direction };
        pending::walk(&*self.base.engine, lower, upper, span, Show::new(visit))
    }

    fn blob(&self, number: BlobNumber, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        blob::read(&self.base.segments, number, &self.place(number)?, range)
    }

    fn blob_len(&self, number: BlobNumber) -> Result<u64, StoreError> {
        Ok(self.place(number)?.octets())
    }
}

fn check_key(key: &[u8]) -> Result<(), StoreError> {
    match key.first() {
        Some(space) if *space <= keys::SPACE_BLOB => Err(StoreError::KeyReserved(*space)),
        Some(_) if key.len() <= KEY_OCTETS_MAX => Ok(()),
        _ => Err(StoreError::KeyLength(key.len())),
    }
}

fn row_octets(key: &[u8], value: &Option<Bytes>) -> i64 {
    value.as_ref().map_or(0, |value| (key.len() + value.len()) as i64)
}

/// Reads a counter of the store's own; one never written is 0.
pub(crate) fn counter(read: &dyn Read, key: &[u8]) -> Result<u64, StoreError> {
    let Some(row) = read.get(key)? else { return Ok(0) };
    let octets = <[u8; 8]>::try_from(&*row)
        .map_err(|_| StoreError::corrupt(key, Corrupt("counter is not eight octets")))?;
    Ok(u64::from_be_bytes(octets))
}
