//! A map that cannot grow without bound.

use std::collections::HashMap;
use std::hash::Hash;

/// Two generations of entries. When the young one is full it becomes the old one, and what
/// was old is forgotten: at most twice `entries_max` entries, every operation O(1), and what
/// has been used lately is kept.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    entries_max: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    pub(crate) fn new(entries_max: usize) -> Self {
        Generations { young: HashMap::new(), old: HashMap::new(), entries_max }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Sets an entry, as the youngest.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        if self.young.len() >= self.entries_max && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let young = self.young.remove(key);
        self.old.remove(key).or(young)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_bounded_and_keeps_the_latest() {
        let mut map = Generations::new(10);
        for number in 0..1000 {
            map.insert(number, number);
            assert!(map.len() <= 20);
            assert_eq!(map.get(&number), Some(&number));
        }
        assert!((990..1000).all(|number| map.get(&number).is_some()));
        assert_eq!(map.get(&900), None);
    }

    #[test]
    fn an_entry_stands_in_one_generation_only() {
        let mut map = Generations::new(1);
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        assert_eq!((map.remove(&"a"), map.get(&"a"), map.len()), (Some(3), None, 1));
    }
}
