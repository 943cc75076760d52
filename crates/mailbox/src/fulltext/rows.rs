//! The rows of a segment. Its vocabulary and postings are cut into chunks of two rows: one with
//! the words and the lengths of their lists, which every lookup scans, and one with the lists,
//! which is read only when a word of the chunk is wanted.
//!
//! Key: segment, section, kind of row, chunk. So the words of a section lie together.

use std::ops::{ControlFlow, Range};

use memchr::memchr;
use memchr::memmem::Finder;
use store::{Direction, Read, Row, StoreError};
use types::wire::{Reader, Truncated, put_bytes, put_uint};

use super::{ROW_OCTETS_MAX, Section};
use crate::fault::Fault;
use crate::id::MailboxNumber;
use crate::key;

/// Version of the form of both kinds of row.
pub(super) const VERSION: u8 = 1;
/// Ends every word. Terms consist of letters and digits, so it is in none of them.
const END_OF_WORD: u8 = b'\n';

const KIND_WORDS: u8 = 0;
const KIND_POSTINGS: u8 = 1;

/// A row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentRow {
    section: Section,
    kind: u8,
    chunk: u32,
    pub(super) payload: Vec<u8>,
}

impl SegmentRow {
    pub(super) fn key(&self, mailbox: MailboxNumber, segment: u64) -> Vec<u8> {
        let mut key = section_key(mailbox, segment, self.section, self.kind);
        key.extend_from_slice(&self.chunk.to_be_bytes());
        key
    }
}

fn section_key(mailbox: MailboxNumber, segment: u64, section: Section, kind: u8) -> Vec<u8> {
    let mut key = key::postings(mailbox, segment);
    key.extend_from_slice(&[section as u8, kind]);
    key
}

/// Makes the rows of one section of a segment from its terms in ascending order.
pub(super) struct SectionWriter {
    section: Section,
    chunk: u32,
    words: Vec<u8>,
    lengths: Vec<u8>,
    postings: Vec<u8>,
    rows: Vec<SegmentRow>,
}

impl SectionWriter {
    pub(super) fn new(section: Section) -> Self {
        SectionWriter {
            section,
            chunk: 0,
            words: Vec::new(),
            lengths: Vec::new(),
            postings: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, term: &[u8], postings: &[u8]) {
        const OVERHEAD: usize = 16;
        let words = self.words.len() + self.lengths.len() + term.len() + OVERHEAD;
        if words.max(self.postings.len() + postings.len()) > ROW_OCTETS_MAX {
            self.end_chunk();
        }
        self.words.extend_from_slice(term);
        self.words.push(END_OF_WORD);
        put_uint(&mut self.lengths, postings.len() as u64);
        self.postings.extend_from_slice(postings);
    }

    pub(super) fn finish(mut self) -> Vec<SegmentRow> {
        self.end_chunk();
        self.rows
    }

    fn end_chunk(&mut self) {
        if self.words.is_empty() {
            return;
        }
        let mut words = Vec::with_capacity(self.words.len() + self.lengths.len() + 4);
        put_bytes(&mut words, &self.words);
        words.extend_from_slice(&self.lengths);
        self.words.clear();
        self.lengths.clear();
        let postings = std::mem::take(&mut self.postings);
        for (kind, payload) in [(KIND_WORDS, words), (KIND_POSTINGS, postings)] {
            self.rows.push(SegmentRow { section: self.section, kind, chunk: self.chunk, payload });
        }
        self.chunk += 1;
    }
}

/// The words of one chunk, as they stand in their row.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    words: &'a [u8],
    lengths: &'a [u8],
}

impl<'a> Words<'a> {
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Truncated> {
        let mut reader = Reader::new(payload);
        Ok(Words { words: reader.bytes()?, lengths: reader.rest() })
    }

    /// Places of the words that contain what `finder` looks for, ascending.
    pub(super) fn containing(&self, finder: &Finder) -> Vec<usize> {
        let mut places = Vec::new();
        let (mut place, mut at) = (0, 0);
        while let Some(found) = finder.find(&self.words[at..]) {
            place += memchr::memchr_iter(END_OF_WORD, &self.words[at..at + found]).count();
            places.push(place);
            let Some(end) = memchr(END_OF_WORD, &self.words[at + found..]) else { break };
            at += found + end + 1;
            place += 1;
        }
        places
    }

    /// Where the list of each word stands in the row of postings.
    pub(super) fn ranges(&self) -> Result<Vec<Range<usize>>, Truncated> {
        let mut reader = Reader::new(self.lengths);
        let (mut ranges, mut start) = (Vec::new(), 0usize);
        while !reader.is_empty() {
            let end = start.checked_add(reader.uint()? as usize).ok_or(Truncated)?;
            ranges.push(start..end);
            start = end;
        }
        Ok(ranges)
    }
}

/// Visits the words of a section, chunk by chunk.
pub(super) fn visit_words(
    read: &dyn Read,
    mailbox: MailboxNumber,
    segment: u64,
    section: Section,
    visit: &mut dyn FnMut(u32, Row) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let from = section_key(mailbox, segment, section, KIND_WORDS);
    let mut fault = None;
    read.range(&from, &key::after(&from), Direction::Forward, &mut |key, row| match chunk_of(key)
        .ok_or(Fault::Damaged("search index"))
        .and_then(|at| visit(at, row))
    {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            fault = Some(error);
            ControlFlow::Break(())
        }
    })?;
    fault.map_or(Ok(()), Err)
}

fn chunk_of(key: &[u8]) -> Option<u32> {
    key.last_chunk().map(|chunk| u32::from_be_bytes(*chunk))
}

/// The lists of one chunk.
pub(super) fn postings(
    read: &dyn Read,
    mailbox: MailboxNumber,
    segment: u64,
    section: Section,
    chunk: u32,
) -> Result<Row, Fault> {
    let row = SegmentRow { section, kind: KIND_POSTINGS, chunk, payload: Vec::new() };
    let row: Result<Option<Row>, StoreError> = read.get(&row.key(mailbox, segment));
    row?.ok_or(Fault::Damaged("search index lacks a row"))
}

/// A whole chunk, checked.
pub(super) struct Chunk {
    words: Row,
    postings: Row,
    ranges: Vec<Range<usize>>,
}

impl Chunk {
    /// All chunks of a section.
    pub(super) fn load_all(
        read: &dyn Read,
        mailbox: MailboxNumber,
        segment: u64,
        section: Section,
    ) -> Result<Vec<Chunk>, Fault> {
        let mut words = Vec::new();
        visit_words(read, mailbox, segment, section, &mut |chunk, row| {
            words.push((chunk, row));
            Ok(())
        })?;
        let load = |(chunk, words)| {
            Ok(Chunk::of(words, postings(read, mailbox, segment, section, chunk)?)?)
        };
        words.into_iter().map(load).collect()
    }

    fn of(words: Row, postings: Row) -> Result<Chunk, Truncated> {
        let ranges = Words::parse(&words)?.ranges()?;
        match ranges.last().is_none_or(|last| last.end == postings.len()) {
            true => Ok(Chunk { words, postings, ranges }),
            false => Err(Truncated),
        }
    }

    /// Terms and their lists, ascending.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let words = Words::parse(&self.words).map_or(&[][..], |words| words.words);
        let lists = self.ranges.iter().map(|range| &self.postings[range.clone()]);
        words.split(|octet| *octet == END_OF_WORD).zip(lists)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entry = |at| (format!("word{at:06}").into_bytes(), vec![at as u8; at % 700]);
        (0..count).map(entry).collect()
    }

    fn row(payload: &[u8]) -> Row {
        Row { version: VERSION, payload: payload.to_vec().into() }
    }

    #[test]
    fn words_and_lists_come_back_from_rows_that_fit() {
        for count in [0, 1, 5_000] {
            let entries = written(count);
            let mut writer = SectionWriter::new(Section::Body);
            entries.iter().for_each(|(term, list)| writer.push(term, list));
            let rows = writer.finish();
            assert!(rows.iter().all(|row| row.payload.len() <= ROW_OCTETS_MAX));
            let chunks: Vec<_> = rows
                .chunks(2)
                .map(|pair| Chunk::of(row(&pair[0].payload), row(&pair[1].payload)).unwrap())
                .collect();
            let back = chunks.iter().flat_map(Chunk::entries);
            assert!(back.eq(entries.iter().map(|(term, list)| (&term[..], &list[..]))), "{count}");
        }
    }

    #[test]
    fn words_are_found_by_what_they_contain() {
        let mut writer = SectionWriter::new(Section::Body);
        for word in ["ab", "abab", "b", "cab", "d"] {
            writer.push(word.as_bytes(), &[]);
        }
        let rows = writer.finish();
        let words = Words::parse(&rows[0].payload).unwrap();
        for (needle, expected) in
            [("ab", vec![0, 1, 3]), ("b", vec![0, 1, 2, 3]), ("d", vec![4]), ("ba", vec![1])]
        {
            assert_eq!(words.containing(&Finder::new(needle)), expected, "{needle}");
        }
        assert!(words.containing(&Finder::new("bd")).is_empty());
    }

    #[test]
    fn lists_that_do_not_fill_their_row_are_damage() {
        let mut writer = SectionWriter::new(Section::Body);
        writer.push(b"a", &[1, 2]);
        let rows = writer.finish();
        assert!(Chunk::of(row(&rows[0].payload), row(&[1])).is_err());
    }
}
