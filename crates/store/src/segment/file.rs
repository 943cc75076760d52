//! One segment file: positioned reads and writes, and what of it has been synced.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use super::record::{HEADER_OCTETS, Header};
use super::unreadable;
use crate::blob::Locator;
use crate::directory::sync_directory;
use crate::error::StoreError;

/// Octets checked at a time.
const CHECK_OCTETS: u64 = 256 * 1024;

/// An open segment file.
pub(crate) struct SegmentFile {
    number: u64,
    octets: Backing,
    /// Writes finished, and how many of them had been when the last sync began.
    written: AtomicU64,
    synced: AtomicU64,
    /// Whether the directory's entry is durable.
    named: AtomicBool,
    /// Records that are being written or wait to be adopted.
    held: AtomicUsize,
}

enum Backing {
    Disk(File),
    Memory(RwLock<Vec<u8>>),
}

impl SegmentFile {
    pub(crate) fn create(path: &Path, number: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Self::new(number, Backing::Disk(file), false))
    }

    pub(crate) fn open(path: &Path, number: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self::new(number, Backing::Disk(file), false))
    }

    pub(crate) fn in_memory(number: u64) -> Self {
        Self::new(number, Backing::Memory(RwLock::default()), true)
    }

    fn new(number: u64, octets: Backing, named: bool) -> Self {
        SegmentFile {
            number,
            octets,
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            named: AtomicBool::new(named),
            held: AtomicUsize::new(0),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.octets, Backing::Memory(_))
    }

    pub(crate) fn octets(&self) -> io::Result<u64> {
        match &self.octets {
            Backing::Disk(file) => Ok(file.metadata()?.len()),
            Backing::Memory(octets) => {
                Ok(octets.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
            }
        }
    }

    pub(crate) fn write(&self, data: &[u8], offset: u64) -> io::Result<()> {
        match &self.octets {
            Backing::Disk(file) => file.write_all_at(data, offset),
            Backing::Memory(octets) => {
                let mut octets = octets.write().unwrap_or_else(PoisonError::into_inner);
                let (start, end) = (offset as usize, offset as usize + data.len());
                let length = octets.len().max(end);
                octets.resize(length, 0);
                octets[start..end].copy_from_slice(data);
                Ok(())
            }
        }
    }

    pub(crate) fn read(&self, data: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.octets {
            Backing::Disk(file) => file.read_exact_at(data, offset),
            Backing::Memory(octets) => {
                let octets = octets.read().unwrap_or_else(PoisonError::into_inner);
                let part = octets.get(offset as usize..offset as usize + data.len());
                data.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// The header at `offset`; `None` when none is there.
    pub(crate) fn read_header(&self, offset: u64) -> io::Result<Option<Header>> {
        let mut octets = [0; HEADER_OCTETS as usize];
        match self.read(&mut octets, offset) {
            Ok(()) => Ok(Header::decode(&octets)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The header of the record at `place`, which must be as long as `place` says.
    pub(crate) fn header(&self, place: Locator) -> Result<Header, StoreError> {
        let header = self.read_header(place.offset)?;
        let header = header.ok_or_else(|| place.damaged("no header"))?;
        match header.octets == place.octets {
            true => Ok(header),
            false => Err(place.damaged("length does not match")),
        }
    }

    /// The whole data of a record, checked.
    pub(crate) fn read_record(&self, place: Locator) -> Result<Vec<u8>, StoreError> {
        let header = self.header(place)?;
        let mut data = vec![0; place.octets as usize];
        self.read(&mut data, place.offset + HEADER_OCTETS)
            .map_err(|error| unreadable(error, place))?;
        check(header, crc32c::crc32c(&data), place)?;
        Ok(data)
    }

    /// Checks a record of any length in bounded memory.
    pub(crate) fn check_record(&self, place: Locator) -> Result<(), StoreError> {
        let header = self.header(place)?;
        let mut buffer = vec![0; CHECK_OCTETS.min(place.octets) as usize];
        let (mut done, mut crc) = (0, 0);
        while done < place.octets {
            let piece = &mut buffer[..CHECK_OCTETS.min(place.octets - done) as usize];
            self.read(piece, place.offset + HEADER_OCTETS + done)
                .map_err(|error| unreadable(error, place))?;
            crc = crc32c::crc32c_append(crc, piece);
            done += piece.len() as u64;
        }
        check(header, crc, place)
    }

    /// Counts a finished write; the answer names it for [`SegmentFile::sync`].
    pub(crate) fn count_write(&self) -> u64 {
        self.written.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Makes the write of that count durable, with all finished before the sync.
    pub(crate) fn sync(&self, write: u64) -> io::Result<()> {
        if self.synced.load(Ordering::Acquire) >= write {
            return Ok(());
        }
        let covered = self.written.load(Ordering::Acquire);
        if let Backing::Disk(file) = &self.octets {
            file.sync_data()?;
        }
        self.synced.fetch_max(covered, Ordering::AcqRel);
        Ok(())
    }

    /// Makes the file's name durable, once.
    pub(crate) fn sync_name(&self, directory: &Path) -> io::Result<()> {
        if !self.named.load(Ordering::Acquire) {
            sync_directory(directory)?;
            self.named.store(true, Ordering::Release);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn is_synced(&self) -> bool {
        self.synced.load(Ordering::Acquire) == self.written.load(Ordering::Acquire)
            && self.named.load(Ordering::Acquire)
    }

    pub(crate) fn hold(&self) {
        self.held.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn let_go(&self) {
        self.held.fetch_sub(1, Ordering::AcqRel);
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire) > 0
    }
}

fn check(header: Header, data_crc: u32, place: Locator) -> Result<(), StoreError> {
    match header.matches(data_crc) {
        true => Ok(()),
        false => Err(place.damaged("checksum does not match")),
    }
}
