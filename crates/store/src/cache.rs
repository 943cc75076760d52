//! What the writer remembers of the engine: values it lately read or wrote.
//!
//! Always right without any checking, because the writer is the only one who writes. Two
//! generations stand in for an exact order of use: a row used in the young one's lifetime
//! survives, the old one is dropped whole.

use std::collections::HashMap;

use bytes::Bytes;

/// Memory that an entry takes beside its key and value, roughly.
const ENTRY_OCTETS: usize = 96;

/// Framed values by key; `None` remembers that there is no such row.
pub(crate) struct Cache {
    young: HashMap<Box<[u8]>, Option<Bytes>>,
    old: HashMap<Box<[u8]>, Option<Bytes>>,
    young_octets: usize,
    generation_octets_max: usize,
}

impl Cache {
    pub(crate) fn new(octets_max: usize) -> Self {
        Cache {
            young: HashMap::new(),
            old: HashMap::new(),
            young_octets: 0,
            generation_octets_max: octets_max / 2,
        }
    }

    /// Octets it takes at most, but for one row a generation.
    #[cfg(test)]
    pub(crate) fn octets_max(&self) -> usize {
        2 * self.generation_octets_max
    }

    /// The value if it is remembered (`Some(None)`: known to be absent).
    pub(crate) fn get(&mut self, key: &[u8]) -> Option<Option<Bytes>> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.keep(key, value.clone());
        Some(value)
    }

    /// Remembers a value read or committed.
    pub(crate) fn keep(&mut self, key: Box<[u8]>, value: Option<Bytes>) {
        self.old.remove(&key);
        self.young_octets += key.len() + value.as_ref().map_or(0, Bytes::len) + ENTRY_OCTETS;
        let key_octets = key.len();
        if let Some(before) = self.young.insert(key, value) {
            self.young_octets -= key_octets + before.map_or(0, |value| value.len()) + ENTRY_OCTETS;
        }
        if self.young_octets > self.generation_octets_max {
            self.old = std::mem::take(&mut self.young);
            self.young_octets = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS_MAX: usize = 1_000_000;

    fn value(octets: usize) -> Option<Bytes> {
        Some(Bytes::from(vec![7; octets]))
    }

    #[test]
    fn stays_within_its_bound_and_keeps_what_is_used() {
        let mut cache = Cache::new(OCTETS_MAX);
        cache.keep(b"hot"[..].into(), value(10));
        let large = value(OCTETS_MAX / 100);
        for number in 0..1_000u32 {
            cache.keep(number.to_be_bytes().into(), large.clone());
            assert_eq!(cache.get(b"hot"), Some(value(10)));
        }
        assert_eq!(cache.get(&0u32.to_be_bytes()), None);
        // Each generation passes its half by one row at most.
        assert!(cache.young.len() + cache.old.len() <= 100 + 2);
    }

    #[test]
    fn the_last_value_counts_also_over_generations() {
        let mut cache = Cache::new(2_000);
        cache.keep(b"k"[..].into(), value(10));
        cache.keep(b"filler"[..].into(), value(900));
        cache.keep(b"k"[..].into(), None);
        assert_eq!(cache.get(b"k"), Some(None));
    }
}
