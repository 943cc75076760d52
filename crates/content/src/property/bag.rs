//! A bag of properties and its record.

use std::collections::{BTreeMap, btree_map};

use types::{
    limits::{BAG_OCTETS_MAX, BAG_PROPERTIES_MAX, PROPERTY_NAME_CHARS_MAX},
    wire::{Reader, put_uint},
};

use super::{Corrupt, NameKind, PropertyKey, PropertyName, Value};
use crate::stored;

/// Version of the record.
const VERSION: u8 = 1;

/// Properties by key, in the order of their keys. Large values (over 2 KiB) are the mailbox's
/// business; a bag holds what is read together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bag(BTreeMap<PropertyKey, Value>);

impl Bag {
    /// Sets a property and returns what it was.
    pub fn set(&mut self, key: impl Into<PropertyKey>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(key.into(), value.into())
    }

    /// Sets a property where there is a value.
    pub fn set_some<V: Into<Value>>(&mut self, key: impl Into<PropertyKey>, value: Option<V>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// The value of a property.
    pub fn get(&self, key: impl Into<PropertyKey>) -> Option<&Value> {
        self.0.get(&key.into())
    }

    /// The value of a text property.
    pub fn text(&self, key: impl Into<PropertyKey>) -> Option<&str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a 32-bit property.
    pub fn integer(&self, key: impl Into<PropertyKey>) -> Option<i32> {
        match self.get(key)? {
            Value::Integer32(number) => Some(*number),
            _ => None,
        }
    }

    /// Removes a property and returns it.
    pub fn remove(&mut self, key: impl Into<PropertyKey>) -> Option<Value> {
        self.0.remove(&key.into())
    }

    /// Takes over everything in `other`; its values win. The overlay of an item over its base.
    pub fn extend(&mut self, other: Bag) {
        self.0.extend(other.0);
    }

    /// All properties in order.
    pub fn iter(&self) -> btree_map::Iter<'_, PropertyKey, Value> {
        self.0.iter()
    }

    /// How many properties.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No properties.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A bag that may be stored: what clients set is checked before it is written, so that what
    /// was written can always be read.
    pub fn is_within_limits(&self) -> bool {
        let named_briefly = |key: &PropertyKey| match key {
            PropertyKey::Named(PropertyName { kind: NameKind::String(name), .. }) => {
                name.chars().count() <= PROPERTY_NAME_CHARS_MAX
            }
            _ => true,
        };
        self.len() <= BAG_PROPERTIES_MAX
            && self.0.keys().all(named_briefly)
            && self.encode().len() <= BAG_OCTETS_MAX
    }

    /// The record: version, count, keys with their values.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_uint(&mut out, self.0.len() as u64);
        for (key, value) in &self.0 {
            key.encode(&mut out);
            value.encode(&mut out);
        }
        out
    }

    /// Reads what [`Bag::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Bag, Corrupt> {
        let mut reader = Reader::new(bytes);
        if reader.octet()? != VERSION {
            return Err(Corrupt);
        }
        let count = stored::count(&mut reader)?;
        let entry = |_| Ok((PropertyKey::decode(&mut reader)?, Value::decode(&mut reader)?));
        let map = (0..count).map(entry).collect::<Result<_, Corrupt>>()?;
        if reader.is_empty() { Ok(Bag(map)) } else { Err(Corrupt) }
    }
}

impl<'a> IntoIterator for &'a Bag {
    type Item = (&'a PropertyKey, &'a Value);
    type IntoIter = btree_map::Iter<'a, PropertyKey, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Into<PropertyKey>, V: Into<Value>> FromIterator<(K, V)> for Bag {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Bag(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{FileTime, Guid, PropertyTag, names, tags};
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn names_of_properties_have_a_longest() {
        let named = |chars: usize| {
            let mut bag = Bag::default();
            let name = PropertyName::string(names::PS_PUBLIC_STRINGS, &"\u{e9}".repeat(chars));
            bag.set(name, "x");
            bag.is_within_limits()
        };
        assert!(named(PROPERTY_NAME_CHARS_MAX) && !named(PROPERTY_NAME_CHARS_MAX + 1));
    }

    fn key() -> impl Strategy<Value = PropertyKey> {
        let kind = prop_oneof![
            any::<u32>().prop_map(NameKind::Id),
            any::<String>().prop_map(NameKind::String)
        ];
        prop_oneof![
            any::<u32>().prop_map(|tag| PropertyKey::Tag(PropertyTag(tag))),
            any::<u16>().prop_map(PropertyKey::Known),
            (any::<[u8; 16]>(), kind)
                .prop_map(|(set, kind)| PropertyKey::Named(PropertyName { set: Guid(set), kind })),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let octets = || vec(any::<u8>(), 0..40);
        let time = || any::<u64>().prop_map(FileTime);
        let guid = || any::<[u8; 16]>().prop_map(Guid);
        let single = prop_oneof![
            Just(Value::Null),
            any::<i16>().prop_map(Value::Integer16),
            any::<i32>().prop_map(Value::Integer32),
            any::<f32>().prop_map(Value::Floating32),
            any::<f64>().prop_map(Value::Floating64),
            any::<i64>().prop_map(Value::Currency),
            any::<f64>().prop_map(Value::FloatingTime),
            any::<u32>().prop_map(Value::ErrorCode),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer64),
            any::<String>().prop_map(Value::String),
            time().prop_map(Value::Time),
            guid().prop_map(Value::Guid),
        ];
        let opaque = prop_oneof![
            octets().prop_map(Value::ServerId),
            octets().prop_map(Value::Restriction),
            octets().prop_map(Value::RuleAction),
            octets().prop_map(Value::Binary),
        ];
        let multiple = prop_oneof![
            vec(any::<i16>(), 0..5).prop_map(Value::MultipleInteger16),
            vec(any::<i32>(), 0..5).prop_map(Value::MultipleInteger32),
            vec(any::<f32>(), 0..5).prop_map(Value::MultipleFloating32),
            vec(any::<f64>(), 0..5).prop_map(Value::MultipleFloating64),
            vec(any::<i64>(), 0..5).prop_map(Value::MultipleCurrency),
            vec(any::<f64>(), 0..5).prop_map(Value::MultipleFloatingTime),
            vec(any::<i64>(), 0..5).prop_map(Value::MultipleInteger64),
            vec(any::<String>(), 0..5).prop_map(Value::MultipleString),
            vec(time(), 0..5).prop_map(Value::MultipleTime),
            vec(guid(), 0..5).prop_map(Value::MultipleGuid),
            vec(octets(), 0..5).prop_map(Value::MultipleBinary),
        ];
        prop_oneof![single, opaque, multiple]
    }

    proptest! {
        #[test]
        fn bags_come_back(entries in vec((key(), value()), 0..20)) {
            let bag: Bag = entries.into_iter().collect();
            prop_assert_eq!(Bag::decode(&bag.encode()), Ok(bag));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Bag::decode(&bytes);
        }
    }

    #[test]
    fn what_follows_the_last_property_is_corrupt() {
        let mut bag = Bag::default();
        bag.set(tags::SUBJECT, "Hi");
        let mut bytes = bag.encode();
        bytes.push(0);
        assert_eq!(Bag::decode(&bytes), Err(Corrupt));
        bytes[0] = VERSION + 1;
        assert_eq!(Bag::decode(&bytes), Err(Corrupt));
    }

    #[test]
    fn bags_have_limits() {
        let many =
            |count: u32| (0..count).map(|id| (PropertyTag(id << 16 | 3), 1)).collect::<Bag>();
        let limit = BAG_PROPERTIES_MAX as u32;
        let named = |length: usize| -> Bag {
            let name = PropertyName::string(names::PS_PUBLIC_STRINGS, &"n".repeat(length));
            [(name, true)].into_iter().collect()
        };
        let large: Bag = [(tags::BODY, "x".repeat(BAG_OCTETS_MAX))].into_iter().collect();
        assert!(many(limit).is_within_limits() && !many(limit + 1).is_within_limits());
        assert!(named(127).is_within_limits() && !named(128).is_within_limits());
        assert!(!large.is_within_limits());
        assert_eq!(Bag::decode(&many(limit + 1).encode()), Ok(many(limit + 1)));
    }

    #[test]
    fn the_overlay_wins() {
        let mut base: Bag = [(tags::SUBJECT, "a"), (tags::BODY, "b")].into_iter().collect();
        base.extend([(tags::SUBJECT, "c")].into_iter().collect());
        assert_eq!(base.text(tags::SUBJECT), Some("c"));
        assert_eq!(base.text(tags::BODY), Some("b"));
    }
}
