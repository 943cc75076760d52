//! Segment files: blobs too large for a row, one after the other, never overwritten.
//!
//! Each record is a header (`record.rs`) and the data. A group that adopts records syncs their
//! files before the engine commits the rows, so a row never points at octets that a loss of
//! power can take. Records are found by rows alone; what no row names is dead and is reclaimed
//! by the sweep. A large blob has a file of its own: a segment with one record.
//!
//! Nothing is cut from a file and no offset is used twice: after a start, writing goes on
//! behind the last record, or in a new file when the old one does not end with a whole record.

mod file;
pub(crate) mod record;
mod spill;

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use types::limits::{SEGMENT_OCTETS_MAX, SEGMENTS_OPEN_MAX};
use types::{Clock, Timestamp};

use crate::blob::Locator;
use crate::directory::make_directory;
use crate::error::StoreError;
use crate::sync::lock;

pub(crate) use file::SegmentFile;
pub(crate) use record::{HEADER_OCTETS, Header};
pub(crate) use spill::Spill;

const EXTENSION: &str = "segment";

/// All segment files of a database.
pub(crate) struct Segments {
    /// `None`: everything in memory, for tests.
    directory: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// Files in use now or lately. In memory: all there are.
    files: HashMap<u64, Arc<SegmentFile>>,
    /// The file that takes new records, and where the next one goes.
    tail: Option<(Arc<SegmentFile>, u64)>,
    next_file: u64,
}

/// A record written but perhaps not adopted; while it lives its file is not reclaimed.
pub(crate) struct Record {
    file: Arc<SegmentFile>,
    offset: u64,
    octets: u64,
    /// The file's count of finished writes when this one was finished.
    write: u64,
}

impl Record {
    pub(crate) fn locator(&self) -> Locator {
        Locator { file: self.file.number(), offset: self.offset, octets: self.octets }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.file.let_go();
    }
}

impl Segments {
    /// Segments that live in memory.
    pub(crate) fn in_memory(clock: Arc<dyn Clock>) -> Self {
        let state = State { files: HashMap::new(), tail: None, next_file: 1 };
        Segments { directory: None, clock, state: Mutex::new(state) }
    }

    /// Opens the segments in `directory`, which is made if it is not there.
    pub(crate) fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        make_directory(directory)?;
        let last = numbers(directory)?.into_iter().max();
        let mut files = HashMap::new();
        let mut tail = None;
        if let Some(number) = last {
            let file = Arc::new(SegmentFile::open(&path(directory, number), number)?);
            tail = whole_end(&file)?.map(|end| (file.clone(), end));
            files.insert(number, file);
        }
        let state = State { files, tail, next_file: last.unwrap_or(0) + 1 };
        Ok(Segments { directory: Some(directory.into()), clock, state: Mutex::new(state) })
    }

    /// Writes a record behind the last one. It is not durable before [`Segments::sync`].
    pub(crate) fn append(&self, data: &[u8]) -> Result<Record, StoreError> {
        let header = Header::of(data, self.clock.now());
        let slot = self.reserve(data.len() as u64)?;
        // Data first: a header in place means that the data is in place too.
        slot.file.write(data, slot.offset + HEADER_OCTETS)?;
        slot.file.write(&header.encode(), slot.offset)?;
        Ok(slot.written(data.len() as u64))
    }

    /// Makes a record survive a loss of power. A failure is never "no room, try again": what
    /// a failed sync has dropped, a later one does not report.
    pub(crate) fn sync(&self, record: &Record) -> Result<(), StoreError> {
        let synced = record.file.sync(record.write).and_then(|()| match &self.directory {
            Some(directory) => record.file.sync_name(directory),
            None => Ok(()),
        });
        synced.map_err(|error| StoreError::Io(Arc::new(error)))
    }

    /// Reads a part of a record's data; the whole of it is checked against its checksum.
    pub(crate) fn read(&self, place: Locator, part: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let file = self.file(place.file)?;
        if part == (0..place.octets) {
            return file.read_record(place);
        }
        let mut data = vec![0; (part.end - part.start) as usize];
        file.read(&mut data, place.offset + HEADER_OCTETS + part.start)
            .map_err(|error| unreadable(error, place))?;
        Ok(data)
    }

    /// An open handle on a file.
    pub(crate) fn file(&self, number: u64) -> Result<Arc<SegmentFile>, StoreError> {
        if let Some(file) = lock(&self.state).files.get(&number) {
            return Ok(file.clone());
        }
        let missing = StoreError::CorruptBlob { file: number, offset: 0, what: "no such file" };
        let Some(directory) = &self.directory else { return Err(missing) };
        let file = match SegmentFile::open(&path(directory, number), number) {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing),
            Err(error) => return Err(error.into()),
        };
        let mut state = lock(&self.state);
        state.close_some();
        Ok(state.files.entry(number).or_insert(file).clone())
    }

    /// The files that take no more records and hold none that waits to be adopted.
    pub(crate) fn settled(&self) -> Result<Vec<u64>, StoreError> {
        let known = match &self.directory {
            Some(directory) => numbers(directory)?,
            None => lock(&self.state).files.keys().copied().collect(),
        };
        let state = lock(&self.state);
        let busy = |number: &u64| {
            state.tail.as_ref().is_some_and(|(tail, _)| tail.number() == *number)
                || state.files.get(number).is_some_and(|file| file.is_held())
        };
        Ok(known.into_iter().filter(|number| !busy(number)).collect())
    }

    /// Ends the file that takes new records if its number and octets say so: the next record
    /// goes into a new one.
    pub(crate) fn end_tail_if(&self, is_to_end: impl FnOnce(u64, u64) -> bool) {
        let mut state = lock(&self.state);
        if state.tail.as_ref().is_some_and(|(file, octets)| is_to_end(file.number(), *octets)) {
            state.tail = None;
        }
    }

    /// Octets of a file, headers and dead records included.
    pub(crate) fn octets(&self, number: u64) -> Result<u64, StoreError> {
        Ok(self.file(number)?.octets()?)
    }

    #[cfg(test)]
    /// Ends the file that takes new records, so that it can be reclaimed.
    pub(crate) fn seal(&self) {
        lock(&self.state).tail = None;
    }

    /// Removes a file for good. Handles that are open stay readable.
    pub(crate) fn remove(&self, number: u64) -> Result<(), StoreError> {
        lock(&self.state).files.remove(&number);
        match &self.directory {
            Some(directory) => Ok(std::fs::remove_file(path(directory, number))?),
            None => Ok(()),
        }
    }

    /// A moment in which files may be removed; none while a process has pinned them ([`pin`]).
    pub(crate) fn removal(&self) -> io::Result<Option<Removal>> {
        let Some(directory) = &self.directory else { return Ok(Some(Removal(None))) };
        let lock = File::open(directory)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Removal(Some(lock)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A place for a record of `octets` behind the last one.
    fn reserve(&self, octets: u64) -> io::Result<Slot> {
        let mut state = lock(&self.state);
        let room = HEADER_OCTETS + octets;
        let (file, offset) = match state.tail.take() {
            Some((file, end)) if end + room <= SEGMENT_OCTETS_MAX => (file, end),
            _ => (self.create(&mut state)?, 0),
        };
        state.tail = Some((file.clone(), offset + room));
        Ok(Slot::new(file, offset))
    }

    /// A new file, not the one that takes records.
    fn create_own(&self) -> io::Result<Slot> {
        let mut state = lock(&self.state);
        let file = self.create(&mut state)?;
        Ok(Slot::new(file, 0))
    }

    fn create(&self, state: &mut State) -> io::Result<Arc<SegmentFile>> {
        let number = state.next_file;
        state.next_file += 1;
        let file = Arc::new(match &self.directory {
            Some(directory) => SegmentFile::create(&path(directory, number), number)?,
            None => SegmentFile::in_memory(number),
        });
        if self.directory.is_some() {
            state.close_some();
        }
        state.files.insert(number, file.clone());
        Ok(file)
    }
}

/// While it lives nobody can pin files.
pub(crate) struct Removal(#[expect(dead_code, reason = "holds the lock")] Option<File>);

/// Keeps all segment files in a directory in place, also against another process, until the
/// answer is dropped or this process ends.
pub(crate) fn pin(directory: &Path) -> io::Result<File> {
    let pin = File::open(directory)?;
    pin.lock_shared()?;
    Ok(pin)
}

impl State {
    /// Closes a file nobody uses when too many are open. In memory nothing could be reopened.
    fn close_some(&mut self) {
        if self.files.len() < SEGMENTS_OPEN_MAX {
            return;
        }
        let idle = |(number, file): (&u64, &Arc<SegmentFile>)| {
            (Arc::strong_count(file) == 1 && !file.is_in_memory()).then_some(*number)
        };
        if let Some(number) = self.files.iter().find_map(idle) {
            self.files.remove(&number);
        }
    }
}

/// A reserved place; holds its file until it has become a [`Record`] or is given up.
struct Slot {
    file: Arc<SegmentFile>,
    offset: u64,
}

impl Slot {
    fn new(file: Arc<SegmentFile>, offset: u64) -> Self {
        file.hold();
        Slot { file, offset }
    }

    /// The record that has been written here.
    fn written(self, octets: u64) -> Record {
        self.file.hold();
        let write = self.file.count_write();
        Record { file: self.file.clone(), offset: self.offset, octets, write }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.file.let_go();
    }
}

pub(crate) fn unreadable(error: io::Error, place: Locator) -> StoreError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => place.damaged("the file ends within the record"),
        _ => error.into(),
    }
}

/// Where the last record ends, when the file consists of whole records.
fn whole_end(file: &SegmentFile) -> io::Result<Option<u64>> {
    let end = file.octets()?;
    let mut offset = 0u64;
    while offset < end {
        let Some(header) = file.read_header(offset)? else { return Ok(None) };
        offset = offset.saturating_add(HEADER_OCTETS).saturating_add(header.octets);
    }
    Ok((offset == end).then_some(end))
}

pub(crate) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:08}.{EXTENSION}"))
}

/// Numbers of the segment files in a directory.
pub(crate) fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(EXTENSION));
        let number = number.and_then(|name| name.strip_suffix('.')?.parse().ok());
        numbers.extend::<Option<u64>>(number);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests;
