//! Sets of UIDs as sorted runs: a folder of 100,000 messages is usually one run.

use std::fmt;
use std::ops::RangeInclusive;

use types::wire::{Reader, Truncated, put_uint};

use crate::id::Uid;

/// A set of UIDs: sorted, disjoint, never adjacent runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    runs: Vec<(u32, u32)>,
}

impl UidSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every UID there can be.
    pub fn all() -> Self {
        UidSet { runs: vec![(1, u32::MAX)] }
    }

    /// Every UID up to this one.
    pub fn up_to(last: Uid) -> Self {
        UidSet { runs: vec![(1, last.get())] }
    }

    /// The runs, ascending, both ends included.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<u32>> + ExactSizeIterator {
        self.runs.iter().map(|&(first, last)| first..=last)
    }

    /// True when empty.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// How many UIDs.
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The smallest.
    pub fn first(&self) -> Option<Uid> {
        self.runs.first().map(|run| Uid::new(run.0))
    }

    /// The largest.
    pub fn last(&self) -> Option<Uid> {
        self.runs.last().map(|run| Uid::new(run.1))
    }

    /// True when the UID is in the set.
    pub fn contains(&self, uid: Uid) -> bool {
        self.run_of(uid.get()).is_some()
    }

    fn run_of(&self, uid: u32) -> Option<usize> {
        let at = self.runs.partition_point(|run| run.1 < uid);
        self.runs.get(at).filter(|run| run.0 <= uid).map(|_| at)
    }

    /// True when any UID of `first..=last` is in the set.
    pub fn touches(&self, first: Uid, last: Uid) -> bool {
        let at = self.runs.partition_point(|run| run.1 < first.get());
        self.runs.get(at).is_some_and(|run| run.0 <= last.get())
    }

    /// All UIDs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> {
        self.runs.iter().flat_map(|&(first, last)| (first..=last).map(Uid::new))
    }

    /// At most `most` UIDs from `from` on, and the first UID behind them.
    pub fn first_from(&self, from: Uid, most: u64) -> (UidSet, Option<Uid>) {
        let mut some = UidSet::new();
        let mut left = most;
        let at = self.runs.partition_point(|run| run.1 < from.get());
        for &(first, last) in &self.runs[at..] {
            let first = first.max(from.get());
            if left == 0 {
                return (some, Some(Uid::new(first)));
            }
            let count = (u64::from(last - first) + 1).min(left);
            let end = first + (count - 1) as u32;
            some.runs.push((first, end));
            left -= count;
            if end < last {
                return (some, Some(Uid::new(end + 1)));
            }
        }
        (some, None)
    }

    /// Adds one UID.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_run(uid.get()..=uid.get());
    }

    /// Adds a run; an empty one (or UID 0) changes nothing.
    pub fn insert_run(&mut self, run: RangeInclusive<u32>) {
        let (mut first, mut last) = (*run.start().max(&1), *run.end());
        if first > last {
            return;
        }
        if let Some(tail) = self.runs.last_mut().filter(|tail| tail.1 < first) {
            if tail.1 + 1 == first {
                tail.1 = last;
            } else {
                self.runs.push((first, last));
            }
            return;
        }
        let from = self.runs.partition_point(|run| run.1 < first.saturating_sub(1));
        let to = self.runs.partition_point(|run| run.0 <= last.saturating_add(1));
        if from < to {
            first = first.min(self.runs[from].0);
            last = last.max(self.runs[to - 1].1);
        }
        self.runs.splice(from..to, [(first, last)]);
    }

    /// Removes one UID; true when it was there.
    pub fn remove(&mut self, uid: Uid) -> bool {
        let uid = uid.get();
        let Some(at) = self.run_of(uid) else { return false };
        let (first, last) = self.runs[at];
        let before = (first < uid).then(|| (first, uid - 1));
        let after = (uid < last).then(|| (uid + 1, last));
        self.runs.splice(at..=at, before.into_iter().chain(after));
        true
    }

    /// Adds every UID of `other`.
    pub fn extend(&mut self, other: &UidSet) {
        for run in other.runs() {
            self.insert_run(run);
        }
    }

    /// What both sets hold.
    pub fn intersection(&self, other: &UidSet) -> UidSet {
        let mut out = UidSet::new();
        let (mut a, mut b) = (0, 0);
        while let (Some(x), Some(y)) = (self.runs.get(a), other.runs.get(b)) {
            let (first, last) = (x.0.max(y.0), x.1.min(y.1));
            if first <= last {
                out.insert_run(first..=last);
            }
            if x.1 < y.1 { a += 1 } else { b += 1 }
        }
        out
    }

    /// What this set holds and `other` does not.
    pub fn difference(&self, other: &UidSet) -> UidSet {
        let mut out = UidSet::new();
        for &(mut first, last) in &self.runs {
            let at = other.runs.partition_point(|run| run.1 < first);
            for &(from, to) in other.runs[at..].iter().take_while(|run| run.0 <= last) {
                if first < from {
                    out.insert_run(first..=from - 1);
                }
                first = to.saturating_add(1);
                if to >= last {
                    break;
                }
            }
            if first <= last && !other.contains(Uid::new(last)) {
                out.insert_run(first..=last);
            }
        }
        out
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.runs.len() as u64);
        let mut previous = 0;
        for &(first, last) in &self.runs {
            put_uint(out, u64::from(first - previous));
            put_uint(out, u64::from(last - first));
            previous = last;
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        let mut set = UidSet::new();
        let mut previous = 0u32;
        for _ in 0..reader.uint()? {
            let first = previous.checked_add(reader.uint32()?).ok_or(Truncated)?;
            let last = first.checked_add(reader.uint32()?).ok_or(Truncated)?;
            set.runs.push((first, last));
            previous = last;
        }
        Ok(set)
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = UidSet::new();
        for uid in uids {
            set.insert(uid);
        }
        set
    }
}

impl fmt::Display for UidSet {
    /// As an IMAP `uid-set` (RFC 4315): `1:3,7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, &(first, last)) in self.runs.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}:{last}")?;
            }
        }
        Ok(())
    }
}

/// The UIDs of a folder in order, with their sequence numbers: an IMAP session's table.
///
/// Sequence numbers count from 1. Looking up either way is a binary search over runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidRuns {
    /// (first UID, last UID, sequence number of the first).
    runs: Vec<(u32, u32, u32)>,
    len: u32,
}

impl UidRuns {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages: EXISTS.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// True when the folder is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The sequence number of a UID.
    pub fn seq_of(&self, uid: Uid) -> Option<u32> {
        let at = self.runs.partition_point(|run| run.1 < uid.get());
        let run = self.runs.get(at).filter(|run| run.0 <= uid.get())?;
        Some(run.2 + (uid.get() - run.0))
    }

    /// The UID at a sequence number.
    pub fn uid_at(&self, seq: u32) -> Option<Uid> {
        if seq == 0 || seq > self.len {
            return None;
        }
        let at = self.runs.partition_point(|run| run.2 <= seq) - 1;
        let run = self.runs[at];
        Some(Uid::new(run.0 + (seq - run.2)))
    }

    /// The largest UID.
    pub fn last(&self) -> Option<Uid> {
        self.runs.last().map(|run| Uid::new(run.1))
    }

    /// Appends a UID larger than all before; smaller ones are ignored.
    pub fn push(&mut self, uid: Uid) {
        let uid = uid.get();
        match self.runs.last_mut() {
            Some(run) if uid <= run.1 => return,
            Some(run) if uid == run.1 + 1 => run.1 = uid,
            _ => self.runs.push((uid, uid, self.len + 1)),
        }
        self.len += 1;
    }

    /// Removes a UID; gives the sequence number it had.
    pub fn remove(&mut self, uid: Uid) -> Option<u32> {
        let seq = self.seq_of(uid)?;
        let uid = uid.get();
        let at = self.runs.partition_point(|run| run.1 < uid);
        let (first, last, start) = self.runs[at];
        let mut parts = Vec::with_capacity(2);
        if first < uid {
            parts.push((first, uid - 1, start));
        }
        if uid < last {
            parts.push((uid + 1, last, seq + 1));
        }
        let after = at + parts.len();
        self.runs.splice(at..=at, parts);
        let moved_from = if uid < last { after - 1 } else { after };
        for run in &mut self.runs[moved_from..] {
            run.2 -= 1;
        }
        self.len -= 1;
        Some(seq)
    }

    /// All UIDs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> {
        self.runs.iter().flat_map(|run| (run.0..=run.1).map(Uid::new))
    }

    /// Those of these UIDs that are here.
    pub fn among(&self, uids: &UidSet) -> UidSet {
        let mut found = UidSet::new();
        for run in uids.runs() {
            let at = self.runs.partition_point(|known| known.1 < *run.start());
            for known in self.runs[at..].iter().take_while(|known| known.0 <= *run.end()) {
                found.insert_run(known.0.max(*run.start())..=known.1.min(*run.end()));
            }
        }
        found
    }

    /// The UIDs at these ranges of sequence numbers, ends included. Numbers that do not exist
    /// are left out.
    pub fn at(&self, numbers: impl IntoIterator<Item = (u32, u32)>) -> UidSet {
        let mut ranges = UidSet::new();
        for (first, last) in numbers {
            if let (Some(first), Some(last)) = (self.uid_at(first), self.uid_at(last.min(self.len)))
                && first <= last
            {
                ranges.insert_run(first.get()..=last.get());
            }
        }
        self.among(&ranges)
    }

    /// As a set.
    pub fn to_set(&self) -> UidSet {
        UidSet { runs: self.runs.iter().map(|run| (run.0, run.1)).collect() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(uids: &BTreeSet<u32>) -> UidSet {
        uids.iter().copied().map(Uid::new).collect()
    }

    fn plain(set: &UidSet) -> BTreeSet<u32> {
        set.iter().map(Uid::get).collect()
    }

    proptest! {
        #[test]
        fn behaves_as_a_set(a in prop::collection::btree_set(1u32..60, 0..40),
                            b in prop::collection::btree_set(1u32..60, 0..40), x in 1u32..60) {
            let (sa, sb) = (set(&a), set(&b));
            prop_assert_eq!(plain(&sa), a.clone());
            prop_assert_eq!(sa.len(), a.len() as u64);
            prop_assert_eq!(sa.contains(Uid::new(x)), a.contains(&x));
            prop_assert_eq!(plain(&sa.intersection(&sb)), &a & &b);
            prop_assert_eq!(plain(&sa.difference(&sb)), &a - &b);
            let mut union = sa.clone();
            union.extend(&sb);
            prop_assert_eq!(plain(&union), &a | &b);
            let (some, rest) = sa.first_from(Uid::new(x), 5);
            let expected: Vec<u32> = a.range(x..).copied().collect();
            let (taken, left) = expected.split_at(expected.len().min(5));
            prop_assert_eq!(plain(&some).into_iter().collect::<Vec<_>>(), taken);
            prop_assert_eq!(rest.map(Uid::get), left.first().copied());
            let mut less = sa.clone();
            prop_assert_eq!(less.remove(Uid::new(x)), a.contains(&x));
            prop_assert!(!less.contains(Uid::new(x)));
            let mut out = Vec::new();
            sa.encode(&mut out);
            prop_assert_eq!(UidSet::decode(&mut Reader::new(&out)).unwrap(), sa);
        }

        #[test]
        fn insertion_order_does_not_matter(mut uids in prop::collection::vec(1u32..80, 0..60)) {
            let forward: UidSet = uids.iter().copied().map(Uid::new).collect();
            uids.reverse();
            let backward: UidSet = uids.iter().copied().map(Uid::new).collect();
            prop_assert_eq!(forward, backward);
        }

        #[test]
        fn sequence_numbers_follow_removals(uids in prop::collection::btree_set(1u32..200, 1..60),
                                            gone in prop::collection::vec(0usize..60, 0..30)) {
            let mut list: Vec<u32> = uids.iter().copied().collect();
            let mut runs = UidRuns::new();
            for &uid in &list {
                runs.push(Uid::new(uid));
            }
            for at in gone {
                if at < list.len() {
                    let uid = list.remove(at);
                    prop_assert_eq!(runs.remove(Uid::new(uid)), Some(at as u32 + 1));
                    prop_assert_eq!(runs.remove(Uid::new(uid)), None);
                }
            }
            prop_assert_eq!(runs.len() as usize, list.len());
            for (i, &uid) in list.iter().enumerate() {
                prop_assert_eq!(runs.uid_at(i as u32 + 1), Some(Uid::new(uid)));
                prop_assert_eq!(runs.seq_of(Uid::new(uid)), Some(i as u32 + 1));
            }
            prop_assert_eq!(runs.uid_at(list.len() as u32 + 1), None);
        }

        #[test]
        fn ranges_find_what_is_there(uids in prop::collection::btree_set(1u32..60, 0..40),
                                     asked in prop::collection::btree_set(1u32..60, 0..40),
                                     ranges in prop::collection::vec((0u32..50, 0u32..50), 0..8)) {
            let mut runs = UidRuns::new();
            uids.iter().for_each(|uid| runs.push(Uid::new(*uid)));
            prop_assert_eq!(plain(&runs.among(&set(&asked))), &uids & &asked);
            let named = |seq: u32| ranges.iter().any(|(a, b)| *a > 0 && (*a..=*b).contains(&seq));
            let expected = (1..).zip(&uids).filter(|(seq, _)| named(*seq)).map(|(_, uid)| *uid);
            prop_assert_eq!(plain(&runs.at(ranges.iter().copied())), expected.collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn prints_as_imap() {
        let set: UidSet = [1, 2, 3, 7].into_iter().map(Uid::new).collect();
        assert_eq!(set.to_string(), "1:3,7");
    }

    #[test]
    fn the_whole_space_is_a_set() {
        let mut all = UidSet::all();
        assert!(all.contains(Uid::new(u32::MAX)));
        assert!(all.remove(Uid::new(5)));
        assert!(!all.contains(Uid::new(5)) && all.contains(Uid::new(6)));
        let some: UidSet = [4, 5, 6].into_iter().map(Uid::new).collect();
        assert_eq!(some.difference(&UidSet::all()), UidSet::new());
        assert_eq!(some.intersection(&all).to_string(), "4,6");
    }
}
