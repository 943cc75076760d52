//! `sequence-set` (RFC 9051 section 9, `$` of RFC 5182).

use super::parser::{Bad, Parsed, Parser};

/// `seq-number = nz-number / "*"`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A number that is not zero.
    Exact(u32),
    /// `*`: the largest number in use.
    Last,
}

impl Number {
    fn resolve(self, last: u32) -> u32 {
        match self {
            Number::Exact(number) => number,
            Number::Last => last,
        }
    }
}

/// Message numbers or UIDs as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceSet {
    /// `sequence-set = (seq-number / seq-range) ["," sequence-set]`; both ends of each range.
    Ranges(Vec<(Number, Number)>),
    /// `seq-last-command = "$"`: the result of the last SEARCH with SAVE.
    Saved,
}

impl SequenceSet {
    /// `1:*`
    pub fn all() -> Self {
        SequenceSet::Ranges(vec![(Number::Exact(1), Number::Last)])
    }

    /// The ranges with `*` replaced by `last`, ends included, the lower one first, and sorted.
    /// Empty for [`SequenceSet::Saved`].
    pub fn resolve(&self, last: u32) -> Vec<(u32, u32)> {
        let SequenceSet::Ranges(ranges) = self else { return Vec::new() };
        let ends = |(a, b): &(Number, Number)| (a.resolve(last), b.resolve(last));
        let ranges = ranges.iter().map(ends).map(|(a, b)| (a.min(b), a.max(b)));
        let mut ranges: Vec<(u32, u32)> = ranges.collect();
        ranges.sort_unstable();
        ranges
    }
}

impl Parser<'_> {
    /// `sequence-set =/ seq-last-command`
    pub fn sequence_set(&mut self) -> Parsed<SequenceSet> {
        if self.eat(b'$') {
            return Ok(SequenceSet::Saved);
        }
        let mut ranges = vec![self.seq_range()?];
        while self.eat(b',') {
            ranges.push(self.seq_range()?);
        }
        Ok(SequenceSet::Ranges(ranges))
    }

    /// True when a sequence set comes next.
    pub fn at_sequence_set(&self) -> bool {
        matches!(self.peek(), Some(b'1'..=b'9' | b'*' | b'$'))
    }

    /// A set of numbers without `*` and `$` (known UIDs, RFC 7162).
    pub fn known_set(&mut self) -> Parsed<Vec<(u32, u32)>> {
        match self.sequence_set()? {
            SequenceSet::Ranges(ranges) if ranges.iter().all(|r| exact(r.0) && exact(r.1)) => {
                Ok(SequenceSet::Ranges(ranges).resolve(0))
            }
            _ => Err(Bad::Syntax("Expected a set of numbers without *")),
        }
    }

    /// `seq-range = seq-number ":" seq-number`, or one number.
    fn seq_range(&mut self) -> Parsed<(Number, Number)> {
        let first = self.seq_number()?;
        let last = if self.eat(b':') { self.seq_number()? } else { first };
        Ok((first, last))
    }

    fn seq_number(&mut self) -> Parsed<Number> {
        if self.eat(b'*') { Ok(Number::Last) } else { self.nz_number().map(Number::Exact) }
    }
}

fn exact(number: Number) -> bool {
    matches!(number, Number::Exact(_))
}

/// Appends rising `numbers` as a set, runs joined: `1:3,7`.
pub fn write_set(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    let mut ranges = Ranges { out, open: None, first: true };
    for number in numbers {
        ranges.push(number, number);
    }
    ranges.close();
}

/// Appends rising `ranges` as a set, neighbours joined.
pub fn write_ranges(out: &mut Vec<u8>, ranges: impl IntoIterator<Item = (u32, u32)>) {
    let mut joined = Ranges { out, open: None, first: true };
    for (first, last) in ranges {
        joined.push(first, last);
    }
    joined.close();
}

/// A set being written: the open range grows until a gap comes.
struct Ranges<'a> {
    out: &'a mut Vec<u8>,
    open: Option<(u32, u32)>,
    first: bool,
}

impl Ranges<'_> {
    fn push(&mut self, first: u32, last: u32) {
        match &mut self.open {
            Some(open) if open.1.checked_add(1) == Some(first) => open.1 = last,
            _ => {
                self.close();
                self.open = Some((first, last));
            }
        }
    }

    fn close(&mut self) {
        let Some((first, last)) = self.open.take() else { return };
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        super::write::number(self.out, first.into());
        if first != last {
            self.out.push(b':');
            super::write::number(self.out, last.into());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Parsed<SequenceSet> {
        let mut parser = Parser::new(text.as_bytes(), false);
        let set = parser.sequence_set()?;
        parser.end().map(|()| set)
    }

    #[test]
    fn ranges_are_put_in_order() {
        for (text, last, expected) in [
            ("1:3,7", 9, vec![(1, 3), (7, 7)]),
            ("*:4", 9, vec![(4, 9)]),
            ("559:*", 9, vec![(9, 559)]),
            ("*", 9, vec![(9, 9)]),
        ] {
            assert_eq!(parse(text).unwrap().resolve(last), expected, "{text}");
        }
    }

    #[test]
    fn broken_sets_are_bad() {
        for text in ["", "0", "1:", "1,,2", "1:2:3", "4294967296", "-1", "$1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_parses_back(numbers: std::collections::BTreeSet<std::num::NonZeroU32>) {
            prop_assume!(!numbers.is_empty());
            let mut out = Vec::new();
            write_set(&mut out, numbers.iter().map(|n| n.get()));
            let ranges = parse(std::str::from_utf8(&out).unwrap()).unwrap().resolve(0);
            let back: Vec<u32> = ranges.iter().flat_map(|(a, b)| *a..=*b).collect();
            prop_assert_eq!(back, numbers.iter().map(|n| n.get()).collect::<Vec<_>>());
        }
    }
}
