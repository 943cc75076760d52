//! A blob that outgrew memory while it was received: a file of its own, of unknown length yet.

use std::sync::Arc;

use types::limits::SHARED_BLOB_OCTETS_MAX;

use super::{HEADER_OCTETS, Header, Record, Segments, Slot};
use crate::error::StoreError;

/// Octets copied at a time into the shared segment.
const COPY_OCTETS: usize = 256 * 1024;

/// The file while it grows. Given up, it is removed.
pub(crate) struct Spill {
    segments: Arc<Segments>,
    slot: Option<Slot>,
    octets: u64,
    crc: u32,
}

impl Spill {
    pub(crate) fn create(segments: Arc<Segments>) -> Result<Self, StoreError> {
        let slot = Some(segments.create_own()?);
        Ok(Spill { segments, slot, octets: 0, crc: 0 })
    }

    /// Writes the next piece.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        if let Some(slot) = &self.slot {
            slot.file.write(piece, HEADER_OCTETS + self.octets)?;
        }
        self.octets += piece.len() as u64;
        self.crc = crc32c::crc32c_append(self.crc, piece);
        Ok(())
    }

    /// Makes the pieces one record: in this file when they are many, else in the shared one.
    pub(crate) fn finish(mut self) -> Result<Record, StoreError> {
        let header = Header::of_streamed(self.crc, self.octets, self.segments.now());
        if self.octets <= SHARED_BLOB_OCTETS_MAX {
            return self.copy(header);
        }
        let slot = self.slot.take().ok_or(StoreError::Closed)?;
        slot.file.write(&header.encode(), 0)?;
        Ok(slot.written(self.octets))
    }

    /// Copies the record into the shared segment; dropping the rest removes the file.
    fn copy(&self, header: Header) -> Result<Record, StoreError> {
        let own = self.slot.as_ref().ok_or(StoreError::Closed)?;
        let shared = self.segments.reserve(self.octets)?;
        let mut buffer = vec![0; COPY_OCTETS];
        let mut done = 0;
        while done < self.octets {
            let piece = &mut buffer[..(self.octets - done).min(COPY_OCTETS as u64) as usize];
            own.file.read(piece, HEADER_OCTETS + done)?;
            shared.file.write(piece, shared.offset + HEADER_OCTETS + done)?;
            done += piece.len() as u64;
        }
        shared.file.write(&header.encode(), shared.offset)?;
        Ok(shared.written(self.octets))
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        if let Err(error) = self.segments.remove(slot.file.number()) {
            // The sweep finds it again: no row names it.
            tracing::warn!(%error, "could not remove a file of staged octets");
        }
    }
}
