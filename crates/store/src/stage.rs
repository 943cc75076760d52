//! Staging: octets go to where they will stay before the write that needs them begins.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use types::limits::{INLINE_OCTETS_MAX, SHARED_BLOB_OCTETS_MAX, STAGE_MEMORY_OCTETS_MAX};

use crate::blob::Staged;
use crate::error::StoreError;
use crate::segment::{Segments, Spill};
use crate::space::Space;

/// What staging needs of a database.
#[derive(Clone)]
pub(crate) struct Staging {
    pub(crate) segments: Arc<Segments>,
    pub(crate) space: Arc<Space>,
}

impl Staging {
    /// Stages octets that are at hand. Blocks on the file system when they are many.
    pub(crate) fn stage(&self, bytes: Bytes) -> Result<Staged, StoreError> {
        if is_inline(bytes.len()) {
            return Ok(Staged::inline(self.segments.clone(), bytes));
        }
        self.space.check()?;
        let record = if bytes.len() as u64 <= SHARED_BLOB_OCTETS_MAX {
            self.segments.append(&bytes)?
        } else {
            let mut spill = Spill::create(self.segments.clone())?;
            spill.write(&bytes)?;
            spill.finish()?
        };
        Ok(Staged::segment(self.segments.clone(), record))
    }
}

/// Whether that many octets stay in the blob's row.
pub(crate) fn is_inline(octets: usize) -> bool {
    octets <= INLINE_OCTETS_MAX
}

/// Takes octets as they arrive and stages them in bounded memory
/// (`STAGE_MEMORY_OCTETS_MAX`). Dropped before its end, it leaves nothing behind.
pub struct Stager {
    staging: Staging,
    memory: BytesMut,
    spill: Option<Spill>,
    octets: u64,
}

impl Stager {
    pub(crate) fn new(staging: Staging) -> Self {
        Stager { staging, memory: BytesMut::new(), spill: None, octets: 0 }
    }

    /// Octets taken so far.
    pub fn len(&self) -> u64 {
        self.octets
    }

    /// Whether nothing was taken yet.
    pub fn is_empty(&self) -> bool {
        self.octets == 0
    }

    /// Takes the next octets.
    pub async fn write(&mut self, mut octets: &[u8]) -> Result<(), StoreError> {
        while !octets.is_empty() {
            let room = STAGE_MEMORY_OCTETS_MAX - self.memory.len();
            let (piece, rest) = octets.split_at(room.min(octets.len()));
            self.memory.extend_from_slice(piece);
            self.octets += piece.len() as u64;
            octets = rest;
            if self.memory.len() == STAGE_MEMORY_OCTETS_MAX {
                self.spill().await?;
            }
        }
        Ok(())
    }

    /// Ends the octets and gives what a write function can adopt.
    pub async fn finish(mut self) -> Result<Staged, StoreError> {
        if self.spill.is_none() {
            let (staging, bytes) = (self.staging, self.memory.freeze());
            return stage(staging, bytes).await;
        }
        self.spill().await?;
        let (segments, spill) = (self.staging.segments, self.spill);
        let record = blocking(move || spill.ok_or(StoreError::Closed)?.finish()).await?;
        Ok(Staged::segment(segments, record))
    }

    /// Moves what is in memory to the file.
    async fn spill(&mut self) -> Result<(), StoreError> {
        let (piece, spill) = (self.memory.split().freeze(), self.spill.take());
        let staging = self.staging.clone();
        let written = blocking(move || {
            staging.space.check()?;
            let mut spill = match spill {
                Some(spill) => spill,
                None => Spill::create(staging.segments)?,
            };
            spill.write(&piece)?;
            Ok(spill)
        });
        self.spill = Some(written.await?);
        Ok(())
    }
}

/// Stages octets, away from the threads that serve connections when that takes the disk.
pub(crate) async fn stage(staging: Staging, bytes: Bytes) -> Result<Staged, StoreError> {
    match is_inline(bytes.len()) {
        true => staging.stage(bytes),
        false => blocking(move || staging.stage(bytes)).await,
    }
}

/// Runs file system work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed))
}

#[cfg(test)]
mod tests {
    use crate::{Database, Options};

    use super::*;

    #[tokio::test]
    async fn what_arrives_stays_in_memory_up_to_the_limit() {
        let database = Database::open(Options::memory()).unwrap();
        let mut stager = database.stager();
        stager.write(&vec![0; STAGE_MEMORY_OCTETS_MAX - 1]).await.unwrap();
        assert!(stager.spill.is_none());
        for _ in 0..10 {
            stager.write(&vec![0; STAGE_MEMORY_OCTETS_MAX - 1]).await.unwrap();
            assert!(stager.spill.is_some() && stager.memory.len() < STAGE_MEMORY_OCTETS_MAX);
        }
    }

    #[test]
    fn short_blobs_stay_in_their_rows() {
        assert!(is_inline(INLINE_OCTETS_MAX) && !is_inline(INLINE_OCTETS_MAX + 1));
    }
}
