//! Whether an object fulfils a comparison.

use std::cmp::Ordering;
use std::str::FromStr;

use config::{ByteQuantity, TimeSpan};
use serde_json::Value;

use ::filter::{Comparison, Literal, Operator};

use super::property;
use crate::verb::argument::{Expected, Scalar, Shape};
use crate::verb::object::{Moment, Object, ObjectType, Property};

/// A value by what it means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Number(u64),
    /// Microseconds since 1970, or of a span.
    Time(i64),
    /// In lower case.
    Text(String),
}

/// Whether the value can be one of the property's. Errors: what could be.
pub(super) fn check(comparison: &Comparison, property: &Property) -> Result<(), Expected> {
    match (&comparison.value, comparison.operator) {
        (Literal::Null, Operator::Equal | Operator::NotEqual) => Ok(()),
        (Literal::Null, _) => Err(Expected("-eq or -ne before $null".to_owned())),
        (Literal::Text(_), Operator::Like | Operator::NotLike) => Ok(()),
        (Literal::Text(text), _) => written(property.shape, text).map(drop),
    }
}

/// Whether it holds for an object of that type.
pub(super) fn holds(comparison: &Comparison, of: &ObjectType, object: &Object) -> bool {
    property(of, &comparison.property)
        .is_some_and(|property| compare(comparison, property, object.0.get(&property.name())))
}

fn compare(comparison: &Comparison, property: &Property, value: Option<&Value>) -> bool {
    let values = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let any = |holds: &dyn Fn(&Value) -> bool| values.iter().any(holds);
    match (&comparison.value, comparison.operator) {
        (Literal::Null, Operator::Equal) => values.is_empty(),
        (Literal::Null, _) => !values.is_empty(),
        (Literal::Text(text), Operator::Like) => any(&|value| like(text, value)),
        (Literal::Text(text), Operator::NotLike) => !any(&|value| like(text, value)),
        (Literal::Text(text), Operator::NotEqual) => {
            !any(&|value| order(property.shape, value, text) == Some(Ordering::Equal))
        }
        (Literal::Text(text), operator) => any(&|value| {
            order(property.shape, value, text).is_some_and(|order| fulfils(operator, order))
        }),
    }
}

fn fulfils(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        _ => order.is_eq(),
    }
}

/// How an object's value stands to what was written; None: they cannot be compared, as
/// `Unlimited` and a number.
fn order(shape: Shape, value: &Value, text: &str) -> Option<Ordering> {
    let (ours, theirs) = (held(shape, value)?, written(shape, text).ok()?);
    let same_kind = std::mem::discriminant(&ours) == std::mem::discriminant(&theirs);
    same_kind.then(|| ours.cmp(&theirs))
}

/// What an object's value means.
fn held(shape: Shape, value: &Value) -> Option<Meaning> {
    match value {
        Value::Number(number) => number.as_u64().map(Meaning::Number),
        Value::Bool(flag) => Some(Meaning::Text(flag.to_string())),
        Value::String(text) => written(shape, text).ok(),
        _ => None,
    }
}

/// What a text means where a property of that shape is written. Errors: what would be right.
fn written(shape: Shape, text: &str) -> Result<Meaning, Expected> {
    let wrong = |_| shape.expected();
    match shape {
        Shape::Number => text.parse().map(Meaning::Number).map_err(|_| shape.expected()),
        Shape::Bytes | Shape::BytesOrUnlimited | Shape::NumberOrUnlimited if is_unlimited(text) => {
            Ok(Meaning::Text("unlimited".to_owned()))
        }
        Shape::NumberOrUnlimited => text.parse().map(Meaning::Number).map_err(|_| shape.expected()),
        Shape::Bytes | Shape::BytesOrUnlimited => {
            let octets = ByteQuantity::from_str(text).map_err(wrong)?;
            Ok(Meaning::Number(octets.bytes()))
        }
        Shape::Time => Ok(Meaning::Time(Moment::parse(text)?.0.micros())),
        Shape::Span => {
            let span = TimeSpan::from_str(text).map_err(|_| shape.expected())?;
            Ok(Meaning::Time(i64::try_from(span.duration().as_micros()).unwrap_or(i64::MAX)))
        }
        Shape::Flag | Shape::Switch => {
            bool::parse(text).map(|flag| Meaning::Text(flag.to_string()))
        }
        _ => Ok(Meaning::Text(text.to_lowercase())),
    }
}

fn is_unlimited(text: &str) -> bool {
    text.eq_ignore_ascii_case("unlimited")
}

/// Whether a value is like a pattern.
fn like(pattern: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => ::filter::like(pattern, text),
        value => ::filter::like(pattern, &value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::verb::filter::{Filter, Filtered, filtered};
    use crate::verb::object;

    object! {
        /// A thing.
        pub struct Thing = "Thing" [name] {
            /// Its name.
            name: String,
            /// Its size.
            size: crate::verb::Bytes,
            /// When it came.
            came: crate::verb::Moment,
            /// How often.
            count: u32,
            /// What it is called besides.
            others: Vec<String>,
            /// A fault.
            fault: Option<String>,
            /// Whether it is on.
            on: bool,
        }
    }

    impl Filtered for Thing {
        const TYPE: ObjectType = Thing::OBJECT;
    }

    fn thing() -> Thing {
        Thing {
            name: "Far.Example".into(),
            size: crate::verb::Bytes(3 << 20),
            came: Moment(types::Timestamp::from_secs(1_800_000_000)),
            count: 7,
            others: vec!["one".into(), "two".into()],
            fault: None,
            on: true,
        }
    }

    fn takes(text: &str) -> Result<bool, String> {
        let filter = Filter::parse(text).map_err(|Expected(expected)| expected)?;
        let kept = filtered(Some(&filter), vec![thing()]);
        kept.map(|kept| kept.len() == 1).map_err(|error| error.to_string())
    }

    #[test]
    fn values_compare_by_what_they_mean() {
        for (text, expected) in [
            ("name -eq 'far.example'", true),
            ("Name -ne far.example", false),
            ("name -like '*.EX*'", true),
            ("name -like 'far'", false),
            ("name -like 'f*r.*e'", true),
            ("name -notlike 'x*'", true),
            ("name -gt 'a'", true),
            ("size -gt 2MB", true),
            ("size -ge '3 MB'", true),
            ("size -lt 3145728", false),
            ("came -gt 2026-01-01", true),
            ("came -lt 2027-01-15T08:00:01Z", true),
            ("count -le 7 -and count -ge 7", true),
            ("count -eq 70", false),
            ("others -eq TWO", true),
            ("others -ne two", false),
            ("others -like 't*'", true),
            ("fault -eq $null", true),
            ("fault -ne $null", false),
            ("fault -eq 'x'", false),
            ("fault -ne 'x'", true),
            ("on -eq $true", true),
            ("-not (on -eq true)", false),
            ("{count -eq 1 -or on -eq $true}", true),
        ] {
            assert_eq!(takes(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for (text, expected) in [
            ("color -eq red", "Thing has no property color"),
            ("count -eq many", "Count: expected a whole number"),
            ("size -gt much", "Size: expected a quantity"),
            ("came -gt noon", "Came: expected a moment"),
            ("on -eq 3", "On: expected $true or $false"),
            ("name -like $null", "Name: expected -eq or -ne before $null"),
        ] {
            let refused = takes(text).unwrap_err();
            assert!(refused.starts_with(expected), "{text}: {refused}");
        }
    }
}
