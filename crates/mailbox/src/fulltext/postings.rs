//! Lists of postings: ascending content numbers, counted from the segment's first, each stored
//! as the count of numbers skipped since the one before; and sets of such numbers.

use types::wire::{Reader, Truncated, put_uint};

/// A list of postings under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    /// The lowest number that may follow.
    next: u64,
    octets: Vec<u8>,
}

impl Postings {
    /// Adds a number. The one added last may come again, which changes nothing.
    pub(super) fn push(&mut self, number: u64) {
        if let Some(skipped) = number.checked_sub(self.next) {
            put_uint(&mut self.octets, skipped);
            self.next = number + 1;
        }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Begins again.
    pub(super) fn clear(&mut self) {
        self.next = 0;
        self.octets.clear();
    }
}

/// Visits the numbers of a list, in order.
pub(super) fn visit(octets: &[u8], mut each: impl FnMut(u64)) -> Result<(), Truncated> {
    let mut reader = Reader::new(octets);
    let mut next = 0u64;
    while !reader.is_empty() {
        let number = next.checked_add(reader.uint()?).ok_or(Truncated)?;
        each(number);
        next = number.checked_add(1).ok_or(Truncated)?;
    }
    Ok(())
}

/// A set of numbers below the span of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set for numbers below `span`.
    pub(super) fn empty(span: u64) -> Bits {
        Bits(vec![0; span.div_ceil(64) as usize])
    }

    /// Adds a number; one outside the span is left out.
    pub(super) fn insert(&mut self, number: u64) {
        if let Some(word) = self.0.get_mut((number / 64) as usize) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.0.get((number / 64) as usize).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Keeps what is in both.
    pub(super) fn intersect(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_and_lists_are_no_longer_than_their_span(
            numbers: BTreeSet<u16>,
        ) {
            let mut postings = Postings::default();
            for number in &numbers {
                postings.push(u64::from(*number));
                postings.push(u64::from(*number));
            }
            let mut back = Vec::new();
            visit(postings.octets(), |number| back.push(number as u16)).unwrap();
            prop_assert!(numbers.iter().eq(&back));
            let span = numbers.last().map_or(0, |last| usize::from(*last) + 1);
            prop_assert!(postings.octets().len() <= span);
        }

        #[test]
        fn arbitrary_octets_never_panic(octets: Vec<u8>) {
            let mut bits = Bits::empty(100);
            let _ = visit(&octets, |number| bits.insert(number));
        }

        #[test]
        fn sets_behave(one: BTreeSet<u8>, other: BTreeSet<u8>) {
            let set = |numbers: &BTreeSet<u8>| {
                let mut bits = Bits::empty(256);
                numbers.iter().for_each(|number| bits.insert(u64::from(*number)));
                bits
            };
            let mut both = set(&one);
            both.intersect(&set(&other));
            for number in 0..=u8::MAX {
                let expected = one.contains(&number) && other.contains(&number);
                prop_assert_eq!(both.contains(u64::from(number)), expected);
            }
            prop_assert_eq!(both.is_empty(), one.is_disjoint(&other));
        }
    }
}
