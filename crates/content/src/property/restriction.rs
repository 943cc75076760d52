//! Restrictions: conditions on the properties of an item ([MS-OXCDATA] section 2.12), decided
//! over any [`Properties`]. EWS' search expressions are the same tree.
//!
//! What it is not: the wire form, which has property tags where this has keys, and the search of
//! text by words. A property that is not there makes a condition on it false, so its negation
//! is true. A property of a multiple type meets a condition when one of its elements does.

use std::cmp::Ordering;

use types::limits::{RESTRICTION_DEPTH_MAX, RESTRICTION_NODES_MAX};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{Bag, PropertyKey, Value};
use crate::search::fold;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Restriction {
    /// Every one of them holds; also when there is none.
    And(Vec<Restriction>),
    /// At least one of them holds.
    Or(Vec<Restriction>),
    /// It does not hold.
    Not(Box<Restriction>),
    /// A text or octets contain others (RES_CONTENT).
    Content(ContentRestriction),
    /// A property stands so to a value (RES_PROPERTY).
    Property {
        /// The property.
        key: PropertyKey,
        /// How it stands.
        relation: Relation,
        /// To what.
        value: Value,
    },
    /// Two properties of the item stand so to each other (RES_COMPAREPROPS).
    Compare {
        /// The left side.
        left: PropertyKey,
        /// How it stands.
        relation: Relation,
        /// The right side.
        right: PropertyKey,
    },
    /// Bits of a 32-bit property (RES_BITMASK; EWS' Excludes is the one for zero).
    Bitmask {
        /// The property.
        key: PropertyKey,
        /// Which bits.
        mask: u32,
        /// One of them is set; otherwise all are clear.
        set: bool,
    },
    /// The size of a value in octets of the wire, text being UTF-16 (RES_SIZE).
    Size {
        /// The property.
        key: PropertyKey,
        /// How its size stands.
        relation: Relation,
        /// To so many octets.
        octets: u64,
    },
    /// The property is there (RES_EXIST).
    Exist(PropertyKey),
}

/// A condition on a part of a text or of octets.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentRestriction {
    /// The property.
    pub key: PropertyKey,
    /// What it has to contain, of the property's type.
    pub value: Value,
    /// Where (FuzzyLevelLow).
    pub extent: Extent,
    /// What is not looked at (FuzzyLevelHigh); octets are always compared exactly.
    pub ignore: Ignore,
}

/// Where in a text another is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// They are equal.
    Full,
    /// Anywhere.
    Substring,
    /// At the beginning.
    Prefix,
    /// At the beginning of any word.
    WordPrefix,
    /// As whole words.
    Phrase,
}

/// Differences of two texts that do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// Case. "Loose" of the fuzzy levels is both.
    pub case: bool,
    /// Accents and other marks that take no space.
    pub non_space: bool,
}

/// How one value stands to another; the numbers are the wire's (RelOp).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Relation {
    Less = 0,
    LessOrEqual = 1,
    Greater = 2,
    GreaterOrEqual = 3,
    Equal = 4,
    NotEqual = 5,
}

impl Relation {
    /// Whether two sides in this order stand so.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterOrEqual => order.is_ge(),
            Relation::Equal => order.is_eq(),
            Relation::NotEqual => order.is_ne(),
        }
    }
}

/// What a restriction is decided over.
pub trait Properties {
    /// The value of a property, if the item has it.
    fn value(&self, key: &PropertyKey) -> Option<&Value>;

    /// Octets of a value, see [`Value::wire_octets`].
    fn octets(&self, key: &PropertyKey) -> Option<u64> {
        self.value(key).map(Value::wire_octets)
    }
}

impl Properties for Bag {
    fn value(&self, key: &PropertyKey) -> Option<&Value> {
        self.get(key.clone())
    }
}

impl Restriction {
    /// Not nested deeper, and of no more conditions, than the limits allow. To be asked before
    /// any other question: EWS answers ErrorRestrictionTooComplex, MAPI ecTooComplex.
    pub fn is_within_limits(&self) -> bool {
        let mut level = vec![self];
        let mut nodes = 0;
        for _ in 0..RESTRICTION_DEPTH_MAX {
            nodes += level.len();
            level = level.into_iter().flat_map(Restriction::inner).collect();
            if level.is_empty() {
                return nodes <= RESTRICTION_NODES_MAX;
            }
        }
        false
    }

    fn inner(&self) -> &[Restriction] {
        match self {
            Restriction::And(list) | Restriction::Or(list) => list,
            Restriction::Not(inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }

    /// The properties it asks for, some more than once.
    pub fn keys(&self) -> Vec<&PropertyKey> {
        match self {
            Restriction::And(_) | Restriction::Or(_) | Restriction::Not(_) => {
                self.inner().iter().flat_map(Restriction::keys).collect()
            }
            Restriction::Compare { left, right, .. } => vec![left, right],
            Restriction::Content(ContentRestriction { key, .. })
            | Restriction::Property { key, .. }
            | Restriction::Bitmask { key, .. }
            | Restriction::Size { key, .. }
            | Restriction::Exist(key) => vec![key],
        }
    }

    /// Whether it holds for an item.
    pub fn holds(&self, item: &impl Properties) -> bool {
        match self {
            Restriction::And(list) => list.iter().all(|inner| inner.holds(item)),
            Restriction::Or(list) => list.iter().any(|inner| inner.holds(item)),
            Restriction::Not(inner) => !inner.holds(item),
            Restriction::Content(content) => content.holds(item),
            Restriction::Property { key, relation, value } => {
                item.value(key).is_some_and(|own| relates(own, *relation, value))
            }
            Restriction::Compare { left, relation, right } => {
                let sides = item.value(left).zip(item.value(right));
                sides.is_some_and(|(left, right)| relates(left, *relation, right))
            }
            Restriction::Bitmask { key, mask, set } => {
                bits(item.value(key)).is_some_and(|bits| (bits & mask != 0) == *set)
            }
            Restriction::Size { key, relation, octets } => {
                item.octets(key).is_some_and(|own| relation.holds(own.cmp(octets)))
            }
            Restriction::Exist(key) => item.octets(key).is_some(),
        }
    }
}

/// The value itself, or one of its elements, stands so to the other.
fn relates(own: &Value, relation: Relation, other: &Value) -> bool {
    let holds = |own: &Value| own.compare(other).is_some_and(|order| relation.holds(order));
    holds(own) || own.elements().iter().any(holds)
}

fn bits(value: Option<&Value>) -> Option<u32> {
    match value? {
        Value::Integer16(bits) => Some(u32::from(*bits as u16)),
        Value::Integer32(bits) => Some(*bits as u32),
        _ => None,
    }
}

impl ContentRestriction {
    fn holds(&self, item: &impl Properties) -> bool {
        item.value(&self.key).is_some_and(|own| {
            self.contained(own) || own.elements().iter().any(|element| self.contained(element))
        })
    }

    fn contained(&self, own: &Value) -> bool {
        if let (Value::String(own), Value::String(part)) = (own, &self.value) {
            return self.extent.finds(&self.ignore.reduce(own), &self.ignore.reduce(part));
        }
        let both = own.octets().zip(self.value.octets());
        both.is_some_and(|(own, part)| self.extent.finds_octets(own, part))
    }
}

impl Ignore {
    /// The text without what does not count.
    fn reduce(self, text: &str) -> String {
        let text = match self.non_space {
            true => text.nfd().filter(|c| !is_combining_mark(*c)).collect(),
            false => text.to_owned(),
        };
        if self.case { fold(&text) } else { text }
    }
}

impl Extent {
    fn finds(self, text: &str, part: &str) -> bool {
        let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let begins_word = |at: usize| !inner(text[..at].chars().next_back());
        let ends_word = |at: usize| !inner(text[at + part.len()..].chars().next());
        let mut places = text.match_indices(part).map(|(at, _)| at);
        match self {
            Extent::Full => text == part,
            Extent::Prefix => text.starts_with(part),
            Extent::Substring => places.next().is_some(),
            Extent::WordPrefix => places.any(begins_word),
            Extent::Phrase => places.any(|at| begins_word(at) && ends_word(at)),
        }
    }

    /// Octets have no words: what is looked for at words is looked for anywhere.
    fn finds_octets(self, octets: &[u8], part: &[u8]) -> bool {
        match self {
            Extent::Full => octets == part,
            Extent::Prefix => octets.starts_with(part),
            _ => memchr::memmem::find(octets, part).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{PropertyName, names, tags};

    fn item() -> Bag {
        let mut bag: Bag = [(tags::SUBJECT, "Caf\u{e9} au lait"), (tags::DISPLAY_TO, "Bob; Zoe")]
            .into_iter()
            .collect();
        bag.set(tags::IMPORTANCE, 2);
        bag.set(tags::SENSITIVITY, 2);
        bag.set(tags::SEARCH_KEY, vec![1u8, 2, 3]);
        bag.set(keywords(), vec!["Red".to_owned(), "Blue".to_owned()]);
        bag
    }

    fn keywords() -> PropertyKey {
        PropertyName::string(names::PS_PUBLIC_STRINGS, "Keywords").into()
    }

    fn property(
        key: impl Into<PropertyKey>,
        relation: Relation,
        value: impl Into<Value>,
    ) -> Restriction {
        Restriction::Property { key: key.into(), relation, value: value.into() }
    }

    fn content(
        key: impl Into<PropertyKey>,
        extent: Extent,
        value: impl Into<Value>,
    ) -> Restriction {
        let ignore = Ignore { case: true, non_space: false };
        let (key, value) = (key.into(), value.into());
        Restriction::Content(ContentRestriction { key, value, extent, ignore })
    }

    #[test]
    fn conditions_hold_or_not() {
        let exists = |tag| Restriction::Exist(PropertyKey::Tag(tag));
        let size =
            |relation, octets| Restriction::Size { key: tags::DISPLAY_TO.into(), relation, octets };
        let mask = |mask, set| Restriction::Bitmask { key: tags::IMPORTANCE.into(), mask, set };
        let same = |relation| Restriction::Compare {
            left: tags::IMPORTANCE.into(),
            relation,
            right: tags::SENSITIVITY.into(),
        };
        use Relation::*;
        for (restriction, expected) in [
            (property(tags::IMPORTANCE, Equal, 2), true),
            (property(tags::IMPORTANCE, Greater, 2), false),
            (property(tags::SUBJECT, Equal, "CAF\u{c9} au lait"), true),
            (property(tags::BODY, NotEqual, "x"), false),
            (Restriction::Not(Box::new(property(tags::BODY, Equal, "x"))), true),
            (property(keywords(), Equal, "blue"), true),
            (property(keywords(), Equal, "green"), false),
            (content(tags::SUBJECT, Extent::Substring, "AU"), true),
            (content(tags::SUBJECT, Extent::Prefix, "au"), false),
            (content(tags::SUBJECT, Extent::Prefix, "caf"), true),
            (content(tags::SUBJECT, Extent::Full, "caf"), false),
            (content(tags::SUBJECT, Extent::WordPrefix, "lai"), true),
            (content(tags::SUBJECT, Extent::WordPrefix, "ait"), false),
            (content(tags::SUBJECT, Extent::Phrase, "au lait"), true),
            (content(tags::SUBJECT, Extent::Phrase, "au lai"), false),
            (content(keywords(), Extent::Prefix, "bl"), true),
            (content(tags::SEARCH_KEY, Extent::Substring, vec![2u8, 3]), true),
            (content(tags::SEARCH_KEY, Extent::Prefix, vec![2u8, 3]), false),
            (mask(2, true), true),
            (mask(1, true), false),
            (mask(1, false), true),
            (same(Equal), true),
            (same(Less), false),
            (size(Equal, 18), true),
            (size(Less, 18), false),
            (exists(tags::SUBJECT), true),
            (exists(tags::BODY), false),
            (Restriction::And(vec![]), true),
            (Restriction::Or(vec![]), false),
            (Restriction::Or(vec![exists(tags::BODY), exists(tags::SUBJECT)]), true),
            (Restriction::And(vec![exists(tags::BODY), exists(tags::SUBJECT)]), false),
        ] {
            assert_eq!(restriction.holds(&item()), expected, "{restriction:?}");
        }
    }

    #[test]
    fn fuzzy_levels_say_what_does_not_count() {
        for (case, non_space, part, expected) in [
            (false, false, "Caf\u{e9}", true),
            (false, false, "caf\u{e9}", false),
            (true, false, "CAF\u{c9}", true),
            (true, false, "cafe", false),
            (false, true, "Cafe", true),
            (true, true, "CAFE", true),
        ] {
            let restriction = Restriction::Content(ContentRestriction {
                key: tags::SUBJECT.into(),
                value: part.into(),
                extent: Extent::Substring,
                ignore: Ignore { case, non_space },
            });
            assert_eq!(restriction.holds(&item()), expected, "{restriction:?}");
        }
    }

    #[test]
    fn restrictions_have_limits() {
        let leaf = || Restriction::Exist(tags::SUBJECT.into());
        let nested = |depth| (1..depth).fold(leaf(), |inner, _| Restriction::Not(Box::new(inner)));
        let wide = |nodes: usize| Restriction::And((1..nodes).map(|_| leaf()).collect());
        assert!(nested(RESTRICTION_DEPTH_MAX).is_within_limits());
        assert!(!nested(RESTRICTION_DEPTH_MAX + 1).is_within_limits());
        assert!(wide(RESTRICTION_NODES_MAX).is_within_limits());
        assert!(!wide(RESTRICTION_NODES_MAX + 1).is_within_limits());
    }
}
