//! The mark row: how far the index reaches, and which segments it consists of.

use content::CONVERTER_VERSION;
use types::wire::{Reader, Truncated, put_uint};

use super::SEGMENT_SPAN_MAX;
use crate::derived::Derived;

/// The index of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Catalog {
    /// Contents up to here are in the segments, or were gone when their turn came.
    pub(super) mark: u64,
    /// The number the next segment gets; none is ever used again.
    next: u64,
    /// The segment whose rows are being written.
    building: Option<u64>,
    /// In order of their contents, which do not overlap.
    pub(super) segments: Vec<Segment>,
}

/// An immutable piece of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where its rows stand.
    pub(super) number: u64,
    /// The lowest content number it may hold; postings count from here.
    pub(super) first: u64,
    /// The highest.
    pub(super) last: u64,
    /// Contents indexed.
    pub(super) documents: u64,
    /// Those of them that were deleted since.
    pub(super) dead: u64,
    /// Octets of its rows.
    pub(super) octets: u64,
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog { mark: 0, next: 1, building: None, segments: Vec::new() }
    }
}

impl Catalog {
    /// Whether rows of this segment are to be kept.
    pub(super) fn knows(&self, number: u64) -> bool {
        self.building == Some(number) || self.segments.iter().any(|s| s.number == number)
    }

    /// A number for a new segment. Whoever was writing one before has lost his claim.
    pub(super) fn begin_segment(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        self.building = Some(number);
        number
    }

    /// Whether nobody has begun another segment since.
    pub(super) fn is_building(&self, number: u64) -> bool {
        self.building == Some(number)
    }

    pub(super) fn end_segment(&mut self) {
        self.building = None;
    }

    /// Counts one deleted content.
    pub(super) fn bury(&mut self, content: u64) {
        let at = self.segments.partition_point(|segment| segment.last < content);
        if let Some(segment) = self.segments.get_mut(at).filter(|s| s.first <= content) {
            segment.dead += 1;
        }
    }
}

impl Segment {
    /// Content numbers from the first to the last.
    pub(super) fn span(&self) -> u64 {
        self.last - self.first + 1
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.number, self.first, self.last, self.documents, self.dead, self.octets] {
            put_uint(out, number);
        }
    }

    fn decode(reader: &mut Reader) -> Result<Segment, Truncated> {
        let segment = Segment {
            number: reader.uint()?,
            first: reader.uint()?,
            last: reader.uint()?,
            documents: reader.uint()?,
            dead: reader.uint()?,
            octets: reader.uint()?,
        };
        let length = segment.last.checked_sub(segment.first);
        length.filter(|length| *length < SEGMENT_SPAN_MAX).map(|_| segment).ok_or(Truncated)
    }
}

impl Derived for Catalog {
    const NAME: &'static str = "fulltext";
    /// The conversion that gives the texts.
    const VERSION: u64 = CONVERTER_VERSION as u64;

    fn mark(&self) -> u64 {
        self.mark
    }

    fn encode(&self, out: &mut Vec<u8>) {
        // Numbers of segments begin at 1, so 0 says that none is being written.
        put_uint(out, self.next);
        put_uint(out, self.building.unwrap_or(0));
        self.segments.iter().for_each(|segment| segment.encode(out));
    }

    fn decode(mark: u64, reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let next = reader.uint()?;
        let building = Some(reader.uint()?).filter(|number| *number > 0);
        let mut segments = Vec::new();
        while !reader.is_empty() {
            segments.push(Segment::decode(reader)?);
        }
        Ok(Catalog { mark, next, building, segments })
    }

    /// Numbers of segments go on: rows of the old ones are still there.
    fn of_another_version(self) -> Self {
        Catalog { next: self.next, ..Catalog::default() }
    }
}
