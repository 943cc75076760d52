//! Joining neighbouring segments, so that a lookup has few vocabularies to scan, and leaving
//! deleted contents behind.
//!
//! Segments are told apart by the eightfold of their size. Eight of one class, with nothing
//! but smaller ones between them, become one of the next: each content is rewritten once per
//! class, and a run holds at most seven of each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{ControlFlow, Range};

use store::{Direction, Read};

use super::catalog::Segment;
use super::postings::{Bits, Postings, visit};
use super::publish::{Draft, Place};
use super::rows::{Chunk, SectionWriter, SegmentRow};
use super::{MERGE_OCTETS_MAX, MERGE_SEGMENTS_MIN, SEGMENT_SPAN_MAX, Section};
use crate::fault::Fault;
use crate::id::{ContentNumber, MailboxNumber};
use crate::key;

/// Octets up to which a segment is of the lowest class.
const LOWEST_CLASS_OCTETS: u64 = 32 * 1024;

/// The segments to join next, or the one that is mostly deleted contents.
pub(super) fn due(segments: &[Segment]) -> Option<Range<usize>> {
    let emptied = segments.iter().position(|segment| segment.dead * 2 > segment.documents);
    let classes = 0..=class(MERGE_OCTETS_MAX);
    let crowded = || classes.flat_map(|wanted| crowd(segments, wanted)).next();
    emptied.map(|at| at..at + 1).or_else(crowded)
}

fn class(octets: u64) -> u32 {
    (octets / LOWEST_CLASS_OCTETS).checked_ilog2().map_or(0, |log| log / 3 + 1)
}

/// The first run of enough segments of a class, smaller ones between them included.
fn crowd(segments: &[Segment], wanted: u32) -> Option<Range<usize>> {
    (0..segments.len()).find_map(|start| {
        let mut count = 0;
        let run = segments[start..].iter().take_while(|segment| class(segment.octets) <= wanted);
        for (at, segment) in run.enumerate() {
            let joined = &segments[start..=start + at];
            if !fits(joined) {
                return None;
            }
            count += usize::from(class(segment.octets) == wanted);
            if count == MERGE_SEGMENTS_MIN {
                return Some(start..start + at + 1);
            }
        }
        None
    })
}

fn fits(joined: &[Segment]) -> bool {
    let octets: u64 = joined.iter().map(|segment| segment.octets).sum();
    octets <= MERGE_OCTETS_MAX && span(joined) <= SEGMENT_SPAN_MAX
}

fn span(joined: &[Segment]) -> u64 {
    match (joined.first(), joined.last()) {
        (Some(first), Some(last)) => last.last - first.first + 1,
        _ => 0,
    }
}

/// Joins segments that are neighbours.
pub(super) fn merge(
    read: &dyn Read,
    mailbox: MailboxNumber,
    segments: &[Segment],
) -> Result<Draft, Fault> {
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
        return Err(Fault::Damaged("search index has no segments to join"));
    };
    let (first, last) = (first.first, last.last);
    let merge = Merge { read, mailbox, segments, first, live: live(read, mailbox, segments)? };
    let mut rows = Vec::new();
    for section in Section::ALL {
        rows.extend(merge.section(section)?);
    }
    let documents = segments.iter().map(|s| s.documents.saturating_sub(s.dead)).sum();
    let octets = rows.iter().map(|row| row.payload.len() as u64).sum();
    let segment = Segment { number: 0, first, last, documents, dead: 0, octets };
    Ok(Draft { rows, segment, place: Place::Instead(segments.to_vec()) })
}

/// Which contents of the segments are still there; `None` when all are.
fn live(
    read: &dyn Read,
    mailbox: MailboxNumber,
    segments: &[Segment],
) -> Result<Option<Bits>, Fault> {
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return Ok(None) };
    if segments.iter().all(|segment| segment.dead == 0) {
        return Ok(None);
    }
    let from = key::content(mailbox, ContentNumber::new(first.first));
    let to = key::content(mailbox, ContentNumber::new(last.last + 1));
    let mut live = Bits::empty(span(segments));
    read.range(&from, &to, Direction::Forward, &mut |key, _| {
        if let Some(number) = key::content_number(key).filter(|_| key::is_content_head(key)) {
            live.insert(number.get() - first.first);
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(live))
}

struct Merge<'a> {
    read: &'a dyn Read,
    mailbox: MailboxNumber,
    segments: &'a [Segment],
    /// The content that the new postings count from.
    first: u64,
    live: Option<Bits>,
}

impl Merge<'_> {
    /// The rows of one section: the terms of all segments in order, the lists of a term one
    /// after another, as the segments follow each other.
    fn section(&self, section: Section) -> Result<Vec<SegmentRow>, Fault> {
        let load =
            |segment: &Segment| Chunk::load_all(self.read, self.mailbox, segment.number, section);
        let sources = self.segments.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let mut sources: Vec<_> =
            sources.iter().map(|chunks| chunks.iter().flat_map(Chunk::entries)).collect();
        let mut heads = BinaryHeap::with_capacity(sources.len());
        for (at, source) in sources.iter_mut().enumerate() {
            heads.extend(source.next().map(|(term, list)| Reverse((term, at, list))));
        }
        let mut output = Output::new(section);
        while let Some(Reverse((term, at, list))) = heads.pop() {
            output.turn_to(term);
            self.append(&mut output.postings, &self.segments[at], list)?;
            heads.extend(sources[at].next().map(|(term, list)| Reverse((term, at, list))));
        }
        Ok(output.finish())
    }

    fn append(&self, to: &mut Postings, segment: &Segment, list: &[u8]) -> Result<(), Fault> {
        let shift = segment.first - self.first;
        Ok(visit(list, |number| {
            let number = shift + number;
            if self.live.as_ref().is_none_or(|live| live.contains(number)) {
                to.push(number);
            }
        })?)
    }
}

/// The term being put together, and the rows made of those before it.
struct Output {
    term: Vec<u8>,
    postings: Postings,
    writer: SectionWriter,
}

impl Output {
    fn new(section: Section) -> Self {
        let writer = SectionWriter::new(section);
        Output { term: Vec::new(), postings: Postings::default(), writer }
    }

    fn turn_to(&mut self, term: &[u8]) {
        if self.term != term {
            self.end_term();
            self.term.extend_from_slice(term);
        }
    }

    fn end_term(&mut self) {
        if !self.postings.octets().is_empty() {
            self.writer.push(&self.term, self.postings.octets());
        }
        self.term.clear();
        self.postings.clear();
    }

    fn finish(mut self) -> Vec<SegmentRow> {
        self.end_term();
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: u64 = 1_000;
    const LARGE: u64 = 200_000;

    fn segments(octets: &[u64]) -> Vec<Segment> {
        let segment = |(number, octets): (u64, &u64)| Segment {
            number,
            first: number * 10,
            last: number * 10 + 9,
            documents: 10,
            dead: 0,
            octets: *octets,
        };
        (1..).zip(octets).map(segment).collect()
    }

    #[test]
    fn eight_of_a_size_are_joined() {
        assert_eq!(due(&segments(&[SMALL; 7])), None);
        assert_eq!(due(&segments(&[SMALL; 9])), Some(0..8));
        let behind_large = [&[LARGE][..], &[SMALL; 8]].concat();
        assert_eq!(due(&segments(&behind_large)), Some(1..9));
        let few_of_each = [&[LARGE; 7][..], &[SMALL; 7]].concat();
        assert_eq!(due(&segments(&few_of_each)), None);
        let mixed = [[LARGE, SMALL]; 8].concat();
        assert_eq!(due(&segments(&mixed)), Some(0..15));
    }

    #[test]
    fn what_is_large_or_far_apart_stays_alone() {
        assert_eq!(due(&segments(&[MERGE_OCTETS_MAX; 20])), None);
        let mut far = segments(&[SMALL; 8]);
        far[7].first += SEGMENT_SPAN_MAX;
        far[7].last += SEGMENT_SPAN_MAX;
        assert_eq!(due(&far), None);
    }

    #[test]
    fn segments_of_deleted_contents_are_rewritten() {
        let mut some = segments(&[LARGE, LARGE]);
        some[1].dead = 5;
        assert_eq!(due(&some), None);
        some[1].dead = 6;
        assert_eq!(due(&some), Some(1..2));
    }
}
