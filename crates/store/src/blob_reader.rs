//! Reading a blob of any length in bounded memory.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::blob::Locator;
use crate::error::StoreError;
use crate::segment::{HEADER_OCTETS, Header, SegmentFile, unreadable};
use crate::stage::blocking;

/// Octets read at a time.
const CHUNK_OCTETS: u64 = 64 * 1024;

/// A blob being read, in order or at places. It stays readable while the reader lives, even if
/// it is reclaimed or moved meanwhile.
pub struct BlobReader(Source);

enum Source {
    Inline { bytes: Bytes, position: u64 },
    Segment(Arc<Open>, Progress),
}

struct Open {
    file: Arc<SegmentFile>,
    place: Locator,
    header: Header,
}

/// How far the reading in order has come, and the CRC32C of what it has seen.
#[derive(Clone, Copy, Default)]
struct Progress {
    position: u64,
    crc: u32,
}

impl BlobReader {
    pub(crate) fn inline(bytes: Bytes) -> Self {
        BlobReader(Source::Inline { bytes, position: 0 })
    }

    pub(crate) fn segment(file: Arc<SegmentFile>, place: Locator) -> Result<Self, StoreError> {
        let header = file.header(place)?;
        Ok(BlobReader(Source::Segment(Arc::new(Open { file, place, header }), Progress::default())))
    }

    /// Octets of the blob.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Source::Inline { bytes, .. } => bytes.len() as u64,
            Source::Segment(open, _) => open.place.octets,
        }
    }

    /// Whether the blob has no octets.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next octets in order; `None` at the end. The last of them are given only when the
    /// checksum of all is right.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let end = self.len();
        match &mut self.0 {
            Source::Inline { bytes, position } => {
                let rest = bytes.slice(*position as usize..);
                *position = end;
                Ok((!rest.is_empty()).then_some(rest))
            }
            Source::Segment(open, progress) if progress.position < end => {
                let part = progress.position..end.min(progress.position + CHUNK_OCTETS);
                let chunk = open.clone().part(part.clone()).await?;
                progress.position = part.end;
                progress.crc = crc32c::crc32c_append(progress.crc, &chunk);
                if part.end == end && !open.header.matches(progress.crc) {
                    return Err(open.place.damaged("checksum does not match"));
                }
                Ok(Some(chunk))
            }
            Source::Segment(..) => Ok(None),
        }
    }

    /// The octets of a part, cut at the blob's end. Not checked: only a whole has a checksum.
    pub async fn read_at(&self, part: Range<u64>) -> Result<Bytes, StoreError> {
        let end = part.end.min(self.len());
        let part = part.start.min(end)..end;
        match &self.0 {
            Source::Inline { bytes, .. } => Ok(bytes.slice(part.start as usize..end as usize)),
            Source::Segment(open, _) => open.clone().part(part).await,
        }
    }
}

impl Open {
    async fn part(self: Arc<Self>, part: Range<u64>) -> Result<Bytes, StoreError> {
        blocking(move || {
            let mut chunk = vec![0; (part.end - part.start) as usize];
            self.file
                .read(&mut chunk, self.place.offset + HEADER_OCTETS + part.start)
                .map_err(|error| unreadable(error, self.place))?;
            Ok(chunk.into())
        })
        .await
    }
}
