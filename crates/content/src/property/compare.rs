//! The order of values, for restrictions and for sorting.
//!
//! Numbers of any width compare as numbers. Text compares without case, as Exchange's tables
//! do. Values of other pairs of types have no order between them.

use std::cmp::Ordering;

use super::{PropertyKey, Value};
use crate::search::fold;

/// One column of a sort order ([MS-OXCDATA] section 2.13.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// What to sort by; an item without it comes first, last when descending.
    pub key: PropertyKey,
    /// Highest value first.
    pub descending: bool,
}

impl Value {
    /// How this value stands to another. `None` when their types have no common order.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        use Value::*;
        if let (Some(a), Some(b)) = (self.whole(), other.whole()) {
            return Some(a.cmp(&b));
        }
        if let (Some(a), Some(b)) = (self.real(), other.real()) {
            return Some(a.total_cmp(&b));
        }
        match (self, other) {
            (Null, Null) => Some(Ordering::Equal),
            (String(a), String(b)) => Some(fold(a).cmp(&fold(b))),
            (Currency(a), Currency(b)) => Some(a.cmp(b)),
            (ErrorCode(a), ErrorCode(b)) => Some(a.cmp(b)),
            (Boolean(a), Boolean(b)) => Some(a.cmp(b)),
            (Time(a), Time(b)) => Some(a.cmp(b)),
            (Guid(a), Guid(b)) => Some(a.cmp(b)),
            _ => self.compare_octets(other).or_else(|| self.compare_elements(other)),
        }
    }

    fn whole(&self) -> Option<i64> {
        match self {
            Value::Integer16(number) => Some(i64::from(*number)),
            Value::Integer32(number) => Some(i64::from(*number)),
            Value::Integer64(number) => Some(*number),
            _ => None,
        }
    }

    fn real(&self) -> Option<f64> {
        match self {
            Value::Floating32(number) => Some(f64::from(*number)),
            Value::Floating64(number) | Value::FloatingTime(number) => Some(*number),
            _ => None,
        }
    }

    /// The octets of the types that are nothing but octets.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Value::Binary(octets)
            | Value::ServerId(octets)
            | Value::Restriction(octets)
            | Value::RuleAction(octets) => Some(octets),
            _ => None,
        }
    }

    fn compare_octets(&self, other: &Value) -> Option<Ordering> {
        Some(self.octets()?.cmp(other.octets()?))
    }

    /// Multiple values compare element by element.
    fn compare_elements(&self, other: &Value) -> Option<Ordering> {
        let (a, b) = (self.elements(), other.elements());
        if a.is_empty() && b.is_empty() {
            return (self.property_type() == other.property_type()).then_some(Ordering::Equal);
        }
        let mut pairs = a.iter().zip(&b);
        let first = pairs.try_fold(Ordering::Equal, |all, (a, b)| Some(all.then(a.compare(b)?)));
        first.map(|order| order.then(a.len().cmp(&b.len())))
    }

    /// The elements of a value of a multiple type; of any other, none.
    pub fn elements(&self) -> Vec<Value> {
        fn each<T: Clone>(list: &[T], make: fn(T) -> Value) -> Vec<Value> {
            list.iter().cloned().map(make).collect()
        }
        match self {
            Value::MultipleInteger16(list) => each(list, Value::Integer16),
            Value::MultipleInteger32(list) => each(list, Value::Integer32),
            Value::MultipleFloating32(list) => each(list, Value::Floating32),
            Value::MultipleFloating64(list) => each(list, Value::Floating64),
            Value::MultipleCurrency(list) => each(list, Value::Currency),
            Value::MultipleFloatingTime(list) => each(list, Value::FloatingTime),
            Value::MultipleInteger64(list) => each(list, Value::Integer64),
            Value::MultipleString(list) => each(list, Value::String),
            Value::MultipleTime(list) => each(list, Value::Time),
            Value::MultipleGuid(list) => each(list, Value::Guid),
            Value::MultipleBinary(list) => each(list, Value::Binary),
            _ => Vec::new(),
        }
    }
}

/// Sorts by one column: what is not there comes first, then what has no order with the rest.
pub fn compare_column(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::*;

    #[test]
    fn values_have_an_order_within_their_kind() {
        let texts =
            |list: &[&str]| Value::MultipleString(list.iter().map(|t| (*t).into()).collect());
        for (a, b, expected) in [
            (Value::Integer16(3), Value::Integer64(4), Some(Less)),
            (Value::from("Abc"), Value::from("aBC"), Some(Equal)),
            (Value::from("a"), Value::from("\u{c4}"), Some(Less)),
            (Value::Floating32(1.5), Value::Floating64(1.25), Some(Greater)),
            (Value::from(true), Value::from(false), Some(Greater)),
            (Value::Binary(vec![1]), Value::Binary(vec![1, 0]), Some(Less)),
            (texts(&["a", "b"]), texts(&["A"]), Some(Greater)),
            (texts(&[]), texts(&[]), Some(Equal)),
            (texts(&[]), Value::MultipleInteger32(vec![]), None),
            (Value::from("1"), Value::from(1), None),
        ] {
            assert_eq!(a.compare(&b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn absent_values_come_first() {
        let one = Value::from(1);
        assert_eq!(compare_column(None, Some(&one)), Less);
        assert_eq!(compare_column(None, None), Equal);
        assert_eq!(compare_column(Some(&one), Some(&Value::from(0))), Greater);
    }
}
